//! Keys as C2SP writes them: `name+hash+base64` of a public one, `PRIVATE+KEY+name+hash+base64` in a file of its owner's
//! of a private one. One private key signs for all ledgers of a deployment, each under the name of its own log.

use crate::error::Fault;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use hkdf::Hkdf;
use ledger_core::id::LedgerId;
use sha2::Sha256;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// What stands in front of an Ed25519 key that signs notes, and of one that cosigns them (C2SP signed-note,
/// tlog-cosignature).
const NOTE: u8 = 1;
const COSIGNATURE: u8 = 4;

/// The longest file of a key, in bytes: a name, and less than 100 (our own default).
const LONGEST_KEY: u64 = 512;

/// The name of a ledger's log: `creditbank/DEPLOYMENT/LEDGER`.
#[must_use]
pub fn origin(deployment: &str, ledger: &LedgerId) -> String {
    format!("{deployment}/{ledger}")
}

/// A key that signs in a name.
struct Secret {
    algorithm: u8,
    name: String,
    key: SigningKey,
}

impl Secret {
    /// Makes one in a new file that only its owner can read.
    fn init(algorithm: u8, name: &str, path: &Path) -> Result<Secret, Fault> {
        if !signed_note::is_key_name_valid(name) || name.len() > 255 {
            return Err(Fault::KeyMalformed("a name has no spaces and no plus, and at most 255 bytes"));
        }
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *seed).map_err(Fault::NoRandomness)?;
        let secret = Secret { algorithm, name: name.to_owned(), key: SigningKey::from_bytes(&seed) };
        let encoded = Zeroizing::new(BASE64_STANDARD.encode([&[algorithm], seed.as_slice()].concat()));
        let text = Zeroizing::new(format!("PRIVATE+KEY+{name}+{:08x}+{}\n", secret.id(name), *encoded));
        let written = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        written().map_err(Fault::file(path))?;
        Ok(secret)
    }

    /// Reads one that nobody but its owner can read.
    fn read(algorithm: u8, path: &Path) -> Result<Secret, Fault> {
        let file = std::fs::File::open(path).map_err(Fault::file(path))?;
        let mode = file.metadata().map_err(Fault::file(path))?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Fault::KeyOpenToOthers { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(LONGEST_KEY).read_to_string(&mut text).map_err(Fault::file(path))?;
        let malformed = || Fault::KeyMalformed("the file holds no private key of this kind");
        let parts = text.trim_end().strip_prefix("PRIVATE+KEY+").and_then(|rest| rest.split_once('+'));
        let (name, rest) = parts.ok_or_else(malformed)?;
        let (id, key) = rest.split_once('+').ok_or_else(malformed)?;
        let key = Zeroizing::new(BASE64_STANDARD.decode(key).map_err(|_| malformed())?);
        let Some((found, seed)) = key.split_first() else { return Err(malformed()) };
        let seed = seed.try_into().map_err(|_| malformed())?;
        let secret = Secret { algorithm, name: name.to_owned(), key: SigningKey::from_bytes(seed) };
        if *found != algorithm || id != format!("{:08x}", secret.id(name)) {
            return Err(malformed());
        }
        Ok(secret)
    }

    fn public(&self) -> Vec<u8> {
        [&[self.algorithm], self.key.verifying_key().as_bytes().as_slice()].concat()
    }

    fn id(&self, name: &str) -> u32 {
        signed_note::key_id(name, &self.public())
    }

    fn vkey(&self, name: &str) -> String {
        format!("{name}+{:08x}+{}", self.id(name), BASE64_STANDARD.encode(self.public()))
    }
}

/// The key that signs the checkpoints of a deployment's ledgers.
pub struct CheckpointKey(Secret);

impl CheckpointKey {
    /// Makes one, in the name of a deployment, in a new file that only its owner can read.
    ///
    /// # Errors
    /// `KeyMalformed` of a name that is none, or where the file is there already or cannot be written.
    pub fn init(deployment: &str, path: &Path) -> Result<CheckpointKey, Fault> {
        Secret::init(NOTE, &format!("creditbank/{deployment}"), path).map(CheckpointKey)
    }

    /// Reads one, which nobody but its owner may be able to read.
    ///
    /// # Errors
    /// Where it is not there, can be read by others, or is no key.
    pub fn read(path: &Path) -> Result<CheckpointKey, Fault> {
        Secret::read(NOTE, path).map(CheckpointKey)
    }

    /// The name of a ledger's log.
    #[must_use]
    pub fn origin(&self, ledger: &LedgerId) -> String {
        origin(&self.0.name, ledger)
    }

