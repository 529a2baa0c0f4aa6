//! Persons by number. Accounts that answer as one are one person.

use super::fold::TooLarge;
use crate::id::ResidentId;
use crate::identity::Ties;
use crate::quantity::Position;
use rustc_hash::FxHashMap;

/// The persons that a report has met.
#[derive(Debug)]
pub(super) struct Persons<'a> {
    ties: &'a Ties,
    numbers: FxHashMap<ResidentId, u32>,
    most: usize,
}

impl<'a> Persons<'a> {
    /// None yet, and so many at most.
    pub(super) fn none(ties: &'a Ties, most: usize) -> Persons<'a> {
        Persons { ties, numbers: FxHashMap::default(), most }
    }

    /// The number of the person whose account it is, as the ties were at a position.
    pub(super) fn number(&mut self, account: &ResidentId, at: Position) -> Result<u32, TooLarge> {
        let person = self.ties.answering(account, at);
        if let Some(number) = self.numbers.get(person) {
            return Ok(*number);
        }
        if self.numbers.len() >= self.most {
            return Err(TooLarge::Persons(self.most));
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(person.clone(), number);
        Ok(number)
    }
}
