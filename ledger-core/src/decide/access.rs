//! Decisions on credentials.

use super::Desk;
use crate::access::{
    CredentialApproved, CredentialIssued, CredentialRecord, CredentialRevoked, Proof, Role, Scope, Standing,
};
use crate::approval::PROPOSAL_DAYS;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{CredentialId, PersonId};
use crate::projection::{Key, State, States};
use crate::{Reason, Refusal};
use chrono::{DateTime, TimeDelta, Utc};

/// The longest life of a credential (`RELIABILITY.md` §5, threat 1: at most a year).
const LONGEST: TimeDelta = TimeDelta::days(366);

impl<S: States> Desk<'_, S> {
    /// Issues a credential. Those of administrators, approvers and officers of a whole ledger wait for a second
    /// administrator, except where whoever has the database issues them.
    pub(super) fn issue_credential(&self, new: &CredentialIssued) -> Result<Vec<Fact>, Refusal> {
        if !new.role.takes(&new.scope) {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "scope",
                format!(
                    "「{}」這個角色不能用這個範圍；經辦和平台須有機構，居民須有帳戶，管理員不分範圍。\
                     The role {} takes another scope: a clerk or platform an organisation, a resident an account, \
                     an administrator none.",
                    new.role.hant(),
                    new.role
                ),
            ));
        }
        let now = self.context.now;
        if new.expires_at <= now || new.expires_at > now + LONGEST {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "expires_at",
                format!(
                    "憑證的期限須在今後 {0} 天之內。A credential ends within {0} days from now.",
                    LONGEST.num_days()
                ),
            ));
        }
        match &new.scope {
            Scope::Ledger => {}
            Scope::Organization(organization) => {
                self.organization(organization, "organization")?;
            }
            Scope::Resident(resident) => {
                self.resident(resident, "resident")?;
            }
        }
        let held = match self.states.get(&Key::credential(&new.credential)) {
            Some(State::Credential(record)) => Some(record),
            _ => None,
        };
        // An identity is somebody's for good: when its credential has ended, it is given another.
        let ended = |record: &CredentialRecord| {
            matches!(record.issued.proof, Proof::Identity(_))
                && record.issued.proof == new.proof
                && matches!(record.standing(now), Standing::Expired | Standing::Revoked)
        };
        if held.is_some_and(|record| !ended(record)) {
            return Err(super::organization::already_registered("credential", &new.credential));
        }
        if new.issued_by.as_ref().is_some_and(|issuer| issuer.reads_like(&new.person)) {
            return Err(Refusal::field(
                Reason::SameActor,
                "person",
                "不能核發憑證給自己，請由另一人核發。Nobody issues a credential to oneself: ask a second person.",
            ));
        }
        // Who runs the deployment, is the second person, or runs a whole district is made so by two.
        let alone = match new.role {
            Role::Administrator | Role::Approver => false,
            Role::Officer => new.scope != Scope::Ledger,
            Role::Clerk | Role::Auditor | Role::Resident | Role::Platform => true,
        };
        let waits = !alone && new.issued_by.is_some();
        let approve_until = waits.then(|| now + TimeDelta::days(i64::from(PROPOSAL_DAYS)));
        Ok(vec![Fact::CredentialIssued(Box::new(CredentialIssued { approve_until, ..new.clone() }))])
    }

    pub(super) fn approve_credential(
        &self,
        credential: &CredentialId,
        digest: Digest32,
        approved_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        let record = self.credential(credential)?;
        if record.issued.digest() != digest {
            return Err(Refusal::field(
                Reason::ProposalChanged,
                "sha256",
                "核准的不是這張憑證的內容，請重新審閱。This is not what the credential says: read it again.",
            )
            .with("sha256", record.issued.digest()));
        }
        if record.issued.issued_by.as_ref().is_some_and(|issuer| issuer.reads_like(approved_by)) {
            return Err(Refusal::field(
                Reason::SameActor,
                "approved_by",
                "核發和核准須為不同的人。Who issues a credential does not approve it: ask a second person.",
            ));
        }
        if record.approved.is_some() {
            return Ok(vec![]);
        }
        let overdue = |until: DateTime<Utc>| self.context.now >= until;
        if record.standing(self.context.now) != Standing::Pending
            || record.issued.approve_until.is_none_or(overdue)
        {
            return Err(Refusal::new(
                Reason::CredentialSettled,
                "這張憑證不在待核准：已撤銷、已到期、逾期未核准，或本來不必核准。\
                 The credential does not wait for approval: revoked, expired, not approved in time, or never in need of it.",
            ));
        }
        let approved_by = approved_by.clone();
        Ok(vec![Fact::CredentialApproved(CredentialApproved { credential: credential.clone(), approved_by })])
    }

    pub(super) fn revoke_credential(
        &self,
        credential: &CredentialId,
        revoked_by: Option<&PersonId>,
    ) -> Result<Vec<Fact>, Refusal> {
        if self.credential(credential)?.revoked.is_some() {
            return Ok(vec![]);
        }
        let revoked = CredentialRevoked { credential: credential.clone(), revoked_by: revoked_by.cloned() };
        Ok(vec![Fact::CredentialRevoked(revoked)])
    }

    fn credential(&self, credential: &CredentialId) -> Result<&CredentialRecord, Refusal> {
        match self.states.get(&Key::credential(credential)) {
            Some(State::Credential(record)) => Ok(record),
            _ => Err(no_such_credential(credential)),
        }
    }
}

/// There is no such credential.
#[must_use]
pub fn no_such_credential(credential: &CredentialId) -> Refusal {
    Refusal::field(
        Reason::CredentialNotFound,
        "name",
        format!("找不到憑證「{credential}」，請查對。There is no credential \"{credential}\": check its id."),
    )
}
