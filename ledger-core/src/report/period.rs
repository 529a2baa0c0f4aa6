//! The months a report is about: one, a quarter, a half-year, a year, or from one to another.

use crate::month::Month;
use crate::{Reason, Refusal};
use std::fmt;

/// The most months of one report (our own default): bounds its work.
pub const MAX_MONTHS: usize = 24;

/// Months from the first to the last, both counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    first: Month,
    last: Month,
}

impl From<Month> for Period {
    fn from(month: Month) -> Period {
        Period { first: month, last: month }
    }
}

impl Period {
    /// Parses `2026-05`, `2026-Q2`, `2026-H1`, `2026` or `2026-03..2026-08`.
    ///
    /// # Errors
    /// What [`Month::parse`] says; `TIME_RANGE` where it ends before it begins, or is longer than [`MAX_MONTHS`].
    pub fn parse(raw: &str, field: &str) -> Result<Period, Refusal> {
        if let Some((first, last)) = raw.split_once("..") {
            return Period::between(Month::parse(first, field)?, Month::parse(last, field)?, field);
        }
        let months = match raw.split_once('-') {
            None if raw.len() == 4 && raw.is_ascii() => Some(("01", "12")),
            Some((_, "H1")) => Some(("01", "06")),
            Some((_, "H2")) => Some(("07", "12")),
            Some((_, "Q1")) => Some(("01", "03")),
            Some((_, "Q2")) => Some(("04", "06")),
            Some((_, "Q3")) => Some(("07", "09")),
            Some((_, "Q4")) => Some(("10", "12")),
            _ => None,
        };
        let Some((first, last)) = months else { return Month::parse(raw, field).map(Period::from) };
        let year = raw.split('-').next().unwrap_or_default();
        let month = |month: &str| Month::parse(&format!("{year}-{month}"), field);
        Period::between(month(first)?, month(last)?, field)
    }

    /// The months from one to another.
    ///
    /// # Errors
    /// `TIME_RANGE`.
    pub fn between(first: Month, last: Month, field: &str) -> Result<Period, Refusal> {
        let period = Period { first, last };
        if last < first || period.months().nth(MAX_MONTHS).is_some() {
            return Err(Refusal::field(
                Reason::TimeRange,
                field,
                format!(
                    "期間的末月不能早於首月，最長 {MAX_MONTHS} 個月。\
                     The last month is not before the first, and a period has at most {MAX_MONTHS} months."
                ),
            ));
        }
        Ok(period)
    }

    /// The first month.
    #[must_use]
    pub fn first(self) -> Month {
        self.first
    }

    /// The last month.
    #[must_use]
    pub fn last(self) -> Month {
        self.last
    }

    /// The months, in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(self.first), move |month| {
            Some(month.next()).filter(|next| *next <= self.last)
        })
    }

    /// Whether a month is one of them.
    #[must_use]
    pub fn contains(self, month: Month) -> bool {
        self.first <= month && month <= self.last
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.first, self.last);
        if first == last {
            return write!(f, "{first}");
        }
        let (year, last_year) = (first.first_day().year(), last.first_day().year());
        if year == last_year {
            let part = match (first.first_day().month(), last.first_day().month()) {
                (1, 12) => Some(""),
                (1, 6) => Some("-H1"),
                (7, 12) => Some("-H2"),
                (1, 3) => Some("-Q1"),
                (4, 6) => Some("-Q2"),
                (7, 9) => Some("-Q3"),
                (10, 12) => Some("-Q4"),
                _ => None,
            };
            if let Some(part) = part {
                return write!(f, "{year:04}{part}");
            }
        }
        write!(f, "{first}..{last}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_written_as_they_are_read() {
        for (raw, months) in [
            ("2026-05", 1),
            ("2026-Q1", 3),
            ("2026-Q4", 3),
            ("2026-H1", 6),
            ("2026-H2", 6),
            ("2026", 12),
            ("2025-03..2026-08", 18),
        ] {
            let period = Period::parse(raw, "period").unwrap();
            assert_eq!(period.to_string(), raw);
            assert_eq!(period.months().count(), months, "{raw}");
        }
        assert_eq!(Period::parse("2026-01..2026-06", "period").unwrap().to_string(), "2026-H1");
    }

    #[test]
    fn what_is_no_period_is_refused_with_its_reason() {
        for (raw, reason) in [
            ("", Reason::FieldRequired),
            ("2026-13", Reason::DateNotInCalendar),
            ("115-05", Reason::DateFormat),
            ("2026/05", Reason::DateFormat),
            ("2026-H3", Reason::DateFormat),
            ("２０２６", Reason::DateFormat),
            ("2026-05..2026-04", Reason::TimeRange),
            ("2024-01..2026-01", Reason::TimeRange),
        ] {
            assert_eq!(Period::parse(raw, "period").unwrap_err().reason(), reason, "{raw}");
        }
    }
}
