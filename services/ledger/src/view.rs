//! The states a batch works on: loaded once, folded in memory, saved once. It can undo the folds of a group of
//! commands that must stand or fall together.

use ledger_core::account::Line;
use ledger_core::policy::Rulebook;
use ledger_core::ports::StoredState;
use ledger_core::projection::{Key, State, StateError, States};
use ledger_core::quantity::Position;
use ledger_core::selection::{Done, Title};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// About the bytes a state takes in memory.
pub(crate) fn weight(key: &Key, state: &State) -> u64 {
    let grown = match state {
        State::Bucket(bucket) => bucket.room() * size_of::<Line>(),
        State::Tally(tally) => tally.cells.len() * 64,
        // Two bytes each, and room to grow.
        State::Roll(roll) => roll.count() * 4,
        State::Policies(policies) => policies.iter().map(|(_, policy)| policy.document.len()).sum(),
        State::Proposals(proposals) => proposals.iter().map(|(_, policy)| policy.document.len()).sum(),
        State::OpenCorrections(open) => open.capacity() * size_of::<Position>(),
        State::MonthRoll(roll) => roll.bytes(),
        State::Indicator(versions) => versions.iter().map(|(_, held)| held.document.len()).sum(),
        State::Ties(ties) => ties.len() * 96,
        State::Resident(record) => record.identity.stays.len() * 48,
        State::Redeemed(redeemed) => redeemed.redemptions.len() * 256,
        State::Course(course) => course.versions.len() * 256,
        State::Standard(record) => record.published.iter().map(|(_, held)| held.document.len()).sum(),
        State::Selection(record) => 1024 + record.objections.len() * 96 + record.judges.len() * 192,
        State::Application(record) => record.steps.len() * size_of::<(Position, Done)>(),
        State::Titles(record) => record.titles.len() * size_of::<Title>(),
        _ => 0,
    };
    (HELD + key.as_str().len() + grown) as u64
}

/// A bucket of more lines waits as bytes, which take less than a quarter of the memory: to read them again costs less than to load
/// from the store what there was no room for (our own default).
pub(crate) const MOST_LINES: usize = 8;

/// About the bytes that a state takes beside its key and what grows in it.
pub(crate) const HELD: usize = 384;

#[derive(Default)]
pub(crate) struct View {
    slots: FxHashMap<Key, Slot>,
    /// The slots that a group has touched, as they were before.
    journal: Option<FxHashMap<Key, Slot>>,
    tied: bool,
}

#[derive(Clone)]
struct Slot {
    state: Option<Arc<State>>,
    dirty: bool,
    /// Whether a cache holds the same state.
    shared: bool,
}

impl View {
    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.slots.contains_key(key)
    }

    /// Puts in a state as it is stored; none where there is none.
    pub(crate) fn load(&mut self, key: Key, state: Option<State>) {
        self.put_in(key, state.map(Arc::new), false);
    }

    /// Puts in a state from a cache, which still holds it where it is `shared`.
    pub(crate) fn take_up(&mut self, key: Key, state: Arc<State>, shared: bool) {
        self.put_in(key, Some(state), shared);
    }

    fn put_in(&mut self, key: Key, state: Option<Arc<State>>, shared: bool) {
        let resident = state.as_deref();
        self.tied |= matches!(resident, Some(State::Resident(record)) if record.identity.is_tied());
        self.slots.insert(key, Slot { state, dirty: false, shared });
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
        self.slots.extend(self.journal.take().into_iter().flatten());
    }

    fn touch(&mut self, key: &Key) -> &mut Slot {
        let slot = self.slots.entry(key.clone()).or_insert(Slot { state: None, dirty: false, shared: false });
        if let Some(journal) = &mut self.journal
            && !journal.contains_key(key)
        {
            journal.insert(key.clone(), slot.clone());
        }
        slot.dirty = true;
        slot.shared = false;
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

    /// The same; buckets keep what they are encoded as, where that is what they wait as.
    pub(crate) fn encode_to_keep(&mut self, rulebook: &Rulebook) -> Result<Vec<StoredState>, StateError> {
        let dirty = self.slots.iter_mut().filter(|(_, slot)| slot.dirty);
        dirty
            .filter_map(|(key, slot)| {
                let state = slot.state.as_mut()?;
                let bytes = match &**state {
                    State::Bucket(bucket) if bucket.lines().len() > MOST_LINES => {
                        Arc::make_mut(state).encode_and_keep(key, rulebook)
                    }
                    _ => state.encode(key, rulebook),
                };
                Some(bytes.map(|bytes| StoredState { key: key.clone(), bytes }))
            })
            .collect()
    }

    /// Everything that is there and that no cache holds.
    pub(crate) fn into_states(self) -> impl Iterator<Item = (Key, Arc<State>)> {
        let slots = self.slots.into_iter().filter(|(_, slot)| !slot.shared);
        slots.filter_map(|(key, slot)| Some((key, slot.state?)))
    }

    /// States that are there, in order of key.
    pub(crate) fn in_order(&self) -> Vec<(&Key, &State)> {
        let held = self.slots.iter().filter_map(|(key, slot)| Some((key, slot.state.as_deref()?)));
        let mut states: Vec<_> = held.collect();
        states.sort_unstable_by_key(|(key, _)| *key);
        states
    }

    /// About the bytes of all of it, and how many states that are.
    pub(crate) fn weight(&self) -> (u64, u64) {
        (self.slots.iter().map(|(key, slot)| slot.weight(key)).sum(), self.slots.len() as u64)
    }

    /// The bytes to put aside of what was touched since this was asked last.
    pub(crate) fn put_aside(&mut self) -> Result<Vec<StoredState>, StateError> {
        let mut states = Vec::new();
        for (key, slot) in self.slots.iter_mut().filter(|(_, slot)| slot.dirty) {
            slot.dirty = false;
            if let Some(state) = &slot.state {
                states.push(StoredState { key: key.clone(), bytes: state.encode_aside(key)? });
            }
        }
        Ok(states)
    }

    /// What is touched counts as stored.
    pub(crate) fn settle(&mut self) {
        for slot in self.slots.values_mut() {
            slot.dirty = false;
        }
    }

    /// Lets go of what was not touched.
    pub(crate) fn forget_untouched(&mut self) {
        self.slots.retain(|_, slot| slot.dirty);
    }

    /// Lets go of states, whichever, until they take no more than so many bytes.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let (mut held, _) = self.weight();
        self.slots.retain(|key, slot| {
            let keeps = held <= bytes;
            if !keeps {
                held = held.saturating_sub(slot.weight(key));
            }
            keeps
        });
        self.slots.shrink_to_fit();
    }
}

impl Slot {
    fn weight(&self, key: &Key) -> u64 {
        self.state.as_ref().map_or(0, |state| weight(key, state))
    }
}

impl States for View {
    fn get(&self, key: &Key) -> Option<&State> {
        self.slots.get(key)?.state.as_deref()
    }

    fn entry(&mut self, key: &Key, make: fn() -> State) -> &mut State {
        Arc::make_mut(self.touch(key).state.get_or_insert_with(|| Arc::new(make())))
    }

    fn put(&mut self, key: Key, state: State) {
        self.touch(&key).state = Some(Arc::new(state));
    }
}
