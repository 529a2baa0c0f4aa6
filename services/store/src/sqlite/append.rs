//! The writing connection and the append on it.

use super::error::{before_commit, is_plain};
use super::script::Script;
use super::{read, sql};
use crate::row;
use async_trait::async_trait;
use futures::StreamExt;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, GenerationWrite, Head, Prepared, RequestKey, RequestRecord, Standing,
    StoreError, StoredState, Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use sqlx::{AssertSqlSafe, Executor, SqliteConnection};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The one connection that writes. It remembers whether a transaction may be open on it, so that one that failed or
/// was dropped half-way is rolled back before the next begins.
pub(super) struct Writer {
    connection: SqliteConnection,
    in_transaction: bool,
}

impl Writer {
    pub(super) fn new(connection: SqliteConnection) -> Writer {
        Writer { connection, in_transaction: false }
    }

    /// The connection outside a transaction.
    pub(super) async fn idle(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        if self.in_transaction {
            match sqlx::query("rollback").execute(&mut self.connection).await {
                // What failed may have ended the transaction already.
                Err(error) if !is_plain(&error) => return Err(before_commit(error)),
                _ => self.in_transaction = false,
            }
        }
        Ok(&mut self.connection)
    }

    /// Moves what is in the WAL into the file. Where it cannot, the WAL stays beside the file and nothing is lost.
    pub(super) async fn empty_wal(&mut self) {
        if let Ok(connection) = self.idle().await {
            let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(connection).await;
        }
    }

    /// Runs a script that ends with its commit: all of it is true then, or none.
    pub(super) async fn run(&mut self, script: Script) -> Result<(), StoreError> {
        let (text, arguments, steps) = script.finish();
        self.in_transaction = true;
        let mut succeeded = 0;
        let mut failed = None;
        let script = sqlx::query_with(AssertSqlSafe(text), arguments);
        let mut results = (&mut self.connection).execute_many(script);
        while let Some(result) = results.next().await {
            match result {
                Ok(_) => succeeded += 1,
                Err(error) => failed = Some(error),
            }
        }
        drop(results);
        let error = match failed {
            None if succeeded == steps.len() => {
                self.in_transaction = false;
                return Ok(());
            }
            None => StoreError::OutcomeUnknown("the connection's thread ended".to_owned()),
            Some(error) => steps.explain(succeeded, error),
        };
        // The answer is the first error; what is left of the transaction is looked at again before the next.
        let _ = self.idle().await;
        Err(error)
    }
}

/// What a batch writes on the head it was decided on, up to the commit.
fn write(
    script: &mut Script,
    base: Head,
    standing: Standing,
    batch: AppendBatch,
    limited: bool,
) -> Result<(), StoreError> {
    let tip = row::tip_of(base, &batch.events)?;
    // Under the lock whoever appends has looked at the quota.
    let least_quota = if limited { tip } else { Position(0) };
    let recorded_at_us = if batch.events.is_empty() { base.recorded_at_us } else { batch.recorded_at_us };
    let edge = batch.tree.as_ref().map(|tree| &tree.to);
    script.move_head(base, (tip, recorded_at_us, edge), (standing, least_quota))?;
    script.insert_events(batch.events)?;
    script.upsert_tiles(batch.tree.map(|tree| tree.tiles).unwrap_or_default())?;
    script.insert_requests(batch.requests)?;
    script.upsert_states(base.generation, batch.states)?;
    script.commit();
    Ok(())
}

/// A batch as a script from the lock to the commit: one trip.
pub(super) struct SqlitePrepared {
    writer: Arc<Mutex<Writer>>,
    script: Script,
}

impl SqlitePrepared {
    pub(super) fn new(
        writer: Arc<Mutex<Writer>>,
        ledger: &LedgerId,
        base: Head,
        batch: AppendBatch,
    ) -> Result<SqlitePrepared, StoreError> {
        let mut script = Script::new(ledger);
        script.lock();
        write(&mut script, base, Standing::Open, batch, true)?;
        Ok(SqlitePrepared { writer, script })
    }
}

#[async_trait]
impl Prepared for SqlitePrepared {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        run(&self.writer, self.script).await
    }
}

/// States of one transaction of a generation that is being made: the lock is held some 30 ms.
const STATES: usize = 4_096;

/// Writes states of a generation that is being made.
pub(super) async fn write_states(
    writer: &Mutex<Writer>,
    ledger: &LedgerId,
    write: GenerationWrite,
) -> Result<(), StoreError> {
    let GenerationWrite { claim, heard_of_us, number, mut states, mut checkpoint, at_once } = write;
    // In order of key: neighbours share a page.
    states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let part = if at_once { usize::MAX } else { STATES };
    let mut states = states.into_iter();
    loop {
        let part: Vec<StoredState> = states.by_ref().take(part).collect();
        let last = states.len() == 0;
        let mut script = Script::new(ledger);
        script.lock();
        script.hold_generation(claim, heard_of_us, if last { checkpoint.take() } else { None })?;
        script.upsert_states(number, part)?;
        script.commit();
        // Others write between the parts.
        run(writer, script).await?;
        if last {
            return Ok(());
        }
    }
}

