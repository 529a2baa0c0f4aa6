//! A ledger as plain files (`docs/format.md`): what they are, and whether they are whole.

mod manifest;
mod rows;
mod verify;

pub use manifest::{Content, FORMAT, LINES, Listed, MANIFEST, Manifest, parse_request, request_line};
pub use rows::Rows;
pub use verify::{CHECKPOINT, Covered, Verified, WITNESSED, verify_export};
