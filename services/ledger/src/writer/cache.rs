//! States that the writer has folded and saved, kept for the next round. They are what is stored as long as nobody
//! else wrote: the head, read under its lock, tells.

use ledger_core::ports::Head;
use ledger_core::projection::{Key, State};
use quick_cache::Weighter;
use quick_cache::unsync::Cache;

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

pub(super) struct StateCache {
    states: Cache<Key, State, ByBytes>,
    true_at: Option<Head>,
}

impl StateCache {
    pub(super) fn new(bytes: u64) -> StateCache {
        let estimated_items = usize::try_from(bytes / 1_024).unwrap_or(usize::MAX);
        StateCache { states: Cache::with_weighter(estimated_items, bytes, ByBytes), true_at: None }
    }

    /// Forgets everything unless it was true at this head.
    pub(super) fn check(&mut self, head: Head) {
        if self.true_at != Some(head) {
            self.states.clear();
            self.true_at = Some(head);
        }
    }

    pub(super) fn forget(&mut self) {
        self.states.clear();
        self.true_at = None;
    }

    pub(super) fn take(&mut self, key: &Key) -> Option<State> {
        self.states.remove(key).map(|(_, state)| state)
    }

    pub(super) fn keep(&mut self, states: impl Iterator<Item = (Key, State)>, head: Head) {
        for (key, state) in states {
            self.states.insert(key, state);
        }
        self.true_at = Some(head);
    }
}
