//! Bitstring Status List 1.0: which of many credentials were taken back, one bit each, so that who looks does not tell which
//! one they look at.

use crate::error::{Fault, malformed};
use crate::issuer::{Issuer, Key};
use crate::token::{self, Form};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use std::io::{Read, Write};

/// Bits of a list: the least that the standard allows, for a crowd to hide in.
pub const BITS: u64 = 131_072;
const BYTES: usize = (BITS / 8) as usize;

/// The type of a list.
const LIST: &str = "BitstringStatusListCredential";

/// How long a list may be kept by whoever has fetched it (our own default).
pub const FRESH: TimeDelta = TimeDelta::minutes(5);

/// A list of revocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: Vec<u8>,
    since: Option<DateTime<Utc>>,
}

impl Default for StatusList {
    fn default() -> StatusList {
        StatusList { bits: vec![0; BYTES], since: None }
    }
}

impl StatusList {
    /// Marks a credential as taken back; one that is not on the list is passed over.
    pub fn revoke(&mut self, index: u64) {
        let byte = usize::try_from(index / 8).ok().and_then(|byte| self.bits.get_mut(byte));
        if let Some(byte) = byte {
            // The first bit is the leftmost.
            *byte |= 0x80 >> (index % 8);
        }
    }

    /// When it was signed, of one that was read.
    #[must_use]
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    /// Whether a credential was taken back; none where it is not on the list.
    #[must_use]
    pub fn is_revoked(&self, index: u64) -> Option<bool> {
        let byte = self.bits.get(usize::try_from(index / 8).ok()?)?;
        Some(byte & (0x80 >> (index % 8)) != 0)
    }

    /// Signs it in a form, to be served at `url`.
    ///
    /// # Errors
    /// Where it cannot be signed.
    pub fn sign(&self, issuer: &Issuer, form: Form, url: &str, now: DateTime<Utc>) -> Result<String, Fault> {
        let list = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": url,
            "type": ["VerifiableCredential", LIST],
            "issuer": issuer.did(),
            "validFrom": time(now),
            "validUntil": time(now + FRESH),
            "credentialSubject": {
                "id": format!("{url}#list"),
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": self.encode(),
                "ttl": FRESH.num_milliseconds(),
            },
        });
        let Value::Object(list) = list else { return Err(malformed("no list")) };
        match form {
            Form::Json => token::prove(issuer, list).map(|list| Value::Object(list).to_string()),
            Form::Jwt => token::sign(issuer, "vc+jwt", list),
        }
    }

    /// Multibase (base64url) of the gzipped bits.
    fn encode(&self) -> String {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to a vector does not fail.
        let _ = gzip.write_all(&self.bits);
        format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(gzip.finish().unwrap_or_default()))
    }

    /// Reads a signed list that was served at `url`.
    ///
    /// # Errors
    /// `StatusUnknown` where it is not signed by the key, is of another address, is too old, or is no list.
    pub fn read(signed: &str, key: &Key, url: &str, now: DateTime<Utc>) -> Result<StatusList, Fault> {
        let unknown = |error: Fault| Fault::StatusUnknown(error.to_string());
        let claims = token::read(signed, key).map_err(unknown)?;
        token::holds(&claims, now).map_err(unknown)?;
        if !token::is_of(&claims, LIST) {
            return Err(Fault::StatusUnknown("it is no list".to_owned()));
        }
        if claims.get("id").and_then(Value::as_str) != Some(url) {
            return Err(Fault::StatusUnknown(format!("the list is not the one of {url}")));
        }
        let since = claims.get("validFrom").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let list = StatusList::decode(&claims).map(|bits| StatusList { bits, since });
        list.ok_or_else(|| Fault::StatusUnknown("it is no list".to_owned()))
    }

    fn decode(claims: &Map<String, Value>) -> Option<Vec<u8>> {
        let subject = claims.get("credentialSubject")?;
        if subject["statusPurpose"] != "revocation" {
            return None;
        }
        let packed =
            BASE64_URL_SAFE_NO_PAD.decode(subject["encodedList"].as_str()?.strip_prefix('u')?).ok()?;
        let mut bits = Vec::with_capacity(BYTES);
        // No more than a list holds is unpacked.
        GzDecoder::new(packed.as_slice()).take(BYTES as u64 + 1).read_to_end(&mut bits).ok()?;
        (bits.len() == BYTES).then_some(bits)
    }
}

/// An instant as credentials write it.
pub(crate) fn time(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
