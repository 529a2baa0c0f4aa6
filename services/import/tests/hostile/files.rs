//! The files: none of them lies in the tree, each is made here.

use crate::made::{Made, SHEET, book, relationships, shared, sheet};
use std::fmt::Write;

/// A file, the reason it is refused with, and a word of what its clerk is told.
pub struct Hostile {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub reason: &'static str,
    pub word: &'static str,
}

const ROW: &str = r#"<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>45443</v></c><c r="C2"><v>1.5</v></c></row>"#;
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
const MIB: usize = 1024 * 1024;

pub fn good() -> Made {
    Made::of_rows(ROW)
}

fn rows(rows: &str) -> Vec<u8> {
    Made::of_rows(rows).zip()
}

/// A compound file whose directory holds a stream of that name.
fn compound(stream: &str) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..8].copy_from_slice(COMPOUND);
    bytes[30] = 9;
    bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    bytes
}

/// Bends the bytes at each place where `signature` stands, so far behind it.
fn bend(mut bytes: Vec<u8>, signature: &[u8], offset: usize, with: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(signature)).collect();
    for place in places {
        bytes[place + offset..place + offset + with.len()].copy_from_slice(with);
    }
    bytes
}

fn numbered_texts(count: usize) -> String {
    let mut texts = String::new();
    for number in 0..count {
        let _ = write!(texts, "<si><t>{:x}</t></si>", number.wrapping_mul(2_654_435_761));
    }
    shared(&texts)
}

fn lie_of_size() -> Vec<u8> {
    // The directory says of every part that it has 10 bytes.
    let zip = good().with(SHEET, sheet(&" ".repeat(MIB / 2))).zip();
    bend(zip, b"PK\x01\x02", 24, &10_u32.to_le_bytes())
}

fn zip64_lie() -> Vec<u8> {
    let mut zip = good().zip();
    let end = zip.len() - 22;
    let mut locator = b"PK\x06\x07".to_vec();
    locator.resize(20, 0xFF);
    zip.splice(end..end, locator);
    let end = zip.len() - 22;
    zip[end + 8..end + 12].copy_from_slice(&[0xFF; 4]);
    zip
}

fn two_ends() -> Vec<u8> {
    let mut zip = good().zip();
    let end = zip[zip.len() - 22..].to_vec();
    let place = zip.len() - 2;
    zip[place..].copy_from_slice(&22_u16.to_le_bytes());
    zip.extend(end);
    zip
}

fn flipped() -> Vec<u8> {
    bend(good().zip(), b"PK\x01\x02", 16, b"\0\0\0\0")
}

fn many(count: usize) -> Vec<u8> {
    (0..count).fold(good(), |made, number| made.with(&format!("xl/media/{number}.png"), "")).zip()
}

fn linked(kind: &str) -> String {
    relationships(&[("rId1", kind, "http://example.test/a")])
        .replace("Target=", "TargetMode=\"External\" Target=")
}

fn with(name: &str, bytes: impl Into<Vec<u8>>) -> Vec<u8> {
    good().with(name, bytes).zip()
}

fn billion_laughs() -> String {
    let mut dtd = r#"<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">"#.to_owned();
    for level in 1..30 {
        let _ = write!(dtd, "<!ENTITY l{level} \"&l{};&l{};\">", level - 1, level - 1);
    }
    dtd + "]><sst><si><t>&l29;</t></si></sst>"
}

/// Cells with nothing in them, in rows of so many.
fn blank_cells(rows_of: usize, count: usize) -> Vec<u8> {
    let row = format!("<row>{}</row>", "<c/>".repeat(rows_of));
    Made::of_rows(&row.repeat(count / rows_of)).zip_stored()
}

/// Many names for one stream of blocks that unpack to nothing.
fn work_for_nothing() -> Vec<u8> {
    let mut made = good();
    // A stored block of no bytes that is not the last, again and again.
    made = made.with("xl/media/0.png", [0, 0, 0, 0xFF, 0xFF].repeat(MIB / 5));
    let zip = made.zip_stored();
    // Deflated, it says, to nothing.
    let name = b"xl/media/0.png";
    let heads = [(b"PK\x03\x04".as_slice(), 8, 30, 22), (b"PK\x01\x02".as_slice(), 10, 46, 24)];
    heads.into_iter().fold(zip, |mut bytes, (signature, method, named, size)| {
        let at = (0..bytes.len())
            .find(|at| bytes[*at..].starts_with(signature) && bytes[at + named..].starts_with(name))
            .unwrap();
        bytes[at + method] = 8;
        bytes[at + size..at + size + 4].copy_from_slice(&[0; 4]);
        bytes
    })
}

