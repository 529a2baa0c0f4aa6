//! What happened to personal data, as the log keeps it: who, what for, which fields, and never what stood in them.

use super::field::{Field, ReadPurpose};
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{OrganizationId, PersonId, ResidentId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// Personal data was recorded, in place of what was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecorded {
    /// Whose.
    pub resident: ResidentId,
    /// The fields that were given.
    pub fields: Vec<Field>,
    /// For which organisation.
    pub organization: OrganizationId,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// The day, in the ledger's time zone; none of events older than rules of retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_on: Option<OccurredOn>,
}

/// An organisation's card was recorded in the directory, in place of what was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRecorded {
    /// Whose.
    pub of: OrganizationId,
    /// The organisation that recorded it: the same, or one above it.
    pub organization: OrganizationId,
    /// Who recorded it.
    pub recorded_by: PersonId,
}

/// Personal data was read. The event stands before the data leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalDataRead {
    /// Whose.
    pub resident: ResidentId,
    /// The fields.
    pub fields: Vec<Field>,
    /// What for.
    pub purpose: ReadPurpose,
    /// For which organisation.
    pub organization: OrganizationId,
    /// Who read it.
    pub reader: PersonId,
    /// Who answers for it beside the reader; of a minor's data there is always somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<PersonId>,
}

/// It was proposed to erase a resident's personal data: it waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureProposed {
    /// Whose: the account that answers.
    pub resident: ResidentId,
    /// All accounts that answer as one with it, itself among them.
    pub accounts: Vec<ResidentId>,
    /// For which organisation.
    pub organization: OrganizationId,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// The last day to approve it.
    pub expires_on: OccurredOn,
}

impl ErasureProposed {
    /// SHA-256 of its bytes: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        // Every value of these types can be written as JSON.
        Digest32::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A resident's personal data was erased. What the accounts hold stays; nothing more is recorded of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentErased {
    /// Whose: the account that answered.
    pub resident: ResidentId,
    /// All accounts that answered as one with it, itself among them.
    pub accounts: Vec<ResidentId>,
    /// The organisation that answers for it.
    pub organization: OrganizationId,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// Who approved it.
    pub approved_by: PersonId,
    /// Where it was proposed; none where an erasure that this log had lost was done again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_at: Option<Position>,
}
