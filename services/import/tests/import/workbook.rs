//! Workbooks give what the same sheet as CSV gives, and say what they cannot give.

use crate::desk::{Imported, entry, faults, import, import_beside, import_file, problems};
use crate::made::{LECTURES, Made, SHEET, book, relationships, sheet};
use creditbank_import::{ImportError, Mapping, Row, RowOutcome, Source};
use ledger_core::id::LedgerId;
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

const GOOD: &str = r#"<c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>45443</v></c><c r="C2"><v>1.5</v></c>"#;

fn read(mapping: &str, bytes: &[u8]) -> Result<Imported, ImportError> {
    import_beside(mapping, bytes, &[])
}

/// The row that `cells` make, in row 2.
fn row(cells: &str) -> Row {
    read(LECTURES, &Made::of_rows(&format!("<row r=\"2\">{cells}</row>")).zip()).unwrap().rows.remove(0)
}

/// The same cells as a workbook and as CSV.
fn both(cells: &[Vec<String>]) -> (Vec<u8>, Vec<u8>) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for (row, cells) in (0_u32..).zip(cells) {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
        csv.write_record(cells).unwrap();
    }
    (workbook.save_to_buffer().unwrap(), csv.into_inner().unwrap())
}

#[test]
fn the_class_list_of_the_documentation_gives_the_same_as_a_workbook() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
    let mapping = std::fs::read_to_string(examples.join("class-list.toml")).unwrap();
    let path = examples.join("class-list.csv");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(&path).unwrap();
    let cells = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect());
    let (workbook, _) = both(&cells.collect::<Vec<_>>());
    let (from_text, from_workbook) =
        (import_file(&mapping, &path).unwrap(), read(&mapping, &workbook).unwrap());
    // A blank row of commas is one that is skipped, in a workbook it is none.
    let not_blank =
        |row: &Row| !matches!(&row.outcome, RowOutcome::Skipped { reason } if reason.contains("空白列"));
    let kept: Vec<Row> = from_text.rows.into_iter().filter(not_blank).collect();
    assert_eq!(from_workbook.rows, kept);
    assert_eq!(from_workbook.registration, from_text.registration);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_texts_give_the_same_verdicts_as_in_csv(
        rows in prop::collection::vec(
            (
                "r[0-9]{1,4}|Ｒ０００１|[ -~]{0,6}",
                "2024-0[1-9]-[0-3][0-9]|113/05/31|45443",
                "[0-9]{1,3}|1\\.5|１．５|[-+=@][0-9a-z(!|]{1,4}",
                "[ -~\u{3000}-\u{30FF}一-龜\n]{0,12}|_x000D_|=\"0001\"",
            ),
            1..12,
        ),
    ) {
        let mut cells = vec![["居民碼", "日期", "時數", "狀態"].map(str::to_owned).to_vec()];
        // A column of its own keeps rows from being blank, which CSV and workbooks write differently.
        cells.extend(rows.into_iter().map(|(who, day, hours, state)| vec![who, day, hours, format!("x{state}")]));
        let mapping = format!("{LECTURES}\n[[skip]]\nwhen = \"{{state}}\"\ncontains = \"z\"\nreason = \"{{state}}\"");
        let (workbook, text) = both(&cells);
        let ([by_text, by_workbook], numbers) = ([text, workbook].map(|bytes| read(&mapping, &bytes).unwrap()), 2..);
        // Line breaks inside cells do not shift the numbers of rows in either.
        prop_assert_eq!(by_workbook.rows.iter().map(|row| row.number).collect::<Vec<_>>(),
            numbers.take(by_workbook.rows.len()).collect::<Vec<u64>>());
        prop_assert_eq!(by_workbook.rows, by_text.rows);
        prop_assert_eq!(by_workbook.registration, by_text.registration);
    }

    #[test]
    fn a_workbook_with_bytes_changed_is_read_or_refused_in_words(
        places in prop::collection::vec((0_usize..4, any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut parts = [
            (SHEET, sheet(&format!("<row r=\"2\">{GOOD}</row>")).into_bytes()),
            ("xl/workbook.xml", book("", "<sheet name=\"a\" r:id=\"rId1\"/>").into_bytes()),
            ("xl/_rels/workbook.xml.rels", relationships(&[("rId1", "worksheet", "worksheets/sheet1.xml")]).into_bytes()),
            ("zip", Vec::new()),
        ];
        for (part, place, byte) in &places {
            let bytes = &mut parts[*part].1;
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
        }
        let made = parts[..3].iter().fold(Made::of_rows(""), |made, (name, bytes)| made.with(name, bytes.clone()));
        let mut zip = made.zip();
        for (_, place, byte) in places.iter().filter(|(part, ..)| *part == 3) {
            let place = place.index(zip.len());
            zip[place] = *byte;
        }
        if let Err(error) = read(LECTURES, &zip) {
            prop_assert!(error.to_string().contains('。'), "{error}");
        }
    }
}

#[test]
fn numbers_and_dates_give_what_their_texts_give() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0_u16..).zip(["居民碼", "日期", "時數", "狀態"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    let date = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    sheet.write_string(1, 0, "r0001").unwrap();
    sheet.write_number_with_format(1, 1, 45443, &date).unwrap();
    sheet.write_number(1, 2, 1.1).unwrap();
    sheet.write_number(1, 3, 113).unwrap();
    let from_workbook = read(LECTURES, &workbook.save_to_buffer().unwrap()).unwrap();
    let from_text = import(LECTURES, "居民碼,日期,時數,狀態\nr0001,2024-05-31,1.1,113\n");
    assert_eq!(from_workbook.rows, from_text.rows);
    assert_eq!(entry(&from_workbook.rows[0]).minutes, 66);
}

#[test]
fn cells_that_are_no_text_are_told_by_column_and_reason() {
    let a = r#"<c r="A2" t="s"><v>0</v></c>"#;
    let b = r#"<c r="B2" s="1"><v>45443</v></c>"#;
    let c = r#"<c r="C2"><v>1.5</v></c>"#;
    let table: &[([&str; 3], (&str, &str))] = &[
        ([r#"<c r="A2" t="b"><v>1</v></c>"#, b, c], ("居民碼", "FIELD_INVALID")),
        ([r#"<c r="A2" t="e"><v>#N/A</v></c>"#, b, c], ("居民碼", "FIELD_INVALID")),
        ([r#"<c r="A2"><v>1.1010119900307E+17</v></c>"#, b, c], ("居民碼", "ID_PRECISION_LOST")),
        ([a, r#"<c r="B2" s="1"><v>60</v></c>"#, c], ("日期", "DATE_NOT_IN_CALENDAR")),
        ([a, r#"<c r="B2"><v>45443</v></c>"#, c], ("日期", "DATE_FORMAT")),
        ([a, r#"<c r="B2" s="1"><v>45443.5</v></c>"#, c], ("日期", "DATE_FORMAT")),
        ([a, b, r#"<c r="C2"><v>1234567890123456</v></c>"#], ("時數", "ID_PRECISION_LOST")),
        ([a, b, r#"<c r="C2" t="str"><v>=1+1</v></c>"#], ("時數", "IMPORT_ACTIVE_CONTENT")),
    ];
    for (cells, expected) in table {
        let row = row(&cells.concat());
        assert_eq!(faults(&row), [*expected], "{cells:?}");
        assert!(problems(&row)[0].message.contains('。'));
    }
    // What no field reads is not looked at.
    assert!(matches!(
        row(&format!("{a}{b}{c}<c r=\"D2\" t=\"e\"><v>#N/A</v></c>")).outcome,
        RowOutcome::Post(_)
    ));
}

#[test]
fn formulas_in_csv_are_told_and_texts_in_the_manner_of_excel_taken() {
    let with = |who: &str, state: &str| {
        let mapping =
            format!("{LECTURES}\n[[skip]]\nwhen = \"{{state}}\"\nis = \"請假\"\nreason = \"{{state}}\"");
        import(&mapping, &format!("居民碼,日期,時數,狀態\n{who},2024-05-31,1,{state}\n")).rows.remove(0)
    };
    assert!(entry(&with("\"=\"\"r0001\"\"\"", "")).account.ends_with("/r0001"));
    assert_eq!(
        faults(&with("r1", "\"=HYPERLINK(\"\"http://example.test\"\")\"")),
        [("狀態", "IMPORT_ACTIVE_CONTENT")]
    );
    assert_eq!(faults(&with("+cmd|' /C calc'!A0", "")), [("居民碼", "IMPORT_ACTIVE_CONTENT")]);
    assert!(matches!(with("r1", "-（補課）").outcome, RowOutcome::Post(_)));
}

#[test]
fn texts_of_every_make_are_read() {
    let a = r#"<c r="A2" t="inlineStr"><is><r><t>r0</t></r><r><rPr><b/></rPr><t>001</t></r><rPh sb="0" eb="1"><t>x</t></rPh></is></c>"#;
    let b = r#"<c t="d"><v>2024-05-31T00:00:00</v></c>"#;
    let c = r#"<c><v>1.5</v></c>"#;
    let expected = import(LECTURES, "居民碼,日期,時數,狀態\nr0001,2024-05-31,1.5,\n").rows.remove(0);
    assert_eq!(row(&[a, b, c].concat()), expected);
    assert_eq!(row(GOOD), expected);
}

#[test]
fn a_workbook_needs_neither_formats_nor_shared_texts() {
    let cells = GOOD.replace(r#"t="s"><v>0</v>"#, r#"t="str"><v>r0001</v>"#);
    let cells = cells.replace(r#"s="1"><v>45443"#, r#"t="str"><v>2024-05-31"#);
    let links = relationships(&[("rId1", "worksheet", "worksheets/sheet1.xml")]);
    let made = Made::of_rows(&format!("<row r=\"2\">{cells}</row>"))
        .with("xl/_rels/workbook.xml.rels", links)
        .without("xl/styles.xml")
        .without("xl/sharedStrings.xml");
    assert_eq!(read(LECTURES, &made.zip()).unwrap().rows, [row(GOOD)]);
}

#[test]
fn days_are_counted_from_1904_where_the_workbook_says_so() {
    let made = Made::of_rows(&format!("<row r=\"2\">{}</row>", GOOD.replace("45443", "43981")));
    let sheets = r#"<sheet name="名單" sheetId="1" r:id="rId1"/>"#;
    let made = made.with("xl/workbook.xml", book(r#"<workbookPr date1904="1"/>"#, sheets));
    assert_eq!(entry(&read(LECTURES, &made.zip()).unwrap().rows[0]).occurred_on, "2024-05-31");
}

#[test]
fn the_first_visible_sheet_is_read_or_the_one_that_is_named() {
    let mut workbook = Workbook::new();
    for (title, who) in [("舊", "r1"), ("名單", "r2"), ("名單 2", "r3")] {
        let sheet = workbook.add_worksheet().set_name(title).unwrap();
        for (row, cells) in (0_u32..).zip([["居民碼", "日期", "時數", "狀態"], [who, "2024-05-31", "1", ""]])
        {
            sheet.write_row(row, 0, cells).unwrap();
        }
        sheet.set_hidden(title == "舊");
    }
    workbook.worksheet_from_name("名單").unwrap().set_active(true);
    let bytes = workbook.save_to_buffer().unwrap();
    let who = |lines: &str| {
        let imported = read(&format!("{LECTURES}\n[file]\n{lines}"), &bytes)?;
        Ok::<_, ImportError>(entry(&imported.rows[0]).account.rsplit('/').next().unwrap().to_owned())
    };
    assert_eq!(who("").unwrap(), "r2");
    assert_eq!(who("sheet = \"名單 2\"").unwrap(), "r3");
    assert_eq!(who("sheet = \"舊\"").unwrap(), "r1");
    let error = who("sheet = \"新\"").unwrap_err();
    assert!(
        error.reason() == "IMPORT_HEADER" && error.to_string().contains("「舊、名單、名單 2」"),
        "{error}"
    );
}

#[test]
fn of_merged_cells_the_first_has_the_text_and_numbers_of_rows_are_those_shown() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.merge_range(0, 0, 0, 3, "城北市民學校上課名冊", &Format::new()).unwrap();
    sheet.write_row(2, 0, ["居民碼", "日期", "時數", "狀態"]).unwrap();
    sheet.merge_range(4, 0, 5, 0, "r1", &Format::new()).unwrap();
    sheet.write_row(4, 1, ["2024-05-31", "1"]).unwrap();
    sheet.write_row(5, 1, ["2024-06-07", "1"]).unwrap();
    let mapping = format!("{LECTURES}\n[file]\nheader_row = 3");
    let rows = read(&mapping, &workbook.save_to_buffer().unwrap()).unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [5, 6]);
    assert_eq!(entry(&rows[0]).account, "ledgers/demo/residents/r1");
    assert_eq!(faults(&rows[1]), [("居民碼", "FIELD_REQUIRED")]);
}

#[test]
fn an_uploaded_file_is_read_like_any_other_and_has_no_files_beside_it() {
    let (bytes, _) = both(
        &["居民碼,日期,時數,狀態", "r1,2024-05-31,1,"].map(|row| row.split(',').map(str::to_owned).collect()),
    );
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let file = Arc::new(file);
    let open =
        |mapping: &str| Source::of_upload(&Mapping::parse(mapping).unwrap(), "上傳.xlsx", Arc::clone(&file));
    let source = open(LECTURES).unwrap();
    let rows: Vec<Row> =
        source.rows(&LedgerId::parse("demo").unwrap()).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows, read(LECTURES, &bytes).unwrap().rows);
    let beside = "\n[[lookup]]\nname = \"people\"\nfile = \"people.csv\"\non = { \"學員\" = \"{who}\" }";
    let mapping = format!("{}{beside}", LECTURES.replace("residents/{who}", "residents/{people.居民碼}"));
    let error = open(&mapping).err().unwrap();
    assert!(error.reason() == "IMPORT_LOOKUP" && error.to_string().contains("people.csv"), "{error}");
}

#[test]
fn a_look_up_table_may_be_a_workbook() {
    let mapping = format!(
        "{}\n[[lookup]]\nname = \"people\"\nfile = \"people.xlsx\"\nsheet = \"人\"\non = {{ \"學員\" = \"{{who}}\" }}",
        LECTURES.replace("residents/{who}", "residents/{people.居民碼}")
    );
    let folder = tempfile::tempdir().unwrap();
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write_string(0, 0, "說明").unwrap();
    let sheet = workbook.add_worksheet().set_name("人").unwrap();
    sheet.write_row(0, 0, ["學員", "居民碼"]).unwrap();
    sheet.write_row(1, 0, ["Ａ1", "r7"]).unwrap();
    workbook.save(folder.path().join("people.xlsx")).unwrap();
    let path = folder.path().join("sheet.csv");
    std::fs::write(&path, "居民碼,日期,時數,狀態\nA1,2024-05-31,1,\n").unwrap();
    let imported = import_file(&mapping, &path).unwrap();
    assert_eq!(entry(&imported.rows[0]).account, "ledgers/demo/residents/r7");
}
