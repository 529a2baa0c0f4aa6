//! A store in maps: the model of the conformance suite, and the floor of benchmarks. It keeps nothing on disk.

mod persons;
mod tree;

pub use persons::MemoryPersons;

use async_trait::async_trait;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, Generation, GenerationWrite, Head, ListedLedger, Prepared, Purpose,
    RequestKey, RequestRecord, Snapshot, Standing, StateQuery, Store, StoreError, StoredEvent, StoredState,
    Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tree::Kept;

/// Ledgers in memory.
#[derive(Default)]
pub struct MemoryStore {
    ledgers: Arc<Ledgers>,
}

type Ledgers = Mutex<BTreeMap<LedgerId, Arc<Shelf>>>;

/// A ledger, and the lock of its head: who appends holds that, and others read meanwhile.
struct Shelf {
    appending: Arc<Mutex<()>>,
    ledger: Arc<Mutex<Ledger>>,
}

struct Ledger {
    head: Head,
    tenancy: Tenancy,
    events: Vec<Vec<u8>>,
    requests: BTreeMap<RequestKey, RequestRecord>,
    states: BTreeMap<(u32, Key), Vec<u8>>,
    generations: BTreeMap<u32, Generation>,
    tree: Kept,
}

impl Ledger {
    fn event(&self, position: Position) -> Option<StoredEvent> {
        let index = usize::try_from(position.0.checked_sub(1)?).ok()?;
        self.events.get(index).map(|bytes| StoredEvent { position, bytes: bytes.clone() })
    }

    fn load(&self, generation: u32, keys: &[Key]) -> Vec<StoredState> {
        let find = |key: &Key| {
            let bytes = self.states.get(&(generation, key.clone()))?;
            Some(StoredState { key: key.clone(), bytes: bytes.clone() })
        };
        keys.iter().filter_map(find).collect()
    }

    /// The generation of a claim, where the claim is true.
    fn held(&mut self, claim: Claim) -> Result<&mut Generation, StoreError> {
        let held = self.generations.get_mut(&claim.generation);
        held.filter(|held| held.holder == claim.holder && held.purpose != Purpose::Serve)
            .ok_or(StoreError::Superseded)
    }

    fn find(&self, keys: &[RequestKey]) -> Vec<Option<RequestRecord>> {
        keys.iter().map(|key| self.requests.get(key).copied()).collect()
    }

    fn scan(&self, generation: u32, prefix: &str, after: Option<&Key>, limit: u32) -> Vec<StoredState> {
        let first = Key::from_stored(prefix);
        let start = match after {
            Some(after) if *after >= first => Bound::Excluded((generation, after.clone())),
            _ => Bound::Included((generation, first)),
        };
        self.states
            .range((start, Bound::Unbounded))
            .take_while(|((held, key), _)| *held == generation && key.as_str().starts_with(prefix))
            .take(limit as usize)
            .map(|((_, key), bytes)| StoredState { key: key.clone(), bytes: bytes.clone() })
            .collect()
    }
}

/// A batch that waits for its turn.
struct MemoryPrepared {
    ledgers: Arc<Ledgers>,
    ledger: LedgerId,
    base: Head,
    batch: AppendBatch,
}

#[async_trait]
impl Prepared for MemoryPrepared {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let append = MemoryAppend::begin(&*shelf(&self.ledgers, &self.ledger).await?).await;
        let tip = crate::row::tip_of(self.base, &self.batch.events)?;
        if append.head() != self.base || !append.tenancy().takes(tip) {
            return Err(StoreError::HeadMoved);
        }
        Box::new(append).commit(self.batch).await
    }
}

async fn shelf(ledgers: &Ledgers, ledger: &LedgerId) -> Result<Arc<Shelf>, StoreError> {
    ledgers.lock().await.get(ledger).cloned().ok_or(StoreError::NoLedger)
}

