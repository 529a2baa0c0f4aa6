//! The program itself: killed, stopped, started on states of another form, and beside a policy that is published.

use crate::{district, publish};
use creditbank_grpc::proto;
use creditbank_tests::{Clients, Program, lecture, name};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn json(database: &Path, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = Program::run(database, &[arguments, &["--json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    (serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")), output.status.code())
}

async fn change(database: &Path, statement: &'static str) {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut connection = options.connect().await.unwrap();
    let changed = sqlx::query(statement).execute(&mut connection).await.unwrap();
    assert!(changed.rows_affected() > 0, "{statement}");
}

/// A rebuild with a checkpoint every few events, at the first progress of a stage that comes behind a checkpoint.
fn rebuild_until(database: &Path, stage: &str) -> (Child, Value) {
    let mut child = Command::new(Program::path())
        .args(["--database-url", &format!("sqlite://{}", database.display())])
        .args(["rebuild", "--json", "--checkpoint-events", "20"])
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    for line in lines {
        let progress: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let progress = &progress["progress"];
        if progress["stage"] == stage && progress["kept"].as_u64() > Some(0) {
            return (child, progress.clone());
        }
    }
    panic!("it never came to {stage}: {:?}", child.wait());
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_while_folding_and_at_the_switch_costs_no_more_than_the_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    let mut program = Program::serve(&database, &[]);
    let clients = program.clients().await;
    district(&clients, 50, 2_000).await;
    for stage in ["folding", "switching", "comparing"] {
        let posting = clients.clone();
        let posts = tokio::spawn(async move {
            for n in 0..100 {
                let month = match stage {
                    "folding" => 1,
                    "switching" => 2,
                    _ => 3,
                };
                let request = lecture(n % 50 + 1, &format!("2025-{month:02}-{:02}", n / 50 + 1));
                posting.ledger.clone().post_entry(request).await.unwrap();
            }
        });
        let (mut killed, progress) = rebuild_until(&database, stage);
        killed.kill().unwrap();
        killed.wait().unwrap();
        assert!(progress["head"].as_u64().unwrap() >= 2_000 && progress["per_second"].is_u64(), "{progress}");
        let (rebuilt, code) = json(&database, &["rebuild"]);
        posts.await.unwrap();
        assert_eq!(code, Some(0), "{rebuilt}");
        let comparison = &rebuilt["comparison"];
        assert_eq!(comparison["served_sha256"], comparison["folded_sha256"], "{rebuilt}");
        // At the switch it may have been served before the kill; then there was nothing to go on with.
        let began = rebuilt["began"].as_u64().unwrap();
        assert!(began >= progress["kept"].as_u64().unwrap() || stage == "switching", "{rebuilt} {progress}");
        assert!(began > 0 || stage == "switching", "{rebuilt} {progress}");
    }
    assert!(program.terminate().success());
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(code, Some(0), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_keeps_what_was_folded_and_discard_throws_it_away() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    {
        let program = Program::serve(&database, &[]);
        district(&program.clients().await, 50, 4_000).await;
    }
    for discards in [false, true] {
        let (stopped, _) = rebuild_until(&database, "folding");
        let asked = Command::new("kill").args(["-INT", &stopped.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let output = stopped.wait_with_output().unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &told["stopped"]), (Some(4), &Value::Bool(true)), "{told}");
        let kept = told["kept"].as_u64().unwrap();
        assert!(kept > 0, "{told}");
        assert_eq!(json(&database, &["verify"]).1, Some(0), "what is served is as it was");
        if discards {
            assert_eq!(json(&database, &["rebuild", "--discard"]).0["discarded"].as_u64(), Some(1));
        }
        let (rebuilt, code) = json(&database, &["rebuild"]);
        assert_eq!((code, rebuilt["began"].as_u64()), (Some(0), Some(if discards { 0 } else { kept })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn states_of_another_form_are_folded_anew_before_anything_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    {
        let program = Program::serve(&database, &[]);
        let clients = program.clients().await;
        district(&clients, 5, 10).await;
    }
    // As of a program that wrote other bytes.
    for statement in ["update state set body = x'ff'", "update generation set format = 0"] {
        change(&database, statement).await;
    }
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(code, Some(3));
    assert!(report["findings"][0].as_str().unwrap().starts_with("StatesOutdated 0:"), "{report}");
    let (told, code) = json(&database, &["doctor"]);
    assert_eq!(code, Some(3));
    assert!(told["findings"][0].as_str().unwrap().contains("creditbank rebuild"), "{told}");
    let copy = folder.path().join("backup.db");
    assert_eq!(json(&database, &["backup", copy.to_str().unwrap()]).1, Some(0));

    let (told, code) = json(&database, &["balance", "residents/r0001"]);
    assert_eq!((code, told["balance"]["centi_credits"].as_i64()), (Some(0), Some(400)), "{told}");
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(code, Some(0), "{report}");

    let restored = folder.path().join("restored.db");
    let output = Program::run(&restored, &["restore", copy.to_str().unwrap()]);
    assert!(output.status.success(), "an earlier program's backup can be restored: {output:?}");
    assert_eq!(json(&restored, &["verify"]).1, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_says_which_states_it_mended() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    {
        let program = Program::serve(&database, &[]);
        district(&program.clients().await, 5, 10).await;
    }
    for statement in [
        "update state set body = (select body from state where key = 'accounts/residents/r0002/2026') \
         where key = 'accounts/residents/r0001/2026'",
        "delete from state where key = 'accounts/residents/r0003/2026'",
        "insert into state select ledger, generation, 'residents/r9999', body from state where key = 'residents/r0001'",
    ] {
        change(&database, statement).await;
    }
    let (rebuilt, code) = json(&database, &["rebuild"]);
    let comparison = &rebuilt["comparison"];
    assert_eq!((code, comparison["differing"].as_u64()), (Some(0), Some(3)), "{rebuilt}");
    assert_ne!(comparison["served_sha256"], comparison["folded_sha256"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&comparison["differences"]).unwrap());
    let (again, _) = json(&database, &["rebuild"]);
    let after = &again["comparison"];
    assert_eq!(after["differing"].as_u64(), Some(0));
    assert_eq!(after["served_sha256"], after["folded_sha256"]);
    assert_eq!(after["folded_sha256"], comparison["folded_sha256"], "the same log, the same states");
}

async fn credit(clients: &Clients) -> i64 {
    let request = proto::GetBalanceRequest { name: name("residents/r0001"), ..Default::default() };
    clients.accounts.clone().get_balance(request).await.unwrap().into_inner().balance.unwrap().centi_credits
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_policy_was_published_the_server_makes_the_sums_anew_while_posts_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    let mut program = Program::serve(&database, &[]);
    let clients = program.clients().await;
    district(&clients, 50, 500).await;
    assert_eq!(credit(&clients).await, 2_000);
    // A policy cannot begin in a year that is closed: what it changes is posted in this one, whichever that is.
    let year = chrono_year();
    for n in 1..=50 {
        clients.ledger.clone().post_entry(lecture(n, &format!("{year}-01-01"))).await.unwrap();
    }
    publish(&clients, &program.clients_of("approver", "officer-02").await, 2, &format!("{year}-01-01")).await;
    let posting = clients.clone();
    let posts = tokio::spawn(async move {
        for n in 0..200 {
            let request = lecture(n % 50 + 1, &format!("2025-03-{:02}", n / 50 + 1));
            posting.ledger.clone().post_entry(request).await.unwrap();
        }
    });
    let began = Instant::now();
    while renewals(&program).await == 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "the sums were never made anew");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    posts.await.unwrap();
    assert!(program.terminate().success());
    let (report, code) = json(&database, &["verify"]);
    assert_eq!((code, report["comparison"]["older_sums"].as_u64()), (Some(0), Some(0)), "{report}");
}

fn chrono_year() -> String {
    let output = Command::new("date").arg("+%Y").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What the metrics say.
async fn renewals(program: &Program) -> u64 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = program.http.trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let line = text.lines().find(|line| line.starts_with("creditbank_renewals_total{"));
    line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}
