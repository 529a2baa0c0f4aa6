//! What a policy says of redemption.

use crate::date::OccurredOn;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The section `redemption` of a policy. Without it nothing can be redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedemptionRules {
    /// The first day of the yearly window.
    pub opens: MonthDay,
    /// Its last day, in the same year.
    pub closes: MonthDay,
    /// Credit can be redeemed until 31 December of so many years after the year it was earned in.
    pub years_after_earning: u32,
    /// The least hundredths of credit of one redemption.
    #[serde(default)]
    pub least_centi: i64,
    /// Where the numbers come from.
    pub source: String,
}

impl RedemptionRules {
    /// Whether the window is open on a day.
    #[must_use]
    pub fn is_open(&self, day: OccurredOn) -> bool {
        let day = MonthDay::of(day);
        self.opens <= day && day <= self.closes
    }

    /// The first day on or after `day` on which the window is open.
    #[must_use]
    pub fn next_open(&self, day: OccurredOn) -> OccurredOn {
        if self.is_open(day) {
            return day;
        }
        let year = day.year() + i32::from(MonthDay::of(day) > self.closes);
        self.opens.in_year(year)
    }

    /// The last day of the lot of a year.
    #[must_use]
    pub fn expires_on(&self, year: i32) -> OccurredOn {
        let year = year.saturating_add(i32::try_from(self.years_after_earning).unwrap_or(i32::MAX));
        OccurredOn::last_of(year)
    }

    /// Path and mistake of each value that makes no rule.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(&'static str, &'static str)> {
        let mut mistakes = Vec::new();
        let mut check = |ok: bool, path, what| {
            if !ok {
                mistakes.push((path, what));
            }
        };
        check(
            self.opens <= self.closes,
            "redemption.closes",
            "is not before opens: a window lies in one year",
        );
        check(self.years_after_earning <= 100, "redemption.years_after_earning", "is 0 to 100");
        check((0..=1_000_000).contains(&self.least_centi), "redemption.least_centi", "is 0 to 1000000");
        check(!self.source.trim().is_empty(), "redemption.source", "must say where the numbers come from");
        mistakes
    }
}

/// A day of every year, written `11-01`; not 29 February.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    month: u32,
    day: u32,
}

/// A year that has no 29 February.
const COMMON_YEAR: i32 = 2001;

impl MonthDay {
    /// That of a date.
    #[must_use]
    pub fn of(date: OccurredOn) -> MonthDay {
        MonthDay { month: date.month(), day: date.date().day() }
    }

    /// Parses `MM-DD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<MonthDay> {
        let date = OccurredOn::parse(&format!("{COMMON_YEAR}-{text}"), "day").ok()?;
        Some(MonthDay::of(date))
    }

    /// The day in a year.
    #[must_use]
    pub fn in_year(self, year: i32) -> OccurredOn {
        OccurredOn::new(
            NaiveDate::from_ymd_opt(year, self.month, self.day).unwrap_or(OccurredOn::LAST.date()),
        )
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl<'de> Deserialize<'de> for MonthDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MonthDay, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom(format!("{text} is no day of every year, such as 11-01"));
        MonthDay::parse(&text).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> RedemptionRules {
        RedemptionRules {
            opens: MonthDay::parse("11-01").unwrap(),
            closes: MonthDay::parse("11-30").unwrap(),
            years_after_earning: 2,
            least_centi: 0,
            source: "a test".to_owned(),
        }
    }

    fn day(text: &str) -> OccurredOn {
        OccurredOn::parse(text, "day").unwrap()
    }

    #[test]
    fn the_window_opens_once_a_year() {
        let rules = rules();
        let open = ["2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01"].map(|d| rules.is_open(day(d)));
        assert_eq!(open, [false, true, true, false]);
        assert_eq!(rules.next_open(day("2026-05-01")), day("2026-11-01"));
        assert_eq!(rules.next_open(day("2026-11-05")), day("2026-11-05"));
        assert_eq!(rules.next_open(day("2026-12-01")), day("2027-11-01"));
    }

    #[test]
    fn a_lot_lasts_to_the_end_of_the_year_and_a_day_is_one_of_every_year() {
        assert_eq!(rules().expires_on(2024), day("2026-12-31"));
        assert!(MonthDay::parse("02-28") < Some(MonthDay::of(day("2024-02-29"))));
        for wrong in ["02-29", "11-31", "1-1", "November", ""] {
            assert_eq!(MonthDay::parse(wrong), None, "{wrong}");
        }
    }
}
