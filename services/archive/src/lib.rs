//! A ledger as plain files, which a text editor and `sha256sum` can read: [`export`] writes them, [`check`] looks whether
//! they are whole, and [`import`] makes a ledger of them in another deployment. `docs/format.md` describes the files.
//!
//! The log comes out byte for byte as it was, and so does what is remembered of requests; states are folded anew.

mod check;
mod error;
mod export;
mod import;
mod lines;

pub use check::check;
pub use creditbank_proof::archive::{MANIFEST, Manifest};
pub use error::ArchiveError;
pub use export::{export, make_folder};
pub use import::{discard, import};

/// Lines that are read from a store, or written to one, at a time.
const PAGE: u32 = 4_096;
/// Bytes of the lines that are read from a file at a time, about.
const PAGE_BYTES: usize = 8 << 20;

/// How far an export, a check or an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done.
    pub stage: Stage,
    /// Lines so far.
    pub done: u64,
    /// Lines in all, as far as that is known.
    pub of: u64,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Events are copied.
    Events,
    /// Requests are copied.
    Requests,
    /// Files are looked through.
    Checking,
    /// States are folded.
    Folding,
}

impl Stage {
    /// As it is written for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Events => "events",
            Stage::Requests => "requests",
            Stage::Checking => "checking",
            Stage::Folding => "folding",
        }
    }
}
