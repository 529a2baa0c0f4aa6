//! The states a batch works on: loaded once, folded in memory, saved once. It can undo the folds of a group of
//! commands that must stand or fall together.

use ledger_core::policy::Rulebook;
use ledger_core::ports::StoredState;
use ledger_core::projection::{Key, State, StateError, States};
use rustc_hash::FxHashMap;

#[derive(Default)]
pub(crate) struct View {
    slots: FxHashMap<Key, Slot>,
    journal: Option<FxHashMap<Key, (Option<State>, bool)>>,
    tied: bool,
}

struct Slot {
    state: Option<State>,
    dirty: bool,
}

impl View {
    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.slots.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Puts in a state as it is stored; none where there is none.
    pub(crate) fn load(&mut self, key: Key, state: Option<State>) {
        self.tied |= matches!(&state, Some(State::Resident(record)) if record.identity.is_tied());
        self.slots.insert(key, Slot { state, dirty: false });
    }

    /// Whether accounts that answer as one are, or may be, among the states.
    pub(crate) fn has_ties(&self) -> bool {
        self.tied
    }

    /// Accounts were tied since they were loaded.
    pub(crate) fn note_ties(&mut self) {
        self.tied = true;
    }

    pub(crate) fn is_dirty(&self) -> bool {
        self.slots.values().any(|slot| slot.dirty)
    }

    /// Begins a group that may be undone.
    pub(crate) fn begin_group(&mut self) {
        self.journal = Some(FxHashMap::default());
    }

    /// Keeps the folds of the group.
    pub(crate) fn keep_group(&mut self) {
        self.journal = None;
    }

    /// Undoes the folds of the group.
    pub(crate) fn undo_group(&mut self) {
        for (key, (state, dirty)) in self.journal.take().into_iter().flatten() {
            self.slots.insert(key, Slot { state, dirty });
        }
    }

    fn touch(&mut self, key: &Key) -> &mut Slot {
        let slot = self.slots.entry(key.clone()).or_insert(Slot { state: None, dirty: false });
        if let Some(journal) = &mut self.journal
            && !journal.contains_key(key)
        {
            journal.insert(key.clone(), (slot.state.clone(), slot.dirty));
        }
        slot.dirty = true;
        slot
    }

    /// The bytes of what was touched.
    pub(crate) fn encode_dirty(&self, rulebook: &Rulebook) -> Result<Vec<StoredState>, StateError> {
        let dirty = self.slots.iter().filter(|(_, slot)| slot.dirty);
        dirty
            .filter_map(|(key, slot)| {
                let state = slot.state.as_ref()?;
                Some(state.encode(key, rulebook).map(|bytes| StoredState { key: key.clone(), bytes }))
            })
            .collect()
    }

    /// Everything that is there, for a cache.
    pub(crate) fn into_states(self) -> impl Iterator<Item = (Key, State)> {
        self.slots.into_iter().filter_map(|(key, slot)| Some((key, slot.state?)))
    }

    /// The keys of all states.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.slots.iter().filter(|(_, slot)| slot.state.is_some()).map(|(key, _)| key.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }
}

impl States for View {
    fn get(&self, key: &Key) -> Option<&State> {
        self.slots.get(key)?.state.as_ref()
    }

    fn entry(&mut self, key: &Key, make: fn() -> State) -> &mut State {
        self.touch(key).state.get_or_insert_with(make)
    }

    fn put(&mut self, key: Key, state: State) {
        self.touch(&key).state = Some(state);
    }
}
