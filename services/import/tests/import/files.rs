//! Files as they come: encodings, delimiters, tables beside them, and files that are not what they should be.

use crate::desk::{entry, faults, import, import_beside};
use crate::made::LECTURES;
use creditbank_import::{Mapping, Source};
use encoding_rs::{BIG5, GB18030};
use ledger_core::id::LedgerId;

const SHEET: &str = "居民碼,日期,時數,狀態\nr0001,2024-05-31,1.5,書法\n";

#[test]
fn every_declared_encoding_and_delimiter_gives_the_same_requests() {
    let declared = |line: &str| format!("{LECTURES}\n[file]\n{line}");
    let expected = import(LECTURES, SHEET).rows;
    let table = [
        (declared("encoding = \"gb18030\""), GB18030.encode(SHEET).0.into_owned()),
        (declared("encoding = \"big5\""), BIG5.encode(SHEET).0.into_owned()),
        (declared("encoding = \"utf-8\""), ["\u{FEFF}", SHEET].concat().into_bytes()),
        (declared("delimiter = \"\\t\""), SHEET.replace(',', "\t").into_bytes()),
        (declared("delimiter = \";\""), SHEET.replace(',', ";").into_bytes()),
        (declared(""), SHEET.replace('\n', "\r\n").into_bytes()),
    ];
    for (mapping, bytes) in table {
        assert_eq!(import_beside(&mapping, &bytes, &[]).unwrap().rows, expected, "{mapping}");
    }
}

#[test]
fn a_wrong_encoding_is_told_with_its_line() {
    let bytes = GB18030.encode(SHEET).0;
    let error = import_beside(LECTURES, &bytes, &[]).unwrap_err();
    assert_eq!(error.reason(), "IMPORT_ENCODING");
    assert!(error.to_string().contains("第 1 行"), "{error}");
    // Bytes of Big5 happen to be GB 18030 too: then the headings do not match, and the message says where to look.
    let mapping = format!("{LECTURES}\n[file]\nencoding = \"gb18030\"");
    let error = import_beside(&mapping, &BIG5.encode(SHEET).0, &[]).unwrap_err();
    assert!(error.reason() == "IMPORT_HEADER" && error.to_string().contains("encoding"), "{error}");
}

#[test]
fn a_fault_of_encoding_deep_in_the_file_ends_the_rows_with_an_error() {
    let mut bytes = SHEET.as_bytes().to_vec();
    for row in 0..20_000 {
        bytes.extend_from_slice(format!("r{row},2024-05-31,1,\n").as_bytes());
    }
    bytes.extend_from_slice(b"r\xFF,2024-05-31,1,\n");
    let error = import_beside(LECTURES, &bytes, &[]).unwrap_err();
    assert_eq!(error.reason(), "IMPORT_ENCODING");
    assert!(error.to_string().contains("第 20003 行"), "{error}");
}

#[test]
fn tables_beside_the_sheet_are_found_and_their_faults_told() {
    let mapping = format!(
        "{}\n[[lookup]]\nname = \"people\"\nfile = \"people.csv\"\non = {{ \"學員\" = \"{{who}}\" }}",
        LECTURES.replace("residents/{who}", "residents/{people.居民碼}")
    );
    let try_with = |beside: &[(&str, &str)]| import_beside(&mapping, SHEET.as_bytes(), beside);
    let found = try_with(&[("people.csv", "學員,居民碼\nＲ０００１,x9\nr0001,y7\n,\nr0001,y7\n")]).unwrap();
    assert_eq!(entry(&found.rows[0]).account, "ledgers/demo/residents/y7");
    let absent = try_with(&[("people.csv", "學員,居民碼\nr2,y7\n")]).unwrap();
    assert_eq!(faults(&absent.rows[0]), [("居民碼", "LOOKUP_NOT_FOUND")]);
    let table = [
        ("other.csv", "學員,居民碼\n", "IMPORT_LOOKUP", "people.csv"),
        ("people.csv", "學員,居民碼\nr1,a\nr1,b\n", "IMPORT_LOOKUP", "row 3"),
        ("people.csv", "學員,號碼\nr1,a\n", "IMPORT_HEADER", "居民碼"),
    ];
    for (name, text, reason, part) in table {
        let error = try_with(&[(name, text)]).unwrap_err();
        assert_eq!(error.reason(), reason);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn columns_nobody_reads_are_told_and_a_changed_file_is_not_read_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.csv");
    std::fs::write(&path, "姓名,居民碼,日期,時數,狀態,\n某,r1,2024-05-31,1,,\n").unwrap();
    let source = Source::open(&Mapping::parse(LECTURES).unwrap(), &path).unwrap();
    assert_eq!(source.unused_columns(), ["姓名"]);
    let ledger = LedgerId::parse("demo").unwrap();
    assert_eq!(source.rows(&ledger).unwrap().count(), 1);
    std::fs::write(&path, "居民碼,日期,時數,狀態\n").unwrap();
    assert_eq!(source.rows(&ledger).err().map(|error| error.reason()), Some("IMPORT_CHANGED"));
}

#[test]
fn quoted_cells_with_commas_and_line_breaks_keep_their_row_numbers() {
    let sheet = "狀態,居民碼,日期,時數\n\"one, two\nthree\",r1,2024-05-31,1\n\nx,r2,2024-05-32,1\n";
    let rows = import(LECTURES, sheet).rows;
    assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(faults(&rows[1]), [("日期", "DATE_NOT_IN_CALENDAR")]);
}
