//! Credit policy: data that turns minutes and counts into credit. The arithmetic is here and nowhere else.

mod assess;
mod diff;
mod document;
mod explain;
mod honours;
mod rulebook;
mod summary;

pub use assess::{Allocation, Allocations, Assessment, Note, assess, assess_account, assess_account_briefly};
pub use diff::{Difference, differences};
pub use document::{
    AttendanceRatio, DayLimit, Earn, KindRule, Ladders, Policy, PolicyError, Requirement, SessionCap,
    YearLimit,
};
pub use explain::{Language, sentence};
pub use honours::{Honours, Rung};
pub use rulebook::Rulebook;
pub use summary::{Summary, SummaryCell, balance_on, summarize, summarize_account, summarize_onto};

/// The policy every ledger opens with.
pub const DISTRICT_DEFAULT: &str = include_str!("../../policies/district-default.toml");

/// The policies that ship, by name: to open with, or to begin one's own from.
pub const PRESETS: &[(&str, &str)] = &[
    ("district-default", DISTRICT_DEFAULT),
    ("cixi-hours", include_str!("../../policies/cixi-hours.toml")),
    ("taiwan-18h", include_str!("../../policies/taiwan-18h.toml")),
    ("korea-acbs", include_str!("../../policies/korea-acbs.toml")),
    ("suqian-days", include_str!("../../policies/suqian-days.toml")),
];
