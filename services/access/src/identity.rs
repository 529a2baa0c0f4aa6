//! Identities that an issuer vouches for. Neither issuer nor subject is kept, only the SHA-256 of both.

use ledger_core::access::Proof;
use ledger_core::entry::Digest32;
use ledger_core::id::CredentialId;
use ledger_core::{Reason, Refusal};

/// The longest issuer or subject, in bytes (OpenID Connect Core 1.0 §2 allows a subject 255 characters of ASCII).
const LONGEST: usize = 255;

/// Hexadecimal digits of the digest in the id of the credential: 80 bits, so that none is met twice.
const ID_DIGITS: usize = 20;

/// Somebody whom an issuer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    credential: CredentialId,
    digest: Digest32,
}

impl Identity {
    /// Of a subject of an issuer.
    ///
    /// # Errors
    /// `FIELD_INVALID` where one is empty, longer than 255 bytes, or has a control character: those divide the two.
    pub fn of(issuer: &str, subject: &str) -> Result<Identity, Refusal> {
        for (field, text) in [("issuer", issuer), ("subject", subject)] {
            if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    field,
                    format!(
                        "{field} 須有 1 到 {LONGEST} 個位元組，不含控制字元。\
                         {field} takes 1 to {LONGEST} bytes without control characters."
                    ),
                ));
            }
        }
        let digest = Digest32::of(format!("{issuer}\n{subject}").as_bytes());
        let digits = hex::encode(digest.0);
        let credential = CredentialId::parse(&format!("oidc-{}", &digits[..ID_DIGITS]))?;
        Ok(Identity { credential, digest })
    }

    /// The credential it has in every ledger that knows it.
    #[must_use]
    pub fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// SHA-256 of issuer and subject.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        self.digest
    }

    /// What is kept of it.
    #[must_use]
    pub fn proof(&self) -> Proof {
        Proof::Identity(self.digest)
    }
}
