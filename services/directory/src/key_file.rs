//! The key file: 32 random bytes, from which all keys of the directory are derived. Whoever loses it has erased everybody;
//! whoever has it and the database can read everybody.

use crate::error::DirectoryError;
use hkdf::Hkdf;
use sha2::Sha256;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// The first line of the file: what it is, and in which form.
const HEADER: &str = "creditbank-key-v1";

/// A 256-bit key, wiped when it is dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// The keys of a deployment's directory.
pub struct KeyFile {
    path: PathBuf,
    master: Key,
}

impl KeyFile {
    /// Makes a new key file that only its owner can read.
    ///
    /// # Errors
    /// Where the file is there already, or cannot be written.
    pub fn init(path: &Path) -> Result<(), DirectoryError> {
        let master = random()?;
        let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + 2 * master.len() + 2));
        text.push_str(HEADER);
        text.push('\n');
        let mut digits = hex::encode(*master);
        text.push_str(&digits);
        digits.zeroize();
        text.push('\n');
        let written = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            // The name of the file is on disk too.
            File::open(path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")))?
                .sync_all()
        };
        written().map_err(|source| DirectoryError::Io { path: path.to_owned(), source })
    }

    /// Reads a key file, which nobody but its owner may be able to read.
    ///
    /// # Errors
    /// Where it is not there, can be read by others, or is no key file.
    pub fn read(path: &Path) -> Result<KeyFile, DirectoryError> {
        let io = |source| DirectoryError::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let mode = file.metadata().map_err(io)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(DirectoryError::OpenToOthers { path: path.to_owned(), mode });
        }
        // One byte more than the file has, so that a longer one is told.
        let mut bytes = Zeroizing::new([0_u8; HEADER.len() + 1 + 64 + 2]);
        let mut length = 0;
        loop {
            match file.read(&mut bytes[length..]).map_err(io)? {
                0 => break,
                read => length += read,
            }
        }
        let other = || DirectoryError::NoKeyFile { path: path.to_owned() };
        let text = std::str::from_utf8(&bytes[..length]).map_err(|_| other())?;
        let digits = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n'));
        let digits = digits.map(|digits| digits.strip_suffix('\n').unwrap_or(digits)).ok_or_else(other)?;
        let mut master = Key::default();
        hex::decode_to_slice(digits, &mut *master).map_err(|_| other())?;
        Ok(KeyFile { path: path.to_owned(), master })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key for one use of it.
    pub(crate) fn derive(&self, usage: &str) -> Key {
        derive(&self.master, usage)
    }
}

/// The key that another gives for one use of it (HKDF, RFC 5869).
pub(crate) fn derive(key: &[u8; 32], usage: &str) -> Key {
    let mut derived = Key::default();
    let expanded = Hkdf::<Sha256>::new(None, key)
        .expand_multi_info(&[b"creditbank/v1/", usage.as_bytes()], &mut *derived);
    debug_assert!(expanded.is_ok(), "32 bytes are fewer than 255 blocks");
    derived
}

/// A new key.
pub(crate) fn random() -> Result<Key, DirectoryError> {
    let mut key = Key::default();
    getrandom::fill(&mut *key).map_err(DirectoryError::NoRandomness)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_file_is_its_owners_alone_and_never_made_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        KeyFile::init(&path).unwrap();
        let keys = KeyFile::read(&path).unwrap();
        assert!(*keys.derive("a") == *KeyFile::read(&path).unwrap().derive("a"));
        assert!(*keys.derive("a") != *keys.derive("b") && *keys.derive("a") != *keys.master);
        assert!(matches!(KeyFile::init(&path), Err(DirectoryError::Io { .. })), "nothing is overwritten");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(KeyFile::read(&path), Err(DirectoryError::OpenToOthers { mode: 0o640, .. })));
        for text in ["", "creditbank-key-v1\n00", "another\n", &format!("{HEADER}\n{}\nmore", "0".repeat(64))]
        {
            let other = folder.path().join("other");
            std::fs::write(&other, text).unwrap();
            std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(KeyFile::read(&other), Err(DirectoryError::NoKeyFile { .. })), "{text}");
        }
        assert!(matches!(KeyFile::read(&folder.path().join("none")), Err(DirectoryError::Io { .. })));
    }

    #[test]
    fn derivation_is_that_of_rfc_5869() {
        // Test case 3 of the RFC: no salt, no info.
        let mut okm = [0; 42];
        Hkdf::<Sha256>::new(None, &[0x0b; 22]).expand(&[], &mut okm).unwrap();
        assert_eq!(
            hex::encode(okm),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        );
    }
}
