//! The second pair of eyes: what is approved is what was proposed, by another person, in time.

use super::Desk;
use crate::approval::PROPOSAL_DAYS;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::PersonId;
use crate::projection::States;
use crate::{Reason, Refusal};

/// What a second person is shown.
pub(super) struct Proposal<'p> {
    /// SHA-256 of what was proposed.
    pub(super) digest: Digest32,
    /// By whom.
    pub(super) proposed_by: &'p PersonId,
    /// The last day to approve it; none of those older than the limit.
    pub(super) expires_on: Option<OccurredOn>,
}

impl<S: States> Desk<'_, S> {
    /// The last day to approve what is proposed today.
    pub(super) fn proposal_ends(&self) -> Result<OccurredOn, Refusal> {
        Ok(self.today()?.plus_days(PROPOSAL_DAYS))
    }

    /// Whether a person may approve a proposal by the digest they name.
    pub(super) fn may_approve(
        &self,
        proposal: &Proposal<'_>,
        named: Digest32,
        approved_by: &PersonId,
    ) -> Result<(), Refusal> {
        if proposal.digest != named {
            return Err(proposal_changed(proposal.digest));
        }
        if let Some(expires_on) = proposal.expires_on {
            self.in_time(expires_on)?;
        }
        by_another(proposal.proposed_by, approved_by)
    }

    /// Refuses what could be approved until a day that has passed.
    pub(super) fn in_time(&self, expires_on: OccurredOn) -> Result<(), Refusal> {
        if self.today()? <= expires_on {
            return Ok(());
        }
        Err(Refusal::field(
            Reason::ProposalExpired,
            "sha256",
            format!(
                "提案的核准期限是 {expires_on}，已過；請重新提出。\
                 The proposal could be approved until {expires_on}: propose it anew."
            ),
        )
        .with("expires_on", expires_on))
    }
}

/// What is approved is another proposal than the one that stands.
pub(super) fn proposal_changed(stands: Digest32) -> Refusal {
    Refusal::field(
        Reason::ProposalChanged,
        "sha256",
        "提案內容已變更，請重新審閱再核准。The proposal is another by now: read it again, then approve it.",
    )
    .with("sha256", stands)
}

/// Who proposed something does not approve it.
pub(super) fn by_another(proposed_by: &PersonId, approved_by: &PersonId) -> Result<(), Refusal> {
    if proposed_by.reads_like(approved_by) { Err(same_actor("approved_by")) } else { Ok(()) }
}

/// Both would be one person.
pub(super) fn same_actor(field: &str) -> Refusal {
    Refusal::field(
        Reason::SameActor,
        field,
        "提出（或查閱）和核准須為不同的人，請另一人核准。Who proposes or reads something does not approve it: ask a second person.",
    )
}
