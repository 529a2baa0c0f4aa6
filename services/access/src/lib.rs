//! Who a caller is.
//!
//! A credential is a record of its ledger ([`ledger_core::access`]); what a caller shows names the record and proves it.
//! The [`Gate`] looks the record up, at most [`FRESH`] ago, and says who stands there.

mod gate;
mod principal;
mod rate;
mod token;

pub use gate::{FRESH, Gate, invalid};
pub use principal::Principal;
pub use rate::Rate;
pub use token::{Presented, Token};
