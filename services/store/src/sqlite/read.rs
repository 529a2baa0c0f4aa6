//! Reads: each answer from one snapshot.

use super::error::before_commit;
use super::sql::{self, SIZES, padded_size};
use crate::row::{self, Answers, is_page, position_value, poster_value, range, store_row};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Head, RequestKey, RequestRecord, Snapshot, StateQuery, StoreError, StoredEvent, StoredState,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use sqlx::sqlite::SqliteRow;
use sqlx::{SqliteConnection, SqlitePool};

store_row!(SqliteRow);

pub(super) async fn requests(
    connection: &mut SqliteConnection,
    ledger: &LedgerId,
    keys: &[RequestKey],
) -> Result<Vec<Option<RequestRecord>>, StoreError> {
    let mut found = vec![None; keys.len()];
    let mut first = 0;
    while first < keys.len() {
        let index = padded_size(keys.len() - first);
        let rows = &keys[first..keys.len().min(first + SIZES[index])];
        let mut query = sqlx::query(sql::FIND_REQUESTS.at(index));
        for key in rows {
            query = query.bind(poster_value(key)).bind(key.request_id.as_str());
        }
        for _ in rows.len()..SIZES[index] {
            query = query.bind("").bind("");
        }
        let query = query.bind(ledger.as_str());
        let known = query.fetch_all(&mut *connection).await.map_err(before_commit)?;
        row::requests(&known, first, &mut found)?;
        first += rows.len();
    }
    Ok(found)
}

pub(super) async fn load(
    connection: &mut SqliteConnection,
    ledger: &LedgerId,
    generation: u32,
    keys: &[Key],
) -> Result<Vec<StoredState>, StoreError> {
    let mut states = Vec::with_capacity(keys.len());
    let mut first = 0;
    while first < keys.len() {
        let index = padded_size(keys.len() - first);
        let rows = &keys[first..keys.len().min(first + SIZES[index])];
        let mut query = sqlx::query(sql::LOAD_STATES.at(index));
        for key in rows {
            query = query.bind(key.as_str());
        }
        for _ in rows.len()..SIZES[index] {
            query = query.bind("");
        }
        let query = query.bind(ledger.as_str()).bind(generation);
        for row in query.fetch_all(&mut *connection).await.map_err(before_commit)? {
            states.push(row::state(&row)?);
        }
        first += rows.len();
    }
    Ok(states)
}

pub(super) async fn events(
    readers: &SqlitePool,
    ledger: &LedgerId,
    from: Position,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let first = from.0.max(1);
    let rows = sqlx::query(
        "select position, body from event where ledger = ?1 and position >= ?2 order by position limit ?3",
    )
    .bind(ledger.as_str())
    .bind(position_value(Position(first))?)
    .bind(limit)
    .fetch_all(readers)
    .await
    .map_err(before_commit)?;
    row::dense(first, &rows)
}

pub(super) async fn events_at(
    readers: &SqlitePool,
    ledger: &LedgerId,
    positions: &[Position],
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut events = Vec::with_capacity(positions.len());
    let mut first = 0;
    while first < positions.len() {
        let index = padded_size(positions.len() - first);
        let rows = &positions[first..positions.len().min(first + SIZES[index])];
        let mut query = sqlx::query(sql::EVENTS_AT.at(index));
        for position in rows {
            query = query.bind(position_value(*position)?);
        }
        for _ in rows.len()..SIZES[index] {
            query = query.bind(0_i64);
        }
        let query = query.bind(ledger.as_str());
        for row in query.fetch_all(readers).await.map_err(before_commit)? {
            events.push(row::event(&row)?);
        }
        first += rows.len();
    }
    Ok(events)
}

