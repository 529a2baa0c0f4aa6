//! Proofs of a ledger's tree.

use super::read_tiles;
use crate::error::store_error;
use crate::ledger::Ledger;
use crate::query::no_such_event;
use ledger_core::merkle::{Hash, Tiles, consistency_ranges, inclusion_ranges, leaf_hash};
use ledger_core::ports::{StoreError, StoredEvent};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::ops::Range;

/// Proof that an event stands in the log.
#[derive(Debug, Clone)]
pub struct InclusionProof {
    /// The event.
    pub event: StoredEvent,
    /// How many events the tree has.
    pub size: u64,
    /// The hash of its leaf.
    pub leaf: Hash,
    /// Siblings from the leaf up.
    pub path: Vec<Hash>,
}

/// Proof that one tree begins with another.
#[derive(Debug, Clone)]
pub struct ConsistencyProof {
    /// How many events the later tree has.
    pub size: u64,
    /// The nodes of the proof.
    pub path: Vec<Hash>,
}

impl Ledger {
    /// Proof that an event stands in the tree of a size; 0 is the tree as it is.
    ///
    /// # Errors
    /// `EVENT_NOT_FOUND`, `NOT_YET_APPLIED` of a size that the tree has not reached, `FIELD_INVALID` of one before the event,
    /// or what the store says.
    pub async fn inclusion_proof(&self, position: Position, size: u64) -> Result<InclusionProof, Refusal> {
        let size = self.tree_size(size).await?;
        let Some(event) = self.stored_events_at(vec![position]).await?.pop() else {
            return Err(no_such_event(position));
        };
        if position.0 > size {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "size",
                format!(
                    "第 {position} 號記在這個大小之後；請用不小於 {position} 的 size。\
                     Event {position} was recorded behind that size: ask for one of at least {position}."
                ),
            ));
        }
        let path = self.hashes(size, inclusion_ranges(position.0 - 1, size)).await?;
        let leaf = leaf_hash(&event.bytes);
        Ok(InclusionProof { event, size, leaf, path })
    }

    /// Some events, in order of position, each with its proof in the tree of a size; one read for all.
    pub(crate) async fn inclusion_proofs(
        &self,
        positions: Vec<Position>,
        size: u64,
    ) -> Result<Vec<(StoredEvent, Vec<Hash>)>, Refusal> {
        let size = self.tree_size(size).await?;
        let ranges: Vec<Vec<Range<u64>>> =
            positions.iter().map(|position| inclusion_ranges(position.0 - 1, size)).collect();
        let events = self.stored_events_at(positions).await?;
        if events.len() != ranges.len() {
            return Err(crate::error::damaged());
        }
        let mut hashes = self.hashes(size, ranges.iter().flatten().cloned().collect()).await?.into_iter();
        let paths = ranges.iter().map(|ranges| hashes.by_ref().take(ranges.len()).collect());
        Ok(events.into_iter().zip(paths.collect::<Vec<_>>()).collect())
    }

    /// Proof that the tree of a later size begins with that of an earlier one; 0 is the tree as it is.
    ///
    /// # Errors
    /// `NOT_YET_APPLIED` of a size that the tree has not reached, `FIELD_INVALID` where the sizes run back, or what the
    /// store says.
    pub async fn consistency_proof(&self, old: u64, new: u64) -> Result<ConsistencyProof, Refusal> {
        let size = self.tree_size(new).await?;
        if old > size {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "old_size",
                "old_size 不能大於 size。old_size is at most size.",
            ));
        }
        Ok(ConsistencyProof { size, path: self.hashes(size, consistency_ranges(old, size)).await? })
    }

    /// A size that the tree has reached.
    async fn tree_size(&self, asked: u64) -> Result<u64, Refusal> {
        let reached = self.store.frontier(self.id()).await.map_err(store_error)?.size();
        match asked {
            0 => Ok(reached),
            asked if asked <= reached => Ok(asked),
            _ => Err(Ledger::not_yet(Position(reached))),
        }
    }

    async fn hashes(&self, size: u64, ranges: Vec<Range<u64>>) -> Result<Vec<Hash>, Refusal> {
        let (store, id) = (std::sync::Arc::clone(&self.store), self.id().clone());
        // In a task of its own, which a dropped call does not cancel.
        let read = tokio::spawn(async move {
            let needed = Tiles::of(size).needed(&ranges);
            let tiles = read_tiles(&*store, &id, size, needed).await?;
            let missing = || StoreError::Damaged(format!("tiles of the tree of {size} events are missing"));
            tiles.hashes(&ranges).ok_or_else(missing)
        });
        read.await.map_err(|_| crate::error::damaged())?.map_err(store_error)
    }
}
