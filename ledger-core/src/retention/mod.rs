//! Retention: after how long without activity personal data is due for erasure (`DOMAIN.md` §5 no. 14).
//!
//! A ledger has one rule at most, [`RetentionMonths`]; where none is set, nothing is ever due. Who is due is a figure
//! like any other ([`Traces::standing`]): the last day on which anybody of a family of accounts did something, beside the
//! rule. One person proposes to erase some of those who are due, another approves; then each is judged anew, and erased
//! as any other resident is ([`ResidentErased`](crate::person::ResidentErased)).

mod act;
mod due;
mod fact;
mod rule;

pub use act::RetentionAct;
pub use due::{Activity, ActivityKind, Standing, Traces, candidates, scopes_since};
pub use fact::{DueAccounts, MAX_DUE, RetentionApproved, RetentionProposed, RetentionRuleSet};
pub use rule::{RetentionMonths, RetentionRecord, RetentionRequest, RetentionRule};
