//! An issuer of identities (OpenID Connect): its access tokens are JWTs, verified here, without asking it
//! (RFC 8725; `RELIABILITY.md` §5, threat 1).

use crate::keys::KeyFile;
use crate::{Identity, Presented, Shown};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Validation, decode, decode_header};
use ledger_core::id::LedgerId;
use serde::Deserialize;
use std::path::Path;

/// How far the issuer's clock may be ahead of ours.
const AHEAD: TimeDelta = TimeDelta::seconds(60);

/// The longest life of an access token.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// Why an issuer cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The file cannot be read.
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    /// The file is no set of keys.
    #[error("no JSON Web Key Set: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The file is larger than 1 MiB.
    #[error("larger than 1 MiB")]
    TooLarge,
    /// No key of it may be used.
    #[error("no key with a `kid`, for signatures, of ES256, RS256 (2,048 bits) or EdDSA (Ed25519)")]
    NoKey,
    /// Two keys have one id.
    #[error("two keys with the `kid` {0:?}")]
    TwoKeys(String),
}

/// An issuer, and the audiences by which its tokens name our ledgers.
pub struct Issuer {
    issuer: String,
    /// What stands before the ledger.
    audience: String,
    keys: KeyFile,
}

/// What a token must say; all else in it is passed over.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Issuer {
    /// An issuer whose tokens are for `{audience_prefix}:{ledger}`, with the keys of a file.
    ///
    /// # Errors
    /// Where the file cannot be read, is no key set, or has no key that may be used.
    pub fn open(issuer: &str, audience_prefix: &str, keys: &Path) -> Result<Issuer, IssuerError> {
        let keys = KeyFile::open(keys)?;
        Ok(Issuer { issuer: issuer.to_owned(), audience: format!("{audience_prefix}:"), keys })
    }

    /// The identity that a token vouches for at an instant, if all of it holds.
    pub(crate) fn presented(&self, token: &str, now: DateTime<Utc>) -> Option<Presented> {
        let header = decode_header(token).ok()?;
        // Nothing that must be understood is (RFC 7515 §4.1.11).
        if header.crit.is_some() {
            return None;
        }
        let key = self.keys.key(header.kid.as_deref()?)?;
        let mut validation = Validation::new(key.algorithm);
        // The claims are held against the bank's clock, below.
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let claims: Claims = decode(token, &key.key, &validation).ok()?.claims;
        if claims.iss != self.issuer {
            return None;
        }
        let until = claims.holds_until(now)?;
        let identity = Identity::of(&claims.iss, &claims.sub).ok()?;
        Some(Presented {
            ledger: self.ledger(&claims.aud)?,
            credential: identity.credential().clone(),
            shown: Shown::Identity(identity.digest()),
            until: Some(until),
        })
    }

    /// The one ledger that a token is for.
    fn ledger(&self, audience: &Audience) -> Option<LedgerId> {
        let audiences = match audience {
            Audience::One(audience) => std::slice::from_ref(audience),
            Audience::Several(audiences) => audiences,
        };
        let mut ours = audiences.iter().filter_map(|audience| audience.strip_prefix(&self.audience));
        let (Some(ledger), None) = (ours.next(), ours.next()) else { return None };
        LedgerId::parse(ledger).ok()
    }
}

impl Claims {
    /// When the token ends, if it holds now and not for too long.
    fn holds_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let (issued, until) = (at(self.iat)?, at(self.exp)?);
        let begins = self.nbf.map_or(Some(issued), at)?;
        let ahead = now + AHEAD;
        let holds = issued <= ahead && begins <= ahead && now < until;
        (holds && issued < until && until - issued <= LONGEST).then_some(until)
    }
}
