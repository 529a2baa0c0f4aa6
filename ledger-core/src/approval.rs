//! The second pair of eyes: what one person proposed, another approves, in time.

use crate::id::PersonId;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// For how many days what was proposed can be approved (`RELIABILITY.md` §5 threat 4).
pub const PROPOSAL_DAYS: u32 = 7;

/// Two persons who answer for what was proposed and approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Where it was proposed.
    pub proposed_at: Position,
    /// By whom.
    pub proposed_by: PersonId,
    /// Who approved it.
    pub approved_by: PersonId,
}
