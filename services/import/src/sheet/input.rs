//! Where the bytes of a sheet come from: a file, or memory that an upload filled.

use crate::error::ImportError;
use crate::workbook::Handle;
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The bytes of a sheet, to be read as often as one likes.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    File(PathBuf),
    Memory { name: String, bytes: Arc<[u8]> },
}

/// What changes when a file is written: its length and its time.
pub(crate) type State = (u64, Option<SystemTime>);

impl Input {
    /// What the sheet is called in what users are told.
    pub(crate) fn name(&self) -> String {
        match self {
            Input::File(path) => path.display().to_string(),
            Input::Memory { name, .. } => name.clone(),
        }
    }

    /// The folder that look-up tables lie in.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Input::File(path) => Some(path.parent().unwrap_or(Path::new("."))),
            Input::Memory { .. } => None,
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
            Input::Memory { bytes, .. } => Ok((bytes.len() as u64, None)),
        }
    }

    /// Opens it at its beginning.
    pub(crate) fn open(&self) -> Result<Box<dyn Handle>, ImportError> {
        Ok(match self {
            Input::File(path) => Box::new(File::open(path).map_err(|source| self.unreadable(source))?),
            Input::Memory { bytes, .. } => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }

    fn unreadable(&self, source: std::io::Error) -> ImportError {
        ImportError::Unreadable { file: self.name(), source }
    }
}
