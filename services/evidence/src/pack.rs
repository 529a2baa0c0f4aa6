//! The file of an evidence pack: one sheet, written from the top down. What was written is out of memory: the workbook
//! keeps its rows in a temporary file, and the CSV is a stream, so a pack of a million rows takes a few MiB.

use crate::cell::{Cell, plain_text};
use crate::error::EvidenceError;
use maud::{DOCTYPE, PreEscaped, html};
use rust_xlsxwriter::{Format, Workbook};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// How a row looks in a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// What the pack or an item is called.
    Heading,
    /// An entry.
    Plain,
    /// What an item comes to.
    Total,
}

/// A workbook and where its next row goes.
struct Sheet {
    workbook: Workbook,
    path: PathBuf,
    next: u32,
    bold: Format,
}

enum Writing {
    Workbook(Box<Sheet>),
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Page(BufWriter<File>),
}

/// A file that takes rows.
pub struct PackFile(Writing);

impl PackFile {
    /// Begins a file of evidence.
    ///
    /// # Errors
    /// As [`PackFile::titled`].
    pub fn create(path: &Path) -> Result<PackFile, EvidenceError> {
        PackFile::titled(path, "台賬")
    }

    /// Begins a file: `.xlsx`, `.csv` in UTF-8 with the mark that Excel looks for, or `.html`, a page to print. The title
    /// is the name of the sheet: at most 31 characters without `[]:*?/\\`.
    ///
    /// # Errors
    /// `Extension` for any other file; where it cannot be written.
    pub fn titled(path: &Path, title: &str) -> Result<PackFile, EvidenceError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("xlsx") => {
                let mut workbook = Workbook::new();
                workbook.add_worksheet_with_constant_memory()?.set_name(title)?;
                let bold = Format::new().set_bold();
                Ok(PackFile(Writing::Workbook(Box::new(Sheet {
                    workbook,
                    path: path.to_owned(),
                    next: 0,
                    bold,
                }))))
            }
            Some("csv") => {
                let mut file = BufWriter::new(File::create(path)?);
                file.write_all("\u{FEFF}".as_bytes())?;
                let mut csv = csv::WriterBuilder::new();
                csv.flexible(true).terminator(csv::Terminator::CRLF);
                Ok(PackFile(Writing::Csv(Box::new(csv.from_writer(file)))))
            }
            Some("html") => {
                let mut file = BufWriter::new(File::create(path)?);
                file.write_all(page_head(title).as_bytes())?;
                Ok(PackFile(Writing::Page(file)))
            }
            _ => Err(EvidenceError::Extension),
        }
    }

    /// Writes the next row.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&mut self, look: Row, cells: &[Cell<'_>]) -> Result<(), EvidenceError> {
        match &mut self.0 {
            Writing::Workbook(held) => {
                let Sheet { workbook, next, bold, .. } = held.as_mut();
                let sheet = workbook.worksheet_from_index(0)?;
                let plain = Format::new();
                let format = if look == Row::Plain { &plain } else { &*bold };
                for (column, cell) in (0_u16..).zip(cells) {
                    match cell {
                        Cell::Text(text) => {
                            sheet.write_string_with_format(*next, column, plain_text(text), format)?;
                        }
                        // Numbers of a workbook are floats: past 2^53 they would be rounded, so they are kept as text.
                        Cell::Number(number) => match u32::try_from(*number) {
                            Ok(number) => {
                                sheet.write_number_with_format(*next, column, number, format)?;
                            }
                            Err(_) => {
                                sheet.write_string_with_format(*next, column, number.to_string(), format)?;
                            }
                        },
                        Cell::Empty => {}
                    }
                }
                *next += 1;
            }
            Writing::Csv(csv) => {
                for cell in cells {
                    match cell {
                        Cell::Text(text) => csv.write_field(plain_text(text).as_ref())?,
                        Cell::Number(number) => csv.write_field(number.to_string())?,
                        Cell::Empty => csv.write_field("")?,
                    }
                }
                csv.write_record(None::<&[u8]>)?;
            }
            Writing::Page(file) => file.write_all(page_row(look, cells).as_bytes())?,
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(self) -> Result<(), EvidenceError> {
        match self.0 {
            Writing::Workbook(mut held) => held.workbook.save(&held.path)?,
            Writing::Csv(mut csv) => csv.flush()?,
            Writing::Page(mut file) => {
                file.write_all(PAGE_END.as_bytes())?;
                file.flush()?;
            }
        }
        Ok(())
    }
}

/// How a page looks on a screen and on paper: the heading of the table stands on each of its sheets.
const STYLE: &str = "body{font-family:sans-serif;margin:2rem;color:#111}table{border-collapse:collapse;width:100%}\
td,th{border:1px solid #777;padding:.3rem .5rem;text-align:left;vertical-align:top}td.n{text-align:right}\
tr{break-inside:avoid}thead{display:table-header-group}@media print{body{margin:0}}";

