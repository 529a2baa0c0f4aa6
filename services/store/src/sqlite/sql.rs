//! The statements of the SQLite store, in the fixed sizes that stay prepared.
//!
//! A multi-row statement of a fixed size stays prepared and costs an eleventh of a statement for each row. Rows are
//! padded to the next size: look-ups with keys that do not exist, inserts with their last row again, which then exists
//! already. Each call of the driver is a trip to the connection's thread and back, so what is written is one script of
//! several statements, from the lock to the commit (`script.rs`).
//!
//! What measurements taught: parameters are plain `?`, because SQLite finds the name of a numbered one by walking a
//! list of them and the driver asks for every name. Rows to insert stand in a bare `values`, which SQLite streams; joined
//! with anything they are first copied into a table. Writes say `or rollback`: with the default a statement of many
//! rows must be able to undo itself alone, and copies the pages it touches into a journal for that.

use std::fmt::Write;
use std::sync::LazyLock;

/// Rows of one statement, largest first.
pub(super) const SIZES: [usize; 12] = [MAX_ROWS, 192, 128, 96, 64, 48, 32, 16, 8, 4, 2, 1];

/// The most rows of one statement.
pub(super) const MAX_ROWS: usize = 256;

/// The place in [`SIZES`] of the smallest that takes `rows`, or of the largest there is.
pub(super) fn padded_size(rows: usize) -> usize {
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

/// Ledger. Takes the lock of the file, then reads the head under it.
pub(super) const LOCK_AND_READ_HEAD: &str = "begin immediate; select position, recorded_at, generation, standing, quota from ledger_head where ledger = ?";

/// Ledger.
pub(super) const HEAD: &str = "select position, recorded_at, generation from ledger_head where ledger = ?";

/// Takes the lock of the file.
pub(super) const LOCK: &str = "begin immediate";

/// Makes it all true at once.
pub(super) const COMMIT: &str = "commit";

/// New position, recorded_at, edge of the tree or null, ledger, old position, generation, standing, the least quota that will do.
pub(super) const MOVE_HEAD: &str = "update ledger_head set position = ?, recorded_at = ?, tree = coalesce(?, tree) \
     where ledger = ? and position = ? and generation = ? and standing = ? and (quota is null or quota >= ?)";

/// After this ledger, limit.
pub(super) const LEDGERS: &str =
    "select ledger, position, standing, quota from ledger_head where ledger > ? order by ledger limit ?";

/// Ledger.
pub(super) const LISTED_LEDGER: &str =
    "select ledger, position, standing, quota from ledger_head where ledger = ?";

/// New standing and quota, ledger, old standing and quota.
pub(super) const CHANGE_TENANCY: &str =
    "update ledger_head set standing = ?, quota = ? where ledger = ? and standing = ? and quota is ?";

/// ?1 ledger, ?2 poster and ?3 request id it comes after, ?4 limit.
pub(super) const SCAN_REQUESTS: &str = "select poster, request_id, digest, position, events from request \
     where ledger = ?1 and (poster, request_id) > (?2, ?3) order by poster, request_id limit ?4";

/// How many rows the statement before it must have changed. Fails where it was another number: that ends the script
/// before its commit. (The least integer has no absolute value; a failing constraint would cost each insert a journal.)
pub(super) const EXPECT_CHANGES: &str =
    "select abs(changes() * 0 - 9223372036854775807 - 1) where changes() <> ?";

/// Ledger.
pub(super) const INSERT_LEDGER: &str = "insert or rollback into ledger_head (ledger, position, recorded_at, generation, standing) \
     values (?, 0, 0, 0, ?) on conflict do nothing";

/// Ledger. Changes no row where it is not discarded.
pub(super) const IS_DISCARDED: &str =
    "update ledger_head set standing = standing where ledger = ? and standing = 'discarded'";

/// Ledger, ledger, at most so many of each.
pub(super) const DISCARD: [&str; 4] = [
    "delete from event where ledger = ? and position in (select position from event where ledger = ? limit ?)",
    "delete from request where ledger = ? and (poster, request_id) in \
     (select poster, request_id from request where ledger = ? limit ?)",
    "delete from state where ledger = ? and (generation, key) in \
     (select generation, key from state where ledger = ? limit ?)",
    "delete from tile where ledger = ? and (level, number) in \
     (select level, number from tile where ledger = ? limit ?)",
];

/// Ledger. Once nothing is left of it.
pub(super) const DISCARD_HEAD: &str = "delete from ledger_head as h where h.ledger = ? \
     and not exists (select 1 from event where ledger = h.ledger) \
     and not exists (select 1 from request where ledger = h.ledger) \
     and not exists (select 1 from state where ledger = h.ledger) \
     and not exists (select 1 from tile where ledger = h.ledger)";

/// Ledger. Once its head is gone.
pub(super) const DISCARD_GENERATIONS: &str = "delete from generation as g where g.ledger = ? \
     and not exists (select 1 from ledger_head where ledger = g.ledger)";

/// Ledger. Once its head is gone.
pub(super) const DISCARD_CHECKPOINTS: &str = "delete from checkpoint as c where c.ledger = ? \
     and not exists (select 1 from ledger_head where ledger = c.ledger)";

/// Ledger.
pub(super) const FRONTIER: &str = "select tree from ledger_head where ledger = ?";

/// New edge of the tree, ledger, old edge, old edge.
pub(super) const GROW_TREE: &str =
    "update ledger_head set tree = ? where ledger = ? and (tree = ? or tree is null and length(?) = 8)";

/// Ledger, kind.
pub(super) const CHECKPOINT: &str = "select edge, note from checkpoint where ledger = ? and kind = ?";

/// Ledger, kind, size, edge, note, the size of the one that is kept.
pub(super) const KEEP_CHECKPOINT: &str = "insert into checkpoint (ledger, kind, size, edge, note) values (?, ?, ?, ?, ?) \
     on conflict (ledger, kind) do update set size = excluded.size, edge = excluded.edge, note = excluded.note \
     where checkpoint.size = ?";

/// Ledger, generation, format, purpose, holder, heard of, checkpoint.
pub(super) const INSERT_GENERATION: &str = "insert or rollback into generation (ledger, generation, format, purpose, holder, heard_of, checkpoint) \
     values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing";

/// Holder, heard of, ledger, generation, the holder it is taken from.
pub(super) const TAKE_GENERATION: &str = "update generation set holder = ?, heard_of = ? \
     where ledger = ? and generation = ? and holder = ? and purpose <> 'served'";

/// Heard of, checkpoint or null, ledger, generation, holder. Changes no row where the claim is not true.
pub(super) const HOLD_GENERATION: &str = "update generation set heard_of = ?, checkpoint = coalesce(?, checkpoint) \
     where ledger = ? and generation = ? and holder = ? and purpose <> 'served'";

/// ?1 ledger, ?2 generation, ?3 at most so many.
pub(super) const DROP_STATES: &str = "delete from state where ledger = ?1 and generation = ?2 and key in \
     (select key from state where ledger = ?1 and generation = ?2 limit ?3)";

/// The same, and ?4 the generation and ?5 the holder of a claim. Removes nothing where the claim is not true.
pub(super) const DROP_STATES_HELD: &str = "delete from state where ledger = ?1 and generation = ?2 and key in \
     (select key from state where ledger = ?1 and generation = ?2 limit ?3) \
     and exists (select 1 from generation where ledger = ?1 and generation = ?4 and holder = ?5 and purpose <> 'served')";

/// Ledger, generation, holder. A row where the claim is true.
pub(super) const IS_HELD: &str =
    "select 1 from generation where ledger = ? and generation = ? and holder = ? and purpose <> 'served'";

/// Ledger, generation, holder.
pub(super) const RELEASE_GENERATION: &str =
    "delete from generation where ledger = ? and generation = ? and holder = ? and purpose <> 'served'";

/// Checkpoint, ledger, generation, holder.
pub(super) const CALL_IT_SERVED: &str = "update generation set purpose = 'served', checkpoint = ? \
     where ledger = ? and generation = ? and holder = ? and purpose = 'rebuild'";

/// Ledger, the generation that is served from now on.
pub(super) const FORGET_SERVED: &str =
    "delete from generation where ledger = ? and purpose = 'served' and generation <> ?";

/// ?1 ledger. From one number to the next, because each has many states.
pub(super) const STORED_GENERATIONS: &str = "with recursive stored (generation) as ( \
     select min(generation) from state where ledger = ?1 union all \
     select (select min(s.generation) from state s where s.ledger = ?1 and s.generation > stored.generation) \
     from stored where stored.generation is not null) \
     select generation from stored where generation is not null order by generation";

/// Ledger.
pub(super) const GENERATIONS: &str = "select generation, format, purpose, holder, heard_of, checkpoint \
     from generation where ledger = ? order by generation";

/// Generation, ledger.
pub(super) const SERVE_GENERATION: &str = "update ledger_head set generation = ? where ledger = ?";

/// Ledger, position and body for each row.
pub(super) static INSERT_EVENTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?, ?, ?)".to_owned());
        format!(
            "insert or rollback into event (ledger, position, body) values {rows} \
             on conflict do nothing"
        )
    })
});

