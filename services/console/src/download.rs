//! Files that are given out: workbooks and CSV, written to one without a lasting name and sent piece by piece.

use crate::stop::Stop;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use creditbank_evidence::{Cell, EvidenceError, PackFile, Row};
use futures::stream;
use std::io::Read;
use std::path::Path;
use tempfile::TempPath;

/// Bytes that are sent at a time (our own default).
const PIECE: usize = 64 << 10;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Xlsx,
    Csv,
}

impl As {
    /// Of `xlsx` or `csv`.
    pub(crate) fn parse(text: &str) -> Option<As> {
        match text {
            "xlsx" => Some(As::Xlsx),
            "csv" => Some(As::Csv),
            _ => None,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            As::Xlsx => "xlsx",
            As::Csv => "csv",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            As::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            As::Csv => "text/csv; charset=utf-8",
        }
    }

    /// A file that something else writes.
    pub(crate) fn keep<E>(self, write: impl FnOnce(&Path) -> Result<(), E>) -> std::io::Result<Finished>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let path = self.place()?;
        write(&path).map_err(std::io::Error::other)?;
        Ok(Finished { path, form: self })
    }

    fn place(self) -> std::io::Result<TempPath> {
        let suffix = format!(".{}", self.extension());
        Ok(tempfile::Builder::new().suffix(&suffix).tempfile()?.into_temp_path())
    }

    /// Begins a file whose sheet has a title.
    pub(crate) fn begin(self, title: &str) -> Result<Writing, EvidenceError> {
        let path = self.place()?;
        Ok(Writing { file: PackFile::titled(&path, title)?, path, form: self })
    }
}

/// A file on its way.
pub(crate) struct Writing {
    file: PackFile,
    path: TempPath,
    form: As,
}

impl Writing {
    pub(crate) fn write(&mut self, look: Row, cells: &[Cell<'_>]) -> Result<(), EvidenceError> {
        self.file.write(look, cells)
    }

    pub(crate) fn finish(self) -> Result<Finished, EvidenceError> {
        self.file.finish()?;
        Ok(Finished { path: self.path, form: self.form })
    }
}

/// A file that is written.
pub(crate) struct Finished {
    path: TempPath,
    form: As,
}

impl Finished {
    /// Sends it by a name without its extension, of ASCII.
    pub(crate) fn response(self, name: &str) -> Result<Response, Stop> {
        // Opened, it needs its name no more.
        let file = std::fs::File::open(&self.path).map_err(Stop::no_room)?;
        drop(self.path);
        let disposition = format!("attachment; filename=\"{name}.{}\"", self.form.extension());
        let headers = [
            (header::CONTENT_TYPE, self.form.content_type().to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ];
        let pieces = stream::try_unfold(file, |mut file| async move {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece)?;
            piece.truncate(read);
            Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
        });
        Ok((headers, Body::from_stream(pieces)).into_response())
    }
}
