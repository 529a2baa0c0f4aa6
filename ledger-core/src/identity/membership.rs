//! Memberships of households: dated, and often recorded later than they happened.

use super::Term;
use crate::date::OccurredOn;
use crate::id::{HouseholdId, ResidentId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most members of a household on one day (our own default).
pub const MAX_MEMBERS: usize = 20;

/// Of what age a member is, as whoever records it states: the log holds no birth dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Of age.
    Adult,
    /// Not of age: a household needs an adult beside.
    Minor,
}

/// One membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Of what age.
    pub role: Role,
    /// When.
    pub term: Term,
}

impl Membership {
    /// Whether it holds on a day.
    #[must_use]
    pub fn is_on(&self, day: OccurredOn) -> bool {
        self.term.is_on(day)
    }

    fn as_of(&self, position: Position) -> Option<Membership> {
        Some(Membership { role: self.role, term: self.term.as_of(position)? })
    }
}

/// A membership as the resident's record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// The household.
    pub household: HouseholdId,
    /// When, and of what age.
    pub membership: Membership,
}

impl Stay {
    /// As it was when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Option<Stay> {
        let membership = self.membership.as_of(position)?;
        Some(Stay { household: self.household.clone(), membership })
    }
}

/// A membership as the household's record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The account it was recorded for.
    pub resident: ResidentId,
    /// When, and of what age.
    pub membership: Membership,
}

impl Member {
    /// As it was when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Option<Member> {
        let membership = self.membership.as_of(position)?;
        Some(Member { resident: self.resident.clone(), membership })
    }
}

/// What is wrong with the members of a household on some day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Only minors.
    NoAdult(OccurredOn),
    /// More members than a household takes.
    Full(OccurredOn),
}

/// The first fault among the days from one on, of members under the accounts that answer for them: each is one person.
/// Between two days on which someone comes or goes nothing changes, so only those days are looked at.
#[must_use]
pub fn first_fault(members: &[Member], from: OccurredOn) -> Option<Fault> {
    let mut days: Vec<OccurredOn> = vec![from];
    for Member { membership, .. } in members {
        days.push(membership.term.from);
        days.extend(membership.term.to.and_then(OccurredOn::next_day));
    }
    days.sort_unstable();
    days.dedup();
    days.into_iter().filter(|day| *day >= from).find_map(|day| {
        let there = members.iter().filter(|member| member.membership.is_on(day));
        let mut persons = BTreeMap::new();
        for Member { resident, membership } in there {
            let adult = persons.entry(resident).or_insert(false);
            *adult |= membership.role == Role::Adult;
        }
        if persons.len() > MAX_MEMBERS {
            return Some(Fault::Full(day));
        }
        (!persons.is_empty() && persons.values().all(|adult| !adult)).then_some(Fault::NoAdult(day))
    })
}
