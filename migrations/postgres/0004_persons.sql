set local lock_timeout = '30s';

-- Personal data, sealed: without the key file, which is kept elsewhere, none of it can be read. It is no part of the log,
-- and a ledger that is exported leaves it behind.

-- The key each person's record is sealed under, wrapped under that of the key file. Without it the record is noise.
create table person_key (
    ledger   text  collate "C" not null,
    resident text  collate "C" not null,
    wrapped  bytea not null,
    primary key (ledger, resident)
);

create table person (
    ledger   text  collate "C" not null,
    resident text  collate "C" not null,
    record   bytea not null,  -- sealed; all are of one length
    primary key (ledger, resident)
);

-- Whom an ID number belongs to, by a keyed hash of the number.
create table person_lookup (
    ledger   text  collate "C" not null,
    look_up  bytea not null,
    resident text  collate "C" not null,
    primary key (ledger, look_up)
);

create unique index person_lookup_by_resident on person_lookup (ledger, resident);

-- How organisations are known to the law and reached, sealed under the key file.
create table organization_card (
    ledger       text  collate "C" not null,
    organization text  collate "C" not null,
    card         bytea not null,
    primary key (ledger, organization)
);
