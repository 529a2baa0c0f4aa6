//! Ledgers in PostgreSQL 15 or newer: any number of programs on one primary.
//!
//! Appends are in order because each locks the head row of its ledger first. Nothing rests on sequences, triggers,
//! advisory locks, notifications or what a session remembers, so a pooler in transaction mode and a cluster whose
//! tables are distributed by ledger do as well. Everything here is called from tasks that no dropped call can cancel
//! (see `creditbank-ledger`); the pool looks all the same whether a transaction is open on a connection that comes back.

mod append;
mod distribute;
mod epoch;
mod error;
mod generation;
mod migrate;
mod persons;
mod read;
mod sql;
mod states;
mod tenancy;
mod transaction;
mod tree;

pub use distribute::{Distributed, distribute};
pub use persons::PostgresPersons;

use crate::row::{self, StoreRow};
use append::{PgAppend, PgPrepared};
use async_trait::async_trait;
use epoch::Epoch;
use error::before_commit;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, Generation, GenerationWrite, Head, ListedLedger, Prepared, RequestKey,
    RequestRecord, Snapshot, Standing, StateQuery, Store, StoreError, StoredEvent, StoredState, Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use read::PgSnapshot;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Executor, PgPool, Postgres};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The oldest PostgreSQL that is served.
const LEAST_VERSION: i64 = 150_000;

/// How the database is used.
#[derive(Debug, Clone, Copy)]
pub struct PostgresOptions {
    /// The most connections.
    pub connections: u32,
}

impl Default for PostgresOptions {
    fn default() -> PostgresOptions {
        PostgresOptions { connections: 12 }
    }
}

/// Ledgers in a PostgreSQL database.
pub struct PostgresStore {
    pool: PgPool,
    /// How a further connection is opened.
    options: PgConnectOptions,
    epoch: Arc<Epoch>,
}

impl PostgresStore {
    /// Connects to the database a URL such as `postgres://user@host/name` names, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it cannot be reached, is too old, or is set up so that it can lose what it
    /// has confirmed.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<PostgresStore, StoreError> {
        let connect = connect_options(url)?;
        let mut first = connect.connect().await.map_err(before_commit)?;
        check_settings(&mut first).await?;
        migrate::run(first, &connect).await?;
        Ok(PostgresStore::on(connect, options))
    }

    /// A hot standby, for reads. It is connected to when it is first read.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the URL is none.
    pub fn standby(url: &str, options: PostgresOptions) -> Result<PostgresStore, StoreError> {
        Ok(PostgresStore::on(connect_options(url)?, options))
    }

    fn on(connect: PgConnectOptions, options: PostgresOptions) -> PostgresStore {
        let pool = pool(&connect, options);
        PostgresStore { pool, options: connect, epoch: Arc::default() }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn reader(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.pool.acquire().await.map_err(before_commit)
    }
}

/// Connections that are looked at when they are opened, and when they come back.
fn pool(connect: &PgConnectOptions, options: PostgresOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                check_settings(connection).await.map_err(|error| sqlx::Error::Configuration(error.into()))
            })
        })
        .after_release(|connection, _| Box::pin(is_idle(connection)))
        .connect_lazy_with(connect.clone())
}

/// What may stand behind the `?` of a URL.
const PARAMETERS: [&str; 12] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "password",
    "dbname",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "application_name",
    "statement-cache-capacity",
];

fn connect_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    // What the driver does not know it ignores, and writes with its value into the log.
    for parameter in url.split_once('?').map_or("", |(_, parameters)| parameters).split('&') {
        let name = parameter.split('=').next().unwrap_or_default();
        if !name.is_empty() && !PARAMETERS.contains(&name) {
            return Err(StoreError::Unavailable(
                "the database URL has a parameter that is not known".to_owned(),
            ));
        }
    }
    let options = PgConnectOptions::from_str(url).map_err(before_commit)?;
    // No float is stored; a pooler refuses settings that it does not know.
    let options = options.extra_float_digits(None);
    Ok(options.application_name("creditbank").disable_statement_logging())
}

