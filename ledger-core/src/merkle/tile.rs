//! The tree in tiles of 256 hashes (C2SP tlog-tiles): a tile of level 0 holds leaves, one of level L the roots of whole
//! tiles of the level below. A proof reads one tile of each level, whatever the size of the tree.

use super::{Frontier, Hash};

/// How many hashes a whole tile has.
pub const TILE: usize = 256;
/// The binary logarithm of that: how much higher the nodes of a tile stand than those of the level below.
pub(super) const HEIGHT: u32 = 8;

/// Which tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 of leaves.
    pub level: u8,
    /// From 0 within its level.
    pub number: u64,
}

/// A tile as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Which.
    pub id: TileId,
    /// Its hashes one behind the other, 1 to 256 of 32 bytes.
    pub hashes: Vec<u8>,
}

impl Tile {
    fn of(level: usize, number: u64, hashes: &[Hash]) -> Tile {
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        Tile { id: TileId { level, number }, hashes: hashes.as_flattened().to_vec() }
    }
}

/// What is stored when a tree grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// The edge before.
    pub from: Frontier,
    /// The edge after.
    pub to: Frontier,
    /// Tiles of leaves that became whole, and tiles of higher levels that have more hashes than before. Each once.
    pub tiles: Vec<Tile>,
}

/// A tree that grows, with its tiles that are not whole.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    frontier: Frontier,
    /// Of each level the hashes of the tile that is not whole.
    open: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree of an edge: `open` are the hashes of the tile of each level that is not whole, of leaves first. None where
    /// they are not as many as the size of the tree says.
    #[must_use]
    pub fn restore(frontier: Frontier, open: Vec<Vec<Hash>>) -> Option<Tree> {
        let fits = open.len() == levels(frontier.size())
            && (0..)
                .zip(&open)
                .all(|(level, hashes)| hashes.len() as u64 == open_hashes(frontier.size(), level));
        fits.then_some(Tree { frontier, open })
    }

    /// Its edge.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Takes leaves; what is to be stored of it.
    pub fn grow(&mut self, leaves: impl IntoIterator<Item = Hash>) -> Growth {
        let from = self.frontier.clone();
        let mut tiles = Vec::new();
        let mut higher = 0;
        for leaf in leaves {
            let Tree { frontier, open } = self;
            let size = frontier.size() + 1;
            let mut take = |level: usize, hash: Hash| {
                if open.len() == level {
                    open.push(Vec::with_capacity(TILE));
                }
                open[level].push(hash);
                higher = higher.max(level);
                if open[level].len() == TILE {
                    tiles.push(Tile::of(level, (size >> (HEIGHT as usize * (level + 1))) - 1, &open[level]));
                    open[level].clear();
                }
            };
            take(0, leaf);
            frontier.push_hash(leaf, |height, hash| {
                if height % HEIGHT == 0 {
                    take((height / HEIGHT) as usize, *hash);
                }
            });
        }
        for level in 1..=higher {
            let number = self.frontier.size() >> (HEIGHT as usize * (level + 1));
            if !self.open[level].is_empty() {
                tiles.push(Tile::of(level, number, &self.open[level]));
            }
        }
        Growth { from, to: self.frontier.clone(), tiles }
    }
}

/// How many levels of tiles a tree of a size has; none without leaves.
pub(super) fn levels(size: u64) -> usize {
    (size.checked_ilog2().map_or(0, |log| log / HEIGHT + 1)) as usize
}

/// How many hashes the tile of a level has that is not whole.
pub(super) fn open_hashes(size: u64, level: usize) -> u64 {
    (size >> (HEIGHT as usize * level)) % TILE as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{defined, leaf_hash};
    use std::collections::BTreeMap;

    #[test]
    fn tiles_hold_the_same_hashes_whatever_steps_the_tree_grows_in() {
        let leaves: Vec<Hash> = (0..70_000_u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let stored = |steps: usize| {
            let (mut tree, mut stored) = (Tree::default(), BTreeMap::new());
            for leaves in leaves.chunks(steps) {
                let growth = tree.grow(leaves.iter().copied());
                stored.extend(growth.tiles.into_iter().map(|tile| (tile.id, tile.hashes)));
            }
            assert_eq!(tree.frontier().root().0, defined(&leaves));
            stored
        };
        let tiles = stored(1);
        assert_eq!(tiles, stored(1_000));
        assert_eq!(tiles, stored(70_000));
        for (id, hashes) in &tiles {
            let covered = TILE.pow(u32::from(id.level));
            let first = usize::try_from(id.number).unwrap() * covered * TILE;
            for (n, hash) in hashes.as_chunks::<32>().0.iter().enumerate() {
                let at = first + n * covered;
                assert_eq!(*hash, defined(&leaves[at..at + covered]), "{id:?} {n}");
            }
        }
        // Whole tiles of leaves, the roots of 273 of them, and the root of the first 256 of these.
        assert_eq!(tiles.len(), 273 + 2 + 1);
    }
}
