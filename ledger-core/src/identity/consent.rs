//! Consent: who agreed to what a person's record is used for. Those of age agree for themselves, a guardian for a minor.

use super::{Family, Role, Term, family};
use crate::date::OccurredOn;
use crate::id::ResidentId;
use crate::projection::{HouseholdRecord, ResidentRecord};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// The most consents that one record keeps, those withdrawn among them (our own default).
pub const MAX_CONSENTS: usize = 100;

/// What a person's record may be used for, once somebody agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To take part in the yearly selection of learning families, and to be named publicly (`DOMAIN.md` §6.2).
    Selection,
    /// That the directory keeps personal data of a child (PIPL 31: consent is given anew for every use).
    PersonalData,
}

/// Somebody agreed for the resident whose record keeps this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// To what.
    pub purpose: Purpose,
    /// Who: the resident, or a guardian.
    pub given_by: ResidentId,
    /// When.
    pub term: Term,
}

impl Consent {
    /// As it was when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Option<Consent> {
        let (purpose, given_by) = (self.purpose, self.given_by.clone());
        Some(Consent { purpose, given_by, term: self.term.as_of(position)? })
    }

    /// Whether it counts for a person: of age one's own, of a minor somebody else's. Who comes of age agrees anew.
    #[must_use]
    pub fn counts_for(&self, role: Role, family: &Family) -> bool {
        family.has(&self.given_by) == (role == Role::Adult)
    }
}

/// The consents that count for a person on a day, as was known at a position, from the records of the person's family.
pub fn consents_on<'f, 'a: 'f>(
    family: &'f Family,
    role: Role,
    records: impl IntoIterator<Item = &'a ResidentRecord>,
    day: OccurredOn,
    position: Position,
) -> impl Iterator<Item = &'a Consent> {
    let all = records.into_iter().flat_map(|record| &record.identity.consents);
    all.filter(move |held| held.term.held_on(day, position) && held.counts_for(role, family))
}

/// The members of a household of a day who lack consent on it, as was known at a position: the account that answers for
/// each, once. `record` gives the records that are at hand: those of the members, and of the accounts that answered as
/// one with them.
///
/// # Errors
/// The records that must be read first.
pub fn lacking_consent<'a>(
    household: &HouseholdRecord,
    purpose: Purpose,
    day: OccurredOn,
    position: Position,
    record: impl Fn(&ResidentId) -> Option<&'a ResidentRecord>,
) -> Result<Vec<ResidentId>, Vec<ResidentId>> {
    lacking_consent_later(household, purpose, (day, day), position, record)
}

/// The members of a household of the first day who lack consent on the second; else as [`lacking_consent`].
///
/// # Errors
/// The records that must be read first.
pub fn lacking_consent_later<'a>(
    household: &HouseholdRecord,
    purpose: Purpose,
    (lived_on, agreed_on): (OccurredOn, OccurredOn),
    position: Position,
    record: impl Fn(&ResidentId) -> Option<&'a ResidentRecord>,
) -> Result<Vec<ResidentId>, Vec<ResidentId>> {
    let (mut lacking, mut missing) = (Vec::new(), Vec::new());
    for (role, family) in persons_on(household, lived_on, position, &record, &mut missing) {
        let records = family.members().filter_map(&record);
        let agreed = consents_on(&family, role, records, agreed_on, position)
            .any(|consent| consent.purpose == purpose);
        if !agreed {
            lacking.push(family.survivor);
        }
    }
    if missing.is_empty() { Ok(lacking) } else { Err(missing) }
}

/// The persons of a household of a day, each once, in the order they came; of one who is recorded twice the later
/// record says of what age.
fn persons_on<'a>(
    household: &HouseholdRecord,
    day: OccurredOn,
    position: Position,
    record: &impl Fn(&ResidentId) -> Option<&'a ResidentRecord>,
    missing: &mut Vec<ResidentId>,
) -> Vec<(Role, Family)> {
    let mut persons: Vec<(Role, Family)> = Vec::new();
    for member in household.members_on(day, position) {
        match family(&member.resident, position, record) {
            Ok(family) => {
                let role = member.membership.role;
                match persons.iter_mut().find(|(_, known)| known.survivor == family.survivor) {
                    Some(known) => known.0 = role,
                    None => persons.push((role, family)),
                }
            }
            Err(absent) => missing.extend(absent),
        }
    }
    persons
}