impl MemoryStore {
    async fn ledger(&self, ledger: &LedgerId) -> Result<OwnedMutexGuard<Ledger>, StoreError> {
        Ok(Arc::clone(&shelf(&self.ledgers, ledger).await?.ledger).lock_owned().await)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn list_ledgers(
        &self,
        after: Option<&LedgerId>,
        limit: u32,
    ) -> Result<Vec<ListedLedger>, StoreError> {
        let ledgers = self.ledgers.lock().await;
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let mut listed = Vec::new();
        for (id, shelf) in ledgers.range::<LedgerId, _>(behind).take(limit as usize) {
            let ledger = shelf.ledger.lock().await;
            let (position, tenancy) = (ledger.head.position, ledger.tenancy);
            listed.push(ListedLedger { id: id.clone(), position, tenancy });
        }
        Ok(listed)
    }

    async fn listed_ledger(&self, id: &LedgerId) -> Result<ListedLedger, StoreError> {
        let ledger = self.ledger(id).await?;
        Ok(ListedLedger { id: id.clone(), position: ledger.head.position, tenancy: ledger.tenancy })
    }

    async fn change_tenancy(&self, ledger: &LedgerId, from: Tenancy, to: Tenancy) -> Result<(), StoreError> {
        let shelf = shelf(&self.ledgers, ledger).await?;
        let _appending = shelf.appending.lock().await;
        let mut ledger = shelf.ledger.lock().await;
        if ledger.tenancy != from {
            return Err(StoreError::Superseded);
        }
        ledger.tenancy = to;
        Ok(())
    }

    async fn create_ledger_as(&self, ledger: &LedgerId, standing: Standing) -> Result<(), StoreError> {
        let mut ledgers = self.ledgers.lock().await;
        if ledgers.contains_key(ledger) {
            return Err(StoreError::LedgerExists);
        }
        let empty = Ledger {
            head: Head { position: Position(0), recorded_at_us: 0, generation: 0 },
            tenancy: Tenancy { standing, quota: None },
            events: Vec::new(),
            requests: BTreeMap::new(),
            states: BTreeMap::new(),
            generations: BTreeMap::from([(0, Generation::first())]),
            tree: Kept::default(),
        };
        let shelf = Shelf { appending: Arc::default(), ledger: Arc::new(Mutex::new(empty)) };
        ledgers.insert(ledger.clone(), Arc::new(shelf));
        Ok(())
    }

    async fn remove_discarded(&self, ledger: &LedgerId, _limit: u32) -> Result<bool, StoreError> {
        let shelf = shelf(&self.ledgers, ledger).await?;
        let _appending = shelf.appending.lock().await;
        if shelf.ledger.lock().await.tenancy.standing != Standing::Discarded {
            return Err(StoreError::Superseded);
        }
        self.ledgers.lock().await.remove(ledger);
        Ok(true)
    }

    async fn head(&self, ledger: &LedgerId) -> Result<Head, StoreError> {
        Ok(self.ledger(ledger).await?.head)
    }

    async fn begin_append(&self, ledger: &LedgerId) -> Result<Box<dyn Append>, StoreError> {
        Ok(Box::new(MemoryAppend::begin(&*shelf(&self.ledgers, ledger).await?).await))
    }

    fn prepare(
        &self,
        ledger: &LedgerId,
        base: Head,
        batch: AppendBatch,
    ) -> Result<Box<dyn Prepared>, StoreError> {
        Ok(Box::new(MemoryPrepared {
            ledgers: Arc::clone(&self.ledgers),
            ledger: ledger.clone(),
            base,
            batch,
        }))
    }

    async fn read_events(
        &self,
        ledger: &LedgerId,
        from: Position,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let ledger = self.ledger(ledger).await?;
        let first = from.0.max(1);
        Ok((first..first.saturating_add(u64::from(limit))).map_while(|n| ledger.event(Position(n))).collect())
    }

    async fn read_events_at(
        &self,
        ledger: &LedgerId,
        positions: &[Position],
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let ledger = self.ledger(ledger).await?;
        Ok(positions.iter().filter_map(|position| ledger.event(*position)).collect())
    }

    async fn find_requests(
        &self,
        ledger: &LedgerId,
        keys: &[RequestKey],
    ) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        Ok(self.ledger(ledger).await?.find(keys))
    }

