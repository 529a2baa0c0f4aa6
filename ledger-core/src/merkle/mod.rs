//! The Merkle tree over a log (RFC 6962, section 2.1; RFC 9162): one hash that no two different logs share, and short
//! proofs that something stands in a log, or that one log begins with another.
//!
//! A leaf is the hash of an event's bytes, a node that of its two children, each behind a byte that tells which it is.
//! The leaf with index n is the event at position n + 1.

mod frontier;
mod path;
mod proof;
mod store;
mod tile;

pub use frontier::Frontier;
pub use path::{Tiles, consistency_ranges, inclusion_ranges};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use store::{CheckpointKind, KeptCheckpoint, TreeStore};
pub use tile::{Growth, TILE, Tile, TileId, Tree};

use sha2::{Digest, Sha256};

/// SHA-256 of a leaf or a node.
pub type Hash = [u8; 32];

/// The hash of an event's bytes.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of two subtrees.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // One update: 65 bytes come as one block and one byte, whatever they are cut into.
    let mut bytes = [1_u8; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// The definition of the RFC, word for word, over leaf hashes.
#[cfg(test)]
fn defined(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            // The largest power of two below their number.
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(&defined(&leaves[..k]), &defined(&leaves[k..]))
        }
    }
}
