-- What is kept of a generation of states beside the states: what form its bytes have, what it is for, and how far one that
-- is being made has come.
create table generation (
    ledger     text    not null,
    generation integer not null,
    format     integer not null,  -- of its states' bytes; 0 = of a program that kept no number
    purpose    text    not null,  -- served, rebuild, verify
    holder     integer not null,  -- who works on it, drawn at random; 0 of one that is served from the beginning
    heard_of   integer not null,  -- when the holder last was, microseconds since 1970 (UTC)
    checkpoint blob    not null,
    primary key (ledger, generation)
) strict, without rowid;

insert into generation (ledger, generation, format, purpose, holder, heard_of, checkpoint)
select ledger, generation, 0, 'served', 0, 0, x'' from ledger_head;
