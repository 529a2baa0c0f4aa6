//! Credit rules that are tried out and proposed, and corrections that are proposed, from the console.

use axum::http::StatusCode;
use creditbank_tests::{Desk, lecture};

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_out_then_proposed_and_published_by_another() {
    let desk = Desk::open().await;
    desk.owner.ledger.clone().post_entry(lecture(1, "2026-05-20")).await.unwrap();
    let mut officer = desk.browser("officer", "").await;
    let page = officer.get("/policies").await;
    let (_, fields) = page.form("main form");
    let document = &fields.iter().find(|(name, _)| name == "document").unwrap().1;
    let draft = document.replace("version = 1", "version = 2").replace("1900-01-01", "2026-06-02");
    let draft = draft.replace("per_year_centi = 3000", "per_year_centi = 4000").replace('\n', "\r\n");
    let tried = officer.submit(&page, "main form", &[("document", &draft), ("step", "try")]).await;
    assert_eq!(tried.status, StatusCode::OK, "{:?}", tried.texts("main .refused"));
    let different = tried.texts("section.tried tbody code");
    assert!(different.contains(&"version".to_owned()) && different.len() >= 3, "{different:?}");
    assert!(tried.text.contains("只是試算"), "{}", tried.text);
    let broken = officer.submit(&page, "main form", &[("document", "version = "), ("step", "try")]).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert_eq!(broken.texts("#document-wrong").len(), 1, "said beside the document: {}", broken.text);
    let proposed = officer.submit(&page, "main form", &[("document", &draft), ("step", "propose")]).await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{:?}", proposed.texts("main .refused, main .wrong"));
    let mut approver = desk.browser("approver", "").await;
    let waiting = approver.get(proposed.location()).await;
    let published = approver.submit(&waiting, "main form", &[]).await;
    assert_eq!(published.status, StatusCode::SEE_OTHER, "{}", published.text);
    let listed = officer.get("/policies").await;
    assert!(listed.texts("tbody td").iter().all(|told| told != "等待核准"), "{}", listed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_is_verified_and_the_result_is_shown_to_who_may_ask() {
    let desk = Desk::open().await;
    let settled = async |browser: &mut creditbank_tests::scriptless::Browser| loop {
        let page = browser.get("/audit/verification").await;
        if !page.text.contains("http-equiv=\"refresh\"") {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    let mut auditor = desk.browser("auditor", "").await;
    let form = auditor.get("/audit/verification").await;
    assert!(auditor.get("/audit").await.text.contains("/audit/verification"));
    let begun = auditor.submit(&form, "main form", &[]).await;
    assert_eq!((begun.status, begun.location()), (StatusCode::SEE_OTHER, "/audit/verification"));
    let page = settled(&mut auditor).await;
    assert_eq!(page.texts("main p.done"), ["全部相符：沒有任何差異。"], "{}", page.text);
    let position = page.texts("footer strong").remove(0);
    assert_eq!(page.texts("main dd").first(), Some(&position));

    // The door decides: an officer of a town hears that the whole ledger is not theirs, and a clerk finds no page.
    let mut town = desk.browser("officer", "town").await;
    let form = town.get("/audit/verification").await;
    assert!(form.texts("main p.done").is_empty(), "what others asked for is theirs: {}", form.text);
    town.submit(&form, "main form", &[]).await;
    let told = settled(&mut town).await;
    assert!(told.text.contains("ROLE_DENIED"), "{}", told.text);
    let mut clerk = desk.browser("clerk", "school").await;
    assert_eq!(clerk.get("/audit/verification").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_version_that_waits_is_approved() {
    let desk = Desk::open().await;
    let mut officer = desk.browser("officer", "").await;
    let page = officer.get("/courses").await;
    assert_eq!(page.texts("tbody td a"), ["核准"], "v3 of tea waits: {}", page.text);
    let form = officer.get("/courses/tea/v3/approve").await;
    let wrong = [("valid_from", "2026-06-01"), ("valid_to", "2026-05-01")];
    let refused = officer.submit(&form, "main form", &wrong).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{:?}", refused.texts("main .refused, main .wrong"));
    let done = officer.submit(&form, "main form", &[]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/courses"), "{}", done.text);
    let page = officer.get("/courses").await;
    assert!(page.texts("tbody td a").is_empty() && page.text.contains("2026-06-01"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_of_a_closed_month_is_proposed_and_approved() {
    let desk = Desk::open().await;
    let posted = desk.owner.ledger.clone().post_entry(lecture(1, "2026-03-20")).await.unwrap();
    let entry = posted.into_inner().position;
    let mut officer = desk.browser("officer", "").await;
    let months = officer.get("/months").await;
    let closed = officer.submit(&months, "main form", &[("month", "2026-03")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text);
    let page = officer.get(&format!("/entries/{entry}")).await;
    let reversed = officer.submit(&page, "main form", &[("reason", "wrong_person")]).await;
    assert_eq!(reversed.status, StatusCode::CONFLICT, "the month is closed: {}", reversed.text);
    assert!(page.text.contains(&format!("/corrections/new?reversals={entry}")), "{}", page.text);

    let form = officer.get(&format!("/corrections/new?reversals={entry}")).await;
    let instead = [("reason", "wrong_person"), ("account", "r0002")];
    let two = [instead.as_slice(), &[("reversals", "1\n2")]].concat();
    let refused = officer.submit(&form, "main form", &two).await;
    assert_eq!(refused.texts("#reversals-wrong").len(), 1, "{}", refused.text);
    let proposed = officer.submit(&form, "main form", &instead).await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{:?}", proposed.texts("main .refused, main .wrong"));
    let mut approver = desk.browser("approver", "").await;
    let waiting = approver.get(proposed.location()).await;
    assert_eq!(waiting.texts("tbody th"), [entry.to_string().as_str(), "r0002"], "{}", waiting.text);
    let approved = approver.submit(&waiting, "main form", &[("step", "approve")]).await;
    assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);
    let other = officer.get("/residents/r0002/statement").await;
    assert!(other.text.contains("2026-03-20"), "{}", other.text);
}
