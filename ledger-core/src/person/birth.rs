//! Birth dates, and of what age somebody is on a day.

use crate::date::OccurredOn;
use crate::{Reason, Refusal};
use chrono::NaiveDate;
use std::fmt;
use zeroize::Zeroize;

/// Below this age a guardian consents before data is kept (PIPL 28, 31; 兒童個人信息網絡保護規定 9).
pub const CONSENT_AGE: u32 = 14;

/// Below this age a second person answers for a look at data (未成年人網絡保護條例 36).
pub const ADULT_AGE: u32 = 18;

/// The day somebody was born on. Days since the first of our era, so that they can be wiped.
#[derive(Clone, PartialEq, Eq)]
pub struct BirthDate(i32);

impl BirthDate {
    /// The birth date of a day.
    #[must_use]
    pub fn new(day: OccurredOn) -> BirthDate {
        BirthDate(chrono::Datelike::num_days_from_ce(&day.date()))
    }

    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// As [`OccurredOn::parse`], without telling the date; `OCCURRED_IN_FUTURE` after `today`.
    pub fn parse(raw: &str, field: &str, today: OccurredOn) -> Result<BirthDate, Refusal> {
        let day = OccurredOn::parse(raw, field).map_err(|refusal| {
            let message = match refusal.reason() {
                Reason::DateNotInCalendar => {
                    "出生日期不是曆上的日子，請查對。The calendar has no such day of birth: check it."
                }
                Reason::FieldRequired => {
                    "請填寫出生日期，或有出生日期的證件號碼。Fill in the birth date, or an ID number that tells it."
                }
                _ => "出生日期須寫成西元 YYYY-MM-DD。Write the birth date as YYYY-MM-DD.",
            };
            Refusal::field(refusal.reason(), field, message)
        })?;
        if day > today {
            return Err(Refusal::field(
                Reason::OccurredInFuture,
                field,
                "出生日期在今天以後，請查對。The birth date lies in the future: check it.",
            ));
        }
        Ok(BirthDate::new(day))
    }

    /// The day.
    #[must_use]
    pub fn expose(&self) -> OccurredOn {
        OccurredOn::new(NaiveDate::from_num_days_from_ce_opt(self.0).unwrap_or_default())
    }

    /// Whether it lies after a day.
    #[must_use]
    pub fn is_after(&self, day: OccurredOn) -> bool {
        self.expose() > day
    }

    /// Whether somebody has not come to an age by a day. On the birthday itself one has; who was born on 29 February comes
    /// to it a day earlier in a common year.
    #[must_use]
    pub fn is_under(&self, age: u32, day: OccurredOn) -> bool {
        day < self.expose().plus_years(age)
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Drop for BirthDate {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> OccurredOn {
        OccurredOn::parse(text, "day").unwrap()
    }

    #[test]
    fn a_child_is_fourteen_on_the_birthday() {
        let born = BirthDate::new(day("2012-06-01"));
        assert!(born.is_under(CONSENT_AGE, day("2026-05-31")));
        assert!(!born.is_under(CONSENT_AGE, day("2026-06-01")));
        let leap = BirthDate::new(day("2012-02-29"));
        assert!(
            leap.is_under(CONSENT_AGE, day("2026-02-27")) && !leap.is_under(CONSENT_AGE, day("2026-02-28"))
        );
        assert_eq!(format!("{born:?}"), "…");
    }

    #[test]
    fn a_refusal_does_not_tell_the_date() {
        for (raw, reason) in [
            ("2012-02-30", Reason::DateNotInCalendar),
            ("民國101年2月3日", Reason::DateFormat),
            ("", Reason::FieldRequired),
            ("2026-06-02", Reason::OccurredInFuture),
        ] {
            let refusal = BirthDate::parse(raw, "birth_date", day("2026-06-01")).unwrap_err();
            assert_eq!(refusal.reason(), reason);
            assert!(raw.is_empty() || !refusal.message().contains(raw), "{refusal}");
        }
    }

    proptest! {
        #[test]
        fn a_birth_date_is_the_day_it_was_made_of(days in 0_i64..60_000) {
            let born = OccurredOn::new(NaiveDate::from_ymd_opt(1890, 1, 1).unwrap() + chrono::TimeDelta::days(days));
            prop_assert_eq!(BirthDate::new(born).expose(), born);
        }
    }
}
