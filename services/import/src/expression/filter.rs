//! Filters: `{course|lower}`, `{term|first:4}`, `{present|map:yes_no}`. One small change each, from left to right.

use super::Flaw;
use super::width::to_ascii;
use crate::reason;
use ledger_core::Reason;
use ledger_core::entry::Digest32;
use std::borrow::Cow;
use std::collections::HashMap;

/// The widest `pad` (our own default): the digits of a `u64`.
const MAX_PAD: usize = 20;
/// The most characters `first` and `last` take (our own default).
const MAX_TAKEN: usize = 1_000;

/// A `[map.NAME]` of the mapping: what a value of the sheet means.
#[derive(Debug, Clone)]
pub(crate) struct ValueMap {
    pub(crate) name: String,
    pub(crate) values: HashMap<String, String>,
}

/// One filter of a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    Lower,
    Upper,
    /// Lower-case letters and digits, all else a hyphen: an id.
    Slug,
    First(usize),
    Last(usize),
    /// Zeros before it up to so many characters.
    Pad(usize),
    Without(String),
    Before(String),
    After(String),
    Or(String),
    /// An index into the mapping's maps.
    Map(usize),
    Sha256,
}

impl Filter {
    /// Parses one filter, `name` or `name:argument`.
    ///
    /// # Errors
    /// The sentence that tells what to mend.
    pub(crate) fn parse(text: &str, maps: &HashMap<String, usize>) -> Result<Filter, String> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name.trim(), Some(argument)),
            None => (text.trim(), None),
        };
        let count = |most: usize| {
            argument.and_then(|a| a.trim().parse().ok()).filter(|n| (1..=most).contains(n)).ok_or_else(|| {
                format!(
                    "篩「{name}」要一個 1–{most} 的數，例如 {name}:4。{name} takes a number from 1 to {most}."
                )
            })
        };
        let plain = |filter: Filter| match argument {
            None => Ok(filter),
            Some(_) => Err(format!("篩「{name}」不帶參數。{name} takes no argument.")),
        };
        let wanted_text = || {
            argument.filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(|| {
                format!("篩「{name}」要一段文字，例如 {name}:小時。{name} takes a text behind a colon.")
            })
        };
        match name {
            "lower" => plain(Filter::Lower),
            "upper" => plain(Filter::Upper),
            "slug" => plain(Filter::Slug),
            "sha256" => plain(Filter::Sha256),
            "first" => count(MAX_TAKEN).map(Filter::First),
            "last" => count(MAX_TAKEN).map(Filter::Last),
            "pad" => count(MAX_PAD).map(Filter::Pad),
            "or" => wanted_text().map(Filter::Or),
            "without" => wanted_text().map(Filter::Without),
            "before" => wanted_text().map(Filter::Before),
            "after" => wanted_text().map(Filter::After),
            "map" => {
                let wanted = argument.unwrap_or_default().trim();
                maps.get(wanted).copied().map(Filter::Map).ok_or_else(|| {
                    format!("沒有 [map.{wanted}]，請加上或改名。There is no [map.{wanted}]: add it, or mend the name.")
                })
            }
            _ => Err(format!(
                "沒有「{name}」這個篩；有 lower、upper、slug、first、last、pad、without、before、after、or、map、sha256。\
                 There is no filter \"{name}\"."
            )),
        }
    }

    /// Applies the filter. An empty value stays empty but for `or`, so that a blank cell is not taken for a value.
    ///
    /// # Errors
    /// `VALUE_NOT_MAPPED`, or `FIELD_INVALID` where nothing is left for an id.
    pub(crate) fn apply<'t>(&self, text: Cow<'t, str>, maps: &[ValueMap]) -> Result<Cow<'t, str>, Flaw> {
        if text.is_empty() {
            return Ok(match self {
                Filter::Or(instead) => Cow::Owned(instead.clone()),
                _ => text,
            });
        }
        Ok(match self {
            Filter::Lower => Cow::Owned(text.to_lowercase()),
            Filter::Upper => Cow::Owned(text.to_uppercase()),
            Filter::Slug => Cow::Owned(slug(&text)?),
            Filter::First(n) => match text.char_indices().nth(*n) {
                Some((end, _)) => Cow::Owned(text[..end].to_owned()),
                None => text,
            },
            Filter::Last(n) => match text.char_indices().rev().nth(n - 1) {
                Some((start, _)) => Cow::Owned(text[start..].to_owned()),
                None => text,
            },
            Filter::Pad(width) => Cow::Owned(format!("{text:0>width$}", width = *width)),
            Filter::Without(unwanted) => Cow::Owned(text.replace(unwanted.as_str(), "").trim().to_owned()),
            Filter::Before(sign) => match text.split_once(sign.as_str()) {
                Some((before, _)) => Cow::Owned(before.trim().to_owned()),
                None => text,
            },
            Filter::After(sign) => match text.split_once(sign.as_str()) {
                Some((_, after)) => Cow::Owned(after.trim().to_owned()),
                None => Cow::Borrowed(""),
            },
            Filter::Or(_) => text,
            Filter::Map(index) => Cow::Owned(mapped(&text, maps.get(*index))?),
            Filter::Sha256 => Cow::Owned(Digest32::of(text.as_bytes()).to_string()),
        })
    }
}

