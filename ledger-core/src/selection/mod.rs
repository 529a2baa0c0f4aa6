//! The selection: the standard as a document, what a candidate's record of a year amounts to, the score one makes of the
//! other, and the order of all candidates. Candidates are households (學習型家庭), and by other standards organisations
//! and residents.

mod bar;
mod list;
mod measure;
mod rank;
mod record;
mod score;
mod standard;

pub use bar::Bar;
pub use list::{Basis, RankedList};
pub use measure::{Measure, Need, Unit};
pub use rank::{Candidate, Outcome, Ranked, rank};
pub use record::{CandidateYear, Evidence, MemberYear, Reading, Window};
pub use score::{ItemScore, Judged, ScoreSheet};
pub use standard::{
    CandidateKind, Eligibility, Ground, Item, MAX_ITEMS, Notice, OtherTie, Panel, Quota, Standard,
    StandardError, Step, StillEqual, Take, Tie,
};

/// The standard of learning families that ships.
pub const FAMILY_DEFAULT: &str = include_str!("../../standards/family-default.toml");

/// All standards that ship.
pub const PRESETS: [&str; 4] = [
    FAMILY_DEFAULT,
    include_str!("../../standards/reading-family.toml"),
    include_str!("../../standards/learning-organization.toml"),
    include_str!("../../standards/practice-pupil.toml"),
];
