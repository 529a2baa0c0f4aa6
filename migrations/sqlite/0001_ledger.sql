-- One ledger is one district's log. `ledger` is the first column of every key and of every WHERE.

create table ledger_head (
    ledger      text    not null,
    position    integer not null,  -- the last event; dense from 1
    recorded_at integer not null,  -- of the last event, microseconds since 1970 (UTC); never decreases
    generation  integer not null,  -- which generation of states is served
    primary key (ledger)
) strict, without rowid;

-- Written once, never changed: the body is the exact JSON text that was hashed.
create table event (
    ledger      text    not null,
    position    integer not null,
    recorded_at integer not null,
    body        text    not null,
    primary key (ledger, position)
) strict, without rowid;

-- Permanent idempotency: one row for every accepted request, in the transaction of its events.
create table request (
    ledger     text    not null,
    poster     text    not null,  -- '' = the program itself
    request_id text    not null,
    digest     blob    not null,  -- SHA-256 of the request without its id
    position   integer not null,  -- its first event
    events     integer not null,  -- how many it made
    primary key (ledger, poster, request_id)
) strict, without rowid;

-- Folded states. They can be dropped and rebuilt from the log, byte for byte.
create table state (
    ledger     text    not null,
    generation integer not null,
    key        text    not null,
    body       blob,              -- never null; that it may be spares each upsert a journal of its own
    primary key (ledger, generation, key)
) strict, without rowid;
