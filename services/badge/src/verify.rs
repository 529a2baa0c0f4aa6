//! Verifying without the ledger: a signature, a time, and a list of revocations.

use crate::error::{Fault, malformed};
use crate::issuer::Key;
use crate::status::StatusList;
use crate::token;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// A badge or transcript that its issuer has signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Believed {
    /// All it says.
    pub says: Map<String, Value>,
    /// Where its list of revocations is, and its place on it.
    pub status: (String, u64),
    /// What it encloses, each signed by the same key.
    pub enclosed: Vec<Believed>,
}

impl Believed {
    /// Believes a badge or transcript that a key has signed and that holds now, and all that it encloses. Whether it was taken
    /// back, its list tells.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn read(signed: &str, key: &Key, now: DateTime<Utc>) -> Result<Believed, Fault> {
        Believed::of(token::read(signed, key)?, key, now, true)
    }

    fn of(
        says: Map<String, Value>,
        key: &Key,
        now: DateTime<Utc>,
        encloses: bool,
    ) -> Result<Believed, Fault> {
        if !["OpenBadgeCredential", "ClrCredential"].iter().any(|wanted| token::is_of(&says, wanted)) {
            return Err(malformed("it is neither a badge nor a transcript"));
        }
        token::holds(&says, now)?;
        let status =
            says.get("credentialStatus").ok_or_else(|| malformed("it names no list of revocations"))?;
        let status = entry(status)?;
        let of = says.get("credentialSubject").and_then(|subject| subject.get("verifiableCredential"));
        let enclosed = of.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !encloses && !enclosed.is_empty() {
            return Err(malformed("a transcript in a transcript"));
        }
        let enclosed = enclosed.iter().map(|one| {
            let one =
                one.as_object().cloned().ok_or_else(|| malformed("what it encloses is no credential"))?;
            Believed::of(token::proven(one, key)?, key, now, false)
        });
        let enclosed = enclosed.collect::<Result<_, _>>()?;
        Ok(Believed { says, status, enclosed })
    }

    /// A text of what it says, by the names that lead to it.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.says.get(*first)?, |value, name| value.get(name))?.as_str()
    }

    /// Holds it against its list.
    ///
    /// # Errors
    /// `Revoked`; `StatusUnknown` where it is not on the list.
    pub fn stands(&self, list: &StatusList) -> Result<(), Fault> {
        let (url, index) = &self.status;
        match list.is_revoked(*index) {
            Some(false) => Ok(()),
            Some(true) => Err(Fault::Revoked(self.text(&["id"]).unwrap_or_default().to_owned())),
            None => Err(Fault::StatusUnknown(format!("{index} is not on the list {url}"))),
        }
    }
}

/// Where a list is, and the place on it.
fn entry(status: &Value) -> Result<(String, u64), Fault> {
    let url = status["statusListCredential"].as_str().filter(|_| status["statusPurpose"] == "revocation");
    let index = status["statusListIndex"].as_str().and_then(|index| index.parse().ok());
    match (url, index) {
        (Some(url), Some(index)) => Ok((url.to_owned(), index)),
        _ => Err(Fault::StatusUnknown("its status is of a kind that is not known".to_owned())),
    }
}
