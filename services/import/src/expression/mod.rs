//! How a value is made from a row: templates with filters, dates in declared formats, exact decimals.
//!
//! Everything here is parsed once, with the mapping, and then only walked: a million rows parse no template.

pub(crate) mod date;
pub(crate) mod decimal;
pub(crate) mod filter;
pub(crate) mod template;
pub(crate) mod width;

use ledger_core::{Reason, Refusal};

/// What is wrong with a value, before it is known which column it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl Flaw {
    /// A flaw with one of the ledger's own reasons.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Flaw {
        Flaw { reason: reason.as_str(), message: message.into() }
    }

    /// A flaw that only an import knows (see [`crate::reason`]).
    pub(crate) fn of_import(reason: &'static str, message: impl Into<String>) -> Flaw {
        Flaw { reason, message: message.into() }
    }
}

impl From<Refusal> for Flaw {
    fn from(refusal: Refusal) -> Flaw {
        Flaw::new(refusal.reason(), refusal.message())
    }
}
