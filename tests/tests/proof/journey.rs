//! Checkpoints and proofs over gRPC, on every store.

use crate::world::{
    checkpoint, district, file, hashes, ledger, post, signing_bank, signing_bank_that_remembers,
};
use creditbank_grpc::proto;
use creditbank_ledger::{Finding, TreeDifference};
use creditbank_store::MemoryStore;
use creditbank_tests::postgres::fresh_database;
use creditbank_tests::{Clients, LEDGER, name, reason};
use ledger_core::merkle::{TileId, leaf_hash, verify_consistency, verify_inclusion};
use ledger_core::ports::Store;
use ledger_core::quantity::Position;
use std::sync::Arc;
use std::time::Duration;

/// Longer than a checkpoint is given again.
const A_SECOND: Duration = Duration::from_millis(1_100);

async fn consistency(clients: &Clients, old: u64, new: u64) -> Vec<[u8; 32]> {
    let request = proto::GetConsistencyProofRequest { name: LEDGER.to_owned(), old_size: old, size: new };
    let answer = clients.proofs.clone().get_consistency_proof(request).await.unwrap().into_inner();
    assert_eq!(answer.size, new);
    hashes(&answer.path)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_is_proven_in_every_checkpoint_and_each_begins_with_those_before_on_every_store() {
    let folder = tempfile::tempdir().unwrap();
    let stores: Vec<Arc<dyn Store>> = vec![
        Arc::new(MemoryStore::default()),
        file(&folder.path().join("ledger.db")).await,
        creditbank_store::open(&fresh_database().await).await.unwrap(),
    ];
    for store in stores {
        let (bank, log) = signing_bank(Arc::clone(&store), folder.path()).await;
        let clients = district(&bank).await;
        let mut signed = vec![checkpoint(&clients, &log).await];
        for count in [1, 150, 450] {
            post(&clients, count).await;
            tokio::time::sleep(A_SECOND).await;
            signed.push(checkpoint(&clients, &log).await);
        }
        let last = signed.last().unwrap();
        assert_eq!(last.size, store.head(&ledger()).await.unwrap().position.0);
        for old in &signed {
            for new in signed.iter().filter(|new| new.size >= old.size) {
                let proof = consistency(&clients, old.size, new.size).await;
                verify_consistency((old.size, &old.root), (new.size, &new.root), &proof).unwrap();
            }
        }
        let entries = store.read_events(&ledger(), Position(signed[0].size + 1), u32::MAX).await.unwrap();
        for event in entries.iter().step_by(37).chain(entries.last()) {
            for checkpoint in signed.iter().filter(|checkpoint| checkpoint.size >= event.position.0) {
                let request = proto::GetInclusionProofRequest {
                    name: name(&format!("entries/{}", event.position)),
                    size: checkpoint.size,
                };
                let proof = clients.proofs.clone().get_inclusion_proof(request).await.unwrap().into_inner();
                let leaf = leaf_hash(&event.bytes);
                assert_eq!((proof.event.as_bytes(), &proof.leaf_hash[..]), (&event.bytes[..], &leaf[..]));
                let path = hashes(&proof.path);
                verify_inclusion(&leaf, proof.index, proof.size, &path, &checkpoint.root).unwrap();
            }
        }
    }
}

/// A file of an earlier version has no tree: it is brought up to the log when it is next served, to the same root.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_written_without_its_tree_gets_the_same_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let store = file(&path).await;
    let (bank, log) = signing_bank(Arc::clone(&store), folder.path()).await;
    let clients = district(&bank).await;
    post(&clients, 5_000).await;
    let before = checkpoint(&clients, &log).await;
    bank.shut_down().await;
    let url = format!("sqlite://{}", path.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::raw_sql("update ledger_head set tree = null; delete from tile; delete from checkpoint")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let (bank, log) = signing_bank(file(&path).await, folder.path()).await;
    let clients = Clients::of(&bank).await;
    assert_eq!(checkpoint(&clients, &log).await, before);
    // And the writer goes on with it.
    post(&clients, 300).await;
    tokio::time::sleep(A_SECOND).await;
    let after = checkpoint(&clients, &log).await;
    assert_eq!(after.size, before.size + 300);
    let proof = consistency(&clients, before.size, after.size).await;
    verify_consistency((before.size, &before.root), (after.size, &after.root), &proof).unwrap();
}

/// What stands in the store is read back before it is signed: an event that was changed behind the program's back, or one
/// that was signed before and changed since, is not signed.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_the_one_that_was_written_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (bank, log) = signing_bank(file(&path).await, folder.path()).await;
    let clients = district(&bank).await;
    post(&clients, 20).await;
    let before = checkpoint(&clients, &log).await;
    post(&clients, 20).await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let at = i64::try_from(before.size + 5).unwrap();
    let changed =
        sqlx::query("update event set body = replace(body, 'lecture', 'lectures') where position = ?")
            .bind(at)
            .execute(&pool)
            .await
            .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    tokio::time::sleep(A_SECOND).await;
    let request = proto::GetCheckpointRequest { name: LEDGER.to_owned() };
    let refused = clients.proofs.clone().get_checkpoint(request).await.unwrap_err();
    assert_eq!(reason(&refused), "LEDGER_DAMAGED");
}

