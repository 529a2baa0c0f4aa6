//! A transaction that writes, on one connection of the pool. Where it is dropped half-way, the pool finds it open and
//! closes the connection, and the server rolls it back.

use super::epoch::{Epoch, Timeline};
use super::error::{at_commit, before_commit};
use super::{safe, sql};
use crate::row::StoreRow;
use ledger_core::ports::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{Executor, PgPool, Postgres};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a commit waits to see itself on the standbys it was to wait for (our own default). The server has waited
/// already: this takes longer only where somebody cut its wait short.
const SEEN_ON_STANDBYS: Duration = Duration::from_secs(5);

/// How long the server may take for a piece of work or for a commit (our own default). A commit that waits for a standby
/// takes as long as that does; after this, what became of it is not known.
const PATIENCE: Duration = Duration::from_secs(45);

const SILENT: &str = "the server does not answer any more";

/// A transaction that writes.
pub(super) struct Transaction {
    held: PoolConnection<Postgres>,
    /// How many standbys must have its commit on disk.
    standbys: i64,
}

impl Transaction {
    pub(super) async fn begin(pool: &PgPool) -> Result<Transaction, StoreError> {
        let held = pool.acquire().await.map_err(before_commit)?;
        let begin = async |connection: &mut PgConnection| {
            connection.execute(sqlx::raw_sql(sql::BEGIN)).await.map_err(before_commit)
        };
        let (begun, _) = Transaction { held, standbys: 0 }.attempt(begin).await?;
        Ok(begun)
    }

    /// Begins one that changes a ledger for good; tells what server it is on. One that can lose what it confirms is refused,
    /// and one that lost its place to another.
    pub(super) async fn begin_append(
        pool: &PgPool,
        epoch: &Epoch,
    ) -> Result<(Transaction, Timeline), StoreError> {
        let held = pool.acquire().await.map_err(before_commit)?;
        let begin = async |connection: &mut PgConnection| {
            let rows = connection.fetch_all(sqlx::raw_sql(sql::BEGIN_APPEND)).await.map_err(before_commit)?;
            let row = rows.last().ok_or_else(|| StoreError::Unavailable(SILENT.to_owned()))?;
            for (index, name) in [(3, "fsync"), (4, "full_page_writes"), (5, "synchronous_commit")] {
                safe(name, row.text(index)?)?;
            }
            let timeline = (row.integer(0)?, row.integer(1)?);
            epoch.check(timeline)?;
            Ok((timeline, standbys(row.text(2)?)))
        };
        let (mut begun, (timeline, standbys)) = Transaction { held, standbys: 0 }.attempt(begin).await?;
        begun.standbys = standbys;
        Ok((begun, timeline))
    }

    /// Its connection.
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.held
    }

    /// Begins one, does something with it, and commits.
    pub(super) async fn run<T>(
        pool: &PgPool,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        Transaction::begin(pool).await?.finish(work).await
    }

    /// Does something and commits.
    pub(super) async fn finish<T>(
        self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (transaction, done) = self.attempt(work).await?;
        transaction.commit().await?;
        Ok(done)
    }

    /// Does something. Where that fails it is rolled back; where the server does not answer, the connection is closed.
    pub(super) async fn attempt<T>(
        mut self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<(Transaction, T), StoreError> {
        match timeout(PATIENCE, work(&mut self.held)).await {
            Ok(Ok(done)) => Ok((self, done)),
            Ok(Err(error)) => {
                self.rollback().await;
                Err(error)
            }
            Err(_) => {
                self.close();
                Err(StoreError::Unavailable(SILENT.to_owned()))
            }
        }
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let committed = async {
            sqlx::query(sql::COMMIT).execute(&mut *self.held).await.map_err(at_commit)?;
            if self.standbys == 0 { Ok(()) } else { seen_on_standbys(&mut self.held, self.standbys).await }
        };
        match timeout(PATIENCE, committed).await {
            Ok(committed) => committed,
            Err(_) => {
                self.close();
                Err(StoreError::OutcomeUnknown(SILENT.to_owned()))
            }
        }
    }

    pub(super) async fn rollback(mut self) {
        // Where it fails, the pool finds the transaction open and closes the connection.
        let rolled_back = sqlx::query(sql::ROLLBACK).execute(&mut *self.held);
        if timeout(PATIENCE, rolled_back).await.is_err() {
            self.close();
        }
    }

    /// Ends the connection without a word: whoever is at the other end may not listen.
    fn close(self) {
        drop(self.held.detach());
    }
}

/// A wait for standbys that was cut short ends in a warning that the driver does not hand on: looks whether so many have
/// all that was written.
async fn seen_on_standbys(connection: &mut PgConnection, standbys: i64) -> Result<(), StoreError> {
    let unknown = |error: sqlx::Error| StoreError::OutcomeUnknown(error.to_string());
    let end = sqlx::query(sql::WAL_END).fetch_one(&mut *connection).await.map_err(unknown)?;
    let until = Instant::now() + SEEN_ON_STANDBYS;
    loop {
        let seen = sqlx::query(sql::STANDBYS_AT).bind(end.text(0)?).fetch_one(&mut *connection).await;
        if seen.map_err(unknown)?.integer(0)? >= standbys {
            return Ok(());
        }
        if Instant::now() > until {
            let text = "it is on this server's disk, but not on the standbys it was to wait for";
            return Err(StoreError::OutcomeUnknown(text.to_owned()));
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// How many standbys a commit waits for, by `synchronous_standby_names`: `FIRST 2 (a, b, c)`, `ANY 2 (a, b, c)`,
/// `2 (a, b)`, or a list of which the first is waited for.
fn standbys(names: &str) -> i64 {
    let names = names.trim();
    if names.is_empty() {
        return 0;
    }
    let count = names.split_once('(').and_then(|(before, _)| before.split_whitespace().next_back());
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::standbys;

    #[test]
    fn the_number_of_standbys_is_read_from_the_setting() {
        let read = ["", "a", "a, b", "*", "FIRST 2 (a, b)", "ANY 3 (*)", "2(a, b)", "first 1 (\"x 7\", y)"]
            .map(standbys);
        assert_eq!(read, [0, 1, 1, 1, 2, 3, 2, 1]);
    }
}
