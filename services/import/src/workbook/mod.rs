//! Workbooks (`.xlsx`, ECMA-376), read as the text that a clerk sees.
//!
//! A file that somebody uploads may be made to harm: a few kilobytes that unpack to gigabytes, one cell at the far end of
//! the sheet, formulas, macros, links. So everything in the archive is gone through once, counted while it is
//! inflated, before the first row is given ([`open`]); a workbook that passes a limit or carries something that acts is
//! refused as a whole, in words.
//!
//! Rows are streamed: in memory stand the shared texts (10 MiB at their limits), the cell formats and one row. That is why
//! the parts are read here, on `quick-xml`, and not by calamine 0.38: it reserves what the file claims (`uniqueCount`: a
//! file of 2 KB makes it ask for 96 GB, and the process ends), and keeps a copy of its font for every cell format (67 KB
//! within all limits below take 1.9 GiB); and its reader of cells borrows from the workbook, so no value could hold both
//! between two rows.

mod archive;
mod book;
mod fault;
mod kind;
mod number;
mod place;
mod rows;
mod strings;
mod styles;
mod survey;
mod xml;

pub(crate) use archive::Handle;
pub(crate) use fault::Fault;
pub(crate) use kind::{Kind, kind};
pub(crate) use number::lost_digits;
pub(crate) use rows::SheetRows;

use crate::sheet::Record;
use archive::Archive;
use book::Book;
use rows::Texts;
use std::sync::Arc;
use strings::Strings;
use styles::Styles;
use xml::Xml;

/// The largest workbook, in bytes as it lies on disk: what it may unpack to.
const MAX_WORKBOOK_BYTES: u64 = MAX_INFLATED_BYTES;
/// The most files in the archive (RELIABILITY §5, threat 10).
const MAX_ENTRIES: u64 = 200;
/// The most bytes that all files unpack to (RELIABILITY §5, threat 10).
const MAX_INFLATED_BYTES: u64 = 32 * 1024 * 1024;
/// How many times its packed size a file may unpack to (RELIABILITY §5, threat 10).
const MAX_RATIO: u64 = 100;
/// The most sheets (RELIABILITY §5, threat 10).
const MAX_SHEETS: usize = 20;
/// The last row and the last column that may hold something (RELIABILITY §5, threat 10).
const MAX_ROWS: u32 = 50_000;
const MAX_COLUMNS: usize = 64;
/// The most cells of a sheet, those that are blank but have a format among them: as many as the range holds.
const MAX_CELLS: u32 = MAX_ROWS * 64;
/// The columns that Excel has.
const MAX_EXCEL_COLUMNS: usize = 16_384;
/// The most shared texts, and their bytes (our own default): eight columns of 50,000 different texts.
const MAX_SHARED_TEXTS: usize = 400_000;
const MAX_SHARED_BYTES: usize = 8 * 1024 * 1024;
/// The longest text of a cell, in bytes: Excel's 32,767 characters of four.
const MAX_CELL_BYTES: usize = 128 * 1024;
/// The most text of a sheet, in bytes, each shared text counted as often as it is shown (our own default): so a long
/// text that every cell names is no work without end.
const MAX_SHEET_BYTES: usize = 64 * 1024 * 1024;

/// Judges a whole workbook and gives the rows of the sheet called `title`, or of the first that is not hidden.
///
/// # Errors
/// Why it is refused.
pub(crate) fn open(handle: Box<dyn Handle>, title: Option<&str>) -> Result<SheetRows<'static>, Fault> {
    let mut archive = Archive::open(handle)?;
    kind::refuse_other_packages(&mut archive)?;
    survey::names(&archive)?;
    let book = Book::read(&mut archive)?;
    let sheets = book.sheets.iter().map(|sheet| sheet.part);
    let read: Vec<usize> = sheets.chain(book.strings).chain(book.styles).collect();
    survey::parts(&mut archive, &read)?;
    let strings = match book.strings {
        Some(part) => Strings::read(xml(&mut archive, part)?)?,
        None => Strings::default(),
    };
    let styles = match book.styles {
        Some(part) => Styles::read(xml(&mut archive, part)?)?,
        None => Styles::default(),
    };
    let texts = Arc::new(Texts { strings, styles, is_1904: book.is_1904 });
    let wanted = book.sheet(title)?;
    let mut width = 0;
    let mut record = Record::default();
    for sheet in &book.sheets {
        let mut rows = SheetRows::new(xml(&mut archive, sheet.part)?, &texts, &sheet.title, 0);
        let mut widest = 0;
        while rows.read(&mut record)?.is_some() {
            widest = widest.max(record.len());
        }
        if sheet.part == wanted.part {
            width = widest;
        }
    }
    let name = name(&archive, wanted.part);
    let xml = Xml::new(archive.into_part(wanted.part)?, &name)?;
    Ok(SheetRows::new(xml, &texts, &wanted.title, width))
}

fn name(archive: &Archive, part: usize) -> String {
    archive.entries().get(part).map(|entry| entry.name.clone()).unwrap_or_default()
}

fn xml(archive: &mut Archive, part: usize) -> Result<Xml<'_>, Fault> {
    let name = name(archive, part);
    Xml::new(archive.part(part)?, &name)
}
