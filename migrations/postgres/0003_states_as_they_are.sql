-- A state is written anew with every posting: past 2 kB PostgreSQL would try to compress it each time, and put it into a
-- table beside this one. Up to a page it stays where it is.
alter table state
    alter column body set storage external,
    set (toast_tuple_target = 8160);
