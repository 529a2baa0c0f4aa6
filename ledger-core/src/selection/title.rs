//! The titles of a candidate: from when to when each holds, the yearly checks, and how it ended.

use super::bar::Bar;
use super::fact::{By, TitleWithdrawalProposed};
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{AccountId, Code, SelectionId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// A yearly check of a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recheck {
    /// The civil year.
    pub year: i32,
    /// Where it was recorded.
    pub at: Position,
    /// Whether the title was kept; if not, it lapsed on that day.
    pub kept: bool,
    /// By whom.
    pub by: By,
}

/// A withdrawal that was proposed, or is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Where it was proposed.
    pub proposed_at: Position,
    /// Why: a code.
    pub ground: Code,
    /// SHA-256 of the evidence.
    pub evidence: Digest32,
    /// Who proposed it.
    pub proposed_by: By,
    /// Where it was approved, and by whom; none while it waits.
    pub approved: Option<(Position, By)>,
    /// The last day on which the candidate cannot be named, once it is approved.
    pub barred_until: Option<OccurredOn>,
}

impl Withdrawal {
    /// SHA-256 of the proposal, of whose title it is: what an approval names.
    #[must_use]
    pub fn digest(&self, candidate: &AccountId, title: &Code) -> Digest32 {
        let proposed = TitleWithdrawalProposed {
            candidate: candidate.clone(),
            title: title.clone(),
            ground: self.ground.clone(),
            evidence: self.evidence,
            by: self.proposed_by.clone(),
        };
        proposed.digest()
    }
}

/// A title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// A code of the list `titles`.
    pub title: Code,
    /// The selection it was given in.
    pub selection: SelectionId,
    /// Where it was given.
    pub named_at: Position,
    /// Its first day.
    pub from: OccurredOn,
    /// Its last day, where nothing ends it before.
    pub until: OccurredOn,
    /// Years for which nobody is named again whose title is withdrawn.
    pub barred_years: u32,
    /// The yearly checks.
    pub rechecks: Vec<Recheck>,
    /// How it was withdrawn.
    pub withdrawal: Option<Withdrawal>,
}

impl Title {
    /// Its last day as the log up to a position told it; none where it was not given yet.
    #[must_use]
    pub fn last_day(&self, at: Position) -> Option<OccurredOn> {
        (self.named_at <= at).then(|| self.ended(at).map_or(self.until, |end| end.min(self.until)))
    }

    /// The day on which it lapsed or was withdrawn, as the log up to a position told it.
    #[must_use]
    pub fn ended(&self, at: Position) -> Option<OccurredOn> {
        let lapsed = self.rechecks.iter().filter(|check| check.at <= at && !check.kept);
        lapsed.map(|check| check.by.on).chain(self.withdrawn(at).map(|(by, _)| by.on)).min()
    }

    /// By whom it was withdrawn up to a position, and the last day of the bar.
    fn withdrawn(&self, at: Position) -> Option<(&By, OccurredOn)> {
        let withdrawal = self.withdrawal.as_ref()?;
        let (_, by) = withdrawal.approved.as_ref().filter(|(approved_at, _)| *approved_at <= at)?;
        Some((by, withdrawal.barred_until?))
    }

    /// Whether it holds on a day. On the day it lapses or is withdrawn it holds no more.
    #[must_use]
    pub fn holds(&self, day: OccurredOn, at: Position) -> bool {
        let given = self.named_at <= at && self.from <= day && day <= self.until;
        given && self.ended(at).is_none_or(|end| day < end)
    }
}

/// The titles of a candidate, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleRecord {
    /// Who.
    #[serde(with = "crate::id::as_path")]
    pub candidate: AccountId,
    /// The titles.
    pub titles: Vec<Title>,
}

impl TitleRecord {
    /// The title of a code that was given last.
    #[must_use]
    pub fn last(&self, title: &Code) -> Option<&Title> {
        self.titles.iter().rev().find(|held| held.title == *title)
    }

    /// What keeps the candidate from getting a title on a day, by the log up to a position.
    #[must_use]
    pub fn bars(&self, title: &Code, day: OccurredOn, at: Position) -> Vec<Bar> {
        let of_title = self.titles.iter().filter(|held| held.title == *title);
        let mut bars = Vec::new();
        for held in of_title {
            if let Some(until) = held.last_day(at).filter(|_| held.holds(day, at)) {
                bars.push(Bar::HoldsTitle { until });
            }
            if let Some((_, until)) = held.withdrawn(at).filter(|(_, until)| day <= *until) {
                bars.push(Bar::Barred { until });
            }
        }
        bars
    }
}
