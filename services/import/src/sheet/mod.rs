//! Sheets: delimited text in any of the declared encodings, or a sheet of a workbook, read row by row with the numbers that
//! a spreadsheet shows, in a memory that does not grow with the file.

mod active;
mod decode;
mod format;
mod input;
mod record;
pub(crate) mod table;
mod text;

pub(crate) use format::Format;
pub(crate) use input::{Input, State};
pub(crate) use record::Record;

use crate::error::ImportError;
use crate::expression::width::clean;
use crate::workbook::{self, Fault, Kind, SheetRows};
use text::TextRows;

/// The largest file, in bytes: 256 MiB, some two million rows (our own default). A workbook has limits of its own.
pub const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// The largest look-up table, in bytes: it is held in memory (our own default).
pub const MAX_LOOKUP_BYTES: u64 = 64 * 1024 * 1024;
/// The largest row, in bytes. A quote that is never closed would make a row of the rest of the file.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;
/// The most headings (our own default).
const MAX_HEADINGS: usize = 1_024;

enum Rows {
    Text(Box<TextRows>),
    Workbook(Box<SheetRows<'static>>),
}

/// An open sheet behind its header.
pub(crate) struct Sheet {
    rows: Rows,
    file: String,
    header: Vec<String>,
}

impl Sheet {
    /// Opens a sheet and reads its header. What kind of file it is say its first bytes, not its name.
    pub(crate) fn open(input: &Input, format: &Format, max_bytes: u64) -> Result<Sheet, ImportError> {
        let mut sheet = Sheet::begin(input, format, max_bytes)?;
        sheet.read_header(format)?;
        Ok(sheet)
    }

    /// Opens a sheet at its first row.
    pub(crate) fn begin(input: &Input, format: &Format, max_bytes: u64) -> Result<Sheet, ImportError> {
        let file = input.name();
        if input.state()?.0 > max_bytes {
            return Err(too_large(&file, max_bytes));
        }
        let mut handle = input.open()?;
        let kind = workbook::kind(&mut handle).map_err(|fault| fault.of(&file))?;
        let rows = match kind {
            Kind::Text => Rows::Text(Box::new(TextRows::new(handle, file.clone(), format, max_bytes))),
            Kind::Workbook => {
                let rows = workbook::open(handle, format.sheet.as_deref());
                Rows::Workbook(Box::new(rows.map_err(|fault| fault.of(&file))?))
            }
        };
        Ok(Sheet { rows, file, header: vec![] })
    }

    /// Whether it is delimited text.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.rows, Rows::Text(_))
    }

    fn read_header(&mut self, format: &Format) -> Result<(), ImportError> {
        let mut record = Record::default();
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
        if record.len() > MAX_HEADINGS {
            return Err(ImportError::TooLarge {
                file: self.file.clone(),
                message: format!(
                    "欄名有 {} 個，最多 {MAX_HEADINGS} 個；請刪去用不到的欄，並查對 delimiter。\
                     There are more than {MAX_HEADINGS} headings: remove columns, and check the delimiter.",
                    record.len()
                ),
            });
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
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<Option<u64>, ImportError> {
        match &mut self.rows {
            Rows::Text(rows) => rows.read(record),
            Rows::Workbook(rows) => rows.read(record).map_err(|fault: Fault| fault.of(&self.file)),
        }
    }

    fn header_error(&self, message: String) -> ImportError {
        ImportError::Header { file: self.file.clone(), message }
    }
}

fn too_large(file: &str, most: u64) -> ImportError {
    let mebibytes = most / (1024 * 1024);
    ImportError::TooLarge {
        file: file.to_owned(),
        message: format!("超過 {mebibytes} MiB，請拆成幾個檔。It passes {mebibytes} MiB: split the file."),
    }
}

#[cfg(test)]
mod tests;