    /// The public key that a ledger's checkpoints are verified with.
    #[must_use]
    pub fn vkey(&self, ledger: &LedgerId) -> String {
        self.0.vkey(&self.origin(ledger))
    }

    /// A secret for another purpose: whoever has it cannot sign checkpoints, and the other way round.
    #[must_use]
    pub fn secret_for(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut secret = Zeroizing::new([0; 32]);
        let derived = Hkdf::<Sha256>::new(Some(b"creditbank checkpoint key"), self.0.key.as_bytes());
        // 32 bytes are never too many for SHA-256.
        let _ = derived.expand(purpose.as_bytes(), &mut *secret);
        secret
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.0.key
    }

    pub(crate) fn id(&self, origin: &str) -> u32 {
        self.0.id(origin)
    }
}

/// The key of a witness.
pub struct WitnessKey(Secret);

impl WitnessKey {
    /// Makes one, in the name of a witness, in a new file that only its owner can read.
    ///
    /// # Errors
    /// As [`CheckpointKey::init`].
    pub fn init(name: &str, path: &Path) -> Result<WitnessKey, Fault> {
        Secret::init(COSIGNATURE, name, path).map(WitnessKey)
    }

    /// Reads one.
    ///
    /// # Errors
    /// As [`CheckpointKey::read`].
    pub fn read(path: &Path) -> Result<WitnessKey, Fault> {
        Secret::read(COSIGNATURE, path).map(WitnessKey)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The public key that its cosignatures are verified with.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.0.vkey(&self.0.name)
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.0.key
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id(&self.0.name)
    }
}

/// A public key, of a log or of a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: u32,
    cosigns: bool,
    key: VerifyingKey,
}

impl Verifier {
    /// Reads a public key as C2SP writes it.
    ///
    /// # Errors
    /// `KeyMalformed`.
    pub fn parse(vkey: &str) -> Result<Verifier, Fault> {
        let malformed = || Fault::KeyMalformed("a public key is written name+hash+base64");
        let (name, rest) = vkey.trim().split_once('+').ok_or_else(malformed)?;
        let (id, key) = rest.split_once('+').ok_or_else(malformed)?;
        let encoded = BASE64_STANDARD.decode(key).map_err(|_| malformed())?;
        let (algorithm, key) = encoded.split_first().ok_or_else(malformed)?;
        let cosigns = match *algorithm {
            NOTE => false,
            COSIGNATURE => true,
            _ => return Err(Fault::KeyMalformed("the key is of an algorithm that is not known")),
        };
        let key = VerifyingKey::from_bytes(key.try_into().map_err(|_| malformed())?);
        let key = key.map_err(|_| malformed())?;
        let expected = signed_note::key_id(name, &encoded);
        if !signed_note::is_key_name_valid(name) || id != format!("{expected:08x}") || key.is_weak() {
            return Err(malformed());
        }
        Ok(Verifier { name: name.to_owned(), id: expected, cosigns, key })
    }

    /// In whose name it is: of a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a witness's.
    #[must_use]
    pub fn cosigns(&self) -> bool {
        self.cosigns
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    pub(crate) fn key(&self) -> &VerifyingKey {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_its_owners_alone_and_never_made_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let ledger = LedgerId::parse("district").unwrap();
        let vkey = CheckpointKey::init("example.org", &path).unwrap().vkey(&ledger);
        assert!(vkey.starts_with("creditbank/example.org/district+"));
        assert_eq!(CheckpointKey::read(&path).unwrap().vkey(&ledger), vkey);
        assert!(matches!(CheckpointKey::init("example.org", &path), Err(Fault::File { .. })));
        assert!(matches!(WitnessKey::read(&path), Err(Fault::KeyMalformed(_))), "it does not cosign");
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(CheckpointKey::read(&path), Err(Fault::KeyOpenToOthers { mode: 0o640, .. })));
        for name in ["", "with space", "with+plus"] {
            let other = folder.path().join("other");
            assert!(matches!(WitnessKey::init(name, &other), Err(Fault::KeyMalformed(_))), "{name}");
        }
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        // The example of the specification of signed notes.
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(Verifier::parse(vkey).unwrap().name(), "PeterNeumann");
        for wrong in [
            "",
            "PeterNeumann",
            "PeterNeumann+c74f20a3",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
            "PeterNeumann+c74f20a3+AhpcAAAA",
        ] {
            assert!(matches!(Verifier::parse(wrong), Err(Fault::KeyMalformed(_))), "{wrong}");
        }
    }
}
