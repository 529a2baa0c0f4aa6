//! Checking proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2). Every node of a proof is used, and none is missing: a proof
//! that is longer or shorter than the sizes say is refused before a hash is compared.

use super::{Hash, node_hash};
use thiserror::Error;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum ProofError {
    /// The index is that of no leaf of the tree.
    #[error("INDEX_BEYOND_SIZE: a tree of {size} events has none with index {index}")]
    IndexBeyondSize {
        /// The index of the leaf.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The later tree is the smaller one.
    #[error("SIZE_RUNS_BACK: from {old} events to {new}")]
    SizeRunsBack {
        /// The earlier size.
        old: u64,
        /// The later size.
        new: u64,
    },
    /// The proof has more or fewer nodes than one between these sizes.
    #[error("PROOF_LENGTH: {found} nodes where {expected} belong")]
    Length {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The nodes lead to another root than the one that is proven for.
    #[error("ROOT_MISMATCH: the nodes do not lead to the root")]
    Root,
    /// The nodes do not begin with the earlier tree.
    #[error("OLD_ROOT_MISMATCH: the nodes do not lead to the earlier root")]
    OldRoot,
}

impl ProofError {
    /// Its name, for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            ProofError::IndexBeyondSize { .. } => "INDEX_BEYOND_SIZE",
            ProofError::SizeRunsBack { .. } => "SIZE_RUNS_BACK",
            ProofError::Length { .. } => "PROOF_LENGTH",
            ProofError::Root => "ROOT_MISMATCH",
            ProofError::OldRoot => "OLD_ROOT_MISMATCH",
        }
    }
}

/// Makes sure that a proof has as many nodes as belong to it.
fn of_length(proof: &[Hash], expected: usize) -> Result<(), ProofError> {
    if proof.len() == expected { Ok(()) } else { Err(ProofError::Length { found: proof.len(), expected }) }
}

