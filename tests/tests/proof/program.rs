//! The commands, and a second verifier that nobody here wrote the language of.

use crate::forged::{read, write};
use creditbank_tests::Program;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str]) -> Output {
    Command::new(Program::path()).args(args).env_remove("CREDITBANK_SERVER").output().unwrap()
}

fn printed(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outsider_verifies_what_the_program_exports_and_states() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let key =
        printed(&["checkpoint-key", &at("checkpoint.key"), "--name", "example.org", "--ledger", "district"]);
    assert_eq!(printed(&["verifier-key", &at("checkpoint.key"), "--ledger", "district"]), key);
    let witness_key = printed(&["witness-key", &at("witness.key"), "--name", "library.example.org"]);
    let witness = Command::new(Program::path())
        .args(["witness", "--key", &at("witness.key"), "--state", &at("seen"), "--log", &key, "--json"])
        .args(["--http-addr", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut witness = Killed(witness);
    let mut line = String::new();
    let stdout = witness.0.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let shown = format!("http://{}={witness_key}", ready["http"].as_str().unwrap());

    let database = folder.path().join("ledger.db");
    let url = format!("sqlite://{}", database.display());
    let server = Program::serve(&database, &["--checkpoint-key", &at("checkpoint.key"), "--witness", &shown]);
    let clients = server.clients().await;
    creditbank_tests::District::build(&clients, 3).await;
    for n in 1..=3 {
        clients.ledger.clone().post_entry(creditbank_tests::lecture(n, "2025-03-01")).await.unwrap();
    }
    // Within the minute that is promised.
    let mut witnessed = String::new();
    for _ in 0..60 {
        let request =
            creditbank_grpc::proto::GetCheckpointRequest { name: creditbank_tests::LEDGER.to_owned() };
        let answer = clients.proofs.clone().get_checkpoint(request).await.unwrap().into_inner();
        witnessed = answer.witnessed_checkpoint;
        if witnessed.lines().nth(1) == Some(&answer.size.to_string()) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert!(witnessed.contains("library.example.org"), "{witnessed}");
    drop(server);

    printed(&["export", &at("archive"), "--database-url", &url, "--ledger", "district"]);
    let verified =
        printed(&["verify-export", &at("archive"), "--key", &key, "--witness", &witness_key, "--json"]);
    let verified: Value = serde_json::from_str(&verified).unwrap();
    assert_eq!(verified["checkpoints"][0]["signed"], true);
    assert_eq!(verified["checkpoints"][1]["witnesses"][0][0], "library.example.org");

    // What was recorded since is not signed: the export signs it with the key, or the verifier is told not to mind.
    let server = Program::serve(&database, &[]);
    server
        .clients()
        .await
        .ledger
        .clone()
        .post_entry(creditbank_tests::lecture(1, "2025-03-02"))
        .await
        .unwrap();
    drop(server);
    printed(&["export", &at("later"), "--database-url", &url, "--ledger", "district"]);
    let tail = run(&["verify-export", &at("later"), "--key", &key]);
    assert_eq!(tail.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&tail.stdout).contains("UNSIGNED_TAIL"), "{tail:?}");
    printed(&["verify-export", &at("later"), "--key", &key, "--allow-unsigned-tail"]);
    let signing = at("checkpoint.key");
    printed(&[
        "export",
        &at("signed"),
        "--database-url",
        &url,
        "--ledger",
        "district",
        "--checkpoint-key",
        &signing,
    ]);
    let signed = printed(&["verify-export", &at("signed"), "--key", &key, "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&signed).unwrap()["unsigned_tail"], 0);

    let mut harmed = read(Path::new(&at("archive")));
    harmed.get_mut("events-000000000001.ndjson").unwrap()[80] ^= 1;
    std::fs::create_dir(at("harmed")).unwrap();
    write(&harmed, Path::new(&at("harmed")));
    let refused = run(&["verify-export", &at("harmed"), "--key", &key]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("EVENT_ALTERED"));
    let none = run(&["verify-export", &at("nowhere"), "--key", &key]);
    assert_eq!(none.status.code(), Some(4));
    let no_key = run(&["verify-export", &at("archive"), "--key", "nonsense"]);
    assert_eq!(no_key.status.code(), Some(1));
}

/// A child that is killed when it is dropped.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
