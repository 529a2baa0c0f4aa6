//! Decoded states that the writer has folded, for the rounds to come.

use ledger_core::projection::{Key, State};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use rustc_hash::FxHashMap;

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, State> for ByBytes {
    /// About the bytes a state takes in memory.
    fn weight(&self, key: &Key, state: &State) -> u64 {
        let grown = match state {
            State::Bucket(bucket) => bucket.lines.len() * 192,
            State::Tally(tally) => tally.cells.len() * 64,
            State::Roll(_) => 8_192,
            State::Policies(policies) => policies.iter().map(|(_, policy)| policy.document.len()).sum(),
            State::Course(course) => course.versions.len() * 256,
            _ => 0,
        };
        (512 + key.as_str().len() + grown) as u64
    }
}

/// States of a ledger up to its tip. Those of the round that is being written are not stored yet, so they are never
/// evicted; the others are what is stored, as long as nobody else writes, which the head tells at every commit.
pub(super) struct StateCache {
    stored: Cache<Key, State, ByBytes>,
    unstored: FxHashMap<Key, State>,
}

impl StateCache {
    pub(super) fn new(bytes: u64) -> StateCache {
        let estimated_items = usize::try_from(bytes / 1_024).unwrap_or(usize::MAX);
        StateCache {
            stored: Cache::with_weighter(estimated_items, bytes, ByBytes),
            unstored: FxHashMap::default(),
        }
    }

    pub(super) fn forget(&mut self) {
        self.stored.clear();
        self.unstored.clear();
    }

    pub(super) fn take(&mut self, key: &Key) -> Option<State> {
        self.unstored.remove(key).or_else(|| self.stored.remove(key).map(|(_, state)| state))
    }

    /// Keeps the states of a round whose writing begins.
    pub(super) fn keep(&mut self, states: impl Iterator<Item = (Key, State)>) {
        self.unstored.extend(states);
    }

    /// The round is written.
    pub(super) fn settle(&mut self) {
        for (key, state) in self.unstored.drain() {
            self.stored.insert(key, state);
        }
    }
}
