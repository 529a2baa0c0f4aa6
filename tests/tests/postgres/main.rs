//! What holds on PostgreSQL: plans, settings, several programs on one primary, a primary that is lost, calls that are
//! dropped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod dropped;
mod failover;
mod moving;
mod plans;
mod replicas;
mod settings;
mod shards;
mod standby;