/// Whether the connection may be used again. sqlx raises its own count of transactions only once `begin` was answered
/// (transact-rs/sqlx #4385), so the server is asked. A connection that answers with an error is closed too.
async fn is_idle(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    // As one message: the instant of a statement that comes in parts is that of its last part.
    let row = connection.fetch_one(sqlx::raw_sql(sql::IS_IDLE)).await?;
    sqlx::Row::try_get(&row, 0)
}

/// A setting that must not be off.
pub(super) fn safe(name: &str, value: &str) -> Result<(), StoreError> {
    if value != "off" {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "PostgreSQL runs with {name} = off and can lose what it has confirmed; set it to on"
    )))
}

/// A server that answers before its log is on disk loses what it has confirmed: it is not served.
async fn check_settings(connection: &mut PgConnection) -> Result<(), StoreError> {
    let row = sqlx::query(sql::SETTINGS).fetch_one(connection).await.map_err(before_commit)?;
    for (index, name) in ["fsync", "full_page_writes", "synchronous_commit"].iter().enumerate() {
        safe(name, row.text(index)?)?;
    }
    if row.text(5)? != "true" {
        return Err(StoreError::Unavailable(
            "commits wait for standbys that this user may not look at: grant pg_monitor to it".to_owned(),
        ));
    }
    let encoding = row.text(3)?;
    if encoding != "UTF8" {
        return Err(StoreError::Unavailable(format!(
            "the database is encoded in {encoding}; it must be UTF8"
        )));
    }
    let version = row.text(4)?;
    if version.parse().is_ok_and(|version: i64| version >= LEAST_VERSION) {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!("PostgreSQL {version} is too old: the program needs 15 or newer")))
}

/// Every statement this store issues with its name, for tests that look at texts and plans.
#[must_use]
pub fn statements() -> &'static [(&'static str, &'static str)] {
    sql::ALL
}

