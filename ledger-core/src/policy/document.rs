//! The policy document: TOML in, checked as a whole, every mistake named by its path.

use crate::account::{Grade, PosterTag};
use crate::date::OccurredOn;
use crate::entry::{Award, Degree, Digest32};
use crate::id::{OrganizationId, PolicyId};
use crate::redemption::RedemptionRules;
use serde::Deserialize;
use std::collections::BTreeMap;
use thiserror::Error;

/// A parsed policy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its id.
    pub policy: PolicyId,
    /// Its version, from 1.
    pub version: u32,
    /// First day of learning it applies to.
    pub effective_from: OccurredOn,
    /// Last day; none = until another takes its place.
    #[serde(default)]
    pub effective_to: Option<OccurredOn>,
    /// The organisations whose entries it applies to (a pilot); empty = all. Those below them are named too.
    #[serde(default)]
    pub organizations: Vec<OrganizationId>,
    /// The most minutes a person may have booked in a day; a posting past it is refused.
    pub max_minutes_per_day: u32,
    /// Limits of credit over several kinds in one day.
    #[serde(default)]
    pub day_limits: Vec<DayLimit>,
    /// Limits of credit over several kinds in a civil year; of forms that belong to a year.
    #[serde(default)]
    pub year_limits: Vec<YearLimit>,
    /// What credit and volunteer hours lead to.
    #[serde(default)]
    pub ladders: Ladders,
    /// When credit can be redeemed; without it, never. Of a pilot it is not looked at: accounts are the district's.
    #[serde(default)]
    pub redemption: Option<RedemptionRules>,
    /// The rule of each kind, by its code.
    pub kinds: BTreeMap<String, KindRule>,
    /// The first eight bytes of the document's SHA-256: names the policy a summary was made under.
    #[serde(skip)]
    pub tag: u64,
    /// The tags of `organizations`.
    #[serde(skip)]
    pub posters: Vec<PosterTag>,
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

/// A limit over several kinds in a civil year, of entries that are no lifetime forms.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearLimit {
    /// The kinds.
    pub kinds: Vec<String>,
    /// Hundredths of credit a year.
    #[serde(default)]
    pub per_year_centi: Option<i64>,
    /// Hundredths of credit from January to June, and from July to December.
    #[serde(default)]
    pub per_half_year_centi: Option<i64>,
    /// Where the number comes from.
    pub source: String,
}

