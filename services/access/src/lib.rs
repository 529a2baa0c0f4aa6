//! Who a caller is.
//!
//! A credential is a record of its ledger ([`ledger_core::access`]); what a caller shows names the record and proves it: a
//! token, a certificate, or the word of an issuer of identities.
//! The [`Gate`] looks the record up, at most [`FRESH`] ago, and says who stands there.

mod certificate;
mod gate;
mod identity;
mod issuer;
mod keys;
mod presented;
mod principal;
mod rate;
mod token;

pub use certificate::certificate_uri;
pub use gate::{FRESH, Gate, invalid};
pub use identity::Identity;
pub use issuer::{Issuer, IssuerError};
pub use presented::{Presented, Shown};
pub use principal::Principal;
pub use rate::Rate;
pub use token::{Token, new_credential_id};
