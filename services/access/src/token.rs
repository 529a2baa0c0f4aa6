//! Bearer tokens: `cb_{ledger}_{credential}_{secret}`. Ids hold no underscore, so that the parts are told apart; the
//! beginning lets a scan of repositories find a token that was left lying about.

use crate::{Presented, Shown};
use ledger_core::access::Proof;
use ledger_core::entry::Digest32;
use ledger_core::id::{CredentialId, LedgerId};
use ledger_core::{Reason, Refusal};
use zeroize::Zeroizing;

const BEGINNING: &str = "cb_";

/// Bytes of a secret: 256 bits (`RELIABILITY.md` §5, threat 1).
const SECRET: usize = 32;

/// Bytes of the id of a credential: enough that none is met twice.
const ID: usize = 10;

/// A new token. It is shown once, and only its hash is kept.
pub struct Token {
    credential: CredentialId,
    secret: Zeroizing<[u8; SECRET]>,
}

impl Token {
    /// A token that nobody has.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub fn generate() -> Result<Token, Refusal> {
        let mut secret = Zeroizing::new([0; SECRET]);
        fill(secret.as_mut_slice())?;
        Ok(Token { credential: new_credential_id()?, secret })
    }

    /// The credential it stands for.
    #[must_use]
    pub fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// What is kept of it.
    #[must_use]
    pub fn proof(&self) -> Proof {
        Proof::Token(self.digest())
    }

    fn digest(&self) -> Digest32 {
        Digest32::of(self.secret.as_slice())
    }

    /// The token as its holder keeps it.
    #[must_use]
    pub fn reveal(&self, ledger: &LedgerId) -> Zeroizing<String> {
        let secret = Zeroizing::new(hex::encode(self.secret.as_slice()));
        Zeroizing::new(format!("{BEGINNING}{ledger}_{}_{}", self.credential, secret.as_str()))
    }
}

/// An id of a credential that no other has.
///
/// # Errors
/// Where the machine has no randomness.
pub fn new_credential_id() -> Result<CredentialId, Refusal> {
    let mut id = [0; ID];
    fill(&mut id)?;
    CredentialId::parse(&hex::encode(id))
}

fn fill(bytes: &mut [u8]) -> Result<(), Refusal> {
    getrandom::fill(bytes).map_err(|_| {
        Refusal::new(
            Reason::StorageUnavailable,
            "系統沒有亂數可用，請稍後再試。The machine has no randomness at hand: try again shortly.",
        )
    })
}

impl Presented {
    /// A bearer token, if it has the form of one.
    #[must_use]
    pub fn token(text: &str) -> Option<Presented> {
        let mut parts = text.strip_prefix(BEGINNING)?.split('_');
        let (ledger, credential, secret) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || secret.len() != 2 * SECRET {
            return None;
        }
        // One secret has one form.
        if secret.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut bytes = Zeroizing::new([0; SECRET]);
        hex::decode_to_slice(secret, bytes.as_mut_slice()).ok()?;
        Some(Presented {
            ledger: LedgerId::parse(ledger).ok()?,
            credential: CredentialId::parse(credential).ok()?,
            shown: Shown::Token(Digest32::of(bytes.as_slice())),
            until: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_no_other_text_is() {
        let ledger = LedgerId::parse("wen-jiang").unwrap();
        let token = Token::generate().unwrap();
        let text = token.reveal(&ledger);
        let presented = Presented::token(&text).unwrap();
        assert_eq!((&presented.ledger, &presented.credential), (&ledger, token.credential()));
        assert_eq!(presented.shown, Shown::Token(token.digest()));
        for cut in 0..text.len() {
            assert_eq!(Presented::token(&text[..cut]), None, "{cut}");
        }
        for bad in [text.to_uppercase(), format!("{}0", *text), format!(" {}", *text), format!("{}_", *text)]
        {
            assert_eq!(Presented::token(&bad), None);
        }
    }

    #[test]
    fn no_two_tokens_are_alike() {
        let (a, b) = (Token::generate().unwrap(), Token::generate().unwrap());
        assert_ne!(a.credential(), b.credential());
        assert_ne!(a.proof(), b.proof());
    }
}
