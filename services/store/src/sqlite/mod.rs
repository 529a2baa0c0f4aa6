//! Ledgers in one SQLite file.
//!
//! One connection writes, a small pool reads. WAL with `synchronous=FULL`: after a commit the events are on disk.
//! Everything here is called from tasks that no dropped call can cancel (see `creditbank-ledger`).

mod append;
mod error;
mod persons;
mod read;
mod script;
mod sql;
mod tree;

pub use persons::SqlitePersons;

use crate::row::{self, StoreRow};
use append::{SqliteAppend, SqlitePrepared, Writer};
use async_trait::async_trait;
use error::before_commit;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, Generation, GenerationWrite, Head, ListedLedger, Prepared, RequestKey,
    RequestRecord, Snapshot, Standing, StateQuery, Store, StoreError, StoredEvent, StoredState, Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use read::SqliteSnapshot;
use script::Script;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlitePool};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The first SQLite without the WAL-reset bug that can lose committed writes (`RELIABILITY.md` F2).
const LEAST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// Scripts of the writing connection that stay prepared: one for each mix of sizes of events, requests and states, with and
/// without tiles.
const SCRIPTS: usize = 96;
/// Rows that a reading connection's thread hands on before it waits: with the driver's 50 it and its reader wake each
/// other eighty times for a page of the log.
const ROWS_AHEAD: usize = 4_096;
/// A release that was withdrawn.
const WITHDRAWN_SQLITE: (u32, u32, u32) = (3, 52, 0);

/// How the file is opened.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// Connections that read.
    pub readers: u32,
    /// Page cache of the writing connection, in KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each reading connection, in KiB.
    pub reader_cache_kib: u32,
    /// Pages of WAL after which a commit moves them into the file.
    pub checkpoint_pages: u32,
}

impl Default for SqliteOptions {
    fn default() -> SqliteOptions {
        SqliteOptions {
            readers: 4,
            writer_cache_kib: 64 * 1024,
            reader_cache_kib: 8 * 1024,
            checkpoint_pages: 65_536,
        }
    }
}

/// Ledgers in one SQLite file.
pub struct SqliteStore {
    writer: Arc<Mutex<Writer>>,
    readers: SqlitePool,
    /// How a further connection to the file is opened.
    options: SqliteConnectOptions,
    /// How a further connection that only reads is.
    reading: SqliteConnectOptions,
}

impl SqliteStore {
    /// Opens or makes the file a URL such as `sqlite://creditbank.db` names, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it cannot be opened or SQLite is too old, [`StoreError::Damaged`] where it
    /// is no SQLite file.
    pub async fn open(url: &str, options: SqliteOptions) -> Result<SqliteStore, StoreError> {
        let base = base_options(url)?.create_if_missing(true);
        let file = base.get_filename().to_owned();
        let writer_options = base
            .clone()
            .statement_cache_capacity(SCRIPTS)
            .pragma("cache_size", format!("-{}", options.writer_cache_kib))
            .pragma("wal_autocheckpoint", options.checkpoint_pages.to_string());
        let connection = {
            let _lock = MigrationLock::take(&file).await?;
            let mut connection = writer_options.connect().await.map_err(before_commit)?;
            check_version(&mut connection).await?;
            sqlx::migrate!("../../migrations/sqlite")
                .run(&mut connection)
                .await
                .map_err(|error| StoreError::Unavailable(format!("migration: {error}")))?;
            connection
        };
        let reader_options = base
            .clone()
            .read_only(true)
            .create_if_missing(false)
            .row_buffer_size(ROWS_AHEAD)
            .pragma("cache_size", format!("-{}", options.reader_cache_kib))
            .pragma("query_only", "on");
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers)
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire(false)
            .connect_with(reader_options.clone())
            .await
            .map_err(before_commit)?;
        let writer = Arc::new(Mutex::new(Writer::new(connection)));
        Ok(SqliteStore { writer, readers, options: base, reading: reader_options })
    }

    /// Writes a consistent copy of the whole file to a new file, while others read and write.
    ///
    /// # Errors
    /// Where the new file exists or cannot be written.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let target =
            to.to_str().ok_or_else(|| StoreError::Unavailable("the path is not UTF-8".to_owned()))?;
        // `vacuum into` reads one snapshot and writes the new file only; a connection that may not write refuses it.
        let mut connection = self.options.connect().await.map_err(before_commit)?;
        sqlx::query("vacuum into ?").bind(target).execute(&mut connection).await.map_err(before_commit)?;
        connection.close().await.map_err(before_commit)
    }

    /// Closes all connections, so that the file alone is the whole ledger.
    pub async fn close(&self) {
        self.readers.close().await;
        let mut writer = self.writer.lock().await;
        writer.empty_wal().await;
    }

    /// SQLite's own check of the file; empty when it finds nothing.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn check_file(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("pragma integrity_check(20)")
            .fetch_all(&self.readers)
            .await
            .map_err(before_commit)?;
        let findings: Vec<&str> = rows.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
        Ok(findings.into_iter().filter(|finding| *finding != "ok").map(str::to_owned).collect())
    }
}

