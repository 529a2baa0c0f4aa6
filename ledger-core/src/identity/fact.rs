//! What is decided about who is who, as it is kept in the log: ids, days and positions, and nothing about a person.

use super::{Purpose, Role};
use crate::approval::Approval;
use crate::date::OccurredOn;
use crate::id::{HouseholdId, OrganizationId, ResidentId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// Two accounts are one person's: one of them answers in the other from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentsMerged {
    /// The account that takes no more entries.
    pub merged: ResidentId,
    /// The account that answers for both.
    pub survivor: ResidentId,
    /// Who decided it.
    pub organization: OrganizationId,
    /// The two persons; none of merges older than proposals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// A merge was a mistake: the account answers for itself again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentsUnmerged {
    /// The account that was merged.
    pub merged: ResidentId,
    /// The account it was merged into.
    pub survivor: ResidentId,
    /// Who decided it.
    pub organization: OrganizationId,
    /// Entries posted since the merge that were said to be the survivor's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Position>,
    /// The two persons; none of those older than proposals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// An account got another id: the old one answers in the new one from here on. The new one is opened by this, unless it
/// is the id that the account had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierChanged {
    /// The old id.
    pub resident: ResidentId,
    /// The new id.
    pub to: ResidentId,
    /// Who decided it.
    pub organization: OrganizationId,
    /// Who opened the account: answers for the new id too.
    pub opened_by: OrganizationId,
}

/// Two accounts that looked like one person's are two persons'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentsDistinguished {
    /// One account.
    pub resident: ResidentId,
    /// The other.
    pub other: ResidentId,
    /// Who decided it.
    pub organization: OrganizationId,
}

/// A resident came into a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdJoined {
    /// The household.
    pub household: HouseholdId,
    /// The resident.
    pub resident: ResidentId,
    /// Of what age, as stated.
    pub role: Role,
    /// First day.
    pub from: OccurredOn,
    /// Last day, of a membership that is over already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<OccurredOn>,
    /// Who recorded it.
    pub organization: OrganizationId,
}

/// A resident left a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdLeft {
    /// The household.
    pub household: HouseholdId,
    /// The account the membership was recorded for.
    pub resident: ResidentId,
    /// The last day.
    pub last_day: OccurredOn,
    /// Who recorded it.
    pub organization: OrganizationId,
}

/// A household's account was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdRegistered {
    /// The account.
    pub household: HouseholdId,
    /// The community of residence.
    pub organization: OrganizationId,
    /// The household that its members were in before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_from: Option<HouseholdId>,
}

/// A household belongs to another community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdMoved {
    /// The household.
    pub household: HouseholdId,
    /// The community it belongs to.
    pub community: OrganizationId,
    /// From this day on.
    pub from: OccurredOn,
    /// Who recorded it.
    pub organization: OrganizationId,
}

/// A household is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdDissolved {
    /// The household.
    pub household: HouseholdId,
    /// Its last day.
    pub last_day: OccurredOn,
    /// The accounts whose memberships end on that day with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<ResidentId>,
    /// Who recorded it.
    pub organization: OrganizationId,
}

/// Somebody is a minor's guardian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardianNamed {
    /// The minor.
    pub resident: ResidentId,
    /// The guardian.
    pub guardian: ResidentId,
    /// First day.
    pub from: OccurredOn,
    /// Who recorded it.
    pub organization: OrganizationId,
}

/// Somebody is a minor's guardian no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardianReleased {
    /// The account that the guardian was named for.
    pub resident: ResidentId,
    /// The account that was named as guardian.
    pub guardian: ResidentId,
    /// The last day.
    pub last_day: OccurredOn,
    /// Who recorded it.
    pub organization: OrganizationId,
}

/// Somebody agreed to what a resident's record is used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentGiven {
    /// Whose record.
    pub resident: ResidentId,
    /// Who agreed: the resident, or a guardian.
    pub given_by: ResidentId,
    /// To what.
    pub purpose: Purpose,
    /// First day.
    pub from: OccurredOn,
    /// Who recorded it.
    pub organization: OrganizationId,
}

/// What was agreed to holds no longer, whoever agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentWithdrawn {
    /// The account that consent was recorded for.
    pub resident: ResidentId,
    /// To what.
    pub purpose: Purpose,
    /// The last day.
    pub last_day: OccurredOn,
    /// Who recorded it.
    pub organization: OrganizationId,
}
