-- One ledger is one district's log. `ledger` is the first column of every key and of every WHERE, so that all of a ledger
-- lies on one node where the tables are distributed by it. Names are compared byte by byte, as the program does.

create table ledger_head (
    ledger      text   collate "C" not null,
    position    bigint not null,  -- the last event; dense from 1
    recorded_at bigint not null,  -- of the last event, microseconds since 1970 (UTC); never decreases
    generation  bigint not null,  -- which generation of states is served
    server      bigint not null,  -- the system identifier of the primary that wrote last
    epoch       bigint not null,  -- its timeline: an older one of the same system writes no more
    primary key (ledger)
) with (fillfactor = 10);

-- Written once, never changed: the body is the exact JSON text that was hashed.
create table event (
    ledger      text   collate "C" not null,
    position    bigint not null,
    recorded_at bigint not null,
    body        text   not null,
    primary key (ledger, position)
);

-- Permanent idempotency: one row for every accepted request, in the transaction of its events.
create table request (
    ledger     text   collate "C" not null,
    poster     text   collate "C" not null,  -- '' = the program itself
    request_id text   collate "C" not null,
    digest     bytea  not null,              -- SHA-256 of the request without its id
    position   bigint not null,              -- its first event
    events     bigint not null,              -- how many it made
    primary key (ledger, poster, request_id)
);

-- Folded states. They can be dropped and rebuilt from the log, byte for byte. Room is left on each page: a state that is
-- folded again stays on its page, and the index is not touched.
create table state (
    ledger     text   collate "C" not null,
    generation bigint not null,
    key        text   collate "C" not null,
    body       bytea  not null,
    primary key (ledger, generation, key)
) with (fillfactor = 70);

-- What is kept of a generation of states beside the states: what form its bytes have, what it is for, and how far one that
-- is being made has come.
create table generation (
    ledger     text   collate "C" not null,
    generation bigint not null,
    format     bigint not null,  -- of its states' bytes
    purpose    text   not null,  -- served, rebuild, verify
    holder     bigint not null,  -- who works on it, drawn at random; 0 of one that is served from the beginning
    heard_of   bigint not null,  -- when the holder last was, microseconds since 1970 (UTC)
    checkpoint bytea  not null,
    primary key (ledger, generation)
);
