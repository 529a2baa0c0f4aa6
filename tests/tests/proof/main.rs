//! What an outsider can prove of a ledger, and what nobody can make them believe.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod badge;
mod export;
mod forged;
mod journey;
mod program;
mod statement;
mod witness;
mod world;
