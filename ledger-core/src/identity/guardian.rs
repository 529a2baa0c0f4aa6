//! Guardians: who speaks for a minor. They need not live in the minor's household.

use super::{Family, Term};
use crate::date::OccurredOn;
use crate::id::ResidentId;
use crate::projection::ResidentRecord;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// The most guardianships that one record keeps, those that are over among them (our own default).
pub const MAX_GUARDIANSHIPS: usize = 50;

/// Somebody is the guardian of the resident whose record keeps this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardianship {
    /// The account that was named as guardian.
    pub guardian: ResidentId,
    /// When.
    pub term: Term,
}

impl Guardianship {
    /// As it was when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Option<Guardianship> {
        Some(Guardianship { guardian: self.guardian.clone(), term: self.term.as_of(position)? })
    }
}

/// The guardians of a person on a day, as was known at a position, from the records of the person's family: each account
/// that was named. Nobody is their own guardian, also where the accounts turned out to be one person's.
pub fn guardians_on<'f, 'a: 'f>(
    family: &'f Family,
    records: impl IntoIterator<Item = &'a ResidentRecord>,
    day: OccurredOn,
    position: Position,
) -> impl Iterator<Item = &'a Guardianship> {
    let all = records.into_iter().flat_map(|record| &record.identity.guardians);
    all.filter(move |held| held.term.held_on(day, position) && !family.has(&held.guardian))
}
