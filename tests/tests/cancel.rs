//! Calls that are dropped at random instants: no connection stays inside a transaction, nothing is lost or doubled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, bank_on, drop_calls};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn dropped_calls_leave_the_ledger_whole() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let store = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let bank = bank_on(Arc::clone(&store) as Arc<dyn Store>).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 100).await;

    drop_calls(&clients, 10_000).await;
    let report =
        creditbank_ledger::verify(store, &LedgerId::parse("district").unwrap(), |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}
