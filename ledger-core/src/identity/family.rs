//! Families: the accounts that answer as one.

use super::{Tie, TieKind};
use crate::id::ResidentId;
use crate::projection::ResidentRecord;
use crate::quantity::Position;
use std::collections::BTreeSet;

/// The most accounts that answer as one (our own default): it bounds what one answer reads.
pub const MAX_FAMILY: usize = 16;

/// The accounts that answer as one, at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// The account that answers.
    pub survivor: ResidentId,
    /// The others with the tie by which each answers, in order of the ties' positions.
    pub others: Vec<(ResidentId, TieKind)>,
}

impl Family {
    /// All of them, the one that answers first.
    pub fn members(&self) -> impl Iterator<Item = &ResidentId> {
        std::iter::once(&self.survivor).chain(self.others.iter().map(|(id, _)| id))
    }

    /// How many accounts answer as one.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + self.others.len()
    }

    /// Whether an account is one of them.
    #[must_use]
    pub fn has(&self, id: &ResidentId) -> bool {
        self.members().any(|member| member == id)
    }
}

/// The family of an account at a position, from the records that are at hand.
///
/// # Errors
/// The records that must be read first.
pub fn family<'a>(
    id: &ResidentId,
    at: Position,
    record: impl Fn(&ResidentId) -> Option<&'a ResidentRecord>,
) -> Result<Family, Vec<ResidentId>> {
    let mut survivor = id.clone();
    let mut climbed = BTreeSet::new();
    while let Some(tie) = record(&survivor).ok_or_else(|| vec![survivor.clone()])?.identity.into_at(at) {
        // A log of this program has no circle; a damaged one must not hang.
        if !climbed.insert(survivor.clone()) {
            break;
        }
        survivor = tie.other.clone();
    }
    let mut others: Vec<(&'a Tie, TieKind)> = Vec::new();
    let mut missing = Vec::new();
    let mut seen = BTreeSet::from([survivor.clone()]);
    let mut open = vec![survivor.clone()];
    while let Some(next) = open.pop() {
        let Some(held) = record(&next) else {
            missing.push(next);
            continue;
        };
        for tie in held.identity.of.iter().filter(|tie| tie.holds_at(at)) {
            if seen.insert(tie.other.clone()) {
                open.push(tie.other.clone());
                others.push((tie, tie.kind));
            }
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    others.sort_by_key(|(tie, _)| tie.since);
    let others = others.into_iter().map(|(tie, kind)| (tie.other.clone(), kind)).collect();
    Ok(Family { survivor, others })
}

/// The accounts from one to the account that answers for it now, each with the position from which the first answered
/// in it; empty where it answers for itself.
///
/// # Errors
/// The records that must be read first.
pub fn way_up<'a>(
    id: &ResidentId,
    record: impl Fn(&ResidentId) -> Option<&'a ResidentRecord>,
) -> Result<Vec<(ResidentId, Position)>, Vec<ResidentId>> {
    let mut path: Vec<(ResidentId, Position)> = Vec::new();
    let mut next = id.clone();
    let mut since = Position(0);
    while let Some(tie) = record(&next).ok_or_else(|| vec![next.clone()])?.identity.answers_in() {
        since = since.max(tie.since);
        next = tie.other.clone();
        if path.iter().any(|(held, _)| *held == next) {
            break;
        }
        path.push((next.clone(), since));
    }
    Ok(path)
}
