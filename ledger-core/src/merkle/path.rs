//! Making proofs (RFC 9162, sections 2.1.3.1 and 2.1.4.1): which subtrees a proof names, and their hashes out of tiles.

use super::tile::{HEIGHT, levels, open_hashes};
use super::{Hash, TILE, TileId, node_hash};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Leaves under a node that a proof names.
type Leaves = Range<u64>;

/// The largest power of two below a number of leaves, of which there are at least two.
fn left_size(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The subtrees of an inclusion proof, from the leaf up; none where the tree has no such leaf.
#[must_use]
pub fn inclusion_ranges(index: u64, size: u64) -> Vec<Leaves> {
    let mut ranges = Vec::new();
    let (mut first, mut behind) = (0, size);
    while index < behind && behind - first > 1 {
        let middle = first + left_size(behind - first);
        if index < middle {
            ranges.push(middle..behind);
            behind = middle;
        } else {
            ranges.push(first..middle);
            first = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The subtrees of a consistency proof between two sizes; none where one of them is 0 or they are one.
#[must_use]
pub fn consistency_ranges(old: u64, new: u64) -> Vec<Leaves> {
    let mut ranges = Vec::new();
    if old == 0 || old >= new {
        return ranges;
    }
    let (mut first, mut behind) = (0, new);
    // Down to the subtree that ends where the old tree does.
    while old != behind {
        let middle = first + left_size(behind - first);
        if old <= middle {
            ranges.push(middle..behind);
            behind = middle;
        } else {
            ranges.push(first..middle);
            first = middle;
        }
    }
    // The whole old tree is known to whoever has its root.
    if first > 0 {
        ranges.push(first..behind);
    }
    ranges.reverse();
    ranges
}

/// Tiles of a tree, as far as they were read.
#[derive(Debug, Clone)]
pub struct Tiles {
    size: u64,
    tiles: BTreeMap<TileId, Vec<Hash>>,
}

impl Tiles {
    /// None yet, of a tree of so many leaves.
    #[must_use]
    pub fn of(size: u64) -> Tiles {
        Tiles { size, tiles: BTreeMap::new() }
    }

    /// Takes the hashes of a tile.
    pub fn insert(&mut self, id: TileId, hashes: Vec<Hash>) {
        self.tiles.insert(id, hashes);
    }

    /// The tiles that the hashes of some subtrees come out of, in order.
    #[must_use]
    pub fn needed(&self, ranges: &[Leaves]) -> BTreeSet<TileId> {
        ranges
            .iter()
            .flat_map(|range| subtrees(range.clone()))
            .map(|(height, n)| place(height, n).0)
            .collect()
    }

    /// The tile of each level that is not whole, of leaves first; none of a level whose tiles are all whole.
    #[must_use]
    pub fn open(&self) -> Vec<Option<TileId>> {
        let open = |level: usize| {
            let number = self.size >> (HEIGHT as usize * (level + 1));
            let id = TileId { level: u8::try_from(level).ok()?, number };
            (open_hashes(self.size, level) > 0).then_some(id)
        };
        (0..levels(self.size)).map(open).collect()
    }

    /// The hashes of the tile of each level that is not whole; none where one of them was not read.
    #[must_use]
    pub fn take_open(mut self) -> Option<Vec<Vec<Hash>>> {
        let open = self.open();
        let take = |(level, id): (usize, Option<TileId>)| {
            let Some(id) = id else { return Some(Vec::new()) };
            let mut hashes = self.tiles.remove(&id)?;
            // A tree that has grown since has more of them.
            hashes.truncate(usize::try_from(open_hashes(self.size, level)).ok()?);
            Some(hashes)
        };
        open.into_iter().enumerate().map(take).collect()
    }

    /// The hashes of some subtrees; none where a tile is missing or too short.
    #[must_use]
    pub fn hashes(&self, ranges: &[Leaves]) -> Option<Vec<Hash>> {
        ranges.iter().map(|range| self.hash(range.clone())).collect()
    }

    fn hash(&self, range: Leaves) -> Option<Hash> {
        let mut root: Option<Hash> = None;
        for (height, n) in subtrees(range).into_iter().rev() {
            let hash = self.subtree(height, n)?;
            root = Some(root.map_or(hash, |right| node_hash(&hash, &right)));
        }
        root
    }

    /// The root of the whole subtree number `n` of `2^height` leaves.
    fn subtree(&self, height: u32, n: u64) -> Option<Hash> {
        let (id, first, count) = place(height, n);
        let mut hashes = self.tiles.get(&id)?.get(first..first + count)?.to_vec();
        while hashes.len() > 1 {
            hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        hashes.pop()
    }
}

/// Whole subtrees that cover a range, from the left: the height and number of each. Ranges of proofs begin where a
/// subtree as large as they are could begin.
fn subtrees(range: Leaves) -> Vec<(u32, u64)> {
    let Range { mut start, end } = range;
    let mut found = Vec::new();
    while start < end {
        let height = (end - start).ilog2();
        found.push((height, start >> height));
        start += 1 << height;
    }
    found
}

/// Where a whole subtree is found: the tile, the first of its hashes that lie under it, and how many do.
fn place(height: u32, n: u64) -> (TileId, usize, usize) {
    let (level, within) = (height / HEIGHT, height % HEIGHT);
    let first = n << within;
    let id = TileId { level: u8::try_from(level).unwrap_or(u8::MAX), number: first / TILE as u64 };
    // Of 256 places, the lowest byte tells which.
    (id, usize::from(first.to_le_bytes()[0]), 1 << within)
}
