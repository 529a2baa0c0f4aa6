//! The fold of credentials, and of the acts that are looked into afterwards.

use super::person::note;
use super::{Key, State, StateError, States};
use crate::access::{CredentialApproved, CredentialRecord, CredentialRevoked};
use crate::account::Roll;
use crate::event::Fact;
use crate::id::CredentialId;
use crate::quantity::Position;

/// Adds the state that an act touches.
pub(super) fn act_keys(keys: &mut Vec<Key>, at: Position, fact: &Fact) {
    if fact.is_act() {
        keys.push(Key::acts(Roll::window(at)));
    }
}

/// Adds the states a fact about credentials touches; false of other facts.
pub(super) fn keys(keys: &mut Vec<Key>, fact: &Fact) -> bool {
    let credential = match fact {
        Fact::CredentialIssued(issued) => &issued.credential,
        Fact::CredentialApproved(CredentialApproved { credential, .. })
        | Fact::CredentialRevoked(CredentialRevoked { credential, .. }) => credential,
        _ => return false,
    };
    keys.push(Key::credential(credential));
    true
}

pub(super) fn apply(states: &mut impl States, at: Position, fact: &Fact) -> Result<(), StateError> {
    if fact.is_act() {
        note(states, at, Key::acts(Roll::window(at)))?;
    }
    match fact {
        Fact::CredentialIssued(issued) => {
            let record = CredentialRecord {
                issued: issued.as_ref().clone(),
                issued_at: at,
                approved: None,
                revoked: None,
            };
            states.put(Key::credential(&issued.credential), State::Credential(Box::new(record)));
        }
        Fact::CredentialApproved(CredentialApproved { credential, approved_by }) => {
            let mut record = existing(states, credential, at)?;
            record.approved = Some((at, approved_by.clone()));
            states.put(Key::credential(credential), State::Credential(record));
        }
        Fact::CredentialRevoked(CredentialRevoked { credential, revoked_by }) => {
            let mut record = existing(states, credential, at)?;
            record.revoked = Some((at, revoked_by.clone()));
            states.put(Key::credential(credential), State::Credential(record));
        }
        _ => {}
    }
    Ok(())
}

fn existing(
    states: &impl States,
    credential: &CredentialId,
    at: Position,
) -> Result<Box<CredentialRecord>, StateError> {
    let key = Key::credential(credential);
    match states.get(&key) {
        Some(State::Credential(record)) => Ok(record.clone()),
        _ => Err(StateError::DoesNotFit { position: at, key }),
    }
}
