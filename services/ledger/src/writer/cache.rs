//! Decoded states that the writer has folded, for the rounds to come.

use crate::view::weight;
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

/// What all caches of a deployment hold together at most: each ledger that runs has an equal part.
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
    fn of(budget: Arc<Budget>) -> Part {
        budget.parts.fetch_add(1, Ordering::Relaxed);
        Part(budget)
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

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, State> for ByBytes {
    fn weight(&self, key: &Key, state: &State) -> u64 {
        weight(key, state)
    }
}

/// States of a ledger up to its tip. Those of the rounds that are being written are not stored yet, so they are never
/// evicted; the others are what is stored, as long as nobody else writes, which the head tells at every commit.
pub(super) struct StateCache {
    part: Part,
    /// The part as it was when it was last looked at.
    bytes: u64,
    stored: Cache<Key, State, ByBytes>,
    /// Each with the number of the last round that folded it.
    unstored: FxHashMap<Key, (State, u64)>,
    /// What the rounds that are being written folded, oldest first.
    rounds: VecDeque<Vec<Key>>,
    /// The number of the first of them.
    first: u64,
}

impl StateCache {
    pub(super) fn new(budget: Arc<Budget>) -> StateCache {
        let part = Part::of(budget);
        let bytes = part.bytes();
        let estimated_items = usize::try_from(bytes / 1_024).unwrap_or(usize::MAX);
        StateCache {
            part,
            bytes,
            stored: Cache::with_weighter(estimated_items, bytes, ByBytes),
            unstored: FxHashMap::default(),
            rounds: VecDeque::new(),
            first: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stored.is_empty() && self.unstored.is_empty()
    }

    pub(super) fn forget(&mut self) {
        self.stored.clear();
        self.unstored.clear();
        self.rounds.clear();
    }

    pub(super) fn take(&mut self, key: &Key) -> Option<State> {
        let unstored = self.unstored.remove(key).map(|(state, _)| state);
        unstored.or_else(|| self.stored.remove(key).map(|(_, state)| state))
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
        let bytes = self.part.bytes();
        if bytes != self.bytes {
            // Ledgers have begun to run, or ended.
            self.bytes = bytes;
            self.stored.set_capacity(bytes);
        }
        for key in self.rounds.pop_front().into_iter().flatten() {
            // Where a later round has taken the state up, it is that round's.
            if let Entry::Occupied(entry) = self.unstored.entry(key)
                && entry.get().1 == self.first
            {
                let (key, (mut state, _)) = entry.remove_entry();
                if let State::Bucket(bucket) = &mut state {
                    // Most buckets wait long for their next line: half of their room would be empty. Some is left, so
                    // that a busy one is not moved with every line.
                    let room = bucket.lines.len() + ROOM;
                    bucket.lines.shrink_to(room);
                }
                self.stored.insert(key, state);
            }
        }
        self.first += 1;
    }
}