const PAGE_END: &str = "</table></body></html>\n";

fn page_head(title: &str) -> String {
    let head = html! {
        head {
            meta charset="utf-8";
            title { (title) }
            style { (PreEscaped(STYLE)) }
        }
    };
    let heading = html! { h1 { (title) } };
    // The elements that hold the rows are closed when the file ends.
    let (doctype, head, heading) = (DOCTYPE.into_string(), head.into_string(), heading.into_string());
    format!("{doctype}<html lang=\"zh-Hant\">{head}<body>{heading}<table>\n")
}

fn page_row(look: Row, cells: &[Cell<'_>]) -> String {
    let row = html! {
        tr {
            @for cell in cells {
                @match (look, cell) {
                    (Row::Heading, Cell::Text(text)) => th scope="col" { (text) },
                    (Row::Total, Cell::Text(text)) => td { strong { (text) } },
                    (_, Cell::Text(text)) => td { (text) },
                    (_, Cell::Number(number)) => td class="n" { (number) },
                    (_, Cell::Empty) => td {},
                }
            }
        }
    };
    format!("{}\n", row.into_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader};
    use proptest::prelude::*;

    /// Text of what splits cells, what quotes them, and what formulas begin with.
    const CELL: &str = "[=+@;\\-＝,\"' \t\r\n甲]{0,8}";

    fn written(path: &Path) {
        let mut file = PackFile::create(path).unwrap();
        file.write(Row::Heading, &[Cell::Text("評分表"), Cell::Text("=HYPERLINK(\"http://x\")")]).unwrap();
        file.write(Row::Plain, &[Cell::Text("講座"), Cell::Empty, Cell::Number(90)]).unwrap();
        file.write(Row::Total, &[Cell::Text("合計"), Cell::Number(u64::MAX)]).unwrap();
        file.finish().unwrap();
    }

    #[test]
    fn a_workbook_holds_text_and_numbers_and_no_formula() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack.xlsx");
        written(&path);
        let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
        let rows: Vec<Vec<Data>> =
            workbook.worksheet_range("台賬").unwrap().rows().map(<[Data]>::to_vec).collect();
        assert_eq!(rows[0][1], Data::String("'=HYPERLINK(\"http://x\")".to_owned()));
        assert_eq!(rows[1], [Data::String("講座".to_owned()), Data::Empty, Data::Float(90.0)]);
        assert_eq!(rows[2][1], Data::String(u64::MAX.to_string()));
        assert!(workbook.worksheet_formula("台賬").unwrap().is_empty());
    }

    #[test]
    fn a_csv_begins_with_the_mark_excel_looks_for_and_holds_no_formula() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack.csv");
        written(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            format!("\u{FEFF}評分表,\"'=HYPERLINK(\"\"http://x\"\")\"\r\n講座,,90\r\n合計,{}\r\n", u64::MAX)
        );
    }

    proptest! {
        #[test]
        fn no_cell_of_a_csv_is_a_formula_wherever_a_program_splits_it(
            rows in proptest::collection::vec([CELL, CELL, CELL], 1..4),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("pack.csv");
            let mut file = PackFile::create(&path).unwrap();
            for row in &rows {
                file.write(Row::Plain, &row.each_ref().map(|text| Cell::Text(text))).unwrap();
            }
            file.finish().unwrap();
            let text = std::fs::read(&path).unwrap();
            for (delimiter, quoting) in [(b',', true), (b';', true), (b';', false), (b'\t', true), (b'\t', false)] {
                let mut reader = csv::ReaderBuilder::new();
                reader.has_headers(false).flexible(true).delimiter(delimiter).quoting(quoting);
                for record in reader.from_reader(text.as_slice()).records() {
                    for cell in &record.unwrap() {
                        let cell = cell.trim_start_matches('\u{FEFF}').trim_start();
                        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '＝']), "{cell:?} at {delimiter}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_page_to_print_holds_text_and_no_markup_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pack.html");
        let mut file = PackFile::titled(&path, "公示名單").unwrap();
        file.write(Row::Heading, &[Cell::Text("家庭"), Cell::Text("得分")]).unwrap();
        file.write(Row::Plain, &[Cell::Text("<script>f01</script>"), Cell::Number(80)]).unwrap();
        file.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("<!DOCTYPE html><html lang=\"zh-Hant\"><head>"), "{text}");
        assert!(text.contains("<tr><th scope=\"col\">家庭</th>"), "{text}");
        assert!(text.contains("<td>&lt;script&gt;f01&lt;/script&gt;</td><td class=\"n\">80</td>"), "{text}");
        assert!(text.ends_with("</table></body></html>\n"), "{text}");
    }

    #[test]
    fn other_files_are_refused() {
        assert!(matches!(PackFile::create(Path::new("pack.xls")), Err(EvidenceError::Extension)));
    }
}
