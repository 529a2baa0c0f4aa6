//! Decisions about personal data: that it was recorded, that it is read, that it is erased. What stands in it the log does
//! not hear; what follows from it (a child, a minor) comes with the command.

use super::approval::{Proposal, proposal_changed, same_actor};
use super::entry::no_account;
use super::month::keeps_the_ledger;
use super::registry::scope;
use super::{Desk, kin::NOW};
use crate::account::Roll;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{AccountId, OrganizationId, PersonId, ResidentId};
use crate::identity::{Purpose, Role, consents_on};
use crate::person::{
    CONSENT_AGE, CardRecorded, ErasureProposed, Field, PersonAct, PersonRecorded, PersonalDataRead,
    ReadPurpose, ResidentErased,
};
use crate::projection::{Key, ResidentRecord, States};
use crate::quantity::Position;
use crate::registry::OrganizationRecord;
use crate::{Reason, Refusal};

/// The states that an act reads and touches, if its events land between two positions.
pub(super) fn needs(keys: &mut Vec<Key>, act: &PersonAct, (first, last): (Position, Position)) {
    let windows = Roll::window(first)..=Roll::window(last);
    keys.extend(act.resident().map(Key::resident));
    match act {
        PersonAct::Record { .. } | PersonAct::ProposeErasure { .. } => {}
        PersonAct::RecordCard { of, .. } => keys.push(Key::organization(of)),
        PersonAct::Read { resident, .. } => keys.extend(windows.map(|window| Key::reads(resident, window))),
        PersonAct::ApproveErasure { .. } => keys.extend(windows.map(Key::erasures)),
        PersonAct::EraseAgain(erased) => {
            keys.extend(windows.map(Key::erasures));
            keys.extend(erased.accounts.iter().map(Key::resident));
        }
    }
}

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn person(&self, act: &PersonAct) -> Result<Vec<Fact>, Refusal> {
        match act {
            PersonAct::Record { resident, fields, needs_guardian, recorded_by } => {
                self.record_person(resident, fields, *needs_guardian, recorded_by)
            }
            PersonAct::RecordCard { of, recorded_by } => self.record_card(of, recorded_by),
            PersonAct::Read { resident, fields, purpose, reader, approved_by, needs_approval } => self
                .read_person((resident, fields, *purpose), (reader, approved_by.as_ref()), *needs_approval),
            PersonAct::ProposeErasure { resident, proposed_by } => {
                self.propose_erasure(resident, proposed_by)
            }
            PersonAct::ApproveErasure { resident, digest, approved_by } => {
                self.approve_erasure(resident, *digest, approved_by)
            }
            PersonAct::EraseAgain(erased) => self.erase_again(erased),
        }
    }

    fn record_person(
        &self,
        resident: &ResidentId,
        fields: &[Field],
        needs_guardian: bool,
        recorded_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, _) = self.own_account(resident)?;
        if needs_guardian && !self.guardian_agreed(resident)? {
            return Err(Refusal::field(
                Reason::GuardianConsentRequired,
                "resident",
                format!(
                    "未滿 {CONSENT_AGE} 歲，須先有監護人對 personal_data 的同意；請先登記監護人和同意。\
                     Under {CONSENT_AGE} a guardian consents to personal_data first: record guardian and consent."
                ),
            ));
        }
        Ok(vec![Fact::PersonRecorded(PersonRecorded {
            resident: resident.clone(),
            fields: fields.to_vec(),
            organization: poster.organization.organization.clone(),
            recorded_by: recorded_by.clone(),
            recorded_on: Some(self.today()?),
        })])
    }

    fn record_card(&self, of: &OrganizationId, recorded_by: &PersonId) -> Result<Vec<Fact>, Refusal> {
        let poster = self.poster()?;
        let acting = &poster.organization.organization;
        if !self.organization(of, "of")?.answers_to(acting) {
            return Err(scope(
                "由機構本身或它的上級辦理。The organisation itself does this, or one above it.",
            ));
        }
        let (of, organization, recorded_by) = (of.clone(), acting.clone(), recorded_by.clone());
        Ok(vec![Fact::CardRecorded(CardRecorded { of, organization, recorded_by })])
    }

    /// Whether a guardian's consent to keeping personal data holds today.
    fn guardian_agreed(&self, resident: &ResidentId) -> Result<bool, Refusal> {
        let (family, today) = (self.family(resident)?, self.today()?);
        let records = self.records(&family)?;
        Ok(consents_on(&family, Role::Minor, records, today, NOW)
            .any(|consent| consent.purpose == Purpose::PersonalData))
    }

    /// A resident whose personal data an organisation may see: the one that opened the account, one above it, or who keeps
    /// the ledger. Also an account that answers in another: its data stays with it.
    fn seen_by(
        &self,
        resident: &ResidentId,
    ) -> Result<(&'a OrganizationRecord, &'a ResidentRecord), Refusal> {
        let poster = self.poster()?;
        let record = self.resident(resident, "resident")?;
        let opener = self.organization(&record.resident.organization, "organization")?;
        if opener.answers_to(&poster.organization.organization) || keeps_the_ledger(poster) {
            return Ok((poster, record));
        }
        Err(scope(
            "由開戶機構、它的上級或區辦理。The organisation that opened the account, one above it, or the district does this.",
        ))
    }

    fn read_person(
        &self,
        (resident, fields, purpose): (&ResidentId, &[Field], ReadPurpose),
        (reader, approved_by): (&PersonId, Option<&PersonId>),
        needs_approval: bool,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, record) = self.seen_by(resident)?;
        not_erased(record, "resident")?;
        if approved_by.is_none() && needs_approval {
            return Err(Refusal::field(
                Reason::AccessApprovalRequired,
                "approved_by",
                "未成年人的資料須由另一人核准才能查閱，請填核准人。\
                 A minor's data is read with a second person's approval only: fill in who approves it.",
            ));
        }
        if approved_by.is_some_and(|by| by.reads_like(reader)) {
            return Err(same_actor("approved_by"));
        }
        Ok(vec![Fact::PersonalDataRead(PersonalDataRead {
            resident: resident.clone(),
            fields: fields.to_vec(),
            purpose,
            organization: poster.organization.organization.clone(),
            reader: reader.clone(),
            approved_by: approved_by.cloned(),
        })])
    }

    fn propose_erasure(&self, resident: &ResidentId, proposed_by: &PersonId) -> Result<Vec<Fact>, Refusal> {
        let (poster, record) = self.seen_by(resident)?;
        self.answers_for_itself(record, "resident")?;
        Ok(vec![Fact::ErasureProposed(ErasureProposed {
            resident: resident.clone(),
            accounts: self.family(resident)?.members().cloned().collect(),
            organization: poster.organization.organization.clone(),
            proposed_by: proposed_by.clone(),
            expires_on: self.proposal_ends()?,
        })])
    }

    fn approve_erasure(
        &self,
        resident: &ResidentId,
        digest: Digest32,
        approved_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, record) = self.seen_by(resident)?;
        self.answers_for_itself(record, "resident")?;
        let Some(requested) = &record.erasure.requested else {
            return Err(Refusal::field(
                Reason::ErasureNotFound,
                "resident",
                format!(
                    "「{resident}」沒有待核准的刪除，請先提出。\
                     No erasure of \"{resident}\" waits for approval: propose it first."
                ),
            ));
        };
        let accounts: Vec<ResidentId> = self.family(resident)?.members().cloned().collect();
        if requested.accounts != accounts {
            // Accounts were merged or taken apart since.
            return Err(proposal_changed(requested.digest));
        }
        let proposal = Proposal {
            digest: requested.digest,
            proposed_by: &requested.proposed_by,
            expires_on: Some(requested.expires_on),
        };
        self.may_approve(&proposal, digest, approved_by)?;
        Ok(vec![Fact::ResidentErased(ResidentErased {
            resident: resident.clone(),
            accounts,
            organization: poster.organization.organization.clone(),
            proposed_by: requested.proposed_by.clone(),
            approved_by: approved_by.clone(),
            proposed_at: Some(requested.proposed_at),
        })])
    }

    /// An erasure of a log that went on from here and was lost. It was decided there; here it is only done again, of the
    /// accounts that this log knows. Nothing where it is done.
    fn erase_again(&self, erased: &ResidentErased) -> Result<Vec<Fact>, Refusal> {
        let records = erased.accounts.iter().filter_map(|id| self.resident(id, "resident").ok());
        let records: Vec<&ResidentRecord> = records.collect();
        if records.is_empty() {
            // Refused, so that it is not remembered as done.
            return Err(no_account(&AccountId::Resident(erased.resident.clone()), "resident"));
        }
        if records.iter().all(|record| record.erasure.erased_at.is_some()) {
            return Ok(Vec::new());
        }
        let accounts = records.into_iter().map(|record| record.resident.resident.clone()).collect();
        Ok(vec![Fact::ResidentErased(ResidentErased { accounts, proposed_at: None, ..erased.clone() })])
    }
}

/// Refuses an account whose personal data was erased.
pub(super) fn not_erased(record: &ResidentRecord, field: &str) -> Result<(), Refusal> {
    let Some(erased_at) = record.erasure.erased_at else { return Ok(()) };
    let id = &record.resident.resident;
    Err(Refusal::field(
        Reason::ResidentErased,
        field,
        format!(
            "帳戶「{id}」的個人資料已在第 {erased_at} 號刪除，不再收記；原有的記錄和合計照舊。\
             The personal data of \"{id}\" was erased by event {erased_at}: nothing more is recorded, what stands stays."
        ),
    )
    .with("erased_at", erased_at))
}
