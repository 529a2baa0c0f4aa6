//! Decoded states that the writer has folded, for the rounds to come.

use crate::view::{HELD, weight};
use ledger_core::projection::{Key, State};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Lines that a bucket has room for while it waits (our own default).
const ROOM: usize = 4;

/// A bucket of more lines waits as bytes, which take a quarter of the memory: to read them again costs less than to load
/// from the store what there was no room for (our own default).
const MOST_LINES: usize = 8;

/// A state that waits for its next event.
#[derive(Clone)]
enum Waiting {
    State(State),
    Bytes(Box<[u8]>),
}

impl Waiting {
    /// None where the state cannot be written, which no state is: it is loaded then.
    fn of(key: &Key, mut state: State) -> Option<Waiting> {
        if let State::Bucket(bucket) = &mut state {
            if bucket.lines.len() > MOST_LINES {
                return state.encode_aside(key).ok().map(|bytes| Waiting::Bytes(bytes.into()));
            }
            // Most buckets wait long for their next line: half of their room would be empty. Some is left, so that a busy
            // one is not moved with every line.
            let room = bucket.lines.len() + ROOM;
            bucket.lines.shrink_to(room);
        }
        Some(Waiting::State(state))
    }

    fn into_state(self, key: &Key) -> Option<State> {
        match self {
            Waiting::State(state) => Some(state),
            Waiting::Bytes(bytes) => State::decode(key, &bytes).ok(),
        }
    }
}

/// What all caches of a deployment hold together at most: each ledger that is posted to has an equal part.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: u64,
    parts: AtomicU64,
}

impl Budget {
    pub(crate) fn of(bytes: u64) -> Arc<Budget> {
        Arc::new(Budget { bytes, parts: AtomicU64::new(0) })
    }
}

/// The part of one ledger.
struct Part(Arc<Budget>);

impl Part {
    fn of(budget: &Arc<Budget>) -> Part {
        budget.parts.fetch_add(1, Ordering::Relaxed);
        Part(Arc::clone(budget))
    }

    fn bytes(&self) -> u64 {
        self.0.bytes / self.0.parts.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.0.parts.fetch_sub(1, Ordering::Relaxed);
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
    unstored: FxHashMap<Key, (State, u64)>,
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
        let (held, bytes) = (self.stored.capacity(), part.bytes());
        if bytes != held {
            self.stored.set_capacity(bytes.max(held.saturating_sub(most)));
        }
    }

    pub(super) fn forget(&mut self) {
        self.stored.clear();
        self.unstored.clear();
        self.rounds.clear();
    }

    pub(super) fn take(&mut self, key: &Key) -> Option<State> {
        let unstored = self.unstored.remove(key).map(|(state, _)| state);
        unstored.or_else(|| self.stored.remove(key)?.1.into_state(key))
    }

    /// Keeps the states of a round whose writing begins.
    pub(super) fn keep(&mut self, states: impl Iterator<Item = (Key, State)>) {
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
