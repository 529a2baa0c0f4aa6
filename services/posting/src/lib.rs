//! Imports on their way into the ledger. What a sheet needs is registered first; then its rows go in batches through the
//! gRPC door, each under the request id that its content makes, so that the same sheet again records nothing twice. A
//! [`Posting`] that only rehearses asks what would become of the rows and records nothing.

mod batch;
mod persist;
mod posting;
mod undo;
mod verdict;

pub use batch::batch_of;
pub use posting::{Desk, Heard, Posting};
pub use undo::{Undone, reverse_batch};
pub use verdict::{Counts, Told, Verdict};
