//! A clerk's long sheet: told what is wrong with it, mended, recorded, taken back.

use crate::chromium::Chromium;
use crate::driver::Driver;
use crate::language::Language;
use creditbank_tests::Desk;
use creditbank_tests::sheet::{BAD, ROWS, sheet};
use std::collections::BTreeSet;

async fn journey(language: Language) {
    let say = |word| language.say(word);
    let driver = Driver::start();
    let desk = Desk::open().await;
    let mut clerk = Chromium::of(&driver, &desk, ("clerk", "school"), language.tag()).await;
    clerk.send(&driver.file("名冊.csv", &sheet(true))).await;
    assert_eq!(clerk.text("h1").await, say(["預覽", "Preview"]));
    assert_eq!(clerk.count("tbody tr").await, BAD);
    let kinds: BTreeSet<String> = clerk.texts("tbody td:nth-child(3)").await.into_iter().collect();
    assert!(kinds.len() >= 13, "twenty mistakes, some with one reason: {kinds:?}");
    let recordable = say(["可記人次", "Attendances to be recorded"]);
    assert_eq!(clerk.fact(recordable).await, (ROWS - BAD).to_string());
    assert_eq!(desk.entries().await, 0, "a preview records nothing");
    clerk.fits().await;
    if language == Language::Hant {
        clerk.picture("upload-preview").await;
    }
    clerk.send(&driver.file("改好的名冊.csv", &sheet(false))).await;
    assert_eq!(clerk.fact(recordable).await, ROWS.to_string());
    assert_eq!(clerk.count("tbody tr").await, 0, "nothing is wrong any more");
    clerk.press("main form button[value=record]").await;
    clerk.settle().await;
    assert_eq!(clerk.text("h1").await, say(["記帳結果", "What was recorded"]));
    assert_eq!(clerk.fact(say(["新記", "Recorded"])).await, ROWS.to_string());
    assert_eq!(desk.entries().await, ROWS as u64);
    if language == Language::Hant {
        clerk.picture("upload-result").await;
    }
    clerk.press("dl.facts a[href^='/batches/']").await;
    clerk.fill("main form", &[("reason", "input_error")]).await;
    if language == Language::Hant {
        clerk.picture("batch").await;
    }
    clerk.press("main form button").await;
    clerk.settle().await;
    let done = say(["整批沖正完成。", "The reversal of the batch is done."]);
    assert_eq!(clerk.text("main [role=status]").await, done);
    assert_eq!(clerk.fact(say(["仍有效", "Still standing"])).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_sheet_is_told_mended_recorded_and_undone() {
    journey(Language::Hant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_in_english() {
    journey(Language::English).await;
}
