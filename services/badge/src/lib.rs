//! Badges: what a ledger says of a learner as Open Badges 3.0, W3C Verifiable Credentials 2.0 and CLR 2.0, signed by the ledger's
//! own key (EdDSA), verified by anybody's software, and taken back by a Bitstring Status List.
//!
//! No database, no network, no runtime.

mod credential;
mod error;
mod issuer;
mod seal;
mod status;
mod token;
mod unique;
mod verify;

pub use credential::{
    Completion, Listed, MOST, TitleHeld, completion, handle_url, statement, status_url, title, transcript,
};
pub use error::Fault;
pub use issuer::{Issuer, Issuers, Key};
pub use seal::{Says, Seal, Sums};
pub use status::{BITS, FRESH, StatusList};
pub use token::{Form, LONGEST, Signed};
pub use verify::Believed;
