//! Sealing: XChaCha20-Poly1305, whose nonces are long enough to be drawn at random. Whose record it is, and what it is for,
//! is bound into the seal: a row that is moved to another resident, ledger or column does not open.

use crate::error::DirectoryError;
use crate::key_file::{Key, derive, random};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use ledger_core::id::{LedgerId, ResidentId};
use ledger_core::person::{IdNumber, LookUp};
use ledger_core::quantity::Position;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a nonce, in front of what is sealed.
const NONCE: usize = 24;

/// What a seal is for, and whose: ids have no slash, so no two places share their bytes.
pub(crate) fn place(usage: &str, whose: &[&str]) -> Vec<u8> {
    format!("creditbank/v1/{usage}/{}", whose.join("/")).into_bytes()
}

/// The place of a person's own.
pub(crate) fn place_of(usage: &str, ledger: &LedgerId, resident: &ResidentId) -> Vec<u8> {
    place(usage, &[ledger.as_str(), resident.as_str()])
}

/// Seals bytes in a place.
pub(crate) fn seal(key: &Key, place: &[u8], bytes: &[u8]) -> Result<Vec<u8>, DirectoryError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(DirectoryError::NoRandomness)?;
    let payload = Payload { msg: bytes, aad: place };
    // It fails past 256 GiB only.
    let sealed = XChaCha20Poly1305::new((&**key).into()).encrypt(&XNonce::from(nonce), payload);
    let mut whole = nonce.to_vec();
    whole.extend(sealed.unwrap_or_default());
    Ok(whole)
}

/// Opens what was sealed in a place; none where it was not, or under another key.
pub(crate) fn open(key: &Key, place: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: sealed, aad: place };
    let opened = XChaCha20Poly1305::new((&**key).into()).decrypt(&XNonce::from(*nonce), payload);
    opened.ok().map(Zeroizing::new)
}

/// Bytes of a position.
const POSITION: usize = 8;

/// Seals a record with the position of its event in front: a request that is sent again does not undo a later one.
pub(crate) fn seal_at(
    key: &Key,
    place: &[u8],
    at: Position,
    record: &[u8],
) -> Result<Vec<u8>, DirectoryError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(POSITION + record.len()));
    bytes.extend_from_slice(&at.0.to_be_bytes());
    bytes.extend_from_slice(record);
    seal(key, place, &bytes)
}

/// Opens such a record.
pub(crate) fn open_at(key: &Key, place: &[u8], sealed: &[u8]) -> Option<(Position, Zeroizing<Vec<u8>>)> {
    let opened = open(key, place, sealed)?;
    let (at, record) = opened.split_first_chunk::<POSITION>()?;
    Some((Position(u64::from_be_bytes(*at)), Zeroizing::new(record.to_vec())))
}

/// A new key for a person, wrapped.
pub(crate) fn new_key(
    wrapping: &Key,
    ledger: &LedgerId,
    resident: &ResidentId,
) -> Result<Vec<u8>, DirectoryError> {
    seal(wrapping, &place_of("person-key", ledger, resident), &*random()?)
}

/// A person's key; none where it was wrapped under another key file.
pub(crate) fn unwrap(
    wrapping: &Key,
    ledger: &LedgerId,
    resident: &ResidentId,
    wrapped: &[u8],
) -> Option<Key> {
    let opened = open(wrapping, &place_of("person-key", ledger, resident), wrapped)?;
    let key: [u8; 32] = opened.as_slice().try_into().ok()?;
    Some(Zeroizing::new(key))
}

/// HMAC-SHA-256 of some parts, each with its length in front.
pub(crate) fn keyed_hash(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    // Keys of HMAC may have any length.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&**key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// What an ID number is found by in a ledger. Without the key nobody can try all numbers.
pub(crate) fn look_up(key: &Key, ledger: &LedgerId, id: &IdNumber) -> LookUp {
    keyed_hash(key, &[ledger.as_str().as_bytes(), id.kind().as_str().as_bytes(), id.expose().as_bytes()])
}

/// The digest of a request whose content nobody may try out. It is kept with the log for ever, so that of a person is made under
/// the person's own key: once that is destroyed it says nothing.
pub(crate) fn request_digest(key: &Key, content: &[u8]) -> [u8; 32] {
    keyed_hash(&derive(key, "request-digest"), &[content])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_seal_opens_in_its_own_place_only() {
        let (a, b) = (LedgerId::parse("a").unwrap(), LedgerId::parse("b").unwrap());
        let (r1, r2) = (ResidentId::parse("r1").unwrap(), ResidentId::parse("r2").unwrap());
        let (key, other) = (random().unwrap(), random().unwrap());
        let sealed = seal(&key, &place_of("person", &a, &r1), b"text").unwrap();
        assert_eq!(open(&key, &place_of("person", &a, &r1), &sealed).unwrap().as_slice(), b"text");
        for (key, place) in [
            (&other, place_of("person", &a, &r1)),
            (&key, place_of("person", &b, &r1)),
            (&key, place_of("person", &a, &r2)),
            (&key, place_of("person-key", &a, &r1)),
        ] {
            assert!(open(key, &place, &sealed).is_none());
        }
        assert!(open(&key, &place_of("person", &a, &r1), &sealed[..10]).is_none());
        assert_ne!(
            sealed,
            seal(&key, &place_of("person", &a, &r1), b"text").unwrap(),
            "no nonce comes twice"
        );
    }

    #[test]
    fn hashes_are_those_of_rfc_4231() {
        // Test case 2 of the RFC, without the lengths that stand in front of parts here.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(mac.finalize().into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let key = random().unwrap();
        assert_ne!(keyed_hash(&key, &[b"ab", b"c"]), keyed_hash(&key, &[b"a", b"bc"]), "parts stay apart");
    }

    proptest! {
        #[test]
        fn no_changed_byte_opens(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let (ledger, resident) = (LedgerId::parse("a").unwrap(), ResidentId::parse("r1").unwrap());
            let (key, place) = (random().unwrap(), place_of("person", &ledger, &resident));
            let mut sealed = seal(&key, &place, &bytes).unwrap();
            let opened = open(&key, &place, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), bytes.as_slice());
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(open(&key, &place, &sealed).is_none());
        }
    }
}
