//! A selection from its opening to its end, by a clerk, an officer and an approver, each at a window of their own.

use crate::chromium::Chromium;
use crate::driver::Driver;
use crate::language::{Language, Word};
use creditbank_grpc::proto;
use creditbank_tests::{Desk, Hands, draft, family};
use proto::entry::Detail;

const SELECTION: &str = "/selections/families-2026";
const APPLICATION: &str = "/selections/families-2026/applications/households/h001";

/// Takes a step where it is offered: by its link, then by the form behind it.
async fn take(person: &mut Chromium, (at, step): (&str, &str), called: &str, filled: &[(&str, &str)]) {
    person.visit(at).await;
    person.press(&format!("main a[href='{at}/{step}']")).await;
    assert_eq!(person.text("h1").await, called);
    person.fill("main form", filled).await;
    person.press("main form button").await;
    assert!(at.starts_with(&person.path().await), "{step}: {}", person.text("main").await);
}

async fn journey(language: Language) {
    let say = |word: Word| language.say(word);
    let is_pictured = language == Language::Hant;
    let driver = Driver::start();
    let hands = Hands::default();
    hands.on("2026-04-01");
    let desk = Desk::on(hands.clock()).await;
    family::standard(&desk.owner).await;
    family::household(&desk.owner).await;
    let mut clerk = Chromium::of(&driver, &desk, ("clerk", "town"), language.tag()).await;
    let mut officer = Chromium::of(&driver, &desk, ("officer", ""), language.tag()).await;
    let mut approver = Chromium::of(&driver, &desk, ("approver", ""), language.tag()).await;
    let sheet = "ab".repeat(32);

    officer.visit("/selections/open").await;
    let opened = [
        ("selection_id", "families-2026"),
        ("year", "2026"),
        ("from", "2026-01-01"),
        ("to", "2026-08-31"),
        ("counted_on", "2026-09-30"),
        ("apply_until", "2026-04-30"),
    ];
    officer.fill("main form", &opened).await;
    officer.press("main form button").await;
    assert_eq!(officer.path().await, SELECTION);
    take(&mut clerk, (APPLICATION, "apply"), say(["受理申報", "Take the application in"]), &[]).await;
    let stamped =
        [("recommended", "true"), ("residence_confirmed", "true"), ("evidence_sha256", sheet.as_str())];
    take(&mut clerk, (APPLICATION, "verify"), say(["社區核實蓋章", "Verify and stamp"]), &stamped).await;
    take(&mut officer, (APPLICATION, "review"), say(["初審", "Review"]), &[("passed", "true")]).await;
    let judge = [("judge", "officer-01")];
    take(&mut officer, (SELECTION, "appoint-judge"), say(["聘請評委", "Appoint a judge"]), &judge).await;
    for (item, points) in [("reading", "5"), ("habit", "10"), ("harmony", "10"), ("example", "5")] {
        let points = [("item", item), ("points", points)];
        take(&mut officer, (APPLICATION, "judge"), say(["評委打分", "Give points"]), &points).await;
    }
    officer.press("main a[href*='/score?']").await;
    if is_pictured {
        officer.picture("score").await;
    }
    hands.on("2026-10-01");
    take(&mut officer, (SELECTION, "freeze"), say(["提出凍結名單", "Propose to freeze the list"]), &[]).await;
    let frozen = say(["核准凍結名單", "Approve the frozen list"]);
    take(&mut approver, (SELECTION, "approve-freeze"), frozen, &[]).await;
    let days = [("from", "2026-10-01"), ("to", "2026-10-08")];
    take(&mut officer, (SELECTION, "publish-notice"), say(["公示名單", "Publish the notice"]), &days).await;
    let mut stranger = Chromium::open(&driver, &desk.console).await;
    stranger.visit(&format!("/language/{}?back=/notices/district/families-2026", language.tag())).await;
    assert_eq!(stranger.texts("ol.notice li").await, ["h001"]);
    if is_pictured {
        stranger.picture("notice").await;
    }
    hands.on("2026-10-02");
    let doubt = [("ground", "hours-doubtful"), ("evidence_sha256", sheet.as_str())];
    take(&mut clerk, (APPLICATION, "object"), say(["提出異議", "Raise an objection"]), &doubt).await;
    officer.visit(SELECTION).await;
    officer.press("main table a[href$='/answer']").await;
    officer.fill("main form", &[("upheld", "false"), ("evidence_sha256", &sheet)]).await;
    officer.press("main form button").await;

    hands.on("2026-10-20");
    let late = draft(1, "2026-02-07", 60, Detail::Reading(proto::Reading { books: 1 }));
    family::post(&desk.owner, late).await;
    let seen = say(["確認已看過差異", "Note that the differences were seen"]);
    take(&mut officer, (SELECTION, "note-differences"), seen, &[]).await;
    let award = [("awarded_on", "2026-10-20")];
    take(&mut officer, (SELECTION, "name"), say(["提出命名", "Propose whom to name"]), &award).await;
    if is_pictured {
        officer.picture("selection").await;
    }
    let naming = say(["核准命名", "Approve the naming"]);
    take(&mut approver, (SELECTION, "approve-naming"), naming, &[]).await;
    officer.visit("/households/h001").await;
    assert!(officer.text("main").await.contains("2026-10-20"), "the award is on the account");
    take(&mut officer, (SELECTION, "close"), say(["結束評選", "Close the selection"]), &[]).await;
    assert_eq!(officer.texts("ol.stages li[aria-current]").await, [say(["已結束", "closed"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_is_run_from_its_opening_to_its_end() {
    journey(Language::Hant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_in_english() {
    journey(Language::English).await;
}
