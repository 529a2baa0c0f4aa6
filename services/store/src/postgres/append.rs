//! The append: a transaction that locks the head row first.

use super::epoch::{Epoch, Timeline};
use super::error::{before_commit, is_taken};
use super::states::upsert_states;
use super::transaction::Transaction;
use super::tree::upsert_tiles;
use super::{generation, read, sql};
use crate::row::{self, StoreRow, event_text, position_value, poster_value};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, Head, Prepared, RequestKey, RequestRecord, StoreError, StoredEvent,
    StoredState, Tenancy,
};
use ledger_core::projection::Key;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use std::sync::Arc;

/// A batch that waits for its turn.
pub(super) struct PgPrepared {
    pub(super) pool: PgPool,
    pub(super) epoch: Arc<Epoch>,
    pub(super) ledger: LedgerId,
    pub(super) base: Head,
    pub(super) batch: AppendBatch,
}

#[async_trait]
impl Prepared for PgPrepared {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let tip = row::tip_of(self.base, &self.batch.events)?;
        let append = PgAppend::begin(&self.pool, &self.epoch, self.ledger).await?;
        if append.head != self.base || !append.tenancy.takes(tip) {
            append.transaction.rollback().await;
            return Err(StoreError::HeadMoved);
        }
        Box::new(append).commit(self.batch).await
    }
}

/// An append under the lock of the head row.
pub(super) struct PgAppend {
    transaction: Transaction,
    ledger: LedgerId,
    head: Head,
    tenancy: Tenancy,
    /// Where it is written.
    timeline: Timeline,
}

impl PgAppend {
    pub(super) async fn begin(
        pool: &PgPool,
        epoch: &Epoch,
        ledger: LedgerId,
    ) -> Result<PgAppend, StoreError> {
        let (transaction, timeline) = Transaction::begin_append(pool, epoch).await?;
        let lock =
            async |connection: &mut PgConnection| lock_head(connection, epoch, timeline, &ledger).await;
        let (transaction, (head, tenancy)) = transaction.attempt(lock).await?;
        Ok(PgAppend { transaction, ledger, head, tenancy, timeline })
    }
}

/// Locks the head; refuses a server that lost its place to another.
pub(super) async fn lock_head(
    connection: &mut PgConnection,
    epoch: &Epoch,
    timeline: Timeline,
    ledger: &LedgerId,
) -> Result<(Head, Tenancy), StoreError> {
    let row = sqlx::query(sql::LOCK_HEAD)
        .bind(ledger.as_str())
        .fetch_optional(connection)
        .await
        .map_err(before_commit)?
        .ok_or(StoreError::NoLedger)?;
    epoch.check_ledger(timeline, (row.integer(5)?, row.integer(6)?))?;
    Ok((row::head(&row)?, row::tenancy(&row, 3)?))
}

/// Writes a batch on the head that is locked.
async fn write(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    (head, timeline): (Head, Timeline),
    batch: AppendBatch,
) -> Result<(), StoreError> {
    let AppendBatch { events, recorded_at_us, requests, mut states, tree } = batch;
    let tip = row::tip_of(head, &events)?;
    insert_requests(connection, ledger, &requests).await?;
    if !events.is_empty() {
        sqlx::query(sql::MOVE_HEAD)
            .bind(ledger.as_str())
            .bind(position_value(tip)?)
            .bind(recorded_at_us)
            .bind(timeline.0)
            .bind(timeline.1)
            .bind(tree.as_ref().map(|tree| tree.to.to_bytes()))
            .execute(&mut *connection)
            .await
            .map_err(before_commit)?;
        insert_events(connection, ledger, events).await?;
        upsert_tiles(connection, ledger, tree.map(|tree| tree.tiles).unwrap_or_default()).await?;
    }
    // In order of key: neighbours share a page.
    states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    upsert_states(connection, ledger, head.generation, &states).await
}

async fn insert_events(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    events: Vec<StoredEvent>,
) -> Result<(), StoreError> {
    let (mut positions, mut bodies) = (Vec::new(), Vec::new());
    for event in events {
        positions.push(position_value(event.position)?);
        bodies.push(event_text(event.bytes)?);
    }
    let written = sqlx::query(sql::INSERT_EVENTS)
        .bind(ledger.as_str())
        .bind(positions)
        .bind(bodies)
        .execute(connection)
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => {
            Err(StoreError::Damaged("there are events behind the head".to_owned()))
        }
        Err(error) => Err(before_commit(error)),
    }
}

async fn insert_requests(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    requests: &[(RequestKey, RequestRecord)],
) -> Result<(), StoreError> {
    let positions: Vec<i64> =
        requests.iter().map(|(_, record)| position_value(record.position)).collect::<Result<_, _>>()?;
    let written = sqlx::query(sql::INSERT_REQUESTS)
        .bind(ledger.as_str())
        .bind(requests.iter().map(|(key, _)| poster_value(key)).collect::<Vec<_>>())
        .bind(requests.iter().map(|(key, _)| key.request_id.as_str()).collect::<Vec<_>>())
        .bind(requests.iter().map(|(_, record)| record.digest.as_slice()).collect::<Vec<_>>())
        .bind(positions)
        .bind(requests.iter().map(|(_, record)| i64::from(record.events)).collect::<Vec<_>>())
        .execute(connection)
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(error) if is_taken(&error) => Err(StoreError::RequestKnown),
        Err(error) => Err(before_commit(error)),
    }
}

#[async_trait]
impl Append for PgAppend {
    fn head(&self) -> Head {
        self.head
    }

    fn tenancy(&self) -> Tenancy {
        self.tenancy
    }

    async fn find_requests(&mut self, keys: &[RequestKey]) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        read::requests(self.transaction.connection(), &self.ledger, keys).await
    }

    async fn load_states(&mut self, keys: &[Key]) -> Result<Vec<StoredState>, StoreError> {
        read::load(self.transaction.connection(), &self.ledger, self.head.generation, keys).await
    }

    async fn commit(self: Box<Self>, batch: AppendBatch) -> Result<(), StoreError> {
        let PgAppend { transaction, ledger, head, timeline, .. } = *self;
        let write =
            async |connection: &mut PgConnection| write(connection, &ledger, (head, timeline), batch).await;
        transaction.finish(write).await
    }

    async fn switch_generation(
        self: Box<Self>,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let PgAppend { transaction, ledger, .. } = *self;
        let serve = async |connection: &mut PgConnection| {
            generation::serve(connection, &ledger, claim, kept, &states).await
        };
        transaction.finish(serve).await
    }

    async fn confirm(self: Box<Self>) -> Result<(), StoreError> {
        self.transaction.commit().await
    }

    async fn rollback(self: Box<Self>) {
        self.transaction.rollback().await;
    }
}
