//! Writing states.

use super::error::before_commit;
use super::sql;
use ledger_core::id::LedgerId;
use ledger_core::ports::{StoreError, StoredState};
use sqlx::postgres::PgConnection;

/// Writes states of a generation; those that are there are written over.
pub(super) async fn upsert_states(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    generation: u32,
    states: &[StoredState],
) -> Result<(), StoreError> {
    if states.is_empty() {
        return Ok(());
    }
    sqlx::query(sql::UPSERT_STATES)
        .bind(ledger.as_str())
        .bind(i64::from(generation))
        .bind(states.iter().map(|state| state.key.as_str()).collect::<Vec<_>>())
        .bind(states.iter().map(|state| state.bytes.as_slice()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .map_err(before_commit)?;
    Ok(())
}
