//! Lines of an archive's files, one after the other, in bounded memory.

use super::manifest::{Listed, regular_file};
use crate::error::Fault;
use ledger_core::entry::Digest32;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest line that is read: no event is longer (a policy document of 256 KiB is the longest part of one).
const LONGEST: u64 = 4 << 20;

/// Lines of some files. That a file is what is listed is known at its end, so the end, without an error, is part of the answer.
pub struct Rows {
    folder: PathBuf,
    files: VecDeque<Listed>,
    open: Option<Open>,
    line: Vec<u8>,
}

/// A file that is being read.
struct Open {
    listed: Listed,
    path: PathBuf,
    reader: BufReader<File>,
    hash: Sha256,
    lines: u64,
}

impl Rows {
    /// The lines of files of a folder.
    #[must_use]
    pub fn of(folder: &Path, files: Vec<Listed>) -> Rows {
        Rows { folder: folder.to_owned(), files: files.into(), open: None, line: Vec::new() }
    }

    /// The next line, without its line feed; none at the end of the last file.
    ///
    /// # Errors
    /// `FileAltered` where a file is not what is listed, or where it cannot be read.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Fault> {
        loop {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => match self.files.pop_front() {
                    Some(listed) => Open::file(&self.folder, listed)?,
                    None => return Ok(None),
                },
            };
            if open.line(&mut self.line)? {
                self.open = Some(open);
                return Ok(Some(&self.line));
            }
            open.end()?;
        }
    }
}

impl Open {
    fn file(folder: &Path, listed: Listed) -> Result<Open, Fault> {
        let path = folder.join(&listed.name);
        let reader = BufReader::with_capacity(1 << 18, regular_file(&path)?);
        Ok(Open { listed, path, reader, hash: Sha256::new(), lines: 0 })
    }

    /// Reads a line; whether there is one.
    fn line(&mut self, line: &mut Vec<u8>) -> Result<bool, Fault> {
        line.clear();
        let mut limited = (&mut self.reader).take(LONGEST);
        if limited.read_until(b'\n', line).map_err(Fault::file(&self.path))? == 0 {
            return Ok(false);
        }
        self.hash.update(&*line);
        if line.pop() != Some(b'\n') {
            return Err(self.altered("a line does not end, or is too long"));
        }
        self.lines += 1;
        if self.lines > self.listed.lines {
            return Err(self.altered("it has more lines than the manifest says"));
        }
        Ok(true)
    }

    fn end(self) -> Result<(), Fault> {
        if self.lines != self.listed.lines {
            return Err(self.altered("it has fewer lines than the manifest says"));
        }
        if Digest32(self.hash.clone().finalize().into()) != self.listed.sha256 {
            return Err(self.altered("it is not what the manifest says it is"));
        }
        Ok(())
    }

    fn altered(&self, found: &'static str) -> Fault {
        Fault::FileAltered { file: self.listed.name.clone(), found }
    }
}
