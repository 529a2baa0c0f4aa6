//! A resident at the counter: what counts, why, and the paper to take along.

use crate::chromium::Chromium;
use crate::driver::Driver;
use crate::language::Language;
use creditbank_tests::pdf::Pdf;
use creditbank_tests::scriptless::Browser;
use creditbank_tests::{Desk, lecture};

#[tokio::test(flavor = "multi_thread")]
async fn every_credit_is_explained_and_the_statement_is_printed() {
    let driver = Driver::start();
    let desk = Desk::open().await;
    let days = ["2026-03-02", "2026-04-11", "2026-05-20"];
    for day in days {
        desk.owner.ledger.clone().post_entry(lecture(1, day)).await.unwrap();
    }
    let token = desk.issue("resident", "r0001").await.token;
    for language in Language::BOTH {
        let mut resident = Chromium::open(&driver, &desk.console).await;
        resident.sign_in(&token, language.tag()).await;
        resident.visit("/residents/r0001").await;
        resident.fits().await;
        resident.press("main a[href='/residents/r0001/why']").await;
        let title = resident.text("h1").await;
        assert_eq!(title, language.say(["為什麼是這個數 · r0001", "Why this number · r0001"]));
        assert_eq!(resident.texts("tbody td.day").await, days);
        let reasons = resident.texts("tbody td:nth-child(5)").await;
        assert!(reasons.len() == days.len() && reasons.iter().all(|why| !why.is_empty()), "{reasons:?}");
        resident.fits().await;
        if language == Language::Hant {
            resident.picture("why").await;
        }
        resident.visit("/residents/r0001/statement").await;
        let paper = resident.find("main a[href='/residents/r0001/statement.pdf']").await;
        let paper = paper.attr("href").await.unwrap().unwrap();
        let mut other = Browser::signed_in(&desk.console, &token).await;
        other.cookies.insert("language".to_owned(), language.tag().to_owned());
        let printed = Pdf::of(&other.get(&paper).await.bytes).pages().concat();
        let printed: String = printed.split_whitespace().collect();
        let title = language.say(["學分證明", "Learningstatement"]);
        assert!(printed.contains(title) && days.iter().all(|day| printed.contains(day)), "{printed}");
    }
}
