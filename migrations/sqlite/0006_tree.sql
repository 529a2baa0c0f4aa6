-- The Merkle tree over the log: its edge beside the head, and its hashes in tiles. All of it can be made anew from the events.
alter table ledger_head add column tree blob;  -- how many leaves (8 bytes, most significant first), then the edge; null = none yet

create table tile (
    ledger text    not null,
    level  integer not null,  -- 0 = of leaves
    number integer not null,  -- from 0 within the level
    hashes blob    not null,  -- 1 to 256 of 32 bytes; of leaves always 256
    primary key (ledger, level, number)
) strict;

-- What was signed last, and what witnesses have cosigned last.
create table checkpoint (
    ledger text    not null,
    kind   text    not null,  -- signed, witnessed
    size   integer not null,
    edge   blob    not null,
    note   text    not null,
    primary key (ledger, kind)
) strict, without rowid;
