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

/// A program that is killed while it holds the head lets go of it; a dump that is restored elsewhere is written to; a
/// setting that becomes unsafe is noticed on connections that are open.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_known_by_its_system_and_looked_at_with_every_append() {
    let cluster = Cluster::start(&[], None);
    let url = cluster.database().await;
    let ledger = LedgerId::parse("district").unwrap();
    let store = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    store.create_ledger(&ledger).await.unwrap();
    store.begin_append(&ledger).await.unwrap().rollback().await;

    let mut connection = connect(&url).await;
    // As a dump of a cluster that was promoted once, restored here.
    sqlx::query("update ledger_head set server = 1, epoch = 7").execute(&mut connection).await.unwrap();
    store.begin_append(&ledger).await.unwrap().rollback().await;
    // Of this system a later timeline wrote.
    let same = "update ledger_head set server = (select system_identifier from pg_control_system())";
    sqlx::query(same).execute(&mut connection).await.unwrap();
    let refused = store.begin_append(&ledger).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("timeline 7"), "{refused}");

    let other = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    sqlx::query("update ledger_head set epoch = 1").execute(&mut connection).await.unwrap();
    other.begin_append(&ledger).await.unwrap().rollback().await;
    for text in ["alter system set synchronous_commit = off", "select pg_reload_conf()"] {
        sqlx::query(text).execute(&mut connection).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let refused = other.begin_append(&ledger).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("synchronous_commit = off"), "{refused}");
}

/// A user without rights of its own may serve; one that may not look at the standbys it waits for may not.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_user_serves() {
    let cluster = Cluster::start(&[], None);
    let url = cluster.database().await;
    let mut connection = connect(&url).await;
    for text in ["create role clerk login", "grant create, usage on schema public to clerk"] {
        sqlx::query(text).execute(&mut connection).await.unwrap();
    }
    let url = url.replace("postgres@", "clerk@");
    let ledger = LedgerId::parse("district").unwrap();
    let store = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    store.create_ledger(&ledger).await.unwrap();
    store.begin_append(&ledger).await.unwrap().rollback().await;
    for text in ["alter system set synchronous_standby_names = 'second'", "select pg_reload_conf()"] {
        sqlx::query(text).execute(&mut connection).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(refused(&url).await.contains("pg_monitor"));
    assert!(!refused(&format!("{url}&sslpassword=secret")).await.contains("secret"));
}
