//! Numbers as a workbook writes them, made the text that a clerk sees: by integers alone.
//!
//! Excel calculates with 15 digits and writes 17 (`1.1000000000000001` for 1.1), so a fraction is rounded to 15, as Excel
//! shows it. A whole number of more is not rounded: it was an id, and its last digits are lost already.

use super::styles::Look;
use crate::expression::Flaw;
use crate::reason;
use chrono::{Days, NaiveDate};
use ledger_core::Reason;

/// The digits that Excel keeps.
const KEPT_DIGITS: usize = 15;
/// The most digits of a number that are looked at; spreadsheet programs write 17.
const MAX_DIGITS: usize = 30;
/// The most decimals and the most zeros behind a number that are written out; what passes them is shown as it stands.
const MAX_ZEROS: u32 = 30;
/// 9999-12-31 in the 1900 system, the last day Excel knows.
const LAST_SERIAL: u64 = 2_958_465;
/// The day after 1900-02-28 in the 1900 system: 29 February 1900, which never was.
const LEAP_BUG: u64 = 60;
const DAY_SECONDS: u128 = 86_400;

/// A decimal: its significant digits, without zeros at either end, times ten to a power.
#[derive(Debug, PartialEq, Eq)]
struct Number {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Number {
    fn parse(text: &str) -> Option<Number> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = unsigned.split_once(['E', 'e']).unwrap_or((unsigned, "0"));
        let power: i16 = power.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let is_number = !whole.is_empty() && digits.len() <= MAX_DIGITS;
        if !is_number || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let decimals = i32::try_from(fraction.len()).ok()?;
        Some(Number { negative, digits, exponent: i32::from(power) - decimals }.trimmed())
    }

    fn trimmed(mut self) -> Number {
        while self.digits.ends_with('0') {
            self.digits.pop();
            self.exponent += 1;
        }
        self.digits = self.digits.trim_start_matches('0').to_owned();
        if self.digits.is_empty() {
            return Number { negative: false, digits: String::new(), exponent: 0 };
        }
        self
    }

    /// Digits before the point.
    fn whole_digits(&self) -> usize {
        let length = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        usize::try_from(length.saturating_add(i64::from(self.exponent))).unwrap_or(0)
    }

    /// The number with at most 15 digits.
    fn rounded(self) -> Number {
        let surplus = self.digits.len().saturating_sub(KEPT_DIGITS);
        let (Ok(power), Ok(units)) = (u32::try_from(surplus), self.digits.parse::<u128>()) else {
            return self;
        };
        let unit = 10_u128.pow(power);
        let digits = ((units + unit / 2) / unit).to_string();
        let exponent = self.exponent.saturating_add_unsigned(power);
        Number { digits, exponent, ..self }.trimmed()
    }

    /// Whole part and fraction, the fraction as so many digits after the point.
    fn parts(&self) -> (String, String) {
        let whole = self.whole_digits();
        if whole >= self.digits.len() {
            let zeros = whole - self.digits.len();
            return ([self.digits.as_str(), &"0".repeat(zeros)].concat(), String::new());
        }
        let (before, after) = self.digits.split_at(whole);
        let gap =
            usize::try_from(self.exponent.unsigned_abs()).unwrap_or(0).saturating_sub(self.digits.len());
        (before.to_owned(), ["0".repeat(gap), after.to_owned()].concat())
    }
}

