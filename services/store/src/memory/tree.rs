//! The trees of ledgers.

use super::MemoryStore;
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::merkle::{CheckpointKind, Frontier, Growth, KeptCheckpoint, Tile, TileId, TreeStore};
use ledger_core::ports::StoreError;
use std::collections::BTreeMap;

/// What is kept of one.
#[derive(Default)]
pub(super) struct Kept {
    frontier: Frontier,
    tiles: BTreeMap<TileId, Vec<u8>>,
    checkpoints: BTreeMap<CheckpointKind, KeptCheckpoint>,
}

impl Kept {
    pub(super) fn take(&mut self, growth: Growth) {
        self.frontier = growth.to;
        for Tile { id, hashes } in growth.tiles {
            let kept = self.tiles.entry(id).or_default();
            // A tile only grows.
            if kept.len() <= hashes.len() {
                *kept = hashes;
            }
        }
    }
}

#[async_trait]
impl TreeStore for MemoryStore {
    async fn frontier(&self, ledger: &LedgerId) -> Result<Frontier, StoreError> {
        Ok(self.ledger(ledger).await?.tree.frontier.clone())
    }

    async fn tiles(&self, ledger: &LedgerId, ids: &[TileId]) -> Result<Vec<Tile>, StoreError> {
        let ledger = self.ledger(ledger).await?;
        let find = |id: &TileId| Some(Tile { id: *id, hashes: ledger.tree.tiles.get(id)?.clone() });
        Ok(ids.iter().filter_map(find).collect())
    }

    async fn grow_tree(&self, ledger: &LedgerId, growth: Growth) -> Result<(), StoreError> {
        let mut ledger = self.ledger(ledger).await?;
        if ledger.tree.frontier != growth.from {
            return Err(StoreError::Superseded);
        }
        ledger.tree.take(growth);
        Ok(())
    }

    async fn checkpoint(
        &self,
        ledger: &LedgerId,
        kind: CheckpointKind,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        Ok(self.ledger(ledger).await?.tree.checkpoints.get(&kind).cloned())
    }

    async fn keep_checkpoint(
        &self,
        ledger: &LedgerId,
        kind: CheckpointKind,
        from: u64,
        kept: KeptCheckpoint,
    ) -> Result<(), StoreError> {
        let mut ledger = self.ledger(ledger).await?;
        let before = ledger.tree.checkpoints.get(&kind);
        if before.is_some_and(|before| before.frontier.size() != from) {
            return Err(StoreError::Superseded);
        }
        ledger.tree.checkpoints.insert(kind, kept);
        Ok(())
    }
}
