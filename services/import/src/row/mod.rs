//! Rows: what becomes of each, and why.

pub(crate) mod cells;
mod detail;
mod draft;
pub(crate) mod parse;
pub(crate) mod rows;
mod seen;
mod skip;

use crate::repair::Suggestion;
use creditbank_grpc::proto::PostEntryRequest;
use std::fmt;

/// A row of the sheet with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number as a spreadsheet shows it; headings have one too.
    pub number: u64,
    /// What becomes of it.
    pub outcome: RowOutcome,
    /// The resident whose account is to be opened for it, as `[register] residents` says.
    pub resident: Option<String>,
    /// What was changed in reading it, for the preview to show.
    pub notes: Vec<Note>,
    /// Repairs that the mapping does not make and that would help.
    pub suggestions: Vec<Suggestion>,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowOutcome {
    /// It is an entry. The request is an item of a batch: its `parent` is empty.
    Post(Box<PostEntryRequest>),
    /// It is none, and the mapping (or its being blank, or the same as an earlier one) says why.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It cannot be read as an entry.
    Bad {
        /// Everything that is wrong with it, at least one thing.
        problems: Vec<Problem>,
    },
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The heading of the column at fault, several joined by 、; the path in the mapping where no column is involved.
    pub column: String,
    /// The reason in UPPER_SNAKE_CASE: one of the ledger's, or of [`crate::reason`].
    pub reason: &'static str,
    /// What to do, in 繁體中文 and English.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}] {}", self.column, self.reason, self.message)
    }
}

/// What was changed in reading a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The heading of the column, several joined by 、.
    pub column: String,
    /// What was made of what, in 繁體中文 and English.
    pub message: String,
}
