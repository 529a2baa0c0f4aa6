//! The rows of one sheet, one after the other, as the text that a clerk sees.

use super::fault::Fault;
use super::number;
use super::place::Place;
use super::strings::{Strings, read_text, unescaped, within_a_cell};
use super::styles::Styles;
use super::xml::{Step, Xml};
use super::{MAX_CELLS, MAX_COLUMNS, MAX_EXCEL_COLUMNS, MAX_ROWS, MAX_SHEET_BYTES};
use crate::expression::Flaw;
use crate::sheet::Record;
use ledger_core::Reason;
use std::sync::Arc;

/// What the cells of all sheets refer to.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) strings: Strings,
    pub(super) styles: Styles,
    /// Whether dates are counted from 1904, as old versions for the Macintosh did.
    pub(super) is_1904: bool,
}

/// The rows of a sheet.
pub(crate) struct SheetRows<'a> {
    xml: Xml<'a>,
    texts: Arc<Texts>,
    title: String,
    /// Every row is filled up to so many cells, as a sheet saved as CSV is.
    width: usize,
    row: u32,
    /// The cells so far, blank ones among them.
    cells: u32,
    /// The bytes of text so far.
    given: usize,
    raw: String,
    shown: String,
}

/// What a cell says of its value.
#[derive(Default)]
struct Attributes {
    place: Option<String>,
    format: Option<String>,
    kind: Option<String>,
}

