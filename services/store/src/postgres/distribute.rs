//! Citus: tables distributed by ledger, so that all of a ledger lies on one node.

use super::error::before_commit;
use super::{connect_options, sql};
use crate::row::StoreRow;
use ledger_core::ports::StoreError;
use sqlx::{ConnectOptions, Connection};

/// The tables, the first of which the others lie beside.
const TABLES: [&str; 11] = [
    "ledger_head",
    "event",
    "request",
    "state",
    "generation",
    "person_key",
    "person",
    "person_lookup",
    "organization_card",
    "tile",
    "checkpoint",
];

/// What became of the tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distributed {
    /// Distributed now.
    pub now: Vec<&'static str>,
    /// Distributed before.
    pub before: Vec<&'static str>,
}

/// Distributes the tables of a database by ledger, those that are not yet. The URL is that of a coordinator; the schema
/// must be there.
///
/// # Errors
/// [`StoreError::Unavailable`] where the database is no coordinator of Citus, or what it says.
pub async fn distribute(url: &str) -> Result<Distributed, StoreError> {
    let mut connection = connect_options(url)?.connect().await.map_err(before_commit)?;
    let coordinator = sqlx::query(sql::HAS_CITUS).fetch_one(&mut connection).await.map_err(before_commit)?;
    if coordinator.text(0)? != "true" {
        return Err(StoreError::Unavailable(
            "this database has no Citus: run `create extension citus` on the coordinator and add its workers first"
                .to_owned(),
        ));
    }
    let mut distributed = Distributed::default();
    for table in TABLES {
        let there = sqlx::query(sql::IS_DISTRIBUTED).bind(table).fetch_one(&mut connection).await;
        if there.map_err(before_commit)?.text(0)? == "true" {
            distributed.before.push(table);
            continue;
        }
        // Each by itself: the rows that are there move to their shards, and what was distributed stays so.
        let beside = if table == TABLES[0] { "default" } else { TABLES[0] };
        let moved = sqlx::query(sql::DISTRIBUTE).bind(table).bind(beside).execute(&mut connection).await;
        moved.map_err(before_commit)?;
        distributed.now.push(table);
    }
    connection.close().await.map_err(before_commit)?;
    Ok(distributed)
}
