//! 更正以前月份: what was recorded or reversed of months that had closed before.

use crate::entry::{Entry, Reversal};
use crate::month::Month;
use std::collections::BTreeMap;

/// Counts that add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Of them named: attendances, 人次.
    pub attendances: u64,
    /// Heads of the others, 無名單人次.
    pub heads: u64,
    /// Minutes of the named.
    pub minutes: u64,
}

impl Counts {
    fn add(&mut self, persons: u32, minutes: u32) {
        self.entries += 1;
        if persons > 0 {
            self.heads = self.heads.saturating_add(u64::from(persons));
        } else {
            self.attendances += 1;
            self.minutes = self.minutes.saturating_add(u64::from(minutes));
        }
    }
}

/// What changed of one month after it had closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Correction {
    /// Recorded late.
    pub late: Counts,
    /// Reversed.
    pub reversed: Counts,
}

/// What changed of closed months, by month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrections {
    months: BTreeMap<Month, Correction>,
}

impl Corrections {
    /// Takes up an entry that was recorded late.
    pub fn record(&mut self, entry: &Entry) {
        let month = self.months.entry(Month::of(entry.occurred_on)).or_default();
        month.late.add(entry.detail.persons(), entry.minutes.0);
    }

    /// Takes up a reversal.
    pub fn reverse(&mut self, reversal: &Reversal) {
        let month = self.months.entry(Month::of(reversal.occurred_on)).or_default();
        month.reversed.add(reversal.persons, reversal.minutes.0);
    }

    /// The months, oldest first.
    pub fn months(&self) -> impl Iterator<Item = (Month, Correction)> {
        self.months.iter().map(|(month, correction)| (*month, *correction))
    }
}
