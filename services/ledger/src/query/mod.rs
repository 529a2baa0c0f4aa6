//! Questions: each is answered from one snapshot and says the position it is true at.

mod balance;
mod correction;
mod entries;
mod identity;
mod kin;
mod page;
mod policy;
mod question;
mod redemption;
mod registry;
mod report;
mod selection;
mod statement;

pub use balance::{AccountBalance, KindFigures};
pub use entries::ListedEntry;
pub use identity::{Duplicate, HouseholdMember, HouseholdMembers, Identified};
pub use page::{Page, PageRequest};
pub use policy::{Policies, SimulatedAccount, Simulation};
pub use question::{AsOf, Question};
pub use redemption::RedeemableBalance;
pub use report::{Evaluated, EvidencePack, HeldIndicator, MonthState, PeriodReport, ReportQuestion};
pub use statement::{Explained, ExplainedLine, Statement, StatementLine};
