//! The selection: the standard as a document, what a candidate's record of a year amounts to, the score one makes of the
//! other, and the order of all candidates. Candidates are households (學習型家庭), and by other standards organisations
//! and residents.

mod application;
mod bar;
mod difference;
pub mod fact;
mod list;
mod measure;
mod process;
mod rank;
mod record;
mod score;
mod standard;
pub mod step;
mod title;
mod vote;

pub use application::{
    Against, Answer, Application, ApplicationRecord, Done, MAX_STEPS, Objected, Verification,
};
pub use bar::Bar;
pub use difference::{RankedDifference, differences, digest_of_differences};
pub use list::{Basis, RankedList};
pub use measure::{Measure, Need, Unit};
pub use process::{
    Freeze, Judge, MAX_JUDGES, MAX_OBJECTIONS, MAX_OPEN, MAX_TIED, MAX_VERSIONS, MAX_VOTED, Naming, Noted,
    Noticed, Objection, SelectionRecord, Stage, StandardRecord, Standing, Vote,
};
pub use rank::{Candidate, Outcome, Ranked, rank};
pub use record::{CandidateYear, Evidence, MemberYear, Reading, Window};
pub use score::{ItemScore, Judged, ScoreSheet};
pub use standard::{
    CandidateKind, Eligibility, Ground, Item, MAX_ITEMS, Notice, OtherTie, Panel, Quota, Standard,
    StandardError, Step, StillEqual, Take, Tie,
};
pub use title::{Recheck, Title, TitleRecord, Withdrawal};
pub use vote::{OpenTie, Votes};

/// The standard of learning families that ships.
pub const FAMILY_DEFAULT: &str = include_str!("../../standards/family-default.toml");

/// All standards that ship.
pub const PRESETS: [&str; 4] = [
    FAMILY_DEFAULT,
    include_str!("../../standards/reading-family.toml"),
    include_str!("../../standards/learning-organization.toml"),
    include_str!("../../standards/practice-pupil.toml"),
];
