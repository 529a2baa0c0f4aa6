//! The ports of `ledger-core` on real stores.
//!
//! [`SqliteStore`] keeps ledgers in one SQLite file (WAL, `synchronous=FULL`). [`MemoryStore`] is the model: it keeps
//! them in maps, and the conformance suite holds the two against each other. SQL stands in this crate only, and
//! never computes a credit.

mod memory;
mod row;
mod sqlite;

pub use memory::MemoryStore;
pub use sqlite::{SqliteOptions, SqliteStore};

use ledger_core::ports::Store;
use ledger_core::ports::StoreError;
use std::sync::Arc;

/// Opens the store a URL names: `sqlite://FILE` or `memory:`.
///
/// # Errors
/// [`StoreError::Unavailable`] where the URL names no store this program has, or it cannot be opened.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    if url == "memory:" {
        return Ok(Arc::new(MemoryStore::default()));
    }
    if url.starts_with("sqlite:") {
        return Ok(Arc::new(SqliteStore::open(url, SqliteOptions::default()).await?));
    }
    Err(StoreError::Unavailable("the database URL must begin with sqlite:".to_owned()))
}
