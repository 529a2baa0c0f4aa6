//! Witnesses: what a log has grown to is cosigned, and nothing else, whatever who keeps the log may do.

use crate::world::{checkpoint, district, hashes, ledger, post, signing_bank};
use creditbank_grpc::proto;
use creditbank_ledger::Bank;
use creditbank_proof::{Signed, Verifier, WitnessKey};
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, LEDGER};
use creditbank_witness::{AddCheckpoint, Gatherer, Rejected, Witness, WitnessAddress};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// A witness of a log, and its public key. Opened again on the same folder it remembers.
fn witness(folder: &Path, log: &Verifier) -> (Witness, Verifier) {
    let path = folder.join("witness.key");
    let key = WitnessKey::read(&path).or_else(|_| WitnessKey::init("library.example.org", &path)).unwrap();
    let verifier = Verifier::parse(&key.vkey()).unwrap();
    (Witness::open(key, vec![log.clone()], &folder.join("seen")).unwrap(), verifier)
}

async fn grown(clients: &Clients, log: &Verifier, by: usize) -> String {
    post(clients, by).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    checkpoint(clients, log).await;
    let request = proto::GetCheckpointRequest { name: LEDGER.to_owned() };
    clients.proofs.clone().get_checkpoint(request).await.unwrap().into_inner().checkpoint
}

fn size(note: &str) -> u64 {
    Signed::parse(note).unwrap().unverified().size
}

async fn asked(clients: &Clients, old_size: u64, note: &str) -> AddCheckpoint {
    let request = proto::GetConsistencyProofRequest { name: LEDGER.to_owned(), old_size, size: size(note) };
    let proof = clients.proofs.clone().get_consistency_proof(request).await.unwrap().into_inner().path;
    AddCheckpoint { old_size, proof: hashes(&proof), note: note.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_cosigns_growth_and_refuses_rollback_and_a_split_view() {
    let folder = tempfile::tempdir().unwrap();
    let (bank, log) = signing_bank(Arc::new(MemoryStore::default()), folder.path()).await;
    let clients = district(&bank).await;
    let notes =
        [grown(&clients, &log, 1).await, grown(&clients, &log, 300).await, grown(&clients, &log, 40).await];
    // The same key signs another log of the same name: a second database, served to somebody else.
    let (other_bank, _) = signing_bank(Arc::new(MemoryStore::default()), folder.path()).await;
    let other = district(&other_bank).await;
    let split = grown(&other, &log, 301).await;
    assert_eq!(size(&split), size(&notes[1]), "another log of the same size");
    let split_later = grown(&other, &log, 100).await;

    let (first, by) = witness(folder.path(), &log);
    let add = |witness: &Witness, asked: &AddCheckpoint| witness.add_checkpoint(&asked.to_text()).unwrap();
    let cosigned = |line: Result<String, Rejected>, note: &str| {
        let joined = creditbank_proof::join_signatures(note, &line.unwrap()).unwrap();
        Signed::parse(&joined).unwrap().cosigned_at(&by).unwrap()
    };
    let sizes = notes.each_ref().map(|note| size(note));
    assert!(cosigned(add(&first, &asked(&clients, 0, &notes[0]).await), &notes[0]) > 1_700_000_000);
    cosigned(add(&first, &asked(&clients, sizes[0], &notes[1]).await), &notes[1]);
    // Again is no growth, and no harm.
    cosigned(add(&first, &asked(&clients, sizes[1], &notes[1]).await), &notes[1]);

    // Also by a witness that was started anew.
    let (again, _) = witness(folder.path(), &log);
    for witness in [first, again] {
        let rollback = asked(&clients, 0, &notes[0]).await;
        assert_eq!(add(&witness, &rollback), Err(Rejected::OtherSize(sizes[1])), "rollback");
        let rollback = AddCheckpoint { old_size: sizes[1], ..rollback };
        assert_eq!(add(&witness, &rollback), Err(Rejected::Malformed), "rollback");
        let view = asked(&other, sizes[1], &split).await;
        let refused = add(&witness, &view).unwrap_err();
        assert_eq!((refused.status(), &refused), (409, &Rejected::Split(sizes[1])), "split view");
        let view = asked(&other, sizes[1], &split_later).await;
        assert_eq!(add(&witness, &view), Err(Rejected::Inconsistent), "split view that has grown");
        let view = AddCheckpoint { proof: asked(&clients, sizes[1], &notes[2]).await.proof, ..view };
        assert_eq!(add(&witness, &view), Err(Rejected::Inconsistent), "with the honest log's proof");
        let mut extra = asked(&clients, sizes[1], &notes[2]).await;
        extra.proof.push([7; 32]);
        assert_eq!(add(&witness, &extra), Err(Rejected::Inconsistent), "an extra node");
        let unproven = AddCheckpoint { proof: vec![], ..extra };
        assert_eq!(add(&witness, &unproven), Err(Rejected::Inconsistent), "no proof");
        let forged =
            AddCheckpoint { note: notes[2].replacen("— creditbank", "— creditbanc", 1), ..unproven };
        assert_eq!(add(&witness, &forged), Err(Rejected::NotSigned), "not signed by the log");
        let unknown = AddCheckpoint { note: notes[2].replacen("/district\n", "/other\n", 1), ..forged };
        assert_eq!(add(&witness, &unknown), Err(Rejected::UnknownLog), "another log");
        assert_eq!(witness.add_checkpoint("old 0\n\n").unwrap(), Err(Rejected::Malformed));
    }
    let (last, _) = witness(folder.path(), &log);
    cosigned(add(&last, &asked(&clients, sizes[1], &notes[2]).await), &notes[2]);
    // Whoever takes the note out of its file is noticed.
    for entry in std::fs::read_dir(folder.path().join("seen")).unwrap() {
        std::fs::write(entry.unwrap().path(), "nothing\n").unwrap();
    }
    let key = WitnessKey::read(&folder.path().join("witness.key")).unwrap();
    assert!(Witness::open(key, vec![log], &folder.path().join("seen")).is_err());
}

async fn listen(witness: Witness) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, witness.routes()).await });
    url
}

