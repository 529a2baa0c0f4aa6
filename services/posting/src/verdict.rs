//! What became of each row, and of all of them.

use creditbank_import::Problem;
use std::collections::BTreeMap;

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was recorded, or would be: then at position 0.
    Recorded {
        /// Where.
        position: u64,
    },
    /// An earlier import recorded it.
    Already {
        /// Where.
        position: u64,
    },
    /// The ledger refuses it.
    Refused {
        /// The reason of docs/errors.md.
        reason: String,
        /// What to do.
        message: String,
    },
    /// It is no entry.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It cannot be read as an entry.
    Bad {
        /// Everything that is wrong with it.
        problems: Vec<Problem>,
    },
}

/// A row with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number as a spreadsheet shows it.
    pub row: u64,
    /// What became of it.
    pub verdict: Verdict,
}

/// How many rows became what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows read.
    pub rows: u64,
    /// Rows that are entries.
    pub to_post: u64,
    /// Recorded, or would be.
    pub recorded: u64,
    /// Recorded by an earlier import.
    pub already: u64,
    /// Refused by the ledger.
    pub refused: u64,
    /// Not readable.
    pub bad: u64,
    /// Skipped, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Accounts that were opened.
    pub accounts: u64,
}

impl Counts {
    /// All that were skipped.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Rows of which it is known what became of them.
    #[must_use]
    pub fn settled(&self) -> u64 {
        self.recorded + self.already + self.refused + self.bad + self.skipped()
    }
}
