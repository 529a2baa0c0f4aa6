//! Decoded states that the writer has folded, for the rounds to come.

use crate::budget::{Budget, Part};
use crate::view::{HELD, MOST_LINES, weight};
use ledger_core::projection::{Key, State};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Lines that a bucket has room for while it waits (our own default).
const ROOM: usize = 4;

/// A state that waits for its next event.
#[derive(Clone)]
enum Waiting {
    State(Arc<State>),
    Bytes(Arc<[u8]>),
}

impl Waiting {
    /// None where the state cannot be written, which no state is: it is loaded then.
    fn of(key: &Key, mut state: Arc<State>) -> Option<Waiting> {
        if let State::Bucket(bucket) = &*state {
            if bucket.lines().len() > MOST_LINES {
                if let Some(bytes) = bucket.encoded() {
                    return Some(Waiting::Bytes(Arc::clone(bytes)));
                }
                return state.encode_aside(key).ok().map(|bytes| Waiting::Bytes(bytes.into()));
            }
            // Most buckets wait long for their next line: half of their room would be empty. Some is left, so that a busy
            // one is not moved with every line.
            if let State::Bucket(bucket) = Arc::make_mut(&mut state) {
                bucket.shrink(ROOM);
            }
        }
        Some(Waiting::State(state))
    }

    fn into_state(self, key: &Key) -> Option<Arc<State>> {
        match self {
            Waiting::State(state) => Some(state),
            Waiting::Bytes(bytes) => State::decode_and_keep(key, bytes).ok().map(Arc::new),
        }
    }
}

/// The cache of a busy ledger shrinks by no more than this with each round, because what it lets go of is freed at once.
const SHRINK: u64 = 16 << 20;

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Waiting> for ByBytes {
    fn weight(&self, key: &Key, waiting: &Waiting) -> u64 {
        match waiting {
            Waiting::State(state) => weight(key, state),
            Waiting::Bytes(bytes) => (HELD + key.as_str().len() + bytes.len()) as u64,
        }
    }
}

/// States of a ledger up to its tip. Those of the rounds that are being written are not stored yet, so they are never
/// evicted; the others are what is stored, as long as nobody else writes, which the head tells at every commit.
pub(super) struct StateCache {
    budget: Arc<Budget>,
    /// None as long as it is empty.
    part: Option<Part>,
    stored: Cache<Key, Waiting, ByBytes>,
    /// Each with the number of the last round that folded it.
    unstored: FxHashMap<Key, (Arc<State>, u64)>,
    /// What the rounds that are being written folded, oldest first.
    rounds: VecDeque<Vec<Key>>,
    /// The number of the first of them.
    first: u64,
}

fn empty(bytes: u64) -> Cache<Key, Waiting, ByBytes> {
    let estimated_items = usize::try_from(bytes / 1_024).unwrap_or(usize::MAX);
    Cache::with_weighter(estimated_items, bytes, ByBytes)
}

impl StateCache {
    pub(super) fn new(budget: Arc<Budget>) -> StateCache {
        StateCache {
            budget,
            part: None,
            stored: empty(0),
            unstored: FxHashMap::default(),
            rounds: VecDeque::new(),
            first: 0,
        }
    }

    pub(super) fn has_part(&self) -> bool {
        self.part.is_some()
    }

    /// Leaves its part to others, once it is empty.
    pub(super) fn let_go(&mut self) {
        self.part = None;
        self.stored = empty(0);
    }

    /// Takes its part, or what has become of it since ledgers have begun to be posted to, or are no more; lets go of at most
    /// so many bytes.
    pub(super) fn fit(&mut self, most: u64) {
        let Some(part) = &self.part else {
            let part = Part::of(&self.budget);
            self.stored = empty(part.bytes());
            self.part = Some(part);
            return;
        };
        if let Some(bytes) = part.another_capacity(self.stored.capacity(), most) {
            self.stored.set_capacity(bytes);
        }
    }

    pub(super) fn forget(&mut self) {
        self.stored.clear();
        self.unstored.clear();
        self.rounds.clear();
    }

    /// A state, and whether it stays here: what postings only read does, what they change is taken out.
    pub(super) fn find(&mut self, key: &Key) -> Option<(Arc<State>, bool)> {
        if key.is_changed_by_postings() {
            let unstored = self.unstored.remove(key).map(|(state, _)| state);
            let state = unstored.or_else(|| self.stored.remove(key)?.1.into_state(key))?;
            return Some((state, false));
        }
        let unstored = self.unstored.get(key).map(|(state, _)| Arc::clone(state));
        let state = unstored.or_else(|| self.stored.get(key)?.clone().into_state(key))?;
        Some((state, true))
    }

    /// Keeps the states of a round whose writing begins.
    pub(super) fn keep(&mut self, states: impl Iterator<Item = (Key, Arc<State>)>) {
        let number = self.first + self.rounds.len() as u64;
        let mut keys = Vec::new();
        for (key, state) in states {
            keys.push(key.clone());
            self.unstored.insert(key, (state, number));
        }
        self.rounds.push_back(keys);
    }

    /// The oldest of the rounds is written.
    pub(super) fn settle(&mut self) {
        self.fit(SHRINK);
        for key in self.rounds.pop_front().into_iter().flatten() {
            // Where a later round has taken the state up, it is that round's.
            if let Entry::Occupied(entry) = self.unstored.entry(key)
                && entry.get().1 == self.first
            {
                let (key, (state, _)) = entry.remove_entry();
                if let Some(waiting) = Waiting::of(&key, state) {
                    self.stored.insert(key, waiting);
                }
            }
        }
        self.first += 1;
    }
}
