//! A ledger moves from one deployment to another, and back: the log is the same byte for byte, and requests are known.

use creditbank_archive::{ArchiveError, MANIFEST, Manifest, discard, export, import};
use creditbank_grpc::proto;
use creditbank_store::SqliteStore;
use creditbank_tests::postgres::fresh_database;
use creditbank_tests::{Clients, District, LEDGER, Program, bank_on, lecture, reason};
use ledger_core::id::LedgerId;
use ledger_core::ports::{Standing, Store};
use ledger_core::quantity::Position;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const RESIDENTS: usize = 40;

fn ledger() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

async fn file(folder: &Path) -> Arc<dyn Store> {
    let url = format!("sqlite://{}", folder.join("ledger.db").display());
    Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap())
}

/// A store with a small district, and a request that was recorded in it.
async fn district(store: Arc<dyn Store>) -> proto::PostEntryRequest {
    let clients = Clients::of(&bank_on(store).await).await;
    District::build(&clients, RESIDENTS).await;
    let mut requests: Vec<_> = (0..400)
        .map(|n| lecture(n % RESIDENTS + 1, &format!("2026-0{}-{:02}", n / 100 + 1, n / RESIDENTS + 1)))
        .collect();
    for chunk in requests.chunks(100) {
        let batch = proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: chunk.to_vec(),
            ..Default::default()
        };
        let verdicts = clients.ledger.clone().batch_post_entries(batch).await.unwrap().into_inner().verdicts;
        assert!(verdicts.iter().all(|verdict| verdict.error.is_none()));
    }
    requests.remove(0)
}

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
        })
        .collect()
}

async fn exported(store: &dyn Store, folder: &Path) -> Manifest {
    export(store, &ledger(), folder, |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_moves_to_postgresql_and_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let here = file(folder.path()).await;
    let request = district(Arc::clone(&here)).await;
    let manifest = exported(&*here, &at("first")).await;
    assert_eq!(manifest.events, here.head(&ledger()).await.unwrap().position.0);

    let there = creditbank_store::open(&fresh_database().await).await.unwrap();
    assert_eq!(import(Arc::clone(&there), &at("first"), None, |_| {}).await.unwrap(), manifest);
    exported(&*there, &at("second")).await;
    assert_eq!(files(&at("first")), files(&at("second")), "what comes out is what went in");
    let log = async |store: &dyn Store| store.read_events(&ledger(), Position(1), u32::MAX).await.unwrap();
    assert_eq!(log(&*here).await, log(&*there).await);
    for store in [&here, &there] {
        let edge = store.frontier(&ledger()).await.unwrap();
        assert_eq!((edge.size(), edge.root()), (manifest.events, manifest.root_sha256));
    }
    assert_eq!(
        here.head(&ledger()).await.unwrap().recorded_at_us,
        there.head(&ledger()).await.unwrap().recorded_at_us
    );
    let verified = creditbank_ledger::verify(Arc::clone(&there), &ledger(), |_| {}).await.unwrap();
    assert!(verified.is_clean() && verified.requests > 0, "{verified:?}");

    // It goes on there: what was asked here is known, and the next entry follows.
    let clients = Clients::of(&bank_on(Arc::clone(&there)).await).await;
    let again = clients.ledger.clone().post_entry(request).await.unwrap().into_inner();
    assert!(again.replayed);
    let next = clients.ledger.clone().post_entry(lecture(1, "2026-05-20")).await.unwrap().into_inner();
    assert_eq!(next.position, manifest.events + 1);

    let back = tempfile::tempdir().unwrap();
    exported(&*there, &at("third")).await;
    let home = file(back.path()).await;
    import(Arc::clone(&home), &at("third"), None, |_| {}).await.unwrap();
    assert_eq!(log(&*there).await, log(&*home).await);

    // A deployment that has the ledger keeps its own.
    let refused = import(Arc::clone(&here), &at("third"), None, |_| {}).await.unwrap_err();
    assert!(matches!(refused, ArchiveError::Exists(_)), "{refused}");
    let other = LedgerId::parse("other").unwrap();
    let refused =
        import(file(tempfile::tempdir().unwrap().path()).await, &at("third"), Some(&other), |_| {}).await;
    assert!(matches!(refused, Err(ArchiveError::OtherLedger { .. })));
}

/// Killed at any point, an import goes on from there; until it is done nobody reads or posts.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let here = file(folder.path()).await;
    district(Arc::clone(&here)).await;
    let manifest = exported(&*here, &at("whole")).await;
    for stage in ["events", "requests", "folding"] {
        let target = tempfile::tempdir().unwrap();
        let there = file(target.path()).await;
        let (store, from) = (Arc::clone(&there), at("whole"));
        let killed = tokio::spawn(async move {
            import(store, &from, None, move |progress| {
                assert_ne!(progress.stage.as_str(), stage, "killed");
            })
            .await
        });
        assert!(!matches!(killed.await, Ok(Ok(_))), "it was to be killed at {stage}");
        assert_eq!(there.tenancy(&ledger()).await.unwrap().standing, Standing::Arriving);
        let bank = creditbank_ledger::Bank::new(
            Arc::clone(&there),
            creditbank_ledger::system_clock(),
            creditbank_ledger::Limits::default(),
        );
        let clients = Clients::of(&Arc::new(bank)).await;
        let status = clients.ledger.clone().post_entry(lecture(1, "2026-05-20")).await.unwrap_err();
        assert_eq!(reason(&status), "LEDGER_ARRIVING");
        let list = proto::ListLedgersRequest::default();
        let listed = clients.deployment.clone().list_ledgers(list).await.unwrap().into_inner().ledgers;
        assert_eq!(listed[0].state(), proto::LedgerState::LedgerArriving);
        let seal = proto::SealLedgerRequest { name: LEDGER.to_owned() };
        assert_eq!(
            reason(&clients.deployment.clone().seal_ledger(seal).await.unwrap_err()),
            "LEDGER_ARRIVING"
        );

        assert_eq!(import(Arc::clone(&there), &at("whole"), None, |_| {}).await.unwrap(), manifest);
        exported(&*there, &at(stage)).await;
        assert_eq!(files(&at("whole")), files(&at(stage)), "begun anew at {stage}");
        let verified = creditbank_ledger::verify(there, &ledger(), |_| {}).await.unwrap();
        assert!(verified.is_clean(), "{verified:?}");
    }
}

