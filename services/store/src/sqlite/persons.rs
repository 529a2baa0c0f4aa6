//! Sealed persons in the file of the ledgers, on a connection of its own: it overwrites what it deletes (`secure_delete`),
//! which would cost the ledgers' own much and serve nobody.

use super::base_options;
use super::error::{at_commit, before_commit};
use crate::row::{self, StoreRow};
use async_trait::async_trait;
use ledger_core::id::{LedgerId, OrganizationId, ResidentId};
use ledger_core::person::{LookUp, PersonStore, PersonStoreError, SealedPerson};
use ledger_core::ports::StoreError;
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, Transaction};
use tokio::sync::Mutex;

/// Persons in one SQLite file.
pub struct SqlitePersons {
    connection: Mutex<SqliteConnection>,
}

impl SqlitePersons {
    /// Opens them in a file whose schema is there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the file cannot be opened.
    pub async fn open(url: &str) -> Result<SqlitePersons, StoreError> {
        let options = base_options(url)?.pragma("secure_delete", "on");
        let connection = Mutex::new(options.connect().await.map_err(before_commit)?);
        Ok(SqlitePersons { connection })
    }
}

async fn begin(connection: &mut SqliteConnection) -> Result<Transaction<'_, Sqlite>, StoreError> {
    connection.begin_with("begin immediate").await.map_err(before_commit)
}

#[async_trait]
impl PersonStore for SqlitePersons {
    async fn key(&self, ledger: &LedgerId, resident: &ResidentId, new: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut connection = self.connection.lock().await;
        let mut transaction = begin(&mut connection).await?;
        sqlx::query(
            "insert into person_key (ledger, resident, wrapped) values (?, ?, ?) on conflict do nothing",
        )
        .bind(ledger.as_str())
        .bind(resident.as_str())
        .bind(new)
        .execute(&mut *transaction)
        .await
        .map_err(before_commit)?;
        let kept = key_of(&mut transaction, ledger, resident).await?;
        transaction.commit().await.map_err(at_commit)?;
        kept.ok_or_else(|| StoreError::Damaged("a key that was written is not there".to_owned()))
    }

    async fn put(
        &self,
        ledger: &LedgerId,
        person: &SealedPerson,
        look_up: Option<&LookUp>,
    ) -> Result<(), PersonStoreError> {
        let mut connection = self.connection.lock().await;
        let mut transaction = begin(&mut connection).await?;
        if key_of(&mut transaction, ledger, &person.resident).await?.as_ref() != Some(&person.wrapped_key) {
            return Err(PersonStoreError::KeyGone);
        }
        delete(
            &mut transaction,
            "delete from person_lookup where ledger = ? and resident = ?",
            ledger,
            &person.resident,
        )
        .await?;
        if let Some(look_up) = look_up {
            let new = sqlx::query(
                "insert into person_lookup (ledger, look_up, resident) values (?, ?, ?) on conflict do nothing",
            )
            .bind(ledger.as_str())
            .bind(look_up.as_slice())
            .bind(person.resident.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(before_commit)?;
            if new.rows_affected() == 0 {
                let other = found(&mut transaction, ledger, look_up).await?;
                let gone = || StoreError::Damaged("a look-up stands for nobody".to_owned());
                return Err(PersonStoreError::LookUpTaken(other.ok_or_else(gone)?));
            }
        }
        sqlx::query(
            "insert into person (ledger, resident, record) values (?, ?, ?) \
             on conflict (ledger, resident) do update set record = excluded.record",
        )
        .bind(ledger.as_str())
        .bind(person.resident.as_str())
        .bind(&person.record)
        .execute(&mut *transaction)
        .await
        .map_err(before_commit)?;
        Ok(transaction.commit().await.map_err(at_commit)?)
    }

    async fn get(
        &self,
        ledger: &LedgerId,
        resident: &ResidentId,
    ) -> Result<Option<SealedPerson>, StoreError> {
        let mut connection = self.connection.lock().await;
        let row = sqlx::query(
            "select p.resident, k.wrapped, p.record from person p \
             join person_key k on k.ledger = p.ledger and k.resident = p.resident \
             where p.ledger = ? and p.resident = ?",
        )
        .bind(ledger.as_str())
        .bind(resident.as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(before_commit)?;
        row.as_ref().map(row::sealed_person).transpose()
    }

    async fn find(&self, ledger: &LedgerId, look_up: &LookUp) -> Result<Option<ResidentId>, StoreError> {
        found(&mut *self.connection.lock().await, ledger, look_up).await
    }

    async fn put_card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
        card: &[u8],
    ) -> Result<(), StoreError> {
        let put = sqlx::query(
            "insert into organization_card (ledger, organization, card) values (?, ?, ?) \
             on conflict (ledger, organization) do update set card = excluded.card",
        )
        .bind(ledger.as_str())
        .bind(organization.as_str())
        .bind(card)
        .execute(&mut *self.connection.lock().await)
        .await;
        put.map(drop).map_err(at_commit)
    }

    async fn card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("select card from organization_card where ledger = ? and organization = ?")
            .bind(ledger.as_str())
            .bind(organization.as_str())
            .fetch_optional(&mut *self.connection.lock().await)
            .await
            .map_err(before_commit)?;
        row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
    }

