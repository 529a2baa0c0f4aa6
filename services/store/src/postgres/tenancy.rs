//! Ledgers as a deployment has them: made, limited, sealed, and given up before they are served.

use super::append::lock_head;
use super::epoch::Epoch;
use super::error::before_commit;
use super::generation::{claimed, insert};
use super::sql;
use super::transaction::Transaction;
use crate::row::{quota_value, standing_value};
use ledger_core::id::LedgerId;
use ledger_core::ports::{Generation, Standing, StoreError, Tenancy};
use sqlx::PgPool;
use sqlx::postgres::PgConnection;

/// Makes an empty ledger.
pub(super) async fn create_ledger(
    pool: &PgPool,
    epoch: &Epoch,
    ledger: &LedgerId,
    standing: Standing,
) -> Result<(), StoreError> {
    let (transaction, timeline) = Transaction::begin_append(pool, epoch).await?;
    let create = async |connection: &mut PgConnection| {
        let written = sqlx::query(sql::INSERT_LEDGER)
            .bind(ledger.as_str())
            .bind(timeline.0)
            .bind(timeline.1)
            .bind(standing_value(standing))
            .execute(&mut *connection)
            .await;
        if written.map_err(before_commit)?.rows_affected() == 0 {
            return Err(StoreError::LedgerExists);
        }
        insert(connection, ledger, &Generation::first()).await
    };
    transaction.finish(create).await
}

/// Lays down something else for a ledger. Once this is answered it is as safe as a posting: what is the same already is
/// written all the same, for it may not be wherever it must be.
pub(super) async fn change_tenancy(
    pool: &PgPool,
    epoch: &Epoch,
    ledger: &LedgerId,
    (from, to): (Tenancy, Tenancy),
) -> Result<(), StoreError> {
    let (transaction, timeline) = Transaction::begin_append(pool, epoch).await?;
    let change = async |connection: &mut PgConnection| {
        lock_head(connection, epoch, timeline, ledger).await?;
        let written = sqlx::query(sql::CHANGE_TENANCY)
            .bind(ledger.as_str())
            .bind(standing_value(to.standing))
            .bind(quota_value(to))
            .bind(standing_value(from.standing))
            .bind(quota_value(from))
            .execute(connection)
            .await;
        claimed(written)
    };
    transaction.finish(change).await
}

/// Removes some of a ledger that is discarded, and its head once nothing is left.
pub(super) async fn remove_discarded(
    pool: &PgPool,
    epoch: &Epoch,
    ledger: &LedgerId,
    limit: u32,
) -> Result<bool, StoreError> {
    let (transaction, timeline) = Transaction::begin_append(pool, epoch).await?;
    let discard = async |connection: &mut PgConnection| {
        let (_, tenancy) = lock_head(connection, epoch, timeline, ledger).await?;
        if tenancy.standing != Standing::Discarded {
            return Err(StoreError::Superseded);
        }
        for text in [sql::DISCARD_EVENTS, sql::DISCARD_REQUESTS, sql::DISCARD_STATES, sql::DISCARD_TILES] {
            let some = sqlx::query(text).bind(ledger.as_str()).bind(i64::from(limit));
            some.execute(&mut *connection).await.map_err(before_commit)?;
        }
        let head = sqlx::query(sql::DISCARD_HEAD).bind(ledger.as_str()).execute(&mut *connection).await;
        let gone = head.map_err(before_commit)?.rows_affected() > 0;
        if gone {
            for text in [sql::DISCARD_GENERATIONS, sql::DISCARD_CHECKPOINTS] {
                let rest = sqlx::query(text).bind(ledger.as_str()).execute(&mut *connection).await;
                rest.map_err(before_commit)?;
            }
        }
        Ok(gone)
    };
    transaction.finish(discard).await
}
