//! Who is who: accounts that turned out to be one person's, ids that changed, and which household somebody lives in.
//!
//! Nothing moves when accounts are merged: every line stays in the account it was posted to, with its position and its
//! poster. A [`Tie`] says that one account answers in another from one position of the log to another, and whoever
//! reads an account reads its [`Family`]. So a merge and an unmerge cost two records, attribution is kept by
//! construction, and what was true at a position is read off the ties that held there.

mod candidate;
mod fact;
mod family;
mod membership;
mod tie;
mod ties;

pub use candidate::{Candidate, Evidence, evidence};
pub use fact::{
    HouseholdJoined, HouseholdLeft, IdentifierChanged, ResidentsDistinguished, ResidentsMerged,
    ResidentsUnmerged,
};
pub use family::{Family, MAX_FAMILY, answers_for, family};
pub use membership::{Fault, MAX_MEMBERS, Member, Membership, Role, Stay, first_fault};
pub use tie::{Identity, MAX_TIES, Tie, TieKind};
pub use ties::{TieChange, Ties};
