//! Cells of text that a spreadsheet would take for a formula (CWE-1236). A formula is never evaluated nor recorded: what it
//! would show is not in the file, and a text that looks like one would act in whatever it is exported to.

use crate::expression::{Flaw, width};
use crate::reason;
use std::borrow::Cow;

/// The text of a cell. `="0001"`, with which Excel is told to leave zeros alone, is the text 0001.
///
/// # Errors
/// `IMPORT_ACTIVE_CONTENT`: the cell is a formula.
pub(super) fn text(cell: &str) -> Result<Cow<'_, str>, Flaw> {
    if let Some(quoted) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        let bare = quoted.replace("\"\"", "");
        if !bare.contains('"') && !is_formula(quoted) {
            return Ok(Cow::Owned(quoted.replace("\"\"", "\"").trim().to_owned()));
        }
    }
    if !is_formula(cell) {
        return Ok(Cow::Borrowed(cell));
    }
    Err(Flaw::of_import(
        reason::IMPORT_ACTIVE_CONTENT,
        "這一格是公式，不是文字；請改填它的值（複製後「選擇性貼上 → 值」）。若只是要保留前面的 0，請把格式改為「文字」。\
         The cell is a formula: put its value there (paste special, values). To keep leading zeros, format it as text.",
    ))
}

/// Whether a text looks like a formula: whatever begins with an equals sign; and behind another sign that begins one, a
/// call (`@SUM(`), or the bar of a link to a program (`+cmd|`).
fn is_formula(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let (sign, rest) = text.split_at(first.len_utf8());
    // Full-width signs act too, once a spreadsheet has made them narrow.
    let sign = width::bare(sign);
    if sign == "=" {
        return true;
    }
    if !matches!(sign.as_ref(), "+" | "-" | "@") {
        return false;
    }
    // A function has a letter in its name, where a telephone number has digits before its bracket.
    let is_word = |c: &char| c.is_ascii_alphanumeric() || *c == '.' || *c == '_';
    let named = |before: &str| before.chars().rev().take_while(is_word).any(|c| c.is_ascii_alphabetic());
    let calls = rest.match_indices('(').any(|(at, _)| named(&rest[..at]));
    let joins = rest.match_indices(['|', '!']).any(|(at, sign)| {
        rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '\'')
            && rest[at + sign.len()..]
                .starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '\'' | '$'))
    });
    calls || joins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_texts() {
        for (cell, expected) in [
            ("r0001", Some("r0001")),
            ("=\"0001\"", Some("0001")),
            ("=\"say \"\"so\"\"\"", Some("say \"so\"")),
            ("-5", Some("-5")),
            ("+886 2 1234", Some("+886 2 1234")),
            ("+1.5", Some("+1.5")),
            ("+886(0)912-345-678", Some("+886(0)912-345-678")),
            ("-很好!", Some("-很好!")),
            ("+1|備註", Some("+1|備註")),
            ("+名單!A1", None),
            ("@home", Some("@home")),
            ("－（備註）", Some("－（備註）")),
            ("-AI（補課）", Some("-AI（補課）")),
            ("", Some("")),
            ("1+1=2", Some("1+1=2")),
            ("=1+1", None),
            ("=", None),
            ("＝1+1", None),
            ("= HYPERLINK(\"http://x.test\")", None),
            ("=\"a\"&\"b\"", None),
            ("=\"=1+1\"", None),
            ("@SUM(A1:A9)", None),
            ("+cmd|' /C calc'!A0", None),
            ("-2+3+cmd|' /C calc'!A0", None),
            ("+Sheet2!A1", None),
        ] {
            assert_eq!(text(cell).ok().as_deref(), expected, "{cell}");
        }
    }
}
