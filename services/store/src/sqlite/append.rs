//! The writing connection and the append on it.

use super::error::{at_commit, before_commit};
use super::read;
use super::sql::{self, SIZES, filled_size, padded_size};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Head, RequestKey, RequestRecord, StoreError, StoredEvent, StoredState,
};
use ledger_core::projection::Key;
use sqlx::SqliteConnection;
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

    pub(super) async fn upsert_states(
        &mut self,
        ledger: &LedgerId,
        generation: u32,
        states: &mut [StoredState],
    ) -> Result<(), StoreError> {
        // In order of key: neighbours share a page.
        states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let mut rest = &*states;
        while let Some(last) = rest.len().checked_sub(1) {
            let index = padded_size(rest.len());
            let mut query = sqlx::query(sql::UPSERT_STATES.at(index));
            for n in 0..SIZES[index] {
                // The last row again and again changes nothing.
                let state = &rest[n.min(last)];
                query = query
                    .bind(ledger.as_str())
                    .bind(generation)
                    .bind(state.key.as_str())
                    .bind(state.bytes.as_slice());
            }
            query.execute(&mut self.connection).await.map_err(before_commit)?;
            rest = &rest[rest.len().min(SIZES[index])..];
        }
        Ok(())
    }

    async fn insert_events(
        &mut self,
        ledger: &LedgerId,
        recorded_at_us: i64,
        events: &[StoredEvent],
    ) -> Result<(), StoreError> {
        let mut rest = events;
        while let Some(index) = filled_size(rest.len()) {
            let (rows, behind) = rest.split_at(SIZES[index]);
            rest = behind;
            let mut query = sqlx::query(sql::INSERT_EVENTS.at(index));
            for event in rows {
                let body = std::str::from_utf8(&event.bytes)
                    .map_err(|_| StoreError::Damaged("an event is not UTF-8".to_owned()))?;
                query = query
                    .bind(ledger.as_str())
                    .bind(read::position_value(event.position)?)
                    .bind(recorded_at_us)
                    .bind(body);
            }
            query.execute(&mut self.connection).await.map_err(before_commit)?;
        }
        Ok(())
    }

    async fn insert_requests(
        &mut self,
        ledger: &LedgerId,
        requests: &mut [(RequestKey, RequestRecord)],
    ) -> Result<(), StoreError> {
        requests
            .sort_unstable_by(|(a, _), (b, _)| (&a.poster, &a.request_id).cmp(&(&b.poster, &b.request_id)));
        let mut rest = &*requests;
        while let Some(index) = filled_size(rest.len()) {
            let (rows, behind) = rest.split_at(SIZES[index]);
            rest = behind;
            let mut query = sqlx::query(sql::INSERT_REQUESTS.at(index));
            for (key, record) in rows {
                query = query
                    .bind(ledger.as_str())
                    .bind(poster_value(key))
                    .bind(key.request_id.as_str())
                    .bind(record.digest.as_slice())
                    .bind(read::position_value(record.position)?)
                    .bind(record.events);
            }
            query.execute(&mut self.connection).await.map_err(before_commit)?;
        }
        Ok(())
    }
}

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
        writer.begin().await?;
        let row = sqlx::query("select position, recorded_at, generation from ledger_head where ledger = ?1")
            .bind(ledger.as_str())
            .fetch_optional(&mut writer.connection)
            .await
            .map_err(before_commit)?;
        let head = row.map(|row| read::head(&row)).ok_or(StoreError::NoLedger)??;
        Ok(SqliteAppend { writer, ledger, head })
    }

    async fn write(&mut self, batch: &mut AppendBatch) -> Result<(), StoreError> {
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
        let (writer, ledger) = (&mut *self.writer, &self.ledger);
        writer.insert_events(ledger, batch.recorded_at_us, &batch.events).await?;
        writer.insert_requests(ledger, &mut batch.requests).await?;
        writer.upsert_states(ledger, self.head.generation, &mut batch.states).await?;
        if let Some(last) = batch.events.last() {
            let moved = sqlx::query(
                "update ledger_head set position = ?2, recorded_at = ?3 where ledger = ?1 and position = ?4",
            )
            .bind(ledger.as_str())
            .bind(read::position_value(last.position)?)
            .bind(batch.recorded_at_us)
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

    async fn commit(mut self: Box<Self>, mut batch: AppendBatch) -> Result<(), StoreError> {
        let written = self.write(&mut batch).await;
        self.writer.finish(written).await
    }

    async fn switch_generation(
        mut self: Box<Self>,
        generation: u32,
        mut states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let mut written = self.writer.upsert_states(&self.ledger, generation, &mut states).await;
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
