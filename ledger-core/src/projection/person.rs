//! The fold of what became of personal data: who read whom, and who was erased.

use super::identity::resident;
use super::{Key, State, StateError, States};
use crate::account::Roll;
use crate::event::Fact;
use crate::person::{
    Erasure, ErasureProposed, ErasureRequest, Kept, PersonRecorded, PersonalDataRead, ResidentErased,
};
use crate::quantity::Position;

/// The states that a fact touches; whether it is one about personal data.
pub(super) fn keys(keys: &mut Vec<Key>, at: Position, fact: &Fact) -> bool {
    match fact {
        // What is kept stands in the directory.
        Fact::CardRecorded(_) => {}
        Fact::PersonRecorded(PersonRecorded { resident, .. }) => keys.push(Key::resident(resident)),
        Fact::PersonalDataRead(PersonalDataRead { resident, .. }) => {
            keys.push(Key::reads(resident, Roll::window(at)));
        }
        Fact::ErasureProposed(ErasureProposed { resident, .. }) => keys.push(Key::resident(resident)),
        Fact::ResidentErased(ResidentErased { accounts, .. }) => {
            keys.extend(accounts.iter().map(Key::resident));
            keys.push(Key::erasures(Roll::window(at)));
        }
        _ => return false,
    }
    true
}

/// Folds a fact into them.
pub(super) fn apply(states: &mut impl States, at: Position, fact: &Fact) -> Result<(), StateError> {
    match fact {
        Fact::PersonRecorded(PersonRecorded { resident: id, recorded_on, .. }) => {
            resident(states, id, at)?.kept = Some(Kept { on: *recorded_on });
            Ok(())
        }
        Fact::PersonalDataRead(PersonalDataRead { resident, .. }) => {
            note(states, at, Key::reads(resident, Roll::window(at)))
        }
        Fact::ErasureProposed(proposed) => {
            let record = resident(states, &proposed.resident, at)?;
            record.erasure.requested = Some(Box::new(ErasureRequest::of(at, proposed)));
            Ok(())
        }
        Fact::ResidentErased(ResidentErased { accounts, .. }) => {
            for account in accounts {
                let record = resident(states, account, at)?;
                record.kept = None;
                record.erasure = Erasure { requested: None, erased_at: Some(at) };
            }
            note(states, at, Key::erasures(Roll::window(at)))
        }
        _ => Ok(()),
    }
}

/// Takes a position up into the roll of its window.
pub(super) fn note(states: &mut impl States, at: Position, key: Key) -> Result<(), StateError> {
    match states.entry(&key, || State::Roll(Roll::default())) {
        State::Roll(roll) => {
            roll.record(at);
            Ok(())
        }
        _ => Err(StateError::DoesNotFit { position: at, key }),
    }
}
