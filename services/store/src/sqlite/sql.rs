//! The statements of the SQLite store, in the fixed sizes that stay prepared.
//!
//! A multi-row statement of a fixed size is prepared once and costs an eleventh of a statement for each row. Rows are
//! cut greedily into the sizes below; look-ups are padded to the next size instead.

use std::fmt::Write;
use std::sync::LazyLock;

/// Rows of one statement, largest first.
pub(super) const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

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

/// ?1 ledger, ?2 first position, ?3 recorded_at, then a body for each row: positions are dense.
pub(super) static INSERT_EVENTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("(?1, ?2 + {n}, ?3, ?{})", n + 4));
        format!("insert into event (ledger, position, recorded_at, body) values {rows}")
    })
});

/// ?1 ledger, then poster, request id, digest, position and number of events for each row.
pub(super) static INSERT_REQUESTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| {
            let p = n * 5 + 2;
            format!("(?1, ?{p}, ?{}, ?{}, ?{}, ?{})", p + 1, p + 2, p + 3, p + 4)
        });
        format!("insert into request (ledger, poster, request_id, digest, position, events) values {rows}")
    })
});

/// ?1 ledger, ?2 generation, then key and body for each row.
pub(super) static UPSERT_STATES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("(?1, ?2, ?{}, ?{})", n * 2 + 3, n * 2 + 4));
        format!(
            "insert into state (ledger, generation, key, body) values {rows} \
             on conflict (ledger, generation, key) do update set body = excluded.body"
        )
    })
});

/// ?1 ledger, then poster and request id for each row. `cross join` keeps the look-up inside the loop over the rows.
pub(super) static FIND_REQUESTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("({n}, ?{}, ?{})", n * 2 + 2, n * 2 + 3));
        format!(
            "select w.column1, r.digest, r.position, r.events from (values {rows}) w \
             cross join request r on r.ledger = ?1 and r.poster = w.column2 and r.request_id = w.column3"
        )
    })
});

/// ?1 ledger, ?2 generation, then a key for each row.
pub(super) static LOAD_STATES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("(?{})", n + 3));
        format!(
            "select s.key, s.body from (values {rows}) w \
             cross join state s on s.ledger = ?1 and s.generation = ?2 and s.key = w.column1"
        )
    })
});

/// ?1 ledger, then a position for each row.
pub(super) static EVENTS_AT: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("({n}, ?{})", n + 2));
        format!(
            "select e.position, e.body from (values {rows}) w \
             cross join event e on e.ledger = ?1 and e.position = w.column2 order by w.column1"
        )
    })
});

/// ?1 ledger, then the first key and the key behind the last for each row. One statement, so one snapshot: the head
/// comes with every row, and a range without states still gives one row.
pub(super) static STATE_RANGES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |n| format!("({n}, ?{}, ?{})", n * 2 + 2, n * 2 + 3));
        format!(
            "select h.position, h.recorded_at, h.generation, w.column1, s.key, s.body \
             from ledger_head h cross join (values {rows}) w \
             left join state s on s.ledger = ?1 and s.generation = h.generation \
             and s.key >= w.column2 and s.key < w.column3 \
             where h.ledger = ?1 order by w.column1, s.key"
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
