//! Repairs: what a clerk most often has to mend by hand, done by the import where the mapping says so, and suggested
//! where it does not. None is made silently: each is a note of its row.

use crate::expression::width;
use chrono::{Days, NaiveDate};

/// Year 1 of the Republic (民國元年) is 1912.
const ROC_EPOCH: i32 = 1911;
/// Serials of Excel that are taken for days: 2000-01-01 to 2099-12-31 (our own default). Smaller numbers are counts.
const SERIALS: std::ops::RangeInclusive<u64> = 36_526..=73_050;
/// Letters that only readings have.
const TONES: &str = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ";

/// A repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repair {
    /// Years of the Republic: 114/3/5, 民國114年3月5日.
    RocYears,
    /// Dates that came as Excel's day numbers: 45721.
    SerialDates,
    /// Readings behind characters: `區(qū)`.
    Readings,
    /// Characters that nobody sees: zero-width ones, byte-order marks, hyphens of line ends, spaces that do not break.
    Invisible,
}

impl Repair {
    /// All of them.
    pub const ALL: [Repair; 4] = [Repair::RocYears, Repair::SerialDates, Repair::Readings, Repair::Invisible];

    /// Its name in `[file] repair`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Repair::RocYears => "roc_years",
            Repair::SerialDates => "serial_dates",
            Repair::Readings => "readings",
            Repair::Invisible => "invisible",
        }
    }

    /// The repair of a name.
    #[must_use]
    pub fn parse(key: &str) -> Option<Repair> {
        Repair::ALL.into_iter().find(|repair| repair.key() == key)
    }
}

/// A repair that would help a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The heading of the column.
    pub column: String,
    /// Which repair.
    pub repair: Repair,
    /// What stands there.
    pub from: String,
    /// What would be read.
    pub to: String,
}

/// The repairs of a text, each with what it makes of it.
pub(crate) fn texts(text: &str) -> impl Iterator<Item = (Repair, String)> + use<> {
    let repairs = [(Repair::Invisible, seen(text)), (Repair::Readings, without_readings(text))];
    repairs.into_iter().filter_map(|(repair, mended)| Some((repair, mended?)))
}

/// The repair of a text that is no date of the declared formats.
pub(crate) fn date(text: &str) -> Option<(Repair, NaiveDate)> {
    let bare = width::bare(text);
    roc_date(&bare)
        .map(|date| (Repair::RocYears, date))
        .or_else(|| serial_date(&bare).map(|date| (Repair::SerialDates, date)))
}

/// Without what nobody sees.
fn seen(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let unseen = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{00AD}' | '\u{202A}'..='\u{202E}');
    let wide = |c: char| matches!(c, '\u{00A0}' | '\u{2007}' | '\u{202F}' | '\u{3000}');
    let mended: String =
        text.chars().filter(|c| !unseen(*c)).map(|c| if wide(c) { ' ' } else { c }).collect();
    let mended = mended.trim();
    (mended != text).then(|| mended.to_owned())
}

/// Without readings: brackets behind a character of Chinese that hold Latin letters alone, one of them with a tone.
fn without_readings(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['(', '（']) {
        let (before, bracket) = rest.split_at(at);
        let close = bracket.find([')', '）']).unwrap_or(bracket.len());
        let inner = bracket.get(..close).unwrap_or_default().trim_start_matches(['(', '（']);
        let letters = inner.chars().all(|c| c.is_ascii_alphabetic() || c == ' ' || TONES.contains(c));
        let is_reading = letters && inner.chars().any(|c| TONES.contains(c));
        let behind = before.chars().next_back().or(mended.chars().next_back());
        let end =
            bracket.get(close..).and_then(|rest| rest.chars().next()).map_or(close, |c| close + c.len_utf8());
        let (bracket, after) = bracket.split_at(end);
        mended.push_str(before);
        if !(is_reading && behind.is_some_and(|c| ('\u{3400}'..='\u{9FFF}').contains(&c))) {
            mended.push_str(bracket);
        }
        rest = after;
    }
    mended.push_str(rest);
    (mended != text).then_some(mended)
}

/// Three digits of a year, or fewer behind 民國; a month; a day.
fn roc_date(bare: &str) -> Option<NaiveDate> {
    let (named, rest) = match bare.strip_prefix("民國").or_else(|| bare.strip_prefix("民国")) {
        Some(rest) => (true, rest),
        None => (false, bare),
    };
    let rest = rest.strip_suffix(['日', '號', '号']).unwrap_or(rest);
    let mut parts = rest.split(['/', '-', '.', '年', '月']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |part: &str, digits: usize| {
        (1..=digits).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_year = plain(year, 3) && (named || year.len() == 3);
    if parts.next().is_some() || !is_year || !plain(month, 2) || !plain(day, 2) {
        return None;
    }
    let year: i32 = year.parse().ok().filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(ROC_EPOCH + year, month.parse().ok()?, day.parse().ok()?)
}

/// A day as Excel counts it from 1900.
fn serial_date(bare: &str) -> Option<NaiveDate> {
    let serial: u64 = bare.parse().ok().filter(|serial| SERIALS.contains(serial))?;
    // Excel counts a 29 February 1900 that never was.
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(serial))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_of_the_republic_and_serials_are_days() {
        for (text, day) in [
            ("114/3/5", Some((Repair::RocYears, "2025-03-05"))),
            ("１１４／０３／０５", Some((Repair::RocYears, "2025-03-05"))),
            ("民國114年3月5日", Some((Repair::RocYears, "2025-03-05"))),
            ("民國 99.12.31", Some((Repair::RocYears, "2010-12-31"))),
            ("112/02/29", None),
            ("14/3/5", None),
            ("114/3/5/6", None),
            ("000/1/1", None),
            ("2025/3/5", None),
            ("45721", Some((Repair::SerialDates, "2025-03-05"))),
            ("36526", Some((Repair::SerialDates, "2000-01-01"))),
            ("90", None),
            ("99999", None),
            ("", None),
        ] {
            let read = date(text).map(|(repair, day)| (repair, day.to_string()));
            assert_eq!(read, day.map(|(repair, day)| (repair, day.to_owned())), "{text}");
        }
    }

    #[test]
    fn readings_and_what_nobody_sees_are_taken_out() {
        for (text, repairs) in [
            ("城北區(qū)", vec![(Repair::Readings, "城北區")]),
            ("區（qū）公所（gōng suǒ）", vec![(Repair::Readings, "區公所")]),
            ("書法（一）", vec![]),
            ("AI(intro)", vec![]),
            ("課程(A)", vec![]),
            ("(qū", vec![]),
            ("r\u{200B}0001\u{FEFF}", vec![(Repair::Invisible, "r0001")]),
            ("r\u{A0}0001", vec![(Repair::Invisible, "r 0001")]),
            ("r0001", vec![]),
        ] {
            let made: Vec<_> = texts(text).collect();
            let repairs: Vec<_> = repairs.into_iter().map(|(r, text)| (r, text.to_owned())).collect();
            assert_eq!(made, repairs, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_repaired_needs_no_repair(text in "[a區qū()（）\u{200B}\u{A0} 1/]{0,12}") {
            for (repair, mended) in texts(&text) {
                let again = texts(&mended).find(|(again, _)| *again == repair);
                prop_assert!(again.is_none_or(|(_, text)| text.len() < mended.len()), "{text:?} {mended:?}");
            }
        }
    }
}
