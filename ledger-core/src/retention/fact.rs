//! What happened to the rule, and to those who were due under it.

use super::rule::RetentionMonths;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{OrganizationId, PersonId, ResidentId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// The most residents of one proposal (our own default, as of a class list).
pub const MAX_DUE: usize = 1_000;

/// The rule was set, in place of the one before, or lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRuleSet {
    /// After how many months without activity personal data is due; none: it never is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<RetentionMonths>,
    /// For which organisation: who keeps the ledger.
    pub organization: OrganizationId,
    /// Who set it.
    pub set_by: PersonId,
}

/// A resident who is due, with all accounts that answer as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueAccounts {
    /// The account that answers.
    pub resident: ResidentId,
    /// All of them, itself among them.
    pub accounts: Vec<ResidentId>,
}

/// It was proposed to erase some of those who are due: it waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionProposed {
    /// The rule.
    pub months: RetentionMonths,
    /// Where it was set.
    pub rule_set_at: Position,
    /// The day they are due on.
    pub on: OccurredOn,
    /// Who is to be erased.
    pub due: Vec<DueAccounts>,
    /// For which organisation.
    pub organization: OrganizationId,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// The last day to approve it.
    pub expires_on: OccurredOn,
}

impl RetentionProposed {
    /// SHA-256 of its bytes: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        // Every value of these types can be written as JSON.
        Digest32::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A proposal was approved; the erasures are the events behind this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionApproved {
    /// Where it was proposed.
    pub proposed_at: Position,
    /// The organisation that answers for it.
    pub organization: OrganizationId,
    /// Who approved it.
    pub approved_by: PersonId,
    /// Who was proposed and is not due any more, by the accounts that answered: they are not erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ResidentId>,
}
