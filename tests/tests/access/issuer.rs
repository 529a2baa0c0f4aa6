//! An issuer of identities in this process: its keys, made anew, its file of keys, its tokens.

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::pkcs1::EncodeRsaPrivateKey;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) const ISSUER: &str = "https://id.college.example";
pub(crate) const SUBJECT: &str = "3f0c-officer";

/// A key of an issuer.
pub(crate) struct Key {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) private: EncodingKey,
}

impl Key {
    pub(crate) fn p256(id: &'static str) -> Key {
        let private = rcgen::KeyPair::generate().unwrap().serialize_der();
        Key { id, algorithm: Algorithm::ES256, private: EncodingKey::from_ec_der(&private) }
    }

    pub(crate) fn ed25519(id: &'static str) -> Key {
        // The frame of RFC 8410 §7 around 32 random bytes.
        let mut private = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
        private.extend([uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].iter().flat_map(uuid::Uuid::as_bytes));
        Key { id, algorithm: Algorithm::EdDSA, private: EncodingKey::from_ed_der(&private) }
    }

    pub(crate) fn rsa(id: &'static str, bits: usize) -> Key {
        let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
        let private = private.to_pkcs1_der().unwrap();
        Key { id, algorithm: Algorithm::RS256, private: EncodingKey::from_rsa_der(private.as_bytes()) }
    }

    pub(crate) fn public(&self) -> Jwk {
        let mut public = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        public.common.key_id = Some(self.id.to_owned());
        public
    }

    pub(crate) fn header(&self) -> Header {
        Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) }
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header(), claims, &self.private).unwrap()
    }
}

/// What a good token says.
pub(crate) fn claims() -> Value {
    claims_at(creditbank_tests::june_first_2026().timestamp())
}

/// The same at another time, in seconds since 1970.
pub(crate) fn claims_at(now: i64) -> Value {
    json!({ "iss": ISSUER, "sub": SUBJECT, "aud": "creditbank:district", "iat": now, "nbf": now, "exp": now + 900 })
}

/// The claims with one of them changed; null takes it out.
pub(crate) fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let held = claims.as_object_mut().unwrap();
    if value.is_null() {
        held.remove(name);
    } else {
        held.insert(name.to_owned(), value);
    }
    claims
}

/// JSON in base64url, as the parts of a token are written.
pub(crate) fn part(json: &Value) -> String {
    let signed = jsonwebtoken::encode(&Header::default(), json, &EncodingKey::from_secret(b"x")).unwrap();
    signed.split('.').nth(1).unwrap().to_owned()
}

/// Writes the file of keys.
pub(crate) fn write(file: &Path, keys: Vec<Jwk>) {
    std::fs::write(file, serde_json::to_vec(&JwkSet { keys }).unwrap()).unwrap();
}
