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

/// The account that answered for one at a position, from the records that are at hand.
///
/// # Errors
/// The record that must be read first.
pub fn answers_for<'a>(
    id: &ResidentId,
    at: Position,
    record: &impl Fn(&ResidentId) -> Option<&'a ResidentRecord>,
) -> Result<ResidentId, Vec<ResidentId>> {
    let mut answers = id.clone();
    let mut climbed = BTreeSet::new();
    while let Some(tie) = record(&answers).ok_or_else(|| vec![answers.clone()])?.identity.into_at(at) {
        // A log of this program has no circle; a damaged one must not hang.
        if !climbed.insert(answers.clone()) {
            break;
        }
        answers = tie.other.clone();
    }
    Ok(answers)
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
    let survivor = answers_for(id, at, &record)?;
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
