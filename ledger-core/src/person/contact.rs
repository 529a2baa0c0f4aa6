//! How a person is reached.

use super::secret::Secret;
use crate::{Reason, Refusal};

/// The longest e-mail address, in bytes (RFC 5321).
const LONGEST_EMAIL: usize = 254;

/// A telephone number: digits, with `+` in front where it names its country, and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(Secret);

impl Phone {
    /// Parses a number.
    ///
    /// # Errors
    /// `FIELD_INVALID`.
    pub fn parse(raw: Secret) -> Result<Phone, Refusal> {
        let text = raw.expose();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let body = text.strip_prefix('+').unwrap_or(text);
        let plain = body.bytes().all(|b| b.is_ascii_digit() || b == b'-') && text.len() <= 24;
        if plain && (5..=15).contains(&digits) {
            return Ok(Phone(raw));
        }
        Err(Refusal::field(
            Reason::FieldInvalid,
            "phone",
            "電話須為半形數字 5–15 位，可用 + 開頭和連字號。\
             A telephone number has 5 to 15 half-width digits, with + in front and hyphens where needed.",
        ))
    }

    /// The number.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// An e-mail address. Only what no address can do without is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(Secret);

impl Email {
    /// Parses an address.
    ///
    /// # Errors
    /// `FIELD_INVALID`.
    pub fn parse(raw: Secret) -> Result<Email, Refusal> {
        let text = raw.expose();
        let fits = match text.split_once('@') {
            Some((local, domain)) => {
                !local.is_empty()
                    && domain.contains('.')
                    && !domain.starts_with('.')
                    && !domain.ends_with('.')
                    && !domain.contains('@')
            }
            None => false,
        };
        if fits && text.len() <= LONGEST_EMAIL && text.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Email(raw));
        }
        Err(Refusal::field(
            Reason::FieldInvalid,
            "email",
            "電子郵件地址不合格式，例如 name@example.org。This is no e-mail address: write one like name@example.org.",
        ))
    }

    /// The address.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_nobody_is_refused() {
        let secret = |text: &str| Secret::new(text.to_owned());
        for good in ["+86-000-0000-0000", "02-0000-0000", "00000"] {
            assert_eq!(Phone::parse(secret(good)).unwrap().expose(), good);
        }
        for bad in
            ["", "1234", "０２００００００００", "02 0000 0000", "+86+1234567", "1234567890123456", "-----"]
        {
            assert_eq!(Phone::parse(secret(bad)).unwrap_err().reason(), Reason::FieldInvalid, "{bad}");
        }
        assert_eq!(Email::parse(secret("a@example.org")).unwrap().expose(), "a@example.org");
        for bad in
            ["", "a", "a@b", "@example.org", "a@b@example.org", "a b@example.org", "a@.org", "a@example."]
        {
            assert_eq!(Email::parse(secret(bad)).unwrap_err().reason(), Reason::FieldInvalid, "{bad}");
        }
    }
}