    async fn scan_requests(
        &self,
        ledger: &LedgerId,
        after: Option<&RequestKey>,
        limit: u32,
    ) -> Result<Vec<(RequestKey, RequestRecord)>, StoreError> {
        let ledger = self.ledger(ledger).await?;
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let found = ledger.requests.range::<RequestKey, _>(behind).take(limit as usize);
        Ok(found.map(|(key, record)| (key.clone(), *record)).collect())
    }

    async fn read_states(
        &self,
        ledger: &LedgerId,
        queries: &[StateQuery],
    ) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
        let ledger = self.ledger(ledger).await?;
        if !ledger.tenancy.standing.is_served() {
            return Err(StoreError::NoLedger);
        }
        let generation = ledger.head.generation;
        let answers = queries.iter().map(|query| match query {
            StateQuery::Exactly(key) => {
                let bytes = ledger.states.get(&(generation, key.clone()));
                bytes
                    .map(|bytes| StoredState { key: key.clone(), bytes: bytes.clone() })
                    .into_iter()
                    .collect()
            }
            StateQuery::Prefix { prefix, after, limit } => {
                ledger.scan(generation, prefix, after.as_ref(), *limit)
            }
        });
        Ok((ledger.head, answers.collect()))
    }

    async fn generations(&self, ledger: &LedgerId) -> Result<Vec<Generation>, StoreError> {
        Ok(self.ledger(ledger).await?.generations.values().cloned().collect())
    }

    async fn stored_generations(&self, ledger: &LedgerId) -> Result<Vec<u32>, StoreError> {
        let ledger = self.ledger(ledger).await?;
        let mut numbers: Vec<u32> = ledger.states.keys().map(|(number, _)| *number).collect();
        numbers.dedup();
        Ok(numbers)
    }

    async fn claim_generation(
        &self,
        ledger: &LedgerId,
        generation: &Generation,
        from: Option<i64>,
    ) -> Result<(), StoreError> {
        let mut ledger = self.ledger(ledger).await?;
        if let Some(holder) = from {
            let held = ledger.held(Claim { generation: generation.number, holder })?;
            (held.holder, held.heard_of_us) = (generation.holder, generation.heard_of_us);
            return Ok(());
        }
        match ledger.generations.entry(generation.number) {
            Entry::Occupied(_) => Err(StoreError::Superseded),
            Entry::Vacant(free) => {
                free.insert(generation.clone());
                Ok(())
            }
        }
    }

    async fn release_generation(&self, ledger: &LedgerId, claim: Claim) -> Result<(), StoreError> {
        let mut ledger = self.ledger(ledger).await?;
        if ledger.held(claim).is_ok() {
            ledger.generations.remove(&claim.generation);
        }
        Ok(())
    }

    async fn write_generation(&self, ledger: &LedgerId, write: GenerationWrite) -> Result<(), StoreError> {
        let mut ledger = self.ledger(ledger).await?;
        let held = ledger.held(write.claim)?;
        held.heard_of_us = write.heard_of_us;
        held.checkpoint = write.checkpoint.unwrap_or_else(|| std::mem::take(&mut held.checkpoint));
        ledger.states.extend(write.states.into_iter().map(|state| ((write.number, state.key), state.bytes)));
        Ok(())
    }

    async fn load_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        keys: &[Key],
    ) -> Result<Vec<StoredState>, StoreError> {
        Ok(self.ledger(ledger).await?.load(generation, keys))
    }

    async fn scan_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        after: Option<&Key>,
        limit: u32,
    ) -> Result<Vec<StoredState>, StoreError> {
        Ok(self.ledger(ledger).await?.scan(generation, "", after, limit))
    }

    async fn drop_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        limit: u32,
        claim: Option<Claim>,
    ) -> Result<u64, StoreError> {
        let mut ledger = self.ledger(ledger).await?;
        if let Some(claim) = claim {
            ledger.held(claim)?;
        }
        let doomed: Vec<Key> =
            ledger.scan(generation, "", None, limit).into_iter().map(|state| state.key).collect();
        let count = doomed.len() as u64;
        for key in doomed {
            ledger.states.remove(&(generation, key));
        }
        Ok(count)
    }

    async fn snapshot(&self, ledger: &LedgerId) -> Result<Box<dyn Snapshot>, StoreError> {
        let ledger = self.ledger(ledger).await?;
        let states = ledger.scan(ledger.head.generation, "", None, u32::MAX);
        Ok(Box::new(MemorySnapshot { head: ledger.head, states }))
    }
}

