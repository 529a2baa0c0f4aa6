//! The standard: a document in TOML, checked as a whole, every mistake named by its path.

use super::measure::Measure;
use crate::id::{Code, StandardId};
use crate::registry::Names;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// The most items of a standard (our own default).
pub const MAX_ITEMS: usize = 50;

/// Who is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateKind {
    /// Households.
    #[default]
    Household,
    /// Residents.
    Resident,
    /// Organisations.
    Organization,
}

/// A parsed standard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Its id.
    pub standard: StandardId,
    /// Its version, from 1.
    pub version: u32,
    /// What people call it.
    pub names: Names,
    /// Who is named by it.
    #[serde(default)]
    pub candidates: CandidateKind,
    /// What is named: a code of the list `titles`.
    pub title: Code,
    /// Years that the title holds, the one it was awarded in not counted.
    pub title_years: u32,
    /// Years for which nobody is named again whose title was withdrawn.
    pub barred_years: u32,
    /// What the points of all items add up to.
    pub full_points: u32,
    /// The points from which a candidate qualifies.
    pub pass_points: u32,
    /// Who may be named at all.
    #[serde(default)]
    pub eligibility: Eligibility,
    /// What rules a candidate out for the year.
    #[serde(default)]
    pub vetoes: Vec<Ground>,
    /// What keeps a candidate from being named until it is settled.
    #[serde(default)]
    pub holds: Vec<Ground>,
    /// Who judges what is not measured.
    pub panel: Panel,
    /// The public notice and what may be said against it.
    pub notice: Notice,
    /// How many are named.
    pub quota: Quota,
    /// What decides between equal points, in order.
    #[serde(default)]
    pub ties: Vec<Tie>,
    /// What happens where that leaves candidates equal at the edge of the quota.
    #[serde(default)]
    pub still_equal: StillEqual,
    /// The items, in the order of the score sheet.
    pub items: Vec<Item>,
    /// Where the numbers come from.
    pub source: String,
}

/// Who may be named at all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Eligibility {
    /// Adults that a household has at least.
    pub adults_at_least: u32,
    /// Whether every adult, and for a minor a guardian, must have consented.
    pub consent: bool,
    /// Years of working, studying or living in the district, which the community confirms.
    pub residence_years: u32,
    /// Whether who holds the title already is left out.
    pub holders_excluded: bool,
}

impl Default for Eligibility {
    fn default() -> Eligibility {
        Eligibility { adults_at_least: 0, consent: false, residence_years: 0, holders_excluded: true }
    }
}

/// A ground that people find and record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Its id within the standard.
    pub ground: Code,
    /// What people call it.
    pub names: Names,
}

/// Who judges what is not measured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Judges whose points an item needs at least.
    pub judges_at_least: u32,
}

/// The public notice, in days: the first day counts as the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Days that the list is shown, on each of which an objection may be raised.
    pub notice_days: u32,
    /// Days within which an objection is answered.
    pub answer_days: u32,
    /// Days after the answer within which it may be appealed against.
    pub appeal_days: u32,
}

/// How many are named: a number, or a share of the candidates there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// A number.
    pub number: Option<u32>,
    /// A share, in thousandths of all accounts of the kind there are.
    pub per_mille: Option<u32>,
    /// Of each community so many of those who qualify come first.
    pub community_at_least: u32,
    /// A community recommends so many at most.
    pub community_recommends: Option<u32>,
}

impl Quota {
    /// How many are named where there are so many accounts of the kind; none: as many as qualify.
    #[must_use]
    pub fn places(&self, accounts: u64) -> Option<u64> {
        // A part of a place is none.
        let share = self.per_mille.map(|share| accounts.saturating_mul(u64::from(share)) / 1_000);
        self.number.map(u64::from).or(share)
    }
}

/// What decides between equal points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Tie {
    /// More of a measure; per member where it is divided.
    Measure(Measure),
    /// Something else.
    Other(OtherTie),
}

/// What decides beside measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherTie {
    /// The larger share of members taking part.
    ShareTakingPart,
    /// The earlier day of application.
    EarlierApplication,
}

/// What happens with candidates that stay equal at the edge of the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StillEqual {
    /// All of them are named.
    #[default]
    AllIn,
    /// The panel votes.
    Panel,
}

