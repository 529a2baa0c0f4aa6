//! Half-width forms. Input methods leave full-width digits and letters behind (１２３ＡＢＣ); an import takes them and
//! says so, where gRPC refuses them as `NOT_CANONICAL`.

use std::borrow::Cow;

/// The distance from a full-width character (U+FF01–U+FF5E) to its ASCII one.
const OFFSET: u32 = 0xFEE0;

/// The ASCII form of a full-width character.
pub(super) fn to_ascii(c: char) -> Option<char> {
    matches!(c, '\u{FF01}'..='\u{FF5E}').then(|| char::from_u32(u32::from(c) - OFFSET)).flatten()
}

fn to_ascii_alphanumeric(c: char) -> Option<char> {
    to_ascii(c).filter(char::is_ascii_alphanumeric)
}

/// Full-width letters and digits made half-width. Punctuation stays where there is other text about it, for a title
/// such as 書法（一） is right as it is; in １１３／０５／３１ it goes with the digits.
pub(crate) fn half_width(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| to_ascii_alphanumeric(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let narrow = if text.chars().all(|c| c.is_ascii() || to_ascii(c).is_some()) {
        to_ascii
    } else {
        to_ascii_alphanumeric
    };
    Cow::Owned(text.chars().map(|c| narrow(c).unwrap_or(c)).collect())
}

/// The same for numbers, dates and times: punctuation too, and no white space at all (１１３／０５／３１, 民國 113 年).
pub(crate) fn bare(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| !c.is_whitespace() && to_ascii(c).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !c.is_whitespace()).map(|c| to_ascii(c).unwrap_or(c)).collect())
}

/// A cell, a heading or a text of the mapping as they are compared: trimmed, letters and digits half-width.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    half_width(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_digits_become_half_width_and_titles_keep_their_brackets() {
        assert_eq!(clean("　Ｒ０００１ "), "R0001");
        assert_eq!(clean("書法（一）"), "書法（一）");
        assert_eq!(clean("ＡＩ入門：２班"), "AI入門：2班");
        assert_eq!(clean("１１３／０５／３１"), "113/05/31");
        assert!(matches!(clean(" plain "), Cow::Borrowed("plain")));
    }

    #[test]
    fn numbers_and_dates_lose_full_width_signs_and_spaces() {
        assert_eq!(bare("１１３／０５／３１"), "113/05/31");
        assert_eq!(bare("民國 113 年　5 月"), "民國113年5月");
        assert_eq!(bare("１．５"), "1.5");
        assert!(matches!(bare("2024-05-31"), Cow::Borrowed(_)));
    }
}
