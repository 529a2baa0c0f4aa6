//! Two servers on one file, and requests that come again after a restart: what is decided ahead never outruns the log.

use creditbank_grpc::proto::{
    BatchPostEntriesRequest, BatchPostEntriesResponse, PostEntryRequest, ReverseEntryRequest,
};
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, fresh, lecture};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A server of its own on the file: another connection, another writer, another cache.
async fn server(folder: &Path) -> (Clients, Arc<SqliteStore>) {
    let url = format!("sqlite://{}/ledger.db", folder.display());
    let store = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let bank = bank_on(Arc::clone(&store) as Arc<dyn Store>).await;
    (Clients::of(&bank).await, store)
}

async fn assert_clean(store: Arc<SqliteStore>) -> u64 {
    let ledger = LedgerId::parse("district").unwrap();
    let report =
        creditbank_ledger::verify(Arc::clone(&store) as Arc<dyn Store>, &ledger, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    store.head(&ledger).await.unwrap().position.0
}

fn batch(requests: &[PostEntryRequest], atomic: bool) -> BatchPostEntriesRequest {
    BatchPostEntriesRequest {
        parent: LEDGER.to_owned(),
        requests: requests.to_vec(),
        atomic,
        validate_only: false,
    }
}

fn positions(answer: &BatchPostEntriesResponse) -> Vec<u64> {
    answer.verdicts.iter().map(|verdict| verdict.position).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_write_to_one_file_and_nothing_is_lost_doubled_or_overtaken() {
    const POSTS: usize = 600;
    let folder = tempfile::tempdir().unwrap();
    let (one, store) = server(folder.path()).await;
    District::build(&one, 20).await;
    let (two, _) = server(folder.path()).await;
    let before = assert_clean(Arc::clone(&store)).await;

    // Every third request goes to both at once; both hear of the same event.
    let calls: Vec<_> = (0..POSTS)
        .map(|n| {
            let request = lecture(n % 20 + 1, &format!("2026-{:02}-{:02}", n / 20 / 28 + 1, n / 20 % 28 + 1));
            let to: Vec<Clients> = match n % 3 {
                0 => vec![one.clone(), two.clone()],
                1 => vec![one.clone()],
                _ => vec![two.clone()],
            };
            let posts = to.into_iter().map(|clients| {
                let request = request.clone();
                tokio::spawn(async move { clients.ledger.clone().post_entry(request).await })
            });
            posts.collect::<Vec<_>>()
        })
        .collect();
    let mut taken = BTreeSet::new();
    for answers in calls {
        let mut positions = BTreeSet::new();
        for answer in answers {
            let answer = answer.await.unwrap().unwrap().into_inner();
            positions.insert(answer.entry.unwrap().position);
        }
        assert_eq!(positions.len(), 1, "one request, one event");
        assert!(taken.insert(positions.pop_first().unwrap()), "no two requests share an event");
    }
    let expected: BTreeSet<u64> = (before + 1..=before + POSTS as u64).collect();
    assert_eq!(taken, expected, "positions are dense");
    assert_eq!(assert_clean(store).await, before + POSTS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_requests_that_come_again_get_their_first_answers_in_any_company() {
    let folder = tempfile::tempdir().unwrap();
    let day = |n: usize| format!("2026-04-{n:02}");
    let posts: Vec<_> = (1..=20).map(|n| lecture(n % 5 + 1, &day(n))).collect();
    let together: Vec<_> = (1..=5).map(|n| lecture(n, &day(25))).collect();
    let (clients, store) = server(folder.path()).await;
    District::build(&clients, 5).await;
    let first = clients.ledger.clone().batch_post_entries(batch(&posts, false)).await.unwrap().into_inner();
    let first_together =
        clients.ledger.clone().batch_post_entries(batch(&together, true)).await.unwrap().into_inner();
    let reversal = ReverseEntryRequest {
        name: creditbank_tests::name(&format!("entries/{}", positions(&first)[3])),
        request_id: fresh(),
        organization: creditbank_tests::name("organizations/school"),
        reason: "input_error".to_owned(),
    };
    let reversed = clients.ledger.clone().reverse_entry(reversal.clone()).await.unwrap().into_inner();
    let before = assert_clean(store).await;

    // Known and new requests in one batch, a reversal whose fresh decision would be a refusal, and an atomic batch.
    let (clients, store) = server(folder.path()).await;
    let again = clients.ledger.clone().reverse_entry(reversal.clone()).await.unwrap().into_inner();
    assert!(again.replayed);
    assert_eq!(again.reversal, reversed.reversal);
    let mut mixed = posts.clone();
    for n in 0..10 {
        mixed.insert(n * 3, lecture(n % 5 + 1, &format!("2026-05-{:02}", n + 1)));
    }
    let answer = clients.ledger.clone().batch_post_entries(batch(&mixed, false)).await.unwrap().into_inner();
    let replayed: Vec<u64> = answer.verdicts.iter().filter(|v| v.replayed).map(|v| v.position).collect();
    assert_eq!(replayed, positions(&first));
    let new: Vec<u64> = answer.verdicts.iter().filter(|v| !v.replayed).map(|v| v.position).collect();
    assert_eq!(new, (before + 1..=before + 10).collect::<Vec<_>>());
    let answer =
        clients.ledger.clone().batch_post_entries(batch(&together, true)).await.unwrap().into_inner();
    assert_eq!(positions(&answer), positions(&first_together));
    assert!(answer.verdicts.iter().all(|verdict| verdict.replayed));
    assert_eq!(assert_clean(store).await, before + 10);
}
