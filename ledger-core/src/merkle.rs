//! The Merkle tree over a log (RFC 6962, section 2.1): one hash that no two different logs share.
//!
//! A leaf is the hash of an event's bytes, a node that of its two children, each behind a byte that tells which it is.
//! Only the edge of the tree is kept, one hash for each bit of the number of leaves that is set.

use crate::entry::Digest32;
use sha2::{Digest, Sha256};

/// The tree over the events that were taken so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the whole subtrees, largest first.
    edge: Vec<[u8; 32]>,
}

impl Frontier {
    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the bytes of the next event.
    pub fn push(&mut self, leaf: &[u8]) {
        let mut hash: [u8; 32] = Sha256::new().chain_update([0]).chain_update(leaf).finalize().into();
        // Two subtrees of one size become one, as bits are carried when one is added to a number.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.edge.pop() {
                hash = node(&left, &hash);
            }
        }
        self.edge.push(hash);
        self.size += 1;
    }

    /// The root over all leaves; over none, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Digest32 {
        let mut subtrees = self.edge.iter().rev();
        let Some(last) = subtrees.next() else { return Digest32::of(&[]) };
        Digest32(subtrees.fold(*last, |right, left| node(left, &right)))
    }
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{Frontier, node};
    use crate::entry::Digest32;
    use sha2::{Digest, Sha256};

    /// The definition of the RFC, word for word.
    fn defined(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => Sha256::new().chain_update([0]).chain_update(leaf).finalize().into(),
            _ => {
                // The largest power of two below their number.
                let k = leaves.len().next_power_of_two() / 2;
                node(&defined(&leaves[..k]), &defined(&leaves[k..]))
            }
        }
    }

    #[test]
    fn the_root_is_that_of_the_definition_for_every_size() {
        let leaves: Vec<Vec<u8>> = (0_u8..200).map(|n| vec![n; usize::from(n)]).collect();
        let mut frontier = Frontier::default();
        for size in 0..=leaves.len() {
            assert_eq!(frontier.size(), size as u64);
            assert_eq!(frontier.root(), Digest32(defined(&leaves[..size])), "{size} leaves");
            if let Some(leaf) = leaves.get(size) {
                frontier.push(leaf);
            }
        }
    }

    /// The vectors that implementations of certificate transparency share.
    #[test]
    fn known_roots() {
        let leaves: [&[u8]; 8] =
            [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::default();
        for (leaf, root) in leaves.iter().zip(roots) {
            frontier.push(leaf);
            assert_eq!(frontier.root().to_string(), root);
        }
    }
}
