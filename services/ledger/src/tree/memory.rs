//! What a key has signed, remembered beside the key: a database that was restored from a backup, or laid anew, has forgotten it.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The newest checkpoint of each log that a key has signed, in a file: a line of origin, size and root each.
#[derive(Debug)]
pub(crate) struct SignedBefore {
    file: PathBuf,
    /// One at a time writes it.
    turn: Mutex<()>,
}

impl SignedBefore {
    /// Beside the file of a key: the same name with `.signed`.
    pub(crate) fn beside(key: &Path) -> SignedBefore {
        let mut file = key.as_os_str().to_owned();
        file.push(".signed");
        SignedBefore { file: file.into(), turn: Mutex::new(()) }
    }

    /// How many events of a log were signed last, and the root over them.
    pub(super) fn newest(&self, origin: &str) -> io::Result<Option<(u64, [u8; 32])>> {
        let found = self.lines()?.into_iter().find(|(held, ..)| held == origin);
        Ok(found.map(|(_, size, root)| (size, root)))
    }

    /// Remembers what is about to be signed: on disk when this returns.
    pub(super) fn keep(&self, origin: &str, size: u64, root: [u8; 32]) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = self.lines()?;
        if lines.iter().any(|(held, signed, _)| held == origin && *signed > size) {
            // Another program was faster: what it signed is not forgotten.
            return Ok(());
        }
        lines.retain(|(held, ..)| held != origin);
        lines.push((origin.to_owned(), size, root));
        let text: String = lines
            .iter()
            .map(|(origin, size, root)| format!("{origin} {size} {}\n", hex::encode(root)))
            .collect();
        let mut beside = self.file.clone().into_os_string();
        beside.push(".new");
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.file)?;
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// A line that cannot be read is an error: to forget it would be to sign another history.
    fn lines(&self) -> io::Result<Vec<(String, u64, [u8; 32])>> {
        let text = match std::fs::read_to_string(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        let parse = |line: &str| {
            let mut parts = line.split(' ');
            let (origin, size, root) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
            let root = <[u8; 32]>::try_from(hex::decode(root).ok()?).ok()?;
            parts.next().is_none().then(|| (origin.to_owned(), size, root))
        };
        let wrong = || {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}: no line of ours", self.file.display()))
        };
        text.lines().map(|line| parse(line).ok_or_else(wrong)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::SignedBefore;

    #[test]
    fn the_newest_of_each_log_is_remembered_and_nothing_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("checkpoint.key");
        let memory = SignedBefore::beside(&key);
        assert_eq!(memory.newest("a/b").unwrap(), None);
        memory.keep("a/b", 7, [1; 32]).unwrap();
        memory.keep("a/c", 9, [2; 32]).unwrap();
        memory.keep("a/b", 8, [3; 32]).unwrap();
        memory.keep("a/b", 6, [9; 32]).unwrap();
        let again = SignedBefore::beside(&key);
        assert_eq!(again.newest("a/b").unwrap(), Some((8, [3; 32])));
        assert_eq!(again.newest("a/c").unwrap(), Some((9, [2; 32])));
        std::fs::write(folder.path().join("checkpoint.key.signed"), "a/b eight\n").unwrap();
        assert!(again.newest("a/c").is_err() && again.keep("a/c", 10, [4; 32]).is_err());
    }
}
