-- Not behind a long read, with everybody behind it in turn: it is tried again at the next start.
set local lock_timeout = '30s';

-- What the operator of a deployment lays down for a ledger.
alter table ledger_head
    add column standing text not null default 'open',  -- open, sealed, arriving, discarded
    add column quota bigint;                           -- how many events it may come to

-- The instant stands in the body, and nothing read it here.
alter table event drop column recorded_at;
