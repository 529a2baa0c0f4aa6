//! 50,000 rows: in bounded memory, with progress, and hardly slower than batches that come from a program. Alone in its
//! process, whose memory it looks at.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_grpc::Bearer;
use creditbank_grpc::proto::{self, entry::Detail};
use creditbank_tests::upload::{fact, settled, upload};
use creditbank_tests::{Desk, LEDGER, fresh, name};
use std::time::{Duration, Instant};

const ROWS: usize = 50_000;
const RESIDENTS: usize = 1_000;
/// Memory that a preview may take, in KiB (our own default): a few bytes a row, and two batches under way.
const MOST_KIB: u64 = 96 * 1024;
/// The least share of the rate of plain batches (the console's own mark).
const LEAST_PERCENT: u128 = 50;

fn day(n: usize) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
    (first + chrono::Days::new((n / RESIDENTS) as u64)).to_string()
}

fn sheet() -> String {
    let mut sheet = "居民帳戶,日期,分鐘\n".to_owned();
    for n in 0..ROWS {
        sheet.push_str(&format!("r{:04},{},90\n", n % RESIDENTS + 1, day(n)));
    }
    sheet
}

/// The same rows as a program sends them.
async fn plain(desk: &Desk) -> Duration {
    let token = desk.issue("clerk", "school").await.token;
    let mut ledger = desk.clients(Bearer::of(&token).unwrap()).ledger.clone();
    let post = |n: usize| proto::PostEntryRequest {
        parent: String::new(),
        request_id: fresh(),
        entry: Some(proto::Entry {
            account: name(&format!("residents/r{:04}", n % RESIDENTS + 1)),
            organization: name("organizations/school"),
            occurred_on: day(n),
            minutes: 90,
            batch: "plain".to_owned(),
            detail: Some(Detail::Lecture(proto::Lecture::default())),
            ..Default::default()
        }),
    };
    let batches: Vec<proto::BatchPostEntriesRequest> = (0..ROWS / 1_000)
        .map(|n| proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: (n * 1_000..(n + 1) * 1_000).map(post).collect(),
            atomic: false,
            validate_only: false,
        })
        .collect();
    let began = Instant::now();
    for batch in batches {
        let answer = ledger.batch_post_entries(batch).await.unwrap().into_inner();
        assert!(answer.verdicts.iter().all(|verdict| verdict.error.is_none()));
    }
    began.elapsed()
}

/// Memory of this process now, in KiB.
fn kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_thousand_rows_are_looked_at_in_bounded_memory_and_recorded_at_half_the_plain_rate_or_more() {
    let desk = Desk::with(RESIDENTS).await;
    let mut clerk = desk.browser("clerk", "school").await;
    let sheet = sheet();
    let (here, columns) = upload(&mut clerk, ("全年.csv", sheet.as_bytes()), &[]).await;
    drop(sheet);
    let before = kib();
    let began = Instant::now();
    let sent = clerk
        .submit(
            &columns,
            &format!("main form[action='{here}']"),
            &[("whole_form", "lecture"), ("step", "columns")],
        )
        .await;
    let (mut most, mut seen) = (before, Vec::new());
    let preview = loop {
        let page = clerk.get(sent.location()).await;
        most = most.max(kib());
        if !page.text.contains("http-equiv=\"refresh\"") {
            break page;
        }
        if seen.is_empty() {
            let still = clerk.get(&format!("{}?still=yes", sent.location())).await;
            assert!(!still.text.contains("http-equiv"), "who reads it may stop it: {}", still.text);
            assert_eq!(still.texts("dd.rows").len(), 1, "and sees how far it has come: {}", still.text);
        }
        seen.push(fact(&page, "已處理列數"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let looked = began.elapsed();
    assert_eq!(fact(&preview, "可記人次"), ROWS.to_string(), "{}", preview.text);
    seen.dedup();
    assert!(seen.len() > 2, "the page shows how far it has come: {seen:?}");

    let began = Instant::now();
    clerk.submit(&preview, &format!("main form[action='{here}']"), &[("step", "record")]).await;
    let result = settled(&mut clerk, &here).await;
    let posted = began.elapsed();
    assert_eq!(fact(&result, "新記"), ROWS.to_string());
    let other = Desk::with(RESIDENTS).await;
    let plain = plain(&other).await;
    let percent = plain.as_millis() * 100 / posted.as_millis();
    let rate = |took: Duration| ROWS as u128 * 1_000 / took.as_millis();
    println!(
        "{ROWS} rows: looked at {}/s with {} KiB more, recorded {}/s, plain batches {}/s: {percent} %",
        rate(looked),
        most - before,
        rate(posted),
        rate(plain)
    );
    assert!(most - before < MOST_KIB, "{} KiB", most - before);
    assert!(percent >= LEAST_PERCENT, "{percent} %");
}
