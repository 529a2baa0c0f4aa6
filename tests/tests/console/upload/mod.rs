//! A spreadsheet, from the file to the verdicts.

mod guarded;
mod hostile;
mod repairs;
mod template;
mod undo;

use calamine::{Data, Reader};
use creditbank_tests::Desk;
use creditbank_tests::scriptless::Answer;
use creditbank_tests::upload::{fact, settled, step, upload};

/// The rows of a workbook's first sheet as text, read by a reader that nobody here wrote; none of its cells is a formula.
pub(crate) fn workbook(answer: &Answer) -> Vec<Vec<String>> {
    let bytes = std::io::Cursor::new(answer.bytes.to_vec());
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook_from_rs(bytes).unwrap();
    let name = workbook.sheet_names()[0].clone();
    assert!(workbook.worksheet_formula(&name).unwrap().is_empty());
    let shown = |cell: &Data| match cell {
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        cell => cell.to_string(),
    };
    workbook.worksheet_range(&name).unwrap().rows().map(|row| row.iter().map(shown).collect()).collect()
}

const SHEET: &str =
    "居民碼,上課日期,分鐘,備註\nr0001,2026-05-20,90,\nr0002,2026-05-20,90,\nr9999,2026-05-20,90,\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_previewed_confirmed_and_given_back_with_verdicts() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let (here, columns) = upload(&mut clerk, ("五月.csv", SHEET.as_bytes()), &[]).await;
    assert_eq!(columns.texts("h1"), ["各欄是什麼"], "{}", columns.text);
    let chosen = [("whole_form", "lecture"), ("step", "columns")];
    let preview = step(&mut clerk, &columns, &here, &chosen).await;
    assert_eq!(preview.texts("h1"), ["預覽"], "{}", preview.text);
    assert_eq!((fact(&preview, "可記人次").as_str(), fact(&preview, "分鐘").as_str()), ("2", "180"));
    assert_eq!(preview.texts("tbody th"), ["4"]);
    assert!(preview.texts("tbody td")[0].contains("r9999"), "{}", preview.text);
    assert_eq!(desk.entries().await, 0, "a preview records nothing");
    let result = step(&mut clerk, &preview, &here, &[("step", "record")]).await;
    assert_eq!(result.texts("h1"), ["記帳結果"], "{}", result.text);
    assert_eq!((fact(&result, "新記").as_str(), fact(&result, "被拒").as_str()), ("2", "1"));
    assert_eq!(desk.entries().await, 2);
    let csv = clerk.get(&format!("{here}/result.csv")).await;
    let lines: Vec<&str> = csv.text.trim_start_matches('\u{FEFF}').lines().collect();
    assert_eq!(lines[0], "居民碼,上課日期,分鐘,備註,判定,記錄號,原因代碼,說明");
    assert!(lines[1].starts_with("r0001,2026-05-20,90,,新記,"), "{}", lines[1]);
    assert!(lines[3].contains("被拒,,RESIDENT_NOT_FOUND,"), "{}", lines[3]);

    // The same kind of sheet asks nothing, and the same sheet records nothing.
    let (here, preview) = upload(&mut clerk, ("五月.csv", SHEET.as_bytes()), &[]).await;
    assert_eq!(preview.texts("h1"), ["預覽"]);
    assert_eq!(fact(&preview, "先前已記，不會再記"), "2");
    assert!(!preview.text.contains("value=\"record\""), "nothing to record");
    let discarded = step(&mut clerk, &preview, &here, &[("step", "discard")]).await;
    assert_eq!(discarded.texts("h1"), ["上傳試算表"]);
    assert_eq!(desk.entries().await, 2);
}
