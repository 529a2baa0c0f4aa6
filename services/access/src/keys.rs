//! The keys of an issuer: a JSON Web Key Set (RFC 7517) in a file that the operator refreshes. Nothing is fetched.

use crate::IssuerError;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How often the file is looked at, at most.
const LOOKED_AT: Duration = Duration::from_secs(2);

/// The largest file, in bytes (our own default): a set of 100 keys takes some 50 KiB.
const MAX_BYTES: u64 = 1 << 20;

/// The shortest modulus of an RSA key, in digits of base64: 2,048 bits (RFC 7518 §3.3).
const RSA_DIGITS: usize = 342;

/// A key, and the one algorithm it is for.
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

type Keys = BTreeMap<String, Arc<Key>>;

/// Keys by their ids, read again when their file changed.
pub(crate) struct KeyFile {
    path: PathBuf,
    held: Mutex<Held>,
}

struct Held {
    keys: Keys,
    stamp: Option<Stamp>,
    looked_at: Instant,
}

/// What tells one state of a file from another: its time, length and inode.
type Stamp = (SystemTime, u64, u64);

impl KeyFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Where it cannot be read, is no key set, or has no key that may be used.
    pub(crate) fn open(path: &Path) -> Result<KeyFile, IssuerError> {
        let stamp = stamp(path)?;
        let keys = read(path, stamp.1)?;
        if keys.is_empty() {
            return Err(IssuerError::NoKey);
        }
        let held = Held { keys, stamp: Some(stamp), looked_at: Instant::now() };
        Ok(KeyFile { path: path.to_owned(), held: Mutex::new(held) })
    }

    /// The key of an id. A file that went away or is malformed leaves the keys as they were; one without keys leaves none.
    pub(crate) fn key(&self, id: &str) -> Option<Arc<Key>> {
        // Whoever panicked left whole keys: they are replaced at once.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.looked_at.elapsed() >= LOOKED_AT {
            self.look(&mut held);
        }
        held.keys.get(id).cloned()
    }

    fn look(&self, held: &mut Held) {
        held.looked_at = Instant::now();
        let before = held.stamp;
        let read = stamp(&self.path).and_then(|stamp| {
            held.stamp = Some(stamp);
            if before == Some(stamp) { Ok(None) } else { read(&self.path, stamp.1).map(Some) }
        });
        match read {
            Ok(Some(keys)) => {
                tracing::info!(keys = keys.len(), "read the issuer's keys again");
                held.keys = keys;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the issuer's keys cannot be read: those before are kept"),
        }
    }
}

fn stamp(path: &Path) -> Result<Stamp, IssuerError> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.modified()?, metadata.len(), metadata.ino()))
}

fn read(path: &Path, length: u64) -> Result<Keys, IssuerError> {
    if length > MAX_BYTES {
        return Err(IssuerError::TooLarge);
    }
    let set: JwkSet = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut keys = Keys::new();
    for (id, key) in set.keys.iter().filter_map(usable) {
        if keys.insert(id.clone(), Arc::new(key)).is_some() {
            return Err(IssuerError::TwoKeys(id));
        }
    }
    Ok(keys)
}

/// A key for signatures that has an id and one of the algorithms that are allowed; others of a set are passed over.
fn usable(jwk: &Jwk) -> Option<(String, Key)> {
    let common = &jwk.common;
    let (algorithm, declared) = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(of) if of.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(of) if of.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        AlgorithmParameters::RSA(of) if of.n.len() >= RSA_DIGITS => (Algorithm::RS256, KeyAlgorithm::RS256),
        _ => return None,
    };
    let signs = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|of| of.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|of| of == declared);
    let id = common.key_id.clone().filter(|_| signs)?;
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((id, Key { algorithm, key }))
}