#[async_trait]
impl Store for PostgresStore {
    async fn list_ledgers(
        &self,
        after: Option<&LedgerId>,
        limit: u32,
    ) -> Result<Vec<ListedLedger>, StoreError> {
        let rows = sqlx::query(sql::LEDGERS)
            .bind(after.map_or("", LedgerId::as_str))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::listed_ledger).collect()
    }

    async fn listed_ledger(&self, ledger: &LedgerId) -> Result<ListedLedger, StoreError> {
        let row = sqlx::query(sql::LISTED_LEDGER)
            .bind(ledger.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(before_commit)?;
        row::listed_ledger(&row.ok_or(StoreError::NoLedger)?)
    }

    async fn change_tenancy(&self, ledger: &LedgerId, from: Tenancy, to: Tenancy) -> Result<(), StoreError> {
        tenancy::change_tenancy(&self.pool, &self.epoch, ledger, (from, to)).await
    }

    async fn create_ledger_as(&self, ledger: &LedgerId, standing: Standing) -> Result<(), StoreError> {
        tenancy::create_ledger(&self.pool, &self.epoch, ledger, standing).await
    }

    async fn remove_discarded(&self, ledger: &LedgerId, limit: u32) -> Result<bool, StoreError> {
        tenancy::remove_discarded(&self.pool, &self.epoch, ledger, limit).await
    }

    async fn head(&self, ledger: &LedgerId) -> Result<Head, StoreError> {
        read::head(&mut *self.reader().await?, ledger).await
    }

    async fn begin_append(&self, ledger: &LedgerId) -> Result<Box<dyn Append>, StoreError> {
        Ok(Box::new(PgAppend::begin(&self.pool, &self.epoch, ledger.clone()).await?))
    }

    fn prepare(
        &self,
        ledger: &LedgerId,
        base: Head,
        batch: AppendBatch,
    ) -> Result<Box<dyn Prepared>, StoreError> {
        let (pool, epoch, ledger) = (self.pool.clone(), Arc::clone(&self.epoch), ledger.clone());
        Ok(Box::new(PgPrepared { pool, epoch, ledger, base, batch }))
    }

    async fn confirm(&self, ledger: &LedgerId, base: Head) -> Result<(), StoreError> {
        let append = self.begin_append(ledger).await?;
        if append.head() == base {
            return append.confirm().await;
        }
        append.rollback().await;
        Err(StoreError::HeadMoved)
    }

    /// The head row is locked until the server has ended the transaction, one way or the other.
    fn settles_doubt(&self) -> bool {
        true
    }

    async fn read_events(
        &self,
        ledger: &LedgerId,
        from: Position,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read::events(&mut *self.reader().await?, ledger, from, limit).await
    }

    async fn read_events_at(
        &self,
        ledger: &LedgerId,
        positions: &[Position],
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read::events_at(&mut *self.reader().await?, ledger, positions).await
    }

    async fn find_requests(
        &self,
        ledger: &LedgerId,
        keys: &[RequestKey],
    ) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        read::requests(&mut *self.reader().await?, ledger, keys).await
    }

    async fn scan_requests(
        &self,
        ledger: &LedgerId,
        after: Option<&RequestKey>,
        limit: u32,
    ) -> Result<Vec<(RequestKey, RequestRecord)>, StoreError> {
        read::scan_requests(&mut *self.reader().await?, ledger, after, limit).await
    }

    async fn read_states(
        &self,
        ledger: &LedgerId,
        queries: &[StateQuery],
    ) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
        read::states(&mut *self.reader().await?, ledger, queries).await
    }

    async fn generations(&self, ledger: &LedgerId) -> Result<Vec<Generation>, StoreError> {
        let rows = sqlx::query(sql::GENERATIONS)
            .bind(ledger.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::generation).collect()
    }

    async fn stored_generations(&self, ledger: &LedgerId) -> Result<Vec<u32>, StoreError> {
        let rows = sqlx::query(sql::STORED_GENERATIONS)
            .bind(ledger.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::number).collect()
    }

    async fn claim_generation(
        &self,
        ledger: &LedgerId,
        generation: &Generation,
        from: Option<i64>,
    ) -> Result<(), StoreError> {
        generation::claim(&self.pool, ledger, generation, from).await
    }

    async fn release_generation(&self, ledger: &LedgerId, claim: Claim) -> Result<(), StoreError> {
        sqlx::query(sql::RELEASE_GENERATION)
            .bind(ledger.as_str())
            .bind(i64::from(claim.generation))
            .bind(claim.holder)
            .execute(&self.pool)
            .await
            .map_err(before_commit)?;
        Ok(())
    }

    async fn write_generation(&self, ledger: &LedgerId, write: GenerationWrite) -> Result<(), StoreError> {
        generation::write_states(&self.pool, ledger, write).await
    }

    async fn load_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        keys: &[Key],
    ) -> Result<Vec<StoredState>, StoreError> {
        read::load(&mut *self.reader().await?, ledger, generation, keys).await
    }

    async fn scan_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        after: Option<&Key>,
        limit: u32,
    ) -> Result<Vec<StoredState>, StoreError> {
        read::scan(&mut *self.reader().await?, ledger, generation, after, limit).await
    }

    async fn drop_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        limit: u32,
        claim: Option<Claim>,
    ) -> Result<u64, StoreError> {
        generation::drop_states(&self.pool, ledger, (generation, limit), claim).await
    }

    async fn snapshot(&self, ledger: &LedgerId) -> Result<Box<dyn Snapshot>, StoreError> {
        // Of its own: it is held for long.
        let connection = self.options.connect().await.map_err(before_commit)?;
        Ok(Box::new(PgSnapshot::begin(connection, ledger.clone()).await?))
    }
}
