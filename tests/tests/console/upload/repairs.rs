//! A long sheet with mistakes of many kinds: told, repaired, recorded once.

use super::{fact, step, upload};
use creditbank_tests::Desk;
use creditbank_tests::scriptless::Answer;
use creditbank_tests::sheet::{BAD, MISTAKES, ROWS, sheet};

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
