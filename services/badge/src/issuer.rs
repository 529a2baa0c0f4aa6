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
    /// The secret it issues with, and those of before.
    secrets: Vec<Zeroizing<[u8; 32]>>,
    site: String,
}

impl Issuers {
    /// With a secret of the deployment's, at the address that outsiders find it at, such as `https://ledger.example.org`.
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; 32]>, site: &str) -> Issuers {
        Issuers { secrets: vec![secret], site: site.trim_end_matches('/').to_owned() }
    }

    /// The same, which goes on believing what was signed with a secret of before.
    #[must_use]
    pub fn after(mut self, before: Zeroizing<[u8; 32]>) -> Issuers {
        self.secrets.push(before);
        self
    }

    /// What issues for a ledger. Each has a key of its own: whoever trusts one district does not trust another.
    #[must_use]
    pub fn of(&self, ledger: &LedgerId) -> Issuer {
        let mut secrets = self.secrets.iter().map(|secret| Secrets::of(secret, ledger));
        // There is always the one it issues with.
        let own = secrets.next().unwrap_or_else(|| Secrets::of(&[0; 32], ledger));
        let home = format!("{}/ledgers/{ledger}", self.site);
        let did = match self.site.strip_prefix("https://") {
            Some(host) => format!("did:web:{}:ledgers:{ledger}", host.replace(':', "%3A")),
            None => format!("did:key:{}", own.multibase()),
        };
        Issuer { ledger: ledger.clone(), before: secrets.collect(), own, did, home }
    }
}

/// What follows from a deployment's secret for one ledger.
pub(crate) struct Secrets {
    sign: SigningKey,
    /// What learners are renamed with.
    names: Zeroizing<[u8; 32]>,
    /// What handles are closed with.
    handles: Zeroizing<[u8; 32]>,
}

impl Secrets {
    fn of(secret: &[u8; 32], ledger: &LedgerId) -> Secrets {
        let derived = Hkdf::<Sha256>::new(Some(b"creditbank badge 1"), secret);
        let secret = |purpose: &str| {
            let mut secret = Zeroizing::new([0_u8; 32]);
            // 32 bytes are never too many for SHA-256.
            let _ = derived
                .expand_multi_info(&[purpose.as_bytes(), b" ", ledger.as_str().as_bytes()], &mut *secret);
            secret
        };
        let sign = SigningKey::from_bytes(&secret("sign"));
        Secrets { sign, names: secret("names"), handles: secret("handles") }
    }

    fn multibase(&self) -> String {
        multibase(&self.sign.verifying_key())
    }

    /// What closes a text so that only this issuer opens it.
    pub(crate) fn closing(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.handles).into())
    }
}

/// What issues for a ledger.
pub struct Issuer {
    ledger: LedgerId,
    own: Secrets,
    before: Vec<Secrets>,
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
        format!("did:key:{}", self.own.multibase())
    }

    /// The name of its key.
    #[must_use]
    pub fn key_id(&self) -> String {
        format!("{}#{}", self.did, self.own.multibase())
    }

    /// Where its pages are: `https://…/ledgers/{ledger}`.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.home
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.own.sign
    }

    /// Bytes that follow from a text, and that nobody else can tell.
    pub(crate) fn secret_of(&self, text: &str) -> [u8; 32] {
        let mut secret = [0; 32];
        // 32 bytes are never too many for SHA-256.
        let _ = Hkdf::<Sha256>::new(None, &*self.own.names).expand(text.as_bytes(), &mut secret);
        secret
    }

    /// What closes a text so that only this issuer opens it.
    pub(crate) fn closing(&self) -> XChaCha20Poly1305 {
        self.own.closing()
    }

    /// All its secrets, the one it issues with first.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secrets> {
        std::iter::once(&self.own).chain(&self.before)
    }

    /// Its public keys, the one it signs with first.
    #[must_use]
    pub fn key(&self) -> Key {
        let keys = self.secrets().map(|secrets| {
            let key = secrets.sign.verifying_key();
            (format!("{}#{}", self.did, multibase(&key)), key)
        });
        Key { did: self.did.clone(), keys: keys.collect() }
    }

    /// The DID document, which `did:web` finds at `{home}/did.json`. The keys of before stand in it too.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut methods = Vec::new();
        for (n, (id, key)) in self.key().keys.into_iter().enumerate() {
            let json_web_key =
                if n == 0 { format!("{}#jwk", self.did) } else { format!("{}#jwk-{n}", self.did) };
            methods.push(json!({
                "id": id, "type": "Multikey", "controller": self.did, "publicKeyMultibase": multibase(&key),
            }));
            methods.push(json!({
                "id": json_web_key, "type": "JsonWebKey2020", "controller": self.did, "publicKeyJwk": jwk(&key),
            }));
        }
        let names: Vec<Value> = methods.iter().map(|method| method["id"].clone()).collect();
        json!({
            "@context": [
                "https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1",
                "https://w3id.org/security/suites/jws-2020/v1",
            ],
            "id": self.did,
            "alsoKnownAs": [self.did_key()],
            "verificationMethod": methods,
            "assertionMethod": names,
        })
    }
}

