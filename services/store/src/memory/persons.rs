//! Sealed persons in a map.

use async_trait::async_trait;
use ledger_core::id::{LedgerId, OrganizationId, ResidentId};
use ledger_core::person::{LookUp, PersonStore, PersonStoreError, SealedPerson};
use ledger_core::ports::StoreError;
use std::collections::BTreeMap;
use std::ops::Bound;
use tokio::sync::Mutex;

/// Persons in memory.
#[derive(Default)]
pub struct MemoryPersons {
    ledgers: Mutex<BTreeMap<LedgerId, Persons>>,
}

#[derive(Default)]
struct Persons {
    keys: BTreeMap<ResidentId, Vec<u8>>,
    records: BTreeMap<ResidentId, Vec<u8>>,
    look_ups: BTreeMap<LookUp, ResidentId>,
    cards: BTreeMap<OrganizationId, Vec<u8>>,
}

#[async_trait]
impl PersonStore for MemoryPersons {
    async fn key(&self, ledger: &LedgerId, resident: &ResidentId, new: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut ledgers = self.ledgers.lock().await;
        let persons = ledgers.entry(ledger.clone()).or_default();
        Ok(persons.keys.entry(resident.clone()).or_insert_with(|| new.to_vec()).clone())
    }

    async fn put(
        &self,
        ledger: &LedgerId,
        person: &SealedPerson,
        look_up: Option<&LookUp>,
    ) -> Result<(), PersonStoreError> {
        let mut ledgers = self.ledgers.lock().await;
        let persons = ledgers.entry(ledger.clone()).or_default();
        if persons.keys.get(&person.resident) != Some(&person.wrapped_key) {
            return Err(PersonStoreError::KeyGone);
        }
        let other = look_up.and_then(|look_up| persons.look_ups.get(look_up));
        if let Some(other) = other.filter(|other| **other != person.resident) {
            return Err(PersonStoreError::LookUpTaken(other.clone()));
        }
        persons.look_ups.retain(|_, held| *held != person.resident);
        persons.look_ups.extend(look_up.map(|look_up| (*look_up, person.resident.clone())));
        persons.records.insert(person.resident.clone(), person.record.clone());
        Ok(())
    }

    async fn get(
        &self,
        ledger: &LedgerId,
        resident: &ResidentId,
    ) -> Result<Option<SealedPerson>, StoreError> {
        let ledgers = self.ledgers.lock().await;
        let found = ledgers.get(ledger).and_then(|persons| {
            Some(SealedPerson {
                resident: resident.clone(),
                wrapped_key: persons.keys.get(resident)?.clone(),
                record: persons.records.get(resident)?.clone(),
            })
        });
        Ok(found)
    }

    async fn find(&self, ledger: &LedgerId, look_up: &LookUp) -> Result<Option<ResidentId>, StoreError> {
        let ledgers = self.ledgers.lock().await;
        Ok(ledgers.get(ledger).and_then(|persons| persons.look_ups.get(look_up).cloned()))
    }

    async fn put_card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
        card: &[u8],
    ) -> Result<(), StoreError> {
        let mut ledgers = self.ledgers.lock().await;
        let persons = ledgers.entry(ledger.clone()).or_default();
        persons.cards.insert(organization.clone(), card.to_vec());
        Ok(())
    }

    async fn card(
        &self,
        ledger: &LedgerId,
        organization: &OrganizationId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let ledgers = self.ledgers.lock().await;
        Ok(ledgers.get(ledger).and_then(|persons| persons.cards.get(organization).cloned()))
    }

    async fn delete(&self, ledger: &LedgerId, residents: &[ResidentId]) -> Result<u64, StoreError> {
        let mut ledgers = self.ledgers.lock().await;
        let persons = ledgers.entry(ledger.clone()).or_default();
        let mut removed = 0;
        for resident in residents {
            persons.records.remove(resident);
            persons.look_ups.retain(|_, held| held != resident);
            // Nothing else is kept without a key.
            removed += u64::from(persons.keys.remove(resident).is_some());
        }
        Ok(removed)
    }

    async fn list_keys(
        &self,
        ledger: &LedgerId,
        after: Option<&ResidentId>,
        limit: u32,
    ) -> Result<Vec<(ResidentId, Vec<u8>)>, StoreError> {
        let ledgers = self.ledgers.lock().await;
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let keys = ledgers.get(ledger).into_iter().flat_map(|held| held.keys.range::<ResidentId, _>(behind));
        Ok(keys.take(limit as usize).map(|(resident, key)| (resident.clone(), key.clone())).collect())
    }
}
