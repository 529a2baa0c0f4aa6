//! A clerk's workbook: the class list that was imported as CSV is known when it comes as .xlsx, and a formula stops it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_tests::Program;
use rust_xlsxwriter::{Formula, Workbook};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

fn import(database: &Path, sheet: &Path) -> Output {
    let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/class-list.toml");
    let arguments =
        ["import", "--yes", "--json", "--mapping", mapping.to_str().unwrap(), sheet.to_str().unwrap()];
    Program::run(database, &arguments)
}

fn summary(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_else(|| panic!("{output:?}"));
    serde_json::from_str::<Value>(last).unwrap()["summary"].clone()
}

#[test]
fn a_class_list_is_recorded_once_whether_it_comes_as_csv_or_as_a_workbook() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/class-list.csv");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(&text).unwrap();
    for (row, record) in (0_u32..).zip(reader.records()) {
        for (column, cell) in (0_u16..).zip(&record.unwrap()) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    let path = folder.path().join("class-list.xlsx");
    workbook.save(&path).unwrap();

    let first = summary(&import(&database, &path));
    assert_eq!((first["recorded"].as_u64(), first["bad"].as_u64()), (Some(6), Some(0)), "{first}");
    let second = summary(&import(&database, &text));
    assert_eq!(
        (second["recorded"].as_u64(), second["already_recorded"].as_u64()),
        (Some(0), Some(6)),
        "{second}"
    );

    workbook.worksheet_from_index(0).unwrap().write_formula(20, 5, Formula::new("=SUM(F3:F9)")).unwrap();
    workbook.save(&path).unwrap();
    let refused = import(&database, &path);
    let told = [refused.stdout, refused.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(!refused.status.success());
    assert!(
        told.contains("IMPORT_ACTIVE_CONTENT") && told.contains("F21") && told.contains("選擇性貼上"),
        "{told}"
    );
}
