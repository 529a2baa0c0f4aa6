//! The policy document: TOML in, checked as a whole, every mistake named by its path.

use crate::account::Grade;
use crate::date::OccurredOn;
use crate::entry::{Award, Degree, Digest32};
use crate::event::PolicyPublished;
use serde::Deserialize;
use std::collections::BTreeMap;
use thiserror::Error;

/// A parsed policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its id.
    pub policy: String,
    /// Its version.
    pub version: u32,
    /// First day of learning it applies to.
    pub effective_from: OccurredOn,
    /// The most minutes a person may have booked in a day; a posting past it is refused.
    pub max_minutes_per_day: u32,
    /// Limits of credit over several kinds in one day.
    #[serde(default)]
    pub day_limits: Vec<DayLimit>,
    /// The rule of each kind, by its code.
    pub kinds: BTreeMap<String, KindRule>,
    /// The first eight bytes of the document's SHA-256: names the policy a summary was made under.
    #[serde(skip)]
    pub tag: u64,
}

/// A limit over several kinds in one day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayLimit {
    /// The kinds.
    pub kinds: Vec<String>,
    /// Hundredths of credit a day.
    pub per_day_centi: i64,
    /// Where the number comes from.
    pub source: String,
}

/// The rule of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRule {
    /// What is earned.
    pub earn: Earn,
    /// Least share of the planned minutes that must be attended; an entry without planned minutes passes.
    #[serde(default)]
    pub attendance_at_least: Option<AttendanceRatio>,
    /// Least mark, 0–100; an entry without a mark passes: its poster attests the completion.
    #[serde(default)]
    pub mark_at_least: Option<u8>,
    /// Least minutes.
    #[serde(default)]
    pub minutes_at_least: Option<u32>,
    /// The most one session earns, by its length.
    #[serde(default)]
    pub session_caps: Vec<SessionCap>,
    /// The most hundredths of credit a day; a course over several days has that many days' worth.
    #[serde(default)]
    pub per_day_centi: Option<i64>,
    /// The most hundredths of credit a civil year.
    #[serde(default)]
    pub per_year_centi: Option<i64>,
    /// Counts once for a course version, contest, certificate or diploma; of several the highest.
    #[serde(default)]
    pub once: bool,
    /// Years over which the credit of a grade is spread in equal parts.
    #[serde(default)]
    pub spread_years: BTreeMap<String, u32>,
    /// Where the numbers come from.
    pub source: String,
}

/// What an entry earns before any limit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Earn {
    /// Nothing: the entry is counted, not credited.
    Nothing,
    /// By minutes; a remainder of at least `round_up_from_minutes` counts as a whole unit, per session.
    Minutes {
        /// Minutes of a unit.
        minutes_per_unit: u32,
        /// Credit of a unit.
        centi_per_unit: i64,
        /// The remainder that rounds up.
        round_up_from_minutes: u32,
    },
    /// The same for each occasion.
    Occasion {
        /// Credit of an occasion.
        centi: i64,
    },
    /// By counted units (books).
    Unit {
        /// Credit of a unit.
        centi: i64,
    },
    /// By result.
    Grade {
        /// Credit by the result's code, or `any`.
        centi: BTreeMap<String, i64>,
    },
}

/// A least share, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttendanceRatio {
    /// Above the line.
    pub numerator: u32,
    /// Below the line.
    pub denominator: u32,
}

/// The most a session of up to so many minutes earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionCap {
    /// Length of the session.
    pub up_to_minutes: u32,
    /// Hundredths of credit.
    pub centi: i64,
}

/// Why a document is no policy.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// Values that make no rule: path and mistake of each.
    #[error("{}", .0.join("; "))]
    Values(Vec<String>),
}

impl Policy {
    /// Parses and checks a document.
    ///
    /// # Errors
    /// With every mistake named by its path.
    pub fn parse(document: &str) -> Result<Policy, PolicyError> {
        let mut policy: Policy = toml::from_str(document)?;
        let mistakes = policy.mistakes();
        if !mistakes.is_empty() {
            return Err(PolicyError::Values(mistakes));
        }
        let digest = Digest32::of(document.as_bytes()).0;
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        policy.tag = u64::from_be_bytes(first);
        Ok(policy)
    }

