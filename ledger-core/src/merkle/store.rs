//! What proofs ask of a store: the edge beside the head, tiles, and the checkpoints that were signed. All of it can be
//! made anew from the log, but for the signatures.

use super::{Frontier, Growth, Tile, TileId};
use crate::id::LedgerId;
use crate::ports::StoreError;
use async_trait::async_trait;

/// Which checkpoint is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckpointKind {
    /// The last one that was signed.
    Signed,
    /// The last one that witnesses have cosigned.
    Witnessed,
}

/// A checkpoint that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// The edge of the tree that it is of.
    pub frontier: Frontier,
    /// The signed note.
    pub note: String,
}

/// A place that keeps the trees of ledgers.
#[async_trait]
pub trait TreeStore {
    /// The edge as it was written with the last event, or was brought up to since; of no leaves where there is none yet.
    async fn frontier(&self, ledger: &LedgerId) -> Result<Frontier, StoreError>;

    /// Some tiles, in any order; those that do not exist are left out.
    async fn tiles(&self, ledger: &LedgerId, ids: &[TileId]) -> Result<Vec<Tile>, StoreError>;

    /// Brings the tree up to what stands in the log already. Where the edge is not the one it grows from any more, nothing
    /// is written and the answer is [`StoreError::Superseded`].
    async fn grow_tree(&self, ledger: &LedgerId, growth: Growth) -> Result<(), StoreError>;

    /// A checkpoint that is kept.
    async fn checkpoint(
        &self,
        ledger: &LedgerId,
        kind: CheckpointKind,
    ) -> Result<Option<KeptCheckpoint>, StoreError>;

    /// Keeps a checkpoint in the place of the one that had `from` leaves, 0 where there was none. Where another was kept
    /// meanwhile, nothing is written and the answer is [`StoreError::Superseded`].
    async fn keep_checkpoint(
        &self,
        ledger: &LedgerId,
        kind: CheckpointKind,
        from: u64,
        kept: KeptCheckpoint,
    ) -> Result<(), StoreError>;
}
