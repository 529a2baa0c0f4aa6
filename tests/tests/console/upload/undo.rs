//! A whole batch, taken back.

use super::{SHEET, fact, settled, step, upload};
use axum::http::StatusCode;
use creditbank_tests::Desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_reversed_once_whoever_asks_twice() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let (here, columns) = upload(&mut clerk, ("五月.csv", SHEET.as_bytes()), &[]).await;
    let preview = step(&mut clerk, &columns, &here, &[("whole_form", "lecture"), ("step", "columns")]).await;
    let result = step(&mut clerk, &preview, &here, &[("step", "record")]).await;
    let batch = fact(&result, "批次");
    let listed = clerk.get("/batches").await;
    assert_eq!(listed.texts("tbody th"), [batch.as_str()]);
    let path = format!("/batches/school/{batch}");
    let page = clerk.get(&path).await;
    assert_eq!((fact(&page, "筆數").as_str(), fact(&page, "仍有效").as_str()), ("2", "2"));
    let mut stranger = desk.browser("clerk", "other").await;
    assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
    let form = format!("main form[action='{path}']");
    let (first, second) = (clerk.submit(&page, &form, &[("reason", "wrong_person")]).await, &page);
    assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, path.as_str()), "{}", first.text);
    let done = settled(&mut clerk, &path).await;
    assert_eq!(done.texts("[role=status]"), ["整批沖正完成。"], "{}", done.text);
    assert_eq!((fact(&done, "已沖正").as_str(), fact(&done, "仍有效").as_str()), ("2", "0"));
    assert!(!done.text.contains("request_id"), "nothing is left to reverse");
    let again = clerk.submit(second, &form, &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    let again = settled(&mut clerk, &path).await;
    assert_eq!(fact(&again, "仍有效"), "0");
    let entries = clerk.get("/entries?as=csv").await;
    assert_eq!(entries.text.lines().filter(|line| line.contains("已沖正")).count(), 2, "{}", entries.text);
}