    async fn delete(&self, ledger: &LedgerId, residents: &[ResidentId]) -> Result<u64, StoreError> {
        let mut connection = self.connection.lock().await;
        let mut transaction = begin(&mut connection).await?;
        let mut removed = 0;
        for resident in residents {
            let mut some = false;
            for text in [
                "delete from person_key where ledger = ? and resident = ?",
                "delete from person_lookup where ledger = ? and resident = ?",
                "delete from person where ledger = ? and resident = ?",
            ] {
                some |= delete(&mut transaction, text, ledger, resident).await?;
            }
            removed += u64::from(some);
        }
        transaction.commit().await.map_err(at_commit)?;
        if removed == 0 {
            return Ok(0);
        }
        // The rows stand in the WAL too. A reader that is in the way is waited for as long as for any lock.
        let row = sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(&mut *connection).await;
        if row.map_err(before_commit)?.integer(0)? != 0 {
            tracing::warn!("a long read keeps the WAL from being emptied; it is emptied with the next one");
        }
        Ok(removed)
    }

    async fn list_keys(
        &self,
        ledger: &LedgerId,
        after: Option<&ResidentId>,
        limit: u32,
    ) -> Result<Vec<(ResidentId, Vec<u8>)>, StoreError> {
        let mut connection = self.connection.lock().await;
        let rows = sqlx::query(
            "select resident, wrapped from person_key where ledger = ? and resident > ? order by resident limit ?",
        )
        .bind(ledger.as_str())
        .bind(after.map_or("", ResidentId::as_str))
        .bind(limit)
        .fetch_all(&mut *connection)
        .await
        .map_err(before_commit)?;
        rows.iter().map(row::person_key).collect()
    }
}

async fn key_of(
    connection: &mut SqliteConnection,
    ledger: &LedgerId,
    resident: &ResidentId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query("select wrapped from person_key where ledger = ? and resident = ?")
        .bind(ledger.as_str())
        .bind(resident.as_str())
        .fetch_optional(connection)
        .await
        .map_err(before_commit)?;
    row.map(|row| row.bytes(0).map(<[u8]>::to_vec)).transpose()
}

async fn found(
    connection: &mut SqliteConnection,
    ledger: &LedgerId,
    look_up: &LookUp,
) -> Result<Option<ResidentId>, StoreError> {
    let row = sqlx::query("select resident from person_lookup where ledger = ? and look_up = ?")
        .bind(ledger.as_str())
        .bind(look_up.as_slice())
        .fetch_optional(connection)
        .await
        .map_err(before_commit)?;
    row.map(|row| row::resident(&row, 0)).transpose()
}

/// Ledger, resident; whether there was one.
async fn delete(
    connection: &mut SqliteConnection,
    text: &'static str,
    ledger: &LedgerId,
    resident: &ResidentId,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query(text).bind(ledger.as_str()).bind(resident.as_str()).execute(connection).await;
    Ok(deleted.map_err(before_commit)?.rows_affected() > 0)
}
