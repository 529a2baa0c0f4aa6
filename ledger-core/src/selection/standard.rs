//! The standard document: TOML in, checked as a whole, every mistake named by its path.

use crate::id::{Code, PolicyId};
use crate::registry::Names;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// What is measured of a household's year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Members with an effective record; where there are fewer members than are asked for, all of them.
    MembersTakingPart,
    /// Minutes of effective learning, divided by the members.
    LearningMinutesPerMember,
    /// Sessions that two members or more attended.
    SessionsTogether,
    /// Books read, divided by the members.
    BooksPerMember,
    /// Occasions of volunteer service.
    VolunteerOccasions,
    /// Minutes of volunteer service, divided by the members.
    VolunteerMinutesPerMember,
    /// Certificates, degrees, prizes, and levels that a member reached.
    Results,
    /// Occasions on which a member taught.
    Taught,
}

impl Measure {
    /// Whether the household's sum is divided by its members.
    #[must_use]
    pub fn is_per_member(self) -> bool {
        matches!(
            self,
            Measure::LearningMinutesPerMember | Measure::BooksPerMember | Measure::VolunteerMinutesPerMember
        )
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Measure::MembersTakingPart => "members_taking_part",
            Measure::LearningMinutesPerMember => "learning_minutes_per_member",
            Measure::SessionsTogether => "sessions_together",
            Measure::BooksPerMember => "books_per_member",
            Measure::VolunteerOccasions => "volunteer_occasions",
            Measure::VolunteerMinutesPerMember => "volunteer_minutes_per_member",
            Measure::Results => "results",
            Measure::Taught => "taught",
        })
    }
}

/// A parsed standard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Its id, of the form of a policy's.
    pub standard: PolicyId,
    /// Its version, from 1.
    pub version: u32,
    /// What is named: a code of the list `titles`.
    pub title: Code,
    /// What the points of all items add up to.
    pub full_points: u32,
    /// The points from which a household qualifies.
    pub pass_points: u32,
    /// The items, in the order of the score sheet.
    pub items: Vec<Item>,
    /// Where the numbers come from.
    pub source: String,
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

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut check = |ok: bool, path: String, what: &str| {
            if !ok {
                mistakes.push(format!("{path}: {what}"));
            }
        };
        check(self.version >= 1, "version".into(), "counts from 1");
        let id = PolicyId::parse(self.standard.as_str()).is_ok();
        check(id, "standard".into(), "takes lower-case letters, digits and hyphens, at most 63");
        let sum: u64 = self.items.iter().map(|item| u64::from(item.points)).sum();
        check(sum == u64::from(self.full_points), "full_points".into(), "is what the items add up to");
        check(self.pass_points <= self.full_points, "pass_points".into(), "is at most full_points");
        check(!self.source.trim().is_empty(), "source".into(), "must say where the numbers come from");
        for (n, item) in self.items.iter().enumerate() {
            let path = |field: &str| format!("items[{n}].{field}");
            let twice = self.items[..n].iter().any(|other| other.item == item.item);
            check(!twice, path("item"), "stands there twice");
            check(item.most() == u64::from(item.points), path("points"), "is what its steps give at most");
            for (m, step) in item.steps.iter().enumerate() {
                let path = |field: &str| path(&format!("steps[{m}].{field}"));
                check(step.points > 0, path("points"), "must be positive");
                check(
                    step.judged == step.need.is_empty(),
                    path("need"),
                    "is measured or judged, one of both",
                );
                check(step.need.values().all(|least| *least > 0), path("need"), "must be positive");
            }
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::FAMILY_DEFAULT;

    #[test]
    fn the_shipped_standard_is_whole_and_its_points_add_up() {
        let standard = Standard::parse(FAMILY_DEFAULT).unwrap();
        assert_eq!((standard.items.len(), standard.full_points, standard.pass_points), (9, 100, 80));
    }

    #[test]
    fn every_mistake_of_a_standard_is_named_by_its_path() {
        let broken = FAMILY_DEFAULT
            .replace("pass_points = 80", "pass_points = 101")
            .replace("item = \"harmony\"", "item = \"habit\"")
            .replace("{ results = 1 }", "{ results = 0 }")
            .replace(
                "{ points = 10, need = { sessions_together = 4 } }",
                "{ points = 9, judged = true, need = { sessions_together = 4 } }",
            );
        insta::assert_snapshot!(Standard::parse(&broken).unwrap_err());
    }
}
