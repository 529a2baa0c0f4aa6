//! What can be asked about retention.

use super::fact::RetentionProposed;
use super::rule::RetentionMonths;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{PersonId, ResidentId, StandardId};
use crate::quantity::Position;

/// What to do; the organisation that asks stands in the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetentionAct {
    /// Set the rule, or lift it.
    Set {
        /// After how many months; none: there is no rule.
        months: Option<RetentionMonths>,
        /// Who sets it.
        set_by: PersonId,
    },
    /// Propose to erase some of those who are due.
    Propose {
        /// The day they are due on.
        on: OccurredOn,
        /// The accounts that answer.
        residents: Vec<ResidentId>,
        /// The standards of the ledger: which selections are open is told by them.
        standards: Vec<StandardId>,
        /// Who proposes.
        proposed_by: PersonId,
    },
    /// Approve a proposal.
    Approve {
        /// Where it was proposed.
        proposed_at: Position,
        /// What was proposed there.
        proposal: Box<RetentionProposed>,
        /// The standards of the ledger.
        standards: Vec<StandardId>,
        /// SHA-256 of what is approved.
        digest: Digest32,
        /// Who approves it.
        approved_by: PersonId,
    },
}

impl RetentionAct {
    /// The most events that it makes.
    #[must_use]
    pub fn most_events(&self) -> usize {
        match self {
            RetentionAct::Set { .. } | RetentionAct::Propose { .. } => 1,
            RetentionAct::Approve { proposal, .. } => proposal.due.len() + 1,
        }
    }

    /// The accounts that it is about.
    #[must_use]
    pub fn named(&self) -> Vec<&ResidentId> {
        match self {
            RetentionAct::Set { .. } => Vec::new(),
            RetentionAct::Propose { residents, .. } => residents.iter().collect(),
            RetentionAct::Approve { proposal, .. } => proposal.due.iter().map(|due| &due.resident).collect(),
        }
    }

    /// The standards of the ledger.
    #[must_use]
    pub fn standards(&self) -> &[StandardId] {
        match self {
            RetentionAct::Set { .. } => &[],
            RetentionAct::Propose { standards, .. } | RetentionAct::Approve { standards, .. } => standards,
        }
    }
}
