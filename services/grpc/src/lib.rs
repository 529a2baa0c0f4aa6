//! The gRPC door: translates protobuf to commands and queries of `creditbank-ledger`, and answers and refusals back.

pub mod proto;
