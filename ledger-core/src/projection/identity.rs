//! The fold of who is who: ties between accounts, and accounts that may be one person's.

use super::{Key, ResidentRecord, State, StateError, States, household};
use crate::account::{Line, Roll};
use crate::entry::{Detail, Entry};
use crate::event::Fact;
use crate::id::{AccountId, ResidentId};
use crate::identity::{
    Candidate, IdentifierChanged, Identity, MAX_FAMILY, MergeProposed, MergeRequest, TieChange, TieKind,
};
use crate::person::Erasure;
use crate::quantity::Position;
use crate::registry::Resident;

/// The identity of the number that an entry carries, where it is a certificate or diploma of a resident.
pub(crate) fn number_of(entry: &Entry) -> Option<u64> {
    match (&entry.account, &entry.detail) {
        (AccountId::Resident(_), Detail::Certificate { .. } | Detail::Degree { .. }) => {
            Some(Line::claim_of(&entry.detail))
        }
        _ => None,
    }
}

fn tied(keys: &mut Vec<Key>, at: Position, one: &ResidentId, other: &ResidentId) {
    keys.push(Key::ties(Roll::window(at)));
    for id in [one, other] {
        keys.extend([Key::resident(id), Key::signpost(id)]);
    }
}

/// The states that a fact touches beside those of its kind.
pub(super) fn keys(keys: &mut Vec<Key>, at: Position, fact: &Fact) {
    let candidates = || Key::candidates(Roll::window(at));
    match fact {
        Fact::ResidentRegistered(new) => {
            keys.extend([Key::look_alike("residents", new.resident.as_str()), candidates()]);
        }
        Fact::EntryRecorded(entry) => {
            keys.extend(number_of(entry).into_iter().flat_map(|claim| [Key::number(claim), candidates()]));
        }
        Fact::MergeProposed(proposed) => keys.push(Key::resident(proposed.act.merged())),
        Fact::ResidentsMerged(merge) => tied(keys, at, &merge.merged, &merge.survivor),
        Fact::ResidentsUnmerged(unmerge) => tied(keys, at, &unmerge.merged, &unmerge.survivor),
        Fact::IdentifierChanged(change) => {
            tied(keys, at, &change.resident, &change.to);
            keys.extend([Key::look_alike("residents", change.to.as_str()), candidates()]);
        }
        Fact::ResidentsDistinguished(pair) => keys.push(Key::distinct(&pair.resident, &pair.other)),
        fact => household::keys(keys, fact),
    }
}

/// Folds a fact into them.
pub(super) fn apply(states: &mut impl States, at: Position, fact: &Fact) -> Result<(), StateError> {
    match fact {
        Fact::ResidentRegistered(new) => note_look_alike(states, at, &new.resident),
        Fact::EntryRecorded(entry) => match (number_of(entry), &entry.account) {
            (Some(claim), AccountId::Resident(id)) => note_number(states, at, claim, id),
            _ => Ok(()),
        },
        Fact::MergeProposed(proposed) => {
            let request = MergeRequest { proposed_at: at, proposed: MergeProposed::clone(proposed) };
            resident(states, proposed.act.merged(), at)?.merge = Some(Box::new(request));
            Ok(())
        }
        Fact::ResidentsMerged(merge) => {
            resident(states, &merge.merged, at)?.merge = None;
            tie(states, at, (&merge.merged, &merge.survivor), TieKind::Merge)
        }
        Fact::ResidentsUnmerged(unmerge) => {
            resident(states, &unmerge.merged, at)?.merge = None;
            untie(states, at, &unmerge.merged, &unmerge.survivor)
        }
        Fact::IdentifierChanged(change) => rename(states, at, change),
        Fact::ResidentsDistinguished(pair) => {
            states.put(Key::distinct(&pair.resident, &pair.other), State::Distinct(at));
            Ok(())
        }
        fact => household::apply(states, at, fact),
    }
}

pub(super) fn resident<'a>(
    states: &'a mut impl States,
    id: &ResidentId,
    position: Position,
) -> Result<&'a mut ResidentRecord, StateError> {
    let key = Key::resident(id);
    if states.get(&key).is_some()
        && let State::Resident(record) = states.entry(&key, || State::LookAlike(String::new()))
    {
        return Ok(record);
    }
    Err(StateError::DoesNotFit { position, key })
}

