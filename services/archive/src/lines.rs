//! Lines of an archive, read and written by a thread of their own, beside the one that speaks to the store.

use crate::error::ArchiveError;
use crate::manifest::{Content, LINES, Listed, regular_file};
use crate::{PAGE, PAGE_BYTES};
use ledger_core::entry::Digest32;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pages that wait between the thread and the store.
const AHEAD: usize = 2;
/// Longest line that is read: no event is longer (a policy document of 256 KiB is the longest part of one).
const LONGEST: usize = 4 << 20;

pub(crate) type Lines = Vec<Vec<u8>>;

/// Takes lines and writes them to files; at the end it gives the list of them.
pub(crate) fn write(
    folder: &Path,
    content: Content,
) -> (mpsc::Sender<Lines>, JoinHandle<Result<Vec<Listed>, ArchiveError>>) {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let folder = folder.to_owned();
    (sender, tokio::task::spawn_blocking(move || write_all(&folder, content, receiver)))
}

fn write_all(
    folder: &Path,
    content: Content,
    mut pages: mpsc::Receiver<Lines>,
) -> Result<Vec<Listed>, ArchiveError> {
    let mut listed: Vec<Listed> = Vec::new();
    let mut file: Option<Writing> = None;
    let mut written = 0;
    while let Some(page) = pages.blocking_recv() {
        for line in page {
            let open = match file.take() {
                Some(open) => open,
                None => Writing::create(folder, content.file(written + 1))?,
            };
            let open = open.line(&line)?;
            written += 1;
            match open.lines {
                LINES => listed.push(open.finish()?),
                _ => file = Some(open),
            }
        }
    }
    listed.extend(file.map(Writing::finish).transpose()?);
    Ok(listed)
}

/// A file that takes lines.
struct Writing {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    lines: u64,
    hash: Sha256,
}

impl Writing {
    fn create(folder: &Path, name: String) -> Result<Writing, ArchiveError> {
        let path = folder.join(&name);
        let file = File::create_new(&path).map_err(ArchiveError::file(&path))?;
        Ok(Writing {
            name,
            path,
            file: BufWriter::with_capacity(1 << 18, file),
            lines: 0,
            hash: Sha256::new(),
        })
    }

    fn line(mut self, line: &[u8]) -> Result<Writing, ArchiveError> {
        for bytes in [line, b"\n"] {
            self.hash.update(bytes);
            self.file.write_all(bytes).map_err(ArchiveError::file(&self.path))?;
        }
        self.lines += 1;
        Ok(self)
    }

    fn finish(self) -> Result<Listed, ArchiveError> {
        let synced = self.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        synced.and_then(|file| file.sync_all()).map_err(ArchiveError::file(&self.path))?;
        Ok(Listed { name: self.name, lines: self.lines, sha256: Digest32(self.hash.finalize().into()) })
    }
}

/// Reads the lines of files, in pages, and makes sure that each file is what is listed. Its last page comes before that is
/// known of the file, so the end, without an error, is part of the answer.
pub(crate) fn read(folder: &Path, files: Vec<Listed>) -> mpsc::Receiver<Result<Lines, ArchiveError>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        for listed in files {
            if let Err(error) = read_file(&folder, &listed, &sender) {
                // Whoever reads no further need not know.
                let _ = sender.blocking_send(Err(error));
                return;
            }
        }
    });
    receiver
}

fn read_file(
    folder: &Path,
    listed: &Listed,
    to: &mpsc::Sender<Result<Lines, ArchiveError>>,
) -> Result<(), ArchiveError> {
    let path = folder.join(&listed.name);
    let file = regular_file(&path)?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let (mut hash, mut lines, mut bytes) = (Sha256::new(), 0_u64, 0);
    let mut page = Lines::with_capacity(PAGE as usize);
    loop {
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut reader, LONGEST as u64);
        if limited.read_until(b'\n', &mut line).map_err(ArchiveError::file(&path))? == 0 {
            break;
        }
        hash.update(&line);
        if line.pop() != Some(b'\n') {
            return Err(ArchiveError::not_whole(&listed.name, "a line does not end, or is too long"));
        }
        lines += 1;
        bytes += line.len();
        page.push(line);
        if lines > listed.lines {
            break;
        }
        let full = page.len() == PAGE as usize || bytes >= PAGE_BYTES;
        if full {
            bytes = 0;
        }
        if full && to.blocking_send(Ok(std::mem::take(&mut page))).is_err() {
            return Ok(());
        }
    }
    if lines != listed.lines || Digest32(hash.finalize().into()) != listed.sha256 {
        return Err(ArchiveError::not_whole(&listed.name, "it is not what the manifest says it is"));
    }
    if !page.is_empty() {
        // Whoever reads no further need not know.
        let _ = to.blocking_send(Ok(page));
    }
    Ok(())
}