/// An import that does not end is thrown away, and begun anew with another archive. While it arrives it is no export, and a
/// backup of its file is restored.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_begun_can_be_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let here = file(folder.path()).await;
    district(Arc::clone(&here)).await;
    let manifest = exported(&*here, &at("whole")).await;
    for there in [file(&at("whole")).await, creditbank_store::open(&fresh_database().await).await.unwrap()] {
        let (store, from) = (Arc::clone(&there), at("whole"));
        let killed = tokio::spawn(async move {
            import(store, &from, None, |progress| assert_ne!(progress.stage.as_str(), "requests", "killed"))
                .await
        });
        assert!(!matches!(killed.await, Ok(Ok(_))));
        let refused = export(&*there, &ledger(), &at("partial"), |_| {}).await.unwrap_err();
        assert!(matches!(refused, ArchiveError::Arriving(_)), "{refused}");
        std::fs::remove_dir(at("partial")).unwrap();
        discard(&*there, &ledger()).await.unwrap();
        assert!(there.ledgers().await.unwrap().is_empty());
        assert_eq!(import(Arc::clone(&there), &at("whole"), None, |_| {}).await.unwrap(), manifest);
        let refused = discard(&*there, &ledger()).await.unwrap_err();
        assert!(matches!(refused, ArchiveError::NotArriving(_)), "{refused}");
    }
}

