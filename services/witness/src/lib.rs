//! Witnesses (C2SP tlog-witness, tlog-cosignature). A witness stands with somebody else than who keeps the ledger: a school, a
//! library. It remembers the newest checkpoint it has seen of a log and cosigns only what that log has grown to; so who keeps
//! the ledger cannot show two logs without a witness refusing one.
//!
//! Only signed and public text goes over the wire, so plain HTTP will do.

mod gather;
mod judge;
mod request;
mod serve;
mod state;

pub use gather::{Gatherer, WitnessAddress};
pub use judge::Rejected;
pub use request::AddCheckpoint;
pub use serve::Witness;
