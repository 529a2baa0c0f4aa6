//! Batches: entries of one poster that came together, such as a file. Only entries that carry a batch touch its states.

use crate::id::{BatchId, OrganizationId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// What is counted of a batch. Which entries it has, its rolls tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRecord {
    /// The poster.
    pub organization: OrganizationId,
    /// The batch.
    pub batch: BatchId,
    /// Entries recorded with it.
    pub entries: u64,
    /// Those that were reversed.
    pub reversed: u64,
    /// Its first entry.
    pub first_at: Position,
    /// Its last entry.
    pub last_at: Position,
}

impl BatchRecord {
    /// Takes up an entry.
    pub fn record(&mut self, at: Position) {
        self.entries = self.entries.saturating_add(1);
        self.last_at = at;
    }

    /// Takes an entry out again.
    pub fn reverse(&mut self) {
        self.reversed = self.reversed.saturating_add(1);
    }
}
