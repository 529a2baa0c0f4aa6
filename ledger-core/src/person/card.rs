//! What the directory keeps of an organisation: how it is known to the law, and how it is reached.

use super::contact::{Email, Phone};
use super::record::Malformed;
use super::secret::Secret;
use super::uscc::Uscc;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The bytes of every card, as [`super::RECORD_BYTES`].
const CARD_BYTES: usize = 384;

/// The form of the bytes.
const VERSION: u8 = 1;

/// An organisation's card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// Its unified social credit code.
    pub uscc: Option<Uscc>,
    /// Its telephone number, which may be that of somebody.
    pub phone: Option<Phone>,
    /// Its e-mail address, likewise.
    pub email: Option<Email>,
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    version: u8,
    uscc: &'a str,
    phone: &'a str,
    email: &'a str,
}

impl Card {
    /// Its bytes, to be sealed.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let wire = Wire {
            version: VERSION,
            uscc: self.uscc.as_ref().map_or("", Uscc::as_str),
            phone: self.phone.as_ref().map_or("", Phone::expose),
            email: self.email.as_ref().map_or("", Email::expose),
        };
        let mut bytes = Zeroizing::new(vec![0; CARD_BYTES]);
        // The parts have limits that fit in together.
        let written = postcard::to_slice(&wire, &mut bytes).is_ok();
        debug_assert!(written, "a card is longer than its bytes");
        bytes
    }

    /// The card of some bytes.
    ///
    /// # Errors
    /// Where they are no card.
    pub fn decode(bytes: &[u8]) -> Result<Card, Malformed> {
        let (wire, _) = postcard::take_from_bytes::<Wire<'_>>(bytes).map_err(|_| Malformed)?;
        if wire.version != VERSION {
            return Err(Malformed);
        }
        let given = |text: &str| (!text.is_empty()).then(|| Secret::new(text.to_owned()));
        let uscc = Some(wire.uscc).filter(|uscc| !uscc.is_empty()).map(Uscc::parse);
        Ok(Card {
            uscc: uscc.transpose().map_err(|_| Malformed)?,
            phone: given(wire.phone).map(Phone::parse).transpose().map_err(|_| Malformed)?,
            email: given(wire.email).map(Email::parse).transpose().map_err(|_| Malformed)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_survive_their_bytes() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let full = Card {
            uscc: Some(Uscc::parse("91350100M000100Y43").unwrap()),
            phone: Some(Phone::parse(secret("+86-0000-0000-0000")).unwrap()),
            email: Some(Email::parse(secret(&format!("{}@example.org", "a".repeat(242)))).unwrap()),
        };
        for card in [full, Card::default()] {
            assert_eq!(Card::decode(&card.encode()).unwrap(), card);
        }
        assert_eq!(Card::decode(&[9; CARD_BYTES]), Err(Malformed));
    }
}
