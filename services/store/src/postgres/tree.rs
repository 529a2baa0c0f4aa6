//! The trees of ledgers: edges beside the heads, tiles, checkpoints.

use super::error::before_commit;
use super::transaction::Transaction;
use super::{PostgresStore, sql};
use crate::row::{self, checkpoint_kind_value, position_value, tile_number_value};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::merkle::{CheckpointKind, Frontier, Growth, KeptCheckpoint, Tile, TileId, TreeStore};
use ledger_core::ports::StoreError;
use ledger_core::quantity::Position;
use sqlx::postgres::PgConnection;

/// Levels and numbers, as arrays.
fn columns(ids: impl Iterator<Item = TileId>) -> Result<(Vec<i64>, Vec<i64>), StoreError> {
    let columns: Result<Vec<(i64, i64)>, StoreError> =
        ids.map(|id| Ok((i64::from(id.level), tile_number_value(id)?))).collect();
    Ok(columns?.into_iter().unzip())
}

pub(super) async fn upsert_tiles(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    tiles: Vec<Tile>,
) -> Result<(), StoreError> {
    if tiles.is_empty() {
        return Ok(());
    }
    let (levels, numbers) = columns(tiles.iter().map(|tile| tile.id))?;
    sqlx::query(sql::UPSERT_TILES)
        .bind(ledger.as_str())
        .bind(levels)
        .bind(numbers)
        .bind(tiles.iter().map(|tile| tile.hashes.as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(before_commit)?;
    Ok(())
}

/// Whether a row was changed; else another was first.
fn first(changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Superseded) }
}

#[async_trait]
impl TreeStore for PostgresStore {
    async fn frontier(&self, ledger: &LedgerId) -> Result<Frontier, StoreError> {
        let mut reader = self.reader().await?;
        let row = sqlx::query(sql::FRONTIER).bind(ledger.as_str()).fetch_optional(&mut *reader).await;
        row::frontier(&row.map_err(before_commit)?.ok_or(StoreError::NoLedger)?)
    }

    async fn tiles(&self, ledger: &LedgerId, ids: &[TileId]) -> Result<Vec<Tile>, StoreError> {
        let (levels, numbers) = columns(ids.iter().copied())?;
        let rows = sqlx::query(sql::TILES)
            .bind(ledger.as_str())
            .bind(levels)
            .bind(numbers)
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::tile).collect()
    }

    async fn grow_tree(&self, ledger: &LedgerId, growth: Growth) -> Result<(), StoreError> {
        let grow = async |connection: &mut PgConnection| {
            let grown = sqlx::query(sql::GROW_TREE)
                .bind(ledger.as_str())
                .bind(growth.from.to_bytes())
                .bind(growth.to.to_bytes())
                .execute(&mut *connection)
                .await
                .map_err(before_commit)?;
            first(grown.rows_affected())?;
            upsert_tiles(connection, ledger, growth.tiles).await
        };
        Transaction::run(&self.pool, grow).await
    }

    async fn checkpoint(
        &self,
        ledger: &LedgerId,
        kind: CheckpointKind,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        let row = sqlx::query(sql::CHECKPOINT)
            .bind(ledger.as_str())
            .bind(checkpoint_kind_value(kind))
            .fetch_optional(&mut *self.reader().await?)
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
        // As safe as a posting: what was signed is never signed otherwise.
        let (transaction, _) = Transaction::begin_append(&self.pool, &self.epoch).await?;
        let keep = async |connection: &mut PgConnection| {
            let changed = sqlx::query(sql::KEEP_CHECKPOINT)
                .bind(ledger.as_str())
                .bind(checkpoint_kind_value(kind))
                .bind(position_value(Position(kept.frontier.size()))?)
                .bind(kept.frontier.to_bytes())
                .bind(kept.note)
                .bind(position_value(Position(from))?)
                .execute(connection)
                .await
                .map_err(before_commit)?;
            first(changed.rows_affected())
        };
        transaction.finish(keep).await
    }
}
