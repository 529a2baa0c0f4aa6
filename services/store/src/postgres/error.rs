//! What PostgreSQL's errors mean for an append.

use ledger_core::ports::StoreError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

fn database(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    match error {
        sqlx::Error::Database(database) => database.try_downcast_ref(),
        _ => None,
    }
}

/// Whether a row that must not be there was there.
pub(super) fn is_taken(error: &sqlx::Error) -> bool {
    database(error).is_some_and(|error| error.code() == "23505")
}

/// An error of a statement before the commit: nothing was written.
pub(super) fn before_commit(error: sqlx::Error) -> StoreError {
    let text = error.to_string();
    match database(&error).map(PgDatabaseError::code) {
        // Disk full; a standby (which cannot tell the end of its log either), or a primary that was told to take no writes.
        Some("53100" | "25006" | "55000") => StoreError::ReadOnly(text),
        // A page or an index is corrupt.
        Some("XX001" | "XX002") => StoreError::Damaged(text),
        Some(_) => StoreError::Unavailable(text),
        None => match error {
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => StoreError::Damaged(text),
            _ => StoreError::Unavailable(text),
        },
    }
}

/// An error of the commit itself. Where the server says so and goes on, the transaction was rolled back. Where the
/// connection ended, or a pooler says so of its own, the outcome is not known.
pub(super) fn at_commit(error: sqlx::Error) -> StoreError {
    let lost = |code: &str| ["08", "57P", "58"].iter().any(|class| code.starts_with(class));
    match database(&error) {
        Some(told) if told.severity() == PgSeverity::Error && !lost(told.code()) => before_commit(error),
        _ => StoreError::OutcomeUnknown(error.to_string()),
    }
}
