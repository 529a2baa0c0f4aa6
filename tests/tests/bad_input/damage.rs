//! A file that was damaged: what cannot be read is said to be damage, and nothing panics.

use crate::row::Expected;
use creditbank_grpc::proto;
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, bank_on, lecture, name};
use ledger_core::Reason;
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use sqlx::ConnectOptions;
use std::path::Path;
use std::sync::Arc;
use tonic::Code;

async fn change(database: &Path, statement: &'static str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut connection = options.connect().await.unwrap();
    let changed = sqlx::query(statement).execute(&mut connection).await.unwrap();
    assert!(changed.rows_affected() > 0, "{statement}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_is_said_to_be_damaged_by_a_read_and_by_verify() {
    // A null, and bytes that are no UTF-8, in the place of a state's bytes, a state's key and an event.
    for damage in [
        "update state set body = null where key = 'accounts/residents/r0001/2026'",
        "update state set key = cast(x'6163636f756e74732f7265736964656e74732f72303030312f80' as text) \
         where key = 'accounts/residents/r0001/2026'",
        "update event set body = cast(x'ff' as text) where position = (select max(position) from event)",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("ledger.db");
        let url = format!("sqlite://{}", database.display());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 2).await;
        let posted = clients.ledger.clone().post_entry(lecture(1, "2026-03-01")).await.unwrap().into_inner();
        change(&database, damage).await;

        let expected = Expected::new(Code::DataLoss, Reason::LedgerDamaged);
        let read = if damage.contains("event") {
            let request = proto::GetEntryRequest { name: posted.entry.unwrap().name, ..Default::default() };
            clients.ledger.clone().get_entry(request).await.map(|_| ())
        } else {
            let request = proto::GetBalanceRequest { name: name("residents/r0001"), ..Default::default() };
            clients.accounts.clone().get_balance(request).await.map(|_| ())
        };
        assert_eq!(expected.differences(&read.unwrap_err()), Vec::<String>::new(), "{damage}");
        let ledger = LedgerId::parse("district").unwrap();
        let found = creditbank_ledger::verify(Arc::clone(&store), &ledger, |_| {}).await.unwrap_err();
        assert_eq!(found.reason(), Reason::LedgerDamaged, "{damage}");
        // Others are served as before.
        let request = proto::GetBalanceRequest { name: name("residents/r0002"), ..Default::default() };
        clients.accounts.clone().get_balance(request).await.unwrap();
    }
}
