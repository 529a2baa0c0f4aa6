//! Calls that are dropped at random instants: no connection stays inside a transaction, nothing is lost or doubled.

use creditbank_grpc::proto::GetBalanceRequest;
use creditbank_tests::postgres::{connect, fresh_database};
use creditbank_tests::{Clients, District, bank_on, lecture, name};
use ledger_core::id::LedgerId;
use sqlx::Row;
use std::sync::Arc;
use std::time::Duration;

const WAVES: u64 = 10;
/// Of each wave: a post and a read each.
const CALLS: u64 = 500;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_dropped_calls_leave_no_transaction_open() {
    let url = fresh_database().await;
    let store = creditbank_store::open(&url).await.unwrap();
    let bank = bank_on(Arc::clone(&store)).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 100).await;
    let mut watcher = connect(&url).await;
    let (mut dropped, mut positions) = (0, std::collections::HashSet::new());
    for wave in 0..WAVES {
        let calls: Vec<_> = (0..CALLS)
            .map(|n| {
                let mut clients = clients.clone();
                tokio::spawn(async move {
                    let resident = usize::try_from(n % 100).unwrap() + 1;
                    let patience = Duration::from_micros((wave * CALLS + n) * 7_919 % 60_000);
                    let request = lecture(
                        resident,
                        &format!("2026-0{}-{:02}", wave % 5 + 1, n / 100 + wave / 5 * 10 + 1),
                    );
                    let post =
                        tokio::time::timeout(patience, clients.ledger.post_entry(request.clone())).await;
                    let read = GetBalanceRequest {
                        name: name(&format!("residents/r{resident:04}")),
                        ..Default::default()
                    };
                    let read = tokio::time::timeout(patience, clients.accounts.get_balance(read)).await;
                    (request, u64::from(post.is_err()) + u64::from(read.is_err()))
                })
            })
            .collect();
        for call in calls {
            let (request, lost) = call.await.unwrap();
            dropped += lost;
            // Whatever became of the first call, the same request again settles it.
            let answer = clients.ledger.clone().post_entry(request).await.unwrap().into_inner();
            assert!(positions.insert(answer.entry.unwrap().position), "no two requests share an event");
        }
    }
    println!("{dropped} of {} calls were dropped", WAVES * CALLS * 2);
    assert!(dropped > WAVES * CALLS / 10, "the test drops calls");
    // What is under way ends; what stays is looked for by another connection.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let open =
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in%'";
    let open: i64 = sqlx::query(open).fetch_one(&mut watcher).await.unwrap().get(0);
    assert_eq!(open, 0, "no connection is left inside a transaction");
    let ledger = LedgerId::parse("district").unwrap();
    let report = creditbank_ledger::verify(store, &ledger, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}
