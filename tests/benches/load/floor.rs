//! The floors: what the same disk, the same SQLite and the same fold do without the ledger around them.

use ledger_core::event;
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::Position;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Rows of a prepared statement.
const ROWS: usize = 250;

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "16384")
        .disable_statement_logging()
        .connect()
        .await
        .unwrap()
}

/// A statement of 250 rows of so many columns.
fn statement(conflict: &str, table: &str, columns: usize, tail: &str) -> String {
    let mut text = format!("insert {conflict} into {table} values ");
    for row in 0..ROWS {
        let _ = write!(text, "{}(", if row == 0 { "" } else { ", " });
        for column in 0..columns {
            text.push_str(if column == 0 { "?" } else { ", ?" });
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text
}

struct EventRow {
    position: i64,
    body: String,
    poster: String,
    request_id: String,
    digest: Vec<u8>,
    state_key: String,
}

/// Inserts the last `entries` events of a ledger's file, their request rows and their accounts' states into a fresh
/// file, in commits of `batch`, through the same driver with prepared statements of 250 rows. Entries per second.
pub(crate) async fn inserts_per_second(folder: &Path, entries: usize, batch: usize) -> f64 {
    let mut from = connect(&folder.join("ledger.db")).await;
    let rows = sqlx::query(
        "select e.position, e.body, r.poster, r.request_id, r.digest \
         from request r cross join event e on e.ledger = r.ledger and e.position = r.position \
         where r.ledger = 'district' and r.events = 1 and e.body like '%entry_recorded%' \
         order by e.position desc limit ?1",
    )
    .bind(entries as i64)
    .fetch_all(&mut from)
    .await
    .unwrap();
    let events: Vec<EventRow> = rows
        .iter()
        .rev()
        .map(|row| {
            let body: String = row.get(1);
            let decoded = event::decode(body.as_bytes()).unwrap();
            let account = decoded.fact.account().unwrap();
            EventRow {
                position: row.get(0),
                state_key: format!("accounts/{account}/2026"),
                body,
                poster: row.get(2),
                request_id: row.get(3),
                digest: row.get(4),
            }
        })
        .collect();
    assert_eq!(events.len(), entries);
    let states: HashMap<String, Vec<u8>> =
        sqlx::query("select key, body from state where ledger = 'district' and key like 'accounts/%'")
            .fetch_all(&mut from)
            .await
            .unwrap()
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();

    let file = folder.join("floor.db");
    let mut to = connect(&file).await;
    sqlx::migrate!("../migrations/sqlite").run(&mut to).await.unwrap();
    let insert_event = statement("or rollback", "event", 3, "");
    let insert_request = statement("or rollback", "request", 6, "");
    let upsert_state = statement(
        "or rollback",
        "state",
        4,
        "on conflict (ledger, generation, key) do update set body = excluded.body",
    );
    let began = Instant::now();
    for chunk in events.chunks(batch) {
        sqlx::query("begin immediate").execute(&mut to).await.unwrap();
        for rows in chunk.chunks(ROWS) {
            let mut query = sqlx::query(AssertSqlSafe(insert_event.as_str()));
            for row in rows {
                query = query.bind("district").bind(row.position).bind(row.body.as_str());
            }
            query.execute(&mut to).await.unwrap();
            let mut query = sqlx::query(AssertSqlSafe(insert_request.as_str()));
            for row in rows {
                query = query
                    .bind("district")
                    .bind(row.poster.as_str())
                    .bind(row.request_id.as_str())
                    .bind(row.digest.as_slice())
                    .bind(row.position)
                    .bind(1_i64);
            }
            query.execute(&mut to).await.unwrap();
            let mut query = sqlx::query(AssertSqlSafe(upsert_state.as_str()));
            for row in rows {
                let body = states[&row.state_key].as_slice();
                query = query.bind("district").bind(0_i64).bind(row.state_key.as_str()).bind(body);
            }
            query.execute(&mut to).await.unwrap();
        }
        sqlx::query("commit").execute(&mut to).await.unwrap();
    }
    entries as f64 / began.elapsed().as_secs_f64()
}

/// The time to open a file and read one row.
pub(crate) async fn open_and_read(folder: &Path) -> Duration {
    let began = Instant::now();
    let mut connection = connect(&folder.join("ledger.db")).await;
    sqlx::query("select body from state where ledger = 'district' and generation = 0 and key = 'ledger'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    began.elapsed()
}

/// States in a map.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) HashMap<Key, State>);

impl States for Memory {
    fn get(&self, key: &Key) -> Option<&State> {
        self.0.get(key)
    }

    fn entry(&mut self, key: &Key, make: fn() -> State) -> &mut State {
        self.0.entry(key.clone()).or_insert_with(make)
    }

    fn put(&mut self, key: Key, state: State) {
        self.0.insert(key, state);
    }
}

/// Decodes and folds all events in memory, reading not counted. Events per second.
pub(crate) async fn fold_in_memory(store: &Arc<dyn Store>, ledger: &LedgerId) -> f64 {
    let mut memory = Memory::default();
    let (mut folded, mut spent) = (0_u64, Duration::ZERO);
    let mut next = Position(1);
    loop {
        let page = store.read_events(ledger, next, 4_096).await.unwrap();
        let Some(last) = page.last() else { break };
        next = last.position.next();
        let began = Instant::now();
        for stored in &page {
            let event = event::decode(&stored.bytes).unwrap();
            projection::apply(&mut memory, &event).unwrap();
        }
        spent += began.elapsed();
        folded += page.len() as u64;
    }
    folded as f64 / spent.as_secs_f64()
}
