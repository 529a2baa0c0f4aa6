//! A clerk's day: a class list, an entry that was wrong, one of a closed month, and the second person who approves.

use crate::chromium::Chromium;
use crate::driver::Driver;
use crate::language::Language;
use creditbank_tests::{Desk, lecture};

#[tokio::test(flavor = "multi_thread")]
async fn a_class_list_is_recorded_and_mistakes_are_put_right() {
    let driver = Driver::start();
    let desk = Desk::open().await;
    let early = desk.owner.ledger.clone().post_entry(lecture(4, "2026-03-20")).await.unwrap().into_inner();
    let mut clerk = Chromium::open(&driver, &desk.console).await;
    clerk.visit("/sign-in").await;
    clerk.fits().await;
    clerk.picture("sign-in").await;
    let token = desk.issue("clerk", "school").await.token;
    clerk.sign_in(&token, Language::Hant.tag()).await;
    clerk.fits().await;
    clerk.picture("home").await;

    clerk.visit("/class-list").await;
    let list = [
        ("course_version", "tea/v1"),
        ("occurred_on", "2026-05-20"),
        ("minutes", "90"),
        ("session", "morning"),
        ("accounts", "r0001\nr0002\nr0003"),
    ];
    clerk.fill("main form", &list).await;
    clerk.fits().await;
    clerk.press("main form button[value=preview]").await;
    assert_eq!(clerk.texts("tbody td:last-child").await, ["可以記"; 3]);
    clerk.picture("class-list").await;
    clerk.press("main form button[value=record]").await;
    assert_eq!(clerk.text("h1").await, "已記錄");

    clerk.visit("/entries").await;
    clerk.press("tbody a[href^='/entries/']").await;
    clerk.fill("main form", &[("reason", "absent")]).await;
    clerk.picture("reversal").await;
    clerk.press("main form button").await;
    assert!(clerk.text("main").await.contains("已沖正"));

    let mut officer = Chromium::of(&driver, &desk, ("officer", ""), "en").await;
    officer.visit("/months").await;
    officer.fill("main form", &[("month", "2026-03")]).await;
    officer.press("main form button").await;
    let entry = early.position;
    clerk.visit(&format!("/corrections/new?reversals={entry}")).await;
    clerk.fill("main form", &[("reason", "wrong_person"), ("account", "r0002")]).await;
    clerk.press("main form button").await;
    let mut approver = Chromium::of(&driver, &desk, ("approver", ""), Language::Hant.tag()).await;
    approver.visit("/approvals").await;
    approver.press("main a[href^='/corrections/']").await;
    approver.picture("approval").await;
    approver.press("main form button[value=approve]").await;
    assert!(approver.texts("main dd").await.contains(&"已核准".to_owned()));
}
