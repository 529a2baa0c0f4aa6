//! What a witness remembers: of each log the newest checkpoint it has cosigned, in a file of its own that is replaced whole,
//! and on disk before the cosignature is given.

use creditbank_proof::{Checkpoint, Fault, Signed, Verifier};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The folder of a witness.
pub(crate) struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// Opens it, or makes it.
    pub(crate) fn open(folder: &Path) -> Result<Memory, Fault> {
        let io = |error| Fault::File { path: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(io)?;
        Ok(Memory { folder: folder.to_owned() })
    }

    fn file(&self, log: &Verifier) -> PathBuf {
        // A name may have characters that a file's may not.
        self.folder.join(format!("{}.checkpoint", hex::encode(Sha256::digest(log.name()))))
    }

    /// The newest checkpoint of a log; none where it has seen none. What is not signed by the log is damage, not nothing:
    /// whoever takes the file away makes the witness forget.
    pub(crate) fn newest(&self, log: &Verifier) -> Result<Option<Checkpoint>, Fault> {
        let path = self.file(log);
        match std::fs::read_to_string(&path) {
            Ok(note) => Ok(Some(Signed::parse(&note)?.verify(log)?.clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Fault::File { path, error }),
        }
    }

    /// Remembers a checkpoint in the place of the one before it.
    pub(crate) fn keep(&self, log: &Verifier, note: &str) -> Result<(), Fault> {
        let path = self.file(log);
        let partial = path.with_extension("partial");
        let write = || {
            let mut file = File::create(&partial)?;
            file.write_all(note.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&partial, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| Fault::File { path: path.clone(), error })
    }
}
