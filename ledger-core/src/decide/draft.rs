//! States as they would be: decisions that build on each other are folded here one after the other, and nothing of it is
//! kept.

use crate::event::Fact;
use crate::projection::{Key, State, StateError, States, fold};
use crate::quantity::Position;
use rustc_hash::FxHashMap;

/// Positions that no event of a draft will have: far behind every event of a ledger.
pub(super) const DRAFTED: u64 = 1 << 62;

/// States with the facts of a draft folded over them.
pub(super) struct Draft<'a, S> {
    base: &'a S,
    folded: FxHashMap<Key, State>,
    next: u64,
}

impl<'a, S: States> Draft<'a, S> {
    pub(super) fn on(base: &'a S) -> Draft<'a, S> {
        Draft { base, folded: FxHashMap::default(), next: DRAFTED }
    }

    /// Folds a fact over what is there.
    pub(super) fn take_up(&mut self, fact: &Fact) -> Result<(), StateError> {
        let at = Position(self.next);
        self.next += 1;
        fold(self, at, fact)
    }
}

impl<S: States> States for Draft<'_, S> {
    fn get(&self, key: &Key) -> Option<&State> {
        self.folded.get(key).or_else(|| self.base.get(key))
    }

    fn entry(&mut self, key: &Key, make: fn() -> State) -> &mut State {
        let base = self.base;
        self.folded.entry(key.clone()).or_insert_with(|| base.get(key).cloned().unwrap_or_else(make))
    }

    fn put(&mut self, key: Key, state: State) {
        self.folded.insert(key, state);
    }
}
