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

/// Text that no spreadsheet program takes for a formula: one that begins with `=`, `+`, `-`, `@`, a tab, a line end, or
/// the full-width forms that some programs fold into them, gets an apostrophe in front (OWASP, CSV injection). Controls
/// that would break a row become spaces.
#[must_use]
pub fn plain_text(text: &str) -> Cow<'_, str> {
    let begins_a_formula = text
        .trim_start_matches(' ')
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if !begins_a_formula && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    Cow::Owned(if begins_a_formula { std::iter::once('\'').chain(clean).collect() } else { clean.collect() })
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
        for text in ["", "講座", "1.2", "a=b", "第一項 - 講座", "'=1"] {
            assert_eq!(plain_text(text), text);
        }
        assert_eq!(plain_text("一\n二"), "一 二");
    }
}
