//! A class list, from the form to the ledger.

use axum::http::StatusCode;
use creditbank_tests::Desk;
use creditbank_tests::scriptless::Answer;

const LIST: [(&str, &str); 6] = [
    ("course_version", "tea/v1"),
    ("occurred_on", "2026-05-20"),
    ("minutes", "90"),
    ("session", "morning"),
    ("step", "preview"),
    ("accounts", "r0001\r\nr0002\r\nresidents/r0003"),
];

fn with<'a>(change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    LIST.iter()
        .copied()
        .filter(|(name, _)| !change.iter().any(|(other, _)| other == name))
        .chain(change.iter().copied())
        .collect()
}

fn verdicts(preview: &Answer) -> Vec<String> {
    preview.texts("tbody td:last-child")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_sent_twice_from_one_preview_is_recorded_once() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let form = clerk.get("/class-list").await;
    assert!(form.text.contains("茶藝"), "{}", form.text);
    let preview = clerk.submit(&form, "main form", &LIST).await;
    assert_eq!(preview.status, StatusCode::OK);
    assert_eq!(verdicts(&preview), ["可以記", "可以記", "可以記"]);
    assert_eq!(desk.entries().await, 0, "a preview records nothing");
    let first = clerk.submit(&preview, "main form", &[("step", "record")]).await;
    assert_eq!(
        (first.status, first.texts("h1")),
        (StatusCode::OK, vec!["已記錄".to_owned()]),
        "{}",
        first.text
    );
    let second = clerk.submit(&preview, "main form", &[("step", "record")]).await;
    assert_eq!(second.texts("main [role=status]"), ["這份名單先前已經記下，沒有重複記。"]);
    assert_eq!(desk.entries().await, 3);
    let anew = clerk.submit(&form, "main form", &LIST).await;
    let third = clerk.submit(&anew, "main form", &[("step", "record")]).await;
    assert_eq!(third.status, StatusCode::CONFLICT, "the same learning from another preview is refused");
    assert!(third.text.contains("SESSION_ALREADY_CREDITED"), "{}", third.text);
    assert!(!third.text.contains("value=\"record\""), "only an unknown outcome is sent again");
    assert_eq!(desk.entries().await, 3);
    let latest = clerk.get("/entries").await;
    let accounts: Vec<String> = latest.texts("tbody td:nth-child(4)");
    assert_eq!(accounts, ["r0003", "r0002", "r0001"], "the newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_of_each_line_what_is_wrong_and_lets_it_be_mended() {
    let desk = Desk::open().await;
    let mut officer = desk.browser("officer", "").await;
    let form = officer.get("/class-list").await;
    let typed = with(&[("organization", "school"), ("accounts", "r0001\nr9999\nr0001\nR_1\nr0002")]);
    let preview = officer.submit(&form, "main form", &typed).await;
    let told = verdicts(&preview);
    assert_eq!((told[0].as_str(), told[4].as_str()), ("可以記", "可以記"));
    assert!(told[1].contains("r9999") && told[2].contains("第 1 行") && told[3].starts_with('✗'), "{told:?}");
    assert!(!preview.text.contains("value=\"record\""), "nothing to confirm");
    let again = officer.submit(&preview, "main form", &[("step", "edit")]).await;
    assert_eq!(again.texts("textarea"), ["r0001\nr9999\nr0001\nR_1\nr0002"], "what was typed is kept");

    // Who does not see an account cannot tell a wrong number from a resident of another school.
    let mut clerk = desk.browser("clerk", "other").await;
    let form = clerk.get("/class-list").await;
    let preview = clerk.submit(&form, "main form", &LIST).await;
    assert!(verdicts(&preview).iter().all(|told| told.starts_with('⚠')), "{}", preview.text);
    for (field, value) in [("minutes", "ninety"), ("accounts", " , ")] {
        let refused = clerk.submit(&form, "main form", &with(&[(field, value)])).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.texts(&format!("#{field}-wrong")).len(), 1, "{field}: said beside the field");
    }
}