/// Tiles are made anew from the log: `verify` finds what differs, and `rebuild` mends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_tile_that_was_harmed_is_found_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let store = file(&path).await;
    let (bank, log) = signing_bank(Arc::clone(&store), folder.path()).await;
    let clients = district(&bank).await;
    post(&clients, 1_000).await;
    let before = checkpoint(&clients, &log).await;
    let findings = async || {
        let found = creditbank_ledger::verify(Arc::clone(&store), &ledger(), |_| {}).await.unwrap();
        found.findings
    };
    assert_eq!(findings().await, []);
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let harm = "update tile set hashes = zeroblob(8192) where level = 0 and number = 1; delete from tile where level = 1";
    sqlx::raw_sql(harm).execute(&pool).await.unwrap();
    let mut edge = store.frontier(&ledger()).await.unwrap().to_bytes();
    edge[8] ^= 1;
    sqlx::query("update ledger_head set tree = ?").bind(edge).execute(&pool).await.unwrap();
    let tile = |level, number| Finding::TreeDiffers(TreeDifference::Tile(TileId { level, number }));
    let edge = Finding::TreeDiffers(TreeDifference::Edge(before.size));
    assert_eq!(findings().await, [tile(0, 1), tile(1, 0), edge]);
    assert_eq!(creditbank_ledger::mend_tree(&*store, &ledger()).await.unwrap(), 3);
    assert_eq!(findings().await, []);
    let proof = consistency(&clients, 300, before.size).await;
    assert!(!proof.is_empty());
    post(&clients, 300).await;
    tokio::time::sleep(A_SECOND).await;
    let after = checkpoint(&clients, &log).await;
    let proof = consistency(&clients, before.size, after.size).await;
    verify_consistency((before.size, &before.root), (after.size, &after.root), &proof).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_signs_no_second_history_after_its_database_was_laid_anew() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let (bank, log) = signing_bank_that_remembers(store, folder.path(), "memory").await;
        (district(&bank).await, log)
    };
    let (first, log) = open().await;
    post(&first, 5).await;
    let signed = checkpoint(&first, &log).await;

    let (second, _) = open().await;
    let refused = async || {
        let request = proto::GetCheckpointRequest { name: LEDGER.to_owned() };
        second.proofs.clone().get_checkpoint(request).await.unwrap_err()
    };
    assert_eq!(reason(&refused().await), "LEDGER_DAMAGED", "it has fewer events than were signed");
    // Each posting is on a day of its own: this is another history of the same length and longer.
    post(&second, 5).await;
    assert_eq!(reason(&refused().await), "LEDGER_DAMAGED", "{} other events", signed.size);
    post(&second, 5).await;
    assert_eq!(reason(&refused().await), "LEDGER_DAMAGED");

    post(&first, 1).await;
    tokio::time::sleep(A_SECOND).await;
    assert_eq!(checkpoint(&first, &log).await.size, signed.size + 1, "the first goes on");
}

/// A machine that does not know of it signed another history further: the one that knows still refuses.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_machine_remembers_is_not_overruled_by_what_another_signed_since() {
    let folder = tempfile::tempdir().unwrap();
    let first: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let (bank, log) = signing_bank_that_remembers(first, folder.path(), "one").await;
    let clients = district(&bank).await;
    post(&clients, 5).await;
    let signed = checkpoint(&clients, &log).await;

    let second: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let (bank, _) = signing_bank_that_remembers(Arc::clone(&second), folder.path(), "another").await;
    let clients = district(&bank).await;
    post(&clients, 9).await;
    assert!(checkpoint(&clients, &log).await.size > signed.size);
    bank.shut_down().await;

    let (bank, _) = signing_bank_that_remembers(second, folder.path(), "one").await;
    let clients = Clients::of(&bank).await;
    for _ in 0..2 {
        let request = proto::GetCheckpointRequest { name: LEDGER.to_owned() };
        let refused = clients.proofs.clone().get_checkpoint(request).await.unwrap_err();
        assert_eq!(reason(&refused), "LEDGER_DAMAGED");
        let request = proto::GetStatusListRequest { parent: LEDGER.to_owned(), ..Default::default() };
        let refused = clients.badges.clone().get_status_list(request).await.unwrap_err();
        assert_eq!(reason(&refused), "LEDGER_DAMAGED");
    }
}
