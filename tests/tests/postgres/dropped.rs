//! Calls that are dropped at random instants: no connection stays inside a transaction, nothing is lost or doubled.

use creditbank_tests::postgres::{connect, fresh_database};
use creditbank_tests::{Clients, District, Patience, bank_on, drop_calls};
use ledger_core::id::{LedgerId, RequestId};
use ledger_core::ports::{AppendBatch, RequestKey, RequestRecord};
use ledger_core::quantity::Position;
use sqlx::Row;
use sqlx::postgres::PgConnection;
use std::sync::Arc;
use std::time::Duration;

/// What is under way ends; what stays is looked for by another connection.
async fn assert_none_stays_open(watcher: &mut PgConnection) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    let open =
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'";
    let open: i64 = sqlx::query(open).fetch_one(watcher).await.unwrap().get(0);
    assert_eq!(open, 0, "no connection is left inside a transaction");
}

/// The service never drops a call of the store; a store whose calls are dropped at every step keeps its connections clean
/// all the same.
#[tokio::test(flavor = "multi_thread")]
async fn appends_that_are_dropped_at_any_step_leave_no_transaction_open() {
    // Few at once: each that is dropped costs a connection, and each of these a process of the server.
    const AT_ONCE: u64 = 8;
    const APPENDS: u64 = 2_000;
    let mut patience = Patience::up_to(Duration::from_millis(50));
    let url = fresh_database().await;
    let store = creditbank_store::open(&url).await.unwrap();
    let ledger = LedgerId::parse("district").unwrap();
    store.create_ledger(&ledger).await.unwrap();
    let mut watcher = connect(&url).await;
    let batch = |n: u64| {
        let key =
            RequestKey { poster: None, request_id: RequestId::parse(&format!("request-{n:016}")).unwrap() };
        let record = RequestRecord { digest: [1; 32], position: Position(1), events: 0 };
        AppendBatch { requests: vec![(key, record)], ..AppendBatch::default() }
    };
    let (mut dropped, mut done) = (0_u64, Vec::new());
    for wave in 0..APPENDS / AT_ONCE {
        let appends = (wave * AT_ONCE..(wave + 1) * AT_ONCE).map(|n| {
            let (store, ledger, batch) = (&store, &ledger, batch(n));
            tokio::time::timeout(patience.of(n), async move {
                store.begin_append(ledger).await?.commit(batch).await
            })
        });
        let mut lost = 0;
        for (n, ended) in (wave * AT_ONCE..).zip(futures::future::join_all(appends).await) {
            lost += u64::from(ended.is_err());
            if matches!(ended, Ok(Ok(()))) {
                done.push(n);
            }
        }
        patience.learn(lost, AT_ONCE);
        dropped += lost;
    }
    println!("{dropped} of {APPENDS} appends were dropped, {} done", done.len());
    assert!(dropped > APPENDS / 4 && done.len() as u64 > APPENDS / 20, "appends are dropped at every step");
    assert_none_stays_open(&mut watcher).await;
    // A connection that comes back clean is used again, not opened anew.
    let serving = "select pid from pg_stat_activity where application_name = 'creditbank' \
                   and datname = current_database()";
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..30 {
        store.begin_append(&ledger).await.unwrap().rollback().await;
        for row in sqlx::query(serving).fetch_all(&mut watcher).await.unwrap() {
            ids.insert(row.get::<i32, _>(0));
        }
    }
    assert!(ids.len() <= 16, "{} connections for thirty appends, one after the other", ids.len());
    // Who borrows a connection next writes, and it stays written.
    store.begin_append(&ledger).await.unwrap().commit(batch(APPENDS)).await.unwrap();
    // What was done is there, for others too.
    done.push(APPENDS);
    let keys: Vec<RequestKey> = done.into_iter().map(|n| batch(n).requests.remove(0).0).collect();
    let other = creditbank_store::open(&url).await.unwrap();
    assert!(other.find_requests(&ledger, &keys).await.unwrap().iter().all(Option::is_some));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_dropped_calls_leave_no_transaction_open() {
    let url = fresh_database().await;
    let store = creditbank_store::open(&url).await.unwrap();
    let bank = bank_on(Arc::clone(&store)).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 100).await;
    let mut watcher = connect(&url).await;
    drop_calls(&clients, 10_000).await;
    assert_none_stays_open(&mut watcher).await;
    let ledger = LedgerId::parse("district").unwrap();
    let report = creditbank_ledger::verify(store, &ledger, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}