/// Makes the text of a number cell, and says what is wrong with it.
pub(super) fn show(raw: &str, look: Look, is_1904: bool, into: &mut String) -> Option<Flaw> {
    let raw = raw.trim();
    let Some(number) = Number::parse(raw) else {
        into.push_str(raw);
        let whole = raw.trim_start_matches('-').bytes().take_while(u8::is_ascii_digit).count();
        return (whole > KEPT_DIGITS).then(|| precision_lost(raw));
    };
    if number.whole_digits() > KEPT_DIGITS {
        into.push_str(raw);
        return Some(precision_lost(raw));
    }
    if number.exponent.unsigned_abs() > MAX_ZEROS {
        into.push_str(raw);
        return None;
    }
    let number = number.rounded();
    match look {
        Look::General => write(&number, 0, into),
        Look::Padded(width) => write(&number, usize::from(width), into),
        Look::Moment { has_day } => return moment(raw, &number, has_day, is_1904, into),
        Look::Unclear => {
            write(&number, 0, into);
            let message = "這一格的格式另加了文字、分隔或自己的單位，看到的和存的不是同一個值；請把這一欄的格式改為「文字」，\
                           照看到的重新輸入。The cell's format shows something else than is stored: format the column as \
                           text and type what you see.";
            return Some(Flaw::new(Reason::FieldInvalid, message));
        }
        Look::Elapsed => {
            let (whole, seconds) = serial(&number);
            let hours = whole.saturating_mul(24).saturating_add(seconds / 3_600);
            if number.negative {
                into.push('-');
            }
            into.push_str(&format!("{hours}:{:02}", seconds % 3_600 / 60));
        }
    }
    None
}

/// What is wrong with a text that a spreadsheet program wrote of a number it could not keep: `1.10105E+17`, or a whole number of
/// more than 15 digits whose last ones are noughts.
pub(crate) fn lost_digits(text: &str) -> Option<Flaw> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let in_powers = text.split_once(['E', 'e']).is_some_and(|(mantissa, power)| {
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        whole.len() == 1
            && digits(whole)
            && digits(fraction)
            && power.strip_prefix('+').is_some_and(|power| power.len() == 2 && digits(power))
    });
    let cut =
        text.len() > KEPT_DIGITS && digits(text) && text.bytes().skip(KEPT_DIGITS).all(|digit| digit == b'0');
    (in_powers || cut).then(|| precision_lost(text))
}

fn precision_lost(raw: &str) -> Flaw {
    Flaw::of_import(
        reason::ID_PRECISION_LOST,
        format!(
            "「{raw}」是超過 {KEPT_DIGITS} 位的數字，試算表只保留 {KEPT_DIGITS} 位，後面的已經遺失；\
             請把這一欄的格式改為「文字」，再重新輸入。\
             A number of more than {KEPT_DIGITS} digits lost its last ones in the spreadsheet: \
             format the column as text and type it anew."
        ),
    )
}

fn write(number: &Number, width: usize, into: &mut String) {
    let (whole, fraction) = number.parts();
    if number.negative {
        into.push('-');
    }
    let width = if fraction.is_empty() { width.max(1) } else { 1 };
    into.push_str(&"0".repeat(width.saturating_sub(whole.len())));
    into.push_str(&whole);
    if !fraction.is_empty() {
        into.push('.');
        into.push_str(&fraction);
    }
}

/// Days and the seconds of the day, rounded to the next.
fn serial(number: &Number) -> (u64, u64) {
    let (whole, fraction) = number.parts();
    let days = whole.parse().unwrap_or(0);
    let places = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
    let (Some(unit), Ok(units)) = (10_u128.checked_pow(places), fraction.parse::<u128>()) else {
        return (days, 0);
    };
    let seconds = u64::try_from((units * DAY_SECONDS + unit / 2) / unit).unwrap_or(0);
    (days + seconds / 86_400, seconds % 86_400)
}