/// Ascending thresholds: whoever reaches the n-th has level n.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladders {
    /// Hundredths of credit for each level.
    #[serde(default)]
    pub levels_centi: Vec<i64>,
    /// The same for pupils up to junior high.
    #[serde(default)]
    pub junior_levels_centi: Vec<i64>,
    /// Minutes of volunteer service for each star.
    #[serde(default)]
    pub volunteer_stars_minutes: Vec<u64>,
    /// The kinds whose minutes are volunteer service.
    #[serde(default)]
    pub volunteer_kinds: Vec<String>,
    /// Where the numbers come from.
    #[serde(default)]
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
    /// The most hundredths of credit in a lifetime.
    #[serde(default)]
    pub per_lifetime_centi: Option<i64>,
    /// Earns only with so many entries of another kind in the same civil year.
    #[serde(default)]
    pub requires: Option<Requirement>,
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
    /// By days: each of the days it spans is a half or a full one, by its part of the minutes.
    Days {
        /// Credit of a full day.
        full_day_centi: i64,
        /// Credit of a half day.
        half_day_centi: i64,
        /// A day of at most so many minutes is a half one.
        half_day_up_to_minutes: u32,
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

/// Entries of another kind that must stand in the same civil year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The other kind.
    pub kind: String,
    /// How many entries.
    pub entries_at_least: u32,
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
        policy.posters = policy.organizations.iter().map(PosterTag::of).collect();
        Ok(policy)
    }

    /// The rule of a kind.
    #[must_use]
    pub fn rule(&self, kind: &str) -> Option<&KindRule> {
        self.kinds.get(kind)
    }

    /// Whether a kind has rules that look at more than the entries of one year.
    #[must_use]
    pub fn looks_across_years(&self, kind: &str) -> bool {
        self.rule(kind).is_some_and(|rule| rule.per_lifetime_centi.is_some() || rule.requires.is_some())
    }

    /// Whether it applies on a day.
    #[must_use]
    pub fn applies_on(&self, day: OccurredOn) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
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
            PolicyId::parse(self.policy.as_str()).is_ok(),
            "policy".into(),
            "takes lower-case letters, digits and hyphens, at most 63",
        );
        for (n, organization) in self.organizations.iter().enumerate() {
            let known = OrganizationId::parse(organization.as_str()).is_ok();
            check(known, format!("organizations[{n}]"), "is no id of an organisation");
        }
        check(
            (1..=1440).contains(&self.max_minutes_per_day),
            "max_minutes_per_day".into(),
            "a day has 1 to 1440 minutes",
        );
        check(
            self.effective_to.is_none_or(|last| last >= self.effective_from),
            "effective_to".into(),
            "is not before effective_from",
        );
        check(
            self.effective_to.is_none() || !self.organizations.is_empty(),
            "effective_to".into(),
            "only a pilot ends by itself: name its organizations, or publish the next version",
        );
        for (path, ladder) in [
            ("ladders.levels_centi", &self.ladders.levels_centi),
            ("ladders.junior_levels_centi", &self.ladders.junior_levels_centi),
        ] {
            check(
                ascends(ladder) && ladder.first().is_none_or(|l| *l > 0),
                path.into(),
                "must ascend from above 0",
            );
        }
        check(
            ascends(&self.ladders.volunteer_stars_minutes),
            "ladders.volunteer_stars_minutes".into(),
            "must ascend",
        );
        check(
            self.ladders == Ladders::default() || !self.ladders.source.trim().is_empty(),
            "ladders.source".into(),
            "must say where the numbers come from",
        );
        for (path, what) in self.redemption.iter().flat_map(RedemptionRules::mistakes) {
            check(false, path.into(), what);
        }
        for kind in &self.ladders.volunteer_kinds {
            check(
                self.kinds.contains_key(kind),
                "ladders.volunteer_kinds".into(),
                "names a kind without a rule",
            );
        }
        for (n, limit) in self.year_limits.iter().enumerate() {
            let caps = [limit.per_year_centi, limit.per_half_year_centi];
            check(
                caps.iter().flatten().all(|cap| *cap >= 0) && caps.iter().any(Option::is_some),
                format!("year_limits[{n}]"),
                "has per_year_centi or per_half_year_centi, not negative",
            );
            for kind in &limit.kinds {
                check(
                    self.kinds.get(kind).is_some_and(|rule| !rule.once),
                    format!("year_limits[{n}].kinds"),
                    "names a kind without a rule, or one that counts once and has no year",
                );
            }
        }
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
                Earn::Days { full_day_centi, half_day_centi, half_day_up_to_minutes } => {
                    check(
                        0 <= *half_day_centi
                            && half_day_centi <= full_day_centi
                            && *full_day_centi <= 1_000_000,
                        path("earn.half_day_centi"),
                        "lies between 0 and full_day_centi, which is at most 1000000",
                    );
                    check(
                        (1..=1440).contains(half_day_up_to_minutes),
                        path("earn.half_day_up_to_minutes"),
                        "is 1 to 1440",
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
                rule.per_lifetime_centi.is_none_or(|c| c >= 0),
                path("per_lifetime_centi"),
                "must not be negative",
            );
            if let Some(requirement) = &rule.requires {
                check(
                    requirement.kind != *kind && self.kinds.contains_key(&requirement.kind),
                    path("requires.kind"),
                    "names another kind that has a rule",
                );
                check(
                    requirement.entries_at_least > 0,
                    path("requires.entries_at_least"),
                    "must be positive",
                );
            }
            check(
                rule.spread_years.is_empty() || matches!(rule.earn, Earn::Grade { .. }),
                path("spread_years"),
                "is for credit by result",
            );
            check(
                rule.spread_years.keys().all(|grade| grades.contains(&grade.as_str())),
                path("spread_years"),
                "names a result that does not exist",
            );
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

fn ascends<T: PartialOrd>(ladder: &[T]) -> bool {
    ladder.is_sorted_by(|a, b| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_policies_are_whole() {
        for (name, document) in crate::policy::PRESETS {
            let policy = Policy::parse(document).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(policy.policy.as_str(), *name);
            assert_eq!(policy.kinds.len(), 15, "{name} has a rule for every form");
            assert_ne!(policy.tag, 0);
        }
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
