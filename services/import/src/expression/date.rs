//! Dates as sheets write them, in formats that the mapping declares. Nothing is guessed: 03/04/2024 is a date only
//! where the mapping says whether the month comes first.

use super::{Flaw, width};
use chrono::NaiveDate;
use ledger_core::Reason;

/// Year 1 of the Republic (民國元年) is 1912.
const ROC_EPOCH: i32 = 1911;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    RocYear,
    Month,
    Day,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A number of so many digits.
    Number {
        part: Part,
        least: usize,
        most: usize,
    },
    Literal(char),
}

/// A date format: `YYYY`, `ROC` (民國 year), `MM` or `M`, `DD` or `D`, and what stands between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DateFormat {
    written: String,
    tokens: Vec<Token>,
}

/// A date read from a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadDate {
    pub(crate) date: NaiveDate,
    /// Whether its year was of the Republic; the verdict shows what it was made to.
    pub(crate) from_roc: bool,
}

impl DateFormat {
    /// Parses a format. White space in it, as in the dates, does not count.
    ///
    /// # Errors
    /// The sentence that tells what to mend.
    pub(crate) fn parse(written: &str) -> Result<DateFormat, String> {
        const WORDS: [(&str, Part, usize, usize); 6] = [
            ("YYYY", Part::Year, 4, 4),
            ("ROC", Part::RocYear, 1, 3),
            ("MM", Part::Month, 2, 2),
            ("DD", Part::Day, 2, 2),
            ("M", Part::Month, 1, 2),
            ("D", Part::Day, 1, 2),
        ];
        let bare = width::bare(written);
        let mut rest: &str = &bare;
        let mut tokens = Vec::new();
        while let Some(first) = rest.chars().next() {
            if let Some((word, part, least, most)) = WORDS.into_iter().find(|word| rest.starts_with(word.0)) {
                tokens.push(Token::Number { part, least, most });
                rest = &rest[word.len()..];
            } else {
                tokens.push(Token::Literal(first));
                rest = &rest[first.len_utf8()..];
            }
        }
        let count = |wanted: &[Part]| {
            tokens.iter().filter(|t| matches!(t, Token::Number { part, .. } if wanted.contains(part))).count()
        };
        if [&[Part::Year, Part::RocYear][..], &[Part::Month], &[Part::Day]].iter().any(|w| count(w) != 1) {
            return Err(format!(
                "日期格式「{written}」須有一個年（YYYY 或 ROC）、一個月（MM 或 M）、一個日（DD 或 D）。\
                 A date format has one year (YYYY or ROC), one month (MM or M) and one day (DD or D)."
            ));
        }
        for index in 1..tokens.len() {
            if let [Token::Number { part, least, most }, Token::Number { .. }] =
                &mut tokens[index - 1..=index]
                && least != most
            {
                if *part != Part::RocYear {
                    return Err(format!(
                        "日期格式「{written}」的 M、D 後面沒有分隔，請改用 MM、DD。\
                         In \"{written}\" nothing divides M or D from what follows: use MM and DD."
                    ));
                }
                *least = 3;
            }
        }
        Ok(DateFormat { written: written.to_owned(), tokens })
    }

    /// The same for formats that read the same texts, whichever part is which: `M/D/YYYY` and `D/M/YYYY`.
    pub(crate) fn shape(&self) -> String {
        let letter = |token: &Token| match token {
            Token::Number { part: Part::Year, .. } => 'Y',
            Token::Number { part: Part::RocYear, .. } => 'R',
            Token::Number { .. } => '0',
            Token::Literal(c) => *c,
        };
        self.tokens.iter().map(letter).collect()
    }

    /// The format as the mapping wrote it.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// Year, month and day, where the text is of this format; they may be no day of the calendar.
    fn read(&self, bare: &str) -> Option<(i32, u32, u32, bool)> {
        let (mut year, mut month, mut day, mut from_roc) = (0, 0, 0, false);
        let mut rest = bare;
        for token in &self.tokens {
            match token {
                Token::Literal(c) => rest = rest.strip_prefix(*c)?,
                Token::Number { part: Part::RocYear, .. } if rest.starts_with('元') => {
                    (year, from_roc) = (ROC_EPOCH + 1, true);
                    rest = rest.strip_prefix('元')?;
                }
                Token::Number { part, least, most } => {
                    let digits = rest.bytes().take(*most).take_while(u8::is_ascii_digit).count();
                    let (number, after) = rest.split_at_checked(digits).filter(|_| digits >= *least)?;
                    let number: u16 = number.parse().ok()?;
                    rest = after;
                    match part {
                        Part::Year => year = i32::from(number),
                        // Year 0 of the Republic never was: it must not pass as 1911.
                        Part::RocYear if number == 0 => from_roc = true,
                        Part::RocYear => (year, from_roc) = (ROC_EPOCH + i32::from(number), true),
                        Part::Month => month = u32::from(number),
                        Part::Day => day = u32::from(number),
                    }
                }
            }
        }
        rest.is_empty().then_some((year, month, day, from_roc))
    }
}

