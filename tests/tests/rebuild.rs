//! Rebuilds and verifications that run into each other, while a school posts: none harms what is served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, bank_on, lecture};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::sync::Arc;

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
