//! Votes of the panel on candidates that are equal at the edge of the quota. A vote is bound to the tie that it was cast
//! for: who is equal, with which figures, and how many places are left to them. It decides that tie and no other.

use super::list::{Row, digest_of_lines};
use super::rank::{Outcome, Ranked};
use crate::entry::Digest32;
use crate::id::AccountId;
use serde::Serialize;
use std::collections::BTreeMap;

/// Candidates that are equal at the edge of the quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTie {
    /// Who, in order of account.
    pub candidates: Vec<AccountId>,
    /// SHA-256 of their lines of the list and of the places that are left to them: what a vote names.
    pub digest: Digest32,
}

#[derive(Serialize)]
struct Heading {
    tie: u32,
    places: u64,
}

impl OpenTie {
    /// The tie of a ranked list: there is one at most, where the last place falls.
    #[must_use]
    pub fn of(places: Option<u64>, ranked: &[Ranked]) -> Option<OpenTie> {
        let tied = || ranked.iter().filter(|ranked| ranked.outcome == Outcome::Tied);
        let candidates: Vec<AccountId> = tied().map(|ranked| ranked.candidate.account.clone()).collect();
        if candidates.is_empty() {
            return None;
        }
        let chosen = ranked.iter().filter(|ranked| ranked.outcome.is_chosen()).count() as u64;
        let heading = Heading { tie: 1, places: places.unwrap_or(0).saturating_sub(chosen) };
        // What cannot be written, which no list is, nobody has voted on.
        let digest = digest_of_lines(&heading, tied().map(Row::unranked)).ok()?;
        Some(OpenTie { candidates, digest })
    }

    /// Whether an order has each of its candidates once, and nobody else.
    #[must_use]
    pub fn is_ordered_by(&self, order: &[AccountId]) -> bool {
        let in_order = |accounts: &[AccountId]| {
            let mut accounts = accounts.to_vec();
            accounts.sort_unstable();
            accounts
        };
        in_order(&self.candidates) == in_order(order)
    }
}

/// The votes that were cast up to a position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Votes {
    /// The order that was given to each tie.
    pub(super) on_ties: BTreeMap<Digest32, Vec<AccountId>>,
    /// The place of each candidate by votes from before a vote named its tie: they count as they did then, so that a list
    /// that was frozen by them stays as it is.
    pub(super) unbound: BTreeMap<AccountId, u32>,
}

impl Votes {
    /// Takes a vote up. Of two on one tie the later counts; of two that name none, the later on each candidate.
    pub fn take_up(&mut self, tie: Option<Digest32>, order: &[AccountId]) {
        match tie {
            Some(tie) => {
                self.on_ties.insert(tie, order.to_vec());
            }
            None => self.unbound.extend(order.iter().cloned().zip(0..)),
        }
    }

    /// The order that was given to the very tie.
    #[must_use]
    pub fn on(&self, tie: &OpenTie) -> Option<&[AccountId]> {
        let order = self.on_ties.get(&tie.digest)?;
        tie.is_ordered_by(order).then_some(order)
    }
}
