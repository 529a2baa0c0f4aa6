//! A workbook made part by part, so that each can be made wrong.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const TYPES: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const KINDS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A mapping of four columns that posts lectures; tests put their own parts behind it.
pub const LECTURES: &str = r#"
mapping = "lectures"
[columns]
who = "居民碼"
day = "日期"
hours = "時數"
state = "狀態"
[number.minutes]
product = ["{hours}", 60]
[entry]
form = "lecture"
account = "residents/{who}"
organization = "school"
occurred_on = "{day}"
minutes = "{minutes}"
"#;
/// The path of the only sheet.
pub const SHEET: &str = "xl/worksheets/sheet1.xml";
/// Headings of the mapping that the tests read with, as a row.
pub const HEADINGS: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>居民碼</t></is></c><c r="B1" t="inlineStr"><is><t>日期</t></is></c><c r="C1" t="inlineStr"><is><t>時數</t></is></c><c r="D1" t="inlineStr"><is><t>狀態</t></is></c></row>"#;

/// The parts of a workbook, in order.
#[derive(Clone)]
pub struct Made {
    parts: Vec<(String, Vec<u8>)>,
}

impl Made {
    /// A good workbook of one sheet: the headings, and `rows` as XML.
    pub fn of_rows(rows: &str) -> Made {
        let links = [
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "styles", "styles.xml"),
            ("rId3", "sharedStrings", "sharedStrings.xml"),
        ];
        Made { parts: Vec::new() }
            .with("[Content_Types].xml", format!(r#"{HEAD}<Types><Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/></Types>"#))
            .with("_rels/.rels", relationships(&[("rId1", "officeDocument", "xl/workbook.xml")]))
            .with("xl/workbook.xml", book("", r#"<sheet name="名單" sheetId="1" r:id="rId1"/>"#))
            .with("xl/_rels/workbook.xml.rels", relationships(&links))
            .with("xl/styles.xml", format!("{HEAD}<styleSheet>{FORMATS}</styleSheet>"))
            .with("xl/sharedStrings.xml", shared("<si><t>r0001</t></si>"))
            .with(SHEET, sheet(rows))
    }

    /// Puts a part in, or in the place of the one of that name.
    pub fn with(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Made {
        match self.parts.iter_mut().find(|(known, _)| known == name) {
            Some((_, held)) => *held = bytes.into(),
            None => self.parts.push((name.to_owned(), bytes.into())),
        }
        self
    }

    /// Takes a part out.
    pub fn without(mut self, name: &str) -> Made {
        self.parts.retain(|(known, _)| known != name);
        self
    }

    /// The file.
    pub fn zip(&self) -> Vec<u8> {
        self.packed(CompressionMethod::Deflated)
    }

    /// The same with nothing deflated.
    #[allow(dead_code, reason = "not every test makes such a file")]
    pub fn zip_stored(&self) -> Vec<u8> {
        self.packed(CompressionMethod::Stored)
    }

    fn packed(&self, method: CompressionMethod) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        for (name, bytes) in &self.parts {
            writer.start_file(name.as_str(), options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

/// Cell formats: 0 is General, 1 a date, 2 a time, 3 `0000`, 4 a date of the Republic.
const FORMATS: &str = r#"<numFmts count="2"><numFmt numFmtId="164" formatCode="0000"/><numFmt numFmtId="165" formatCode="[$-404]e&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="20"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>"#;

/// A sheet: the headings and `rows`.
pub fn sheet(rows: &str) -> String {
    format!("{HEAD}<worksheet><sheetData>{HEADINGS}{rows}</sheetData></worksheet>")
}

/// `xl/workbook.xml`.
pub fn book(properties: &str, sheets: &str) -> String {
    format!(r#"{HEAD}<workbook xmlns:r="{KINDS}">{properties}<sheets>{sheets}</sheets></workbook>"#)
}

/// Relationships: id, kind, target.
pub fn relationships(links: &[(&str, &str, &str)]) -> String {
    let link = |(id, kind, target): &(&str, &str, &str)| {
        format!(r#"<Relationship Id="{id}" Type="{KINDS}/{kind}" Target="{target}"/>"#)
    };
    format!("{HEAD}<Relationships>{}</Relationships>", links.iter().map(link).collect::<String>())
}

/// `xl/sharedStrings.xml`.
pub fn shared(texts: &str) -> String {
    format!("{HEAD}<sst>{texts}</sst>")
}
