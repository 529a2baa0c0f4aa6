//! Names that people read, of organisations, courses, teams and codes. Names of people never enter the ledger; they take the
//! same characters ([`check`]).

use crate::{Reason, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name in code points (`RELIABILITY.md` §6).
pub const MAX_NAME_LENGTH: usize = 64;

/// A name as it was given, without characters that hide or reorder text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Parses a name; surrounding white space is dropped.
    ///
    /// # Errors
    /// `NAME_LENGTH`, `NAME_FORBIDDEN_CHAR` or `NAME_PRIVATE_USE`.
    pub fn parse(raw: &str, field: &str) -> Result<Name, Refusal> {
        check(raw, field).map(|name| Name(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name in some text, without the white space around it. What is refused is named by its code point, never as text.
///
/// # Errors
/// `NAME_LENGTH`, `NAME_FORBIDDEN_CHAR` or `NAME_PRIVATE_USE`.
pub(crate) fn check<'a>(raw: &'a str, field: &str) -> Result<&'a str, Refusal> {
    let name = raw.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_LENGTH {
        return Err(Refusal::field(
            Reason::NameLength,
            field,
            format!(
                "{field} 須有 1–{MAX_NAME_LENGTH} 個字。{field} takes 1 to {MAX_NAME_LENGTH} characters."
            ),
        ));
    }
    for c in name.chars() {
        if is_forbidden(c) {
            return Err(Refusal::field(
                Reason::NameForbiddenChar,
                field,
                format!(
                    "{field} 含有看不見或控制方向的字元 U+{:04X}，請重新輸入。\
                     {field} has the invisible or control character U+{:04X}: type it again.",
                    u32::from(c),
                    u32::from(c)
                ),
            ));
        }
        if is_private_use(c) {
            return Err(Refusal::field(
                Reason::NamePrivateUse,
                field,
                format!(
                    "{field} 含有造字區字元 U+{:04X}，各系統顯示不同，請改用正式編碼的字或拼音。\
                     {field} has the private-use character U+{:04X}: use an encoded character or pinyin.",
                    u32::from(c),
                    u32::from(c)
                ),
            ));
        }
    }
    Ok(name)
}

/// Controls, line ends, what nobody sees (`Default_Ignorable_Code_Point` but the variation selectors, which choose a
/// character's form), and code points that are no characters.
fn is_forbidden(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || matches!(
            code,
            0x00AD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180E | 0x200B..=0x200F
                | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFF
                | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE00FF | 0xE01F0..=0xE0FFF
        )
        || (0xFDD0..=0xFDEF).contains(&code)
        || code & 0xFFFE == 0xFFFE
}

fn is_private_use(c: char) -> bool {
    matches!(u32::from(c), 0xE000..=0xF8FF | 0xF_0000..=0x10_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hide_or_reorder_text_are_refused() {
        let reason = |raw: &str| Name::parse(raw, "display_name").unwrap_err().reason();
        assert_eq!(reason("   "), Reason::NameLength);
        assert_eq!(reason(&"社".repeat(65)), Reason::NameLength);
        assert_eq!(reason("社區\u{202E}學校"), Reason::NameForbiddenChar);
        assert_eq!(reason("社區\u{200B}學校"), Reason::NameForbiddenChar);
        assert_eq!(reason("社區\u{0007}"), Reason::NameForbiddenChar);
        assert_eq!(reason("社區\u{3164}"), Reason::NameForbiddenChar);
        assert_eq!(reason("社區\u{FDD0}"), Reason::NameForbiddenChar);
        assert_eq!(reason("社區\u{2FFFE}"), Reason::NameForbiddenChar);
        assert_eq!(reason("\u{E000}社區"), Reason::NamePrivateUse);
        assert_eq!(Name::parse("葛\u{E0100}城", "display_name").unwrap().as_str(), "葛\u{E0100}城");
        assert_eq!(Name::parse(" 城北社區學校 ", "display_name").unwrap().as_str(), "城北社區學校");
    }
}
