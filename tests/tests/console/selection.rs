//! A whole selection from the console, from its opening to its end: by a clerk of the community, an officer and an approver.

use axum::http::StatusCode;
use creditbank_grpc::proto;
use creditbank_tests::scriptless::{Answer, Browser};
use creditbank_tests::{Desk, Hands, draft, family};
use proto::entry::Detail;

const SELECTION: &str = "/selections/families-2026";
const APPLICATION: &str = "/selections/families-2026/applications/households/h001";

/// Takes a step by its page, as it stands there.
async fn take(browser: &mut Browser, at: &str, step: &str, filled: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("{at}/{step}")).await;
    assert_eq!(page.status, StatusCode::OK, "{step}: {}", page.text);
    browser.submit(&page, "main form", filled).await
}

async fn taken(browser: &mut Browser, at: &str, step: &str, filled: &[(&str, &str)]) {
    let done = take(browser, at, step, filled).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{step}: {:?}", done.texts("main .refused, main .wrong"));
    assert!(at.starts_with(done.location()), "{step} leads back to {}", done.location());
}

fn offers(page: &Answer) -> Vec<String> {
    page.texts("ul.steps a")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_goes_from_its_opening_to_its_end_by_two_people() {
    let hands = Hands::default();
    hands.on("2026-04-01");
    let desk = Desk::on(hands.clock()).await;
    family::standard(&desk.owner).await;
    family::household(&desk.owner).await;
    let mut clerk = desk.browser("clerk", "town").await;
    let mut officer = desk.browser("officer", "").await;
    let mut approver = desk.browser("approver", "").await;
    let sheet = "ab".repeat(32);

    let opened = [
        ("selection_id", "families-2026"),
        ("year", "2026"),
        ("from", "2026-01-01"),
        ("to", "2026-08-31"),
        ("counted_on", "2026-09-30"),
        ("apply_until", "2026-04-30"),
    ];
    let wrong =
        take(&mut officer, "/selections", "open", &[opened.as_slice(), &[("year", "一一五")]].concat()).await;
    assert_eq!(wrong.texts("#year-wrong").len(), 1, "said beside its field: {}", wrong.text);
    let done = take(&mut officer, "/selections", "open", &opened).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, SELECTION), "{}", done.text);

    let found = clerk.get("/applications?selection=families-2026&candidate=households%2Fh001").await;
    assert_eq!(found.location(), APPLICATION);
    assert_eq!(offers(&clerk.get(APPLICATION).await), ["受理申報"]);
    let early = take(&mut clerk, APPLICATION, "verify", &[("evidence_sha256", &sheet)]).await;
    assert_eq!(early.status, StatusCode::NOT_FOUND, "no step is skipped: {}", early.text);
    taken(&mut clerk, APPLICATION, "apply", &[]).await;
    let verified =
        [("recommended", "true"), ("residence_confirmed", "true"), ("evidence_sha256", sheet.as_str())];
    taken(&mut clerk, APPLICATION, "verify", &verified).await;
    let again = take(&mut clerk, APPLICATION, "verify", &verified).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "nor repeated");
    taken(&mut officer, APPLICATION, "review", &[("passed", "true")]).await;
    let listed = officer.get(&format!("{SELECTION}/applications")).await;
    assert_eq!(listed.texts("tbody td")[2..], ["推薦", "通過"], "{}", listed.text);
    taken(&mut officer, SELECTION, "appoint-judge", &[("judge", "officer-01")]).await;
    for (item, points) in [("reading", "5"), ("habit", "10"), ("harmony", "10"), ("example", "5")] {
        taken(&mut officer, APPLICATION, "judge", &[("item", item), ("points", points)]).await;
    }
    let unseen = Browser::new(&desk.console).get("/notices/district/families-2026").await;
    assert_eq!(unseen.status, StatusCode::NOT_FOUND, "nothing is shown before its day");
    let early = take(&mut officer, SELECTION, "freeze", &[]).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "not while applications come in");

    hands.on("2026-10-01");
    taken(&mut officer, SELECTION, "freeze", &[]).await;
    assert!(
        !offers(&officer.get(SELECTION).await).contains(&"核准凍結名單".to_owned()),
        "an officer is no second person"
    );
    let page = approver.get(&format!("{SELECTION}/approve-freeze")).await;
    let other = approver.submit(&page, "main form", &[("sha256", &"0".repeat(64))]).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "another list than was shown");
    taken(&mut approver, SELECTION, "approve-freeze", &[]).await;
    taken(&mut officer, SELECTION, "publish-notice", &[("from", "2026-10-01"), ("to", "2026-10-08")]).await;

    let mut stranger = Browser::new(&desk.console);
    let notice = stranger.get("/notices/district/families-2026").await;
    assert_eq!((notice.status, notice.texts("ol.notice li")), (StatusCode::OK, vec!["h001".to_owned()]));
    assert!(!notice.text.contains("r0001"), "nobody is named");
    let unknown = stranger.get("/notices/district/families-2027").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);

    hands.on("2026-10-02");
    taken(&mut clerk, APPLICATION, "object", &[("ground", "hours-doubtful"), ("evidence_sha256", &sheet)])
        .await;
    let page = officer.get(SELECTION).await;
    let answer = page.texts("main table a").into_iter().find(|link| link == "答覆異議");
    assert!(answer.is_some(), "what waits for an answer is offered: {}", page.text);
    let number = page.texts("main table th.n")[1].clone();
    let objection = format!("{SELECTION}/objections/{number}");
    taken(&mut officer, &objection, "answer", &[("upheld", "false"), ("evidence_sha256", &sheet)]).await;

    hands.on("2026-10-20");
    let late = draft(1, "2026-02-07", 60, Detail::Reading(proto::Reading { books: 1 }));
    family::post(&desk.owner, late).await;
    let unseen = take(&mut officer, SELECTION, "name", &[("awarded_on", "2026-10-20")]).await;
    assert_eq!(unseen.status, StatusCode::CONFLICT, "a late entry is looked at first: {}", unseen.text);
    let page = officer.get(&format!("{SELECTION}/note-differences")).await;
    assert_eq!(page.texts("tbody th"), ["h001"], "{}", page.text);
    taken(&mut officer, SELECTION, "note-differences", &[]).await;
    taken(&mut officer, SELECTION, "name", &[("awarded_on", "2026-10-20")]).await;
    approver.get("/language/en?back=/").await;
    let page = approver.get(&format!("{SELECTION}/approve-naming")).await;
    assert_eq!(
        (page.texts("h1"), page.texts("main ol li")),
        (vec!["Approve the naming".to_owned()], vec!["h001".to_owned()])
    );
    taken(&mut approver, SELECTION, "approve-naming", &[]).await;
    let household = officer.get("/households/h001").await;
    assert!(household.text.contains("2026-10-20"), "the award is on the account: {}", household.text);
    taken(&mut officer, SELECTION, "close", &[]).await;
    let page = officer.get(SELECTION).await;
    assert_eq!(page.texts("ol.stages li[aria-current]"), ["已結束"]);
    assert!(offers(&page).is_empty());
}
