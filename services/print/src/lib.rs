//! Papers as PDF: a document of titles, facts, tables and notes is laid out on A4 in the font that ships with the crate.
//!
//! The same document gives the same bytes. Nothing here knows the ledger, a clock or a file. Text is tagged in reading
//! order and can be copied out; rows are never cut across pages, and heads of tables stand on each page.
//!
//! A page is drawn in four steps, a room each: the [`Document`] → [`flow`] breaks lines and pages → [`sheet`] holds what
//! stands where → [`pdf`] writes it.

mod code;
mod document;
mod face;
mod flow;
mod length;
mod line;
mod pdf;
mod sheet;
mod table;

pub use document::{Align, Block, Cell, Code, Column, Document, Language, Table};

/// Rows of all tables of a document (our own default): 10,000 entries, a full year of an account, take some 300 pages.
pub const MOST_ROWS: usize = 10_000;

/// A document as PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The file.
    pub pdf: Vec<u8>,
    /// Its pages.
    pub pages: usize,
    /// Characters that the font lacks, each printed as its code point in brackets, such as `[U+2252]`.
    pub lacking: usize,
}

/// Why a document cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// More than [`MOST_ROWS`] rows.
    #[error(
        "一份文件至多 {MOST_ROWS} 列，請縮短期間。A paper has at most {MOST_ROWS} rows: choose a shorter period."
    )]
    TooLong,
    /// More than a code holds.
    #[error("條碼內容太長。The content of a code is too long.")]
    CodeTooLong,
    /// The font or the file could not be made; a fault of the program.
    #[error("PDF：{0}")]
    Pdf(String),
}

/// Prints a document.
///
/// # Errors
/// Where it is too long, or a code in it.
pub fn print(document: &Document) -> Result<Printed, PrintError> {
    let rows: usize = document.blocks.iter().map(Block::rows).sum();
    if rows > MOST_ROWS {
        return Err(PrintError::TooLong);
    }
    let face = face::Face::shipped()?;
    let (sheets, lacking) = flow::lay_out(document, face)?;
    let pages = sheets.len();
    let pdf = pdf::write(document, face, &sheets)?;
    Ok(Printed { pdf, pages, lacking })
}
