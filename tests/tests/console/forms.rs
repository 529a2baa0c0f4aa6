//! Forms that did not come from a page of the session.

use axum::http::{Method, StatusCode};
use creditbank_tests::Desk;
use creditbank_tests::scriptless::Browser;

/// Every address that takes a form of somebody who is signed in.
const FORMS: [&str; 7] = [
    "/sign-out",
    "/class-list",
    "/entries/1",
    "/corrections/1",
    "/policies/district-default/1",
    "/standards/family-default/1",
    "/months",
];

fn fields(csrf: &str) -> Vec<(String, String)> {
    [("csrf", csrf), ("step", "record")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_the_sessions_own_number_is_refused() {
    let desk = Desk::open().await;
    let mut officer = desk.browser("officer", "").await;
    let mut other = desk.browser("officer", "").await;
    let (_, own) = officer.get("/months").await.form("form.leave");
    let (_, foreign) = other.get("/months").await.form("form.leave");
    assert_ne!(own[0].1, foreign[0].1);
    for path in FORMS {
        for csrf in ["", "0", foreign[0].1.as_str()] {
            let answer = officer.post(path, &fields(csrf)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {csrf}");
            assert!(answer.texts("main p").iter().any(|told| told.contains("不是從您目前的頁面送來的")));
        }
        let answer = Browser::new(&desk.console).post(path, &fields(&own[0].1)).await;
        assert_eq!(answer.location(), "/sign-in", "{path}: nobody is signed in");
    }
    let page = officer.get("/sign-in").await;
    let (_, kept) = page.form("main form");
    let mut stranger = Browser::new(&desk.console);
    assert_eq!(stranger.post("/sign-in", &kept).await.status, StatusCode::FORBIDDEN, "the cookie is missing");
    assert_eq!(officer.get("/").await.status, StatusCode::OK, "the session goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_another_site_is_refused_even_with_the_number() {
    let desk = Desk::open().await;
    let mut officer = desk.browser("officer", "").await;
    let (_, own) = officer.get("/months").await.form("form.leave");
    let here = desk.console.clone();
    for headers in [
        [("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        [("origin", here.as_str()), ("sec-fetch-site", "cross-site")],
        [("origin", here.as_str()), ("sec-fetch-site", "same-site")],
        [("origin", "null"), ("sec-fetch-site", "cross-site")],
        [("origin", "null"), ("x-nothing", "")],
    ] {
        for path in FORMS {
            let answer = officer.ask(Method::POST, path, &headers, &fields(&own[0].1)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
        }
    }
    let large = vec![("csrf".to_owned(), "0".repeat(300_000))];
    let answer = officer.post("/class-list", &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