/// An item of the score sheet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its id within the standard.
    pub item: Code,
    /// What people call it.
    pub names: Names,
    /// The most it gives.
    pub points: u32,
    /// How its steps make its points.
    #[serde(default)]
    pub take: Take,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// How the steps of an item make its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The highest step that is reached.
    #[default]
    Highest,
    /// All steps that are reached, added up.
    Sum,
}

/// A step: points for what is measured, or for what people judge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its points; of a judged step the most that judges give.
    pub points: u32,
    /// The least of each measure.
    #[serde(default)]
    pub need: BTreeMap<Measure, u64>,
    /// Whether people judge it.
    #[serde(default)]
    pub judged: bool,
}

/// Why a document is no standard.
#[derive(Debug, Error)]
pub enum StandardError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// Values that make no standard: path and mistake of each.
    #[error("{}", .0.join("; "))]
    Values(Vec<String>),
}

impl Item {
    /// What its steps give at most.
    fn most(&self) -> u64 {
        let points = self.steps.iter().map(|step| u64::from(step.points));
        match self.take {
            Take::Highest => points.max().unwrap_or(0),
            Take::Sum => points.sum(),
        }
    }

    /// The most that judges give; none where nothing is judged.
    #[must_use]
    pub fn judged(&self) -> Option<u32> {
        self.steps.iter().find(|step| step.judged).map(|step| step.points)
    }
}

impl Standard {
    /// Parses and checks a document.
    ///
    /// # Errors
    /// With every mistake named by its path.
    pub fn parse(document: &str) -> Result<Standard, StandardError> {
        let standard: Standard = toml::from_str(document)?;
        let mistakes = standard.mistakes();
        if mistakes.is_empty() { Ok(standard) } else { Err(StandardError::Values(mistakes)) }
    }

    /// An item.
    #[must_use]
    pub fn item(&self, item: &str) -> Option<&Item> {
        self.items.iter().find(|held| held.item.as_str() == item)
    }

    /// Whether people must judge something.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.items.iter().any(|item| item.judged().is_some())
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Mistakes::default();
        mistakes.unless(self.version >= 1, || "version".into(), "counts from 1");
        let sum: u64 = self.items.iter().map(|item| u64::from(item.points)).sum();
        let adds_up = sum == u64::from(self.full_points);
        mistakes.unless(adds_up, || "full_points".into(), "is what the items add up to");
        let in_reach = (1..=self.full_points).contains(&self.pass_points);
        mistakes.unless(in_reach, || "pass_points".into(), "is at least 1 and at most full_points");
        mistakes.unless((1..=99).contains(&self.title_years), || "title_years".into(), "is between 1 and 99");
        mistakes.unless(self.barred_years <= 99, || "barred_years".into(), "is at most 99");
        let named = !self.source.trim().is_empty();
        mistakes.unless(named, || "source".into(), "must say where the numbers come from");
        self.check_stages(&mut mistakes);
        let few = (1..=MAX_ITEMS).contains(&self.items.len());
        mistakes.unless(few, || "items".into(), "are between 1 and 50");
        for (n, item) in self.items.iter().enumerate() {
            let twice = self.items[..n].iter().any(|other| other.item == item.item);
            mistakes.unless(!twice, || format!("items[{n}].item"), "stands there twice");
            item.check(&format!("items[{n}]"), &mut mistakes);
        }
        mistakes.0
    }

    fn check_stages(&self, mistakes: &mut Mistakes) {
        let households = self.candidates == CandidateKind::Household;
        let of_households =
            households || (self.eligibility.adults_at_least == 0 && !self.eligibility.consent);
        mistakes.unless(
            of_households,
            || "eligibility".into(),
            "asks for adults and consent of households only",
        );
        for (name, grounds) in [("vetoes", &self.vetoes), ("holds", &self.holds)] {
            for (n, ground) in grounds.iter().enumerate() {
                let twice = grounds[..n].iter().any(|other| other.ground == ground.ground);
                mistakes.unless(!twice, || format!("{name}[{n}].ground"), "stands there twice");
            }
        }
        let judges = self.panel.judges_at_least;
        let enough = if self.is_judged() { (1..=99).contains(&judges) } else { judges <= 99 };
        mistakes.unless(
            enough,
            || "panel.judges_at_least".into(),
            "is between 1 and 99 where items are judged",
        );
        let Notice { notice_days, answer_days, appeal_days } = self.notice;
        for (name, days) in
            [("notice_days", notice_days), ("answer_days", answer_days), ("appeal_days", appeal_days)]
        {
            mistakes.unless((1..=366).contains(&days), || format!("notice.{name}"), "is between 1 and 366");
        }
        let Quota { number, per_mille, .. } = self.quota;
        mistakes.unless(
            number.is_none() || per_mille.is_none(),
            || "quota".into(),
            "is a number or a share, one of both",
        );
        mistakes.unless(number != Some(0), || "quota.number".into(), "must be positive");
        let part = per_mille.is_none_or(|share| (1..=1_000).contains(&share));
        mistakes.unless(part, || "quota.per_mille".into(), "is between 1 and 1,000");
        let some =
            self.quota.community_recommends.is_none_or(|most| most >= 1.max(self.quota.community_at_least));
        mistakes.unless(some, || "quota.community_recommends".into(), "is at least 1 and community_at_least");
        for (n, tie) in self.ties.iter().enumerate() {
            let twice = self.ties[..n].contains(tie);
            mistakes.unless(!twice, || format!("ties[{n}]"), "stands there twice");
        }
    }
}

