//! Reads: each answer from one snapshot.

use super::error::before_commit;
use super::script::poster_value;
use super::sql::{self, SIZES, padded_size};
use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Generation, Head, Purpose, RequestKey, RequestRecord, Snapshot, StateQuery, StoreError, StoredEvent,
    StoredState,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, SqliteConnection, SqlitePool, Type};

pub(super) fn position_value(position: Position) -> Result<i64, StoreError> {
    i64::try_from(position.0).map_err(|_| StoreError::Damaged("a position is out of range".to_owned()))
}

fn position(value: i64) -> Result<Position, StoreError> {
    u64::try_from(value).map(Position).map_err(|_| StoreError::Damaged("a position is negative".to_owned()))
}

fn small(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::Damaged("a stored number is out of range".to_owned()))
}

/// A column of a row. What cannot be read as what is written there (a null, text that is not UTF-8) is damage.
pub(super) fn column<'r, T>(row: &'r SqliteRow, index: usize) -> Result<T, StoreError>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    let damaged = || StoreError::Damaged(format!("column {index} of a row is null"));
    column_or_null(row, index)?.ok_or_else(damaged)
}

/// The same where a null stands for a row that there is none of.
fn column_or_null<'r, T>(row: &'r SqliteRow, index: usize) -> Result<Option<T>, StoreError>
where
    T: Decode<'r, Sqlite> + Type<Sqlite>,
{
    row.try_get(index).map_err(|error| StoreError::Damaged(error.to_string()))
}

pub(super) fn head(row: &SqliteRow) -> Result<Head, StoreError> {
    Ok(Head {
        position: position(column(row, 0)?)?,
        recorded_at_us: column(row, 1)?,
        generation: small(column(row, 2)?)?,
    })
}

pub(super) fn generation(row: &SqliteRow) -> Result<Generation, StoreError> {
    let purpose = match column(row, 2)? {
        "served" => Purpose::Serve,
        "rebuild" => Purpose::Rebuild,
        "verify" => Purpose::Verify,
        other => return Err(StoreError::Damaged(format!("a generation is kept for {other}"))),
    };
    Ok(Generation {
        number: small(column(row, 0)?)?,
        format: small(column(row, 1)?)?,
        purpose,
        holder: column(row, 3)?,
        heard_of_us: column(row, 4)?,
        checkpoint: column(row, 5)?,
    })
}

pub(super) fn number(row: &SqliteRow) -> Result<u32, StoreError> {
    small(column(row, 0)?)
}

pub(super) fn state(row: &SqliteRow) -> Result<StoredState, StoreError> {
    Ok(StoredState { key: Key::from_stored(column(row, 0)?), bytes: column(row, 1)? })
}

fn request(row: &SqliteRow) -> Result<RequestRecord, StoreError> {
    let digest = column::<&[u8]>(row, 1)?.try_into();
    Ok(RequestRecord {
        digest: digest.map_err(|_| StoreError::Damaged("a request digest has not 32 bytes".to_owned()))?,
        position: position(column(row, 2)?)?,
        events: small(column(row, 3)?)?,
    })
}

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
        for row in query.fetch_all(&mut *connection).await.map_err(before_commit)? {
            let slot = usize::try_from(column::<i64>(&row, 0)?).ok().and_then(|n| found.get_mut(first + n));
            if let Some(slot) = slot {
                *slot = Some(request(&row)?);
            }
        }
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
            states.push(state(&row)?);
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
    let mut events = Vec::with_capacity(rows.len());
    for (expected, row) in (first..).zip(rows) {
        let event = event(&row)?;
        if event.position.0 != expected {
            return Err(StoreError::Damaged(format!("the log has a hole at position {expected}")));
        }
        events.push(event);
    }
    Ok(events)
}

fn event(row: &SqliteRow) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent { position: position(column(row, 0)?)?, bytes: column::<String>(row, 1)?.into_bytes() })
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
            events.push(event(&row)?);
        }
        first += rows.len();
    }
    Ok(events)
}

/// First key and the key behind the last. Keys are of visible characters, so nothing stands between a key and the
/// same with U+0001 behind it, and U+10FFFF is behind everything that begins with a prefix.
fn range(query: &StateQuery) -> (String, String) {
    match query {
        StateQuery::Exactly(key) => (key.as_str().to_owned(), format!("{key}\u{1}")),
        StateQuery::Prefix { prefix, .. } => (prefix.clone(), format!("{prefix}\u{10FFFF}")),
    }
}

fn is_page(query: &StateQuery) -> bool {
    matches!(query, StateQuery::Prefix { after, limit, .. } if after.is_some() || *limit < u32::MAX)
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
    let mut head = None;
    let mut answers = vec![Vec::new(); queries.len()];
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
    while !rest.is_empty() || (head.is_none() && queries.is_empty()) {
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
        collect(found, |n| rows.get(n).map(|(n, ..)| *n), &mut head, &mut answers)?;
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
        collect(found, |_| Some(n), &mut head, &mut answers)?;
    }
    for states in &mut answers {
        // An index gives them in this order; SQL does not promise it.
        states.sort_unstable_by(|a: &StoredState, b| a.key.cmp(&b.key));
    }
    Ok((head.ok_or(StoreError::NoLedger)?, answers))
}

fn collect(
    rows: Vec<SqliteRow>,
    query_of: impl Fn(usize) -> Option<usize>,
    head_seen: &mut Option<Head>,
    answers: &mut [Vec<StoredState>],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Err(StoreError::NoLedger);
    }
    for row in rows {
        if head_seen.is_none() {
            *head_seen = Some(head(&row)?);
        }
        let slot = usize::try_from(column::<i64>(&row, 3)?).ok().and_then(&query_of);
        let key: Option<&str> = column_or_null(&row, 4)?;
        if let (Some(slot), Some(key)) = (slot, key) {
            answers[slot].push(StoredState { key: Key::from_stored(key), bytes: column(&row, 5)? });
        }
    }
    Ok(())
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
    rows.iter().map(state).collect()
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
        let head = row.map(|row| head(&row)).ok_or(StoreError::NoLedger)??;
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
