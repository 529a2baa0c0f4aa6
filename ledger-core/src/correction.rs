//! Corrections: reversals and entries that one person proposes and another approves, together or not at all. They are the
//! only way to change what a closed month holds (`DOMAIN.md` §6.1 Correction: poster ≠ approver for closed months).

use crate::date::OccurredOn;
use crate::entry::{Digest32, Entry, Reversal, ReversalReason};
use crate::id::{OrganizationId, PersonId};
use crate::month::Month;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most reversals and entries of one correction (our own default, as of a class list).
pub const MAX_PARTS: usize = 1_000;

/// Corrections of a ledger that may wait for approval (our own default): their positions stand in one state.
pub const MAX_OPEN: usize = 1_000;

/// What an entry or reversal says that was recorded by a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrects {
    /// Where the correction was proposed: its number.
    pub correction: Position,
    /// The closed month that is changed (更正以前月份); none where the month was still open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<Month>,
}

/// A correction that waits for a second person, kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionProposed {
    /// The organisation that corrects.
    pub organization: OrganizationId,
    /// Who proposes.
    pub proposed_by: PersonId,
    /// Why.
    pub reason: ReversalReason,
    /// SHA-256 of the evidence: a sign-in sheet, a letter of appeal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest32>,
    /// The entries to reverse, as they will be reversed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reversals: Vec<Reversal>,
    /// The entries to record, after the reversals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
    /// The last day to approve it; none of those that were proposed before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<OccurredOn>,
}

impl CorrectionProposed {
    /// SHA-256 of its bytes: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        // Every value of these types can be written as JSON.
        Digest32::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reversals and entries.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.reversals.len() + self.entries.len()
    }

    /// The organisations whose entries it changes.
    #[must_use]
    pub fn posters(&self) -> BTreeSet<&OrganizationId> {
        let reversed = self.reversals.iter().map(|reversal| &reversal.posted_by);
        reversed.chain(self.entries.iter().map(|entry| &entry.organization)).collect()
    }
}

/// A correction was approved; its reversals and entries are the events behind this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionApproved {
    /// Where it was proposed.
    pub proposed_at: Position,
    /// The organisation that answers for it.
    pub organization: OrganizationId,
    /// Who approved it.
    pub approved_by: PersonId,
}

/// A correction was rejected or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionRejected {
    /// Where it was proposed.
    pub proposed_at: Position,
    /// The organisation that rejected it, or took it back.
    pub organization: OrganizationId,
    /// Who rejected it.
    pub rejected_by: PersonId,
}

/// How a correction ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// Where.
    pub settled_at: Position,
    /// The organisation that settled it.
    pub organization: OrganizationId,
    /// Who settled it.
    pub settled_by: PersonId,
    /// Approved, or rejected.
    pub approved: bool,
}

/// The state of a correction; what it consists of stands in the log where it was proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionRecord {
    /// Where it was proposed.
    pub proposed_at: Position,
    /// The organisation that corrects.
    pub organization: OrganizationId,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// Why.
    pub reason: ReversalReason,
    /// What an approval names.
    pub digest: Digest32,
    /// The last day to approve it; none where there is none.
    pub expires_on: Option<OccurredOn>,
    /// How many entries it reverses.
    pub reversals: u32,
    /// How many entries it records.
    pub entries: u32,
    /// How it ended; none while it waits.
    pub settled: Option<Settlement>,
}

impl CorrectionRecord {
    /// The record of a proposal.
    #[must_use]
    pub fn of(proposed_at: Position, proposal: &CorrectionProposed) -> CorrectionRecord {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        CorrectionRecord {
            proposed_at,
            organization: proposal.organization.clone(),
            proposed_by: proposal.proposed_by.clone(),
            reason: proposal.reason,
            digest: proposal.digest(),
            expires_on: proposal.expires_on,
            reversals: count(proposal.reversals.len()),
            entries: count(proposal.entries.len()),
            settled: None,
        }
    }
}
