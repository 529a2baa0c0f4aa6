//! What proof costs: posting with and without the tree, and verifying an export beside SHA-256 over the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark")]

use creditbank_grpc::proto;
use creditbank_ledger::{Bank, Limits};
use creditbank_proof::archive::verify_export;
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, june_first_2026, lecture, still};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Entries of a run, and of a call; calls at once.
const ENTRIES: usize = 60_000;
const A_CALL: usize = 500;
const AT_ONCE: usize = 4;
const RESIDENTS: usize = 500;
/// Runs of each kind, in turn; the best of each counts.
const RUNS: usize = 3;

fn ledger() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

fn batches(run: usize) -> Vec<proto::BatchPostEntriesRequest> {
    let posted = (0..ENTRIES).map(|n| {
        let day = n / RESIDENTS + run * ENTRIES / RESIDENTS;
        let date = format!("20{:02}-{:02}-{:02}", 5 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        lecture(n % RESIDENTS + 1, &date)
    });
    let all: Vec<_> = posted.collect();
    all.chunks(A_CALL)
        .map(|requests| proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: requests.to_vec(),
            ..Default::default()
        })
        .collect()
}

/// Posts a run in a new file; with the tree, or with one that was left behind, which the writer does not take up.
async fn post(folder: &Path, tree: bool) -> Duration {
    let path = folder.join(format!("{}.db", creditbank_tests::fresh()));
    let url = format!("sqlite://{}", path.display());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let bank = bank_on(Arc::clone(&store)).await;
    District::build(&Clients::of(&bank).await, RESIDENTS).await;
    bank.shut_down().await;
    let bank = Arc::new(Bank::new(Arc::clone(&store), still(june_first_2026()), Limits::default()));
    bank.ledger(&ledger()).await.unwrap();
    if !tree {
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::query("update ledger_head set tree = null").execute(&pool).await.unwrap();
        pool.close().await;
    }
    let clients = Clients::of(&bank).await;
    let mut queues: Vec<Vec<_>> = (0..AT_ONCE).map(|_| Vec::new()).collect();
    for (n, batch) in batches(0).into_iter().enumerate() {
        queues[n % AT_ONCE].push(batch);
    }
    let began = Instant::now();
    let calls = queues.into_iter().map(|queue| {
        let mut ledger = clients.ledger.clone();
        tokio::spawn(async move {
            for batch in queue {
                let verdicts = ledger.batch_post_entries(batch).await.unwrap().into_inner().verdicts;
                assert!(verdicts.iter().all(|verdict| verdict.error.is_none()));
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    let took = began.elapsed();
    bank.shut_down().await;
    let head = store.head(&ledger()).await.unwrap().position.0;
    let size = store.frontier(&ledger()).await.unwrap().size();
    assert_eq!(size, if tree { head } else { 0 }, "the tree is what it was meant to be");
    took
}

async fn archive(folder: &Path) -> u64 {
    let path = folder.join("archived.db");
    let url = format!("sqlite://{}", path.display());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let clients = Clients::of(&bank_on(Arc::clone(&store)).await).await;
    District::build(&clients, RESIDENTS).await;
    for batch in (0..2).flat_map(batches) {
        clients.ledger.clone().batch_post_entries(batch).await.unwrap();
    }
    creditbank_archive::export(&*store, &ledger(), &folder.join("archive"), |_| {}).await.unwrap().events
}

fn floor(folder: &Path) -> Duration {
    let began = Instant::now();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("events-") {
            std::hint::black_box(Sha256::digest(std::fs::read(path).unwrap()));
        }
    }
    began.elapsed()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut with, mut without) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        without = without.min(runtime.block_on(post(folder.path(), false)));
        with = with.min(runtime.block_on(post(folder.path(), true)));
    }
    let per_second = |count: u64, took: Duration| u128::from(count) * 1_000_000 / took.as_micros().max(1);
    let percent = |part: Duration, of: Duration| part.as_micros() * 100 / of.as_micros().max(1);
    println!(
        "posting, {AT_ONCE} x {A_CALL}: {} /s without the tree, {} /s with it: {} % of the throughput",
        per_second(ENTRIES as u64, without),
        per_second(ENTRIES as u64, with),
        percent(without, with)
    );
    let events = runtime.block_on(archive(folder.path()));
    let to = folder.path().join("archive");
    let (mut verified, mut hashed) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        hashed = hashed.min(floor(&to));
        let began = Instant::now();
        verify_export(&to, None, &[], |_, _| Ok(()), |_, _| {}).unwrap();
        verified = verified.min(began.elapsed());
    }
    println!(
        "verifying {events} events: {} /s on one core; SHA-256 over the same bytes: {} /s: {} % of it",
        per_second(events, verified),
        per_second(events, hashed),
        percent(hashed, verified)
    );
}