/// Whether a leaf stands at an index of the tree with a size and a root.
///
/// # Errors
/// Why that is not proven.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize { index, size });
    }
    of_length(proof, super::inclusion_ranges(index, size).len())?;
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Whether the tree with a later size and root begins with the tree of an earlier size and root.
///
/// # Errors
/// Why that is not proven.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::SizeRunsBack { old, new });
    }
    of_length(proof, super::consistency_ranges(old, new).len())?;
    if old == new {
        return if old_root == new_root { Ok(()) } else { Err(ProofError::Root) };
    }
    if old == 0 {
        // Every tree begins with the empty one, of which there is one.
        let empty = super::Frontier::default().root().0;
        return if *old_root == empty { Ok(()) } else { Err(ProofError::OldRoot) };
    }
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    // The old tree is a whole subtree: its root is not sent along.
    let mut nodes = proof.iter();
    let seed = if old.is_power_of_two() { old_root } else { nodes.next().unwrap_or(old_root) };
    let (mut old_hash, mut new_hash) = (*seed, *seed);
    for sibling in nodes {
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if old_hash != *old_root {
        return Err(ProofError::OldRoot);
    }
    if new_hash == *new_root { Ok(()) } else { Err(ProofError::Root) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Tiles, Tree, consistency_ranges, defined, inclusion_ranges, leaf_hash};

    fn at(index: u64) -> usize {
        usize::try_from(index).unwrap()
    }

    fn leaves(count: u32) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    /// The tree in tiles, as a store keeps it: whole tiles and the hashes that are in none.
    fn tiles(leaves: &[Hash]) -> Tiles {
        let (mut tree, mut tiles) = (Tree::default(), Tiles::of(leaves.len() as u64));
        for tile in tree.grow(leaves.iter().copied()).tiles {
            tiles.insert(tile.id, tile.hashes.as_chunks::<32>().0.to_vec());
        }
        if let Some(Some(open)) = tiles.open().first() {
            tiles.insert(*open, leaves[leaves.len() / 256 * 256..].to_vec());
        }
        tiles
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_and_nothing_else_is() {
        let all = leaves(70);
        for size in 1..=all.len() {
            let (root, tiles) = (defined(&all[..size]), tiles(&all[..size]));
            for index in 0..size as u64 {
                let proof = tiles.hashes(&inclusion_ranges(index, size as u64)).unwrap();
                let leaf = all[at(index)];
                let check =
                    |leaf, index, size, proof: &[Hash]| verify_inclusion(&leaf, index, size, proof, &root);
                assert_eq!(check(leaf, index, size as u64, &proof), Ok(()), "{index} of {size}");
                for other in (0..size as u64).filter(|other| *other != index) {
                    assert!(check(leaf, other, size as u64, &proof).is_err(), "{index} as {other} of {size}");
                }
                for n in 0..proof.len() {
                    let mut wrong = proof.clone();
                    wrong[n][n % 32] ^= 1;
                    assert_eq!(check(leaf, index, size as u64, &wrong), Err(ProofError::Root));
                }
                let longer = [proof.clone(), vec![root]].concat();
                assert!(matches!(check(leaf, index, size as u64, &longer), Err(ProofError::Length { .. })));
                assert!(check(root, index, size as u64, &proof).is_err() || size == 1);
            }
        }
    }

    #[test]
    fn every_tree_begins_with_every_smaller_one_and_with_no_other() {
        let all = leaves(70);
        let other = leaves(71)[1..].to_vec();
        for new in 1..=all.len() {
            let tiles = tiles(&all[..new]);
            let new_root = defined(&all[..new]);
            for old in 0..=new {
                let proof = tiles.hashes(&consistency_ranges(old as u64, new as u64)).unwrap();
                let check = |root: Hash, proof: &[Hash]| {
                    verify_consistency((old as u64, &root), (new as u64, &new_root), proof)
                };
                assert_eq!(check(defined(&all[..old]), &proof), Ok(()), "{old} to {new}");
                if old > 0 {
                    assert!(check(defined(&other[..old]), &proof).is_err(), "{old} to {new}");
                }
                for n in 0..proof.len() {
                    let mut wrong = proof.clone();
                    wrong[n][n % 32] ^= 1;
                    assert!(check(defined(&all[..old]), &wrong).is_err(), "{old} to {new}");
                }
                let longer = [proof, vec![new_root]].concat();
                assert!(matches!(check(defined(&all[..old]), &longer), Err(ProofError::Length { .. })));
            }
        }
    }

    #[test]
    fn proofs_of_a_large_tree_come_out_of_its_tiles() {
        let all = leaves(66_000);
        let (size, root, tiles) = (all.len() as u64, defined(&all), tiles(&all));
        for index in [0, 1, 255, 256, 65_535, 65_536, 65_792, 65_999] {
            let ranges = inclusion_ranges(index, size);
            assert!(tiles.needed(&ranges).len() <= 4);
            let proof = tiles.hashes(&ranges).unwrap();
            assert_eq!(verify_inclusion(&all[at(index)], index, size, &proof, &root), Ok(()), "{index}");
        }
        for old in [1, 255, 256, 257, 65_536, 65_537, 65_999] {
            let proof = tiles.hashes(&consistency_ranges(old, size)).unwrap();
            let old_root = defined(&all[..at(old)]);
            assert_eq!(verify_consistency((old, &old_root), (size, &root), &proof), Ok(()), "{old}");
        }
    }

    /// Vectors that implementations of certificate transparency share (`merkletree` of Google's `trillian`).
    #[test]
    fn known_proofs() {
        let inputs: [&[u8]; 8] =
            [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
        let all: Vec<Hash> = inputs.iter().map(|input| leaf_hash(input)).collect();
        let shown = |hashes: Vec<Hash>| hashes.into_iter().map(hex::encode).collect::<Vec<_>>();
        let path = |index, size: usize| {
            shown(tiles(&all[..size]).hashes(&inclusion_ranges(index, size as u64)).unwrap())
        };
        assert_eq!(
            path(0, 8),
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        );
        assert_eq!(
            path(5, 8),
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
        assert_eq!(path(2, 3), ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
        let between =
            |old, new: usize| shown(tiles(&all[..new]).hashes(&consistency_ranges(old, new as u64)).unwrap());
        assert_eq!(
            between(6, 8),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }
}