/// A copy.
struct MemorySnapshot {
    head: Head,
    states: Vec<StoredState>,
}

#[async_trait]
impl Snapshot for MemorySnapshot {
    fn head(&self) -> Head {
        self.head
    }

    async fn scan(&mut self, after: Option<&Key>, limit: u32) -> Result<Vec<StoredState>, StoreError> {
        let first = after.map_or(0, |after| self.states.partition_point(|state| state.key <= *after));
        Ok(self.states[first..].iter().take(limit as usize).cloned().collect())
    }
}

struct MemoryAppend {
    _appending: OwnedMutexGuard<()>,
    ledger: Arc<Mutex<Ledger>>,
    head: Head,
    tenancy: Tenancy,
}

impl MemoryAppend {
    async fn begin(shelf: &Shelf) -> MemoryAppend {
        let appending = Arc::clone(&shelf.appending).lock_owned().await;
        let (head, tenancy) = {
            let ledger = shelf.ledger.lock().await;
            (ledger.head, ledger.tenancy)
        };
        MemoryAppend { _appending: appending, ledger: Arc::clone(&shelf.ledger), head, tenancy }
    }
}

#[async_trait]
impl Append for MemoryAppend {
    fn head(&self) -> Head {
        self.head
    }

    fn tenancy(&self) -> Tenancy {
        self.tenancy
    }

    async fn find_requests(&mut self, keys: &[RequestKey]) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        Ok(self.ledger.lock().await.find(keys))
    }

    async fn load_states(&mut self, keys: &[Key]) -> Result<Vec<StoredState>, StoreError> {
        Ok(self.ledger.lock().await.load(self.head.generation, keys))
    }

    async fn commit(self: Box<Self>, batch: AppendBatch) -> Result<(), StoreError> {
        let mut ledger = self.ledger.lock().await;
        if batch.requests.iter().any(|(key, _)| ledger.requests.contains_key(key)) {
            return Err(StoreError::RequestKnown);
        }
        let mut next = self.head.position;
        for event in &batch.events {
            next = next.next();
            if event.position != next {
                return Err(StoreError::Damaged(format!(
                    "event {} does not follow the head",
                    event.position
                )));
            }
        }
        if !batch.events.is_empty() {
            ledger.head.position = next;
            ledger.head.recorded_at_us = batch.recorded_at_us;
        }
        if let Some(growth) = batch.tree {
            ledger.tree.take(growth);
        }
        ledger.events.extend(batch.events.into_iter().map(|event| event.bytes));
        ledger.requests.extend(batch.requests);
        let generation = self.head.generation;
        ledger.states.extend(batch.states.into_iter().map(|state| ((generation, state.key), state.bytes)));
        Ok(())
    }

    async fn switch_generation(
        self: Box<Self>,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let mut ledger = self.ledger.lock().await;
        let generation = claim.generation;
        let held = ledger.held(claim)?;
        if held.purpose != Purpose::Rebuild {
            return Err(StoreError::Superseded);
        }
        (held.purpose, held.checkpoint) = (Purpose::Serve, kept);
        ledger.generations.retain(|number, held| held.purpose != Purpose::Serve || *number == generation);
        ledger.states.extend(states.into_iter().map(|state| ((generation, state.key), state.bytes)));
        ledger.head.generation = generation;
        Ok(())
    }

    async fn rollback(self: Box<Self>) {}
}
