//! What a file is before anybody said what its columns mean: its encoding, what divides its cells, and its headings.

use super::guess;
use crate::error::ImportError;
use crate::expression::width::clean;
use crate::sheet::{Format, Input, MAX_FILE_BYTES, Record, Sheet};
use ledger_core::entry::Digest32;
use std::fs::File;
use std::sync::Arc;

/// Rows at the top among which the headings are looked for (our own default).
const TOP_ROWS: usize = 10;
/// Columns that are known by their names in a row of headings.
const ENOUGH: usize = 2;
/// Encodings in the order in which they are tried.
const ENCODINGS: [&str; 3] = ["utf-8", "big5", "gb18030"];
/// What divides cells, in the order in which it is tried.
const DELIMITERS: [&str; 4] = [",", "\t", ";", "|"];

/// How a file is written, as far as can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// As in `[file] encoding`.
    pub encoding: String,
    /// As in `[file] delimiter`.
    pub delimiter: String,
    /// The row of the headings.
    pub header_row: u64,
    /// The headings, as a mapping names them.
    pub headings: Vec<String>,
}

impl Outline {
    /// Looks a file through to its end.
    ///
    /// # Errors
    /// As [`crate::Source::open`].
    pub fn read(name: &str, file: &Arc<File>) -> Result<Outline, ImportError> {
        let input = Input::Upload { name: name.to_owned(), file: Arc::clone(file) };
        let mut first_error = None;
        let mut best: Option<(usize, Outline)> = None;
        for encoding in ENCODINGS {
            match Outline::with(&input, encoding) {
                Ok((known, outline)) => {
                    if best.as_ref().is_none_or(|(held, _)| known > *held) {
                        best = Some((known, outline));
                    }
                    // UTF-8 is never read by chance.
                    if encoding == "utf-8" {
                        break;
                    }
                }
                Err(error @ ImportError::Encoding { .. }) => first_error = first_error.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match (best, first_error) {
            (Some((_, outline)), _) => Ok(outline),
            (None, Some(error)) => Err(error),
            (None, None) => Err(no_headings(&input.name())),
        }
    }

    /// The same, written as somebody says it is.
    ///
    /// # Errors
    /// As [`Outline::read`].
    pub fn written(
        name: &str,
        file: &Arc<File>,
        encoding: &str,
        delimiter: &str,
        header_row: u64,
    ) -> Result<Outline, ImportError> {
        let input = Input::Upload { name: name.to_owned(), file: Arc::clone(file) };
        let wrong = |(_, message)| ImportError::Header { file: name.to_owned(), message };
        let format = Format::new(encoding, delimiter, header_row, None).map_err(wrong)?;
        let sheet = Sheet::open(&input, &format, MAX_FILE_BYTES)?;
        let (encoding, delimiter) = (encoding.to_owned(), delimiter.to_owned());
        Ok(Outline { encoding, delimiter, header_row, headings: sheet.header().to_vec() })
    }

    /// What tells this kind of sheet from others: a digest of its headings.
    #[must_use]
    pub fn digest(&self) -> String {
        Digest32::of(self.headings.join("\u{1F}").as_bytes()).to_string()
    }

    /// The same in one encoding, with how many headings are known.
    fn with(input: &Input, encoding: &str) -> Result<(usize, Outline), ImportError> {
        let mut best: Option<(usize, Outline)> = None;
        for delimiter in DELIMITERS {
            let format = Format::new(encoding, delimiter, 1, None).unwrap_or_default();
            let mut sheet = Sheet::begin(input, &format, MAX_FILE_BYTES)?;
            let is_text = sheet.is_text();
            let top = top(&mut sheet)?;
            if best.is_none() {
                // A byte that is no text may stand anywhere.
                let mut record = Record::default();
                while is_text && sheet.read(&mut record)?.is_some() {}
            }
            let headings = |row: &Vec<String>| (guess(row).len(), row.len());
            let named = top.iter().find(|(_, row)| guess(row).len() >= ENOUGH).or(top.first());
            if let Some((number, row)) = named {
                let outline = Outline {
                    encoding: encoding.to_owned(),
                    delimiter: delimiter.to_owned(),
                    header_row: *number,
                    headings: row.clone(),
                };
                let better = best.as_ref().is_none_or(|(_, held)| headings(row) > headings(&held.headings));
                if better {
                    best = Some((guess(row).len(), outline));
                }
            }
            if !is_text {
                break;
            }
        }
        best.ok_or_else(|| no_headings(&input.name()))
    }
}

/// The rows at the top in which anything stands.
fn top(sheet: &mut Sheet) -> Result<Vec<(u64, Vec<String>)>, ImportError> {
    let mut record = Record::default();
    let mut top = Vec::new();
    while top.len() < TOP_ROWS
        && let Some(number) = sheet.read(&mut record)?
    {
        if !record.is_blank() {
            top.push((number, record.iter().map(|cell| clean(cell).into_owned()).collect()));
        }
    }
    Ok(top)
}

fn no_headings(file: &str) -> ImportError {
    ImportError::Header {
        file: file.to_owned(),
        message:
            "檔案是空的，沒有欄名；請選有資料的檔案。The file is empty: choose one with a row of headings."
                .to_owned(),
    }
}
