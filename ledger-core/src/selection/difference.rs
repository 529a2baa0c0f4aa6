//! What became of a frozen list: whoever stands otherwise by the record of a later position.

use super::list::{RankedList, Row, digest_of_lines};
use super::rank::Ranked;
use crate::entry::Digest32;
use crate::id::{AccountId, LedgerId, SelectionId};
use serde::Serialize;
use std::collections::BTreeMap;

/// A candidate that stands otherwise by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankedDifference {
    /// As it was frozen.
    pub was: Ranked,
    /// As it is by the later record.
    pub is: Ranked,
}

/// The candidates of a frozen list whose points, items or bars are others in a later one, or who would be chosen there and
/// were not, or the other way round. A rank that only moved because of others is none; so the differences are the same
/// whenever the same records have changed.
#[must_use]
pub fn differences(was: RankedList, is: RankedList) -> Vec<RankedDifference> {
    let mut now: BTreeMap<AccountId, Ranked> =
        is.ranked.into_iter().map(|ranked| (ranked.candidate.account.clone(), ranked)).collect();
    let pairs = was.ranked.into_iter().filter_map(|was| {
        let is = now.remove(&was.candidate.account)?;
        let (a, b) = (&was.candidate, &is.candidate);
        let same = was.outcome == is.outcome && a.sheet == b.sheet && a.bars == b.bars && a.year == b.year;
        (!same).then_some(RankedDifference { was, is })
    });
    pairs.collect()
}

#[derive(Serialize)]
struct Heading<'a> {
    differences: u32,
    ledger: &'a LedgerId,
    selection: &'a SelectionId,
    frozen: Digest32,
}

#[derive(Serialize)]
struct Pair<'a> {
    was: Row<'a>,
    is: Row<'a>,
}

/// The SHA-256 of differences from a frozen list; none where there are none.
///
/// # Errors
/// If a value cannot be written as JSON, which no value of these types does.
pub fn digest_of_differences(
    ledger: &LedgerId,
    selection: &SelectionId,
    frozen: Digest32,
    rows: &[RankedDifference],
) -> Result<Option<Digest32>, serde_json::Error> {
    if rows.is_empty() {
        return Ok(None);
    }
    let heading = Heading { differences: 1, ledger, selection, frozen };
    let pairs = rows
        .iter()
        .map(|RankedDifference { was, is }| Pair { was: Row::unranked(was), is: Row::unranked(is) });
    digest_of_lines(&heading, pairs).map(Some)
}
