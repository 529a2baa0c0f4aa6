//! The writing connection and the append on it.

use super::error::{at_commit, before_commit};
use super::read;
use super::sql::{self, SIZES, Sized, padded_size};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Head, RequestKey, RequestRecord, StoreError, StoredEvent, StoredState,
};
use ledger_core::projection::Key;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection};
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// The one connection that writes. It remembers whether a transaction is open on it, so that an append that was
/// dropped half-way is rolled back before the next begins.
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
            sqlx::query("rollback").execute(&mut self.connection).await.map_err(before_commit)?;
            self.in_transaction = false;
        }
        Ok(&mut self.connection)
    }

    /// Moves what is in the WAL into the file. Where it cannot, the WAL stays beside the file and nothing is lost.
    pub(super) async fn empty_wal(&mut self) {
        if let Ok(connection) = self.idle().await {
            let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(connection).await;
        }
    }

    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let connection = self.idle().await?;
        sqlx::query("begin immediate").execute(connection).await.map_err(before_commit)?;
        self.in_transaction = true;
        Ok(())
    }

    /// Commits if all went well, else rolls back and passes the error on.
    pub(super) async fn finish(&mut self, written: Result<(), StoreError>) -> Result<(), StoreError> {
        if let Err(error) = written {
            // What failed may have ended the transaction already; the answer stays the first error.
            let _ = self.idle().await;
            self.in_transaction = false;
            return Err(error);
        }
        let committed = sqlx::query("commit").execute(&mut self.connection).await;
        match committed {
            Ok(_) => {
                self.in_transaction = false;
                Ok(())
            }
            Err(error) => {
                let _ = sqlx::query("rollback").execute(&mut self.connection).await;
                self.in_transaction = false;
                Err(at_commit(error))
            }
        }
    }

    /// Writes rows with texts of fixed sizes; `again` makes of a row one that changes nothing when it comes after that
    /// row. How many rows were changed.
    async fn write_rows<T>(
        &mut self,
        texts: &'static Sized,
        rows: Vec<T>,
        bind: impl Fn(Statement, T) -> Statement,
        again: impl Fn(&T) -> T,
    ) -> Result<u64, StoreError> {
        let mut rows = rows.into_iter();
        let mut changed = 0;
        while rows.len() > 0 {
            let index = padded_size(rows.len());
            let mut query = sqlx::query(texts.at(index));
            let padding = SIZES[index].saturating_sub(rows.len());
            let padding_row = rows.as_slice().last().map(&again);
            for row in rows.by_ref().take(SIZES[index]) {
                query = bind(query, row);
            }
            if let Some(row) = padding_row {
                for _ in 0..padding {
                    query = bind(query, again(&row));
                }
            }
            changed += query.execute(&mut self.connection).await.map_err(before_commit)?.rows_affected();
        }
        Ok(changed)
    }

    pub(super) async fn upsert_states(
        &mut self,
        ledger: &Arc<str>,
        generation: u32,
        mut states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        // In order of key: neighbours share a page.
        states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let rows = states.into_iter().map(|state| (state.key, Some(state.bytes))).collect();
        let bind = |query: Statement, (key, body): (Key, Option<Vec<u8>>)| {
            query.bind(Arc::clone(ledger)).bind(generation).bind(key.as_str().to_owned()).bind(body)
        };
        self.write_rows(&sql::UPSERT_STATES, rows, bind, |(key, _)| (key.clone(), None)).await.map(drop)
    }

    async fn insert_events(
        &mut self,
        ledger: &Arc<str>,
        recorded_at_us: i64,
        events: Vec<StoredEvent>,
    ) -> Result<(), StoreError> {
        let count = events.len() as u64;
        let rows = events.into_iter().map(|event| {
            let body = String::from_utf8(event.bytes)
                .map_err(|_| StoreError::Damaged("an event is not UTF-8".to_owned()))?;
            Ok((read::position_value(event.position)?, body))
        });
        let rows = rows.collect::<Result<Vec<(i64, String)>, StoreError>>()?;
        let bind = |query: Statement, (position, body)| {
            query.bind(Arc::clone(ledger)).bind(position).bind(recorded_at_us).bind(body)
        };
        let again = |(position, _): &(i64, String)| (*position, String::new());
        match self.write_rows(&sql::INSERT_EVENTS, rows, bind, again).await? {
            changed if changed == count => Ok(()),
            _ => Err(StoreError::Damaged("there are events behind the head".to_owned())),
        }
    }

    async fn insert_requests(
        &mut self,
        ledger: &Arc<str>,
        mut requests: Vec<(RequestKey, RequestRecord)>,
    ) -> Result<(), StoreError> {
        requests
            .sort_unstable_by(|(a, _), (b, _)| (&a.poster, &a.request_id).cmp(&(&b.poster, &b.request_id)));
        let count = requests.len() as u64;
        let rows = requests.into_iter().map(|(key, record)| {
            let position = read::position_value(record.position)?;
            Ok((key, position, record.events, record.digest.to_vec()))
        });
        let rows = rows.collect::<Result<Vec<RequestRow>, StoreError>>()?;
        let bind = |query: Statement, (key, position, events, digest): RequestRow| {
            let query = query.bind(Arc::clone(ledger)).bind(poster_value(&key).to_owned());
            query.bind(key.request_id.as_str().to_owned()).bind(digest).bind(position).bind(events)
        };
        let again = |(key, ..): &RequestRow| (key.clone(), 0, 0, Vec::new());
        match self.write_rows(&sql::INSERT_REQUESTS, rows, bind, again).await? {
            changed if changed == count => Ok(()),
            _ => Err(StoreError::RequestKnown),
        }
    }
}