    /// The event that publishes a document.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn publish(document: &str) -> Result<PolicyPublished, PolicyError> {
        let policy = Policy::parse(document)?;
        Ok(PolicyPublished { policy: policy.policy, version: policy.version, document: document.to_owned() })
    }

    /// The rule of a kind.
    #[must_use]
    pub fn rule(&self, kind: &str) -> Option<&KindRule> {
        self.kinds.get(kind)
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut check = |ok: bool, path: String, what: &str| {
            if !ok {
                mistakes.push(format!("{path}: {what}"));
            }
        };
        check(self.version >= 1, "version".into(), "counts from 1");
        check(
            (1..=1440).contains(&self.max_minutes_per_day),
            "max_minutes_per_day".into(),
            "a day has 1 to 1440 minutes",
        );
        for (n, limit) in self.day_limits.iter().enumerate() {
            check(limit.per_day_centi >= 0, format!("day_limits[{n}].per_day_centi"), "must not be negative");
            for kind in &limit.kinds {
                check(
                    self.kinds.contains_key(kind),
                    format!("day_limits[{n}].kinds"),
                    "names a kind without a rule",
                );
                check(
                    self.kinds.get(kind).is_none_or(|rule| !rule.once),
                    format!("day_limits[{n}].kinds"),
                    "names a kind that counts once: its entries have no day",
                );
            }
        }
        let grades: Vec<&str> = Award::ALL
            .iter()
            .map(|a| a.as_str())
            .chain(Degree::ALL.iter().map(|d| d.as_str()))
            .chain([Grade::None.as_str()])
            .collect();
        for (kind, rule) in &self.kinds {
            let path = |field: &str| format!("kinds.{kind}.{field}");
            match &rule.earn {
                Earn::Nothing => {}
                Earn::Minutes { minutes_per_unit, centi_per_unit, round_up_from_minutes } => {
                    check(*minutes_per_unit > 0, path("earn.minutes_per_unit"), "must be positive");
                    check(
                        (0..=1_000_000).contains(centi_per_unit),
                        path("earn.centi_per_unit"),
                        "is 0 to 1000000",
                    );
                    check(
                        (1..=*minutes_per_unit).contains(round_up_from_minutes),
                        path("earn.round_up_from_minutes"),
                        "lies between 1 and minutes_per_unit",
                    );
                }
                Earn::Occasion { centi } | Earn::Unit { centi } => {
                    check((0..=1_000_000).contains(centi), path("earn.centi"), "is 0 to 1000000");
                }
                Earn::Grade { centi } => {
                    for (grade, centi) in centi {
                        check(
                            grades.contains(&grade.as_str()),
                            path("earn.centi"),
                            &format!("no result {grade}"),
                        );
                        check((0..=1_000_000).contains(centi), path("earn.centi"), "is 0 to 1000000");
                    }
                }
            }
            if let Some(ratio) = rule.attendance_at_least {
                check(
                    ratio.denominator > 0 && ratio.numerator <= ratio.denominator,
                    path("attendance_at_least"),
                    "is a share between 0 and 1",
                );
            }
            check(rule.mark_at_least.is_none_or(|m| m <= 100), path("mark_at_least"), "is 0 to 100");
            let ascending = rule.session_caps.is_sorted_by(|a, b| a.up_to_minutes < b.up_to_minutes);
            check(ascending, path("session_caps"), "must ascend by up_to_minutes");
            check(
                rule.session_caps.iter().all(|c| c.centi >= 0),
                path("session_caps"),
                "must not be negative",
            );
            check(rule.per_day_centi.is_none_or(|c| c >= 0), path("per_day_centi"), "must not be negative");
            check(rule.per_year_centi.is_none_or(|c| c >= 0), path("per_year_centi"), "must not be negative");
            check(
                rule.spread_years.values().all(|y| (1..=10).contains(y)),
                path("spread_years"),
                "is 1 to 10 years",
            );
            check(!rule.source.trim().is_empty(), path("source"), "must say where the numbers come from");
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_policy_is_whole() {
        let policy = Policy::parse(crate::policy::DISTRICT_DEFAULT).unwrap();
        assert_eq!(policy.kinds.len(), 15);
        assert_ne!(policy.tag, 0);
    }

    #[test]
    fn every_mistake_is_named_by_its_path() {
        let broken = crate::policy::DISTRICT_DEFAULT
            .replace("max_minutes_per_day = 1440", "max_minutes_per_day = 9000")
            .replace("attendance_at_least = { numerator = 2", "attendance_at_least = { numerator = 4")
            .replace("mark_at_least = 60", "mark_at_least = 160");
        insta::assert_snapshot!(Policy::parse(&broken).unwrap_err());
    }
}
