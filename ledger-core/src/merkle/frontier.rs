//! The edge of a tree: all that is needed to make it grow, one hash for each bit of the number of leaves that is set.

use super::{Hash, leaf_hash, node_hash};
use crate::entry::Digest32;

/// The tree over the events that were taken so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the whole subtrees, largest first.
    edge: Vec<Hash>,
}

impl Frontier {
    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the bytes of the next event.
    pub fn push(&mut self, leaf: &[u8]) {
        self.push_hash(leaf_hash(leaf), |_, _| {});
    }

    /// Takes the hash of the next leaf. `whole` is told each subtree that became whole with it, with the binary logarithm
    /// of its number of leaves.
    pub fn push_hash(&mut self, leaf: Hash, mut whole: impl FnMut(u32, &Hash)) {
        let mut hash = leaf;
        // Two subtrees of one size become one, as bits are carried when one is added to a number.
        for height in 1..=self.size.trailing_ones() {
            if let Some(left) = self.edge.pop() {
                hash = node_hash(&left, &hash);
                whole(height, &hash);
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
        Digest32(subtrees.fold(*last, |right, left| node_hash(left, &right)))
    }

    /// The tree as it was before the leaves that fill no subtree of `2^height` leaves.
    #[must_use]
    pub fn whole_subtrees(&self, height: u32) -> Frontier {
        let size = self.size >> height << height;
        let edge = self.edge.iter().take(size.count_ones() as usize).copied().collect();
        Frontier { size, edge }
    }

    /// As it is stored: the number of leaves in 8 bytes, the most significant first, then the edge.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.edge.iter().flatten());
        bytes
    }

    /// What was stored; none where these bytes are no edge.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Frontier> {
        let (size, edge) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        let (edge, rest) = edge.as_chunks::<32>();
        let fits = rest.is_empty() && edge.len() == size.count_ones() as usize;
        fits.then(|| Frontier { size, edge: edge.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{defined, leaf_hash};
    use super::Frontier;
    use crate::entry::Digest32;

    #[test]
    fn the_root_is_that_of_the_definition_for_every_size() {
        let leaves: Vec<Vec<u8>> = (0_u8..200).map(|n| vec![n; usize::from(n)]).collect();
        let hashes: Vec<[u8; 32]> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let mut frontier = Frontier::default();
        for size in 0..=leaves.len() {
            assert_eq!(frontier.size(), size as u64);
            assert_eq!(frontier.root(), Digest32(defined(&hashes[..size])), "{size} leaves");
            assert_eq!(Frontier::from_bytes(&frontier.to_bytes()).as_ref(), Some(&frontier));
            if let Some(leaf) = leaves.get(size) {
                frontier.push(leaf);
            }
        }
    }

    #[test]
    fn bytes_that_are_no_edge_are_none() {
        let mut frontier = Frontier::default();
        (0..7).for_each(|_| frontier.push(b"x"));
        let bytes = frontier.to_bytes();
        for wrong in [&bytes[..7], &bytes[..bytes.len() - 1], &[bytes.clone(), vec![0; 32]].concat()] {
            assert_eq!(Frontier::from_bytes(wrong), None);
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