/// A cell that is formatted as a date or a time. A whole serial is a day; below one it is a time of day.
fn moment(raw: &str, number: &Number, has_day: bool, is_1904: bool, into: &mut String) -> Option<Flaw> {
    let (days, seconds) = serial(number);
    let time = format!("{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60);
    if days == 0 && !number.negative && (seconds > 0 || !has_day) {
        into.push_str(&time);
        return None;
    }
    let Some(date) = day(days, is_1904).filter(|_| !number.negative) else {
        into.push_str(raw);
        return Some(Flaw::new(
            Reason::DateNotInCalendar,
            format!(
                "這一格的日期序號 {raw} 不是曆上的日子（例如 1900 年沒有 2 月 29 日），請重新輸入日期。\
                 The calendar has no day of the serial number {raw} (1900 had no 29 February): type the date anew."
            ),
        ));
    };
    into.push_str(&date.to_string());
    if seconds > 0 {
        into.push(' ');
        into.push_str(&time);
    }
    None
}

/// The day of a serial number: 1 is 1900-01-01 in the 1900 system, 0 is 1904-01-01 in the 1904 system (ECMA-376-1
/// 18.17.4.1).
fn day(serial: u64, is_1904: bool) -> Option<NaiveDate> {
    let (first, days) = if is_1904 {
        (NaiveDate::from_ymd_opt(1904, 1, 1)?, serial)
    } else {
        // Behind the day that never was the count is one ahead.
        let days = if serial > LEAP_BUG { serial.checked_sub(2)? } else { serial.checked_sub(1)? };
        (NaiveDate::from_ymd_opt(1900, 1, 1)?, days)
    };
    let is_day = serial <= LAST_SERIAL && (is_1904 || serial != LEAP_BUG);
    first.checked_add_days(Days::new(days)).filter(|_| is_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str, look: Look) -> Result<String, &'static str> {
        shown_in(raw, look, false)
    }

    fn shown_in(raw: &str, look: Look, is_1904: bool) -> Result<String, &'static str> {
        let mut text = String::new();
        match show(raw, look, is_1904, &mut text) {
            None => Ok(text),
            Some(flaw) => Err(flaw.reason),
        }
    }

    #[test]
    fn numbers_are_shown_as_excel_shows_them() {
        for (raw, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("1.5", "1.5"),
            ("90", "90"),
            ("-2.50", "-2.5"),
            ("1.1000000000000001", "1.1"),
            ("0.30000000000000004", "0.3"),
            ("0.99999999999999999", "1"),
            ("1E3", "1000"),
            ("1.2E-2", "0.012"),
            ("0.05", "0.05"),
            ("20231", "20231"),
            ("123456789012345", "123456789012345"),
            ("1.5E-300", "1.5E-300"),
            ("NaN", "NaN"),
            ("", ""),
        ] {
            assert_eq!(shown(raw, Look::General).as_deref(), Ok(expected), "{raw}");
        }
        for raw in ["1234567890123456", "1.23456789012346E+17", "110101199003070000", "1E+300", "-1E15"] {
            assert_eq!(shown(raw, Look::General), Err("ID_PRECISION_LOST"), "{raw}");
        }
        assert_eq!(shown("7", Look::Padded(4)).as_deref(), Ok("0007"));
        assert_eq!(shown("12345", Look::Padded(4)).as_deref(), Ok("12345"));
    }

    #[test]
    fn dates_are_days_of_the_calendar_in_either_system() {
        let date = Look::Moment { has_day: true };
        for (raw, is_1904, expected) in [
            ("1", false, Ok("1900-01-01")),
            ("59", false, Ok("1900-02-28")),
            ("60", false, Err("DATE_NOT_IN_CALENDAR")),
            ("61", false, Ok("1900-03-01")),
            ("45443", false, Ok("2024-05-31")),
            ("45443.5625", false, Ok("2024-05-31 13:30")),
            ("45443.999999", false, Ok("2024-06-01")),
            ("2958465", false, Ok("9999-12-31")),
            ("2958466", false, Err("DATE_NOT_IN_CALENDAR")),
            ("0", false, Err("DATE_NOT_IN_CALENDAR")),
            ("-1", false, Err("DATE_NOT_IN_CALENDAR")),
            ("0.5", false, Ok("12:00")),
            ("60", true, Ok("1904-03-01")),
            ("43981", true, Ok("2024-05-31")),
            ("1", true, Ok("1904-01-02")),
        ] {
            assert_eq!(shown_in(raw, date, is_1904), expected.map(str::to_owned), "{raw}");
        }
        assert_eq!(shown("0", Look::Moment { has_day: false }).as_deref(), Ok("00:00"));
        assert_eq!(shown("0.41666666666666669", Look::Moment { has_day: false }).as_deref(), Ok("10:00"));
        assert_eq!(shown("1.5", Look::Elapsed).as_deref(), Ok("36:00"));
        assert_eq!(shown("0.0625", Look::Elapsed).as_deref(), Ok("1:30"));
    }
}
