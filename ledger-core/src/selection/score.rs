//! The score sheet of a candidate: for each item its points, what was measured and judged, and what is still missing.

use super::measure::Need;
use super::record::CandidateYear;
use super::standard::{Item, Standard, Step, Take};
use crate::id::Code;
use std::collections::BTreeMap;

/// What judges gave: for each item the points of each of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged(pub BTreeMap<Code, Vec<u32>>);

impl Judged {
    /// The mean of the judges' points, halves rounded up; none before enough of them have judged.
    #[must_use]
    pub fn points(&self, item: &Code, judges_at_least: u32) -> Option<u32> {
        let points = self.0.get(item)?;
        let judges = points.len() as u64;
        if judges < u64::from(judges_at_least).max(1) {
            return None;
        }
        let sum: u64 = points.iter().map(|points| u64::from(*points)).sum();
        u32::try_from((2 * sum + judges) / (2 * judges)).ok()
    }
}

/// An item of a score sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemScore {
    /// The item.
    pub item: Code,
    /// Its points.
    pub points: u32,
    /// Points for what was measured.
    pub measured: u32,
    /// Points that the judges gave; none where nothing is judged, or not by enough of them yet.
    pub judged: Option<u32>,
    /// Points that judges may still add.
    pub open: u32,
    /// Everything that is measured for it, in the order of its steps.
    pub needs: Vec<Need>,
    /// What the next step that is measured needs; empty where every one is reached.
    pub next: Vec<Need>,
}

/// A candidate's score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreSheet {
    /// The items, in the order of the standard.
    pub items: Vec<ItemScore>,
    /// The points.
    pub points: u32,
    /// With all that judges may still add.
    pub most: u32,
    /// The points from which a candidate qualifies.
    pub pass_points: u32,
}

impl ScoreSheet {
    /// Scores a candidate's record and what the judges gave.
    #[must_use]
    pub fn of(standard: &Standard, year: &CandidateYear, judged: &Judged) -> ScoreSheet {
        let judges = standard.panel.judges_at_least;
        let items: Vec<ItemScore> = standard
            .items
            .iter()
            .map(|item| score(item, year, item.judged().and_then(|_| judged.points(&item.item, judges))))
            .collect();
        let points = items.iter().map(|item| item.points).sum();
        let open: u32 = items.iter().map(|item| item.open).sum();
        ScoreSheet { items, points, most: points + open, pass_points: standard.pass_points }
    }

    /// Whether the candidate reaches the pass mark.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.points >= self.pass_points
    }

    /// Whether the candidate can reach the pass mark, if the judges give all they may.
    #[must_use]
    pub fn can_pass(&self) -> bool {
        self.most >= self.pass_points
    }
}

fn needs<'a>(step: &'a Step, year: &'a CandidateYear) -> impl Iterator<Item = Need> + 'a {
    step.need.iter().map(|(measure, least)| year.need(*measure, *least))
}

/// A candidate without members has reached nothing.
fn is_reached(step: &Step, year: &CandidateYear) -> bool {
    !step.judged && year.members > 0 && needs(step, year).all(|need| need.is_met())
}

fn score(item: &Item, year: &CandidateYear, judged: Option<u32>) -> ItemScore {
    let reached = item.steps.iter().filter(|step| is_reached(step, year)).map(|step| step.points);
    let most = item.judged().unwrap_or(0);
    let given = judged.unwrap_or(0).min(most);
    // Before they have judged, judges may give all.
    let may = if judged.is_some() { 0 } else { most };
    let (measured, points, open) = match item.take {
        Take::Sum => {
            let measured = reached.sum();
            (measured, measured + given, may)
        }
        Take::Highest => {
            let measured = reached.max().unwrap_or(0);
            let points = measured.max(given);
            (measured, points, may.saturating_sub(points))
        }
    };
    let next = item.steps.iter().find(|step| !step.judged && !is_reached(step, year));
    let next = next.map(|step| needs(step, year).filter(|need| !need.is_met()).collect());
    ItemScore {
        item: item.item.clone(),
        points,
        measured,
        judged,
        open,
        needs: item.steps.iter().flat_map(|step| needs(step, year)).collect(),
        next: next.unwrap_or_default(),
    }
}