/// An import that is given up while it runs ends, and never opens what was removed under it.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_given_up_while_it_runs_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let here = file(folder.path()).await;
    district(Arc::clone(&here)).await;
    exported(&*here, &whole).await;
    for there in [file(&whole).await, creditbank_store::open(&fresh_database().await).await.unwrap()] {
        for stage in ["events", "requests"] {
            let (came, comes) = std::sync::mpsc::channel();
            let (go, goes) = std::sync::mpsc::channel::<()>();
            let (store, from) = (Arc::clone(&there), whole.clone());
            let running = tokio::spawn(async move {
                let mut waits = true;
                let progress = move |progress: creditbank_archive::Progress| {
                    if progress.stage.as_str() == stage && std::mem::take(&mut waits) {
                        came.send(()).unwrap();
                        tokio::task::block_in_place(|| goes.recv().unwrap());
                    }
                };
                import(store, &from, None, progress).await
            });
            tokio::task::spawn_blocking(move || comes.recv().unwrap()).await.unwrap();
            discard(&*there, &ledger()).await.unwrap();
            go.send(()).unwrap();
            let ended = running.await.unwrap();
            assert!(ended.is_err(), "{stage}: {ended:?}");
            assert!(there.ledgers().await.unwrap().is_empty(), "{stage}");
        }
        import(Arc::clone(&there), &whole, None, |_| {}).await.unwrap();
        let verified = creditbank_ledger::verify(there, &ledger(), |_| {}).await.unwrap();
        assert!(verified.is_clean(), "{verified:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_ledger_that_arrives_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let store = file(folder.path()).await;
    district(Arc::clone(&store)).await;
    let town = LedgerId::parse("town").unwrap();
    store.create_ledger_as(&town, Standing::Arriving).await.unwrap();
    let (backup, restored) = (at("backup.db"), at("restored.db"));
    for (database, arguments) in [
        (at("ledger.db"), ["backup", backup.to_str().unwrap()]),
        (restored.clone(), ["restore", backup.to_str().unwrap()]),
    ] {
        let done = Program::run(&database, &arguments);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let found = Program::run(&restored, &["doctor", "--json"]);
    assert_eq!(found.status.code(), Some(3));
    let text = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(
        text.contains("ledger town is being imported") && text.contains("\"ledger\":\"district\""),
        "{text}"
    );
    let discarded = Program::run(&restored, &["ledgers", "discard", "--ledger", "town"]);
    assert!(discarded.status.success());
    assert!(Program::run(&restored, &["doctor"]).status.success());
}

/// An archive with something wrong is refused before anything is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_archive_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = file(folder.path()).await;
    district(Arc::clone(&here)).await;
    let whole = folder.path().join("whole");
    exported(&*here, &whole).await;
    let (events, requests) = ("events-000000000001.ndjson", "requests-000000000001.ndjson");
    let line = |bytes: &[u8], n: usize| -> std::ops::Range<usize> {
        let ends: Vec<usize> =
            bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
        ends[n - 1]..ends[n]
    };
    type Harm = (&'static str, &'static str, fn(&mut Vec<u8>, std::ops::Range<usize>));
    let harms: [Harm; 9] = [
        ("a bit is flipped", events, |bytes, line| bytes[line.start + 9] ^= 1),
        ("a line is missing", events, |bytes, line| drop(bytes.drain(line))),
        ("a line is there twice", events, |bytes, line| {
            let copy = bytes[line.clone()].to_vec();
            bytes.splice(line.start..line.start, copy);
        }),
        ("the end is missing", events, |bytes, _| bytes.truncate(bytes.len() - 7)),
        ("something stands behind the end", events, |bytes, _| bytes.extend_from_slice(b"{}\n")),
        ("a bit is flipped", requests, |bytes, line| bytes[line.end - 5] ^= 1),
        ("a line is missing", requests, |bytes, line| drop(bytes.drain(line))),
        ("another number of events", MANIFEST, |bytes, _| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replacen("\"events\": ", "\"events\": 1", 1).into_bytes();
        }),
        ("no manifest", MANIFEST, |bytes, _| bytes.clear()),
    ];
    for (what, name, harm) in harms {
        let copy = tempfile::tempdir().unwrap();
        for (name, bytes) in files(&whole) {
            std::fs::write(copy.path().join(name), bytes).unwrap();
        }
        let path = copy.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = line(&bytes, 3);
        harm(&mut bytes, at);
        std::fs::write(&path, bytes).unwrap();
        let store = file(copy.path()).await;
        let refused = import(Arc::clone(&store), copy.path(), None, |_| {}).await;
        assert!(matches!(refused, Err(ArchiveError::NotWhole { .. })), "{name}: {what}: {refused:?}");
        assert!(store.ledgers().await.unwrap().is_empty(), "{name}: {what}");
    }
    // Requests that do not cover the events, or are none, though the files are what the manifest says.
    type Forge = (&'static str, fn(&str) -> String);
    let forges: [Forge; 4] = [
        ("a request is missing", |text| text.split_once('\n').unwrap().1.to_owned()),
        ("a request takes another's event", |text| {
            text.replacen("\"position\":200,", "\"position\":201,", 1)
        }),
        ("an empty poster", |text| text.replacen("{\"request_id\"", "{\"poster\":\"\",\"request_id\"", 1)),
        ("no request id", |text| text.replacen("\"request_id\":\"", "\"request_id\":\"\\u0000", 1)),
    ];
    for (what, forge) in forges {
        let copy = tempfile::tempdir().unwrap();
        for (name, bytes) in files(&whole) {
            std::fs::write(copy.path().join(name), bytes).unwrap();
        }
        let text = std::fs::read_to_string(whole.join(requests)).unwrap();
        let forged = forge(&text);
        assert!(text != forged, "{what}");
        let digest = |text: &str| ledger_core::entry::Digest32::of(text.as_bytes()).to_string();
        let mut manifest = std::fs::read_to_string(whole.join(MANIFEST)).unwrap();
        manifest = manifest.replace(&digest(&text), &digest(&forged));
        if forged.lines().count() < text.lines().count() {
            let lines = text.lines().count();
            manifest =
                manifest.replace(&format!("\"requests\": {lines}"), &format!("\"requests\": {}", lines - 1));
            manifest = manifest.replace(&format!("\"lines\": {lines}"), &format!("\"lines\": {}", lines - 1));
        }
        std::fs::write(copy.path().join(requests), forged).unwrap();
        std::fs::write(copy.path().join(MANIFEST), manifest).unwrap();
        let store = file(copy.path()).await;
        let refused = import(Arc::clone(&store), copy.path(), None, |_| {}).await;
        assert!(
            matches!(&refused, Err(ArchiveError::NotWhole { file, .. }) if file == "requests"),
            "{what}: {refused:?}"
        );
        assert!(store.ledgers().await.unwrap().is_empty(), "{what}");
    }
    // Also where every file of events is what a forged manifest says: the tree has another leaf.
    let mut log = std::fs::read(whole.join(events)).unwrap();
    let at = line(&log, 300);
    let forged = String::from_utf8(log[at.clone()].to_vec()).unwrap().replace("school", "schooi");
    log.splice(at, forged.into_bytes());
    let before = ledger_core::entry::Digest32::of(&std::fs::read(whole.join(events)).unwrap()).to_string();
    let after = ledger_core::entry::Digest32::of(&log).to_string();
    std::fs::write(whole.join(events), log).unwrap();
    let manifest = std::fs::read_to_string(whole.join(MANIFEST)).unwrap().replace(&before, &after);
    std::fs::write(whole.join(MANIFEST), manifest).unwrap();
    let target = tempfile::tempdir().unwrap();
    let refused = import(file(target.path()).await, &whole, None, |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("event 301"), "{refused}");
}

/// The commands of the guide.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_moves_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("moving");
    let archive = archive.to_str().unwrap();
    let here = folder.path().join("ledger.db");
    district(file(folder.path()).await).await;
    let ok = |output: std::process::Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    ok(Program::run(&here, &["export", archive, "--seal"]));
    let url = fresh_database().await;
    let imported = ok(Program::run_url(&url, &["import", archive, "--json"]));
    let imported: serde_json::Value = serde_json::from_str(&imported).unwrap();
    assert!(imported["events"].as_u64().unwrap() > 400);
    let ledgers: serde_json::Value =
        serde_json::from_str(&ok(Program::run(&here, &["ledgers", "--json"]))).unwrap();
    assert_eq!(ledgers[0]["state"], "LEDGER_SEALED");
    let balance = ["balance", "residents/r0001", "--json"];
    assert_eq!(ok(Program::run(&here, &balance)), ok(Program::run_url(&url, &balance)));
    ok(Program::run_url(&url, &["ledgers", "quota", "1000"]));
    let listed: serde_json::Value =
        serde_json::from_str(&ok(Program::run_url(&url, &["ledgers", "list", "--json"]))).unwrap();
    assert_eq!(
        (&listed[0]["state"], listed[0]["event_quota"].as_u64()),
        (&"LEDGER_OPEN".into(), Some(1_000))
    );
    ok(Program::run_url(&url, &["verify"]));
    let again = Program::run_url(&url, &["import", archive]);
    assert_eq!(again.status.code(), Some(1), "{}", String::from_utf8_lossy(&again.stderr));
    assert!(String::from_utf8_lossy(&again.stderr).contains("LEDGER_EXISTS"));
}