type Statement = Query<'static, Sqlite, SqliteArguments>;

/// A request, the position of its first event, how many it made, its digest.
type RequestRow = (RequestKey, i64, u32, Vec<u8>);

pub(super) fn poster_value(key: &RequestKey) -> &str {
    key.poster.as_ref().map_or("", |poster| poster.as_str())
}

/// An append under `begin immediate`: the head row is read first, everything else after it.
pub(super) struct SqliteAppend {
    writer: OwnedMutexGuard<Writer>,
    ledger: LedgerId,
    head: Head,
}

impl SqliteAppend {
    pub(super) async fn begin(
        mut writer: OwnedMutexGuard<Writer>,
        ledger: LedgerId,
    ) -> Result<Self, StoreError> {
        writer.idle().await?;
        writer.in_transaction = true;
        let rows = sqlx::query(sql::BEGIN).bind(ledger.as_str()).fetch_all(&mut writer.connection).await;
        match rows {
            Ok(rows) => {
                let head = rows.first().map(read::head).ok_or(StoreError::NoLedger)??;
                Ok(SqliteAppend { writer, ledger, head })
            }
            Err(error) => {
                // Where it did not begin, there is nothing to roll back.
                let _ = writer.idle().await;
                writer.in_transaction = false;
                Err(before_commit(error))
            }
        }
    }

    async fn write(&mut self, batch: AppendBatch) -> Result<(), StoreError> {
        let mut next = self.head.position.next();
        for event in &batch.events {
            if event.position != next {
                return Err(StoreError::Damaged(format!(
                    "event {} does not follow the head",
                    event.position
                )));
            }
            next = next.next();
        }
        let last = batch.events.last().map(|event| read::position_value(event.position)).transpose()?;
        let (writer, ledger) = (&mut *self.writer, Arc::from(self.ledger.as_str()));
        writer.insert_events(&ledger, batch.recorded_at_us, batch.events).await?;
        writer.insert_requests(&ledger, batch.requests).await?;
        writer.upsert_states(&ledger, self.head.generation, batch.states).await?;
        if let Some(last) = last {
            let moved = sqlx::query(sql::MOVE_HEAD)
                .bind(last)
                .bind(batch.recorded_at_us)
                .bind(ledger)
                .bind(read::position_value(self.head.position)?)
                .execute(&mut writer.connection)
                .await
                .map_err(before_commit)?;
            if moved.rows_affected() != 1 {
                return Err(StoreError::Damaged("the head moved under its lock".to_owned()));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Append for SqliteAppend {
    fn head(&self) -> Head {
        self.head
    }

    async fn find_requests(&mut self, keys: &[RequestKey]) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        read::requests(&mut self.writer.connection, &self.ledger, keys).await
    }

    async fn load_states(&mut self, keys: &[Key]) -> Result<Vec<StoredState>, StoreError> {
        read::load(&mut self.writer.connection, &self.ledger, self.head.generation, keys).await
    }

    async fn commit(mut self: Box<Self>, batch: AppendBatch) -> Result<(), StoreError> {
        let written = self.write(batch).await;
        self.writer.finish(written).await
    }

    async fn switch_generation(
        mut self: Box<Self>,
        generation: u32,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let ledger = Arc::from(self.ledger.as_str());
        let mut written = self.writer.upsert_states(&ledger, generation, states).await;
        if written.is_ok() {
            written = sqlx::query("update ledger_head set generation = ?2 where ledger = ?1")
                .bind(self.ledger.as_str())
                .bind(generation)
                .execute(&mut self.writer.connection)
                .await
                .map(|_| ())
                .map_err(before_commit);
        }
        self.writer.finish(written).await
    }

    async fn rollback(mut self: Box<Self>) {
        // A failed rollback is tried again before the next transaction.
        let _ = self.writer.idle().await;
    }
}
