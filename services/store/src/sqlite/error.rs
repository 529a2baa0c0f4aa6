//! What SQLite's errors mean for an append.

use ledger_core::ports::StoreError;

/// The primary result code, if the error came from SQLite.
fn code(error: &sqlx::Error) -> Option<i32> {
    let sqlx::Error::Database(database) = error else { return None };
    database.code()?.parse::<i32>().ok().map(|extended| extended & 0xff)
}

const ERROR: i32 = 1;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;

/// An error of the statement itself, not of the file or its lock.
pub(super) fn is_plain(error: &sqlx::Error) -> bool {
    code(error) == Some(ERROR)
}

/// An error of a statement before the commit: nothing was written.
pub(super) fn before_commit(error: sqlx::Error) -> StoreError {
    let text = error.to_string();
    match code(&error) {
        Some(READONLY | FULL | IOERR) => StoreError::ReadOnly(text),
        Some(CORRUPT | NOTADB) => StoreError::Damaged(text),
        Some(BUSY | LOCKED | CANTOPEN) => StoreError::Unavailable(text),
        _ => match error {
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => StoreError::Damaged(text),
            _ => StoreError::Unavailable(text),
        },
    }
}

/// An error of the commit itself. Where SQLite says busy, read-only or full, the frame that would have made the commit
/// was not written, and nothing happened; after anything else the outcome is not known.
pub(super) fn at_commit(error: sqlx::Error) -> StoreError {
    match code(&error) {
        Some(BUSY | LOCKED | READONLY | FULL) => before_commit(error),
        _ => StoreError::OutcomeUnknown(error.to_string()),
    }
}
