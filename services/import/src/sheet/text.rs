//! Delimited text, read record by record.

use super::decode::{Decoded, Fault};
use super::record::Record;
use super::{Format, MAX_ROW_BYTES, too_large};
use crate::error::ImportError;
use crate::workbook::Handle;

/// The rows of delimited text.
pub(super) struct TextRows {
    reader: csv::Reader<Decoded<Box<dyn Handle>>>,
    file: String,
    /// The number of the row read last.
    row: u64,
    /// Line breaks inside quoted cells so far: lines that are no rows of their own.
    inner_lines: u64,
}

impl TextRows {
    pub(super) fn new(handle: Box<dyn Handle>, file: String, format: &Format, max_bytes: u64) -> TextRows {
        let decoded = Decoded::new(handle, format.encoding, max_bytes);
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(format.delimiter)
            .from_reader(decoded);
        TextRows { reader, file, row: 0, inner_lines: 0 }
    }

    /// Reads the next row; gives its number as a spreadsheet shows it. Blank lines count and are no rows.
    pub(super) fn read(&mut self, record: &mut Record) -> Result<Option<u64>, ImportError> {
        self.reader.get_mut().begin_record();
        let cells = record.cells_mut();
        match self.reader.read_record(cells) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(error) => return Err(self.stopped(error)),
        }
        // The decoder ends every line with one line feed, so the line behind the record is known exactly.
        let behind = self.reader.position().line();
        let inner = count_line_feeds(cells.as_slice());
        self.row = behind.saturating_sub(1 + inner + self.inner_lines);
        self.inner_lines += inner;
        Ok(Some(self.row))
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
            Some(Fault::Nul { line }) => ImportError::Encoding {
                file,
                line,
                message: "這裡有 NUL 位元組，不是文字檔；請另存為 .xlsx 或「CSV UTF-8」再匯入。\
                          A NUL byte stands here, as in no text: save the file as .xlsx or CSV UTF-8."
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

fn count_line_feeds(text: &str) -> u64 {
    text.bytes().map(|byte| u64::from(byte == b'\n')).sum()
}
