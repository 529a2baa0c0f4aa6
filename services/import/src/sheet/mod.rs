//! Sheets: delimited text in any of the declared encodings, read record by record with the numbers that a spreadsheet
//! shows, in a memory that does not grow with the file.

mod decode;
mod format;
pub(crate) mod table;

pub(crate) use format::Format;

use crate::error::ImportError;
use crate::expression::width::clean;
use csv::StringRecord;
use decode::{Decoded, Fault};
use std::fs::File;
use std::path::Path;

/// The largest file, in bytes: 256 MiB, some two million rows (our own default).
pub const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// The largest look-up table, in bytes: it is held in memory (our own default).
pub const MAX_LOOKUP_BYTES: u64 = 64 * 1024 * 1024;
/// The largest row, in bytes. A quote that is never closed would make a row of the rest of the file.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;

/// An open sheet behind its header.
pub(crate) struct Sheet {
    reader: csv::Reader<Decoded<File>>,
    file: String,
    header: Vec<String>,
    /// The number of the row read last.
    row: u64,
    /// Line breaks inside quoted cells so far: lines that are no rows of their own.
    inner_lines: u64,
}

impl Sheet {
    /// Opens a file and reads its header.
    pub(crate) fn open(path: &Path, format: &Format, max_bytes: u64) -> Result<Sheet, ImportError> {
        let file = path.display().to_string();
        let unreadable = |source| ImportError::Unreadable { file: file.clone(), source };
        let input = File::open(path).map_err(unreadable)?;
        let metadata = input.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
        }
        if metadata.len() > max_bytes {
            return Err(too_large(&file, max_bytes));
        }
        let decoded = Decoded::new(input, format.encoding, max_bytes);
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(format.delimiter)
            .from_reader(decoded);
        let mut sheet = Sheet { reader, file, header: vec![], row: 0, inner_lines: 0 };
        sheet.read_header(format)?;
        Ok(sheet)
    }

    fn read_header(&mut self, format: &Format) -> Result<(), ImportError> {
        let mut record = StringRecord::new();
        let mut row = self.read(&mut record)?;
        while row.is_some_and(|row| row < format.header_row) {
            row = self.read(&mut record)?;
        }
        if row != Some(format.header_row) {
            let wanted = format.header_row;
            return Err(self.header_error(format!(
                "第 {wanted} 列不是欄名，請查對檔案或對照檔的 header_row。\
                 Row {wanted} has no headings: check the file, or header_row in the mapping."
            )));
        }
        self.header = record.iter().map(|heading| clean(heading).into_owned()).collect();
        Ok(())
    }

    /// The headings.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Where the wanted columns are.
    ///
    /// # Errors
    /// `IMPORT_HEADER` where one is missing or there twice.
    pub(crate) fn places(&self, wanted: &[String]) -> Result<Vec<usize>, ImportError> {
        let mut places = Vec::with_capacity(wanted.len());
        let (mut missing, mut doubled) = (Vec::new(), Vec::new());
        for heading in wanted {
            let mut found =
                self.header.iter().enumerate().filter(|(_, h)| *h == heading).map(|(place, _)| place);
            match (found.next(), found.next()) {
                (Some(place), None) => places.push(place),
                (Some(_), Some(_)) => doubled.push(heading.as_str()),
                (None, _) => missing.push(heading.as_str()),
            }
        }
        if !missing.is_empty() {
            return Err(self.header_error(format!(
                "缺少欄「{}」；檔案的欄是「{}」。請查對欄名和 header_row；若是亂碼，請查對 encoding。\
                 Columns are missing: check the headings and header_row, and the encoding where they look garbled.",
                missing.join("、"),
                self.header.join("、")
            )));
        }
        if !doubled.is_empty() {
            return Err(self.header_error(format!(
                "欄「{}」出現兩次，分不清該讀哪一個，請改一個欄名。\
                 These headings are there twice: rename one of each.",
                doubled.join("、")
            )));
        }
        Ok(places)
    }

    /// Reads the next row; gives its number as a spreadsheet shows it. Blank lines count and are no rows.
    pub(crate) fn read(&mut self, record: &mut StringRecord) -> Result<Option<u64>, ImportError> {
        self.reader.get_mut().begin_record();
        match self.reader.read_record(record) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(error) => return Err(self.stopped(error)),
        }
        // The decoder ends every line with one line feed, so the line behind the record is known exactly.
        let behind = self.reader.position().line();
        let inner = count_line_feeds(record.as_slice());
        self.row = behind.saturating_sub(1 + inner + self.inner_lines);
        self.inner_lines += inner;
        Ok(Some(self.row))
    }

    fn header_error(&self, message: String) -> ImportError {
        ImportError::Header { file: self.file.clone(), message }
    }

    fn stopped(&self, error: csv::Error) -> ImportError {
        let file = self.file.clone();
        match self.reader.get_ref().fault() {
            Some(Fault::TooManyBytes(most)) => too_large(&file, most),
            Some(Fault::LongRecord) => ImportError::TooLarge {
                file,
                message: format!(
                    "第 {} 列之後有一列超過 {MAX_ROW_BYTES} 位元組，多半是引號沒有成對，請查對。\
                     A row after row {} is too long, most likely for a quote without partner: check it.",
                    self.row, self.row
                ),
            },
            Some(Fault::Workbook) => ImportError::Encoding {
                file,
                line: 1,
                message: "這是 Excel 活頁簿，請另存為「CSV UTF-8（逗號分隔）」再匯入。\
                          This is a workbook: save it as \"CSV UTF-8\" and import that."
                    .to_owned(),
            },
            Some(Fault::Undecodable { line, encoding }) => ImportError::Encoding {
                file,
                line,
                message: format!(
                    "這裡不是 {encoding} 文字，請在對照檔改 encoding（utf-8、gb18030、big5），或另存為 UTF-8。\
                     This is not {encoding}: change the mapping's encoding, or save the file as UTF-8."
                ),
            },
            None => ImportError::Unreadable { file, source: std::io::Error::other(error) },
        }
    }
}

fn too_large(file: &str, most: u64) -> ImportError {
    let mebibytes = most / (1024 * 1024);
    ImportError::TooLarge {
        file: file.to_owned(),
        message: format!("超過 {mebibytes} MiB，請拆成幾個檔。It passes {mebibytes} MiB: split the file."),
    }
}

fn count_line_feeds(text: &str) -> u64 {
    text.bytes().map(|byte| u64::from(byte == b'\n')).sum()
}

#[cfg(test)]
mod tests;
