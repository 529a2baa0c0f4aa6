//! Who issues: a ledger, by a key of its own that is derived from the deployment's, under a name that tells where the key is
//! found (`did:web`) or is the key itself (`did:key`).

use crate::error::Fault;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use ed25519_dalek::{SigningKey, VerifyingKey};
use hkdf::Hkdf;
use ledger_core::id::LedgerId;
use serde_json::{Value, json};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Multicodec of an Ed25519 public key, as a varint.
const ED25519: [u8; 2] = [0xed, 0x01];

/// What issues for all ledgers of a deployment.
pub struct Issuers {
    secret: Zeroizing<[u8; 32]>,
    site: String,
}

impl Issuers {
    /// With a secret of the deployment's, at the address that outsiders find it at, such as `https://ledger.example.org`.
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; 32]>, site: &str) -> Issuers {
        Issuers { secret, site: site.trim_end_matches('/').to_owned() }
    }

    /// What issues for a ledger. Each has a key of its own: whoever trusts one district does not trust another.
    #[must_use]
    pub fn of(&self, ledger: &LedgerId) -> Issuer {
        let derived = Hkdf::<Sha256>::new(Some(b"creditbank badge 1"), &*self.secret);
        let secret = |purpose: &str| {
            let mut secret = Zeroizing::new([0_u8; 32]);
            // 32 bytes are never too many for SHA-256.
            let _ = derived
                .expand_multi_info(&[purpose.as_bytes(), b" ", ledger.as_str().as_bytes()], &mut *secret);
            secret
        };
        let key = SigningKey::from_bytes(&secret("sign"));
        let multibase = multibase(&key.verifying_key());
        let home = format!("{}/ledgers/{ledger}", self.site);
        let did = match self.site.strip_prefix("https://") {
            Some(host) => format!("did:web:{}:ledgers:{ledger}", host.replace(':', "%3A")),
            None => format!("did:key:{multibase}"),
        };
        let (names, handles) = (secret("names"), secret("handles"));
        Issuer { ledger: ledger.clone(), key, names, handles, multibase, did, home }
    }
}

/// What issues for a ledger.
pub struct Issuer {
    ledger: LedgerId,
    key: SigningKey,
    /// What learners are renamed with.
    names: Zeroizing<[u8; 32]>,
    /// What handles are closed with.
    handles: Zeroizing<[u8; 32]>,
    multibase: String,
    did: String,
    home: String,
}

impl Issuer {
    /// Its ledger.
    #[must_use]
    pub fn ledger(&self) -> &LedgerId {
        &self.ledger
    }

    /// Its name: `did:web` where it is served over TLS under a name, else `did:key`.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }

    /// Its key as a name: `did:key`, which needs nothing to be resolved.
    #[must_use]
    pub fn did_key(&self) -> String {
        format!("did:key:{}", self.multibase)
    }

    /// The name of its key.
    #[must_use]
    pub fn key_id(&self) -> String {
        format!("{}#{}", self.did, self.multibase)
    }

    /// Where its pages are: `https://…/ledgers/{ledger}`.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.home
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.key
    }

    /// Bytes that follow from a text, and that nobody else can tell.
    pub(crate) fn secret_of(&self, text: &str) -> [u8; 32] {
        let mut secret = [0; 32];
        // 32 bytes are never too many for SHA-256.
        let _ = Hkdf::<Sha256>::new(None, &*self.names).expand(text.as_bytes(), &mut secret);
        secret
    }

    /// What closes a text so that only this issuer opens it.
    pub(crate) fn closing(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.handles).into())
    }

    /// Its public key.
    #[must_use]
    pub fn key(&self) -> Key {
        Key { did: self.did.clone(), key: self.key.verifying_key() }
    }

    /// The DID document, which `did:web` finds at `{home}/did.json`.
    #[must_use]
    pub fn document(&self) -> Value {
        let id = self.key_id();
        json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1", "https://w3id.org/security/suites/jws-2020/v1"],
            "id": self.did,
            "alsoKnownAs": [self.did_key()],
            "verificationMethod": [
                { "id": id, "type": "Multikey", "controller": self.did, "publicKeyMultibase": self.multibase },
                { "id": format!("{}#jwk", self.did), "type": "JsonWebKey2020", "controller": self.did, "publicKeyJwk": jwk(&self.key.verifying_key()) },
            ],
            "assertionMethod": [id, format!("{}#jwk", self.did)],
        })
    }
}

/// A public key, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    did: String,
    key: VerifyingKey,
}

impl Key {
    /// Reads a `did:key`, or the key of a `did:web` out of its DID document.
    ///
    /// # Errors
    /// `KeyMalformed`.
    pub fn parse(text: &str) -> Result<Key, Fault> {
        let text = text.trim();
        if text.starts_with('{') {
            return Key::of_document(text);
        }
        let multibase = text.strip_prefix("did:key:");
        let multibase =
            multibase.ok_or(Fault::KeyMalformed("a key is written did:key:z6Mk…, or as a DID document"))?;
        Ok(Key { did: text.to_owned(), key: of_multibase(multibase)? })
    }

    fn of_document(text: &str) -> Result<Key, Fault> {
        let document: Value =
            serde_json::from_str(text).map_err(|_| Fault::KeyMalformed("it is no DID document"))?;
        let none = Fault::KeyMalformed("the DID document has no Ed25519 key (Multikey)");
        let did = document["id"].as_str().ok_or(none.clone())?.to_owned();
        let methods = document["verificationMethod"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = methods.iter().find_map(|method| method["publicKeyMultibase"].as_str()).ok_or(none)?;
        Ok(Key { did, key: of_multibase(found)? })
    }

    /// Whose it is.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }

    pub(crate) fn verifying(&self) -> &VerifyingKey {
        &self.key
    }

    /// The public key in base64, without padding, for URLs.
    pub(crate) fn coordinate(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.key.as_bytes())
    }

    /// Whether it goes by that name: its own, or as `did:key`.
    pub(crate) fn is(&self, did: &str) -> bool {
        did == self.did || did.strip_prefix("did:key:") == Some(&multibase(&self.key))
    }
}

fn multibase(key: &VerifyingKey) -> String {
    let bytes = [ED25519.as_slice(), key.as_bytes()].concat();
    format!("z{}", bs58::encode(bytes).into_string())
}

fn of_multibase(text: &str) -> Result<VerifyingKey, Fault> {
    let malformed = || Fault::KeyMalformed("an Ed25519 key begins with z6Mk");
    let bytes =
        bs58::decode(text.strip_prefix('z').ok_or_else(malformed)?).into_vec().map_err(|_| malformed())?;
    let key = bytes.strip_prefix(&ED25519).ok_or_else(malformed)?;
    let key = VerifyingKey::from_bytes(key.try_into().map_err(|_| malformed())?).map_err(|_| malformed())?;
    if key.is_weak() { Err(malformed()) } else { Ok(key) }
}

fn jwk(key: &VerifyingKey) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes()) })
}
