//! Decisions on who speaks for a minor, and on what was agreed to: of age in person, for a minor by a guardian. Of what age
//! somebody is on a day says the membership of that day; the ledger holds no birth dates.

use super::Desk;
use super::indicator::room_for;
use super::kin::NOW;
use crate::date::OccurredOn;
use crate::event::Fact;
use crate::id::ResidentId;
use crate::identity::{
    Consent, ConsentGiven, ConsentWithdrawn, Family, GuardianNamed, GuardianReleased, Guardianship,
    MAX_CONSENTS, MAX_GUARDIANSHIPS, Purpose, Role, Term, guardians_on,
};
use crate::projection::{ResidentRecord, States};
use crate::{Reason, Refusal};

impl<'a, S: States> Desk<'a, S> {
    /// Of what age a person was said to be on a day; none where no household had them.
    fn role_on(&self, family: &Family, day: OccurredOn) -> Result<Option<Role>, Refusal> {
        let stays = self.stays(family)?.into_iter().map(|stay| &stay.membership);
        let there = stays.filter(|membership| membership.is_on(day));
        Ok(there.max_by_key(|membership| membership.term.begun_at).map(|membership| membership.role))
    }

    /// What a family's accounts keep of guardians, each with its account.
    fn guardians(&self, family: &Family) -> Result<Vec<(&'a ResidentId, &'a Guardianship)>, Refusal> {
        let records = self.records(family)?.into_iter();
        let of = |record: &'a ResidentRecord| {
            record.identity.guardians.iter().map(|held| (&record.resident.resident, held))
        };
        Ok(records.flat_map(of).collect())
    }

    /// What a family's accounts keep of consent, each with its account.
    fn consents(&self, family: &Family) -> Result<Vec<(&'a ResidentId, &'a Consent)>, Refusal> {
        let records = self.records(family)?.into_iter();
        let of = |record: &'a ResidentRecord| {
            record.identity.consents.iter().map(|held| (&record.resident.resident, held))
        };
        Ok(records.flat_map(of).collect())
    }

    /// Another account than the one that something is recorded of.
    fn other(&self, id: &ResidentId, field: &str) -> Result<Family, Refusal> {
        let record = self.resident(id, field)?;
        self.answers_for_itself(record, field)?;
        self.family(id)
    }

    pub(super) fn name_guardian(
        &self,
        resident: &ResidentId,
        guardian: &ResidentId,
        from: OccurredOn,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, record) = self.own_account(resident)?;
        let (minor, adult) = (self.family(resident)?, self.other(guardian, "guardian")?);
        self.not_in_future(from, "from")?;
        if adult.has(resident) || self.role_on(&adult, from)? == Some(Role::Minor) {
            return Err(Refusal::field(
                Reason::GuardianNotEligible,
                "guardian",
                format!(
                    "監護人須為另一位成年人；「{guardian}」是本人，或 {from} 時未成年。\
                     A guardian is another person, of age: \"{guardian}\" is the minor, or a minor on {from}."
                ),
            ));
        }
        if self.role_on(&minor, from)? != Some(Role::Minor) {
            return Err(Refusal::field(
                Reason::NotAMinor,
                "resident",
                format!(
                    "{from} 沒有家庭記「{resident}」為未成年成員；請查對，或先記加入家庭。\
                     No household has \"{resident}\" as a minor on {from}: check it, or record the membership first."
                ),
            ));
        }
        let held = self.guardians(&minor)?;
        if held.iter().any(|(_, held)| adult.has(&held.guardian) && goes_on_from(&held.term, from)) {
            return Ok(vec![]);
        }
        room_for(record.identity.guardians.len(), MAX_GUARDIANSHIPS, "resident")?;
        Ok(vec![Fact::GuardianNamed(GuardianNamed {
            resident: resident.clone(),
            guardian: guardian.clone(),
            from,
            organization: poster.organization.organization.clone(),
        })])
    }

    pub(super) fn release_guardian(
        &self,
        resident: &ResidentId,
        guardian: &ResidentId,
        last_day: OccurredOn,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, _) = self.own_account(resident)?;
        let adult = self.other(guardian, "guardian")?;
        self.not_in_future(last_day, "last_day")?;
        let mut held = self.guardians(&self.family(resident)?)?;
        held.retain(|(_, held)| held.term.lasts() && adult.has(&held.guardian));
        if held.is_empty() {
            return Err(Refusal::field(
                Reason::NotGuardian,
                "guardian",
                format!(
                    "「{guardian}」現在不是「{resident}」的監護人，請查對號碼。\
                     \"{guardian}\" is no guardian of \"{resident}\" now: check both."
                ),
            ));
        }
        not_before(held.iter().map(|(_, held)| &held.term), last_day)?;
        let mut pairs: Vec<_> = held.into_iter().map(|(account, held)| (account, &held.guardian)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let released = pairs.into_iter().map(|(resident, guardian)| {
            Fact::GuardianReleased(GuardianReleased {
                resident: resident.clone(),
                guardian: guardian.clone(),
                last_day,
                organization: poster.organization.organization.clone(),
            })
        });
        Ok(released.collect())
    }

    pub(super) fn give_consent(
        &self,
        resident: &ResidentId,
        given_by: &ResidentId,
        purpose: Purpose,
        from: OccurredOn,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, record) = self.own_account(resident)?;
        let (family, giver) = (self.family(resident)?, self.other(given_by, "given_by")?);
        self.not_in_future(from, "from")?;
        if self.role_on(&family, from)? == Some(Role::Minor) {
            let records = self.records(&family)?;
            if !guardians_on(&family, records, from, NOW).any(|held| giver.has(&held.guardian)) {
                return Err(Refusal::field(
                    Reason::GuardianConsentRequired,
                    "given_by",
                    format!(
                        "「{resident}」未成年，須由 {from} 當天的監護人同意；請先登記監護人。\
                         \"{resident}\" is a minor: a guardian of {from} consents. Name the guardian first."
                    ),
                ));
            }
        } else if !family.has(given_by) {
            return Err(Refusal::field(
                Reason::ConsentIsPersonal,
                "given_by",
                format!(
                    "「{resident}」不是未成年成員，須由本人同意。\
                     \"{resident}\" is not a minor, and consents in person."
                ),
            ));
        }
        let held = self.consents(&family)?;
        let same = |held: &Consent| held.purpose == purpose && giver.has(&held.given_by);
        if held.iter().any(|(_, held)| same(held) && goes_on_from(&held.term, from)) {
            return Ok(vec![]);
        }
        room_for(record.identity.consents.len(), MAX_CONSENTS, "resident")?;
        Ok(vec![Fact::ConsentGiven(ConsentGiven {
            resident: resident.clone(),
            given_by: given_by.clone(),
            purpose,
            from,
            organization: poster.organization.organization.clone(),
        })])
    }

    pub(super) fn withdraw_consent(
        &self,
        resident: &ResidentId,
        purpose: Purpose,
        last_day: OccurredOn,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, _) = self.own_account(resident)?;
        self.not_in_future(last_day, "last_day")?;
        let mut held = self.consents(&self.family(resident)?)?;
        held.retain(|(_, held)| held.term.lasts() && held.purpose == purpose);
        if held.is_empty() {
            return Err(Refusal::field(
                Reason::ConsentNotGiven,
                "resident",
                format!(
                    "「{resident}」現在沒有可撤回的同意，不必再辦。\
                     Nothing that \"{resident}\" agreed to holds now: nothing is left to do."
                ),
            ));
        }
        not_before(held.iter().map(|(_, held)| &held.term), last_day)?;
        let mut accounts: Vec<_> = held.into_iter().map(|(account, _)| account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let withdrawn = accounts.into_iter().map(|account| {
            Fact::ConsentWithdrawn(ConsentWithdrawn {
                resident: account.clone(),
                purpose,
                last_day,
                organization: poster.organization.organization.clone(),
            })
        });
        Ok(withdrawn.collect())
    }
}

/// Whether a term holds from a day on, without an end.
fn goes_on_from(term: &Term, day: OccurredOn) -> bool {
    term.lasts() && term.from <= day
}

/// Refuses a last day before the first of something that it ends.
fn not_before<'t>(terms: impl Iterator<Item = &'t Term>, last_day: OccurredOn) -> Result<(), Refusal> {
    match terms.map(|term| term.from).max() {
        Some(from) if last_day < from => Err(Refusal::field(
            Reason::TimeRange,
            "last_day",
            format!("末日早於首日 {from}，請查對。The last day lies before the first, {from}: check both."),
        )
        .with("from", from)),
        _ => Ok(()),
    }
}
