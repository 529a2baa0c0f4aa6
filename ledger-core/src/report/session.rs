//! Sessions by number.

use super::figures::session_of;
use super::fold::TooLarge;
use crate::entry::Entry;
use crate::quantity::Position;
use rustc_hash::FxHashMap;

/// The sessions that a report has met.
#[derive(Debug)]
pub(super) struct Sessions {
    numbers: FxHashMap<u64, u32>,
    most: usize,
}

impl Sessions {
    /// None yet, and so many at most.
    pub(super) fn none(most: usize) -> Sessions {
        Sessions { numbers: FxHashMap::default(), most }
    }

    /// The number of the session of an entry; none where its form has no sessions.
    pub(super) fn number(&mut self, position: Position, entry: &Entry) -> Result<Option<u32>, TooLarge> {
        let Some(session) = session_of(position, entry) else { return Ok(None) };
        if let Some(number) = self.numbers.get(&session) {
            return Ok(Some(*number));
        }
        if self.numbers.len() >= self.most {
            return Err(TooLarge::Sessions(self.most));
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(session, number);
        Ok(Some(number))
    }
}
