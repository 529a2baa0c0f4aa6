//! Signing in and out, and how a session ends.

use axum::http::{Method, StatusCode, header};
use creditbank_grpc::proto;
use creditbank_tests::Desk;
use creditbank_tests::fresh;
use creditbank_tests::scriptless::Browser;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_the_console_and_nothing_else_does() {
    let desk = Desk::open().await;
    let mut browser = Browser::new(&desk.console);
    let answer = browser.get("/").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    for wrong in ["", "nonsense", "中文", "cb_district_00_00", "cb_district_0123456789abcdef0123_00"] {
        let answer = browser.sign_in(wrong).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert_eq!(answer.texts("main [role=alert]").len(), 1, "{wrong}");
        assert!(
            !wrong.starts_with("cb_") || !answer.text.contains(wrong),
            "what was typed is not shown again"
        );
    }
    let issued = desk.issue("clerk", "school").await;
    let answer = browser.sign_in(&format!("  {}\n", issued.token)).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    let cookie = answer.headers.get_all(header::SET_COOKIE).iter().next().unwrap().to_str().unwrap();
    assert!(
        cookie.starts_with("session=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    assert!(!cookie.contains(&issued.token), "the token stays on the server");
    let home = browser.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.text.contains("clerk-01") && !home.text.contains(&issued.token));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_gives_another_number_and_ends_the_earlier_session() {
    let desk = Desk::open().await;
    let issued = desk.issue("clerk", "school").await;
    let mut browser = Browser::signed_in(&desk.console, &issued.token).await;
    let earlier = browser.cookies["session"].clone();
    browser.sign_in(&issued.token).await;
    assert_ne!(browser.cookies["session"], earlier);
    browser.cookies.insert("session".to_owned(), earlier);
    assert_eq!(browser.get("/").await.location(), "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_form_comes_the_page_that_was_asked_for_and_no_other_place() {
    let desk = Desk::open().await;
    let token = desk.issue("officer", "").await.token;
    let asked = "/search?q=r0001";
    let mut browser = Browser::new(&desk.console);
    let form = browser.get(asked).await.location().to_owned();
    assert_eq!(form, "/sign-in?back=%2Fsearch%3Fq%3Dr0001");
    let page = browser.get(&form).await;
    let wrong = browser.submit(&page, "main form", &[("token", "nonsense")]).await;
    let entered = browser.submit(&wrong, "main form", &[("token", &token)]).await;
    assert_eq!((entered.status, entered.location()), (StatusCode::SEE_OTHER, asked));
    for elsewhere in
        ["//example.org/", "https://example.org/", "/\\example.org", "javascript:alert(1)", "/a%0d%0ab c"]
    {
        let mut browser = Browser::new(&desk.console);
        let page = browser.get("/sign-in").await;
        let entered = browser.submit(&page, "main form", &[("token", &token), ("back", elsewhere)]).await;
        assert_eq!((entered.status, entered.location()), (StatusCode::SEE_OTHER, "/"), "{elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_by_signing_out_and_by_the_revocation_of_its_token() {
    let desk = Desk::open().await;
    let mut browser = desk.browser("clerk", "school").await;
    let number = browser.cookies["session"].clone();
    let home = browser.get("/").await;
    let answer = browser.submit(&home, "form.leave", &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    browser.cookies.insert("session".to_owned(), number);
    assert_eq!(browser.get("/").await.location(), "/sign-in", "the number opens nothing any more");

    let issued = desk.issue("clerk", "school").await;
    let mut browser = Browser::signed_in(&desk.console, &issued.token).await;
    let name = issued.credential.unwrap().name;
    let request = proto::RevokeCredentialRequest { name, request_id: fresh() };
    desk.owner.access.clone().revoke_credential(request).await.unwrap();
    tokio::time::sleep(creditbank_access::FRESH + Duration::from_millis(200)).await;
    let answer = browser.get("/entries").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains("CREDENTIAL_INVALID") && answer.text.contains("/sign-in"));
    assert_eq!(
        browser.get("/entries").await.location(),
        "/sign-in?back=%2Fentries",
        "the session has ended with it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_served_by_another_name_and_the_language_switch_stays_here() {
    let desk = Desk::open().await;
    let mut browser = desk.browser("clerk", "school").await;
    let answer = browser.ask(Method::GET, "/", &[("host", "evil.example")], &[]).await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST);
    assert!(!answer.text.contains("clerk-01"));
    for (back, to) in [
        ("/entries%3Fpage%3Dp1", "/entries?page=p1"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%2Fevil.example", "/"),
        ("%2F%5Cevil.example", "/"),
        ("", "/"),
    ] {
        let answer = browser.get(&format!("/language/en?back={back}")).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, to), "{back}");
    }
    assert_eq!(browser.get("/").await.texts("h1"), ["What you can do here"]);
    assert_eq!(browser.get("/language/xx").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_cookies_go_over_tls_only() {
    let desk = Desk::behind(Some("https://ledger.example.org")).await;
    let token = desk.issue("clerk", "school").await.token;
    let mut browser = Browser::new(&desk.console);
    let from = [
        ("host", "ledger.example.org"),
        ("origin", "https://ledger.example.org"),
        ("sec-fetch-site", "same-origin"),
    ];
    let page = browser.ask(Method::GET, "/sign-in", &from[..1], &[]).await;
    assert_eq!(page.headers["strict-transport-security"], "max-age=31536000");
    let (action, mut fields) = page.form("main form");
    fields.retain(|(name, _)| name != "token");
    fields.push(("token".to_owned(), token));
    let answer = browser.ask(Method::POST, &action, &from, &fields).await;
    assert_eq!(answer.location(), "/", "{}", answer.text);
    for cookie in answer.headers.get_all(header::SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    }
    assert_eq!(browser.ask(Method::GET, "/", &from[..1], &[]).await.status, StatusCode::OK);
    assert_eq!(browser.get("/").await.location(), "/sign-in", "another name is another session");
}
