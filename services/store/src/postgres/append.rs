//! The append: a transaction that locks the head row first. It begins and ends on one connection of the pool; where it
//! is dropped half-way, the pool finds it open and closes the connection, and the server rolls it back.

use super::error::{at_commit, before_commit, is_taken};
use super::{read, safe, sql};
use crate::row::{self, StoreRow, event_text, position_value, poster_value, purpose_value};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, Generation, GenerationWrite, Head, Prepared, Purpose, RequestKey,
    RequestRecord, StoreError, StoredEvent, StoredState,
};
use ledger_core::projection::{Key, STATE_FORMAT};
use sqlx::pool::PoolConnection;
use sqlx::{Executor, PgPool, Postgres};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a commit waits to see itself on the standbys it was to wait for (our own default). The server has waited
/// already: this takes longer only where somebody cut its wait short.
const SEEN_ON_STANDBYS: Duration = Duration::from_secs(5);

/// How long the server may take to write a batch or to commit it (our own default). A commit that waits for a standby takes
/// as long as that does; after this, what became of it is not known.
const PATIENCE: Duration = Duration::from_secs(45);

/// The newest timeline that this program has seen of a system: what a primary of an older one says is not believed any
/// more. A system that was restored from a dump is another one and begins anew.
#[derive(Debug, Default)]
pub(super) struct Epoch(Mutex<(i64, i64)>);

impl Epoch {
    pub(super) fn newest(&self) -> (i64, i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a timeline; gives the newest of that system.
    pub(super) fn see(&self, (server, timeline): (i64, i64)) -> i64 {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = if seen.0 == server { (server, seen.1.max(timeline)) } else { (server, timeline) };
        seen.1
    }
}

/// A transaction that writes.
pub(super) struct Transaction {
    connection: PoolConnection<Postgres>,
    /// How many standbys must have a commit on disk.
    standbys: i64,
}

impl Transaction {
    pub(super) async fn begin(pool: &PgPool) -> Result<Transaction, StoreError> {
        let mut connection = pool.acquire().await.map_err(before_commit)?;
        match timeout(PATIENCE, connection.execute(sqlx::raw_sql(sql::BEGIN))).await {
            Ok(begun) => begun.map_err(before_commit)?,
            Err(_) => {
                close(connection);
                return Err(StoreError::Unavailable(SILENT.to_owned()));
            }
        };
        Ok(Transaction { connection, standbys: 0 })
    }