/// The public keys of an issuer, each by its name, and whose they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    did: String,
    keys: Vec<(String, VerifyingKey)>,
}

impl Key {
    /// Reads a `did:key`, or the keys of a `did:web` out of its DID document.
    ///
    /// # Errors
    /// `KeyMalformed`.
    pub fn parse(text: &str) -> Result<Key, Fault> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('{') {
            return Key::of_document(text);
        }
        let multibase = text.strip_prefix("did:key:");
        let multibase =
            multibase.ok_or(Fault::KeyMalformed("a key is written did:key:z6Mk…, or as a DID document"))?;
        Ok(Key {
            did: text.to_owned(),
            keys: vec![(format!("{text}#{multibase}"), of_multibase(multibase)?)],
        })
    }

    fn of_document(text: &str) -> Result<Key, Fault> {
        let document: Value =
            serde_json::from_str(text).map_err(|_| Fault::KeyMalformed("it is no DID document"))?;
        let none = Fault::KeyMalformed("the DID document has no Ed25519 key to assert with (Multikey)");
        let did = document["id"].as_str().ok_or(none.clone())?.to_owned();
        let list = |name: &str| document[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let asserting = list("assertionMethod");
        let keys = list("verificationMethod").iter().filter_map(|method| {
            let id = method["id"].as_str().filter(|_| asserting.contains(&method["id"]))?;
            Some((id.to_owned(), of_multibase(method["publicKeyMultibase"].as_str()?).ok()?))
        });
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() { Err(none) } else { Ok(Key { did, keys }) }
    }

    /// Whose it is.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }

    /// The keys that may have signed what names one of them, or none.
    pub(crate) fn named<'a>(&'a self, name: Option<&'a str>) -> impl Iterator<Item = &'a VerifyingKey> {
        let of_name = move |(id, _): &&(String, VerifyingKey)| name.is_none_or(|name| name == id);
        self.keys.iter().filter(of_name).map(|(_, key)| key)
    }

    /// Whether it goes by that name.
    pub(crate) fn is(&self, did: &str) -> bool {
        did == self.did
    }
}

/// A public key in base64, without padding, for URLs.
pub(crate) fn coordinate(key: &VerifyingKey) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes())
}

fn multibase(key: &VerifyingKey) -> String {
    let bytes = [ED25519.as_slice(), key.as_bytes()].concat();
    format!("z{}", bs58::encode(bytes).into_string())
}

fn of_multibase(text: &str) -> Result<VerifyingKey, Fault> {
    let malformed = || Fault::KeyMalformed("an Ed25519 key begins with z6Mk");
    let bytes: [u8; 34] = base58(text).ok_or_else(malformed)?;
    let key = bytes.strip_prefix(&ED25519).ok_or_else(malformed)?;
    let key = VerifyingKey::from_bytes(key.try_into().map_err(|_| malformed())?).map_err(|_| malformed())?;
    if key.is_weak() { Err(malformed()) } else { Ok(key) }
}

/// So many bytes in multibase (base58btc). To decode a longer text would take time that grows with its square.
pub(crate) fn base58<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let text = text.strip_prefix('z').filter(|text| text.len() <= 2 * N)?;
    let decoded = bs58::decode(text).onto(&mut bytes).ok()?;
    (decoded == N).then_some(bytes)
}

fn jwk(key: &VerifyingKey) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": coordinate(key) })
}
