//! Who may send a file, for whom, and that what stands in it stays text.

use super::{SHEET, step, upload};
use axum::http::StatusCode;
use creditbank_tests::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_from_a_page_of_the_own_session_and_for_the_own_school_only() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let form = clerk.get("/uploads").await;
    let forged = clerk.send(&form, ("a.csv", SHEET.as_bytes()), &[("csrf", "0123")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "{}", forged.text);
    let (action, fields) = form.form("main form[enctype]");
    let fields: Vec<_> = fields.into_iter().filter(|(name, _)| name != "file").collect();
    let from_elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let forged = clerk.send_raw(&action, ("a.csv", SHEET.as_bytes()), &fields, &from_elsewhere).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);

    let other = clerk.send(&form, ("a.csv", SHEET.as_bytes()), &[("organization", "other")]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "{}", other.text);
    assert_eq!(other.texts("#organization-wrong").len(), 1, "said beside the field");

    // What one clerk sent is nobody else's.
    let (here, page) = upload(&mut clerk, ("a.csv", SHEET.as_bytes()), &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    let mut stranger = desk.browser("clerk", "other").await;
    assert_eq!(stranger.get(&here).await.status, StatusCode::NOT_FOUND);
    for role in ["auditor", "approver"] {
        let mut reader = desk.browser(role, "").await;
        let form = reader.get("/uploads").await;
        let sent = reader.send(&form, ("a.csv", SHEET.as_bytes()), &[("organization", "school")]).await;
        assert_eq!(sent.status, StatusCode::NOT_FOUND, "{role}: {}", sent.text);
    }
    assert_eq!(desk.entries().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_a_file_is_shown_and_given_back_as_text() {
    const PAYLOAD: &str = "<script>alert(1)</script>";
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let sheet = format!(
        "帳號,日期,分鐘,{PAYLOAD}\n{PAYLOAD},2026-05-20,90,=1+1\nr0001,{PAYLOAD},90,+cmd|' /C calc'!A0\nr0001,2026-05-20,90,@SUM(A1)\n"
    );
    let name = format!("{PAYLOAD}.csv");
    let (here, columns) = upload(&mut clerk, (&name, sheet.as_bytes()), &[]).await;
    assert!(!columns.text.contains(PAYLOAD), "{}", columns.text);
    let preview = step(&mut clerk, &columns, &here, &[("whole_form", "lecture"), ("step", "columns")]).await;
    assert!(!preview.text.contains(PAYLOAD) && preview.text.contains("&lt;script&gt;"), "{}", preview.text);
    let result = step(&mut clerk, &preview, &here, &[("step", "record")]).await;
    assert!(!result.text.contains(PAYLOAD), "{}", result.text);
    let csv = clerk.get(&format!("{here}/result.csv")).await;
    let mut reader = csv::ReaderBuilder::new();
    let rows: Vec<csv::StringRecord> =
        reader.flexible(true).from_reader(&*csv.bytes).records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    let begins_one = |cell: &str| cell.starts_with(['=', '+', '-', '@']);
    assert!(!rows.iter().flatten().any(begins_one), "{rows:?}");
    assert_eq!(super::workbook(&clerk.get(&format!("{here}/result.xlsx")).await).len(), 4);
}
