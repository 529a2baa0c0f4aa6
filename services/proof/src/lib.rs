//! What an outsider needs to trust a ledger without trusting who keeps it: signed checkpoints, witnesses' cosignatures, and
//! an offline verifier. No database, no network, no runtime: it can be read in an afternoon.
//!
//! A checkpoint is a signed note (C2SP signed-note, tlog-checkpoint) over the size and the root of the Merkle tree of
//! `ledger_core::merkle`. Everything else is proven against it.

pub mod archive;
mod checkpoint;
mod error;
mod event;
mod key;
mod statement;

pub use checkpoint::{Checkpoint, Signed, cosign, join_signatures};
pub use error::Fault;
pub use key::{CheckpointKey, Verifier, WitnessKey, origin};
pub use statement::{
    Attested, Figures, Positions, ProvenEvent, STATEMENT_FORMAT, Statement, attest, concerns, figures,
    verify_statement,
};
