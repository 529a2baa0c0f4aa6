//! The indicator document: TOML in, checked as a whole, every mistake named by its path.

use super::target::{Population, Target};
use crate::id::IndicatorId;
use crate::month::Month;
use crate::registry::{InstitutionType, Names};
use crate::report::{Filter, Period, Tree};
use serde::Deserialize;
use thiserror::Error;

/// The longest document, in bytes (our own default).
pub const MAX_DOCUMENT_BYTES: usize = 16 << 10;

/// The documents that ship, behind each other.
const SHIPPED: &str = include_str!("presets.toml");

/// A parsed indicator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its id.
    pub indicator: IndicatorId,
    /// Its version, from 1.
    pub version: u32,
    /// What people call it.
    pub names: Names,
    /// Where its numbers come from.
    pub source: String,
    /// What one answer is about; of a frequency, how often.
    pub window: Window,
    /// The organisations that its own target is set for.
    pub level: InstitutionType,
    /// What is counted.
    pub numerator: Numerator,
    /// Whom it is a rate of; none of a plain count.
    #[serde(default)]
    pub denominator: Option<Population>,
    /// What is to be reached at `level`, where no target was set for an organisation and year.
    #[serde(default)]
    pub target: Option<Target>,
    /// A least frequency: sessions of every window.
    #[serde(default)]
    pub frequency: Option<Frequency>,
}

/// What one answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// A civil year.
    Year,
    /// January to June, July to December.
    HalfYear,
    /// Three months.
    Quarter,
    /// A month.
    Month,
}

impl Window {
    /// Its months.
    #[must_use]
    pub fn months(self) -> usize {
        match self {
            Window::Year => 12,
            Window::HalfYear => 6,
            Window::Quarter => 3,
            Window::Month => 1,
        }
    }

    /// The window's code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Window::Year => "year",
            Window::HalfYear => "half_year",
            Window::Quarter => "quarter",
            Window::Month => "month",
        }
    }

    /// The windows that a period consists of; none where it begins or ends inside one.
    #[must_use]
    pub fn split(self, period: Period) -> Option<Vec<Period>> {
        let months: Vec<Month> = period.months().collect();
        let starts = |month: &Month| (month.first_day().month() as usize - 1).is_multiple_of(self.months());
        let whole = months.len().is_multiple_of(self.months()) && months.first().is_some_and(starts);
        let window = |part: &[Month]| Period::between(*part.first()?, *part.last()?, "").ok();
        whole.then(|| months.chunks(self.months()).filter_map(window).collect())
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// Different residents, 人數.
    Persons,
    /// Named attendances, 人次.
    Attendances,
    /// Heads without names, 無名單人次.
    Heads,
    /// Attendances of both sorts, 人次, named and by heads.
    AllAttendances,
    /// Different sessions, 場次.
    Sessions,
    /// Minutes.
    Minutes,
}

impl Measured {
    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Measured::Persons => "persons",
            Measured::Attendances => "attendances",
            Measured::Heads => "heads",
            Measured::AllAttendances => "all_attendances",
            Measured::Sessions => "sessions",
            Measured::Minutes => "minutes",
        }
    }
}

/// What is counted, and of which entries.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numerator {
    /// What is counted.
    pub count: Measured,
    /// Of persons: only those with so many entries.
    #[serde(default = "one")]
    pub entries_at_least: u32,
    /// Of which entries; of all where nothing is said.
    #[serde(default)]
    pub of: Filter,
}

fn one() -> u32 {
    1
}

/// A least frequency.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// Sessions of every window.
    pub sessions_at_least: u64,
    /// Types of the organisations that must hold them, themselves or below them.
    pub institution_types: Vec<InstitutionType>,
}

impl Frequency {
    /// Whether an organisation must hold them.
    #[must_use]
    pub fn binds(&self, tree: &Tree, node: u32) -> bool {
        tree.node(node).is_some_and(|node| self.institution_types.contains(&node.institution_type))
    }
}

/// Why a document is no indicator.
#[derive(Debug, Error)]
pub enum IndicatorError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// Values that make no indicator: path and mistake of each.
    #[error("{}", .0.join("; "))]
    Values(Vec<String>),
}

