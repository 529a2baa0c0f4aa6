//! Entries: the latest ones, one with its reversal, and the batches they came with.

mod batch;
mod batches;
mod latest;
mod reverse;

pub(crate) use batch::{page as batch, posted as reverse_batch};
pub(crate) use batches::page as batches;
pub(crate) use latest::page as latest;
pub(crate) use reverse::{page as one, posted as reverse};
