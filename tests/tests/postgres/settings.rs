//! A server that can lose what it has confirmed is not served; several programs bring the schema up to date at once.

use creditbank_store::{PostgresOptions, PostgresStore};
use creditbank_tests::postgres::{Cluster, connect, fresh_database};
use ledger_core::id::LedgerId;
use ledger_core::ports::{Store, StoreError};
use sqlx::AssertSqlSafe;

async fn refused(url: &str) -> String {
    match PostgresStore::open(url, PostgresOptions::default()).await.map(|_| ()) {
        Err(StoreError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsafe_settings_are_refused_by_name() {
    for setting in ["fsync", "full_page_writes"] {
        let cluster = Cluster::start(&[(setting, "off")], None);
        let why = refused(&cluster.database().await).await;
        assert!(why.contains(&format!("{setting} = off")), "{why}");
    }
    let url = fresh_database().await;
    let database = url.split('?').next().unwrap().rsplit('/').next().unwrap();
    let store = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    let set = format!("alter database {database} set synchronous_commit = off");
    sqlx::query(AssertSqlSafe(set)).execute(&mut connect(&url).await).await.unwrap();
    let why = refused(&url).await;
    assert!(why.contains("synchronous_commit = off"), "{why}");
    // A program that runs already looks at each further connection.
    let ledger = LedgerId::parse("district").unwrap();
    assert!(matches!(store.create_ledger(&ledger).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_encoding_is_refused() {
    let url = fresh_database().await;
    let mut connection = connect(&url).await;
    sqlx::query("create database latin encoding 'LATIN1' template template0 locale 'C'")
        .execute(&mut connection)
        .await
        .unwrap();
    let (before, options) = url.split_once('?').unwrap_or((&url, ""));
    let latin = format!("{}/latin?{options}", before.rsplit_once('/').unwrap().0);
    assert!(refused(&latin).await.contains("LATIN1"));
    sqlx::query("drop database latin").execute(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_start_at_once_make_one_schema() {
    for _ in 0..5 {
        let url = fresh_database().await;
        let opening = (0..6).map(|_| PostgresStore::open(&url, PostgresOptions::default()));
        for opened in futures::future::join_all(opening).await {
            opened.unwrap();
        }
    }
}
