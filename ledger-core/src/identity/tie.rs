//! Ties: from where to where one account answers in another.

use super::{Consent, Guardianship, Stay};
use crate::id::ResidentId;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// The most ties that one record keeps, those that were undone among them (our own default): it bounds the record.
pub const MAX_TIES: usize = 64;

/// Why one account answers in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TieKind {
    /// Two accounts were one person's.
    Merge,
    /// The account got another id.
    Rename,
}

/// One account answers in another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tie {
    /// The account at the other end.
    pub other: ResidentId,
    /// Why.
    pub kind: TieKind,
    /// From here on.
    pub since: Position,
    /// Not from here on any more.
    pub until: Option<Position>,
}

impl Tie {
    /// Whether it held when the log ended at a position.
    #[must_use]
    pub fn holds_at(&self, position: Position) -> bool {
        self.since <= position && self.until.is_none_or(|until| until > position)
    }
}

/// What a resident's record knows besides its registration. Of most residents nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Identity {
    /// Where it answered, oldest first; at most the last one holds.
    pub into: Vec<Tie>,
    /// What answered in it, in order of position.
    pub of: Vec<Tie>,
    /// The households it was in, in the order they were recorded.
    pub stays: Vec<Stay>,
    /// Who was named as guardian, in the order it was recorded.
    pub guardians: Vec<Guardianship>,
    /// What was agreed to, in the order it was recorded.
    pub consents: Vec<Consent>,
}

impl Identity {
    /// Whether it ever answered in another account, or another in it.
    #[must_use]
    pub fn is_tied(&self) -> bool {
        !self.into.is_empty() || !self.of.is_empty()
    }

    /// The tie to the account it answers in, at a position.
    #[must_use]
    pub fn into_at(&self, position: Position) -> Option<&Tie> {
        self.into.iter().rfind(|tie| tie.holds_at(position))
    }

    /// The tie to the account it answers in.
    #[must_use]
    pub fn answers_in(&self) -> Option<&Tie> {
        self.into.last().filter(|tie| tie.until.is_none())
    }

    /// It answers in another account from here on.
    pub fn tie_into(&mut self, other: ResidentId, kind: TieKind, since: Position) {
        self.into.push(Tie { other, kind, since, until: None });
    }

    /// Another account answers in it from here on.
    pub fn tie_of(&mut self, other: ResidentId, kind: TieKind, since: Position) {
        self.of.push(Tie { other, kind, since, until: None });
    }

    /// It answers for itself from here on.
    pub fn untie_into(&mut self, position: Position) {
        for tie in self.into.iter_mut().filter(|tie| tie.until.is_none()) {
            tie.until = Some(position);
        }
    }

    /// Another account answers in it no more.
    pub fn untie_of(&mut self, other: &ResidentId, position: Position) {
        for tie in self.of.iter_mut().filter(|tie| tie.other == *other && tie.until.is_none()) {
            tie.until = Some(position);
        }
    }

    /// As it was when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Identity {
        let then = |ties: &[Tie]| {
            let held = ties.iter().filter(|tie| tie.since <= position);
            held.map(|tie| Tie { until: tie.until.filter(|at| *at <= position), ..tie.clone() }).collect()
        };
        let stays = self.stays.iter().filter_map(|stay| stay.as_of(position)).collect();
        let guardians = self.guardians.iter().filter_map(|held| held.as_of(position)).collect();
        let consents = self.consents.iter().filter_map(|held| held.as_of(position)).collect();
        Identity { into: then(&self.into), of: then(&self.of), stays, guardians, consents }
    }
}