/// Reads a date by the first format that fits.
///
/// # Errors
/// `DATE_FORMAT` where none fits, `DATE_NOT_IN_CALENDAR` where one fits and there is no such day.
pub(crate) fn read(text: &str, formats: &[DateFormat]) -> Result<ReadDate, Flaw> {
    let bare = width::bare(text);
    let Some((year, month, day, from_roc)) = formats.iter().find_map(|format| format.read(&bare)) else {
        let declared: Vec<&str> = formats.iter().map(DateFormat::written).collect();
        return Err(undeclared(text, &declared.join("、")));
    };
    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| year >= 1);
    date.map(|date| ReadDate { date, from_roc }).ok_or_else(|| {
        Flaw::new(
            Reason::DateNotInCalendar,
            format!("「{text}」不是曆上的日子，請查對。The calendar has no \"{text}\": check it."),
        )
    })
}

/// The flaw of a date in a notation that was not declared.
pub(crate) fn undeclared(text: &str, declared: &str) -> Flaw {
    Flaw::new(
        Reason::DateFormat,
        format!(
            "「{text}」不是宣告過的日期格式（{declared}），請改日期，或在對照檔的 formats 加上這種格式。\
             \"{text}\" is in none of the declared formats ({declared}): mend the date, or declare its format."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str, formats: &[&str]) -> Result<String, &'static str> {
        let formats: Vec<_> = formats.iter().map(|f| DateFormat::parse(f).unwrap()).collect();
        read(text, &formats).map(|read| read.date.to_string()).map_err(|flaw| flaw.reason)
    }

    #[test]
    fn declared_notations_are_read_and_others_are_not_guessed() {
        let roc: &[&str] = &["民國ROC年M月D日", "ROC/MM/DD", "ROCMMDD"];
        let common: &[&str] = &["YYYY-MM-DD", "YYYY/M/D", "YYYY年M月D日"];
        let table = [
            ("民國113年5月31日", roc, Ok("2024-05-31")),
            ("民國 113 年 05 月 31 日", roc, Ok("2024-05-31")),
            ("民國元年1月1日", roc, Ok("1912-01-01")),
            ("113/05/31", roc, Ok("2024-05-31")),
            ("１１３／０５／３１", roc, Ok("2024-05-31")),
            ("99/01/02", roc, Ok("2010-01-02")),
            ("1130531", roc, Ok("2024-05-31")),
            ("0990531", roc, Ok("2010-05-31")),
            ("990531", roc, Err("DATE_FORMAT")),
            ("113/5/31", roc, Err("DATE_FORMAT")),
            ("113.05.31", roc, Err("DATE_FORMAT")),
            ("2024/05/31", roc, Err("DATE_FORMAT")),
            ("民國113年2月30日", roc, Err("DATE_NOT_IN_CALENDAR")),
            ("112/02/29", roc, Err("DATE_NOT_IN_CALENDAR")),
            ("0/01/01", roc, Err("DATE_NOT_IN_CALENDAR")),
            ("113/13/01", roc, Err("DATE_NOT_IN_CALENDAR")),
            ("2024-02-29", common, Ok("2024-02-29")),
            ("2024/2/9", common, Ok("2024-02-09")),
            ("2024年12月3日", common, Ok("2024-12-03")),
            ("2023-02-29", common, Err("DATE_NOT_IN_CALENDAR")),
            ("0000-01-01", common, Err("DATE_NOT_IN_CALENDAR")),
            ("1900/2/29", common, Err("DATE_NOT_IN_CALENDAR")),
            ("46173", common, Err("DATE_FORMAT")),
            ("31/05/2024", common, Err("DATE_FORMAT")),
            ("2024-05-31 00:00", common, Err("DATE_FORMAT")),
            ("2024-5-31", common, Err("DATE_FORMAT")),
            ("二〇二四年五月一日", common, Err("DATE_FORMAT")),
            ("3/4/2024", &["D/M/YYYY"], Ok("2024-04-03")),
            ("3/4/2024", &["M/D/YYYY"], Ok("2024-03-04")),
        ];
        for (text, formats, expected) in table {
            assert_eq!(iso(text, formats), expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn formats_without_a_year_or_a_divider_are_refused() {
        for wrong in ["", "MM-DD", "YYYY-MM", "YYYY-MM-DD-D", "YYYY ROC M D", "YYYYMD", "yyyy-mm-dd"] {
            assert!(DateFormat::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn formats_that_would_read_the_same_text_share_a_shape() {
        let shape = |text| DateFormat::parse(text).unwrap().shape();
        assert_eq!(shape("M/D/YYYY"), shape("DD/MM/YYYY"));
        assert_ne!(shape("YYYY/M/D"), shape("ROC/M/D"));
    }
}
