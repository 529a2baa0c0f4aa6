//! The ports of `ledger-core` on real stores.
//!
//! [`SqliteStore`] keeps ledgers in one SQLite file (WAL, `synchronous=FULL`), [`PostgresStore`] in a PostgreSQL database
//! that any number of programs share. [`MemoryStore`] is the model: it keeps them in maps, and the conformance suite
//! holds the three against each other. What rows mean is written once (`row.rs`). SQL stands in this crate only, and
//! never computes a credit.

mod memory;
mod postgres;
mod row;
mod sqlite;

pub use memory::{MemoryPersons, MemoryStore};
pub use postgres::{
    Distributed, PostgresOptions, PostgresPersons, PostgresStore, distribute,
    statements as postgres_statements,
};
pub use sqlite::{SqliteOptions, SqlitePersons, SqliteStore};

use ledger_core::person::PersonStore;
use ledger_core::ports::Store;
use ledger_core::ports::StoreError;
use std::sync::Arc;

/// Opens the store a URL names: `sqlite://FILE`, `postgres://USER@HOST/DATABASE` or `memory:`.
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
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresStore::open(url, PostgresOptions::default()).await?));
    }
    Err(no_such_store())
}

/// Opens what a store that was opened before keeps of persons, on connections of its own: `sqlite://FILE`,
/// `postgres://USER@HOST/DATABASE` or `memory:`, which keeps nothing yet.
///
/// # Errors
/// As [`open`].
pub async fn open_persons(url: &str) -> Result<Arc<dyn PersonStore>, StoreError> {
    if url == "memory:" {
        return Ok(Arc::new(MemoryPersons::default()));
    }
    if url.starts_with("sqlite:") {
        return Ok(Arc::new(SqlitePersons::open(url).await?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresPersons::open(url)?));
    }
    Err(no_such_store())
}

fn no_such_store() -> StoreError {
    StoreError::Unavailable("the database URL must begin with sqlite: or postgres://".to_owned())
}

/// Opens a standby of a store, for reads: `postgres://USER@HOST/DATABASE`.
///
/// # Errors
/// [`StoreError::Unavailable`] where the URL names no such store.
pub fn open_standby(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(PostgresStore::standby(url, PostgresOptions::default())?));
    }
    Err(StoreError::Unavailable("the URL of a standby must begin with postgres://".to_owned()))
}