fn sheets(count: usize) -> Vec<u8> {
    let mut listed = String::new();
    for number in 0..count {
        let _ = write!(listed, r#"<sheet name="{number}" sheetId="{number}" r:id="rId1"/>"#);
    }
    with("xl/workbook.xml", book("", &listed))
}

/// One long text that every cell names.
fn echo() -> Vec<u8> {
    let mut cells = String::new();
    for row in 2..50_000 {
        let _ = write!(
            cells,
            r#"<row r="{row}"><c t="s"><v>0</v></c><c><v>{}</v></c></row>"#,
            row * 7_919 % 100_003
        );
    }
    Made::of_rows(&cells)
        .with("xl/sharedStrings.xml", shared(&format!("<si><t>{}</t></si>", "長".repeat(32_767))))
        .zip()
}

fn utf_16() -> Vec<u8> {
    let text = format!("\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?><!DOCTYPE a>{}", sheet(ROW));
    with(SHEET, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

fn csv(text: &str) -> Vec<u8> {
    format!("居民碼,日期,時數,狀態\n{text}").into_bytes()
}

/// All of them.
pub fn all() -> Vec<Hostile> {
    let truncated = good().zip();
    let truncated = truncated[..truncated.len() / 2].to_vec();
    let macro_types =
        r#"<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>"#;
    let macro_links =
        relationships(&[("rId1", "xlMacrosheet", "sheet9.xml"), ("rId2", "styles", "styles.xml")]);
    let table: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("bomb by ratio", with(SHEET, sheet(&" ".repeat(20 * MIB))), "IMPORT_TOO_LARGE", "sheet1"),
        ("bomb by size", with(SHEET, sheet(&" ".repeat(33 * MIB))), "IMPORT_TOO_LARGE", "32 MiB"),
        ("bomb in a picture", with("xl/media/a.png", vec![0; 30 * MIB]), "IMPORT_TOO_LARGE", "a.png"),
        ("bomb that hides its size", lie_of_size(), "IMPORT_TOO_LARGE", "解開"),
        ("201 files", many(201), "IMPORT_TOO_LARGE", "200"),
        ("70,000 files", many(70_000), "IMPORT_ENCODING", "zip"),
        (
            "archive in the archive",
            with("xl/embeddings/a.zip", good().zip()),
            "IMPORT_ACTIVE_CONTENT",
            "內嵌",
        ),
        ("archive as a picture", with("xl/media/a.png", good().zip()), "IMPORT_ACTIVE_CONTENT", "內嵌"),
        ("program", with("xl/media/a.exe", b"MZ".to_vec()), "IMPORT_ACTIVE_CONTENT", "a.exe"),
        ("XML bomb", with("xl/sharedStrings.xml", billion_laughs()), "IMPORT_ACTIVE_CONTENT", "DTD"),
        (
            "entity of a file",
            with(
                "xl/workbook.xml",
                "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><workbook>&e;</workbook>",
            ),
            "IMPORT_ACTIVE_CONTENT",
            "DTD",
        ),
        (
            "DTD nobody reads",
            with("xl/theme/theme1.xml", "<!DOCTYPE a><a/>"),
            "IMPORT_ACTIVE_CONTENT",
            "theme1",
        ),
        ("DTD in UTF-16", utf_16(), "IMPORT_ENCODING", "UTF-8"),
        (
            "undeclared entity",
            with("xl/sharedStrings.xml", shared("<si><t>&x;</t></si>")),
            "IMPORT_ENCODING",
            "shared",
        ),
        (
            "far cell",
            rows(r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#),
            "IMPORT_TOO_LARGE",
            "XFD1048576",
        ),
        ("far row", rows(r#"<row r="50001"><c r="A50001"><v>1</v></c></row>"#), "IMPORT_TOO_LARGE", "A50001"),
        ("far column", rows(r#"<row r="2"><c r="BM2"><v>1</v></c></row>"#), "IMPORT_TOO_LARGE", "BM2"),
        (
            "lie of the dimension",
            with(SHEET, sheet(ROW).replace("<sheetData>", "<dimension ref=\"A1:XFD1048576\"/><sheetData>")),
            "IMPORT_TOO_LARGE",
            "XFD1048576",
        ),
        ("macros", with("xl/vbaProject.bin", COMPOUND), "IMPORT_ACTIVE_CONTENT", "巨集"),
        ("macros by type", with("[Content_Types].xml", macro_types), "IMPORT_ACTIVE_CONTENT", ".xlsm"),
        (
            "macros of Excel 4",
            good()
                .with("xl/_rels/workbook.xml.rels", macro_links)
                .with("xl/sheet9.xml", "<macrosheet/>")
                .zip(),
            "IMPORT_ACTIVE_CONTENT",
            "巨集",
        ),
        ("OLE object", with("xl/embeddings/oleObject1.bin", COMPOUND), "IMPORT_ACTIVE_CONTENT", "內嵌"),
        (
            "OLE as printer settings",
            with("xl/printerSettings/printerSettings1.bin", COMPOUND),
            "IMPORT_ACTIVE_CONTENT",
            "printerSettings1",
        ),
        ("ActiveX", with("xl/activeX/activeX1.xml", "<ocx/>"), "IMPORT_ACTIVE_CONTENT", "ActiveX"),
        (
            "external link",
            with("xl/externalLinks/externalLink1.xml", "<externalLink/>"),
            "IMPORT_ACTIVE_CONTENT",
            "外部",
        ),
        ("external link elsewhere", with("xl/a.xml", "<externalLink/>"), "IMPORT_ACTIVE_CONTENT", "外部"),
        (
            "linked picture",
            with("xl/drawings/_rels/a.xml.rels", linked("image")),
            "IMPORT_ACTIVE_CONTENT",
            "外部",
        ),
        (
            "data connection",
            with("xl/connections.xml", "<connections/>"),
            "IMPORT_ACTIVE_CONTENT",
            "資料連線",
        ),
        (
            "formula",
            rows(r#"<row r="5"><c r="C5"><f>SUM(C1:C4)</f><v>1</v></c></row>"#),
            "IMPORT_ACTIVE_CONTENT",
            "C5",
        ),
        (
            "shared formula",
            rows(r#"<row r="5"><c><f t="shared" si="0"/></c></row>"#),
            "IMPORT_ACTIVE_CONTENT",
            "A5",
        ),
        (
            "1,000,000 texts",
            with("xl/sharedStrings.xml", numbered_texts(1_000_000)),
            "IMPORT_TOO_LARGE",
            "400000",
        ),
        ("one text in all cells", echo(), "IMPORT_TOO_LARGE", "64 MiB"),
        (
            "huge cell",
            rows(&format!("<row><c t=\"inlineStr\"><is><t>{}</t></is></c></row>", noise(MIB))),
            "IMPORT_TOO_LARGE",
            "一格",
        ),
        ("huge tag", rows(&format!("<row a=\"{}\"/>", noise(MIB))), "IMPORT_TOO_LARGE", "一格"),
        ("deep", rows(&"<a>".repeat(50_000)), "IMPORT_ENCODING", "sheet1"),
        ("one sheet under two titles", sheets(2), "IMPORT_ENCODING", "workbook.xml"),
        ("blank cells", blank_cells(64, 3_300_000), "IMPORT_TOO_LARGE", "格子太多"),
        ("a wide row of blank cells", blank_cells(20_000, 20_000), "IMPORT_TOO_LARGE", "格子太多"),
        ("work for nothing", work_for_nothing(), "IMPORT_ENCODING", "0.png"),
        ("21 sheets", sheets(21), "IMPORT_TOO_LARGE", "20"),
        ("rows out of order", rows(&[ROW, ROW].concat()), "IMPORT_ENCODING", "sheet1"),
        (
            "a cell in another's row",
            rows(r#"<row r="2"><c r="A3"><v>1</v></c></row>"#),
            "IMPORT_ENCODING",
            "sheet1",
        ),
        (
            "text that is not there",
            rows(r#"<row r="2"><c t="s"><v>9</v></c></row>"#),
            "IMPORT_ENCODING",
            "sheet1",
        ),
        (
            "links to nothing",
            with(
                "xl/_rels/workbook.xml.rels",
                relationships(&[("rId1", "worksheet", "../../../etc/passwd")]),
            ),
            "IMPORT_ENCODING",
            "etc/passwd",
        ),
        ("no links", good().without("_rels/.rels").zip(), "IMPORT_ENCODING", "_rels"),
        ("no sheet", with("xl/workbook.xml", book("", "")), "IMPORT_HEADER", "sheet"),
        ("cut off", truncated, "IMPORT_ENCODING", "zip"),
        ("bits flipped", flipped(), "IMPORT_ENCODING", "損壞"),
        ("zip64 lie", zip64_lie(), "IMPORT_ENCODING", "zip"),
        ("two ends", two_ends(), "IMPORT_ENCODING", "zip"),
        ("encrypted part", bend(good().zip(), b"PK\x01\x02", 8, &[1, 0]), "IMPORT_ENCODING", "zip"),
        ("path outside", with("../../etc/cron.d/a.xml", "<a/>"), "IMPORT_ENCODING", "zip"),
        ("path of Windows", with("xl\\..\\..\\a.xml", "<a/>"), "IMPORT_ENCODING", "zip"),
        ("two of one name", with("XL/WORKBOOK.XML", "<a/>"), "IMPORT_ENCODING", "XL/WORKBOOK.XML"),
        ("password", compound("EncryptedPackage"), "IMPORT_ENCODING", "密碼"),
        ("old .xls", compound("Workbook"), "IMPORT_ENCODING", ".xls"),
        ("compound head alone", COMPOUND.to_vec(), "IMPORT_ENCODING", ".xls"),
        ("HTML as .xls", b"\xEF\xBB\xBF \r\n<HTML><table>".to_vec(), "IMPORT_ENCODING", "HTML"),
        ("XML of 2003", b"<?xml version=\"1.0\"?><Workbook/>".to_vec(), "IMPORT_ENCODING", "HTML"),
        (
            "OpenDocument",
            Made::of_rows("").with("mimetype", "application/vnd.oasis.opendocument.spreadsheet").zip(),
            "IMPORT_ENCODING",
            ".ods",
        ),
        (
            ".xlsb",
            good().without("xl/workbook.xml").with("xl/workbook.bin", "x").zip(),
            "IMPORT_ENCODING",
            ".xlsb",
        ),
        (
            "a document",
            with("[Content_Types].xml", "<Types><Override ContentType=\"wordprocessingml\"/></Types>"),
            "IMPORT_ENCODING",
            "不是 Excel",
        ),
        ("CSV with NUL", csv("r1,2024-05-31,1\0,\n"), "IMPORT_ENCODING", "NUL"),
        (
            "CSV, cell of 10 MB",
            csv(&format!("r1,\"{}\",1,\n", "x".repeat(10_000_000))),
            "IMPORT_TOO_LARGE",
            "引號",
        ),
        ("CSV, 1,000,000 headings", ",".repeat(1_000_000).into_bytes(), "IMPORT_TOO_LARGE", "1024"),
        ("CSV, heading twice", "居民碼,日期,時數,狀態,日期\n".into(), "IMPORT_HEADER", "出現兩次"),
    ];
    table.into_iter().map(|(name, bytes, reason, word)| Hostile { name, bytes, reason, word }).collect()
}

/// Text that packs badly.
fn noise(bytes: usize) -> String {
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from(state >> 24).unwrap_or(0) % 26)
    };
    (0..bytes).map(|_| letter()).collect()
}

/// Files that are within the limits and made to cost a careless reader gigabytes.
pub fn greedy() -> Vec<(&'static str, Vec<u8>)> {
    let font = format!("<fonts><font><name val=\"{}\"/></font></fonts>", noise(100_000));
    let formats = "<xf numFmtId=\"14\" fontId=\"0\"></xf>".repeat(20_000);
    let plain = "<xf numFmtId=\"0\"/>";
    let styles = format!("<styleSheet>{font}<cellXfs>{plain}{formats}</cellXfs></styleSheet>");
    let mut wide = ROW.to_owned();
    for row in 3..=40_000 {
        let _ = write!(wide, "<row r=\"{row}\"><c r=\"A{row}\" s=\"1\"/><c r=\"XFD{row}\" s=\"1\"/></row>");
    }
    vec![
        ("a font for 20,000 formats", with("xl/styles.xml", styles)),
        (
            "4,000,000,000 texts, it says",
            with("xl/sharedStrings.xml", "<sst uniqueCount=\"4000000000\"><si><t>r0001</t></si></sst>"),
        ),
        ("formatted and empty, to the far end", rows(&wide)),
    ]
}
