//! Civil dates and local times of the ledger's time zone.

use crate::{Reason, Refusal};
use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The local date of a learning; a civil date, never an instant. Serialises as its ISO form in JSON and as days
/// since 1970-01-01 in states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OccurredOn(NaiveDate);

impl OccurredOn {
    /// Wraps a civil date.
    #[must_use]
    pub fn new(date: NaiveDate) -> OccurredOn {
        OccurredOn(date)
    }

    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// `FIELD_REQUIRED`, `DATE_FORMAT` (another notation) or `DATE_NOT_IN_CALENDAR` (no such day).
    pub fn parse(raw: &str, field: &str) -> Result<OccurredOn, Refusal> {
        if raw.is_empty() {
            return Err(Refusal::field(
                Reason::FieldRequired,
                field,
                format!("{field} 不可空白，請填西元日期 YYYY-MM-DD。Fill in {field} as YYYY-MM-DD."),
            ));
        }
        let digits = |range: std::ops::Range<usize>| {
            raw.get(range)
                .filter(|part| part.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|part| part.parse().ok())
        };
        let bytes = raw.as_bytes();
        let parts = (raw.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-')
            .then(|| Some((digits(0..4)?, digits(5..7)?, digits(8..10)?)))
            .flatten();
        let Some((year, month, day)): Option<(u32, u32, u32)> = parts else {
            return Err(Refusal::field(
                Reason::DateFormat,
                field,
                format!(
                    "{field} 須為西元日期 YYYY-MM-DD（例如 2026-05-31），不收民國年、Excel 序號或日月年。\
                     Write {field} as YYYY-MM-DD, such as 2026-05-31."
                ),
            ));
        };
        let year = i32::try_from(year).unwrap_or(i32::MAX);
        NaiveDate::from_ymd_opt(year, month, day).filter(|_| year >= 1).map(OccurredOn).ok_or_else(|| {
            Refusal::field(
                Reason::DateNotInCalendar,
                field,
                format!("{field} {raw} 不是曆上的日子，請查對。The calendar has no {raw}: check {field}."),
            )
        })
    }

    /// The last day that can be written.
    pub const LAST: OccurredOn = OccurredOn(match NaiveDate::from_ymd_opt(9999, 12, 31) {
        Some(day) => day,
        None => NaiveDate::MAX,
    });

    /// The first day of a civil year; of one that cannot be written the last that can.
    #[must_use]
    pub fn first_of(year: i32) -> OccurredOn {
        NaiveDate::from_ymd_opt(year, 1, 1).map_or(OccurredOn::LAST, OccurredOn)
    }

    /// The last day of a civil year; of one that cannot be written the last that can.
    #[must_use]
    pub fn last_of(year: i32) -> OccurredOn {
        NaiveDate::from_ymd_opt(year, 12, 31).map_or(OccurredOn::LAST, OccurredOn)
    }

    /// The day after.
    #[must_use]
    pub fn next_day(self) -> Option<OccurredOn> {
        self.0.succ_opt().map(OccurredOn)
    }

    /// The day before.
    #[must_use]
    pub fn previous_day(self) -> Option<OccurredOn> {
        self.0.pred_opt().map(OccurredOn)
    }

    /// The day so many days later; the last that can be written where there is none.
    #[must_use]
    pub fn plus_days(self, days: u32) -> OccurredOn {
        let later = self.0.checked_add_days(Days::new(u64::from(days))).map(OccurredOn);
        later.map_or(OccurredOn::LAST, |day| day.min(OccurredOn::LAST))
    }

    /// The same day so many years later, of 29 February the day before; the last that can be written where there is none.
    #[must_use]
    pub fn plus_years(self, years: u32) -> OccurredOn {
        let later = self.0.checked_add_months(Months::new(years.saturating_mul(12))).map(OccurredOn);
        later.map_or(OccurredOn::LAST, |day| day.min(OccurredOn::LAST))
    }

    /// The same day so many months earlier, or the last of a month that is shorter; the first that can be written where there
    /// is none.
    #[must_use]
    pub fn minus_months(self, months: u32) -> OccurredOn {
        let first = OccurredOn::first_of(1);
        let earlier = self.0.checked_sub_months(Months::new(months)).map(OccurredOn);
        earlier.map_or(first, |day| day.max(first))
    }

    /// The civil date.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0
    }

    /// Days since 1970-01-01.
    pub(crate) fn epoch_days(self) -> i32 {
        self.0.to_epoch_days()
    }