fn tie(
    states: &mut impl States,
    at: Position,
    (from, into): (&ResidentId, &ResidentId),
    kind: TieKind,
) -> Result<(), StateError> {
    resident(states, from, at)?.identity.tie_into(into.clone(), kind, at);
    resident(states, into, at)?.identity.tie_of(from.clone(), kind, at);
    signpost(states, at, from, into);
    change(states, at, from, Some(into))
}

fn untie(
    states: &mut impl States,
    at: Position,
    from: &ResidentId,
    into: &ResidentId,
) -> Result<(), StateError> {
    resident(states, from, at)?.identity.untie_into(at);
    resident(states, into, at)?.identity.untie_of(from, at);
    signpost(states, at, from, into);
    change(states, at, from, None)
}

fn change(
    states: &mut impl States,
    at: Position,
    from: &ResidentId,
    into: Option<&ResidentId>,
) -> Result<(), StateError> {
    let key = Key::ties(Roll::window(at));
    match states.entry(&key, || State::Ties(Vec::new())) {
        State::Ties(held) => {
            held.push(TieChange { at, resident: from.clone(), into: into.cloned() });
            Ok(())
        }
        _ => Err(StateError::DoesNotFit { position: at, key }),
    }
}

fn signpost(states: &mut impl States, at: Position, one: &ResidentId, other: &ResidentId) {
    for id in [one, other] {
        states.put(Key::signpost(id), State::Signpost(at));
    }
}

fn rename(states: &mut impl States, at: Position, change: &IdentifierChanged) -> Result<(), StateError> {
    if states.get(&Key::resident(&change.to)).is_some() {
        // Back to the id it had before.
        untie(states, at, &change.to, &change.resident)?;
    } else {
        let resident = Resident { resident: change.to.clone(), organization: change.opened_by.clone() };
        let (identity, erasure) = (Identity::default(), Erasure::default());
        let record =
            ResidentRecord { resident, registered_at: at, identity, merge: None, kept: None, erasure };
        states.put(Key::resident(&change.to), State::Resident(record));
        note_look_alike(states, at, &change.to)?;
    }
    tie(states, at, (&change.resident, &change.to), TieKind::Rename)
}

fn candidate(
    states: &mut impl States,
    at: Position,
    new: &ResidentId,
    like: ResidentId,
) -> Result<(), StateError> {
    let key = Key::candidates(Roll::window(at));
    match states.entry(&key, || State::Candidates(Vec::new())) {
        State::Candidates(held) => {
            held.push(Candidate { found_at: at, resident: new.clone(), like });
            Ok(())
        }
        _ => Err(StateError::DoesNotFit { position: at, key }),
    }
}

/// The first id of a look-alike form is kept; whoever comes later is held against it.
fn note_look_alike(states: &mut impl States, at: Position, id: &ResidentId) -> Result<(), StateError> {
    let key = Key::look_alike("residents", id.as_str());
    let first = match states.get(&key) {
        None => {
            states.put(key, State::LookAlike(id.to_string()));
            return Ok(());
        }
        Some(State::LookAlike(first)) => ResidentId::parse(first).ok(),
        Some(_) => None,
    };
    let first = first.ok_or(StateError::DoesNotFit { position: at, key })?;
    if first == *id { Ok(()) } else { candidate(states, at, id, first) }
}

/// Each account that got a certificate or diploma is held against the first of them, once.
fn note_number(
    states: &mut impl States,
    at: Position,
    claim: u64,
    id: &ResidentId,
) -> Result<(), StateError> {
    let key = Key::number(claim);
    let State::Number(holders) = states.entry(&key, || State::Number(Vec::new())) else {
        return Err(StateError::DoesNotFit { position: at, key });
    };
    if holders.contains(id) || holders.len() >= MAX_FAMILY {
        return Ok(());
    }
    holders.push(id.clone());
    let first = holders.first().filter(|first| *first != id).cloned();
    first.map_or(Ok(()), |first| candidate(states, at, id, first))
}
