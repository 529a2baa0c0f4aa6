//! Why a badge is not believed.

use thiserror::Error;

/// Why a badge, a list of revocations or a seal is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// No badge, list or seal.
    #[error("BADGE_MALFORMED: {0}")]
    Malformed(String),
    /// The issuer's key is none.
    #[error("KEY_MALFORMED: {0}")]
    KeyMalformed(&'static str),
    /// The signature is not the issuer's over this text.
    #[error("SIGNATURE_INVALID: it is not signed by the key of {0}, or was changed since")]
    SignatureInvalid(String),
    /// It is somebody else's.
    #[error("ISSUER_MISMATCH: it is of {found}, not of {expected}")]
    IssuerMismatch {
        /// Whose it is.
        found: String,
        /// Whose it must be.
        expected: String,
    },
    /// It holds from a later day on.
    #[error("NOT_YET_VALID: it holds from {0} on")]
    NotYetValid(String),
    /// It holds no more.
    #[error("EXPIRED: it held until {0}")]
    Expired(String),
    /// What it says was taken back.
    #[error("REVOKED: {0}")]
    Revoked(String),
    /// Whether it was taken back cannot be told.
    #[error("STATUS_UNKNOWN: {0}")]
    StatusUnknown(String),
}

impl Fault {
    /// Its name, for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Fault::Malformed(_) => "BADGE_MALFORMED",
            Fault::KeyMalformed(_) => "KEY_MALFORMED",
            Fault::SignatureInvalid(_) => "SIGNATURE_INVALID",
            Fault::IssuerMismatch { .. } => "ISSUER_MISMATCH",
            Fault::NotYetValid(_) => "NOT_YET_VALID",
            Fault::Expired(_) => "EXPIRED",
            Fault::Revoked(_) => "REVOKED",
            Fault::StatusUnknown(_) => "STATUS_UNKNOWN",
        }
    }
}

pub(crate) fn malformed(what: impl Into<String>) -> Fault {
    Fault::Malformed(what.into())
}
