//! The gRPC door: translates protobuf to commands and queries of `creditbank-ledger`, and answers and refusals back.
//!
//! A request is parsed whole before anything is asked of the ledger; what comes back is true at a stated position.

mod access;
mod access_service;
mod account_service;
mod asked;
mod badge_service;
mod client;
mod connections;
mod convert;
mod correction_service;
mod deployment_service;
mod digest;
mod directory_service;
mod entry;
mod evaluation_service;
mod evidence;
mod household_service;
mod identity_service;
mod indicator;
mod json;
mod layer;
mod ledger_service;
mod names;
mod policy_service;
mod proof_service;
pub mod proto;
mod redemption_service;
mod registry_service;
mod report;
mod report_service;
mod retention_service;
mod selection_service;
mod server;
mod status;
mod verification;

pub use access::{Access, Check, Effect, Rule, rule};
pub use client::{Bearer, Credentialed};
pub use connections::ConnectionLimits;
pub use names::ledger_name;
pub use server::{MAX_MESSAGE_BYTES, ServerOptions, connect_in_process, serve};
pub use status::{DOMAIN, http_status, status, told};
