//! The digest that tells "the same request again" from "the same id for something else".
//!
//! It goes over the protobuf encoding of the parsed request without its id and parent. That encoding is fixed by
//! field numbers and leaves out unset fields, so it stays the same when the API grows.

use ledger_core::entry::Digest32;
use prost::Message;

/// The digest of a request whose id and parent were taken out.
pub(crate) fn of(method: &str, request: &impl Message) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(method.as_bytes());
    bytes.push(0);
    // A vector grows as needed: this cannot fail.
    let _ = request.encode(&mut bytes);
    Digest32::of(&bytes).0
}
