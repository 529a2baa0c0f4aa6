//! Merges and their undoing change what a person is said to have learned: one person proposes, another approves.

use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{OrganizationId, PersonId, ResidentId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// What is to become of two accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeAct {
    /// One answers in the other from then on.
    Merge {
        /// The account that takes no more entries.
        merged: ResidentId,
        /// The account that answers for both.
        survivor: ResidentId,
    },
    /// A merge is undone.
    Unmerge {
        /// The account that was merged.
        merged: ResidentId,
        /// Entries posted since that are the survivor's own.
        kept: Vec<Position>,
    },
}

impl MergeAct {
    /// The account that was or is to be merged: what is proposed stands in its record.
    #[must_use]
    pub fn merged(&self) -> &ResidentId {
        match self {
            MergeAct::Merge { merged, .. } | MergeAct::Unmerge { merged, .. } => merged,
        }
    }
}

/// A merge, or the undoing of one, waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeProposed {
    /// What.
    pub act: MergeAct,
    /// All accounts that answer as one with either: an approval is of these and no others.
    pub accounts: Vec<ResidentId>,
    /// For which organisation.
    pub organization: OrganizationId,
    /// By whom.
    pub proposed_by: PersonId,
    /// The last day to approve it.
    pub expires_on: OccurredOn,
}

impl MergeProposed {
    /// SHA-256 of its bytes: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        // Every value of these types can be written as JSON.
        Digest32::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// What waits in the record of an account; a later proposal takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeRequest {
    /// Where it was proposed.
    pub proposed_at: Position,
    /// What was proposed.
    pub proposed: MergeProposed,
}
