//! The trees of ledgers: edges beside the heads, tiles, checkpoints.

use super::error::before_commit;
use super::script::Script;
use super::sql::{self, SIZES, padded_size};
use super::{SqliteStore, append};
use crate::row::{self, checkpoint_kind_value, tile_number_value};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::merkle::{CheckpointKind, Frontier, Growth, KeptCheckpoint, Tile, TileId, TreeStore};
use ledger_core::ports::StoreError;

#[async_trait]
impl TreeStore for SqliteStore {
    async fn frontier(&self, ledger: &LedgerId) -> Result<Frontier, StoreError> {
        let row = sqlx::query(sql::FRONTIER).bind(ledger.as_str()).fetch_optional(&self.readers).await;
        row::frontier(&row.map_err(before_commit)?.ok_or(StoreError::NoLedger)?)
    }

    async fn tiles(&self, ledger: &LedgerId, ids: &[TileId]) -> Result<Vec<Tile>, StoreError> {
        let mut tiles = Vec::with_capacity(ids.len());
        let mut rest = ids;
        while !rest.is_empty() {
            let index = padded_size(rest.len());
            let (rows, behind) = rest.split_at(rest.len().min(SIZES[index]));
            rest = behind;
            let mut query = sqlx::query(sql::TILES.at(index));
            for id in rows {
                query = query.bind(id.level).bind(tile_number_value(*id)?);
            }
            for _ in rows.len()..SIZES[index] {
                query = query.bind(-1).bind(-1);
            }
            let found = query.bind(ledger.as_str()).fetch_all(&self.readers).await.map_err(before_commit)?;
            for row in &found {
                tiles.push(row::tile(row)?);
            }
        }
        Ok(tiles)
    }

    async fn grow_tree(&self, ledger: &LedgerId, growth: Growth) -> Result<(), StoreError> {
        let mut script = Script::new(ledger);
        script.lock();
        script.grow_tree(growth)?;
        script.commit();
        append::run(&self.writer, script).await
    }

    async fn checkpoint(
        &self,
        ledger: &LedgerId,
        kind: CheckpointKind,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        let row = sqlx::query(sql::CHECKPOINT)
            .bind(ledger.as_str())
            .bind(checkpoint_kind_value(kind))
            .fetch_optional(&self.readers)
            .await
            .map_err(before_commit)?;
        row.as_ref().map(row::checkpoint).transpose()
    }

    async fn keep_checkpoint(
        &self,
        ledger: &LedgerId,
        kind: CheckpointKind,
        from: u64,
        kept: KeptCheckpoint,
    ) -> Result<(), StoreError> {
        let mut script = Script::new(ledger);
        script.lock();
        script.keep_checkpoint(kind, from, kept)?;
        script.commit();
        append::run(&self.writer, script).await
    }
}