impl Indicator {
    /// Parses and checks a document.
    ///
    /// # Errors
    /// With every mistake named by its path.
    pub fn parse(document: &str) -> Result<Indicator, IndicatorError> {
        if document.len() > MAX_DOCUMENT_BYTES {
            let mistake = format!("the document has more than {MAX_DOCUMENT_BYTES} bytes");
            return Err(IndicatorError::Values(vec![mistake]));
        }
        let indicator: Indicator = toml::from_str(document)?;
        let mistakes = indicator.mistakes();
        if mistakes.is_empty() { Ok(indicator) } else { Err(IndicatorError::Values(mistakes)) }
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut check = |ok: bool, path: &str, what: &str| {
            if !ok {
                mistakes.push(format!("{path}: {what}"));
            }
        };
        check(
            IndicatorId::parse(self.indicator.as_str()).is_ok(),
            "indicator",
            "takes lower-case letters, digits and hyphens, at most 63",
        );
        check(self.version >= 1, "version", "counts from 1");
        for (path, name) in [("hant", &self.names.hant), ("hans", &self.names.hans), ("en", &self.names.en)] {
            let fits = crate::name::Name::parse(name.as_str(), path).is_ok();
            check(fits, &format!("names.{path}"), "has 1 to 64 characters, none of them hidden");
        }
        check(!self.source.trim().is_empty(), "source", "must say where the numbers come from");
        let counts_persons = self.numerator.count == Measured::Persons;
        check(self.numerator.entries_at_least >= 1, "numerator.entries_at_least", "counts from 1");
        check(
            counts_persons || self.numerator.entries_at_least == 1,
            "numerator.entries_at_least",
            "is about persons only",
        );
        for (path, what) in self.numerator.of.mistakes("numerator.of") {
            check(false, &path, what);
        }
        let minutes_or_sessions = matches!(self.numerator.count, Measured::Minutes | Measured::Sessions);
        check(
            self.denominator.is_none() || !minutes_or_sessions,
            "denominator",
            "minutes and sessions are no part of a population",
        );
        let fits = match self.target {
            Some(Target::Share { .. }) => self.denominator.is_some(),
            Some(Target::Count(_)) => self.denominator.is_none(),
            None => true,
        };
        check(fits, "target", "is a share where there is a denominator, else a count");
        check(
            self.target.is_none_or(Target::is_sound),
            "target",
            "a share lies above 0 and is at most the whole, a count is above 0",
        );
        if let Some(frequency) = &self.frequency {
            check(frequency.sessions_at_least >= 1, "frequency.sessions_at_least", "counts from 1");
            let named = !frequency.institution_types.is_empty();
            check(named, "frequency.institution_types", "names those who must hold the sessions");
            check(
                self.numerator.count == Measured::Sessions,
                "numerator.count",
                "a frequency counts sessions",
            );
            check(self.denominator.is_none(), "denominator", "a frequency has none");
            check(self.target.is_none(), "target", "a frequency says sessions_at_least instead");
        }
        mistakes
    }

    /// Whether a target is of this indicator's sort.
    #[must_use]
    pub fn fits(&self, target: Target) -> bool {
        self.frequency.is_none()
            && match target {
                Target::Share { .. } => self.denominator.is_some(),
                Target::Count(_) => self.denominator.is_none(),
            }
    }
}

/// The document that ships under an id.
#[must_use]
pub fn preset(id: &IndicatorId) -> Option<(&'static str, Indicator)> {
    let mut parsed = presets().filter_map(|document| Some((document, Indicator::parse(document).ok()?)));
    parsed.find(|(_, indicator)| indicator.indicator == *id)
}

/// The documents that ship, each a whole one, in their order.
pub fn presets() -> impl Iterator<Item = &'static str> {
    SHIPPED.split("\n#---\n").map(str::trim_start).filter(|document| !document.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_shipped_indicators_parse_and_name_plan_and_key() {
        let mut ids = BTreeSet::new();
        for document in presets() {
            let indicator = Indicator::parse(document).unwrap_or_else(|error| panic!("{error}\n{document}"));
            assert!(indicator.source.contains("DOMAIN.md §7"), "{}", indicator.indicator);
            assert!(indicator.source.contains("plan "), "{}", indicator.indicator);
            assert_eq!(indicator.version, 1);
            assert!(ids.insert(indicator.indicator.to_string()), "twice: {}", indicator.indicator);
            let codes = crate::registry::default_codes().unwrap();
            for (list, code, path) in indicator.numerator.of.codes("numerator.of") {
                let known = codes.iter().any(|held| held.list == list && held.code == *code);
                assert!(known, "{}: {path} {code}", indicator.indicator);
            }
        }
        assert!(ids.len() >= 20, "{}", ids.len());
    }

    #[test]
    fn every_mistake_is_named_by_its_path() {
        let document = r#"
            indicator = "participation"
            version = 0
            names = { hant = "率", hans = "率", en = "rate" }
            source = " "
            window = "month"
            level = "town"
            numerator = { count = "minutes", entries_at_least = 2, of = { kinds = ["講座"], organizations = ["School"] } }
            denominator = "employees"
            target = { count = 5 }
            frequency = { sessions_at_least = 0, institution_types = [] }
        "#;
        let error = Indicator::parse(document).unwrap_err().to_string();
        insta::assert_snapshot!(error.replace("; ", "\n"));
    }

    #[test]
    fn a_period_is_split_into_whole_windows_or_not_at_all() {
        let split = |window: Window, period: &str| {
            let period = Period::parse(period, "period").unwrap();
            window
                .split(period)
                .map(|parts| parts.iter().map(Period::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(split(Window::Quarter, "2026").unwrap(), "2026-Q1 2026-Q2 2026-Q3 2026-Q4");
        assert_eq!(split(Window::HalfYear, "2026-H2").unwrap(), "2026-H2");
        assert_eq!(split(Window::Month, "2026-02..2026-03").unwrap(), "2026-02 2026-03");
        assert_eq!(split(Window::Quarter, "2026-02..2026-04"), None);
        assert_eq!(split(Window::Year, "2026-05"), None);
    }
}
