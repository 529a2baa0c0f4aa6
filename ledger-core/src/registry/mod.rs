//! The registry: organisations, courses, residents, households, teams and code lists, each folded from its events.

mod code;
mod course;
mod organization;

pub use code::{CodeList, CodeRecord, DefinedCode, Names, default_codes};
pub use course::{Course, CourseApproval, CourseRecord, CourseVersion, VersionRecord};
pub use organization::{
    InstitutionType, MAX_SUCCESSORS, MAX_TREE_DEPTH, Organization, OrganizationRecord, OrganizationStatus,
    OrganizationStatusChange, successors,
};

use crate::id::{HouseholdId, OrganizationId, ResidentId, TeamId};
use crate::name::Name;
use serde::{Deserialize, Serialize};

/// A resident's account was opened. Nothing about the person is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resident {
    /// The account.
    pub resident: ResidentId,
    /// Who opened it.
    pub organization: OrganizationId,
}

/// A household's account was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// The account.
    pub household: HouseholdId,
    /// The community of residence.
    pub organization: OrganizationId,
}

/// A volunteer team (志願者隊伍).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The team.
    pub team: TeamId,
    /// The organisation it belongs to.
    pub organization: OrganizationId,
    /// What people call it.
    pub display_name: Name,
}
