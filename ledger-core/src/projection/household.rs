//! The fold of households: who lives in one, where it belongs, how it ended; and of who speaks for whom and what was
//! agreed to.

use super::identity::resident;
use super::{HouseholdRecord, Key, State, StateError, States};
use crate::date::OccurredOn;
use crate::event::Fact;
use crate::id::{HouseholdId, ResidentId};
use crate::identity::{
    Consent, Dissolution, Guardianship, HouseholdJoined, Member, Membership, Move, Stay, Term,
};
use crate::quantity::Position;

/// The states that a fact touches beside those of its kind.
pub(super) fn keys(keys: &mut Vec<Key>, fact: &Fact) {
    match fact {
        Fact::HouseholdJoined(join) => {
            keys.extend([Key::resident(&join.resident), Key::household(&join.household)]);
        }
        Fact::HouseholdLeft(leave) => {
            keys.extend([Key::resident(&leave.resident), Key::household(&leave.household)]);
        }
        Fact::HouseholdMoved(moved) => keys.push(Key::household(&moved.household)),
        Fact::HouseholdDissolved(end) => {
            keys.push(Key::household(&end.household));
            keys.extend(end.members.iter().map(Key::resident));
        }
        Fact::GuardianNamed(named) => keys.push(Key::resident(&named.resident)),
        Fact::GuardianReleased(released) => keys.push(Key::resident(&released.resident)),
        Fact::ConsentGiven(given) => keys.push(Key::resident(&given.resident)),
        Fact::ConsentWithdrawn(withdrawn) => keys.push(Key::resident(&withdrawn.resident)),
        _ => {}
    }
}

/// Folds a fact into them.
pub(super) fn apply(states: &mut impl States, at: Position, fact: &Fact) -> Result<(), StateError> {
    match fact {
        Fact::HouseholdJoined(join) => self::join(states, at, join)?,
        Fact::HouseholdLeft(left) => leave(states, at, (&left.household, &left.resident), left.last_day)?,
        Fact::HouseholdMoved(moved) => {
            let (community, from) = (moved.community.clone(), moved.from);
            let moves = &mut household(states, &moved.household, at)?.moves;
            moves.push(Move { community, from, moved_at: at });
        }
        Fact::HouseholdDissolved(end) => {
            for member in &end.members {
                leave(states, at, (&end.household, member), end.last_day)?;
            }
            let dissolution = Dissolution { last_day: end.last_day, dissolved_at: at };
            household(states, &end.household, at)?.dissolved = Some(dissolution);
        }
        Fact::GuardianNamed(named) => {
            let (guardian, term) = (named.guardian.clone(), Term::since(named.from, at));
            let guardians = &mut resident(states, &named.resident, at)?.identity.guardians;
            guardians.push(Guardianship { guardian, term });
        }
        Fact::GuardianReleased(released) => {
            let guardians = &mut resident(states, &released.resident, at)?.identity.guardians;
            let of = guardians.iter_mut().filter(|held| held.guardian == released.guardian);
            of.for_each(|held| held.term.end(released.last_day, at));
        }
        Fact::ConsentGiven(given) => {
            let (purpose, given_by) = (given.purpose, given.given_by.clone());
            let consents = &mut resident(states, &given.resident, at)?.identity.consents;
            consents.push(Consent { purpose, given_by, term: Term::since(given.from, at) });
        }
        Fact::ConsentWithdrawn(withdrawn) => {
            let consents = &mut resident(states, &withdrawn.resident, at)?.identity.consents;
            let of = consents.iter_mut().filter(|held| held.purpose == withdrawn.purpose);
            of.for_each(|held| held.term.end(withdrawn.last_day, at));
        }
        _ => {}
    }
    Ok(())
}

fn household<'a>(
    states: &'a mut impl States,
    id: &HouseholdId,
    position: Position,
) -> Result<&'a mut HouseholdRecord, StateError> {
    let key = Key::household(id);
    if states.get(&key).is_some()
        && let State::Household(record) = states.entry(&key, || State::LookAlike(String::new()))
    {
        return Ok(record);
    }
    Err(StateError::DoesNotFit { position, key })
}

fn join(states: &mut impl States, at: Position, join: &HouseholdJoined) -> Result<(), StateError> {
    let term = Term { to: join.to, ..Term::since(join.from, at) };
    let membership = Membership { role: join.role, term };
    let stay = Stay { household: join.household.clone(), membership: membership.clone() };
    resident(states, &join.resident, at)?.identity.stays.push(stay);
    let member = Member { resident: join.resident.clone(), membership };
    household(states, &join.household, at)?.members.push(member);
    Ok(())
}

fn leave(
    states: &mut impl States,
    at: Position,
    (house, who): (&HouseholdId, &ResidentId),
    last_day: OccurredOn,
) -> Result<(), StateError> {
    let stays = &mut resident(states, who, at)?.identity.stays;
    let left = stays.iter_mut().filter(|stay| stay.household == *house);
    left.for_each(|stay| stay.membership.term.end(last_day, at));
    let members = &mut household(states, house, at)?.members;
    let left = members.iter_mut().filter(|member| member.resident == *who);
    left.for_each(|member| member.membership.term.end(last_day, at));
    Ok(())
}
