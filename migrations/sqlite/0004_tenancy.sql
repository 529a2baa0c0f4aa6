-- What the operator of a deployment lays down for a ledger.
alter table ledger_head add column standing text not null default 'open';  -- open, sealed, arriving, discarded
alter table ledger_head add column quota integer;                         -- how many events it may come to

-- The instant stands in the body, and nothing read it here.
alter table event drop column recorded_at;
