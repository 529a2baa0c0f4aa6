//! The statements of the PostgreSQL store. Each has one text, whatever the number of rows: rows come as arrays and are
//! unnested. Each names the ledger, so each reads and writes one shard where the tables are distributed by it.
//!
//! What measurements taught: `= any($1)`, prepared while a table is empty, keeps its sequential scan for ever. Look-ups
//! are therefore lateral, one index look-up for each key, and the conformance suite reads the plans of statements that
//! were prepared on empty tables.

/// Should this program vanish, others wait half a minute for its locks; and none waits longer for a lock than its caller
/// would (our own defaults).
macro_rules! begin {
    () => {
        "begin isolation level read committed; \
         set local idle_in_transaction_session_timeout = '30s'; set local lock_timeout = '15s'"
    };
}

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)*

        /// All of them, for tests that look at texts and plans.
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

statements! {
    /// Whether the settings are safe, and what the server is.
    SETTINGS = "select current_setting('fsync'), current_setting('full_page_writes'), \
         current_setting('synchronous_commit'), current_setting('server_encoding'), \
         current_setting('server_version_num'), \
         (current_setting('synchronous_standby_names') = '' \
          or pg_has_role(current_user, 'pg_read_all_stats', 'usage'))::text";

    /// Whether a transaction is open on the connection: its instant is then another than the statement's. Fails where the
    /// transaction has failed.
    IS_IDLE = "select transaction_timestamp() = statement_timestamp()";

    /// One message.
    BEGIN = begin!();

    /// The same, and in the same message who the server is (its system identifier tells servers apart that were not made
    /// from each other by replication; a standby that is promoted begins a new timeline), for whom a commit waits, and whether
    /// it is safe: what `synchronous_commit` says stands until the transaction ends, whatever is set meanwhile. It is asked of
    /// the server that is connected to, not of the one that keeps the rows of a ledger.
    BEGIN_APPEND = concat!(
        begin!(),
        "; select system_identifier, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint, \
         current_setting('synchronous_standby_names'), current_setting('fsync'), current_setting('full_page_writes'), \
         set_config('synchronous_commit', current_setting('synchronous_commit'), true) from pg_control_system()"
    );

    BEGIN_SNAPSHOT = "begin isolation level repeatable read read only";

    COMMIT = "commit";

    ROLLBACK = "rollback";

    /// After this ledger, limit. The one statement about many ledgers: for whoever looks after a deployment.
    LEDGERS = "select ledger, position, standing, quota from ledger_head \
         where ledger > $1 order by ledger limit $2";

    /// Ledger.
    LISTED_LEDGER = "select ledger, position, standing, quota from ledger_head where ledger = $1";

    /// Ledger, new standing and quota, old standing and quota.
    CHANGE_TENANCY = "update ledger_head set standing = $2, quota = $3 \
         where ledger = $1 and standing = $4 and quota is not distinct from $5";

    /// Ledger, poster and request id it comes after, limit.
    SCAN_REQUESTS = "select poster, request_id, digest, position, events from request \
         where ledger = $1 and (poster, request_id) > ($2, $3) order by poster, request_id limit $4";

    /// Ledger.
    HEAD = "select position, recorded_at, generation from ledger_head where ledger = $1";

    /// Ledger. Locks the head, then tells it, what is laid down, and who wrote last.
    LOCK_HEAD = "select position, recorded_at, generation, standing, quota, server, epoch \
         from ledger_head where ledger = $1 for update";

    /// Ledger, position, recorded_at, server, epoch, edge of the tree or null.
    MOVE_HEAD = "update ledger_head \
         set position = $2, recorded_at = $3, server = $4, epoch = $5, tree = coalesce($6, tree) where ledger = $1";

    /// Ledger.
    FRONTIER = "select tree from ledger_head where ledger = $1";

    /// Ledger, old edge of the tree, new edge.
    GROW_TREE = "update ledger_head set tree = $3 \
         where ledger = $1 and (tree = $2 or tree is null and length($2) = 8)";

    /// Ledger, levels, numbers, hashes. A tile only grows: whoever has fewer hashes of it came later.
    UPSERT_TILES = "insert into tile (ledger, level, number, hashes) \
         select $1, t.level, t.number, t.hashes \
         from unnest($2::bigint[], $3::bigint[], $4::bytea[]) as t (level, number, hashes) \
         on conflict (ledger, level, number) do update set hashes = excluded.hashes \
         where length(excluded.hashes) >= length(tile.hashes)";

    /// Ledger, levels, numbers.
    TILES = "select t.level, t.number, t.hashes from unnest($2::bigint[], $3::bigint[]) as w (level, number) \
         cross join lateral (select level, number, hashes from tile \
           where ledger = $1 and level = w.level and number = w.number limit 1) t";

    /// Ledger, kind.
    CHECKPOINT = "select edge, note from checkpoint where ledger = $1 and kind = $2";

    /// Ledger, kind, size, edge, note, the size of the one that is kept.
    KEEP_CHECKPOINT = "insert into checkpoint (ledger, kind, size, edge, note) values ($1, $2, $3, $4, $5) \
         on conflict (ledger, kind) do update set size = excluded.size, edge = excluded.edge, note = excluded.note \
         where checkpoint.size = $6";

    /// Where the log of the server ends.
    WAL_END = "select pg_current_wal_lsn()::text";

    /// A place in the log. How many standbys that a commit waits for have it on disk.
    STANDBYS_AT = "select count(*) from pg_stat_replication \
         where sync_state in ('sync', 'quorum') and flush_lsn >= $1::pg_lsn";

    /// Ledger, server, epoch, standing.
    INSERT_LEDGER = "insert into ledger_head (ledger, position, recorded_at, generation, server, epoch, standing) \
         values ($1, 0, 0, 0, $2, $3, $4) on conflict do nothing";

    /// Ledger, at most so many.
    DISCARD_EVENTS = "delete from event where ledger = $1 and position in \
         (select position from event where ledger = $1 order by position limit $2)";

    /// Ledger, at most so many.
    DISCARD_REQUESTS = "delete from request where ledger = $1 and (poster, request_id) in \
         (select poster, request_id from request where ledger = $1 order by poster, request_id limit $2)";

    /// Ledger, at most so many.
    DISCARD_STATES = "delete from state where ledger = $1 and (generation, key) in \
         (select generation, key from state where ledger = $1 order by generation, key limit $2)";

    /// Ledger, at most so many.
    DISCARD_TILES = "delete from tile where ledger = $1 and (level, number) in \
         (select level, number from tile where ledger = $1 order by level, number limit $2)";

    /// Ledger. Once nothing is left of it: whether that is so is looked up in the keys.
    DISCARD_HEAD = "delete from ledger_head where ledger = $1 \
         and (select position from event where ledger = $1 order by position limit 1) is null \
         and (select poster from request where ledger = $1 order by poster limit 1) is null \
         and (select generation from state where ledger = $1 order by generation limit 1) is null \
         and (select level from tile where ledger = $1 order by level limit 1) is null";

    /// Ledger.
    DISCARD_GENERATIONS = "delete from generation where ledger = $1";

    /// Ledger.
    DISCARD_CHECKPOINTS = "delete from checkpoint where ledger = $1";

    /// Ledger, generation, format, purpose, holder, heard of, checkpoint.
    INSERT_GENERATION = "insert into generation \
         (ledger, generation, format, purpose, holder, heard_of, checkpoint) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict do nothing";

    /// Ledger, generation, holder, heard of, the holder it is taken from.
    TAKE_GENERATION = "update generation set holder = $3, heard_of = $4 \
         where ledger = $1 and generation = $2 and holder = $5 and purpose <> 'served'";

    /// Ledger, generation, holder, heard of, checkpoint or null. Changes no row where the claim is not true.
    HOLD_GENERATION = "update generation set heard_of = $4, checkpoint = coalesce($5, checkpoint) \
         where ledger = $1 and generation = $2 and holder = $3 and purpose <> 'served'";

    /// Ledger, generation, holder. Locks the claim, so that nobody takes it over meanwhile.
    LOCK_CLAIM = "select 1::bigint from generation \
         where ledger = $1 and generation = $2 and holder = $3 and purpose <> 'served' for update";

    /// Ledger, generation, holder.
    RELEASE_GENERATION =
        "delete from generation where ledger = $1 and generation = $2 and holder = $3 and purpose <> 'served'";

    /// Ledger, generation, holder, checkpoint.
    CALL_IT_SERVED = "update generation set purpose = 'served', checkpoint = $4 \
         where ledger = $1 and generation = $2 and holder = $3 and purpose = 'rebuild'";

    /// Ledger, the generation that is served from now on.
    FORGET_SERVED =
        "delete from generation where ledger = $1 and purpose = 'served' and generation <> $2";

    /// Ledger, generation.
    SERVE_GENERATION = "update ledger_head set generation = $2 where ledger = $1";

    /// Ledger.
    GENERATIONS = "select generation, format, purpose, holder, heard_of, checkpoint \
         from generation where ledger = $1 order by generation";

    /// Ledger. From one number to the next, because each has many states.
    STORED_GENERATIONS = "with recursive stored (generation) as ( \
         (select generation from state where ledger = $1 order by generation limit 1) union all \
         select (select s.generation from state s where s.ledger = $1 and s.generation > stored.generation \
                 order by s.generation limit 1) from stored where stored.generation is not null) \
         select generation from stored where generation is not null order by generation";

    /// Ledger, generation, at most so many.
    DROP_STATES = "delete from state where ledger = $1 and generation = $2 and key in \
         (select key from state where ledger = $1 and generation = $2 order by key limit $3)";

    /// Ledger, positions, bodies.
    INSERT_EVENTS = "insert into event (ledger, position, body) \
         select $1, e.position, e.body from unnest($2::bigint[], $3::text[]) as e (position, body)";

    /// Ledger, posters, request ids, digests, positions, numbers of events. Fails where one is there: nearly all are new, and
    /// to pass over those that are not (`on conflict`) takes nearly twice the time for each.
    INSERT_REQUESTS = "insert into request (ledger, poster, request_id, digest, position, events) \
         select $1, r.poster, r.request_id, r.digest, r.position, r.events \
         from unnest($2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[]) \
           as r (poster, request_id, digest, position, events)";

    /// Ledger, generation, keys, bodies.
    UPSERT_STATES = "insert into state (ledger, generation, key, body) \
         select $1, $2, s.key, s.body from unnest($3::text[], $4::bytea[]) as s (key, body) \
         on conflict (ledger, generation, key) do update set body = excluded.body";

    /// Ledger, posters, request ids.
    FIND_REQUESTS = "select w.n - 1, r.digest, r.position, r.events \
         from unnest($2::text[], $3::text[]) with ordinality as w (poster, request_id, n) \
         cross join lateral (select digest, position, events from request \
           where ledger = $1 and poster = w.poster and request_id = w.request_id limit 1) r";

    /// Ledger, generation, keys.
    LOAD_STATES = "select s.key, s.body from unnest($3::text[]) as w (key) \
         cross join lateral (select key, body from state \
           where ledger = $1 and generation = $2 and key = w.key limit 1) s";

    /// Ledger, from, limit.
    EVENTS =
        "select position, body from event where ledger = $1 and position >= $2 order by position limit $3";

    /// Ledger, positions.
    EVENTS_AT = "select e.position, e.body from unnest($2::bigint[]) with ordinality as w (position, n) \
         cross join lateral (select position, body from event \
           where ledger = $1 and position = w.position limit 1) e order by w.n";

    /// Ledger, which query, after this key, before this key, limit. One statement, so one snapshot: the head comes with every
    /// row, and a range without states still gives one row.
    STATE_RANGES = "select h.position, h.recorded_at, h.generation, w.n, s.key, s.body \
         from ledger_head h \
         cross join unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) as w (n, first, behind, most) \
         left join lateral (select key, body from state \
           where ledger = $1 and generation = h.generation and key >= w.first and key < w.behind \
           order by key limit w.most) s on true \
         where h.ledger = $1 and h.standing in ('open', 'sealed')";

    /// Whether the server keeps tables on others.
    HAS_CITUS = "select (to_regclass('pg_dist_partition') is not null)::text";

    /// Table.
    IS_DISTRIBUTED =
        "select exists (select 1 from pg_dist_partition where logicalrelid = to_regclass($1))::text";

    /// Table, the one it lies beside.
    DISTRIBUTE = "select create_distributed_table($1::regclass, 'ledger', colocate_with => $2)";

    /// Ledger, generation, after this key, limit.
    SCAN = "select key, body from state \
         where ledger = $1 and generation = $2 and key > $3 order by key limit $4";

    /// Ledger, resident, wrapped key.
    MAKE_PERSON_KEY = "insert into person_key (ledger, resident, wrapped) values ($1, $2, $3) on conflict do nothing";

    /// Ledger, resident.
    PERSON_KEY = "select wrapped from person_key where ledger = $1 and resident = $2";

    /// Ledger, resident. Whoever erases the person waits, or was first.
    LOCK_PERSON_KEY = "select wrapped from person_key where ledger = $1 and resident = $2 for update";

    /// Ledger, resident, record.
    PUT_PERSON = "insert into person (ledger, resident, record) values ($1, $2, $3) \
         on conflict (ledger, resident) do update set record = excluded.record";

    /// Ledger, look-up, resident.
    PUT_LOOK_UP =
        "insert into person_lookup (ledger, look_up, resident) values ($1, $2, $3) on conflict do nothing";

    /// Ledger, look-up.
    FIND_PERSON = "select resident from person_lookup where ledger = $1 and look_up = $2";

    /// Ledger, resident.
    GET_PERSON = "select p.resident, k.wrapped, p.record from person p \
         join person_key k on k.resident = p.resident \
         where p.ledger = $1 and k.ledger = $1 and p.resident = $2";

    /// Ledger, after this resident, limit.
    PERSON_KEYS = "select resident, wrapped from person_key \
         where ledger = $1 and resident > $2 order by resident limit $3";

    /// Ledger, organisation, card.
    PUT_CARD = "insert into organization_card (ledger, organization, card) values ($1, $2, $3) \
         on conflict (ledger, organization) do update set card = excluded.card";

    /// Ledger, organisation.
    CARD = "select card from organization_card where ledger = $1 and organization = $2";

    /// Ledger, resident.
    DELETE_PERSON_KEY = "delete from person_key where ledger = $1 and resident = $2";

    /// Ledger, resident.
    DELETE_LOOK_UP = "delete from person_lookup where ledger = $1 and resident = $2";

    /// Ledger, resident.
    DELETE_PERSON = "delete from person where ledger = $1 and resident = $2";
}
