//! Sealed persons in the database of the ledgers, on a few connections of their own.

use super::error::before_commit;
use super::transaction::Transaction;
use super::{PostgresOptions, connect_options, pool, sql};
use crate::row::{self, StoreRow};
use async_trait::async_trait;
use ledger_core::id::{LedgerId, OrganizationId, ResidentId};
use ledger_core::person::{LookUp, PersonStore, PersonStoreError, SealedPerson};
use ledger_core::ports::StoreError;
use sqlx::PgPool;
use sqlx::postgres::PgConnection;
use std::collections::BTreeSet;

/// Connections that persons are read and written on: few are at a time (our own default).
const CONNECTIONS: u32 = 4;

/// Persons in a PostgreSQL database.
pub struct PostgresPersons {
    pool: PgPool,
}

impl PostgresPersons {
    /// Opens them in a database whose schema is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the URL is none.
    pub fn open(url: &str) -> Result<PostgresPersons, StoreError> {
        let connect = connect_options(url)?;
        Ok(PostgresPersons { pool: pool(&connect, PostgresOptions { connections: CONNECTIONS }) })
    }
}

/// What a transaction that went well has to say.
enum Put {
    Done,
    KeyGone,
    Taken(Option<ResidentId>),
}

#[async_trait]
impl PersonStore for PostgresPersons {
    async fn key(&self, ledger: &LedgerId, resident: &ResidentId, new: &[u8]) -> Result<Vec<u8>, StoreError> {
        let make = async |connection: &mut PgConnection| {
            let made = sqlx::query(sql::MAKE_PERSON_KEY)
                .bind(ledger.as_str())
                .bind(resident.as_str())
                .bind(new)
                .execute(&mut *connection)
                .await;
            made.map_err(before_commit)?;
            key_of(connection, sql::PERSON_KEY, ledger, resident).await
        };
        // Between the two another may have erased the person.
        Transaction::run(&self.pool, make)
            .await?
            .ok_or_else(|| StoreError::Unavailable("the person is being erased".to_owned()))
    }

    async fn put(
        &self,
        ledger: &LedgerId,
        person: &SealedPerson,
        look_up: Option<&LookUp>,
    ) -> Result<(), PersonStoreError> {
        let transaction = Transaction::begin(&self.pool).await?;
        let write = async |connection: &mut PgConnection| {
            let key = key_of(connection, sql::LOCK_PERSON_KEY, ledger, &person.resident).await?;
            if key.as_ref() != Some(&person.wrapped_key) {
                return Ok(Put::KeyGone);
            }
            delete(connection, sql::DELETE_LOOK_UP, ledger, &person.resident).await?;
            if let Some(look_up) = look_up {
                let new = sqlx::query(sql::PUT_LOOK_UP)
                    .bind(ledger.as_str())
                    .bind(look_up.as_slice())
                    .bind(person.resident.as_str())
                    .execute(&mut *connection)
                    .await;
                if new.map_err(before_commit)?.rows_affected() == 0 {
                    return Ok(Put::Taken(found(connection, ledger, look_up).await?));
                }
            }
            let put = sqlx::query(sql::PUT_PERSON)
                .bind(ledger.as_str())
                .bind(person.resident.as_str())
                .bind(&person.record)
                .execute(connection)
                .await;
            put.map(|_| Put::Done).map_err(before_commit)
        };
        let (transaction, put) = transaction.attempt(write).await?;
        match put {
            Put::Done => Ok(transaction.commit().await?),
            refused => {
                transaction.rollback().await;
                Err(match refused {
                    Put::Taken(Some(other)) => PersonStoreError::LookUpTaken(other),
                    Put::Taken(None) => {
                        StoreError::Unavailable("the look-up is being changed".to_owned()).into()
                    }
                    _ => PersonStoreError::KeyGone,
                })
            }
        }
    }

    async fn get(
        &self,
        ledger: &LedgerId,
        resident: &ResidentId,
    ) -> Result<Option<SealedPerson>, StoreError> {
        let row = sqlx::query(sql::GET_PERSON)
            .bind(ledger.as_str())
            .bind(resident.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(before_commit)?;
        row.as_ref().map(row::sealed_person).transpose()
    }

    async fn find(&self, ledger: &LedgerId, look_up: &LookUp) -> Result<Option<ResidentId>, StoreError> {
        found(&mut *self.pool.acquire().await.map_err(before_commit)?, ledger, look_up).await
    }

    async fn put_card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
        card: &[u8],
    ) -> Result<(), StoreError> {
        let write = async |connection: &mut PgConnection| {
            let put = sqlx::query(sql::PUT_CARD)
                .bind(ledger.as_str())
                .bind(organization.as_str())
                .bind(card)
                .execute(connection)
                .await;
            put.map(drop).map_err(before_commit)
        };
        Transaction::run(&self.pool, write).await
    }

    async fn card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query(sql::CARD)
            .bind(ledger.as_str())
            .bind(organization.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(before_commit)?;
        row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
    }

    async fn delete(&self, ledger: &LedgerId, residents: &[ResidentId]) -> Result<u64, StoreError> {
        // In one order, so that two who erase do not wait for each other.
        let residents: BTreeSet<&ResidentId> = residents.iter().collect();
        // The key first: whoever puts the person anew waits for its row.
        let all = async |connection: &mut PgConnection| {
            let mut removed = 0;
            for resident in &residents {
                let mut some = false;
                for text in [sql::DELETE_PERSON_KEY, sql::DELETE_LOOK_UP, sql::DELETE_PERSON] {
                    some |= delete(connection, text, ledger, resident).await?;
                }
                removed += u64::from(some);
            }
            Ok(removed)
        };
        Transaction::run(&self.pool, all).await
    }

    async fn list_keys(
        &self,
        ledger: &LedgerId,
        after: Option<&ResidentId>,
        limit: u32,
    ) -> Result<Vec<(ResidentId, Vec<u8>)>, StoreError> {
        let rows = sqlx::query(sql::PERSON_KEYS)
            .bind(ledger.as_str())
            .bind(after.map_or("", ResidentId::as_str))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(before_commit)?;
        rows.iter().map(row::person_key).collect()
    }
}

async fn key_of(
    connection: &mut PgConnection,
    text: &'static str,
    ledger: &LedgerId,
    resident: &ResidentId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query(text)
        .bind(ledger.as_str())
        .bind(resident.as_str())
        .fetch_optional(connection)
        .await
        .map_err(before_commit)?;
    row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
}

async fn found(
    connection: &mut PgConnection,
    ledger: &LedgerId,
    look_up: &LookUp,
) -> Result<Option<ResidentId>, StoreError> {
    let row = sqlx::query(sql::FIND_PERSON)
        .bind(ledger.as_str())
        .bind(look_up.as_slice())
        .fetch_optional(connection)
        .await
        .map_err(before_commit)?;
    row.map(|row| row::resident(&row, 0)).transpose()
}

/// Ledger, resident; whether there was one.
async fn delete(
    connection: &mut PgConnection,
    text: &'static str,
    ledger: &LedgerId,
    resident: &ResidentId,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query(text).bind(ledger.as_str()).bind(resident.as_str()).execute(connection).await;
    Ok(deleted.map_err(before_commit)?.rows_affected() > 0)
}
