//! Erasures: one person proposes, another approves; then the person is gone.

use super::fact::ErasureProposed;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{OrganizationId, PersonId, ResidentId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// An erasure that was proposed, as the resident's record keeps it; a later one takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRequest {
    /// Where.
    pub proposed_at: Position,
    /// What an approval names.
    pub digest: Digest32,
    /// The accounts that are to be erased.
    pub accounts: Vec<ResidentId>,
    /// For which organisation.
    pub organization: OrganizationId,
    /// By whom.
    pub proposed_by: PersonId,
    /// The last day to approve it.
    pub expires_on: OccurredOn,
}

impl ErasureRequest {
    /// What was proposed at a position.
    #[must_use]
    pub fn of(proposed_at: Position, proposed: &ErasureProposed) -> ErasureRequest {
        ErasureRequest {
            proposed_at,
            digest: proposed.digest(),
            accounts: proposed.accounts.clone(),
            organization: proposed.organization.clone(),
            proposed_by: proposed.proposed_by.clone(),
            expires_on: proposed.expires_on,
        }
    }
}

/// What a resident's record knows of erasures. Of most residents nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Erasure {
    /// What was proposed last, and not approved.
    pub requested: Option<Box<ErasureRequest>>,
    /// Where the personal data was erased.
    pub erased_at: Option<Position>,
}

/// That the directory keeps personal data of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The day on which it was recorded last; none where the event is older than rules of retention.
    pub on: Option<OccurredOn>,
}
