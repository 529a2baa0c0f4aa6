//! The roll of an organisation: which positions of a window of the log are its entries or reversals. It finds an
//! organisation's entries without an index row for each of them.

use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// Positions in one roll.
pub const ROLL_WINDOW: u64 = 4_096;

/// The positions of one window, as offsets from its first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Roll {
    offsets: Vec<u16>,
}

impl Roll {
    /// The window a position lies in.
    #[must_use]
    pub fn window(position: Position) -> u64 {
        position.0 / ROLL_WINDOW
    }

    /// Takes up a position of this window; positions come in order.
    pub fn record(&mut self, position: Position) {
        self.offsets.push((position.0 % ROLL_WINDOW) as u16);
    }

    /// Takes up a position of this window out of its turn; once, however often it comes.
    pub fn include(&mut self, position: Position) {
        let offset = (position.0 % ROLL_WINDOW) as u16;
        if let Err(place) = self.offsets.binary_search(&offset) {
            self.offsets.insert(place, offset);
        }
    }

    /// How many positions it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        self.offsets.len()
    }

    /// The positions of window number `window`, in order.
    pub fn positions(&self, window: u64) -> impl Iterator<Item = Position> {
        self.offsets.iter().map(move |offset| Position(window * ROLL_WINDOW + u64::from(*offset)))
    }
}
