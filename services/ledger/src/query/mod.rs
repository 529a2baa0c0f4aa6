//! Questions: each is answered from one snapshot and says the position it is true at.

mod access;
mod acts;
mod balance;
mod correction;
mod entries;
mod household;
mod identity;
mod kin;
mod newest;
mod page;
mod pass;
mod person;
mod policy;
mod proven;
mod question;
mod redemption;
mod registry;
mod report;
mod request;
mod retention;
mod selection;
mod statement;

pub use balance::{AccountBalance, KindFigures};
pub use entries::ListedEntry;
pub use household::{Care, CaredFor, HouseholdMember, HouseholdMembers, HouseholdThen};
pub use identity::{Duplicate, Identified};
pub use page::{Page, PageRequest, bad_token, id_token};
pub use person::{Access, Read};
pub use policy::{Policies, SimulatedAccount, Simulation};
pub use proven::ProvenStatement;
pub use question::{AsOf, Question};
pub use redemption::RedeemableBalance;
pub use report::{Evaluated, EvidencePack, HeldIndicator, MonthState, PeriodReport, ReportQuestion};
pub use retention::{DueAmong, DueResident};
pub use selection::{Evaluation, SelectionDifferences, SelectionVerified, Yardstick, digest_of};
pub use statement::{Explained, ExplainedLine, Statement, StatementLine, no_such_event};
