//! Calls that are dropped at random instants: no connection stays inside a transaction, nothing is lost or doubled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_grpc::proto::{PostEntryRequest, PostEntryResponse};
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, bank_on, lecture};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::sync::Arc;
use std::time::Duration;

const CALLS: u64 = 2_000;

/// Posts again until there is an answer, as a client does whose connection breaks: a server that is starved of its
/// processor may close a connection on which more calls were dropped than may be open.
async fn settle(clients: &Clients, request: PostEntryRequest) -> PostEntryResponse {
    for _ in 0..5 {
        match clients.ledger.clone().post_entry(request.clone()).await {
            Ok(answer) => return answer.into_inner(),
            Err(status) if std::error::Error::source(&status).is_some() => println!("again after {status}"),
            Err(status) => panic!("{status}"),
        }
    }
    panic!("no answer after five attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_calls_leave_the_ledger_whole() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let store = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let bank = bank_on(Arc::clone(&store) as Arc<dyn Store>).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 100).await;

    let calls: Vec<_> = (0..CALLS)
        .map(|n| {
            let mut clients = clients.clone();
            tokio::spawn(async move {
                let resident = usize::try_from(n % 100).unwrap() + 1;
                let patience = Duration::from_micros(n * 7_919 % 400_000);
                let request = lecture(resident, &format!("2026-03-{:02}", n / 100 % 28 + 1));
                let posted = tokio::time::timeout(patience, clients.ledger.post_entry(request.clone())).await;
                let name = creditbank_tests::name(&format!("residents/r{resident:04}"));
                let read =
                    creditbank_grpc::proto::GetBalanceRequest { name, min_position: 0, ..Default::default() };
                let _ = tokio::time::timeout(patience, clients.accounts.get_balance(read)).await;
                (request, posted.is_ok())
            })
        })
        .collect();
    let mut dropped = 0;
    let mut positions = std::collections::HashSet::new();
    for call in calls {
        let (request, answered) = call.await.unwrap();
        dropped += u64::from(!answered);
        // Whatever became of the first call, the same request again settles it.
        let answer = settle(&clients, request).await;
        assert!(positions.insert(answer.entry.unwrap().position), "no two requests share an event");
    }
    println!("{dropped} of {CALLS} calls were dropped");
    assert!(dropped > CALLS / 10, "the test drops calls");
    let report =
        creditbank_ledger::verify(store, &LedgerId::parse("district").unwrap(), |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}
