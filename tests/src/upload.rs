//! A spreadsheet in the console, from the file to the page of its verdicts.

use crate::scriptless::{Answer, Browser};
use axum::http::StatusCode;
use std::time::{Duration, Instant};

/// How long work on a file may take here.
const LONGEST: Duration = Duration::from_secs(120);

/// Sends a file and waits for what comes of it.
pub async fn upload(clerk: &mut Browser, file: (&str, &[u8]), filled: &[(&str, &str)]) -> (String, Answer) {
    let form = clerk.get("/uploads").await;
    let sent = clerk.send(&form, file, filled).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let here = sent.location().to_owned();
    let page = settled(clerk, &here).await;
    (here, page)
}

/// The page once it renews itself no more.
pub async fn settled(clerk: &mut Browser, here: &str) -> Answer {
    let began = Instant::now();
    loop {
        let page = clerk.get(here).await;
        if !page.text.contains("http-equiv=\"refresh\"") {
            return page;
        }
        assert!(began.elapsed() < LONGEST, "{}", page.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A step of an upload, and the page once it is done.
pub async fn step(clerk: &mut Browser, page: &Answer, here: &str, filled: &[(&str, &str)]) -> Answer {
    let done = clerk.submit(page, &format!("main form[action='{here}']"), filled).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let to = done.location().to_owned();
    settled(clerk, &to).await
}

/// What stands beside a word of the list of facts.
pub fn fact(page: &Answer, name: &str) -> String {
    let (names, values) = (page.texts("dl.facts dt"), page.texts("dl.facts dd"));
    let found = names.iter().position(|known| known == name);
    found.map(|n| values[n].clone()).unwrap_or_else(|| panic!("no {name} in {}", page.text))
}
