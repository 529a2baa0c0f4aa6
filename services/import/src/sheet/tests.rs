use super::*;
use std::io::Write;

fn sheet(bytes: &[u8], format: &Format) -> Result<(Sheet, tempfile::NamedTempFile), ImportError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Sheet::open(&Input::File(file.path().to_owned()), format, MAX_FILE_BYTES).map(|sheet| (sheet, file))
}

fn numbers(text: &str, format: &Format) -> Vec<(u64, String)> {
    let (mut sheet, _file) = sheet(text.as_bytes(), format).unwrap();
    let mut record = Record::default();
    let mut rows = Vec::new();
    while let Some(number) = sheet.read(&mut record).unwrap() {
        rows.push((number, record.cell(0).unwrap().into_owned()));
    }
    rows
}

#[test]
fn rows_have_the_numbers_a_spreadsheet_shows() {
    let expected = [(2, "a".to_owned()), (5, "b\nb".to_owned()), (6, "c".to_owned()), (8, "d".to_owned())];
    for end in ["\n", "\r\n", "\r"] {
        let text = "id,x\na,1\n\n\n\"b\nb\",2\nc,3\n\nd,4\n".replace('\n', end);
        assert_eq!(numbers(&text, &Format::default()), expected, "{end:?}");
        assert_eq!(numbers(text.trim_end(), &Format::default()), expected, "{end:?} without the last");
    }
}

#[test]
fn titles_above_the_header_are_not_rows() {
    let format = Format { header_row: 3, ..Format::default() };
    assert_eq!(numbers("title\n\nid,x\na,1\n", &format), [(4, "a".to_owned())]);
    let error = sheet("title\n\n\nid,x\n".as_bytes(), &format).err().unwrap();
    assert_eq!(error.reason(), "IMPORT_HEADER");
}

#[test]
fn headings_are_found_whatever_their_order_width_and_spaces() {
    let (sheet, _file) = sheet("備註, ＩＤ ,備註,日期\n".as_bytes(), &Format::default()).unwrap();
    let places = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|heading| (*heading).to_owned()).collect();
        sheet.places(&wanted).map_err(|error| (error.reason(), error.to_string()))
    };
    assert_eq!(places(&["日期", "ID"]), Ok(vec![3, 1]));
    assert_eq!(places(&["時數"]).unwrap_err().0, "IMPORT_HEADER");
    assert!(places(&["時數"]).unwrap_err().1.contains("「備註、ID、備註、日期」"));
    assert!(places(&["備註"]).unwrap_err().1.contains("出現兩次"));
}

#[test]
fn files_that_are_none_are_told_apart() {
    let reason = |bytes: &[u8]| sheet(bytes, &Format::default()).err().map(|error| error.reason());
    assert_eq!(reason(b""), Some("IMPORT_HEADER"));
    assert_eq!(reason(b"PK\x03\x04"), Some("IMPORT_ENCODING"));
    assert_eq!(reason(b"\xC4\xE3,b\n"), Some("IMPORT_ENCODING"));
    assert_eq!(
        reason(&[b"\"open,".as_slice(), &vec![b'x'; 2 * MAX_ROW_BYTES]].concat()),
        Some("IMPORT_TOO_LARGE")
    );
    let missing = Sheet::open(&Input::File("no-such-file.csv".into()), &Format::default(), MAX_FILE_BYTES);
    assert_eq!(missing.err().map(|error| error.reason()), Some("IMPORT_UNREADABLE"));
    let folder = tempfile::tempdir().unwrap();
    let folder = Sheet::open(&Input::File(folder.path().to_owned()), &Format::default(), MAX_FILE_BYTES);
    assert_eq!(folder.err().map(|error| error.reason()), Some("IMPORT_UNREADABLE"));
}

#[test]
fn a_file_past_its_limit_is_refused_before_it_is_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(MAX_FILE_BYTES + 1).unwrap();
    let error =
        Sheet::open(&Input::File(file.path().to_owned()), &Format::default(), MAX_FILE_BYTES).err().unwrap();
    assert_eq!(error.reason(), "IMPORT_TOO_LARGE");
    assert!(error.to_string().contains("256 MiB"));
}
