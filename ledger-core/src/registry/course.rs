//! Courses with versions: registered before anything is posted, approved for three years (`DOMAIN.md` TW-2).

use crate::date::OccurredOn;
use crate::id::{CourseId, OrganizationId, VersionId};
use crate::name::Name;
use crate::quantity::{Minutes, Position};
use chrono::Months;
use serde::{Deserialize, Serialize};

/// Years an approval lasts unless the approver says otherwise (`DOMAIN.md` §6.1 Recognition, TW-2).
pub const APPROVAL_YEARS: u32 = 3;

/// A course as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// Its id.
    pub course: CourseId,
    /// Who offers it.
    pub organization: OrganizationId,
    /// Its title.
    pub display_name: Name,
}

/// A version of a course: a change of hours, teacher or title makes a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseVersion {
    /// The course.
    pub course: CourseId,
    /// The version.
    pub version: VersionId,
    /// Who submitted it.
    pub organization: OrganizationId,
    /// The course's nominal length; none where each completion states its own.
    #[serde(default)]
    pub nominal_minutes: Option<Minutes>,
}

/// The district approved a version (準入).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseApproval {
    /// The course.
    pub course: CourseId,
    /// The version.
    pub version: VersionId,
    /// Who approved it.
    pub organization: OrganizationId,
    /// First day of validity.
    pub valid_from: OccurredOn,
    /// Last day of validity.
    pub valid_to: OccurredOn,
}

impl CourseApproval {
    /// The last day of an approval of the usual length that begins on `valid_from`.
    #[must_use]
    pub fn usual_end(valid_from: OccurredOn) -> OccurredOn {
        let end =
            valid_from.date().checked_add_months(Months::new(12 * APPROVAL_YEARS)).and_then(|d| d.pred_opt());
        OccurredOn::new(end.unwrap_or(valid_from.date()))
    }
}

/// The state of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// As submitted.
    pub version: CourseVersion,
    /// Where it was submitted.
    pub submitted_at: Position,
    /// The approval in force, with its position.
    pub approval: Option<(CourseApproval, Position)>,
}

/// The state of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseRecord {
    /// As registered.
    pub course: Course,
    /// Where it was registered.
    pub registered_at: Position,
    /// Its versions in order of submission.
    pub versions: Vec<VersionRecord>,
}

impl CourseRecord {
    /// Finds a version.
    #[must_use]
    pub fn version(&self, id: &VersionId) -> Option<&VersionRecord> {
        self.versions.iter().find(|record| record.version.version == *id)
    }
}
