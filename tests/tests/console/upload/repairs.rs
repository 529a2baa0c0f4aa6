//! A long sheet with mistakes of many kinds: told, repaired, recorded once.

use super::{fact, step, upload};
use crate::browser::Answer;
use crate::district::Desk;

/// Cells of a row: account, form, course, day, minutes, session, start, end, kind, attestor.
type Cells = [&'static str; 10];

/// What a mistake puts into a good row, and the reason it is told with.
const MISTAKES: [(usize, &str, &str); 20] = [
    (0, "r9999", "RESIDENT_NOT_FOUND"),
    (0, "", "FIELD_REQUIRED"),
    (0, "r_1!", "FIELD_INVALID"),
    (0, "1.10105E+17", "ID_PRECISION_LOST"),
    (0, "110105199003070000", "ID_PRECISION_LOST"),
    (1, "演講", "VALUE_NOT_MAPPED"),
    (2, "=1+1", "IMPORT_ACTIVE_CONTENT"),
    (3, "", "FIELD_REQUIRED"),
    (3, "昨天", "DATE_FORMAT"),
    (3, "115/3/5", "DATE_FORMAT"),
    (3, "46086", "DATE_FORMAT"),
    (3, "2026-02-30", "DATE_NOT_IN_CALENDAR"),
    (9, "nowhere", "ORGANIZATION_NOT_FOUND"),
    (4, "", "AMOUNT_NOT_POSITIVE"),
    (4, "0", "AMOUNT_NOT_POSITIVE"),
    (4, "90.5", "AMOUNT_PRECISION"),
    (4, "九十", "AMOUNT_PRECISION"),
    (4, "999999", "AMOUNT_ABOVE_LIMIT"),
    (6, "25:00", "FIELD_INVALID"),
    (3, "2027-01-01", "OCCURRED_IN_FUTURE"),
];
const ROWS: usize = 2_000;
const BAD: usize = 37;

fn good(n: usize) -> Vec<String> {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new((n / 20) as u64);
    let account = format!("r{:04}", n % 20 + 1);
    let cells: Cells = ["", "講座", "", "", "90", "", "", "", "", ""];
    let mut cells = cells.map(str::to_owned).to_vec();
    (cells[0], cells[3]) = (account, day.to_string());
    cells
}

/// The sheet; `wrong` says whether its mistakes are in it. Those of a row are spread over it.
fn sheet(wrong: bool) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let headings = [
        "居民帳戶",
        "學習形式",
        "課程版本",
        "日期",
        "分鐘",
        "場次",
        "開始時間",
        "結束時間",
        "類別",
        "證明機構",
    ];
    writer.write_record(headings).unwrap();
    for n in 0..ROWS {
        let mut cells = good(n);
        if wrong && n % 50 == 7 && n / 50 < BAD {
            let (column, text, _) = MISTAKES[n / 50 % MISTAKES.len()];
            text.clone_into(&mut cells[column]);
            if column == 2 {
                cells[1] = "線下課程".to_owned();
            }
            if column == 6 {
                cells[7] = "10:00".to_owned();
            }
        }
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

fn reasons(page: &Answer) -> Vec<(usize, String, String)> {
    let rows = page.texts("tbody th").into_iter().map(|row| row.parse().unwrap());
    let told = page.texts("tbody td:nth-child(2)").into_iter().zip(page.texts("tbody td:nth-child(3)"));
    rows.zip(told).map(|(row, (message, reason))| (row, message, reason)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_2000_rows_37_are_wrong_in_20_ways_and_each_is_told() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let (_, preview) = upload(&mut clerk, ("名冊.csv", &sheet(true)), &[]).await;
    assert_eq!(preview.texts("h1"), ["預覽"], "{}", preview.text);
    let told = reasons(&preview);
    assert_eq!(told.len(), BAD, "{told:#?}");
    let mut wrong = Vec::new();
    for (at, (row, message, reason)) in told.iter().enumerate() {
        let (_, text, expected) = MISTAKES[at % MISTAKES.len()];
        if *row != at * 50 + 9 || reason != expected || !message.contains('。') {
            wrong.push((row, text, reason, message));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(fact(&preview, "可記人次"), (ROWS - BAD).to_string());
    assert_eq!(fact(&preview, "人數"), "20");
    assert_eq!(fact(&preview, "分鐘"), ((ROWS - BAD) * 90).to_string());

    // Two repairs are offered; ticked, four rows are mistakes no more.
    assert_eq!(preview.texts("form.offers label").len(), 2, "{}", preview.text);
    let repaired = clerk
        .submit(
            &preview,
            "main form.offers",
            &[("roc_years", "yes"), ("serial_dates", "yes"), ("step", "repair")],
        )
        .await;
    let repaired = super::settled(&mut clerk, repaired.location()).await;
    // The days they stand for are told of these residents elsewhere in the sheet: the same once more is skipped.
    let still = reasons(&repaired);
    assert_eq!(still.len(), BAD - 4, "{still:#?}");
    assert!(repaired.texts("form.offers").is_empty(), "what was done is offered no more");

    let (here, preview) = upload(&mut clerk, ("名冊.csv", &sheet(true)), &[]).await;
    let result = step(&mut clerk, &preview, &here, &[("step", "record")]).await;
    assert_eq!(fact(&result, "新記"), (ROWS - BAD).to_string(), "{}", result.text);
    assert_eq!(desk.entries().await, (ROWS - BAD) as u64);
    let csv = clerk.get(&format!("{here}/result.csv")).await;
    assert_eq!(csv.text.lines().count(), ROWS + 1);
    let workbook = super::workbook(&clerk.get(&format!("{here}/result.xlsx")).await);
    let verdicts = workbook.iter().filter(|row| row.iter().any(|cell| cell == "新記")).count();
    assert_eq!((workbook.len(), verdicts), (ROWS + 1, ROWS - BAD));

    // The repaired sheet records the rest, and once more nothing.
    let (here, preview) = upload(&mut clerk, ("名冊.csv", &sheet(false)), &[]).await;
    assert_eq!(fact(&preview, "可記人次"), BAD.to_string());
    assert_eq!(fact(&preview, "先前已記，不會再記"), (ROWS - BAD).to_string());
    let result = step(&mut clerk, &preview, &here, &[("step", "record")]).await;
    assert_eq!(fact(&result, "新記"), BAD.to_string());
    assert_eq!(desk.entries().await, ROWS as u64);
    let (here, preview) = upload(&mut clerk, ("名冊.csv", &sheet(false)), &[]).await;
    assert_eq!(fact(&preview, "先前已記，不會再記"), ROWS.to_string());
    assert_eq!(preview.texts("[role=status]"), ["沒有可記的列。"]);
    let nothing = clerk.submit(&preview, &format!("main form[action='{here}']"), &[("step", "record")]).await;
    let nothing = super::settled(&mut clerk, nothing.location()).await;
    assert_eq!(fact(&nothing, "新記"), "0");
    assert_eq!(nothing.texts("[role=status]"), ["這個檔案先前已經記過，沒有新記任何一筆。"]);
    assert_eq!(desk.entries().await, ROWS as u64);
}
