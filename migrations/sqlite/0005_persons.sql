-- Personal data, sealed: without the key file, which is kept elsewhere, none of it can be read. It is no part of the log,
-- and a ledger that is exported leaves it behind.

-- The key each person's record is sealed under, wrapped under that of the key file. Without it the record is noise.
create table person_key (
    ledger   text not null,
    resident text not null,
    wrapped  blob not null,
    primary key (ledger, resident)
) strict, without rowid;

create table person (
    ledger   text not null,
    resident text not null,
    record   blob not null,  -- sealed; all are of one length
    primary key (ledger, resident)
) strict, without rowid;

-- Whom an ID number belongs to, by a keyed hash of the number.
create table person_lookup (
    ledger   text not null,
    look_up  blob not null,
    resident text not null,
    primary key (ledger, look_up)
) strict, without rowid;

create unique index person_lookup_by_resident on person_lookup (ledger, resident);

-- How organisations are known to the law and reached, sealed under the key file.
create table organization_card (
    ledger       text not null,
    organization text not null,
    card         blob not null,
    primary key (ledger, organization)
) strict, without rowid;
