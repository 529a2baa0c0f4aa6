set local lock_timeout = '30s';

-- A state is written anew with every posting: past 2 kB PostgreSQL would try to compress it each time, and put it into a
-- table beside this one. Up to a page it stays where it is. Citus takes no such change to a table that it has distributed.
do $$
declare
    distributed boolean := false;
begin
    if to_regclass('pg_dist_partition') is not null then
        execute 'select exists (select 1 from pg_dist_partition where logicalrelid = ''state''::regclass)'
            into distributed;
    end if;
    if not distributed then
        alter table state
            alter column body set storage external,
            set (toast_tuple_target = 8160);
    end if;
end
$$;
