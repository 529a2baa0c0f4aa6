//! Learning families (學習型家庭): the standard as a document, what a household's record of a year amounts to, and the
//! score one makes of the other.

mod record;
mod score;
mod standard;

pub use record::{HouseholdYear, MemberYear};
pub use score::{ItemScore, Need, ScoreSheet};
pub use standard::{Item, Measure, Standard, StandardError, Step, Take};

/// The standard that ships.
pub const FAMILY_DEFAULT: &str = include_str!("../../standards/family-default.toml");
