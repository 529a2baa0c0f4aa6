//! Journeys of users, one room each. They share one program, so that it is built once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod batches;
mod corrections;
mod directory;
mod evaluation;
mod families;
mod households;
mod idempotency;
mod identity;
mod months;
mod newest;
mod policy;
mod redemption;
mod rehearsal;
mod reports;
mod retention;
mod selection;
mod tenants;
mod watch;
mod writers;
