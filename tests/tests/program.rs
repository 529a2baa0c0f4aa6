//! The program as an operator uses it: open, serve, back up while serving, restore, verify, rebuild, stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_tests::{District, Program, lecture};
use serde_json::Value;
use std::path::Path;

fn json(database: &Path, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = Program::run(database, &[arguments, &["--json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    (serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}")), output.status.code())
}

/// Changes the file behind the program's back.
async fn tamper(database: &Path, statement: &'static str) {
    use sqlx::ConnectOptions;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut connection = options.connect().await.unwrap();
    let changed = sqlx::query(statement).execute(&mut connection).await.unwrap();
    assert!(changed.rows_affected() > 0, "{statement}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_backs_up_while_serving_and_restores_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (database, copy) = (folder.path().join("ledger.db"), folder.path().join("copy.db"));
    let mut program = Program::serve(&database, &[]);
    let clients = program.clients().await;
    District::build(&clients, 20).await;
    let posting = clients.clone();
    let posts = tokio::spawn(async move {
        for n in 0..300 {
            let request = lecture(n % 20 + 1, &format!("2026-03-{:02}", n / 20 + 1));
            posting.ledger.clone().post_entry(request).await.unwrap();
        }
    });
    let backup = copy.to_str().unwrap().to_owned();
    let (told, code) = json(&database, &["backup", &backup]);
    assert_eq!(code, Some(0), "{told}");
    posts.await.unwrap();
    let ledgers = told["ledgers"].as_array().unwrap();
    // Beside it stands that of the deployment itself.
    let district = ledgers.iter().find(|ledger| ledger["ledger"] == "district").unwrap();
    let position = district["position"].as_u64().unwrap();
    assert!(position > 30, "the district is in the backup");

    let restored = folder.path().join("restored.db");
    let output = Program::run(&restored, &["restore", &backup]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(json(&restored, &["verify"]).0["events"].as_u64(), Some(position));
    assert_eq!(
        Program::run(&restored, &["restore", &backup]).status.code(),
        Some(1),
        "nothing is overwritten"
    );
    assert_eq!(json(&database, &["backup", &backup]).1, Some(1), "nor is a backup");

    let status = program.terminate();
    assert!(status.success(), "SIGTERM ends it gracefully: {status}");
    let (verified, code) = json(&database, &["verify"]);
    assert_eq!((code, verified["clean"].as_bool()), (Some(0), Some(true)), "{verified}");
    assert_eq!(json(&database, &["doctor"]).1, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_what_was_changed_and_rebuild_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    {
        let program = Program::serve(&database, &[]);
        let clients = program.clients().await;
        District::build(&clients, 3).await;
        for n in 1..=3 {
            clients.ledger.clone().post_entry(lecture(n, "2026-03-05")).await.unwrap();
        }
    }
    assert_eq!(json(&database, &["verify"]).1, Some(0));
    for statement in [
        "update state set body = (select body from state where key = 'accounts/residents/r0002/2026') \
         where key = 'accounts/residents/r0001/2026'",
        "delete from state where key = 'accounts/residents/r0003/2026'",
        "insert into state select ledger, generation, 'residents/r9999', body from state where key = 'residents/r0001'",
    ] {
        tamper(&database, statement).await;
    }
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(code, Some(3));
    let mut findings: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    findings.sort_unstable();
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(findings[0].starts_with("StateDiffers") && findings[0].contains("r0001"));
    assert!(findings[1].starts_with("StateMissing") && findings[1].contains("r0003"));
    assert!(findings[2].starts_with("StateTooMany") && findings[2].contains("r9999"));

    assert_eq!(json(&database, &["rebuild"]).1, Some(0));
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(code, Some(0), "{report}");

    tamper(&database, "delete from request where position = (select max(position) from request)").await;
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(code, Some(3));
    assert!(report["findings"][0].as_str().unwrap().starts_with("RequestForgotten"), "{report}");
    tamper(&database, "delete from event where position = 20").await;
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(
        (code, report["error"]["reason"].as_str()),
        (Some(1), Some("LEDGER_DAMAGED")),
        "a hole is damage"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilding_goes_on_beside_posting() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    let mut program = Program::serve(&database, &[]);
    let clients = program.clients().await;
    District::build(&clients, 50).await;
    let posting = clients.clone();
    let posts = tokio::spawn(async move {
        for n in 0..500 {
            let request = lecture(n % 50 + 1, &format!("2026-04-{:02}", n / 50 + 1));
            posting.ledger.clone().post_entry(request).await.unwrap();
        }
    });
    for _ in 0..3 {
        assert_eq!(json(&database, &["rebuild"]).1, Some(0));
    }
    posts.await.unwrap();
    assert!(program.terminate().success());
    let (report, code) = json(&database, &["verify"]);
    assert_eq!(code, Some(0), "{report}");
}

#[test]
fn exit_codes_and_reasons_are_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    assert_eq!(Program::run(&database, &["no-such-command"]).status.code(), Some(2));
    assert_eq!(json(&database, &["verify"]).1, Some(1), "a file that is not there is not made");
    assert!(!database.exists());
    let (told, code) = json(&database, &["init", "--begins-on", "2026-02-30"]);
    assert_eq!((code, told["error"]["reason"].as_str()), (Some(1), Some("DATE_NOT_IN_CALENDAR")));
    let (told, code) = json(&database, &["init", "--begins-on", "2020-01-01"]);
    assert_eq!((code, told["state"].as_str()), (Some(0), Some("LEDGER_OPEN")));
    assert_eq!(json(&database, &["init", "--begins-on", "2020-01-01"]), (told, Some(0)), "the same again");
    let (told, code) = json(&database, &["init"]);
    assert_eq!((code, told["error"]["reason"].as_str()), (Some(1), Some("LEDGER_EXISTS")), "other settings");
    let (told, code) = json(&database, &["balance", "residents/r0001"]);
    assert_eq!((code, told["error"]["reason"].as_str()), (Some(1), Some("RESIDENT_NOT_FOUND")));
    let (_, code) = json(&database, &["balance", "residents/r0001", "--server", "http://127.0.0.1:1"]);
    assert_eq!(code, Some(4), "a server that does not answer");
    let (told, code) = json(&database, &["balance", "residents/r0001", "--ledger", "elsewhere"]);
    assert_eq!((code, told["error"]["reason"].as_str()), (Some(1), Some("LEDGER_NOT_FOUND")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_college_tries_a_rule_and_two_persons_bring_it_into_force() {
    let folder = tempfile::tempdir().unwrap();
    let (database, draft) = (folder.path().join("ledger.db"), folder.path().join("draft.toml"));
    {
        let program = Program::serve(&database, &[]);
        let clients = program.clients().await;
        District::build(&clients, 3).await;
        clients.ledger.clone().post_entry(lecture(1, "2026-03-05")).await.unwrap();
    }
    let preset = Program::run(&database, &["policy", "preset", "district-default"]);
    let year = chrono::Utc::now().format("%Y-12-31").to_string();
    let document = String::from_utf8(preset.stdout).unwrap();
    let document = document.replace("version = 1", "version = 2").replace("1900-01-01", &year);
    std::fs::write(&draft, document.replace("per_year_centi = 3000", "per_year_centi = 2000")).unwrap();
    let draft = draft.to_str().unwrap();

    let (different, code) = json(&database, &["policy", "diff", "district-default/versions/1", draft]);
    assert_eq!((code, different["differences"].as_array().unwrap().len()), (Some(0), 3), "{different}");
    let (told, code) = json(&database, &["policy", "simulate", draft]);
    assert_eq!(
        (code, told["accounts"].as_u64(), told["lowered"].as_u64()),
        (Some(0), Some(1), Some(0)),
        "{told}"
    );

    let by = ["--organization", "college", "--person"];
    let proposing = [&["policy", "propose", draft][..], &by, &["officer-01"]].concat();
    let (proposed, code) = json(&database, &proposing);
    assert_eq!(code, Some(0), "{proposed}");
    let digest = proposed["policy"]["sha256"].as_str().unwrap();
    let publishing =
        [&["policy", "publish", "district-default/versions/2", "--sha256", digest][..], &by].concat();
    let (refused, code) = json(&database, &[&publishing[..], &["officer-01"]].concat());
    assert_eq!((code, refused["error"]["reason"].as_str()), (Some(1), Some("SAME_ACTOR")), "{refused}");
    let (published, code) = json(&database, &[&publishing[..], &["officer-02"]].concat());
    assert_eq!((code, published["policy"]["published"].as_bool()), (Some(0), Some(true)), "{published}");
    let (all, _) = json(&database, &["policy", "list"]);
    assert_eq!(all["policies"].as_array().unwrap().len(), 2);

    let (before, _) = json(&database, &["balance", "residents/r0001", "--as-of", "10"]);
    let (now, _) =
        json(&database, &["balance", "residents/r0001", "--from", "2026-03-01", "--to", "2026-03-31"]);
    assert_eq!(
        (before["error"]["reason"].as_str(), now["balance"]["centi_credits"].as_i64()),
        (Some("RESIDENT_NOT_FOUND"), Some(200))
    );
    assert_eq!(json(&database, &["verify"]).1, Some(0));
}

#[test]
fn a_reader_that_leaves_early_ends_the_program_without_a_word() {
    let mut command = std::process::Command::new(Program::path());
    command.args(["policy", "preset", "district-default"]);
    let pipes = (std::process::Stdio::piped(), std::process::Stdio::piped());
    let mut running = command.stdout(pipes.0).stderr(pipes.1).spawn().unwrap();
    drop(running.stdout.take());
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