fn slug(text: &str) -> Result<String, Flaw> {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars().map(|c| to_ascii(c).unwrap_or(c)) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    if slug.is_empty() {
        return Err(Flaw::new(
            Reason::FieldInvalid,
            format!(
                "「{text}」沒有英文字母或數字，不能當代碼；請在對照檔用 [map.…] 給它一個。\
                 \"{text}\" has no letter or digit to make an id of: give it one with a [map.…]."
            ),
        ));
    }
    Ok(slug)
}

fn mapped(text: &str, map: Option<&ValueMap>) -> Result<String, Flaw> {
    let name = map.map_or("", |map| map.name.as_str());
    map.and_then(|map| map.values.get(text)).cloned().ok_or_else(|| {
        Flaw::of_import(
            reason::VALUE_NOT_MAPPED,
            format!(
                "[map.{name}] 沒有「{text}」，請改正這一格，或在對照檔加上它。\
                 [map.{name}] does not list \"{text}\": mend the cell, or add it to the mapping."
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(filter: &str, text: &str) -> Result<String, &'static str> {
        let values = HashMap::from([("是".to_owned(), "yes".to_owned())]);
        let maps = [ValueMap { name: "yes_no".to_owned(), values }];
        let filter = Filter::parse(filter, &HashMap::from([("yes_no".to_owned(), 0)])).unwrap();
        filter.apply(Cow::Borrowed(text), &maps).map(Cow::into_owned).map_err(|flaw| flaw.reason)
    }

    #[test]
    fn filters_change_one_thing_each() {
        let table = [
            ("lower", "AAA", Ok("aaa")),
            ("upper", "abc", Ok("ABC")),
            ("slug", "Day 1 / Hall（2）", Ok("day-1-hall-2")),
            ("slug", "書法", Err("FIELD_INVALID")),
            ("first:4", "2013J", Ok("2013")),
            ("first:2", "書法班", Ok("書法")),
            ("first:9", "short", Ok("short")),
            ("last:1", "2013J", Ok("J")),
            ("last:9", "short", Ok("short")),
            ("pad:8", "28400", Ok("00028400")),
            ("pad:2", "28400", Ok("28400")),
            ("without:小時", "1.5 小時", Ok("1.5")),
            ("or:none", "", Ok("none")),
            ("or:none", "x", Ok("x")),
            ("map:yes_no", "是", Ok("yes")),
            ("map:yes_no", "否", Err("VALUE_NOT_MAPPED")),
            ("map:yes_no", "", Ok("")),
            ("pad:8", "", Ok("")),
            ("sha256", "abc", Ok("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ];
        for (filter, text, expected) in table {
            assert_eq!(apply(filter, text), expected.map(str::to_owned), "{text}|{filter}");
        }
    }

    #[test]
    fn unknown_filters_and_wrong_arguments_are_refused() {
        let none = HashMap::new();
        for wrong in [
            "shout",
            "first",
            "first:0",
            "first:x",
            "pad:21",
            "lower:1",
            "without",
            "or",
            "or:",
            "map:nothing",
            "map",
            "",
        ] {
            assert!(Filter::parse(wrong, &none).is_err(), "{wrong}");
        }
    }
}
