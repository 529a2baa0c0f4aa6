//! Generations of states that are being made, beside the one that is served.

use super::error::before_commit;
use super::sql;
use super::states::upsert_states;
use super::transaction::Transaction;
use crate::row::purpose_value;
use ledger_core::id::LedgerId;
use ledger_core::ports::{Claim, Generation, GenerationWrite, StoreError, StoredState};
use sqlx::PgPool;
use sqlx::postgres::{PgConnection, PgQueryResult};

/// A statement about a claim, or a generation, that must have changed a row.
pub(super) fn claimed(written: Result<PgQueryResult, sqlx::Error>) -> Result<(), StoreError> {
    match written.map_err(before_commit)?.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::Superseded),
    }
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    generation: &Generation,
) -> Result<(), StoreError> {
    let written = sqlx::query(sql::INSERT_GENERATION)
        .bind(ledger.as_str())
        .bind(i64::from(generation.number))
        .bind(i64::from(generation.format))
        .bind(purpose_value(generation.purpose))
        .bind(generation.holder)
        .bind(generation.heard_of_us)
        .bind(generation.checkpoint.as_slice())
        .execute(connection)
        .await;
    claimed(written)
}

/// Begins a generation, or takes it over from another holder.
pub(super) async fn claim(
    pool: &PgPool,
    ledger: &LedgerId,
    generation: &Generation,
    from: Option<i64>,
) -> Result<(), StoreError> {
    let claim = async |connection: &mut PgConnection| {
        let Some(from) = from else { return insert(connection, ledger, generation).await };
        let written = sqlx::query(sql::TAKE_GENERATION)
            .bind(ledger.as_str())
            .bind(i64::from(generation.number))
            .bind(generation.holder)
            .bind(generation.heard_of_us)
            .bind(from)
            .execute(connection)
            .await;
        claimed(written)
    };
    Transaction::run(pool, claim).await
}

/// States of one transaction of a generation that is being made.
const STATES: usize = 4_096;

/// Writes states of a generation that is being made.
pub(super) async fn write_states(
    pool: &PgPool,
    ledger: &LedgerId,
    write: GenerationWrite,
) -> Result<(), StoreError> {
    let GenerationWrite { claim, heard_of_us, number, mut states, mut checkpoint, at_once } = write;
    // In one order, so that no two writers wait for each other.
    states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let mut parts = states.chunks(if at_once { states.len().max(1) } else { STATES }).peekable();
    loop {
        let part = parts.next().unwrap_or_default();
        let last = parts.peek().is_none();
        let kept = if last { checkpoint.take() } else { None };
        let write = async |connection: &mut PgConnection| {
            let written = sqlx::query(sql::HOLD_GENERATION)
                .bind(ledger.as_str())
                .bind(i64::from(claim.generation))
                .bind(claim.holder)
                .bind(heard_of_us)
                .bind(kept)
                .execute(&mut *connection)
                .await;
            claimed(written)?;
            upsert_states(connection, ledger, number, part).await
        };
        Transaction::run(pool, write).await?;
        if last {
            return Ok(());
        }
    }
}

/// Removes states of a generation, as long as a claim is true, if one is given.
pub(super) async fn drop_states(
    pool: &PgPool,
    ledger: &LedgerId,
    (generation, limit): (u32, u32),
    claim: Option<Claim>,
) -> Result<u64, StoreError> {
    let drop = async |connection: &mut PgConnection| {
        if let Some(claim) = claim {
            let held = sqlx::query(sql::LOCK_CLAIM)
                .bind(ledger.as_str())
                .bind(i64::from(claim.generation))
                .bind(claim.holder)
                .fetch_optional(&mut *connection)
                .await
                .map_err(before_commit)?;
            held.ok_or(StoreError::Superseded)?;
        }
        let dropped = sqlx::query(sql::DROP_STATES)
            .bind(ledger.as_str())
            .bind(i64::from(generation))
            .bind(i64::from(limit))
            .execute(connection)
            .await;
        Ok(dropped.map_err(before_commit)?.rows_affected())
    };
    Transaction::run(pool, drop).await
}

/// Writes the last states of a generation and serves it from now on.
pub(super) async fn serve(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    claim: Claim,
    kept: Vec<u8>,
    states: &[StoredState],
) -> Result<(), StoreError> {
    // The claim before the states, as whoever writes them does: nobody waits for each other.
    let written = sqlx::query(sql::CALL_IT_SERVED)
        .bind(ledger.as_str())
        .bind(i64::from(claim.generation))
        .bind(claim.holder)
        .bind(kept)
        .execute(&mut *connection)
        .await;
    claimed(written)?;
    upsert_states(connection, ledger, claim.generation, states).await?;
    for text in [sql::FORGET_SERVED, sql::SERVE_GENERATION] {
        sqlx::query(text)
            .bind(ledger.as_str())
            .bind(i64::from(claim.generation))
            .execute(&mut *connection)
            .await
            .map_err(before_commit)?;
    }
    Ok(())
}
