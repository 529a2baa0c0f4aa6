set local lock_timeout = '30s';

-- The Merkle tree over the log: its edge beside the head, and its hashes in tiles. All of it can be made anew from the events.
alter table ledger_head add column tree bytea;  -- how many leaves (8 bytes, most significant first), then the edge; null = none yet

create table tile (
    ledger text   collate "C" not null,
    level  bigint not null,  -- 0 = of leaves
    number bigint not null,  -- from 0 within the level
    hashes bytea  not null,  -- 1 to 256 of 32 bytes; of leaves always 256
    primary key (ledger, level, number)
);

-- Hashes do not get shorter by compression.
alter table tile alter column hashes set storage external;

-- What was signed last, and what witnesses have cosigned last.
create table checkpoint (
    ledger text   collate "C" not null,
    kind   text   collate "C" not null,  -- signed, witnessed
    size   bigint not null,
    edge   bytea  not null,
    note   text   not null,
    primary key (ledger, kind)
);