/// Removes states of a generation, as long as a claim is true, if one is given. Each statement is a transaction.
pub(super) async fn drop_states(
    writer: &Mutex<Writer>,
    ledger: &LedgerId,
    (generation, limit): (u32, u32),
    claim: Option<Claim>,
) -> Result<u64, StoreError> {
    let mut writer = writer.lock().await;
    let connection = writer.idle().await?;
    let text = if claim.is_some() { sql::DROP_STATES_HELD } else { sql::DROP_STATES };
    let mut drop = sqlx::query(text).bind(ledger.as_str()).bind(generation).bind(limit);
    if let Some(claim) = claim {
        drop = drop.bind(claim.generation).bind(claim.holder);
    }
    let gone = drop.execute(&mut *connection).await.map_err(before_commit)?.rows_affected();
    if gone == 0
        && let Some(claim) = claim
    {
        // None were left, or it was not allowed to: a claim that was lost is never true again.
        let held = sqlx::query(sql::IS_HELD)
            .bind(ledger.as_str())
            .bind(claim.generation)
            .bind(claim.holder)
            .fetch_optional(connection)
            .await
            .map_err(before_commit)?;
        return held.map(|_| 0).ok_or(StoreError::Superseded);
    }
    Ok(gone)
}

/// Runs a script in its turn.
pub(super) async fn run(writer: &Mutex<Writer>, script: Script) -> Result<(), StoreError> {
    let mut writer = writer.lock().await;
    writer.idle().await?;
    writer.run(script).await
}

/// An append under `begin immediate`: the head row is read first, everything else after it.
pub(super) struct SqliteAppend {
    writer: OwnedMutexGuard<Writer>,
    ledger: LedgerId,
    head: Head,
    tenancy: Tenancy,
}

impl SqliteAppend {
    pub(super) async fn begin(
        mut writer: OwnedMutexGuard<Writer>,
        ledger: LedgerId,
    ) -> Result<Self, StoreError> {
        writer.idle().await?;
        writer.in_transaction = true;
        let rows = sqlx::query(sql::LOCK_AND_READ_HEAD)
            .bind(ledger.as_str())
            .fetch_all(&mut writer.connection)
            .await
            .map_err(before_commit);
        let found = rows.and_then(|rows| {
            let row = rows.first().ok_or(StoreError::NoLedger)?;
            Ok((row::head(row)?, row::tenancy(row, 3)?))
        });
        match found {
            Ok((head, tenancy)) => Ok(SqliteAppend { writer, ledger, head, tenancy }),
            Err(error) => {
                let _ = writer.idle().await;
                Err(error)
            }
        }
    }
}

impl SqliteAppend {
    /// Lets go of the lock, which would else stand until the next write.
    async fn give_up(&mut self, error: StoreError) -> Result<(), StoreError> {
        let _ = self.writer.idle().await;
        Err(error)
    }
}

#[async_trait]
impl Append for SqliteAppend {
    fn head(&self) -> Head {
        self.head
    }

    fn tenancy(&self) -> Tenancy {
        self.tenancy
    }

    async fn find_requests(&mut self, keys: &[RequestKey]) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        read::requests(&mut self.writer.connection, &self.ledger, keys).await
    }

    async fn load_states(&mut self, keys: &[Key]) -> Result<Vec<StoredState>, StoreError> {
        read::load(&mut self.writer.connection, &self.ledger, self.head.generation, keys).await
    }

    async fn commit(mut self: Box<Self>, batch: AppendBatch) -> Result<(), StoreError> {
        let mut script = Script::new(&self.ledger);
        match write(&mut script, self.head, self.tenancy.standing, batch, false) {
            Ok(()) => self.writer.run(script).await,
            Err(error) => self.give_up(error).await,
        }
    }

    async fn switch_generation(
        mut self: Box<Self>,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let mut script = Script::new(&self.ledger);
        let written = script
            .upsert_states(claim.generation, states)
            .and_then(|()| script.serve_generation(claim, kept));
        script.commit();
        match written {
            Ok(()) => self.writer.run(script).await,
            Err(error) => self.give_up(error).await,
        }
    }

    async fn rollback(mut self: Box<Self>) {
        // A failed rollback is tried again before the next transaction.
        let _ = self.writer.idle().await;
    }
}
