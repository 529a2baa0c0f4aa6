//! Several programs on one primary: posts and their duplicates go to any of them, and any of them may die.

use creditbank_grpc::proto::PostEntryRequest;
use creditbank_tests::postgres::fresh_database;
use creditbank_tests::{District, Program, lecture, reason, whole_log};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const CLIENTS: usize = 16;
const RESIDENTS: usize = 60;
/// Kills of one replica after the other.
const KILLS: usize = 4;

/// What the clients were told.
#[derive(Default)]
struct Told {
    acknowledged: Mutex<HashMap<String, u64>>,
    unsettled: Mutex<Vec<PostEntryRequest>>,
    duplicates: Mutex<(u64, u64)>,
}

impl Told {
    fn note(&self, request: &PostEntryRequest, position: u64) {
        let before = self.acknowledged.lock().unwrap().insert(request.request_id.clone(), position);
        assert!(before.is_none_or(|before| before == position), "one request, one event");
    }
}

async fn replicas_lose_and_double_nothing(replicas: usize) {
    let url = fresh_database().await;
    let start = |url: String| tokio::task::spawn_blocking(move || Program::serve_url(&url, &[]));
    let mut programs = Vec::new();
    for _ in 0..replicas {
        programs.push(start(url.clone()).await.unwrap());
    }
    District::build(&programs[0].clients().await, RESIDENTS).await;
    let mut doors = Vec::new();
    for program in &programs {
        doors.push(program.clients().await);
    }
    let doors = Arc::new(Mutex::new(doors));
    let told = Arc::new(Told::default());
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let began = Instant::now();
    let posting: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (doors, told, stop) = (Arc::clone(&doors), Arc::clone(&told), Arc::clone(&stop));
            tokio::spawn(async move {
                for k in 0_usize.. {
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        return;
                    }
                    let door = |n: usize| {
                        let doors = doors.lock().unwrap();
                        doors[n % doors.len()].ledger.clone()
                    };
                    let day = format!("2026-0{}-{:02}", k / 28 % 5 + 1, k % 28 + 1);
                    let request = lecture((n * 13 + k) % RESIDENTS + 1, &day);
                    // Three of ten go to two replicas at once.
                    let twice = k % 10 < 3;
                    let (mut here, mut there) = (door(n + k), door(n + k + 1));
                    let first = here.post_entry(request.clone());
                    let answers = match twice {
                        true => {
                            let (first, second) = tokio::join!(first, there.post_entry(request.clone()));
                            vec![first, second]
                        }
                        false => vec![first.await],
                    };
                    let mut settled = false;
                    for answer in answers {
                        match answer {
                            Ok(answer) => {
                                let answer = answer.into_inner();
                                let mut duplicates = told.duplicates.lock().unwrap();
                                duplicates.0 += u64::from(twice);
                                duplicates.1 += u64::from(answer.replayed);
                                told.note(&request, answer.entry.unwrap().position);
                                settled = true;
                            }
                            // A rule refuses it, at either replica.
                            Err(status) if reason(&status) == "DAILY_CAP_EXCEEDED" => settled = true,
                            Err(status) => assert_ne!(reason(&status), "LEDGER_DAMAGED", "{status}"),
                        }
                    }
                    if !settled {
                        told.unsettled.lock().unwrap().push(request);
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            })
        })
        .collect();
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(600)).await;
        let victim = kill % replicas;
        programs[victim].kill();
        programs[victim] = start(url.clone()).await.unwrap();
        let door = programs[victim].clients().await;
        doors.lock().unwrap()[victim] = door;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for posting in posting {
        posting.await.unwrap();
    }
    let seconds = began.elapsed().as_secs_f64();
    let unsettled = std::mem::take(&mut *told.unsettled.lock().unwrap());
    let (open, mut recorded) = (unsettled.len(), 0);
    let last = doors.lock().unwrap().last().unwrap().clone();
    for request in unsettled {
        match last.ledger.clone().post_entry(request.clone()).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                recorded += usize::from(answer.replayed);
                told.note(&request, answer.entry.unwrap().position);
            }
            Err(status) => assert_eq!(reason(&status), "DAILY_CAP_EXCEEDED", "{status}"),
        }
    }
    let acknowledged = std::mem::take(&mut *told.acknowledged.lock().unwrap());
    let (twice, replayed) = *told.duplicates.lock().unwrap();
    println!(
        "{replicas} replicas, {KILLS} kills: {} acknowledged in {seconds:.1} s, {twice} answers to requests sent twice, \
         {replayed} of them replayed, {open} without an answer, {recorded} of those had been recorded",
        acknowledged.len()
    );
    assert!(acknowledged.len() > 200 && replayed > 0 && open > 0, "the test does what it says");
    let doors = doors.lock().unwrap().clone();
    for (n, door) in doors.iter().enumerate() {
        assert_eq!(whole_log(door).await, acknowledged, "replica {n} shows each acknowledged post once");
    }
    let verified = Program::run_url(&url, &["verify", "--json"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_lose_and_double_nothing() {
    replicas_lose_and_double_nothing(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_replicas_lose_and_double_nothing() {
    replicas_lose_and_double_nothing(4).await;
}
