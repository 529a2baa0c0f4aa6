-- States with a rowid: a row of a table without one spills into a page of its own past a quarter of a page, and most
-- states grow beyond that.
create table state_with_rowid (
    ledger     text    not null,
    generation integer not null,
    key        text    not null,
    body       blob,              -- never null; that it may be spares each upsert a journal of its own
    primary key (ledger, generation, key)
) strict;

insert into state_with_rowid (ledger, generation, key, body)
select ledger, generation, key, body from state order by ledger, generation, key;

drop table state;

alter table state_with_rowid rename to state;
