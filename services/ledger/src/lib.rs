//! The application: everything a door may call.
//!
//! A [`Bank`] holds the ledgers of a deployment. Of each [`Ledger`], one writer task takes all commands, decides and
//! folds them, writes them together and answers after the commit (group commit); reader tasks gather the reads that
//! wait and answer them from one snapshot. Database work runs in those tasks only, so that no dropped call can cancel
//! it half-way.

mod bank;
mod batch;
mod budget;
mod error;
mod ledger;
mod query;
mod reader;
mod rebuild;
mod refold;
mod rehearse;
mod renew;
mod standby;
mod tenancy;
mod tree;
mod verify;
mod view;
mod watch;
mod writer;

pub use bank::{Bank, Clock, LedgerSettings, system_clock};
pub use batch::{BatchProgress, BatchReversal};
pub use error::{refuse, store_error};
pub use ledger::{Ledger, Limits};
pub use query::{
    Access, AccountBalance, AsOf, Care, CaredFor, DueAmong, DueResident, Duplicate, Evaluated, Evaluation,
    EvidencePack, Explained, ExplainedLine, HeldIndicator, HouseholdMember, HouseholdMembers, HouseholdThen,
    Identified, KindFigures, ListedEntry, MonthState, Page, PageRequest, PeriodReport, Policies,
    ProvenStatement, Question, Read, RedeemableBalance, ReportQuestion, SelectionDifferences,
    SelectionVerified, SimulatedAccount, Simulation, Statement, StatementLine, Summed, Told, Yardstick,
    bad_token, digest_of, id_token, no_such_event,
};
pub use rebuild::{Outcome, Rebuild, Rebuilt, rebuild};
pub use refold::{Comparison, Difference, FoldLimits, Progress, Stage, Stop, discard};
pub use tenancy::lay_down;
pub use tree::{ConsistencyProof, InclusionProof, SignedCheckpoint, TreeDifference, bring_up, mend_tree};
pub use verify::{Finding, Verification, verify, verify_within};
pub use writer::{Receipt, Verdict};
