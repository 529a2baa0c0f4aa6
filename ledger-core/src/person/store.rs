//! What the directory asks of a store. It keeps sealed bytes and can read none of them.

use crate::id::{LedgerId, OrganizationId, ResidentId};
use crate::ports::StoreError;
use async_trait::async_trait;
use thiserror::Error;

/// What an ID number is found by: a keyed hash of it, which tells nobody the number.
pub type LookUp = [u8; 32];

/// A sealed record with the wrapped key it is sealed under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPerson {
    /// Whose.
    pub resident: ResidentId,
    /// The key, wrapped under that of the key file.
    pub wrapped_key: Vec<u8>,
    /// The record, sealed under the key.
    pub record: Vec<u8>,
}

/// Why a store of persons did not do it.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum PersonStoreError {
    /// The key that the record is sealed under is not the one that is kept: the person was erased meanwhile.
    #[error("the key of the person is gone")]
    KeyGone,
    /// Another resident has the ID number.
    #[error("another resident has the number")]
    LookUpTaken(ResidentId),
    /// What the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A place that keeps sealed persons, apart from the log. All of it is by ledger first.
#[async_trait]
pub trait PersonStore: Send + Sync + 'static {
    /// The key of a person; `new` becomes it where there is none.
    async fn key(&self, ledger: &LedgerId, resident: &ResidentId, new: &[u8]) -> Result<Vec<u8>, StoreError>;

    /// Keeps a record, in place of what was there before, and what it is found by. All of it or nothing, and only while
    /// its key is the one that is kept.
    async fn put(
        &self,
        ledger: &LedgerId,
        person: &SealedPerson,
        look_up: Option<&LookUp>,
    ) -> Result<(), PersonStoreError>;

    /// The record of a person.
    async fn get(&self, ledger: &LedgerId, resident: &ResidentId)
    -> Result<Option<SealedPerson>, StoreError>;

    /// Who is found by a look-up.
    async fn find(&self, ledger: &LedgerId, look_up: &LookUp) -> Result<Option<ResidentId>, StoreError>;

    /// Keeps an organisation's sealed card, in place of what was there before.
    async fn put_card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
        card: &[u8],
    ) -> Result<(), StoreError>;

    /// An organisation's sealed card.
    async fn card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// Removes all that is kept of some persons: record, look-up and key, of all of them or of none; of how many there was
    /// anything. Where the store has the file to itself, nothing of it stays in the file.
    async fn delete(&self, ledger: &LedgerId, residents: &[ResidentId]) -> Result<u64, StoreError>;

    /// Residents of whom a key is kept, with it: in order, after one, at most so many.
    async fn list_keys(
        &self,
        ledger: &LedgerId,
        after: Option<&ResidentId>,
        limit: u32,
    ) -> Result<Vec<(ResidentId, Vec<u8>)>, StoreError>;
}
