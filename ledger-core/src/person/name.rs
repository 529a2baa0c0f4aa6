//! Names of people.

use super::secret::Secret;
use crate::Refusal;
use crate::name::check;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A person's name as it was given, without characters that hide or reorder text. It is never changed: of two ways to
/// encode one name (a CJK compatibility ideograph, an accent apart) both are kept as they came, and only compared as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Secret);

impl Name {
    /// Parses a name; surrounding white space is dropped.
    ///
    /// # Errors
    /// `NAME_LENGTH`, `NAME_FORBIDDEN_CHAR` or `NAME_PRIVATE_USE`.
    pub fn parse(raw: &Secret, field: &str) -> Result<Name, Refusal> {
        check(raw.expose(), field).map(|name| Name(Secret::new(name.to_owned())))
    }

    /// The name.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether another is the same name, however it is encoded. 台 and 臺, 简 and 繁 stay apart: no normalisation makes
    /// them one.
    #[must_use]
    pub fn is_same(&self, other: &Name) -> bool {
        let normal = |name: &Name| Zeroizing::new(name.expose().nfc().collect::<String>());
        normal(self) == normal(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    fn name(raw: &str) -> Result<Name, Refusal> {
        Name::parse(&Secret::new(raw.to_owned()), "name")
    }

    #[test]
    fn a_name_is_kept_as_it_came_and_compared_by_its_normal_form() {
        // U+F90A is 金 (U+91D1) under NFC.
        let (raw, usual) = (name(" \u{F90A}一 ").unwrap(), name("金一").unwrap());
        assert_eq!(raw.expose(), "\u{F90A}一");
        assert!(raw.is_same(&usual) && raw != usual);
        assert!(!name("台一").unwrap().is_same(&name("臺一").unwrap()));
        assert_eq!(format!("{raw:?}"), "Name(…)");
    }

    #[test]
    fn a_name_that_hides_something_is_refused() {
        for (raw, reason) in [
            ("居民\u{202E}一", Reason::NameForbiddenChar),
            ("居民\u{200B}一", Reason::NameForbiddenChar),
            ("\u{E000}一", Reason::NamePrivateUse),
            (" ", Reason::NameLength),
            (&"居".repeat(65), Reason::NameLength),
        ] {
            assert_eq!(name(raw).unwrap_err().reason(), reason);
        }
    }
}