    async fn commit(mut self) -> Result<(), StoreError> {
        let committed = sqlx::query(sql::COMMIT).execute(&mut *self.connection);
        match timeout(PATIENCE, committed).await {
            Ok(committed) => committed.map_err(at_commit)?,
            Err(_) => {
                close(self.connection);
                return Err(StoreError::OutcomeUnknown(SILENT.to_owned()));
            }
        };
        if self.standbys == 0 {
            return Ok(());
        }
        // A wait for standbys that was cut short ends in a warning that the driver does not hand on: look.
        let unknown = |error: sqlx::Error| StoreError::OutcomeUnknown(error.to_string());
        let end = sqlx::query(sql::WAL_END).fetch_one(&mut *self.connection).await.map_err(unknown)?;
        let until = Instant::now() + SEEN_ON_STANDBYS;
        loop {
            let seen =
                sqlx::query(sql::STANDBYS_AT).bind(end.text(0)?).fetch_one(&mut *self.connection).await;
            if seen.map_err(unknown)?.integer(0)? >= self.standbys {
                return Ok(());
            }
            if Instant::now() > until {
                let text = "it is on this server's disk, but not on the standbys it was to wait for";
                return Err(StoreError::OutcomeUnknown(text.to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn rollback(mut self) {
        // Where it fails, the pool finds the transaction open and closes the connection.
        let _ = sqlx::query(sql::ROLLBACK).execute(&mut *self.connection).await;
    }

    /// Does something with it, as long as the server answers; else the connection is closed, and nothing was written.
    async fn within_patience<T>(
        self,
        work: impl AsyncFnOnce(&mut Transaction) -> Result<T, StoreError>,
    ) -> Result<(Transaction, Result<T, StoreError>), StoreError> {
        let mut transaction = self;
        match timeout(PATIENCE, work(&mut transaction)).await {
            Ok(done) => Ok((transaction, done)),
            Err(_) => {
                close(transaction.connection);
                Err(StoreError::Unavailable(SILENT.to_owned()))
            }
        }
    }

    /// Commits what went well, else lets go of all of it.
    async fn end<T>(self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match done {
            Ok(done) => self.commit().await.map(|()| done),
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }

    async fn insert_events(
        &mut self,
        ledger: &LedgerId,
        recorded_at_us: i64,
        events: Vec<StoredEvent>,
    ) -> Result<(), StoreError> {
        let (mut positions, mut bodies) = (Vec::new(), Vec::new());
        for event in events {
            positions.push(position_value(event.position)?);
            bodies.push(event_text(event.bytes)?);
        }
        let written = sqlx::query(sql::INSERT_EVENTS)
            .bind(ledger.as_str())
            .bind(recorded_at_us)
            .bind(positions)
            .bind(bodies)
            .execute(&mut *self.connection)
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
        &mut self,
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
            .execute(&mut *self.connection)
            .await
            .map_err(before_commit)?;
        if written.rows_affected() == requests.len() as u64 { Ok(()) } else { Err(StoreError::RequestKnown) }
    }

    async fn upsert_states(
        &mut self,
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
            .execute(&mut *self.connection)
            .await
            .map_err(before_commit)?;
        Ok(())
    }

    async fn insert_generation(
        &mut self,
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
            .execute(&mut *self.connection)
            .await
            .map_err(before_commit)?;
        if written.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Superseded) }
    }

    /// A statement about a claim that must have changed a row.
    async fn claimed(
        &mut self,
        written: Result<sqlx::postgres::PgQueryResult, sqlx::Error>,
    ) -> Result<(), StoreError> {
        if written.map_err(before_commit)?.rows_affected() == 1 {
            Ok(())
        } else {
            Err(StoreError::Superseded)
        }
    }

    async fn hold(
        &mut self,
        ledger: &LedgerId,
        claim: Claim,
        heard_of_us: i64,
        checkpoint: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let written = sqlx::query(sql::HOLD_GENERATION)
            .bind(ledger.as_str())
            .bind(i64::from(claim.generation))
            .bind(claim.holder)
            .bind(heard_of_us)
            .bind(checkpoint)
            .execute(&mut *self.connection)
            .await;
        self.claimed(written).await
    }
}

const SILENT: &str = "the server does not answer any more";

/// Ends a connection without a word: whoever is at the other end may not listen.
fn close(connection: PoolConnection<Postgres>) {
    drop(connection.detach());
}

/// Makes an empty ledger; its first generation has number 0.
pub(super) async fn create_ledger(pool: &PgPool, ledger: &LedgerId) -> Result<(), StoreError> {
    let mut transaction = Transaction::begin(pool).await?;
    let made = async {
        let written = sqlx::query(sql::INSERT_LEDGER)
            .bind(ledger.as_str())
            .execute(&mut *transaction.connection)
            .await
            .map_err(before_commit)?;
        if written.rows_affected() == 0 {
            return Err(StoreError::LedgerExists);
        }
        let first = Generation {
            number: 0,
            format: STATE_FORMAT,
            purpose: Purpose::Serve,
            holder: 0,
            heard_of_us: 0,
            checkpoint: Vec::new(),
        };
        transaction.insert_generation(ledger, &first).await
    };
    let made = made.await;
    transaction.end(made).await
}

/// Begins a generation, or takes it over from another holder.
pub(super) async fn claim(
    pool: &PgPool,
    ledger: &LedgerId,
    generation: &Generation,
    from: Option<i64>,
) -> Result<(), StoreError> {
    let mut transaction = Transaction::begin(pool).await?;
    let done = match from {
        None => transaction.insert_generation(ledger, generation).await,
        Some(from) => {
            let written = sqlx::query(sql::TAKE_GENERATION)
                .bind(ledger.as_str())
                .bind(i64::from(generation.number))
                .bind(generation.holder)
                .bind(generation.heard_of_us)
                .bind(from)
                .execute(&mut *transaction.connection)
                .await;
            transaction.claimed(written).await
        }
    };
    transaction.end(done).await
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
        let mut transaction = Transaction::begin(pool).await?;
        let kept = if last { checkpoint.take() } else { None };
        let mut done = transaction.hold(ledger, claim, heard_of_us, kept).await;
        if done.is_ok() {
            done = transaction.upsert_states(ledger, number, part).await;
        }
        transaction.end(done).await?;
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
    let mut transaction = Transaction::begin(pool).await?;
    let dropped = async {
        if let Some(claim) = claim {
            let held = sqlx::query(sql::LOCK_CLAIM)
                .bind(ledger.as_str())
                .bind(i64::from(claim.generation))
                .bind(claim.holder)
                .fetch_optional(&mut *transaction.connection)
                .await
                .map_err(before_commit)?;
            held.ok_or(StoreError::Superseded)?;
        }
        let dropped = sqlx::query(sql::DROP_STATES)
            .bind(ledger.as_str())
            .bind(i64::from(generation))
            .bind(i64::from(limit))
            .execute(&mut *transaction.connection)
            .await
            .map_err(before_commit)?;
        Ok(dropped.rows_affected())
    };
    let dropped = dropped.await;
    transaction.end(dropped).await
}

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
        let append = PgAppend::begin(&self.pool, &self.epoch, self.ledger).await?;
        if append.head != self.base {
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
    /// The system and the timeline it is written on.
    epoch: (i64, i64),
}

impl PgAppend {
    pub(super) async fn begin(
        pool: &PgPool,
        newest: &Epoch,
        ledger: LedgerId,
    ) -> Result<PgAppend, StoreError> {
        let transaction = Transaction::begin(pool).await?;
        let lock = async |transaction: &mut Transaction| {
            let row = sqlx::query(sql::LOCK_HEAD)
                .bind(ledger.as_str())
                .fetch_optional(&mut *transaction.connection)
                .await
                .map_err(before_commit)?
                .ok_or(StoreError::NoLedger)?;
            let (written, server) = ((row.integer(3)?, row.integer(4)?), (row.integer(5)?, row.integer(6)?));
            let mut newest_seen = newest.see(server);
            if written.0 == server.0 {
                newest_seen = newest.see(written);
            }
            if server.1 < newest_seen {
                return Err(StoreError::Unavailable(format!(
                    "this server is of timeline {}, but another took its place with timeline {newest_seen}",
                    server.1
                )));
            }
            for (index, name) in [(8, "fsync"), (9, "full_page_writes"), (10, "synchronous_commit")] {
                safe(name, row.text(index)?)?;
            }
            Ok((row::head(&row)?, server, standbys(row.text(7)?)))
        };
        match transaction.within_patience(lock).await? {
            (mut transaction, Ok((head, epoch, standbys))) => {
                transaction.standbys = standbys;
                Ok(PgAppend { transaction, ledger, head, epoch })
            }
            (transaction, Err(error)) => {
                transaction.rollback().await;
                Err(error)
            }
        }
    }

    async fn write(self, batch: AppendBatch) -> Result<(), StoreError> {
        let PgAppend { transaction, ledger, head, epoch } = self;
        let write =
            async |transaction: &mut Transaction| transaction.write(&ledger, head, epoch, batch).await;
        let (transaction, written) = transaction.within_patience(write).await?;
        transaction.end(written).await
    }
}

impl Transaction {
    async fn write(
        &mut self,
        ledger: &LedgerId,
        head: Head,
        epoch: (i64, i64),
        batch: AppendBatch,
    ) -> Result<(), StoreError> {
        let AppendBatch { events, recorded_at_us, requests, mut states } = batch;
        let transaction = self;
        let tip = row::tip_of(head, &events)?;
        transaction.insert_requests(ledger, &requests).await?;
        if !events.is_empty() {
            sqlx::query(sql::MOVE_HEAD)
                .bind(ledger.as_str())
                .bind(position_value(tip)?)
                .bind(recorded_at_us)
                .bind(epoch.0)
                .bind(epoch.1)
                .execute(&mut *transaction.connection)
                .await
                .map_err(before_commit)?;
            transaction.insert_events(ledger, recorded_at_us, events).await?;
        }
        // In order of key: neighbours share a page.
        states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        transaction.upsert_states(ledger, head.generation, &states).await
    }

    async fn serve(
        &mut self,
        ledger: &LedgerId,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let transaction = self;
        // The claim before the states, as whoever writes them does: nobody waits for each other.
        let written = sqlx::query(sql::CALL_IT_SERVED)
            .bind(ledger.as_str())
            .bind(i64::from(claim.generation))
            .bind(claim.holder)
            .bind(kept)
            .execute(&mut *transaction.connection)
            .await;
        transaction.claimed(written).await?;
        transaction.upsert_states(ledger, claim.generation, &states).await?;
        for text in [sql::FORGET_SERVED, sql::SERVE_GENERATION] {
            sqlx::query(text)
                .bind(ledger.as_str())
                .bind(i64::from(claim.generation))
                .execute(&mut *transaction.connection)
                .await
                .map_err(before_commit)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Append for PgAppend {
    fn head(&self) -> Head {
        self.head
    }

    async fn find_requests(&mut self, keys: &[RequestKey]) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        read::requests(&mut self.transaction.connection, &self.ledger, keys).await
    }

    async fn load_states(&mut self, keys: &[Key]) -> Result<Vec<StoredState>, StoreError> {
        read::load(&mut self.transaction.connection, &self.ledger, self.head.generation, keys).await
    }

    async fn commit(self: Box<Self>, batch: AppendBatch) -> Result<(), StoreError> {
        self.write(batch).await
    }

    async fn switch_generation(
        self: Box<Self>,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let PgAppend { mut transaction, ledger, .. } = *self;
        let written = transaction.serve(&ledger, claim, kept, states).await;
        transaction.end(written).await
    }

    async fn confirm(self: Box<Self>) -> Result<(), StoreError> {
        self.transaction.commit().await
    }

    async fn rollback(self: Box<Self>) {
        self.transaction.rollback().await;
    }
}

/// How many standbys a commit waits for, by `synchronous_standby_names`: `FIRST 2 (a, b, c)`, `ANY 2 (a, b, c)`,
/// `2 (a, b)`, or a list of which the first is waited for.
fn standbys(names: &str) -> i64 {
    let names = names.trim();
    if names.is_empty() {
        return 0;
    }
    let count = names.split_once('(').and_then(|(before, _)| before.split_whitespace().next_back());
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::standbys;

    #[test]
    fn the_number_of_standbys_is_read_from_the_setting() {
        let read = ["", "a", "a, b", "*", "FIRST 2 (a, b)", "ANY 3 (*)", "2(a, b)", "first 1 (\"x 7\", y)"]
            .map(standbys);
        assert_eq!(read, [0, 1, 1, 1, 2, 3, 2, 1]);
    }
}
