//! The Merkle tree over a ledger's log: it grows with each round in the writer, and is brought up to a log that was written
//! without it. Proofs come out of its tiles; checkpoints are signed over what was read back.

mod check;
mod memory;
mod proofs;
mod sign;

pub(crate) use check::compare;
pub use check::{TreeDifference, mend_tree};
pub(crate) use memory::SignedBefore;
pub use proofs::{ConsistencyProof, InclusionProof};
pub use sign::SignedCheckpoint;
pub(crate) use sign::Signing;

use ledger_core::id::LedgerId;
use ledger_core::merkle::{Frontier, Hash, TILE, TileId, Tiles, Tree, leaf_hash};
use ledger_core::ports::{Store, StoreError};
use ledger_core::quantity::Position;

/// Events read at a time.
const PAGE: u32 = 4_096;

/// The hashes of a tile as they are stored.
fn hashes(stored: &[u8]) -> Result<Vec<Hash>, StoreError> {
    match stored.as_chunks::<32>() {
        (hashes, []) => Ok(hashes.to_vec()),
        _ => Err(StoreError::Damaged("a tile is no row of hashes".to_owned())),
    }
}

/// The leaves behind the last whole tile of a tree, out of the log.
async fn tail(store: &dyn Store, ledger: &LedgerId, number: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
    let first = number * TILE as u64;
    let count = size.saturating_sub(first).min(TILE as u64);
    let limit = u32::try_from(count).unwrap_or(u32::MAX);
    let events = store.read_events(ledger, Position(first + 1), limit).await?;
    if events.len() as u64 != count {
        return Err(StoreError::Damaged(format!("the log ends before event {size}, which its tree has")));
    }
    Ok(events.iter().map(|event| leaf_hash(&event.bytes)).collect())
}

/// Some tiles of a tree of a size: whole ones and those of higher levels as they are stored, the last one of leaves out of
/// the log.
async fn read_tiles(
    store: &dyn Store,
    ledger: &LedgerId,
    size: u64,
    ids: impl IntoIterator<Item = TileId>,
) -> Result<Tiles, StoreError> {
    let mut tiles = Tiles::of(size);
    let is_whole = |id: &TileId| (id.number + 1) * TILE as u64 <= size;
    let (stored, open): (Vec<TileId>, Vec<TileId>) =
        ids.into_iter().partition(|id| id.level > 0 || is_whole(id));
    if !stored.is_empty() {
        for tile in store.tiles(ledger, &stored).await? {
            tiles.insert(tile.id, hashes(&tile.hashes)?);
        }
    }
    for id in open {
        tiles.insert(id, tail(store, ledger, id.number, size).await?);
    }
    Ok(tiles)
}

/// The tree of an edge, ready to grow. What stands in the last tile must be what the edge was made of.
async fn restore(store: &dyn Store, ledger: &LedgerId, edge: Frontier) -> Result<Tree, StoreError> {
    let ids = Tiles::of(edge.size()).open();
    let tiles = read_tiles(store, ledger, edge.size(), ids.iter().flatten().copied()).await?;
    let damaged =
        || StoreError::Damaged(format!("the tree of {} events is not that of the log", edge.size()));
    let mut open = tiles.take_open().ok_or_else(damaged)?;
    let mut rebuilt = edge.whole_subtrees(TILE.ilog2());
    for leaf in open.first().into_iter().flatten() {
        rebuilt.push_hash(*leaf, |_, _| {});
    }
    if rebuilt != edge {
        return Err(damaged());
    }
    if let Some(leaves) = open.first_mut() {
        leaves.reserve(TILE - leaves.len());
    }
    Tree::restore(edge.clone(), open).ok_or_else(damaged)
}

/// The tree at a position, where it has grown with the log that far; else none.
pub(crate) async fn tree_at(
    store: &dyn Store,
    ledger: &LedgerId,
    at: Position,
) -> Result<Option<Tree>, StoreError> {
    let edge = store.frontier(ledger).await?;
    if edge.size() == at.0 { restore(store, ledger, edge).await.map(Some) } else { Ok(None) }
}

/// Brings the tree up to a log that was written without it, page by page; it can be ended and gone on with at any page.
///
/// # Errors
/// What the store says; `Damaged` where the events are not those the tree was made of.
pub async fn bring_up(store: &dyn Store, ledger: &LedgerId) -> Result<Frontier, StoreError> {
    let mut tree: Option<Tree> = None;
    loop {
        let edge = store.frontier(ledger).await?;
        let head = store.head(ledger).await?.position;
        if edge.size() >= head.0 {
            return Ok(edge);
        }
        let mut growing = match tree.take().filter(|tree| *tree.frontier() == edge) {
            Some(tree) => tree,
            None => restore(store, ledger, edge).await?,
        };
        let size = growing.frontier().size();
        let left = u32::try_from(head.0 - size).unwrap_or(u32::MAX);
        let events = store.read_events(ledger, Position(size + 1), left.min(PAGE)).await?;
        if events.is_empty() {
            return Err(StoreError::Damaged(format!("the log ends at {size}, before its head")));
        }
        let growth = growing.grow(events.iter().map(|event| leaf_hash(&event.bytes)));
        match store.grow_tree(ledger, growth).await {
            // Another was first, and goes on from there.
            Err(StoreError::Superseded) => {}
            grown => {
                grown?;
                tree = Some(growing);
            }
        }
    }
}