/// Ledger, poster, request id, digest, position and number of events for each row.
pub(super) static INSERT_REQUESTS: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?, ?, ?, ?, ?, ?)".to_owned());
        format!(
            "insert or rollback into request (ledger, poster, request_id, digest, position, events) values {rows} \
             on conflict do nothing"
        )
    })
});

/// Ledger, generation, key and body for each row; a row without a body changes nothing. The column `body` takes nulls
/// for this statement's sake: were they to be refused, each statement would have to be able to undo itself.
pub(super) static UPSERT_STATES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?, ?, ?, ?)".to_owned());
        format!(
            "insert or rollback into state (ledger, generation, key, body) values {rows} \
             on conflict (ledger, generation, key) do update set body = excluded.body \
             where excluded.body is not null"
        )
    })
});

/// Ledger, level, number and hashes for each row. A tile only grows: whoever has fewer hashes of it came later.
pub(super) static UPSERT_TILES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?, ?, ?, ?)".to_owned());
        format!(
            "insert or rollback into tile (ledger, level, number, hashes) values {rows} \
             on conflict (ledger, level, number) do update set hashes = excluded.hashes \
             where length(excluded.hashes) >= length(hashes)"
        )
    })
});

/// Level and number for each row; then ledger.
pub(super) static TILES: LazyLock<Sized> = LazyLock::new(|| {
    Sized::new(|count| {
        let rows = rows(count, |_| "(?, ?)".to_owned());
        format!(
            "select t.level, t.number, t.hashes from (values {rows}) w \
             cross join tile t on t.ledger = ? and t.level = w.column1 and t.number = w.column2"
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
             from (values {rows}) w cross join ledger_head h on h.ledger = ? and h.standing in ('open', 'sealed') \
             left join state s on s.ledger = h.ledger and s.generation = h.generation \
             and s.key >= w.column2 and s.key < w.column3"
        )
    })
});

/// ?1 ledger, ?2 after this key, ?3 before this key, ?4 limit.
pub(super) const STATE_PAGE: &str = "select h.position, h.recorded_at, h.generation, 0, s.key, s.body \
     from ledger_head h left join \
     (select key, body from state where ledger = ?1 \
      and generation = (select generation from ledger_head where ledger = ?1) \
      and key > ?2 and key < ?3 order by key limit ?4) s \
     where h.ledger = ?1 and h.standing in ('open', 'sealed') order by s.key";
