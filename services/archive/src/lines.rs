//! Lines of an archive, read and written by a thread of their own, beside the one that speaks to the store.

use crate::error::ArchiveError;
use crate::{PAGE, PAGE_BYTES};
use creditbank_proof::archive::{Content, LINES, Listed, Rows};
use ledger_core::entry::Digest32;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pages that wait between the thread and the store.
const AHEAD: usize = 2;

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
        if let Err(error) = read_all(&folder, files, &sender) {
            // Whoever reads no further need not know.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

fn read_all(
    folder: &Path,
    files: Vec<Listed>,
    to: &mpsc::Sender<Result<Lines, ArchiveError>>,
) -> Result<(), ArchiveError> {
    let mut rows = Rows::of(folder, files);
    let (mut page, mut bytes) = (Lines::with_capacity(PAGE as usize), 0);
    while let Some(line) = rows.next_line()? {
        bytes += line.len();
        page.push(line.to_vec());
        let full = page.len() == PAGE as usize || bytes >= PAGE_BYTES;
        if full {
            bytes = 0;
        }
        if full && to.blocking_send(Ok(std::mem::take(&mut page))).is_err() {
            return Ok(());
        }
    }
    if !page.is_empty() {
        // Whoever reads no further need not know.
        let _ = to.blocking_send(Ok(page));
    }
    Ok(())
}
