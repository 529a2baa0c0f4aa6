//! The ranked list as bytes that are the same whenever it is made anew: a line of JSON that says what it is based on, then
//! a line for each candidate in order. Its SHA-256 is what is frozen.

use super::bar::Bar;
use super::rank::{Candidate, Outcome, Ranked};
use super::record::Window;
use super::vote::OpenTie;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{AccountId, Code, LedgerId, OrganizationId, PolicyId, SelectionId, StandardId};
use crate::quantity::Position;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What a list is based on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// The form of the list, 1.
    pub list: u32,
    /// The ledger.
    pub ledger: LedgerId,
    /// The selection; none of a list that was only tried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<SelectionId>,
    /// The log up to here.
    pub position: Position,
    /// The days that are looked at.
    pub window: Window,
    /// The day whose members a household is taken to have.
    pub counted_on: OccurredOn,
    /// The standard.
    pub standard: StandardId,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its document.
    pub standard_digest: Digest32,
    /// The credit policies in force, with version and the position of their publication.
    pub policies: Vec<(PolicyId, u32, Position)>,
    /// Places; none: as many as qualify.
    pub places: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct Row<'a> {
    rank: Option<u32>,
    outcome: Outcome,
    account: &'a AccountId,
    community: &'a OrganizationId,
    points: u32,
    items: Vec<ItemRow<'a>>,
    members: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_on: Option<OccurredOn>,
    #[serde(skip_serializing_if = "<[Bar]>::is_empty")]
    bars: &'a [Bar],
}

#[derive(Serialize)]
struct ItemRow<'a> {
    item: &'a Code,
    points: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    judged: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    measured: Vec<(&'static str, u64)>,
}

impl<'a> Row<'a> {
    /// Without a rank, which moves with those of others.
    pub(super) fn unranked(ranked: &'a Ranked) -> Row<'a> {
        Row { rank: None, ..Row::of(ranked) }
    }

    fn of(ranked: &'a Ranked) -> Row<'a> {
        let Candidate { account, community, year, sheet, applied_on, bars, .. } = &ranked.candidate;
        let items = sheet.items.iter().map(|item| {
            let mut measured: Vec<_> =
                item.needs.iter().map(|need| (need.measure.as_str(), need.has)).collect();
            measured.dedup();
            ItemRow { item: &item.item, points: item.points, judged: item.judged, measured }
        });
        Row {
            rank: ranked.rank,
            outcome: ranked.outcome,
            account,
            community,
            points: sheet.points,
            items: items.collect(),
            members: year.members,
            applied_on: *applied_on,
            bars,
        }
    }
}

/// The SHA-256 of a heading and rows, each a line of JSON.
///
/// # Errors
/// If a value cannot be written as JSON.
pub(super) fn digest_of_lines<R: Serialize>(
    heading: &impl Serialize,
    rows: impl Iterator<Item = R>,
) -> Result<Digest32, serde_json::Error> {
    let mut hasher = Sha256::new();
    hasher.update(serde_json::to_vec(heading)?);
    hasher.update(b"\n");
    for row in rows {
        hasher.update(serde_json::to_vec(&row)?);
        hasher.update(b"\n");
    }
    Ok(Digest32(hasher.finalize().into()))
}

/// A ranked list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankedList {
    /// What it is based on.
    pub basis: Basis,
    /// The candidates, in order.
    pub ranked: Vec<Ranked>,
}

impl RankedList {
    /// Gives its lines one after the other, each with its line end.
    ///
    /// # Errors
    /// If a value cannot be written as JSON, which no value of these types does.
    pub fn lines(&self) -> impl Iterator<Item = Result<Vec<u8>, serde_json::Error>> + '_ {
        let ended = |line: serde_json::Result<Vec<u8>>| {
            line.map(|mut line| {
                line.push(b'\n');
                line
            })
        };
        let first = std::iter::once_with(|| serde_json::to_vec(&self.basis));
        first.chain(self.ranked.iter().map(|ranked| serde_json::to_vec(&Row::of(ranked)))).map(ended)
    }

    /// The SHA-256 of its bytes.
    ///
    /// # Errors
    /// As [`RankedList::lines`].
    pub fn digest(&self) -> Result<Digest32, serde_json::Error> {
        let mut hasher = Sha256::new();
        for line in self.lines() {
            hasher.update(&line?);
        }
        Ok(Digest32(hasher.finalize().into()))
    }

    /// Who is equal at the edge of the quota, and waits for the panel's vote.
    #[must_use]
    pub fn open_tie(&self) -> Option<OpenTie> {
        OpenTie::of(self.basis.places, &self.ranked)
    }

    /// Who is chosen, in order.
    pub fn chosen(&self) -> impl Iterator<Item = &Candidate> {
        self.ranked.iter().filter(|ranked| ranked.outcome.is_chosen()).map(|ranked| &ranked.candidate)
    }
}
