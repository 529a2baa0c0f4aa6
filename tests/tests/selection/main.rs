//! The yearly selection from the standard to the awards, over the API: a district written by hand, with its expected
//! results computed by hand, and what becomes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod district;
mod golden;
mod year;
