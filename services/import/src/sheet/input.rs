//! Where the bytes of a sheet come from: a file of a folder, or one that was uploaded.

use crate::error::ImportError;
use crate::workbook::Handle;
use std::fs::File;
use std::io::{Error, Read, Result as IoResult, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The bytes of a sheet, to be read as often as one likes.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    File(PathBuf),
    /// A file without a name of its own, such as one that was uploaded.
    Upload {
        name: String,
        file: Arc<File>,
    },
}

/// What changes when a file is written: its length and its time.
pub(crate) type State = (u64, Option<SystemTime>);

impl Input {
    /// What the sheet is called in what users are told.
    pub(crate) fn name(&self) -> String {
        match self {
            Input::File(path) => path.display().to_string(),
            Input::Upload { name, .. } => name.clone(),
        }
    }

    /// The folder that look-up tables lie in.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Input::File(path) => Some(path.parent().unwrap_or(Path::new("."))),
            Input::Upload { .. } => None,
        }
    }

    /// Its state now.
    pub(crate) fn state(&self) -> Result<State, ImportError> {
        match self {
            Input::File(path) => {
                let metadata = std::fs::metadata(path).map_err(|source| self.unreadable(source))?;
                if metadata.is_dir() {
                    return Err(self.unreadable(std::io::ErrorKind::IsADirectory.into()));
                }
                Ok((metadata.len(), metadata.modified().ok()))
            }
            Input::Upload { file, .. } => {
                let metadata = file.metadata().map_err(|source| self.unreadable(source))?;
                Ok((metadata.len(), metadata.modified().ok()))
            }
        }
    }

    /// Opens it at its beginning.
    pub(crate) fn open(&self) -> Result<Box<dyn Handle>, ImportError> {
        Ok(match self {
            Input::File(path) => Box::new(File::open(path).map_err(|source| self.unreadable(source))?),
            Input::Upload { file, .. } => Box::new(Upload { file: Arc::clone(file), at: 0 }),
        })
    }

    fn unreadable(&self, source: std::io::Error) -> ImportError {
        ImportError::Unreadable { file: self.name(), source }
    }
}

/// A reader of its own of a file that others read too.
struct Upload {
    file: Arc<File>,
    at: u64,
}

impl Read for Upload {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for Upload {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| Error::from(std::io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
