//! Brings the schema up to date, one program at a time.

use super::error::before_commit;
use ledger_core::ports::StoreError;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

/// Migrations lock this table. It is a table because a lock of the session, as sqlx takes one, is lost behind a pooler in
/// transaction mode.
const MAKE_LOCK: &str = "create table if not exists creditbank_migration (one integer primary key)";

const LOCK: &str = "lock table creditbank_migration in exclusive mode";

/// Runs what was not run yet. `guard` holds the lock meanwhile; it ends with the connection, however that ends.
pub(super) async fn run(mut guard: PgConnection, options: &PgConnectOptions) -> Result<(), StoreError> {
    // Two programs that make the table at the same instant: one of them is refused, and the table is there.
    if let Err(error) = sqlx::query(MAKE_LOCK).execute(&mut guard).await {
        sqlx::query(MAKE_LOCK).execute(&mut guard).await.map_err(|_| before_commit(error))?;
    }
    sqlx::query("begin").execute(&mut guard).await.map_err(before_commit)?;
    sqlx::query(LOCK).execute(&mut guard).await.map_err(before_commit)?;
    let mut migrator = sqlx::migrate!("../../migrations/postgres");
    migrator.set_locking(false);
    let mut connection = options.connect().await.map_err(before_commit)?;
    let migrated = migrator.run(&mut connection).await;
    // Nothing was written under the lock.
    let _ = guard.close().await;
    let _ = connection.close().await;
    migrated.map_err(|error| StoreError::Unavailable(format!("migration: {error}")))
}
