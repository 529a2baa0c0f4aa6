//! Badges from the console, and what it tells everybody about them.

use axum::http::StatusCode;
use creditbank_badge::{Believed, Key, StatusList};
use creditbank_tests::scriptless::Browser;
use creditbank_tests::{Desk, fresh, lecture, name};

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_taken_along_and_checked_by_anybody_until_it_is_taken_back() {
    let desk = Desk::open().await;
    let posted = desk.owner.ledger.clone().post_entry(lecture(1, "2026-03-02")).await.unwrap().into_inner();
    let mut clerk = desk.browser("clerk", "school").await;
    let page = clerk.get(&format!("/entries/{}", posted.position)).await;
    assert!(page.text.contains(&format!("/entries/{}/badge.json", posted.position)), "{}", page.text);
    let mut files = Vec::new();
    for (path, media_type) in [
        (format!("/entries/{}/badge.json", posted.position), "application/vc"),
        (format!("/entries/{}/badge.jwt", posted.position), "application/vc+jwt"),
        ("/residents/r0001/badges/statement.json".to_owned(), "application/vc"),
        ("/residents/r0001/badges/transcript.json".to_owned(), "application/vc"),
        ("/residents/r0001/badges/transcript.jwt".to_owned(), "application/vc+jwt"),
    ] {
        let answer = clerk.get(&path).await;
        assert_eq!(
            (answer.status, answer.headers["content-type"].to_str().unwrap()),
            (StatusCode::OK, media_type)
        );
        assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"), "{path}");
        files.push(answer.text);
    }
    let path = format!("/entries/{}/badge.%22;filename*=UTF-8''evil.html;x=.json", posted.position);
    assert_eq!(clerk.get(&path).await.status, StatusCode::NOT_FOUND, "nobody chooses the name of the file");
    for none in
        ["/entries/1/badge.exe", "/residents/r0001/badges/statement", "/residents/r0001/badges/all.json"]
    {
        assert_eq!(clerk.get(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
    let mut other = desk.browser("clerk", "other").await;
    assert_eq!(other.get("/residents/r0001/badges/statement.json").await.status, StatusCode::NOT_FOUND);

    // An outsider: the page of the issuer, its key, and its lists.
    let mut nobody = Browser::new(&desk.console);
    let form = nobody.get("/ledgers/district").await;
    let document = nobody.get("/ledgers/district/did.json").await;
    assert_eq!(document.headers["content-type"], "application/did+json");
    let key = Key::parse(&document.text).unwrap();
    for file in &files {
        let told = nobody.submit(&form, "main form", &[("text", file)]).await;
        assert_eq!(told.texts("main [role=status]").len(), 1, "{}", told.text);
    }
    let now = creditbank_tests::june_first_2026();
    let believed = Believed::read(&files[0], &key, now).unwrap();
    let (url, _) = believed.status.clone();
    let path = url.split_once("/ledgers/").map(|(_, path)| format!("/ledgers/{path}")).unwrap();
    let list = nobody.get(&path).await;
    assert_eq!(list.headers["access-control-allow-origin"], "*");
    assert!(list.headers["cache-control"].to_str().unwrap().starts_with("public, max-age="));
    believed.stands(&StatusList::read(&list.text, &key, &url, now).unwrap()).unwrap();

    let reverse = creditbank_grpc::proto::ReverseEntryRequest {
        name: name(&format!("entries/{}", posted.position)),
        request_id: fresh(),
        organization: name("organizations/school"),
        reason: "absent".to_owned(),
    };
    desk.owner.ledger.clone().reverse_entry(reverse).await.unwrap();
    for file in &files {
        let told = nobody.submit(&form, "main form", &[("text", file)]).await;
        assert_eq!(told.texts("main [role=alert] code"), ["REVOKED"], "{}", told.text);
    }
    let list = nobody.get(&path).await;
    assert!(believed.stands(&StatusList::read(&list.text, &key, &url, now).unwrap()).is_err());
    // One character of the signature is another.
    let (signed, signature) = files[1].rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{other}{}", &signature[1..]);
    for (text, reason) in [("no badge", "BADGE_MALFORMED"), (forged.as_str(), "SIGNATURE_INVALID")] {
        let told = nobody.submit(&form, "main form", &[("text", text)]).await;
        assert_eq!(told.texts("main [role=alert] code"), [reason], "{}", told.text);
    }
    let code = "https://ledger.example.org/verify?v=1&l=district&k=awards&c=s2026&p=9&d=00";
    let told = nobody.submit(&form, "main form", &[("text", code)]).await;
    assert_eq!(
        told.texts("main [role=alert]"),
        ["這是評分表、名單或月報的條碼：請先登入，再到「查驗文件」查驗。"]
    );
    let told = nobody.submit(&form, "main form", &[("text", &"z".repeat(300_000))]).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(told.text.contains("creditbank verify-badge"), "{}", told.text);
    for none in [
        "/ledgers/nowhere",
        "/ledgers/nowhere/did.json",
        "/ledgers/district/badges/status/9",
        "/ledgers/district/badges/status/of/AAAA",
    ] {
        assert!(nobody.get(none).await.status.is_client_error(), "{none}");
    }
}
