//! An erasure outlives every backup from before it: the program as an operator uses it, with files on a disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_grpc::proto;
use creditbank_tests::canary::{NAME, is_in, number, scan};
use creditbank_tests::{District, Keys, Program, fresh, lecture, name, reason};
use ledger_core::entry::Digest32;
use ledger_core::event;
use ledger_core::id::LedgerId;
use ledger_core::merkle;
use ledger_core::quantity::Position;
use serde_json::Value;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A command of the program with the key file, and what it is given on standard input.
fn run(database: &Path, keys: &Keys, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(Program::path())
        .args(["--database-url", &format!("sqlite://{}", database.display())])
        .args(["--key-file", keys.path().to_str().unwrap(), "--json"])
        .args(arguments)
        .env("RUST_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {output:?}"))
}

fn told(output: &Output) -> String {
    json(output)["error"]["reason"].as_str().unwrap_or_default().to_owned()
}

async fn log(database: &Path) -> Vec<Vec<u8>> {
    let store = creditbank_store::open(&format!("sqlite://{}", database.display())).await.unwrap();
    let ledger = LedgerId::parse("district").unwrap();
    let events = store.read_events(&ledger, Position(1), u32::MAX).await.unwrap();
    events.into_iter().map(|event| event.bytes).collect()
}

fn root(log: &[Vec<u8>]) -> Digest32 {
    let mut tree = merkle::Frontier::default();
    for bytes in log {
        tree.push(bytes);
    }
    tree.root()
}

