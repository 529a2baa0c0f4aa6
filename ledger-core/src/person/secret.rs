//! Text that is not shown.

use std::fmt;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Text of a person. It is compared and read where it must be ([`Secret::expose`]); nothing prints it, and its memory is
/// wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes text over; no copy is made, so that wiping this wipes the text.
    #[must_use]
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How it would be written in half-width capitals without spaces.
    pub(super) fn canonical(&self) -> Secret {
        let folded = self.0.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase);
        // Room for all of it at once: growing would leave copies behind.
        let mut text = String::with_capacity(self.0.len().saturating_mul(4));
        text.extend(folded);
        Secret::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("11010519491231002X".to_owned())), "…");
    }
}
