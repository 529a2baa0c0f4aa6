//! The tree made anew from the log and compared with what is stored: `verify` tells what differs, `rebuild` mends it. What was
//! signed before is not believed by either: a mended tree that is not the one that was signed is signed no more.

use super::PAGE;
use crate::error::store_error;
use ledger_core::Refusal;
use ledger_core::id::LedgerId;
use ledger_core::merkle::{Growth, Tile, TileId, Tree, leaf_hash};
use ledger_core::ports::{Store, StoreError};
use ledger_core::quantity::Position;
use std::collections::BTreeMap;

/// What is not as the log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeDifference {
    /// A tile is missing, or has other hashes.
    Tile(TileId),
    /// The edge beside the head is another, of so many leaves.
    Edge(u64),
}

/// Compares the stored tree with the log, page by page, while others write.
///
/// # Errors
/// What the store says.
pub(crate) async fn compare(store: &dyn Store, ledger: &LedgerId) -> Result<Vec<TreeDifference>, StoreError> {
    let stored = store.frontier(ledger).await?;
    let mut walk = Walk::over(stored.size());
    let mut differences = Vec::new();
    while let Some(wrong) = walk.page(store, ledger).await? {
        differences.extend(wrong.iter().map(|tile| TreeDifference::Tile(tile.id)));
    }
    if *walk.tree.frontier() != stored {
        differences.push(TreeDifference::Edge(stored.size()));
    }
    Ok(differences)
}

/// Makes the stored tree what the log says; how many tiles and edges differed.
///
/// # Errors
/// What the store says.
pub async fn mend_tree(store: &dyn Store, ledger: &LedgerId) -> Result<u64, Refusal> {
    let mut mended = 0;
    // A writer that moves the edge on meanwhile is first: then it goes on from there.
    while !mend(store, ledger, &mut mended).await.map_err(store_error)? {}
    Ok(mended)
}

/// Whether nobody was first.
async fn mend(store: &dyn Store, ledger: &LedgerId, mended: &mut u64) -> Result<bool, StoreError> {
    let stored = store.frontier(ledger).await?;
    let mut walk = Walk::over(stored.size());
    while let Some(wrong) = walk.page(store, ledger).await? {
        if wrong.is_empty() {
            continue;
        }
        let count = wrong.len() as u64;
        // The edge is whatever it is by now.
        let edge = store.frontier(ledger).await?;
        match store.grow_tree(ledger, Growth { from: edge.clone(), to: edge, tiles: wrong }).await {
            Err(StoreError::Superseded) => return Ok(false),
            written => written?,
        }
        *mended += count;
    }
    let folded = walk.tree.frontier().clone();
    if folded == stored {
        return Ok(true);
    }
    match store.grow_tree(ledger, Growth { from: stored, to: folded, tiles: Vec::new() }).await {
        Err(StoreError::Superseded) => Ok(false),
        written => {
            written?;
            *mended += 1;
            Ok(true)
        }
    }
}

/// The tree over the first events of the log, folded page by page.
struct Walk {
    tree: Tree,
    size: u64,
}

impl Walk {
    fn over(size: u64) -> Walk {
        Walk { tree: Tree::default(), size }
    }

    /// The tiles of the next page that are not stored so; none at the end.
    async fn page(&mut self, store: &dyn Store, ledger: &LedgerId) -> Result<Option<Vec<Tile>>, StoreError> {
        let at = self.tree.frontier().size();
        if at >= self.size {
            return Ok(None);
        }
        let left = u32::try_from(self.size - at).unwrap_or(u32::MAX);
        let events = store.read_events(ledger, Position(at + 1), left.min(PAGE)).await?;
        if events.is_empty() {
            return Err(StoreError::Damaged(format!("the log ends at {at}, before its tree")));
        }
        let growth = self.tree.grow(events.iter().map(|event| leaf_hash(&event.bytes)));
        let ids: Vec<TileId> = growth.tiles.iter().map(|tile| tile.id).collect();
        if ids.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let stored: BTreeMap<TileId, Vec<u8>> =
            store.tiles(ledger, &ids).await?.into_iter().map(|tile| (tile.id, tile.hashes)).collect();
        // One that is not whole yet may have grown since.
        let is_stored =
            |tile: &Tile| stored.get(&tile.id).is_some_and(|hashes| hashes.starts_with(&tile.hashes));
        Ok(Some(growth.tiles.into_iter().filter(|tile| !is_stored(tile)).collect()))
    }
}