/// Answers all queries from one snapshot: one statement where they fit into one, else a read transaction.
pub(super) async fn states(
    readers: &SqlitePool,
    ledger: &LedgerId,
    queries: &[StateQuery],
) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
    let pages = queries.iter().filter(|query| is_page(query)).count();
    let one_statement = queries.len() == pages && pages == 1 || pages == 0 && queries.len() <= sql::MAX_ROWS;
    if one_statement {
        let mut reader = readers.acquire().await.map_err(before_commit)?;
        return answer(&mut reader, ledger, queries).await;
    }
    let mut snapshot = readers.begin().await.map_err(before_commit)?;
    let answers = answer(&mut snapshot, ledger, queries).await?;
    snapshot.commit().await.map_err(before_commit)?;
    Ok(answers)
}

async fn answer(
    reader: &mut SqliteConnection,
    ledger: &LedgerId,
    queries: &[StateQuery],
) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
    let mut answers = Answers::to(queries.len());
    let ranges: Vec<(usize, String, String)> = queries
        .iter()
        .enumerate()
        .filter(|(_, query)| !is_page(query))
        .map(|(n, query)| {
            let (first, behind) = range(query);
            (n, first, behind)
        })
        .collect();
    let mut rest = ranges.as_slice();
    while !rest.is_empty() || (!answers.has_head() && queries.is_empty()) {
        let index = padded_size(rest.len());
        let (rows, behind) = rest.split_at(rest.len().min(SIZES[index]));
        rest = behind;
        let mut query = sqlx::query(sql::STATE_RANGES.at(index));
        for (_, first, behind) in rows {
            query = query.bind(first).bind(behind);
        }
        for _ in rows.len()..SIZES[index] {
            query = query.bind("").bind("");
        }
        let found = query.bind(ledger.as_str()).fetch_all(&mut *reader).await.map_err(before_commit)?;
        answers.take(&found, |n| rows.get(n).map(|(n, ..)| *n))?;
    }
    for (n, query) in queries.iter().enumerate().filter(|(_, query)| is_page(query)) {
        let StateQuery::Prefix { prefix, after, limit } = query else { continue };
        let (_, behind) = range(query);
        let after = after.as_ref().map_or(prefix.as_str(), Key::as_str);
        let found = sqlx::query(sql::STATE_PAGE)
            .bind(ledger.as_str())
            .bind(after)
            .bind(behind)
            .bind(limit)
            .fetch_all(&mut *reader)
            .await
            .map_err(before_commit)?;
        answers.take(&found, |_| Some(n))?;
    }
    answers.finish()
}

/// States of one generation in order of key.
pub(super) async fn scan(
    connection: &mut SqliteConnection,
    ledger: &LedgerId,
    generation: u32,
    after: Option<&Key>,
    limit: u32,
) -> Result<Vec<StoredState>, StoreError> {
    let rows = sqlx::query(
        "select key, body from state where ledger = ?1 and generation = ?2 and key > ?3 order by key limit ?4",
    )
    .bind(ledger.as_str())
    .bind(generation)
    .bind(after.map_or("", Key::as_str))
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(before_commit)?;
    rows.iter().map(row::state).collect()
}

/// A read transaction on a connection of its own.
pub(super) struct SqliteSnapshot {
    connection: SqliteConnection,
    ledger: LedgerId,
    head: Head,
}

impl SqliteSnapshot {
    pub(super) async fn begin(
        mut connection: SqliteConnection,
        ledger: LedgerId,
    ) -> Result<SqliteSnapshot, StoreError> {
        sqlx::query("begin").execute(&mut connection).await.map_err(before_commit)?;
        // The snapshot is that of the first read.
        let row = sqlx::query(sql::HEAD)
            .bind(ledger.as_str())
            .fetch_optional(&mut connection)
            .await
            .map_err(before_commit)?;
        let head = row.map(|row| row::head(&row)).ok_or(StoreError::NoLedger)??;
        Ok(SqliteSnapshot { connection, ledger, head })
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    fn head(&self) -> Head {
        self.head
    }

    async fn scan(&mut self, after: Option<&Key>, limit: u32) -> Result<Vec<StoredState>, StoreError> {
        scan(&mut self.connection, &self.ledger, self.head.generation, after, limit).await
    }
}
