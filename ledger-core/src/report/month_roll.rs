//! The roll of a month: which positions of a window of the log are entries of that month's learning, and which reverse
//! one. It finds the entries of a report without a scan of the log, and says of each whether it stood at a position
//! without reading the reversal.

use crate::account::{ROLL_WINDOW, Roll};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// One month and one window. Entries come in runs, since most of what is posted belongs to one month: a window that is
/// all one month's takes a few bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MonthRoll {
    /// Offset of the first entry of a run, and how many follow each other.
    runs: Vec<(u16, u16)>,
    /// Offset of a reversal, and the entry it reverses.
    reversals: Vec<(u16, Position)>,
}

fn offset(position: Position) -> u16 {
    (position.0 % ROLL_WINDOW) as u16
}

impl MonthRoll {
    /// The window a position lies in: the same as of an organisation's roll.
    #[must_use]
    pub fn window(position: Position) -> u64 {
        Roll::window(position)
    }

    /// Takes up an entry of this window; positions come in order.
    pub fn record(&mut self, position: Position) {
        let offset = offset(position);
        match self.runs.last_mut() {
            Some((first, length)) if *first + *length == offset => *length += 1,
            _ => self.runs.push((offset, 1)),
        }
    }

    /// Takes up a reversal of this window, of an entry of any.
    pub fn reverse(&mut self, position: Position, entry: Position) {
        self.reversals.push((offset(position), entry));
    }

    /// The entries of window number `window`, in order.
    pub fn entries(&self, window: u64) -> impl Iterator<Item = Position> {
        let first = window * ROLL_WINDOW;
        self.runs.iter().flat_map(move |(start, length)| {
            (*start..*start + *length).map(move |o| Position(first + u64::from(o)))
        })
    }

    /// The reversals of window number `window`, in order, each with the entry it reverses.
    pub fn reversals(&self, window: u64) -> impl Iterator<Item = (Position, Position)> {
        let first = window * ROLL_WINDOW;
        self.reversals.iter().map(move |(offset, entry)| (Position(first + u64::from(*offset)), *entry))
    }

    /// About the bytes it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        4 * self.runs.capacity() + 16 * self.reversals.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_is_all_one_months_takes_a_few_bytes() {
        let mut roll = MonthRoll::default();
        for position in ROLL_WINDOW..2 * ROLL_WINDOW {
            roll.record(Position(position));
        }
        assert_eq!(roll.entries(1).count(), 4_096);
        assert_eq!(roll.entries(1).last(), Some(Position(2 * ROLL_WINDOW - 1)));
        assert!(postcard::to_stdvec(&roll).unwrap().len() < 8);
    }

    #[test]
    fn reversals_lie_in_their_own_window_and_name_their_entry() {
        let mut roll = MonthRoll::default();
        roll.record(Position(10_001));
        roll.reverse(Position(10_002), Position(7));
        roll.record(Position(10_003));
        let window = MonthRoll::window(Position(10_001));
        assert_eq!(roll.entries(window).collect::<Vec<_>>(), [Position(10_001), Position(10_003)]);
        assert_eq!(roll.reversals(window).collect::<Vec<_>>(), [(Position(10_002), Position(7))]);
    }
}
