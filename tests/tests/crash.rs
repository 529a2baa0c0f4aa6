//! `kill -9` under load: every acknowledged post is there once, and everything agrees with the log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_grpc::proto;
use creditbank_tests::{District, Program, lecture, whole_log};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ROUNDS: usize = 4;
const CLIENTS: usize = 32;
const RESIDENTS: usize = 50;

/// What a client sent and what it was told.
#[derive(Default)]
struct Ledgered {
    acknowledged: HashMap<String, u64>,
    unknown: Vec<proto::PostEntryRequest>,
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kill_9_every_acknowledged_post_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    let record = Arc::new(Mutex::new(Ledgered::default()));
    let mut program = Program::serve(&database, &[]);
    District::build(&program.clients().await, RESIDENTS).await;
    for round in 0..ROUNDS {
        let clients = program.clients().await;
        let posts: Vec<_> = (0..CLIENTS)
            .map(|n| {
                let (mut client, record) = (clients.ledger.clone(), Arc::clone(&record));
                tokio::spawn(async move {
                    for k in 0.. {
                        let mut request =
                            lecture((n * 7 + k) % RESIDENTS + 1, &format!("2026-0{}-1{}", round + 1, k % 10));
                        // So many in a day are past no limit, however fast the machine is.
                        request.entry.as_mut().unwrap().minutes = 1;
                        match client.post_entry(request.clone()).await {
                            Ok(answer) => {
                                let position = answer.into_inner().entry.unwrap().position;
                                record.lock().unwrap().acknowledged.insert(request.request_id, position);
                            }
                            Err(status) if !creditbank_tests::reason(&status).is_empty() => {
                                assert_eq!(creditbank_tests::reason(&status), "DAILY_CAP_EXCEEDED");
                            }
                            Err(_) => {
                                record.lock().unwrap().unknown.push(request);
                                return;
                            }
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(700)).await;
        program.kill();
        for post in posts {
            post.await.unwrap();
        }
        program = Program::serve(&database, &[]);
    }

    // What ended unknown is sent again: it is recorded now, or was recorded and is answered as before.
    let mut clients = program.clients().await;
    let unknown = std::mem::take(&mut record.lock().unwrap().unknown);
    assert!(!unknown.is_empty(), "the kills hit calls in flight");
    let mut replayed = 0;
    for request in unknown {
        let answer = clients.ledger.post_entry(request.clone()).await.unwrap().into_inner();
        replayed += usize::from(answer.replayed);
        record.lock().unwrap().acknowledged.insert(request.request_id, answer.entry.unwrap().position);
    }

    let acknowledged = std::mem::take(&mut record.lock().unwrap().acknowledged);
    let in_log = whole_log(&clients).await;
    println!(
        "{ROUNDS} kills: {} acknowledged, {replayed} of the unknown had been recorded, {} in the log",
        acknowledged.len(),
        in_log.len()
    );
    assert_eq!(acknowledged, in_log, "every acknowledged post is there once, at the position it was told");

    assert!(program.terminate().success());
    let verified = Program::run(&database, &["verify", "--json"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
