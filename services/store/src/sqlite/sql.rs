//! The statements of the SQLite store, in the fixed sizes that stay prepared.
//!
//! A multi-row statement of a fixed size is prepared once and costs an eleventh of a statement for each row. Rows that
//! do not fill a size are padded with nulls, which no statement takes for a row: each statement is a trip to the
//! connection's thread and back, and under load the trips cost more than the padding.
//!
//! Parameters are plain `?`: SQLite finds the name of a numbered one (`?1`) by walking a list of them, and the driver
//! asks for every name, so a thousand numbered parameters cost more than the insert itself. What all rows share is
//! bound once, in `h`.
//!
//! Inserts say `or rollback`: with SQLite's default a statement of many rows must be able to undo itself alone, and
//! copies the pages it touches into a journal for that. Here a row that does not fit ends the whole append anyway.

use std::fmt::Write;
use std::sync::LazyLock;

/// Rows of one statement, largest first.
pub(super) const SIZES: [usize; 7] = [256, 128, 64, 32, 16, 4, 1];

/// The place in [`SIZES`] of the smallest that takes `rows`, or of the largest there is.
pub(super) fn size_for(rows: usize) -> usize {
    SIZES.iter().rposition(|size| *size >= rows).unwrap_or(0)
}

/// A statement in each of the sizes.
pub(super) struct Sized([String; SIZES.len()]);

impl Sized {
    fn new(make: impl Fn(usize) -> String) -> Sized {
        Sized(SIZES.map(make))
    }

    /// The statement of the size at `index` of [`SIZES`].
    pub(super) fn at(&self, index: usize) -> &str {
        &self.0[index]
    }
}

fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for n in 0..count {
        let _ = write!(text, "{}{}", if n == 0 { "" } else { ", " }, row(n));
    }
    text
}

/// Ledger, position before the first, recorded_at; then a body for each row: positions are dense.
pub(super) static INSERT_EVENTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("({}, ?)", n + 1));
        format!(
            "with h(ledger, position, recorded_at) as (values (?, ?, ?)) \
             insert or rollback into event (ledger, position, recorded_at, body) \
             select h.ledger, h.position + v.column1, h.recorded_at, v.column2 from h cross join (values {rows}) v \
             where v.column2 is not null"
        )
    })
});

/// Ledger; then poster, request id, digest, position and number of events for each row.
pub(super) static INSERT_REQUESTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?, ?, ?, ?, ?)".to_owned());
        format!(
            "with h(ledger) as (values (?)) \
             insert or rollback into request (ledger, poster, request_id, digest, position, events) \
             select h.ledger, v.column1, v.column2, v.column3, v.column4, v.column5 \
             from h cross join (values {rows}) v where v.column1 is not null"
        )
    })
});

/// Ledger, generation; then key and body for each row.
pub(super) static UPSERT_STATES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?, ?)".to_owned());
        format!(
            "with h(ledger, generation) as (values (?, ?)) \
             insert into state (ledger, generation, key, body) \
             select h.ledger, h.generation, v.column1, v.column2 from h cross join (values {rows}) v \
             where v.column1 is not null \
             on conflict (ledger, generation, key) do update set body = excluded.body"
        )
    })
});

/// Poster and request id for each row; then ledger. `cross join` keeps the look-up inside the loop over the rows.
pub(super) static FIND_REQUESTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("({n}, ?, ?)"));
        format!(
            "select w.column1, r.digest, r.position, r.events from (values {rows}) w \
             cross join request r on r.ledger = ? and r.poster = w.column2 and r.request_id = w.column3"
        )
    })
});

/// A key for each row; then ledger, generation.
pub(super) static LOAD_STATES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?)".to_owned());
        format!(
            "select s.key, s.body from (values {rows}) w \
             cross join state s on s.ledger = ? and s.generation = ? and s.key = w.column1"
        )
    })
});

/// A position for each row; then ledger.
pub(super) static EVENTS_AT: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("({n}, ?)"));
        format!(
            "select e.position, e.body from (values {rows}) w \
             cross join event e on e.ledger = ? and e.position = w.column2 order by w.column1"
        )
    })
});

/// The first key and the key behind the last for each row; then ledger. One statement, so one snapshot: the head
/// comes with every row, and a range without states still gives one row.
pub(super) static STATE_RANGES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("({n}, ?, ?)"));
        format!(
            "select h.position, h.recorded_at, h.generation, w.column1, s.key, s.body \
             from ledger_head h cross join (values {rows}) w \
             left join state s on s.ledger = h.ledger and s.generation = h.generation \
             and s.key >= w.column2 and s.key < w.column3 \
             where h.ledger = ? order by w.column1, s.key"
        )
    })
});

/// ?1 ledger, ?2 after this key, ?3 before this key, ?4 limit.
pub(super) const STATE_PAGE: &str = "select h.position, h.recorded_at, h.generation, 0, s.key, s.body \
     from ledger_head h left join \
     (select key, body from state where ledger = ?1 \
      and generation = (select generation from ledger_head where ledger = ?1) \
      and key > ?2 and key < ?3 order by key limit ?4) s \
     where h.ledger = ?1 order by s.key";
