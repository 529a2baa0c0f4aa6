//! Two servers on one file, and requests that come again after a restart: what is decided ahead never outruns the log.

use creditbank_grpc::proto::{
    BatchPostEntriesRequest, BatchPostEntriesResponse, GetBalanceRequest, PostEntryRequest,
    ReverseEntryRequest,
};
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, fresh, lecture};
use futures::StreamExt as _;
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

/// What an account has: entries of its balance, and the position that is said to be true at.
async fn balance(clients: &Clients, n: usize) -> (u64, u64) {
    let request = GetBalanceRequest { name: format!("{LEDGER}/residents/r{n:04}"), ..Default::default() };
    let answer = clients.accounts.clone().get_balance(request).await.unwrap().into_inner();
    (answer.balance.unwrap().entries, answer.position)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_remembers_of_accounts_is_never_older_than_the_file_whoever_writes() {
    const RESIDENTS: usize = 7;
    let folder = tempfile::tempdir().unwrap();
    let (one, store) = server(folder.path()).await;
    District::build(&one, RESIDENTS).await;
    let (two, _) = server(folder.path()).await;
    let mut entries = [0; RESIDENTS + 1];
    for round in 0..120_usize {
        // Both have read everybody, so both remember; then one of them posts for somebody.
        let (writer, n) = (if round % 3 == 0 { &two } else { &one }, round * 5 % RESIDENTS + 1);
        let day = format!("2026-{:02}-{:02}", round / 28 + 1, round % 28 + 1);
        let posted = writer.ledger.clone().post_entry(lecture(n, &day)).await.unwrap().into_inner();
        entries[n] += 1;
        for reader in [&one, &two] {
            let balances = futures::future::join_all((1..=RESIDENTS).map(|n| balance(reader, n))).await;
            for (n, (held, position)) in (1..).zip(balances) {
                assert_eq!(held, entries[n], "r{n:04} in round {round}");
                assert_eq!(position, posted.position);
            }
        }
    }
    assert_clean(store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_read_while_posts_go_on_are_true_at_the_position_they_name() {
    const POSTS: usize = 400;
    let folder = tempfile::tempdir().unwrap();
    let (one, _) = server(folder.path()).await;
    District::build(&one, 3).await;
    let (two, _) = server(folder.path()).await;
    let (done, over) = tokio::sync::watch::channel(false);
    let readers: Vec<_> = [&one, &two, &one]
        .into_iter()
        .map(|clients| {
            let (clients, over) = (clients.clone(), over.clone());
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while !*over.borrow() {
                    for n in 1..=3 {
                        let (entries, position) = balance(&clients, n).await;
                        seen.push((n, entries, position));
                    }
                }
                seen
            })
        })
        .collect();
    // Where each entry of each account stands.
    let posts = (0..POSTS).map(|round| {
        let clients = if round % 4 == 0 { two.clone() } else { one.clone() };
        let (n, day) = (round % 3 + 1, format!("2026-{:02}-{:02}", round / 28 % 5 + 1, round % 28 + 1));
        async move {
            let answer = clients.ledger.clone().post_entry(lecture(n, &day)).await.unwrap().into_inner();
            (n, answer.entry.unwrap().position)
        }
    });
    let posted: Vec<(usize, u64)> = futures::stream::iter(posts).buffer_unordered(6).collect().await;
    done.send_replace(true);
    let mut reads = 0;
    for reader in readers {
        for (n, entries, position) in reader.await.unwrap() {
            let true_then = posted.iter().filter(|(of, at)| *of == n && *at <= position).count();
            assert_eq!(entries, true_then as u64, "r{n:04} at {position}");
            reads += 1;
        }
    }
    assert!(reads > 100, "{reads} reads are too few to say anything");
}
