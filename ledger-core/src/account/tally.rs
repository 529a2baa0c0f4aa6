//! Tallies of an organisation or a volunteer team: by month and kind, attendances (人次) and heads apart.

use crate::date::OccurredOn;
use crate::entry::{Entry, Reversal};
use crate::id::Code;
use serde::{Deserialize, Serialize};

/// Counts of live entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Named entries: each is one attendance (人次) of one person or household.
    pub entries: u64,
    /// Heads counted without names (無名單人次).
    pub heads: u64,
    /// Minutes of named entries.
    pub minutes: u64,
    /// Entries reversed, no longer in the counts above.
    pub reversed: u64,
}

impl Tally {
    /// The sum of two tallies; stops at the limits and never wraps.
    #[must_use]
    pub fn plus(self, other: Tally) -> Tally {
        Tally {
            entries: self.entries.saturating_add(other.entries),
            heads: self.heads.saturating_add(other.heads),
            minutes: self.minutes.saturating_add(other.minutes),
            reversed: self.reversed.saturating_add(other.reversed),
        }
    }
}

/// One month and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyCell {
    /// The month, 1–12.
    pub month: u32,
    /// The kind.
    pub kind: Code,
    /// The counts.
    pub tally: Tally,
}

/// One year, cells in order of month and kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct YearTally {
    /// The cells.
    pub cells: Vec<TallyCell>,
}

impl YearTally {
    fn cell(&mut self, day: OccurredOn, kind: &Code) -> &mut Tally {
        let month = day.month();
        let index = match self.cells.binary_search_by(|cell| (cell.month, &cell.kind).cmp(&(month, kind))) {
            Ok(index) => index,
            Err(index) => {
                self.cells.insert(index, TallyCell { month, kind: kind.clone(), tally: Tally::default() });
                index
            }
        };
        &mut self.cells[index].tally
    }

    /// Takes up an entry.
    pub fn record(&mut self, entry: &Entry) {
        let persons = u64::from(entry.detail.persons());
        let tally = self.cell(entry.occurred_on, &entry.kind);
        if persons > 0 {
            tally.heads = tally.heads.saturating_add(persons);
        } else {
            tally.entries = tally.entries.saturating_add(1);
            tally.minutes = tally.minutes.saturating_add(u64::from(entry.minutes.0));
        }
    }

    /// Takes an entry out again.
    pub fn reverse(&mut self, reversal: &Reversal) {
        let tally = self.cell(reversal.occurred_on, &reversal.kind);
        if reversal.persons > 0 {
            tally.heads = tally.heads.saturating_sub(u64::from(reversal.persons));
        } else {
            tally.entries = tally.entries.saturating_sub(1);
            tally.minutes = tally.minutes.saturating_sub(u64::from(reversal.minutes.0));
        }
        tally.reversed = tally.reversed.saturating_add(1);
    }

    /// The sum of the year.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.cells.iter().fold(Tally::default(), |sum, cell| sum.plus(cell.tally))
    }
}
