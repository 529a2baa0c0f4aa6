//! Cells that a spreadsheet program shows as they are.

use std::borrow::Cow;

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Text; never a formula.
    Text(&'a str),
    /// A count, minutes or a position.
    Number(u64),
    /// Nothing.
    Empty,
}

/// What a formula begins with; the full-width forms are folded into the others by some programs.
const BEGINS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Where some programs begin a cell: those of countries that write a comma in decimals split at `;`, others at tabs.
fn splits(c: char) -> bool {
    c == ';' || c.is_control()
}

/// Whether some program would take what stands here for a formula, once it took blanks and quotes away.
fn begins_a_formula(text: &str) -> bool {
    text.trim_start_matches(|c: char| c == '"' || c.is_whitespace() && !c.is_control()).starts_with(BEGINS)
}

/// Text that no spreadsheet program takes for a formula: an apostrophe stands in front of what begins with `=`, `+`, `-`,
/// `@`, a tab or a line end (OWASP, CSV injection), and also behind each `;`, tab and line end in it, where a program may
/// begin a cell. Controls, which would break a row, become spaces.
#[must_use]
pub fn plain_text(text: &str) -> Cow<'_, str> {
    let mut after_split = text.match_indices(splits).map(|(at, split)| &text[at + split.len()..]);
    let harmless = !begins_a_formula(text) && !after_split.any(begins_a_formula);
    if harmless && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    if begins_a_formula(text) || text.starts_with(['\t', '\r', '\n']) {
        plain.push('\'');
    }
    for (at, c) in text.char_indices() {
        plain.push(if c.is_control() { ' ' } else { c });
        if splits(c) && begins_a_formula(&text[at + c.len_utf8()..]) {
            plain.push('\'');
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_begins_like_a_formula() {
        for text in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "=cmd|' /C calc'!A0"]
        {
            assert!(plain_text(text).starts_with('\''), "{text:?} → {:?}", plain_text(text));
        }
        for (text, plain) in [
            ("甲;=1", "甲;'=1"),
            ("甲; \"=1", "甲;' \"=1"),
            ("甲\t+1;乙\n-1", "甲 '+1;乙 '-1"),
            ("\"=1\"", "'\"=1\""),
        ] {
            assert_eq!(plain_text(text), plain);
        }
        for text in ["甲;乙", "", "講座", "1.2", "a=b", "第一項 - 講座", "'=1"] {
            assert_eq!(plain_text(text), text);
        }
        assert_eq!(plain_text("一\n二"), "一 二");
    }
}
