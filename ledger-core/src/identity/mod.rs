//! Who is who: accounts that turned out to be one person's, ids that changed, which household somebody lives in, who
//! speaks for whom, and what was agreed to.
//!
//! Nothing moves when accounts are merged: every line stays in the account it was posted to, with its position and its
//! poster. A [`Tie`] says that one account answers in another from one position of the log to another, and whoever
//! reads an account reads its [`Family`]. So a merge and an unmerge cost two records, attribution is kept by
//! construction, and what was true at a position is read off the ties that held there.

mod candidate;
mod consent;
mod fact;
mod family;
mod guardian;
mod household;
mod membership;
mod proposal;
mod term;
mod tie;
mod ties;

pub use candidate::{Candidate, Evidence, evidence};
pub use consent::{Consent, MAX_CONSENTS, Purpose, consents_on, lacking_consent, lacking_consent_later};
pub use fact::{
    ConsentGiven, ConsentWithdrawn, GuardianNamed, GuardianReleased, HouseholdDissolved, HouseholdJoined,
    HouseholdLeft, HouseholdMoved, HouseholdRegistered, IdentifierChanged, ResidentsDistinguished,
    ResidentsMerged, ResidentsUnmerged,
};
pub use family::{Family, MAX_FAMILY, answers_for, family};
pub use guardian::{Guardianship, MAX_GUARDIANSHIPS, guardians_on};
pub use household::{Dissolution, MAX_MOVES, Move};
pub use membership::{Fault, MAX_MEMBERS, Member, Membership, Role, Stay, first_fault};
pub use proposal::{MergeAct, MergeProposed, MergeRequest};
pub use term::Term;
pub use tie::{Identity, MAX_TIES, Tie, TieKind};
pub use ties::{TieChange, Ties};
