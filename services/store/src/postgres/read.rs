//! Reads: each answer from one snapshot, because each is one statement.

use super::error::before_commit;
use super::sql;
use crate::row::{self, Answers, position_value, poster_value, range, store_row};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Head, RequestKey, RequestRecord, Snapshot, StateQuery, StoreError, StoredEvent, StoredState,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use sqlx::postgres::{PgConnection, PgRow};

store_row!(PgRow);

pub(super) async fn requests(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    keys: &[RequestKey],
) -> Result<Vec<Option<RequestRecord>>, StoreError> {
    let mut found = vec![None; keys.len()];
    if keys.is_empty() {
        return Ok(found);
    }
    let rows = sqlx::query(sql::FIND_REQUESTS)
        .bind(ledger.as_str())
        .bind(keys.iter().map(poster_value).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.request_id.as_str()).collect::<Vec<_>>())
        .fetch_all(connection)
        .await
        .map_err(before_commit)?;
    row::requests(&rows, 0, &mut found)?;
    Ok(found)
}

/// Requests in order of poster and id.
pub(super) async fn scan_requests(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    after: Option<&RequestKey>,
    limit: u32,
) -> Result<Vec<(RequestKey, RequestRecord)>, StoreError> {
    let rows = sqlx::query(sql::SCAN_REQUESTS)
        .bind(ledger.as_str())
        .bind(after.map_or("", poster_value))
        .bind(after.map_or("", |after| after.request_id.as_str()))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        .map_err(before_commit)?;
    rows.iter().map(row::request).collect()
}

pub(super) async fn load(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    generation: u32,
    keys: &[Key],
) -> Result<Vec<StoredState>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(sql::LOAD_STATES)
        .bind(ledger.as_str())
        .bind(i64::from(generation))
        .bind(keys.iter().map(Key::as_str).collect::<Vec<_>>())
        .fetch_all(connection)
        .await
        .map_err(before_commit)?;
    rows.iter().map(row::state).collect()
}

pub(super) async fn events(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    from: Position,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let first = from.0.max(1);
    let rows = sqlx::query(sql::EVENTS)
        .bind(ledger.as_str())
        .bind(position_value(Position(first))?)
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        .map_err(before_commit)?;
    row::dense(first, &rows)
}

pub(super) async fn events_at(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    positions: &[Position],
) -> Result<Vec<StoredEvent>, StoreError> {
    let positions: Vec<i64> =
        positions.iter().map(|position| position_value(*position)).collect::<Result<_, _>>()?;
    let rows = sqlx::query(sql::EVENTS_AT)
        .bind(ledger.as_str())
        .bind(positions)
        .fetch_all(connection)
        .await
        .map_err(before_commit)?;
    rows.iter().map(row::event).collect()
}

pub(super) async fn head(connection: &mut PgConnection, ledger: &LedgerId) -> Result<Head, StoreError> {
    let row = sqlx::query(sql::HEAD)
        .bind(ledger.as_str())
        .fetch_optional(connection)
        .await
        .map_err(before_commit)?;
    row.map(|row| row::head(&row)).ok_or(StoreError::NoLedger)?
}

/// Answers all queries by one statement.
pub(super) async fn states(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    queries: &[StateQuery],
) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
    if queries.is_empty() {
        return Ok((head(connection, ledger).await?, Vec::new()));
    }
    let (mut numbers, mut limits) = (Vec::new(), Vec::new());
    let (mut firsts, mut behinds) = (Vec::new(), Vec::new());
    for (n, query) in (0_i64..).zip(queries) {
        let (mut first, behind) = range(query);
        let mut most = i64::MAX;
        if let StateQuery::Prefix { after, limit, .. } = query {
            most = i64::from(*limit);
            // The first that can stand behind the key.
            first = after.as_ref().map_or(first.clone(), |after| first.max(format!("{after}\u{1}")));
        }
        numbers.push(n);
        limits.push(most);
        firsts.push(first);
        behinds.push(behind);
    }
    let rows = sqlx::query(sql::STATE_RANGES)
        .bind(ledger.as_str())
        .bind(numbers)
        .bind(firsts)
        .bind(behinds)
        .bind(limits)
        .fetch_all(connection)
        .await
        .map_err(before_commit)?;
    let mut answers = Answers::to(queries.len());
    answers.take(&rows, |n| (n < queries.len()).then_some(n))?;
    answers.finish()
}

/// States of one generation in order of key.
pub(super) async fn scan(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    generation: u32,
    after: Option<&Key>,
    limit: u32,
) -> Result<Vec<StoredState>, StoreError> {
    let rows = sqlx::query(sql::SCAN)
        .bind(ledger.as_str())
        .bind(i64::from(generation))
        .bind(after.map_or("", Key::as_str))
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await
        .map_err(before_commit)?;
    rows.iter().map(row::state).collect()
}

/// A read transaction on a connection of its own.
pub(super) struct PgSnapshot {
    connection: PgConnection,
    ledger: LedgerId,
    head: Head,
}

impl PgSnapshot {
    pub(super) async fn begin(
        mut connection: PgConnection,
        ledger: LedgerId,
    ) -> Result<PgSnapshot, StoreError> {
        sqlx::query(sql::BEGIN_SNAPSHOT).execute(&mut connection).await.map_err(before_commit)?;
        // The snapshot is that of the first read.
        let head = head(&mut connection, &ledger).await?;
        Ok(PgSnapshot { connection, ledger, head })
    }
}

#[async_trait]
impl Snapshot for PgSnapshot {
    fn head(&self) -> Head {
        self.head
    }

    async fn scan(&mut self, after: Option<&Key>, limit: u32) -> Result<Vec<StoredState>, StoreError> {
        scan(&mut self.connection, &self.ledger, self.head.generation, after, limit).await
    }
}
