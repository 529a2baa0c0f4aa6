//! A ledger that signs its checkpoints.

use creditbank_grpc::proto;
use creditbank_ledger::{Bank, Limits};
use creditbank_proof::{Checkpoint, CheckpointKey, Signed, Verifier};
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, LEDGER, june_first_2026, lecture, still};
use ledger_core::id::LedgerId;
use ledger_core::merkle::Hash;
use ledger_core::ports::Store;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Residents of the district.
pub const RESIDENTS: usize = 40;

pub fn ledger() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

pub async fn file(path: &Path) -> Arc<dyn Store> {
    let url = format!("sqlite://{}", path.display());
    Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap())
}

/// A bank whose key is in a file of a folder, made where it is not there yet; and the public key of the district.
/// It remembers nothing of what others have signed with it: so can whoever keeps the key.
pub async fn signing_bank(store: Arc<dyn Store>, folder: &Path) -> (Arc<Bank>, Verifier) {
    static FORGETFUL: AtomicUsize = AtomicUsize::new(0);
    let memory = format!("forgetful-{}", FORGETFUL.fetch_add(1, Ordering::Relaxed));
    signing_bank_that_remembers(store, folder, &memory).await
}

/// The same, which remembers in a file of the folder what it signed.
pub async fn signing_bank_that_remembers(
    store: Arc<dyn Store>,
    folder: &Path,
    memory: &str,
) -> (Arc<Bank>, Verifier) {
    let path = folder.join("checkpoint.key");
    let key = CheckpointKey::read(&path).or_else(|_| CheckpointKey::init("example.org", &path)).unwrap();
    let log = Verifier::parse(&key.vkey(&ledger())).unwrap();
    // A ledger that is there already is the one that is opened.
    drop(creditbank_tests::bank_on(Arc::clone(&store)).await);
    let bank = Bank::new(store, still(june_first_2026()), Limits::default())
        .with_checkpoint_key(key, &folder.join(memory));
    (Arc::new(bank), log)
}

/// Lectures that were posted in this process: each is on a day of its own.
static POSTED: AtomicUsize = AtomicUsize::new(0);

/// Posts so many lectures, a hundred a call.
pub async fn post(clients: &Clients, count: usize) {
    let first = POSTED.fetch_add(count, Ordering::Relaxed);
    let all: Vec<_> = (first..first + count)
        .map(|n| {
            let day = format!("20{:02}-{:02}-{:02}", 10 + n / 6_720 % 16, n / 560 % 12 + 1, n / 20 % 28 + 1);
            lecture(n % RESIDENTS + 1, &day)
        })
        .collect();
    for requests in all.chunks(100) {
        let batch = proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: requests.to_vec(),
            ..Default::default()
        };
        let verdicts = clients.ledger.clone().batch_post_entries(batch).await.unwrap().into_inner().verdicts;
        let refused = verdicts.iter().find_map(|verdict| verdict.error.as_ref());
        assert!(refused.is_none(), "{refused:?}");
    }
}

pub async fn district(bank: &Arc<Bank>) -> Clients {
    let clients = Clients::of(bank).await;
    District::build(&clients, RESIDENTS).await;
    clients
}

/// The newest checkpoint, believed only because its key has signed it.
pub async fn checkpoint(clients: &Clients, log: &Verifier) -> Checkpoint {
    let request = proto::GetCheckpointRequest { name: LEDGER.to_owned() };
    let answer = clients.proofs.clone().get_checkpoint(request).await.unwrap().into_inner();
    let signed = Signed::parse(&answer.checkpoint).unwrap();
    let checkpoint = signed.verify(log).unwrap().clone();
    assert_eq!((checkpoint.size, checkpoint.root.to_vec()), (answer.size, answer.root));
    checkpoint
}

pub fn hashes(path: &[Vec<u8>]) -> Vec<Hash> {
    path.iter().map(|hash| hash.as_slice().try_into().unwrap()).collect()
}
