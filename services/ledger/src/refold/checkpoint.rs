//! How far a fold has come, as it is kept beside the generation that it makes: in the transaction of the states that it
//! is true with.

use ledger_core::quantity::Position;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The program that wrote it: another folds anew.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// Bytes of the digest behind it.
const SEAL: usize = 8;

/// What a generation is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// From the log, from its first event.
    Log,
    /// From the states that are served: only the sums of the buckets are made anew.
    Served,
}

/// How far a generation has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// What it is made from.
    pub(crate) origin: Origin,
    /// Folded up to here.
    pub(crate) position: Position,
    /// SHA-256 of the bytes of the event there: in another log it is another.
    pub(crate) event: [u8; 32],
    /// The parts that hold its states, oldest first; a newer one hides what an older one has of the same key.
    pub(crate) parts: Vec<u8>,
    /// All its states stand in the generation itself, as they will be served.
    pub(crate) whole: bool,
    /// The newest policy that its sums are made with.
    pub(crate) newest_policy: Position,
}

impl Checkpoint {
    /// Of a fold that begins.
    pub(crate) fn beginning(origin: Origin) -> Checkpoint {
        Checkpoint {
            origin,
            position: Position(0),
            event: [0; 32],
            parts: Vec::new(),
            whole: false,
            newest_policy: Position(0),
        }
    }

    /// Its bytes, with a digest behind them.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        let mut bytes = postcard::to_stdvec(&(PROGRAM, self))?;
        let seal = Sha256::digest(&bytes);
        bytes.extend_from_slice(&seal[..SEAL]);
        Ok(bytes)
    }

    /// None where the bytes are damaged, or of another program.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Checkpoint> {
        let (bytes, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        if Sha256::digest(bytes)[..SEAL] != *seal {
            return None;
        }
        let (program, checkpoint) = postcard::from_bytes::<(&str, Checkpoint)>(bytes).ok()?;
        (program == PROGRAM).then_some(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_with_a_changed_bit_is_none() {
        let checkpoint =
            Checkpoint { position: Position(77), parts: vec![1, 2], ..Checkpoint::beginning(Origin::Log) };
        let bytes = checkpoint.encode().unwrap();
        assert_eq!(Checkpoint::decode(&bytes), Some(checkpoint));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Checkpoint::decode(&damaged), None, "bit {bit}");
        }
        assert_eq!(Checkpoint::decode(&[]), None);
    }
}
