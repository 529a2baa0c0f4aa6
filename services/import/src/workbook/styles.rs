//! How a number cell looks, as far as it tells what the number is: a date, a time, an id with zeros before it.

use super::fault::Fault;
use super::xml::{Step, Xml};
use std::collections::HashMap;

/// The most cell formats, that of Excel itself; and the most number formats (our own default).
const MAX_FORMATS: usize = 65_536;
const MAX_CODES: usize = 5_000;
/// The most zeros before a number: with more digits its last ones are lost anyway.
const MAX_PADDING: usize = 15;

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A number.
    General,
    /// A number with zeros before it, up to so many digits: `0000`.
    Padded(u8),
    /// A date, or a time of day.
    Moment {
        /// Whether a day is in it.
        has_day: bool,
    },
    /// Hours that go on past 24: `[h]:mm`.
    Elapsed,
    /// In a way that is not followed: as a unit of its own, or with text beside zeros that fill up.
    Unclear,
}

impl Look {
    /// The look of a format that programs know by number (ECMA-376-1 18.8.30, with those of 繁體 and 简体中文).
    fn built_in(number: u32) -> Look {
        match number {
            14..=17 | 22 | 27..=31 | 36 | 50 | 51 | 54 | 57 | 58 => Look::Moment { has_day: true },
            18..=21 | 32..=35 | 45 | 47 | 52 | 53 | 55 | 56 => Look::Moment { has_day: false },
            46 => Look::Elapsed,
            _ => Look::General,
        }
    }

    /// The look of a format's code, by its first section.
    fn of_code(code: &str) -> Look {
        let mut letters = String::new();
        let mut characters = code.chars();
        let (mut is_elapsed, mut is_short, mut adds_text) = (false, false, false);
        while let Some(character) = characters.next() {
            match character {
                ';' => break,
                '"' => {
                    let text: String = characters.by_ref().take_while(|c| *c != '"').collect();
                    adds_text |= !text.trim().is_empty();
                }
                // What follows is itself.
                '\\' => adds_text |= characters.next().is_some_and(|c| !c.is_whitespace()),
                // What follows is a width, or filled up with.
                '_' | '*' => {
                    characters.next();
                }
                '[' => {
                    let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
                    let inside = inside.to_ascii_lowercase();
                    let is_of =
                        |units: &[char]| !inside.is_empty() && inside.chars().all(|c| units.contains(&c));
                    is_elapsed |= is_of(&['h']);
                    is_short |= is_of(&['m']) || is_of(&['s']);
                }
                _ => letters.push(character.to_ascii_lowercase()),
            }
        }
        if is_elapsed {
            return Look::Elapsed;
        }
        if is_short {
            return Look::Unclear;
        }
        let letters = letters.trim();
        if letters == "general" {
            return Look::General;
        }
        let is_of_a_number = |c: char| matches!(c, '0' | '#' | '?' | ',' | '.' | '%' | ' ' | 'e' | '+' | '-');
        let is_plain = letters.chars().all(is_of_a_number) && !letters.trim_start_matches('-').contains("0-");
        let is_date = letters.contains(['y', 'd', 'h', 's', 'm']);
        // Zeros that fill up, and something besides: what a clerk sees is neither the number nor a padded one.
        if letters.matches('0').count() >= 2 && !is_date && (adds_text || !is_plain) {
            return Look::Unclear;
        }
        let is_padding = (2..=MAX_PADDING).contains(&letters.len()) && letters.bytes().all(|b| b == b'0');
        if let (true, Ok(width)) = (is_padding, u8::try_from(letters.len())) {
            return Look::Padded(width);
        }
        // An e is a year of an era, unless a sign behind it makes it an exponent.
        let is_era = letters.split('e').skip(1).any(|behind| !behind.starts_with(['+', '-']));
        let has_time = letters.contains(['h', 's']);
        let has_day = letters.contains(['y', 'd']) || is_era || letters.contains('m') && !has_time;
        if has_day || has_time { Look::Moment { has_day } } else { Look::General }
    }
}

/// The looks of the workbook's cell formats, by number.
#[derive(Debug, Default)]
pub(super) struct Styles {
    looks: Vec<Look>,
}

impl Styles {
    /// Reads `styles.xml`.
    pub(super) fn read(mut xml: Xml<'_>) -> Result<Styles, Fault> {
        let mut codes = HashMap::new();
        let mut styles = Styles::default();
        let (mut is_in_formats, mut outside) = (false, 0);
        loop {
            match xml.next()? {
                Step::Start => match xml.tag() {
                    "numFmt" => {
                        let number = xml.attribute("numFmtId")?.and_then(|number| number.parse::<u32>().ok());
                        let code = xml.attribute("formatCode")?;
                        if let (Some(number), Some(code), true) = (number, code, codes.len() < MAX_CODES) {
                            codes.insert(number, Look::of_code(&code));
                        }
                    }
                    "cellXfs" => {
                        is_in_formats = true;
                        outside = xml.depth() - 1;
                    }
                    "xf" if is_in_formats => {
                        let number = xml.attribute("numFmtId")?.and_then(|number| number.parse().ok());
                        let look = number.map_or(Look::General, |number| {
                            codes.get(&number).copied().unwrap_or_else(|| Look::built_in(number))
                        });
                        if styles.looks.len() == MAX_FORMATS {
                            return Err(xml.damaged());
                        }
                        styles.looks.push(look);
                    }
                    _ => {}
                },
                Step::End => is_in_formats &= xml.depth() > outside,
                Step::Text => {}
                Step::Eof => return Ok(styles),
            }
        }
    }

    /// The look of a cell format.
    pub(super) fn look(&self, format: Option<&str>) -> Look {
        let number = format.and_then(|format| format.parse::<usize>().ok()).unwrap_or(0);
        self.looks.get(number).copied().unwrap_or(Look::General)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_tell_dates_from_numbers() {
        let (day, time) = (Look::Moment { has_day: true }, Look::Moment { has_day: false });
        for (code, expected) in [
            ("General", Look::General),
            ("0.00", Look::General),
            ("0", Look::General),
            ("#,##0 \"days\"", Look::General),
            ("0.00E+00", Look::General),
            ("[Red]0.0;[Blue]-0.0", Look::General),
            ("0\\d", Look::General),
            ("0000", Look::Padded(4)),
            ("\"S\"0000", Look::Unclear),
            ("0000-000-000", Look::Unclear),
            ("\\S0000", Look::Unclear),
            ("#,##0.00", Look::General),
            ("0.00_ ", Look::General),
            ("0.0%", Look::General),
            ("[m]", Look::Unclear),
            ("[mm]:ss", Look::Unclear),
            ("yyyy/m/d", day),
            ("yyyy\"年\"m\"月\"d\"日\";@", day),
            ("[$-404]e/m/d", day),
            ("[$-404]e\"年\"m\"月\"d\"日\"", day),
            ("mmm", day),
            ("h:mm AM/PM", time),
            ("上午/下午hh\"時\"mm\"分\"", time),
            ("yyyy-mm-dd hh:mm", day),
            ("[h]:mm", Look::Elapsed),
        ] {
            assert_eq!(Look::of_code(code), expected, "{code}");
        }
    }
}