/// How every connection to a file is opened.
fn base_options(url: &str) -> Result<SqliteConnectOptions, StoreError> {
    Ok(SqliteConnectOptions::from_str(url)
        .map_err(before_commit)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(96)
        .pragma("trusted_schema", "off")
        .disable_statement_logging())
}

async fn check_version(connection: &mut sqlx::SqliteConnection) -> Result<(), StoreError> {
    let version: String =
        sqlx::query_scalar("select sqlite_version()").fetch_one(connection).await.map_err(before_commit)?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    let found = (next(), next(), next());
    if found < LEAST_SQLITE || found == WITHDRAWN_SQLITE {
        return Err(StoreError::Unavailable(format!(
            "SQLite {version} can lose committed writes; the program needs 3.51.3 or newer, and not 3.52.0"
        )));
    }
    Ok(())
}

/// sqlx's SQLite migrator takes no lock, so two programs that start at once would both migrate: this file lock stands
/// around it. The system lets go of it when the process ends, however it ends.
struct MigrationLock(#[expect(dead_code, reason = "held, not read")] std::fs::File);

impl MigrationLock {
    async fn take(database: &Path) -> Result<MigrationLock, StoreError> {
        let mut path = database.as_os_str().to_owned();
        path.push("-migrate.lock");
        let unavailable = |error: std::io::Error| StoreError::Unavailable(format!("migration lock: {error}"));
        let locked = tokio::task::spawn_blocking(move || {
            let file = std::fs::File::create(path)?;
            file.lock()?;
            Ok(file)
        });
        let file = locked.await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        file.map(MigrationLock).map_err(unavailable)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn list_ledgers(
        &self,
        after: Option<&LedgerId>,
        limit: u32,
    ) -> Result<Vec<ListedLedger>, StoreError> {
        let rows = sqlx::query(sql::LEDGERS)
            .bind(after.map_or("", LedgerId::as_str))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::listed_ledger).collect()
    }

    async fn listed_ledger(&self, ledger: &LedgerId) -> Result<ListedLedger, StoreError> {
        let row = sqlx::query(sql::LISTED_LEDGER)
            .bind(ledger.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(before_commit)?;
        row::listed_ledger(&row.ok_or(StoreError::NoLedger)?)
    }

    async fn change_tenancy(&self, ledger: &LedgerId, from: Tenancy, to: Tenancy) -> Result<(), StoreError> {
        let mut script = Script::new(ledger);
        script.lock();
        script.change_tenancy(from, to)?;
        script.commit();
        append::run(&self.writer, script).await
    }

    async fn create_ledger_as(&self, ledger: &LedgerId, standing: Standing) -> Result<(), StoreError> {
        let mut script = Script::new(ledger);
        script.lock();
        script.insert_ledger(standing)?;
        script.commit();
        append::run(&self.writer, script).await
    }

    async fn remove_discarded(&self, ledger: &LedgerId, limit: u32) -> Result<bool, StoreError> {
        let mut script = Script::new(ledger);
        script.lock();
        script.discard(limit)?;
        script.commit();
        let some = append::run(&self.writer, script).await;
        if some == Err(StoreError::Superseded) {
            // Another standing, or none.
            self.tenancy(ledger).await?;
        }
        some?;
        row::is_gone(self.tenancy(ledger).await)
    }

    async fn head(&self, ledger: &LedgerId) -> Result<Head, StoreError> {
        let row = sqlx::query(sql::HEAD)
            .bind(ledger.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(before_commit)?;
        row.map(|row| row::head(&row)).ok_or(StoreError::NoLedger)?
    }

    async fn begin_append(&self, ledger: &LedgerId) -> Result<Box<dyn Append>, StoreError> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        Ok(Box::new(SqliteAppend::begin(writer, ledger.clone()).await?))
    }

    fn prepare(
        &self,
        ledger: &LedgerId,
        base: Head,
        batch: AppendBatch,
    ) -> Result<Box<dyn Prepared>, StoreError> {
        Ok(Box::new(SqlitePrepared::new(Arc::clone(&self.writer), ledger, base, batch)?))
    }

    async fn read_events(
        &self,
        ledger: &LedgerId,
        from: Position,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read::events(&self.readers, ledger, from, limit).await
    }

    async fn read_events_at(
        &self,
        ledger: &LedgerId,
        positions: &[Position],
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read::events_at(&self.readers, ledger, positions).await
    }

    async fn find_requests(
        &self,
        ledger: &LedgerId,
        keys: &[RequestKey],
    ) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(before_commit)?;
        read::requests(&mut reader, ledger, keys).await
    }

    async fn scan_requests(
        &self,
        ledger: &LedgerId,
        after: Option<&RequestKey>,
        limit: u32,
    ) -> Result<Vec<(RequestKey, RequestRecord)>, StoreError> {
        let rows = sqlx::query(sql::SCAN_REQUESTS)
            .bind(ledger.as_str())
            .bind(after.map_or("", row::poster_value))
            .bind(after.map_or("", |after| after.request_id.as_str()))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::request).collect()
    }

    async fn read_states(
        &self,
        ledger: &LedgerId,
        queries: &[StateQuery],
    ) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
        read::states(&self.readers, ledger, queries).await
    }

    async fn generations(&self, ledger: &LedgerId) -> Result<Vec<Generation>, StoreError> {
        let rows = sqlx::query(sql::GENERATIONS)
            .bind(ledger.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::generation).collect()
    }

    async fn stored_generations(&self, ledger: &LedgerId) -> Result<Vec<u32>, StoreError> {
        let rows = sqlx::query(sql::STORED_GENERATIONS)
            .bind(ledger.as_str())
            .fetch_all(&self.readers)
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
        let mut script = Script::new(ledger);
        script.lock();
        match from {
            None => script.insert_generation(generation)?,
            Some(from) => script.take_generation(generation, from)?,
        }
        script.commit();
        append::run(&self.writer, script).await
    }

    async fn release_generation(&self, ledger: &LedgerId, claim: Claim) -> Result<(), StoreError> {
        let mut script = Script::new(ledger);
        script.lock();
        script.release_generation(claim)?;
        script.commit();
        append::run(&self.writer, script).await
    }

    async fn write_generation(&self, ledger: &LedgerId, write: GenerationWrite) -> Result<(), StoreError> {
        append::write_states(&self.writer, ledger, write).await
    }

    async fn load_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        keys: &[Key],
    ) -> Result<Vec<StoredState>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(before_commit)?;
        read::load(&mut reader, ledger, generation, keys).await
    }

    async fn scan_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        after: Option<&Key>,
        limit: u32,
    ) -> Result<Vec<StoredState>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(before_commit)?;
        read::scan(&mut reader, ledger, generation, after, limit).await
    }

    async fn drop_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        limit: u32,
        claim: Option<Claim>,
    ) -> Result<u64, StoreError> {
        append::drop_states(&self.writer, ledger, (generation, limit), claim).await
    }

    async fn snapshot(&self, ledger: &LedgerId) -> Result<Box<dyn Snapshot>, StoreError> {
        // Of its own: it is held for long, and the readers are few.
        let connection = self.reading.connect().await.map_err(before_commit)?;
        Ok(Box::new(SqliteSnapshot::begin(connection, ledger.clone()).await?))
    }
}
