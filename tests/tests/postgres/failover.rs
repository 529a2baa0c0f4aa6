//! A primary with a synchronous standby: what was acknowledged is on the standby when the primary is lost.

use creditbank_grpc::proto::{GetBalanceRequest, PostEntryRequest};
use creditbank_store::{PostgresOptions, PostgresStore};
use creditbank_tests::postgres::{Cluster, connect};
use creditbank_tests::{District, Program, lecture, name, reason};
use ledger_core::id::LedgerId;
use ledger_core::ports::{AppendBatch, Store, StoreError};
use sqlx::Row;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn pair() -> (Cluster, Cluster) {
    let primary = Cluster::start(&[], None);
    let standby = Cluster::start(&[("cluster_name", "second")], Some(&primary));
    (primary, standby)
}

/// From now on the primary waits for the standby with every commit.
async fn wait_for_the_standby(primary: &Cluster) {
    let mut connection = connect(&primary.url("postgres")).await;
    for text in ["alter system set synchronous_standby_names = '*'", "select pg_reload_conf()"] {
        sqlx::query(text).execute(&mut connection).await.unwrap();
    }
    for _ in 0..200 {
        let states = sqlx::query("select count(*) from pg_stat_replication where sync_state = 'sync'");
        if states.fetch_one(&mut connection).await.unwrap().get::<i64, _>(0) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the standby is not waited for");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_primary_and_the_old_one_writes_no_more() {
    let (primary, standby) = tokio::task::spawn_blocking(pair).await.unwrap();
    wait_for_the_standby(&primary).await;
    let url = primary.url("postgres");
    let program = tokio::task::spawn_blocking(move || Program::serve_url(&url, &[])).await.unwrap();
    let clients = program.clients().await;
    District::build(&clients, 50).await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let posting: Vec<_> = (0..16_usize)
        .map(|n| {
            let (mut client, acknowledged) = (clients.ledger.clone(), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut told: Vec<(PostEntryRequest, Option<u64>)> = Vec::new();
                for k in 0_usize.. {
                    let request =
                        lecture((n * 3 + k) % 50 + 1, &format!("2026-0{}-{:02}", k / 28 % 5 + 1, k % 28 + 1));
                    match client.post_entry(request.clone()).await {
                        Ok(answer) => {
                            told.push((request, Some(answer.into_inner().entry.unwrap().position)));
                            acknowledged.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(status) if reason(&status) == "DAILY_CAP_EXCEEDED" => {}
                        Err(_) => {
                            told.push((request, None));
                            break;
                        }
                    }
                }
                told
            })
        })
        .collect();
    let since = Instant::now();
    while acknowledged.load(Ordering::Relaxed) <= 100 || since.elapsed() < Duration::from_millis(1_500) {
        assert!(since.elapsed() < Duration::from_secs(60), "nothing is posted");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    primary.kill();
    let mut told = Vec::new();
    for posting in posting {
        told.extend(posting.await.unwrap());
    }
    drop(program);
    let promoted = tokio::task::spawn_blocking(move || {
        standby.promote();
        standby
    });
    let standby = promoted.await.unwrap();
    let url = standby.url("postgres");
    let program = {
        let url = url.clone();
        tokio::task::spawn_blocking(move || Program::serve_url(&url, &[])).await.unwrap()
    };
    let clients = program.clients().await;
    let (mut acknowledged, mut open, mut positions) = (0, 0, HashMap::new());
    for (request, position) in told {
        let answer = clients.ledger.clone().post_entry(request.clone()).await.unwrap().into_inner();
        let there = answer.entry.unwrap().position;
        assert!(positions.insert(there, request.request_id).is_none(), "no two requests share an event");
        match position {
            Some(position) => {
                assert!(answer.replayed && there == position, "an acknowledged post was lost");
                acknowledged += 1;
            }
            None => open += 1,
        }
    }
    println!("the primary was killed: {acknowledged} acknowledged, 0 lost, {open} without an answer");
    assert!(acknowledged > 100 && open > 0, "the test does what it says");

    // The old primary comes back and does not know that it is none any more, when a name that leads to the new one leads
    // to it again. Who has written to the new one does not believe it.
    drop(program);
    let names = tempfile::tempdir().unwrap();
    let name = names.path().join("database");
    std::os::unix::fs::symlink(&standby.folder, &name).unwrap();
    let ledger = LedgerId::parse("district").unwrap();
    let url = format!("postgres://postgres@localhost/postgres?host={}", name.display());
    let store = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    store.begin_append(&ledger).await.unwrap().rollback().await;
    let old = tokio::task::spawn_blocking(move || {
        primary.up();
        standby.kill();
        primary
    });
    let old = old.await.unwrap();
    let mut at_old = connect(&old.url("postgres")).await;
    for text in ["alter system reset synchronous_standby_names", "select pg_reload_conf()"] {
        sqlx::query(text).execute(&mut at_old).await.unwrap();
    }
    std::fs::remove_file(&name).unwrap();
    std::os::unix::fs::symlink(&old.folder, &name).unwrap();
    let refused = loop {
        match store.begin_append(&ledger).await.map(|_| ()).unwrap_err() {
            StoreError::Unavailable(why) if why.contains("timeline") => break why,
            // The connections that were open end.
            StoreError::Unavailable(_) => {}
            other => panic!("{other}"),
        }
    };
    assert_eq!(refused, "this server is of timeline 1, but another took its place with timeline 2");
    let head = store.head(&ledger).await.unwrap();
    let prepared = store.prepare(&ledger, head, AppendBatch::default()).unwrap();
    assert_eq!(prepared.commit().await, Err(StoreError::Unavailable(refused)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_wait_was_cut_short_is_never_acknowledged() {
    let (primary, standby) = tokio::task::spawn_blocking(pair).await.unwrap();
    wait_for_the_standby(&primary).await;
    let url = primary.url("postgres");
    let program = {
        let url = url.clone();
        tokio::task::spawn_blocking(move || Program::serve_url(&url, &[])).await.unwrap()
    };
    let clients = program.clients().await;
    District::build(&clients, 5).await;
    standby.freeze(true);
    let request = lecture(1, "2026-03-01");
    let posting = {
        let (mut client, request) = (clients.ledger.clone(), request.clone());
        tokio::spawn(async move { client.post_entry(request).await })
    };
    // Cut the wait short, as an operator might.
    let mut connection = connect(&url).await;
    let waiting = "select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event = 'SyncRep'";
    for round in 0.. {
        assert!(round < 200, "no commit waits for the standby");
        if sqlx::query(waiting).fetch_one(&mut connection).await.unwrap().get::<i64, _>(0) > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let status = posting.await.unwrap().unwrap_err();
    assert_eq!(reason(&status), "OUTCOME_UNKNOWN", "{status}");
    // The same request again is not acknowledged either as long as the standby does not have it.
    let again = {
        let (mut client, request) = (clients.ledger.clone(), request.clone());
        tokio::spawn(async move { client.post_entry(request).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!again.is_finished() || again.await.unwrap().is_err(), "acknowledged, but on one machine only");
    // Reads go on meanwhile.
    let read = GetBalanceRequest { name: name("residents/r0001"), ..Default::default() };
    clients.accounts.clone().get_balance(read).await.unwrap();
    standby.freeze(false);
    for round in 0.. {
        match clients.ledger.clone().post_entry(request.clone()).await {
            Ok(answer) => {
                assert!(answer.into_inner().replayed, "it had been recorded");
                break;
            }
            Err(status) => assert!(round < 50, "{status}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
