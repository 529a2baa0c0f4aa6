//! What people state about indicators: the documents of a district, targets of organisations, populations.

use crate::id::{Code, IndicatorId, OrganizationId, PersonId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How often one target or population may be stated (our own default): each is kept in one state.
pub const MAX_REVISIONS: usize = 100;

/// A document of an indicator, kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndicatorDefined {
    /// Its id.
    pub indicator: IndicatorId,
    /// Its version.
    pub version: u32,
    /// The document: TOML, byte for byte.
    pub document: String,
    /// Who defined it.
    pub defined_by: PersonId,
}

/// What an indicator is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A part of the population: at most all of it.
    Share {
        /// Above the line.
        numerator: u32,
        /// Below the line, above 0.
        denominator: u32,
    },
    /// A count, above 0.
    Count(u64),
}

impl Target {
    /// Whether it is one that can be reached.
    #[must_use]
    pub fn is_sound(self) -> bool {
        match self {
            Target::Share { numerator, denominator } => numerator >= 1 && numerator <= denominator,
            Target::Count(count) => count >= 1,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Share { numerator, denominator } => write!(f, "{numerator}/{denominator}"),
            Target::Count(count) => count.fmt(f),
        }
    }
}

/// An organisation's target of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSet {
    /// The indicator.
    pub indicator: IndicatorId,
    /// Whose target.
    pub organization: OrganizationId,
    /// The civil year.
    pub year: i32,
    /// What to reach.
    pub target: Target,
    /// Who set it.
    pub set_by: PersonId,
}

macro_rules! populations {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $hant:literal, $hans:literal, $en:literal;)*) => {
        /// Whom a rate is taken of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Population { $($(#[$doc])* #[serde(rename = $code)] $variant,)* }

        impl Population {
            /// All populations with code, 繁體中文, 简体中文 and English.
            pub const ALL: &'static [(Population, &'static str, [&'static str; 3])] =
                &[$((Population::$variant, $code, [$hant, $hans, $en]),)*];
        }
    };
}

populations! {
    /// 常住人口 (plans 11, 13, 15).
    PermanentResidents = "permanent_residents", "常住人口", "常住人口", "permanent residents";
    /// 戶籍人口 (plan 4).
    RegisteredResidents = "registered_residents", "戶籍人口", "户籍人口", "registered residents";
    /// 轄區人口 (plan 8).
    AreaResidents = "area_residents", "轄區人口", "辖区人口", "people of the area";
    /// 從業人員 (plan 1).
    Employees = "employees", "從業人員", "从业人员", "employees";
    /// 0–3 歲嬰幼兒家長和看護人員 (plan 15).
    Carers03 = "carers_0_3", "0–3 歲看護人", "0–3 岁看护人", "carers of children of 0 to 3";
    /// 戶數 (`DOMAIN.md` SYS-18).
    Households = "households", "戶數", "户数", "households";
}

impl Population {
    /// The population's code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// Finds a population by its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Population> {
        Self::ALL.iter().find(|row| row.1 == code).map(|row| row.0)
    }
}

impl fmt::Display for Population {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many there are, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedPopulation {
    /// How many people, or households; above 0.
    pub count: u64,
    /// A code of the source: a yearbook, a census, a roster. No free text.
    pub source: Code,
}

/// An organisation's population of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationStated {
    /// Whose.
    pub organization: OrganizationId,
    /// The civil year.
    pub year: i32,
    /// Which.
    pub population: Population,
    /// How many.
    pub stated: StatedPopulation,
    /// Who stated it.
    pub stated_by: PersonId,
}

/// What held when the log ended at a position, of statements in the order they were made.
#[must_use]
pub fn as_of<T>(stated: &[(Position, T)], position: Position) -> Option<&T> {
    stated.iter().rev().find(|(at, _)| *at <= position).map(|(_, held)| held)
}
