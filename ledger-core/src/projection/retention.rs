//! The fold of the rule of retention. The erasures behind an approval fold as any other.

use super::{Key, State, StateError, States};
use crate::event::Fact;
use crate::quantity::Position;
use crate::retention::{RetentionRecord, RetentionRequest, RetentionRule};

/// The state that a fact touches; whether it is one about retention.
pub(super) fn keys(keys: &mut Vec<Key>, fact: &Fact) -> bool {
    let is_one =
        matches!(fact, Fact::RetentionRuleSet(_) | Fact::RetentionProposed(_) | Fact::RetentionApproved(_));
    keys.extend(is_one.then(Key::retention));
    is_one
}

/// Folds a fact into it.
pub(super) fn apply(states: &mut impl States, at: Position, fact: &Fact) -> Result<(), StateError> {
    match fact {
        Fact::RetentionRuleSet(set) => record(states, at)?.rule = Some(RetentionRule::of(at, set)),
        Fact::RetentionProposed(proposed) => {
            record(states, at)?.proposed = Some(RetentionRequest::of(at, proposed));
        }
        Fact::RetentionApproved(_) => record(states, at)?.proposed = None,
        _ => {}
    }
    Ok(())
}

fn record(states: &mut impl States, at: Position) -> Result<&mut RetentionRecord, StateError> {
    let key = Key::retention();
    match states.entry(&key, || State::Retention(RetentionRecord::default())) {
        State::Retention(record) => Ok(record),
        _ => Err(StateError::DoesNotFit { position: at, key }),
    }
}
