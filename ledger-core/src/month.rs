//! Civil months, and which of them are closed: learning of a closed month changes by an approved correction only.

use crate::date::OccurredOn;
use crate::id::PersonId;
use crate::quantity::Position;
use crate::{Reason, Refusal};
use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The day of the next month from which on a month can be closed (`DOMAIN.md` §6.1 Month: posts close on day 5 of the
/// next month).
pub const CLOSES_ON_DAY: u32 = 5;

/// A civil month of the ledger's time zone, written `2026-05`. Kept as its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: OccurredOn) -> Month {
        Month(day.date().with_day(1).unwrap_or(day.date()))
    }

    /// Parses `YYYY-MM`.
    ///
    /// # Errors
    /// `FIELD_REQUIRED`, `DATE_FORMAT` (another notation) or `DATE_NOT_IN_CALENDAR` (no such month).
    pub fn parse(raw: &str, field: &str) -> Result<Month, Refusal> {
        if raw.is_empty() {
            return Err(Refusal::field(
                Reason::FieldRequired,
                field,
                format!("{field} 不可空白，請填西元年月 YYYY-MM。Fill in {field} as YYYY-MM."),
            ));
        }
        OccurredOn::parse(&format!("{raw}-01"), field).map(Month::of).map_err(|refusal| {
            let message = match refusal.reason() {
                Reason::DateNotInCalendar => {
                    format!("{field} {raw} 不是曆上的月份，請查對。The calendar has no {raw}: check {field}.")
                }
                _ => format!(
                    "{field} 須為西元年月 YYYY-MM（例如 2026-05），不收民國年。Write {field} as YYYY-MM, such as 2026-05."
                ),
            };
            Refusal::field(refusal.reason(), field, message)
        })
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> OccurredOn {
        OccurredOn::new(self.0)
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> OccurredOn {
        OccurredOn::new(self.next().0.pred_opt().unwrap_or(self.0))
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Month {
        Month(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// The month before it.
    #[must_use]
    pub fn previous(self) -> Month {
        Month(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }

    /// The first day on which it can be closed.
    #[must_use]
    pub fn closes_on(self) -> OccurredOn {
        let next = self.next().0;
        OccurredOn::new(next.with_day(CLOSES_ON_DAY).unwrap_or(next))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        Month::parse(&raw, "month").map_err(serde::de::Error::custom)
    }
}

/// A month that was closed. Its figures are the fold of the log up to `closed_at`: they are kept nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The month.
    pub month: Month,
    /// Where it was closed.
    pub closed_at: Position,
    /// By whom.
    pub closed_by: PersonId,
}

/// The months closed so far, in order, without a gap behind the first. What lies before the first is closed with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Closings {
    months: Vec<Closing>,
}

impl Closings {
    /// None yet.
    pub const NONE: &'static Closings = &Closings { months: Vec::new() };

    /// Takes up a closing; months come in order.
    pub fn record(&mut self, closing: Closing) {
        self.months.push(closing);
    }

    /// The closings, in order of month.
    #[must_use]
    pub fn months(&self) -> &[Closing] {
        &self.months
    }

    /// The last month that is closed.
    #[must_use]
    pub fn last(&self) -> Option<Month> {
        self.months.last().map(|closing| closing.month)
    }

    /// The closing that a month was closed by: its own, or the first one of those after it.
    #[must_use]
    pub fn of(&self, month: Month) -> Option<&Closing> {
        let index = self.months.partition_point(|closing| closing.month < month);
        self.months.get(index)
    }

    /// The month of a day, where it is closed.
    #[must_use]
    pub fn closed_month(&self, day: OccurredOn) -> Option<Month> {
        let month = Month::of(day);
        self.of(month).map(|_| month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(raw: &str) -> Month {
        Month::parse(raw, "month").unwrap()
    }

    #[test]
    fn months_are_written_year_and_month_and_nothing_else() {
        let reason = |raw| Month::parse(raw, "month").unwrap_err().reason();
        for raw in ["2026-5", "2026/05", "115-05", "202605", "2026-05-01", "05-2026", "２０２６-05"] {
            assert_eq!(reason(raw), Reason::DateFormat, "{raw}");
        }
        for raw in ["2026-13", "2026-00", "0000-05"] {
            assert_eq!(reason(raw), Reason::DateNotInCalendar, "{raw}");
        }
        assert_eq!(reason(""), Reason::FieldRequired);
        assert_eq!(month("2026-05").to_string(), "2026-05");
        assert_eq!(serde_json::to_string(&month("2026-05")).unwrap(), "\"2026-05\"");
        assert_eq!(serde_json::from_str::<Month>("\"2026-05\"").unwrap(), month("2026-05"));
    }

    #[test]
    fn a_month_knows_its_days_and_its_neighbours() {
        let february = month("2024-02");
        assert_eq!(february.first_day().to_string(), "2024-02-01");
        assert_eq!(february.last_day().to_string(), "2024-02-29");
        assert_eq!(month("2025-12").next(), month("2026-01"));
        assert_eq!(month("2026-01").previous(), month("2025-12"));
        assert_eq!(Month::of(february.last_day()), february);
        assert_eq!(month("2025-12").closes_on().to_string(), "2026-01-05");
    }

    #[test]
    fn what_lies_before_the_first_closing_is_closed_with_it() {
        let closing = |raw, at| Closing {
            month: month(raw),
            closed_at: Position(at),
            closed_by: PersonId::parse("officer-01").unwrap(),
        };
        let mut closings = Closings::default();
        assert_eq!(closings.of(month("2000-01")), None);
        closings.record(closing("2026-03", 10));
        closings.record(closing("2026-04", 20));
        let closed_at = |raw| closings.of(month(raw)).map(|closing| closing.closed_at.0);
        assert_eq!(closed_at("2000-01"), Some(10));
        assert_eq!(closed_at("2026-03"), Some(10));
        assert_eq!(closed_at("2026-04"), Some(20));
        assert_eq!(closed_at("2026-05"), None);
        assert_eq!(closings.closed_month(month("2026-04").last_day()), Some(month("2026-04")));
        assert_eq!(closings.last(), Some(month("2026-04")));
    }
}
