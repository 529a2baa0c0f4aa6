//! Credit policy: data that turns minutes and counts into credit. The arithmetic is here and nowhere else.

mod assess;
mod document;
mod explain;

pub use assess::{Allocation, Assessment, Note, Summary, SummaryCell, assess, balance_on, summarize};
pub use document::{AttendanceRatio, DayLimit, Earn, KindRule, Policy, PolicyError, SessionCap};
pub use explain::{Language, sentence};

/// The policy every ledger opens with.
pub const DISTRICT_DEFAULT: &str = include_str!("../../policies/district-default.toml");
