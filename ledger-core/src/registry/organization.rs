//! Organisations in a tree: district, towns, communities, teaching points, and the schools they run.

use crate::date::OccurredOn;
use crate::id::OrganizationId;
use crate::name::Name;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// The deepest tree the ledger takes: district, town, community, teaching point and room to spare (our own default).
pub const MAX_TREE_DEPTH: usize = 8;

macro_rules! institution_types {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $hant:literal, $en:literal;)*) => {
        /// What an organisation is. The ten of 九校一室 come from plan 11 (`DOMAIN.md` §7.1), the rest from plans
        /// 1, 4, 9, 13 and 15.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum InstitutionType { $($(#[$doc])* $variant,)* }

        impl InstitutionType {
            /// All types with code, 繁體中文 and English.
            pub const ALL: &'static [(InstitutionType, &'static str, &'static str, &'static str)] =
                &[$((InstitutionType::$variant, $code, $hant, $en),)*];
        }
    };
}

institution_types! {
    /// 區.
    District = "district", "區", "District";
    /// 區社區學院.
    CommunityCollege = "community_college", "社區學院", "Community college";
    /// 街鎮.
    Town = "town", "街鎮", "Town or street";
    /// 社區、村.
    Community = "community", "社區（村）", "Community or village";
    /// 社區教育中心.
    EducationCenter = "education_center", "社區教育中心", "Community education centre";
    /// 教學點.
    TeachingPoint = "teaching_point", "教學點", "Teaching point";
    /// 社區黨校 (九校一室 1).
    PartySchool = "party_school", "社區黨校", "Community party school";
    /// 市民學校 (2).
    CitizenSchool = "citizen_school", "市民學校", "Citizens' school";
    /// 社區老年學校 (3).
    SeniorSchool = "senior_school", "社區老年學校", "School for the elderly";
    /// 青少年法律學校 (4).
    YouthLawSchool = "youth_law_school", "青少年法律學校", "Youth law school";
    /// 社區科普學校 (5).
    ScienceSchool = "science_school", "社區科普學校", "Popular science school";
    /// 社區團校 (6).
    YouthLeagueSchool = "youth_league_school", "社區團校", "Youth league school";
    /// 殘疾人素質培訓學校 (7).
    DisabilityTrainingSchool = "disability_training_school", "殘疾人素質培訓學校", "Training school for disabled people";
    /// 社區人口學校 (8).
    PopulationSchool = "population_school", "社區人口學校", "Population school";
    /// 社區家長學校 (9).
    ParentSchool = "parent_school", "社區家長學校", "Parents' school";
    /// 圖書室 (一室).
    ReadingRoom = "reading_room", "圖書室", "Reading room";
    /// 企業職工學校.
    EnterpriseSchool = "enterprise_school", "企業職工學校", "Enterprise school";
    /// 中小學校.
    School = "school", "中小學校", "Primary or secondary school";
    /// 早期教育指導站.
    EarlyEducationStation = "early_education_station", "早期教育指導站", "Early-education station";
    /// 文化場館.
    Venue = "venue", "文化場館", "Museum, library or hall";
    /// 政府部門.
    Department = "department", "政府部門", "Government department";
    /// 協會、志願組織.
    Association = "association", "協會、志願組織", "Association";
    /// 線上學習平台.
    Platform = "platform", "線上學習平台", "Online platform";
}

impl InstitutionType {
    /// The type's code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// Finds a type by its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<InstitutionType> {
        Self::ALL.iter().find(|row| row.1 == code).map(|row| row.0)
    }
}

/// An organisation as registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub organization: OrganizationId,
    /// The organisation above it; none for the district.
    #[serde(default)]
    pub parent: Option<OrganizationId>,
    /// What it is.
    pub institution_type: InstitutionType,
    /// What people call it.
    pub display_name: Name,
    /// From when it may post; none = since the ledger began.
    #[serde(default)]
    pub licensed_from: Option<OccurredOn>,
}

/// Whether it may post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationStatus {
    /// Open.
    Active,
    /// Closed after its last day.
    Closed {
        /// The last day.
        last_day: OccurredOn,
    },
    /// Merged into a successor, which may correct what it posted.
    Merged {
        /// The successor.
        successor: OrganizationId,
        /// The last day.
        last_day: OccurredOn,
    },
}

impl OrganizationStatus {
    /// Its last day; none while it is open.
    #[must_use]
    pub fn last_day(&self) -> Option<OccurredOn> {
        match self {
            OrganizationStatus::Active => None,
            OrganizationStatus::Closed { last_day } | OrganizationStatus::Merged { last_day, .. } => {
                Some(*last_day)
            }
        }
    }

    /// The organisation it was merged into.
    #[must_use]
    pub fn successor(&self) -> Option<&OrganizationId> {
        match self {
            OrganizationStatus::Merged { successor, .. } => Some(successor),
            OrganizationStatus::Active | OrganizationStatus::Closed { .. } => None,
        }
    }
}

/// An organisation closed, merged or opened again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationStatusChange {
    /// Which.
    pub organization: OrganizationId,
    /// The new status.
    pub status: OrganizationStatus,
}

/// The state of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationRecord {
    /// As registered.
    pub organization: Organization,
    /// Organisations above it, nearest first, up to the district.
    pub ancestors: Vec<OrganizationId>,
    /// Its status.
    pub status: OrganizationStatus,
    /// Where it was registered.
    pub registered_at: Position,
    /// The last change.
    pub changed_at: Position,
}

impl OrganizationRecord {
    /// Whether `other` is this organisation, stands above it, or succeeded it at once; [`successors`] tells the rest.
    #[must_use]
    pub fn answers_to(&self, other: &OrganizationId) -> bool {
        self.organization.organization == *other
            || self.ancestors.contains(other)
            || self.status.successor() == Some(other)
    }
}

/// The most organisations that succeeded each other and are followed (our own default).
pub const MAX_SUCCESSORS: usize = 16;

/// The organisations that succeeded one, each the one before it, as far as the records at hand tell: the last may be one
/// that is not at hand.
pub fn successors<'a>(
    id: &OrganizationId,
    record: impl Fn(&OrganizationId) -> Option<&'a OrganizationRecord>,
) -> impl Iterator<Item = OrganizationId> {
    let next = move |id: &OrganizationId| Some(record(id)?.status.successor()?.clone());
    // An organisation is merged into one that is open, so there is no circle; a damaged log must not hang.
    std::iter::successors(next(id), next).take(MAX_SUCCESSORS)
}
