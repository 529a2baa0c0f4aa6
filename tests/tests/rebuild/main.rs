//! Rebuilds and verifications that run into each other, while a school posts: none harms what is served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod beside;
mod dying;
mod program;
mod resume;

use creditbank_grpc::proto;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_on, fresh, lecture, name};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::sync::Arc;

fn ledger() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

async fn stores() -> (tempfile::TempDir, [Arc<dyn Store>; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, [Arc::new(sqlite), Arc::new(MemoryStore::default())])
}

/// A district whose residents have heard so many lectures, each on a day of its own.
async fn district(clients: &Clients, residents: usize, lectures: usize) {
    District::build(clients, residents).await;
    let requests: Vec<_> = (0..lectures)
        .map(|n| {
            lecture(
                n % residents + 1,
                &format!("2026-{:02}-{:02}", n / residents / 28 + 1, n / residents % 28 + 1),
            )
        })
        .collect();
    for part in requests.chunks(1_000) {
        let request = proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: part.to_vec(),
            atomic: true,
            validate_only: false,
        };
        clients.ledger.clone().batch_post_entries(request).await.unwrap();
    }
}

/// One more lecture, of a resident of the first few.
async fn post(clients: &Clients, n: i64) {
    let (resident, day) =
        (usize::try_from(n).unwrap() % 7 + 1, format!("2025-{:02}-{:02}", n % 12 + 1, n % 28 + 1));
    let mut request = lecture(resident, &day);
    // So many in a day are past no limit.
    request.entry.as_mut().unwrap().minutes = 1;
    clients.ledger.clone().post_entry(request).await.unwrap();
}

/// Publishes a version of the district's policy under which lectures earn less.
async fn publish(clients: &Clients, second: &Clients, version: u32, from: &str) {
    let document = ledger_core::policy::DISTRICT_DEFAULT
        .replace("version = 1", &format!("version = {version}"))
        .replace("1900-01-01", from)
        .replace("centi_per_unit = 100", &format!("centi_per_unit = {}", 100 - version));
    let request = proto::ProposePolicyRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/college"),
        proposed_by: "officer-01".to_owned(),
        document,
    };
    let proposed =
        clients.policies.clone().propose_policy(request).await.unwrap().into_inner().policy.unwrap();
    let request = proto::PublishPolicyRequest {
        name: proposed.name,
        request_id: fresh(),
        organization: name("organizations/district"),
        approved_by: "officer-02".to_owned(),
        sha256: proposed.sha256,
    };
    second.policies.clone().publish_policy(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilds_and_verifications_at_once_leave_the_ledger_clean() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let bank = bank_on(Arc::clone(&store)).await;
    let clients = Clients::of(&bank).await;
    // More than is folded under the lock, so that states are spilled.
    District::build(&clients, 3_000).await;
    let posting = clients.clone();
    let posts = tokio::spawn(async move {
        for n in 0..200 {
            let request = lecture(n % 50 + 1, &format!("2026-03-{:02}", n / 50 + 1));
            posting.ledger.clone().post_entry(request).await.unwrap();
        }
    });
    let ledger = LedgerId::parse("district").unwrap();
    let mut rebuilt = 0;
    for _ in 0..3 {
        let rebuild = || creditbank_ledger::rebuild(Arc::clone(&store), &ledger, |_| {});
        let verify = creditbank_ledger::verify(Arc::clone(&store), &ledger, |_| {});
        let (one, other, verified) = tokio::join!(rebuild(), rebuild(), verify);
        rebuilt += u32::from(one.is_ok()) + u32::from(other.is_ok());
        // Beside a rebuild it may see the states change under it; it may not break them.
        drop(verified);
    }
    assert!(rebuilt >= 3, "of two at once, at least one serves what it folded: {rebuilt}");
    posts.await.unwrap();
    let report = creditbank_ledger::verify(Arc::clone(&store), &ledger, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert!(store.head(&ledger).await.unwrap().generation > 0);
}
