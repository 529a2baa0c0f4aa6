//! The ties of all accounts, in the order they changed: who answered in whom at any position. Reports count persons by it.

use crate::id::ResidentId;
use crate::quantity::Position;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// An account began to answer in another, or ceased to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieChange {
    /// Where.
    pub at: Position,
    /// The account.
    pub resident: ResidentId,
    /// The one it answers in from there on; none where it answers for itself again.
    pub into: Option<ResidentId>,
}

/// The changes by account, in order of position.
#[derive(Debug, Clone, Default)]
pub struct Ties(FxHashMap<ResidentId, Vec<(Position, Option<ResidentId>)>>);

impl FromIterator<TieChange> for Ties {
    /// From changes in order of position.
    fn from_iter<I: IntoIterator<Item = TieChange>>(changes: I) -> Ties {
        let mut ties = Ties::default();
        for change in changes {
            ties.0.entry(change.resident).or_default().push((change.at, change.into));
        }
        ties
    }
}

impl Ties {
    /// The account that a resident's account answered in at a position: itself, where it answered in no other.
    #[must_use]
    pub fn answering<'a>(&'a self, resident: &'a ResidentId, at: Position) -> &'a ResidentId {
        let mut answering = resident;
        // There is no circle of ties, and no chain has more links than there are tied accounts.
        for _ in 0..self.0.len() {
            let changes = self.0.get(answering).map(Vec::as_slice).unwrap_or_default();
            match changes.iter().rfind(|(changed, _)| *changed <= at) {
                Some((_, Some(into))) => answering = into,
                _ => break,
            }
        }
        answering
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ResidentId {
        ResidentId::parse(text).unwrap()
    }

    #[test]
    fn an_account_answers_in_another_from_one_position_to_another() {
        let changes = [(5, "r1", "r2"), (7, "r2", "r3"), (9, "r1", ""), (9, "r4", "r1")];
        let ties: Ties = changes
            .map(|(at, resident, into)| TieChange {
                at: Position(at),
                resident: id(resident),
                into: (!into.is_empty()).then(|| id(into)),
            })
            .into_iter()
            .collect();
        let answering = |resident: &str, at| ties.answering(&id(resident), Position(at)).to_string();
        let told = [("r1", 4), ("r1", 5), ("r1", 7), ("r1", 9), ("r4", 8), ("r4", 9), ("r9", 9)];
        assert_eq!(told.map(|(id, at)| answering(id, at)), ["r1", "r2", "r3", "r1", "r4", "r1", "r9"]);
    }
}