async fn witnessed(clients: &Clients) -> String {
    let request = proto::GetCheckpointRequest { name: LEDGER.to_owned() };
    clients.proofs.clone().get_checkpoint(request).await.unwrap().into_inner().witnessed_checkpoint
}

async fn show(gatherer: &Gatherer, bank: &Bank) {
    gatherer.show(&bank.ledger(&ledger()).await.unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cosignatures_are_gathered_over_http_and_a_witness_that_is_gone_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let (bank, log) = signing_bank(Arc::new(MemoryStore::default()), folder.path()).await;
    let clients = district(&bank).await;
    grown(&clients, &log, 300).await;
    let (watching, by) = witness(folder.path(), &log);
    let vkey = WitnessKey::read(&folder.path().join("witness.key")).unwrap().vkey();
    let url = listen(watching).await;
    let gone = WitnessKey::init("gone.example.org", &folder.path().join("gone.key")).unwrap().vkey();
    let addresses = [format!("{url}={vkey}"), format!("http://127.0.0.1:1={gone}")];
    let addresses = || addresses.iter().map(|text| WitnessAddress::parse(text).unwrap()).collect();
    let gatherer = Gatherer::new(addresses());
    assert_eq!(witnessed(&clients).await, "");
    show(&gatherer, &bank).await;
    let first = Signed::parse(&witnessed(&clients).await).unwrap();
    first.cosigned_at(&by).unwrap();
    let of = first.verify(&log).unwrap().size;

    grown(&clients, &log, 50).await;
    // One that was started anew does not know what the witness knows, and is told.
    let gatherer = Gatherer::new(addresses());
    show(&gatherer, &bank).await;
    let second = Signed::parse(&witnessed(&clients).await).unwrap();
    second.cosigned_at(&by).unwrap();
    assert_eq!(second.verify(&log).unwrap().size, of + 50);

    // A second log under the same key gets no cosignature of the witness that has seen the first.
    let (other_bank, _) = signing_bank(Arc::new(MemoryStore::default()), folder.path()).await;
    let other = district(&other_bank).await;
    grown(&other, &log, 400).await;
    show(&Gatherer::new(addresses()), &other_bank).await;
    assert_eq!(witnessed(&other).await, "");
    for wrong in ["", "http://a", "https://a=b", "ftp://127.0.0.1=x", "http://127.0.0.1:1=nokey"] {
        assert!(WitnessAddress::parse(wrong).is_err(), "{wrong}");
    }
}

/// Three that take the call and say nothing are waited for at once, not one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn witnesses_that_do_not_answer_are_waited_for_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (bank, log) = signing_bank(Arc::new(MemoryStore::default()), folder.path()).await;
    let clients = district(&bank).await;
    let (watching, by) = witness(folder.path(), &log);
    let vkey = WitnessKey::read(&folder.path().join("witness.key")).unwrap().vkey();
    let mut addresses = Vec::new();
    let mut silent = Vec::new();
    for n in 0..3 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let path = folder.path().join(format!("silent-{n}.key"));
        let key = WitnessKey::init(&format!("silent-{n}.example.org"), &path).unwrap().vkey();
        let text = format!("http://{}={key}", listener.local_addr().unwrap());
        addresses.push(WitnessAddress::parse(&text).unwrap());
        silent.push(listener);
    }
    addresses.push(WitnessAddress::parse(&format!("{}={vkey}", listen(watching).await)).unwrap());
    let began = std::time::Instant::now();
    show(&Gatherer::new(addresses), &bank).await;
    // Each is given five seconds.
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    Signed::parse(&witnessed(&clients).await).unwrap().cosigned_at(&by).unwrap();
}

/// Witnesses are slow and somebody asks meanwhile: what they said of the earlier checkpoint is kept all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_cosignature_is_kept_though_a_later_checkpoint_was_signed_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (bank, log) = signing_bank(Arc::new(MemoryStore::default()), folder.path()).await;
    let clients = district(&bank).await;
    let held = bank.ledger(&ledger()).await.unwrap();
    let shown = held.checkpoint().await.unwrap();
    let (witness, by) = witness(folder.path(), &log);
    let line = witness.add_checkpoint(&asked(&clients, 0, &shown.note).await.to_text()).unwrap().unwrap();
    let cosigned = creditbank_proof::join_signatures(&shown.note, &line).unwrap();

    let later = grown(&clients, &log, 3).await;
    assert!(size(&later) > shown.size);
    held.keep_witnessed(&shown, cosigned.clone()).await.unwrap();
    let kept = witnessed(&clients).await;
    assert_eq!(size(&kept), shown.size);
    assert!(Signed::parse(&kept).unwrap().cosigned_at(&by).is_ok());

    // An older one than is kept is left out.
    let newest = held.checkpoint().await.unwrap();
    held.keep_witnessed(&newest, newest.note.clone()).await.unwrap();
    held.keep_witnessed(&shown, cosigned).await.unwrap();
    assert_eq!(size(&witnessed(&clients).await), newest.size);
}
