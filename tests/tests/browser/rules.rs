//! An officer closes a month and tries a draft of the credit rules out.

use crate::chromium::Chromium;
use crate::driver::Driver;
use crate::language::Language;
use creditbank_tests::{Desk, lecture};

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_closed_and_a_draft_is_tried_out() {
    let driver = Driver::start();
    for language in Language::BOTH {
        let desk = Desk::open().await;
        desk.owner.ledger.clone().post_entry(lecture(1, "2026-05-20")).await.unwrap();
        let mut officer = Chromium::of(&driver, &desk, ("officer", ""), language.tag()).await;
        officer.visit("/months").await;
        officer.fill("main form", &[("month", "2026-04")]).await;
        officer.press("main form button").await;
        assert_eq!(officer.texts("tbody th").await, ["2026-04"]);
        assert_eq!(officer.text("h1").await, language.say(["月結", "Closed months"]));
        if language == Language::Hant {
            officer.picture("months").await;
        }
        officer.visit("/overview?year=2026").await;
        officer.fits().await;
        officer.visit("/policies").await;
        let document = officer.find("main form [name=document]").await.prop("value").await.unwrap().unwrap();
        let draft = document
            .replace("version = 1", "version = 2")
            .replace("1900-01-01", "2026-06-02")
            .replace("per_year_centi = 3000", "per_year_centi = 4000");
        officer.fill("main form", &[("document", &draft)]).await;
        officer.press("main form button[value=try]").await;
        let told = officer.text("section.tried").await;
        let nothing = language.say(["只是試算，沒有改任何記錄。", "This was only tried out"]);
        assert!(told.contains(nothing) && told.contains("version"), "{told}");
        officer.visit("/policies").await;
        assert_eq!(officer.count("tbody tr").await, 1, "a draft that was tried out is nowhere kept");
    }
}
