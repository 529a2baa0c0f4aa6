//! Proofs that cannot be given.

use creditbank_grpc::proto;
use creditbank_ledger::{Bank, Limits};
use creditbank_proof::CheckpointKey;
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, june_first_2026, lecture, name, reason, still};
use ledger_core::Reason;
use ledger_core::ports::Store;
use std::sync::Arc;
use tonic::Status;

/// Reasons that only a program without a key gives.
pub const REASONS: [Reason; 1] = [Reason::CheckpointsClosed];

/// A small district whose checkpoints are signed, its last position, and the folder of its key.
async fn signing() -> (Clients, u64, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let key = CheckpointKey::init("example.org", &file).unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    drop(bank_on(Arc::clone(&store)).await);
    let bank = Bank::new(store, still(june_first_2026()), Limits::default()).with_checkpoint_key(key, &file);
    let clients = Clients::of(&Arc::new(bank)).await;
    District::build(&clients, 3).await;
    let posted = clients.ledger.clone().post_entry(lecture(1, "2026-03-01")).await.unwrap();
    (clients, posted.into_inner().position, folder)
}

fn told<T>(answer: Result<T, Status>) -> String {
    answer.err().map(|status| reason(&status)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_proven_is_refused_with_its_reason() {
    let (clients, head, _folder) = signing().await;
    let inclusion = async |path: &str, size: u64| {
        let request = proto::GetInclusionProofRequest { name: name(path), size };
        told(clients.proofs.clone().get_inclusion_proof(request).await)
    };
    assert_eq!(inclusion("entries/99999", 0).await, "EVENT_NOT_FOUND");
    assert_eq!(inclusion("entries/1", 0).await, "ENTRY_NOT_FOUND");
    assert_eq!(inclusion("entries/0", 0).await, "EVENT_NOT_FOUND");
    assert_eq!(inclusion("entries/x", 0).await, "RESOURCE_NAME_INVALID");
    assert_eq!(inclusion(&format!("entries/{head}"), head + 1).await, "NOT_YET_APPLIED");
    assert_eq!(inclusion(&format!("entries/{head}"), head - 1).await, "FIELD_INVALID");
    assert_eq!(inclusion(&format!("entries/{head}"), head).await, "");
    let consistency = async |old_size, size| {
        let request = proto::GetConsistencyProofRequest { name: LEDGER.to_owned(), old_size, size };
        told(clients.proofs.clone().get_consistency_proof(request).await)
    };
    assert_eq!(consistency(2, head + 1).await, "NOT_YET_APPLIED");
    assert_eq!(consistency(u64::MAX, u64::MAX).await, "NOT_YET_APPLIED");
    assert_eq!(consistency(3, 2).await, "FIELD_INVALID");
    let statement = async |name: String, size, page_token: &str| {
        let page_token = page_token.to_owned();
        let request = proto::GetProvenStatementRequest { name, size, page_size: 0, page_token };
        told(clients.proofs.clone().get_proven_statement(request).await)
    };
    assert_eq!(statement(name("organizations/school"), 0, "").await, "FIELD_INVALID");
    assert_eq!(statement(name("residents/nobody"), 0, "").await, "RESIDENT_NOT_FOUND");
    assert_eq!(statement(LEDGER.to_owned(), 0, "").await, "RESOURCE_NAME_INVALID");
    assert_eq!(statement(name("residents/r0001"), head + 1, "").await, "NOT_YET_APPLIED");
    assert_eq!(statement(name("residents/r0001"), 0, "x").await, "PAGE_TOKEN_INVALID");
    for wrong in ["", "ledgers/", "ledgers/nowhere", "district"] {
        let request = proto::GetCheckpointRequest { name: wrong.to_owned() };
        assert_ne!(told(clients.proofs.clone().get_checkpoint(request).await), "", "{wrong}");
    }
}

/// A program without a key proves, and signs nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_no_checkpoint_is_signed() {
    let clients = Clients::of(&bank_on(Arc::new(MemoryStore::default())).await).await;
    District::build(&clients, 3).await;
    let posted = clients.ledger.clone().post_entry(lecture(1, "2026-03-01")).await.unwrap().into_inner();
    let request = proto::GetCheckpointRequest { name: LEDGER.to_owned() };
    assert_eq!(told(clients.proofs.clone().get_checkpoint(request).await), "CHECKPOINTS_CLOSED");
    let request = proto::GetProvenStatementRequest { name: name("residents/r0001"), ..Default::default() };
    assert_eq!(told(clients.proofs.clone().get_proven_statement(request).await), "CHECKPOINTS_CLOSED");
    let entry = name(&format!("entries/{}", posted.position));
    let request = proto::GetInclusionProofRequest { name: entry, size: 0 };
    assert_eq!(told(clients.proofs.clone().get_inclusion_proof(request).await), "");
}