impl<'a> SheetRows<'a> {
    pub(super) fn new(xml: Xml<'a>, texts: &Arc<Texts>, title: &str, width: usize) -> SheetRows<'a> {
        let (texts, title) = (Arc::clone(texts), title.to_owned());
        let (raw, shown) = (String::new(), String::new());
        SheetRows { xml, texts, title, width, row: 0, cells: 0, given: 0, raw, shown }
    }

    /// Reads the next row in which anything stands; gives its number as the spreadsheet shows it.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<Option<u64>, Fault> {
        loop {
            match self.xml.next()? {
                Step::Start if self.xml.tag() == "dimension" => self.believe_no_dimension()?,
                Step::Start if self.xml.tag() == "row" => {
                    record.clear();
                    self.read_row(record)?;
                    if !record.is_blank() {
                        record.fill_up(self.width);
                        return Ok(Some(u64::from(self.row)));
                    }
                }
                Step::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// What a sheet says of its own size is not used; where it says too much, it is refused at once.
    fn believe_no_dimension(&self) -> Result<(), Fault> {
        let reference = self.xml.attribute("ref")?.unwrap_or_default();
        let last = reference.rsplit_once(':').map_or(reference.as_str(), |(_, last)| last);
        Place::parse(last).map_or(Ok(()), |place| self.within_the_range(place))
    }

    fn within_the_range(&self, place: Place) -> Result<(), Fault> {
        if place.row <= MAX_ROWS && place.column < MAX_COLUMNS {
            return Ok(());
        }
        Err(Fault::TooLarge(format!(
            "工作表「{}」用到 {place}，超過 {MAX_ROWS} 列、{MAX_COLUMNS} 欄；請刪除名單以外的列和欄，\
             或把名單複製到新的活頁簿，或拆成幾個檔。\
             The sheet reaches {place}, past {MAX_ROWS} rows and {MAX_COLUMNS} columns: delete what is no part of \
             the list, copy it into a new workbook, or split it.",
            self.title
        )))
    }

    fn read_row(&mut self, record: &mut Record) -> Result<(), Fault> {
        let outside = self.xml.depth().saturating_sub(1);
        let number = self.xml.attribute("r")?.map(|number| number.parse::<u32>());
        let number = number.transpose().map_err(|_| self.xml.damaged())?;
        let number = number.unwrap_or(self.row.saturating_add(1));
        if number <= self.row {
            return Err(self.xml.damaged());
        }
        self.row = number;
        let mut next_column = 0;
        loop {
            match self.xml.next()? {
                Step::Start if self.xml.tag() == "c" => {
                    next_column = self.read_cell(next_column, record)? + 1;
                    self.cells += 1;
                    if next_column > MAX_EXCEL_COLUMNS || self.cells > MAX_CELLS {
                        return Err(Fault::TooLarge(format!(
                            "工作表「{}」的格子太多（空白但有格式的也算）；請把名單複製到新的活頁簿再匯入。\
                             The sheet has too many cells, blank ones with a format among them: copy the list into a new \
                             workbook and import that.",
                            self.title
                        )));
                    }
                }
                Step::End if self.xml.depth() <= outside => return Ok(()),
                Step::Eof => return Err(self.xml.damaged()),
                _ => {}
            }
        }
    }

    /// Reads a cell; gives its column.
    fn read_cell(&mut self, next_column: usize, record: &mut Record) -> Result<usize, Fault> {
        let outside = self.xml.depth().saturating_sub(1);
        let mut said = Attributes::default();
        self.xml.attributes(|name, value| match name {
            "r" => said.place = Some(value.to_owned()),
            "s" => said.format = Some(value.to_owned()),
            "t" => said.kind = Some(value.to_owned()),
            _ => {}
        })?;
        let place = match &said.place {
            Some(place) => Place::parse(place).ok_or_else(|| self.xml.damaged())?,
            None => Place { row: self.row, column: next_column },
        };
        // Two cells at one place, or one in another's row, would be two sheets to two readers.
        if place.row != self.row || place.column < next_column {
            return Err(self.xml.damaged());
        }
        self.raw.clear();
        let mut is_value = false;
        loop {
            match self.xml.next()? {
                Step::Start if self.xml.tag() == "f" => return Err(self.formula(place)),
                Step::Start if self.xml.tag() == "is" => read_text(&mut self.xml, &mut self.raw)?,
                Step::Start if self.xml.tag() == "v" => is_value = true,
                Step::Start => self.xml.skip()?,
                Step::Text if is_value => {
                    self.raw.push_str(self.xml.text());
                    within_a_cell(&self.raw, self.xml.part())?;
                }
                Step::Text => {}
                Step::End if self.xml.depth() <= outside => break,
                Step::End => is_value = false,
                Step::Eof => return Err(self.xml.damaged()),
            }
        }
        self.shown.clear();
        let flaw = self.show(&said)?;
        if self.shown.is_empty() {
            return Ok(place.column);
        }
        self.within_the_range(place)?;
        self.given += self.shown.len();
        if self.given > MAX_SHEET_BYTES {
            let mebibytes = MAX_SHEET_BYTES / (1024 * 1024);
            return Err(Fault::TooLarge(format!(
                "工作表「{}」的文字超過 {mebibytes} MiB，請拆成幾個檔或另存為 CSV。\
                 The sheet holds more than {mebibytes} MiB of text: split it, or save it as CSV.",
                self.title
            )));
        }
        record.fill_up(place.column);
        record.push(&self.shown, flaw);
        Ok(place.column)
    }

    fn formula(&self, place: Place) -> Fault {
        Fault::Active(format!(
            "工作表「{}」的 {place} 是公式；請選取全部，複製後「選擇性貼上 → 值」，存檔再匯入。\
             Cell {place} holds a formula: select all, copy, paste special as values, save, and import that.",
            self.title
        ))
    }

    /// Makes the text of a cell of its raw value, and says what is wrong with it.
    fn show(&mut self, said: &Attributes) -> Result<Option<Flaw>, Fault> {
        let raw = self.raw.as_str();
        match said.kind.as_deref() {
            None | Some("n") => {
                let look = self.texts.styles.look(said.format.as_deref());
                return Ok(number::show(raw, look, self.texts.is_1904, &mut self.shown));
            }
            Some("s") if raw.is_empty() => {}
            Some("s") => {
                let text = raw.trim().parse().ok().and_then(|number| self.texts.strings.get(number));
                self.shown.push_str(text.ok_or_else(|| self.xml.damaged())?);
            }
            Some("str" | "inlineStr") => self.shown.push_str(&unescaped(raw)),
            Some("d") => {
                let (day, time) = raw.split_once('T').unwrap_or((raw, ""));
                let is_midnight = time.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.' | b'Z'));
                self.shown.push_str(if is_midnight { day } else { raw });
            }
            Some("b") if raw.is_empty() => {}
            Some("b") => {
                self.shown.push_str(if matches!(raw.trim(), "1" | "true") { "TRUE" } else { "FALSE" });
                let message = "這一格是 TRUE／FALSE，不是文字；請改寫成文字（例如 是、否）。\
                               The cell is TRUE or FALSE and no text: write a word instead.";
                return Ok(Some(Flaw::new(Reason::FieldInvalid, message)));
            }
            Some("e") => {
                self.shown.push_str(raw);
                let message = format!(
                    "這一格是錯誤值 {raw}，不是資料；請填入正確的值。\
                     The cell shows the error {raw} and no value: fill in the right one."
                );
                return Ok(Some(Flaw::new(Reason::FieldInvalid, message)));
            }
            Some(_) => return Err(self.xml.damaged()),
        }
        Ok(None)
    }
}