    /// The date so many days after 1970-01-01; none past the calendar's end.
    pub(crate) fn from_epoch_days(days: i32) -> Option<OccurredOn> {
        NaiveDate::from_epoch_days(days).map(OccurredOn)
    }

    /// The civil year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, 1–12.
    #[must_use]
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// Days from `earlier` to this date, both counted: the same day is 1.
    #[must_use]
    pub fn days_from(self, earlier: OccurredOn) -> i64 {
        (self.0 - earlier.0).num_days() + 1
    }
}

impl fmt::Display for OccurredOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for OccurredOn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&self.0)
        } else {
            serializer.serialize_i32(self.epoch_days())
        }
    }
}

impl<'de> Deserialize<'de> for OccurredOn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            NaiveDate::deserialize(deserializer).map(OccurredOn)
        } else {
            let days = i32::deserialize(deserializer)?;
            OccurredOn::from_epoch_days(days)
                .ok_or_else(|| serde::de::Error::custom("days out of the calendar"))
        }
    }
}

/// A local time of day in minutes since midnight, 0–1439.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(u16);

impl LocalTime {
    /// Parses `HH:MM`.
    ///
    /// # Errors
    /// `FIELD_INVALID`.
    pub fn parse(raw: &str, field: &str) -> Result<LocalTime, Refusal> {
        let two_digits = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u16>().ok()).flatten()
        };
        let parts =
            raw.split_once(':').and_then(|(hour, minute)| Some((two_digits(hour)?, two_digits(minute)?)));
        match parts {
            Some((hour, minute)) if hour < 24 && minute < 60 => Ok(LocalTime(hour * 60 + minute)),
            _ => Err(Refusal::field(
                Reason::FieldInvalid,
                field,
                format!("{field} 須為 24 小時制 HH:MM（例如 08:30）。Write {field} as HH:MM, such as 08:30."),
            )),
        }
    }

    /// Minutes since midnight.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// Whether the zone has this time on that date; a spring-forward change skips some, in Shanghai 1986–91 too.
    #[must_use]
    pub fn exists_on(self, date: OccurredOn, zone: Tz) -> bool {
        let time =
            NaiveTime::from_num_seconds_from_midnight_opt(u32::from(self.0) * 60, 0).unwrap_or_default();
        !matches!(zone.from_local_datetime(&date.date().and_time(time)), chrono::LocalResult::None)
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for LocalTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u16(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for LocalTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let raw = String::deserialize(deserializer)?;
            LocalTime::parse(&raw, "time").map_err(serde::de::Error::custom)
        } else {
            u16::deserialize(deserializer).map(LocalTime)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_other_notations_and_days_that_never_were_are_told_apart() {
        let reason = |raw| OccurredOn::parse(raw, "occurred_on").unwrap_err().reason();
        for raw in
            ["113-05-31", "31/05/2026", "46173", "2026/05/31", "2026-5-31", "２０２６-05-31", "20260531"]
        {
            assert_eq!(reason(raw), Reason::DateFormat, "{raw}");
        }
        for raw in ["2026-02-29", "2026-13-01", "1900-02-29", "2026-04-31", "0000-01-01"] {
            assert_eq!(reason(raw), Reason::DateNotInCalendar, "{raw}");
        }
        assert_eq!(OccurredOn::parse("2024-02-29", "d").unwrap().to_string(), "2024-02-29");
    }

    #[test]
    fn times_are_two_digits_and_two_digits() {
        assert_eq!(LocalTime::parse("08:05", "start_time").unwrap().minutes(), 485);
        for raw in ["", "8:30", " 8:30", "08: 5", "08:+5", "0830", "24:00", "08:60", "08:30:00", "０８:３０"]
        {
            assert_eq!(
                LocalTime::parse(raw, "start_time").unwrap_err().reason(),
                Reason::FieldInvalid,
                "{raw}"
            );
        }
    }

    #[test]
    fn times_that_the_zone_skipped_do_not_exist() {
        let time = LocalTime::parse("02:30", "start_time").unwrap();
        let date = |raw| OccurredOn::parse(raw, "d").unwrap();
        // Shanghai's summer time of 1988 began on 17 April at 02:00.
        assert!(!time.exists_on(date("1988-04-17"), chrono_tz::Asia::Shanghai));
        assert!(time.exists_on(date("2026-04-17"), chrono_tz::Asia::Shanghai));
    }
}