async fn get(clients: &creditbank_tests::Clients) -> Result<proto::Person, tonic::Status> {
    let request = proto::GetPersonRequest {
        name: name("residents/r0001"),
        organization: name("organizations/school"),
        person: "officer-01".to_owned(),
        purpose: "contact".to_owned(),
        fields: vec!["name".to_owned(), "id_number".to_owned()],
        approved_by: String::new(),
    };
    clients.directory.clone().get_person(request).await.map(|answer| answer.into_inner().data.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_restored_does_not_bring_the_erased_back() {
    let (folder, copies, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Keys::new());
    let (database, backup) = (folder.path().join("ledger.db"), copies.path().join("backup.db"));
    let key_file = keys.path();
    let serve = |database: &Path| Program::serve(database, &["--key-file", key_file.to_str().unwrap()]);
    let mut program = serve(&database);
    let clients = program.clients().await;
    let second = program.clients_of("approver", "officer-02").await;
    District::build(&clients, 3).await;
    clients.ledger.clone().post_entry(lecture(1, "2026-03-05")).await.unwrap();
    let put = proto::PutPersonRequest {
        name: name("residents/r0001"),
        request_id: fresh(),
        organization: name("organizations/school"),
        person: "officer-01".to_owned(),
        data: Some(proto::Person {
            name: NAME.to_owned(),
            id_kind: "mainland".to_owned(),
            id_number: number(),
            phone: "+86-000-0000-0001".to_owned(),
            ..Default::default()
        }),
    };
    clients.directory.clone().put_person(put).await.unwrap();
    assert_eq!(get(&clients).await.unwrap().name, NAME);
    let copied = Program::run(&database, &["backup", backup.to_str().unwrap()]);
    assert!(copied.status.success(), "{copied:?}");

    let propose = proto::ProposeErasureRequest {
        name: name("residents/r0001"),
        request_id: fresh(),
        organization: name("organizations/school"),
        person: "officer-01".to_owned(),
    };
    let proposed = clients.directory.clone().propose_erasure(propose).await.unwrap().into_inner();
    let before = log(&database).await;
    let approve = proto::ApproveErasureRequest {
        name: name("residents/r0001"),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: "officer-02".to_owned(),
        sha256: proposed.erasure.unwrap().sha256,
    };
    second.directory.clone().approve_erasure(approve).await.unwrap();
    scan(folder.path());
    assert_eq!(reason(&get(&clients).await.unwrap_err()), "RESIDENT_ERASED");
    assert!(program.terminate().success());
    scan(folder.path());
    let after = log(&database).await;
    assert_eq!(root(&after[..before.len()]), root(&before), "the log up to the erasure is as it was");
    assert_eq!(after.len(), before.len() + 1);

    // Another machine, from the backup: its log knows of no erasure, its tables hold the person.
    let elsewhere = tempfile::tempdir().unwrap();
    let restored = elsewhere.path().join("ledger.db");
    let output = Program::run(&restored, &["restore", backup.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    Program::is_copy(&restored, &database);
    let old = log(&restored).await;
    let mut program = serve(&restored);
    let clients = program.clients().await;
    assert_eq!(reason(&get(&clients).await.unwrap_err()), "RESIDENT_ERASED", "gone before anybody is served");
    let refused = clients.ledger.clone().post_entry(lecture(1, "2026-03-06")).await.unwrap_err();
    assert_eq!(reason(&refused), "RESIDENT_ERASED");
    assert!(program.terminate().success());
    scan(elsewhere.path());
    let now = log(&restored).await;
    assert_eq!(root(&now[..old.len()]), root(&old), "the log of the backup is as it was");
    let added: Vec<_> = now[old.len()..].iter().map(|bytes| event::decode(bytes).unwrap()).collect();
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].fact.type_name(), "resident_erased");

    // A second start finds nothing to do; everything agrees with the log.
    let mut program = serve(&restored);
    assert!(program.terminate().success());
    assert_eq!(log(&restored).await, now);
    for database in [&database, &restored] {
        let verified = Program::run(database, &["verify", "--json"]);
        assert!(verified.status.success(), "{verified:?}");
    }

    // An export never holds the directory.
    let exported = elsewhere.path().join("export");
    let output = Program::run(&restored, &["export", exported.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    scan(&exported);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_keeps_finds_and_erases_from_the_command_line() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let database = folder.path().join("ledger.db");
    {
        let program = Program::serve(&database, &[]);
        District::build(&program.clients().await, 3).await;
    }
    let by = ["--organization", "school", "--person", "clerk-01"];
    let person = format!("name = \"{NAME}\"\nid_kind = \"mainland\"\nid_number = \"{}\"\n", number());
    let put = [&["directory", "put", "residents/r0001"][..], &by].concat();
    let kept = run(&database, &keys, &put, &person);
    assert_eq!(json(&kept)["fields"].as_array().unwrap().len(), 3, "{kept:?}");
    assert!(!is_in(&kept.stderr) && !is_in(&kept.stdout), "nothing is told of it, at any level of the log");

    // What is wrong is told by its line, never by what stands in it.
    for (text, at) in
        [(format!("nome = \"{NAME}\""), "1"), (format!("id_number = \"{}\"\nname = ", number()), "2")]
    {
        let refused = run(&database, &keys, &put, &text);
        assert_eq!(told(&refused), "FIELD_INVALID");
        assert!(!is_in(&refused.stdout) && !is_in(&refused.stderr));
        assert!(json(&refused)["error"]["message"].as_str().unwrap().contains(&format!("第 {at} 行")));
    }
    let lower = person.replace(&number(), &number().to_lowercase().replace('0', "０"));
    let refused = run(&database, &keys, &put, &lower);
    assert_eq!(told(&refused), "NOT_CANONICAL");
    assert!(!is_in(&refused.stdout) && !is_in(&refused.stderr));

    let reading = [&["--purpose", "identity_check"][..], &by].concat();
    let find = [&["directory", "find", "--kind", "mainland"][..], &reading].concat();
    let found = run(&database, &keys, &find, &format!("{}\n", number()));
    assert_eq!(json(&found)["resident"], name("residents/r0001").as_str());
    let show = [&["directory", "show", "residents/r0001"][..], &reading].concat();
    let shown = run(&database, &keys, &show, "");
    assert_eq!(json(&shown)["data"]["name"], NAME);
    assert_eq!(json(&shown)["data"]["id_number"], "", "only what was asked for");
    assert!(!is_in(&shown.stderr));
    let reads = run(&database, &keys, &["directory", "reads", "residents/r0001"], "");
    assert_eq!(String::from_utf8_lossy(&reads.stdout).lines().count(), 2, "{reads:?}");

    let propose = [&["directory", "erase", "propose", "residents/r0001"][..], &by].concat();
    let proposed = json(&run(&database, &keys, &propose, ""));
    let digest = proposed["erasure"]["sha256"].as_str().unwrap().to_owned();
    let approve = [
        "directory",
        "erase",
        "approve",
        "residents/r0001",
        "--sha256",
        &digest,
        "--organization",
        "district",
    ];
    let alone = run(&database, &keys, &[&approve[..], &["--person", "clerk-01"]].concat(), "");
    assert_eq!(told(&alone), "SAME_ACTOR");
    let done = run(&database, &keys, &[&approve[..], &["--person", "officer-02"]].concat(), "");
    assert!(json(&done)["erasure"]["erased_at"].as_u64().unwrap() > 0, "{done:?}");
    assert_eq!(told(&run(&database, &keys, &show, "")), "RESIDENT_ERASED");
    scan(folder.path());
    scan(keys.path().parent().unwrap());

    // Without the key file the directory is closed; a file that others can read is none.
    let closed = Program::run(&database, &[&show[..], &["--json"]].concat());
    assert_eq!(told(&closed), "DIRECTORY_CLOSED");
    std::fs::set_permissions(keys.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(told(&run(&database, &keys, &show, "")), "KEY_FILE");
    let again = Program::run(&database, &["directory", "init-key", keys.path().to_str().unwrap(), "--json"]);
    assert_eq!(told(&again), "KEY_FILE", "no key file is written over");
}