impl Item {
    fn check(&self, path: &str, mistakes: &mut Mistakes) {
        let most = self.most() == u64::from(self.points);
        mistakes.unless(most, || format!("{path}.points"), "is what its steps give at most");
        let judged = self.steps.iter().filter(|step| step.judged).count();
        mistakes.unless(judged <= 1, || format!("{path}.steps"), "are judged once at most");
        for (m, step) in self.steps.iter().enumerate() {
            let path = |field: &str| format!("{path}.steps[{m}].{field}");
            mistakes.unless(step.points > 0, || path("points"), "must be positive");
            let one = step.judged == step.need.is_empty();
            mistakes.unless(one, || path("need"), "is measured or judged, one of both");
            let positive = step.need.values().all(|least| *least > 0);
            mistakes.unless(positive, || path("need"), "must be positive");
        }
    }
}

/// Paths with what is wrong there.
#[derive(Default)]
struct Mistakes(Vec<String>);

impl Mistakes {
    fn unless(&mut self, right: bool, path: impl FnOnce() -> String, what: &str) {
        if !right {
            self.0.push(format!("{}: {what}", path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::{FAMILY_DEFAULT, PRESETS};

    #[test]
    fn the_shipped_standards_are_whole_and_their_points_add_up() {
        let parsed: Vec<_> = PRESETS.iter().map(|document| Standard::parse(document).unwrap()).collect();
        let told: Vec<_> = parsed
            .iter()
            .map(|s| (s.standard.as_str(), s.items.len(), s.full_points, s.pass_points, s.candidates))
            .collect();
        assert_eq!(
            told,
            [
                ("family-default", 9, 100, 80, CandidateKind::Household),
                ("reading-family", 6, 100, 80, CandidateKind::Household),
                ("learning-organization", 14, 100, 90, CandidateKind::Organization),
                ("practice-pupil", 1, 100, 100, CandidateKind::Resident),
            ]
        );
    }

    #[test]
    fn every_mistake_of_a_standard_is_named_by_its_path() {
        let broken = FAMILY_DEFAULT
            .replace("pass_points = 80", "pass_points = 101")
            .replace("item = \"harmony\"", "item = \"habit\"")
            .replace("{ results = 1 }", "{ results = 0 }")
            .replace("title_years = 3", "title_years = 0")
            .replace("number = 60", "number = 60\nper_mille = 100")
            .replace("notice_days = 7", "notice_days = 0")
            .replace("ground = \"false-record\"", "ground = \"illegal-act\"")
            .replace("judges_at_least = 3", "judges_at_least = 0")
            .replace(
                "{ points = 10, need = { sessions_together = 4 } }",
                "{ points = 9, judged = true, need = { sessions_together = 4 } }",
            );
        insta::assert_snapshot!(Standard::parse(&broken).unwrap_err());
    }

    #[test]
    fn a_quota_is_a_number_or_a_share_and_a_part_of_a_place_is_none() {
        let share = Quota { per_mille: Some(100), ..Quota::default() };
        assert_eq!((share.places(299), share.places(9)), (Some(29), Some(0)));
        let number = Quota { number: Some(60), ..Quota::default() };
        assert_eq!((number.places(9), Quota::default().places(9)), (Some(60), None));
    }
}
