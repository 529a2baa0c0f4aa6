//! Who may do what: every method, role, scope and state; credentials that do not hold; and what a revocation ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what fails here fails the test")]

mod certificates;
mod credentials;
mod identities;
mod issuer;
mod matrix;
mod page;
mod raw;
mod revocation;
mod world;
