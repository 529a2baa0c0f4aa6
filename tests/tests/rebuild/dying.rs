//! A store in front of another that dies in the middle of its n-th write, and says nothing more: `kill -9`, as often as
//! there are writes.

use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, Generation, GenerationWrite, Head, ListedLedger, Prepared, RequestKey,
    RequestRecord, Snapshot, Standing, StateQuery, Store, StoreError, StoredEvent, StoredState, Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

/// What of the last write is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    Nothing,
    /// The first half of the states, as of a write in several transactions.
    Half,
    All,
}

/// How many writes it lives for; negative once it is dead.
#[derive(Clone)]
struct Life(Arc<AtomicI64>);

impl Life {
    fn alive(&self) -> Result<(), StoreError> {
        if self.0.load(Ordering::SeqCst) > 0 { Ok(()) } else { Err(dead()) }
    }

    /// Whether this write is the last.
    fn is_last(&self) -> Result<bool, StoreError> {
        match self.0.fetch_sub(1, Ordering::SeqCst) {
            1 => Ok(true),
            left if left > 1 => Ok(false),
            _ => Err(dead()),
        }
    }
}

fn dead() -> StoreError {
    StoreError::Unavailable("killed".to_owned())
}

type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

pub struct Dying {
    inner: Arc<dyn Store>,
    life: Life,
    last: Last,
    at_drop: Mutex<Option<Meanwhile>>,
}

impl Dying {
    pub fn after(inner: &Arc<dyn Store>, writes: i64, last: Last) -> Dying {
        let life = Life(Arc::new(AtomicI64::new(writes)));
        Dying { inner: Arc::clone(inner), life, last, at_drop: Mutex::new(None) }
    }

    /// One that lives, and does not come to drop its first part before something else was done.
    pub fn stalled(inner: &Arc<dyn Store>, meanwhile: Meanwhile) -> Dying {
        Dying { at_drop: Mutex::new(Some(meanwhile)), ..Dying::after(inner, i64::MAX, Last::All) }
    }

    pub fn has_died(&self) -> bool {
        self.life.alive().is_err()
    }

    /// Does a write; of the last one, all or nothing.
    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        if !self.life.is_last()? {
            return write.await;
        }
        if self.last == Last::All {
            write.await?;
        }
        Err(dead())
    }
}

creditbank_tests::tree_of_inner!(Dying);

#[tonic::async_trait]
impl Store for Dying {
    async fn list_ledgers(
        &self,
        after: Option<&LedgerId>,
        limit: u32,
    ) -> Result<Vec<ListedLedger>, StoreError> {
        self.inner.list_ledgers(after, limit).await
    }

    async fn listed_ledger(&self, ledger: &LedgerId) -> Result<ListedLedger, StoreError> {
        self.inner.listed_ledger(ledger).await
    }

    async fn change_tenancy(&self, ledger: &LedgerId, from: Tenancy, to: Tenancy) -> Result<(), StoreError> {
        self.inner.change_tenancy(ledger, from, to).await
    }

    async fn create_ledger_as(&self, ledger: &LedgerId, standing: Standing) -> Result<(), StoreError> {
        self.inner.create_ledger_as(ledger, standing).await
    }

    async fn remove_discarded(&self, ledger: &LedgerId, limit: u32) -> Result<bool, StoreError> {
        self.inner.remove_discarded(ledger, limit).await
    }

    async fn head(&self, ledger: &LedgerId) -> Result<Head, StoreError> {
        self.life.alive()?;
        self.inner.head(ledger).await
    }

    async fn begin_append(&self, ledger: &LedgerId) -> Result<Box<dyn Append>, StoreError> {
        self.life.alive()?;
        let inner = self.inner.begin_append(ledger).await?;
        Ok(Box::new(DyingAppend { inner, life: self.life.clone(), last: self.last }))
    }

    fn prepare(
        &self,
        ledger: &LedgerId,
        base: Head,
        batch: AppendBatch,
    ) -> Result<Box<dyn Prepared>, StoreError> {
        self.inner.prepare(ledger, base, batch)
    }

    async fn read_events(
        &self,
        ledger: &LedgerId,
        from: Position,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.life.alive()?;
        self.inner.read_events(ledger, from, limit).await
    }

    async fn read_events_at(
        &self,
        ledger: &LedgerId,
        positions: &[Position],
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.life.alive()?;
        self.inner.read_events_at(ledger, positions).await
    }

    async fn find_requests(
        &self,
        ledger: &LedgerId,
        keys: &[RequestKey],
    ) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        self.inner.find_requests(ledger, keys).await
    }

    async fn scan_requests(
        &self,
        ledger: &LedgerId,
        after: Option<&RequestKey>,
        limit: u32,
    ) -> Result<Vec<(RequestKey, RequestRecord)>, StoreError> {
        self.inner.scan_requests(ledger, after, limit).await
    }

    async fn read_states(
        &self,
        ledger: &LedgerId,
        queries: &[StateQuery],
    ) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
        self.life.alive()?;
        self.inner.read_states(ledger, queries).await
    }

    async fn generations(&self, ledger: &LedgerId) -> Result<Vec<Generation>, StoreError> {
        self.life.alive()?;
        self.inner.generations(ledger).await
    }

    async fn stored_generations(&self, ledger: &LedgerId) -> Result<Vec<u32>, StoreError> {
        self.life.alive()?;
        self.inner.stored_generations(ledger).await
    }

    async fn claim_generation(
        &self,
        ledger: &LedgerId,
        generation: &Generation,
        from: Option<i64>,
    ) -> Result<(), StoreError> {
        self.write(self.inner.claim_generation(ledger, generation, from)).await
    }

    async fn release_generation(&self, ledger: &LedgerId, claim: Claim) -> Result<(), StoreError> {
        self.write(self.inner.release_generation(ledger, claim)).await
    }

    async fn write_generation(
        &self,
        ledger: &LedgerId,
        mut write: GenerationWrite,
    ) -> Result<(), StoreError> {
        let dies = self.life.is_last()?;
        if dies && self.last == Last::Half && !write.at_once {
            write.states.truncate(write.states.len() / 2);
            write.checkpoint = None;
        }
        if !dies || self.last == Last::All || self.last == Last::Half && !write.at_once {
            self.inner.write_generation(ledger, write).await?;
        }
        if dies { Err(dead()) } else { Ok(()) }
    }

    async fn load_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        keys: &[Key],
    ) -> Result<Vec<StoredState>, StoreError> {
        self.life.alive()?;
        self.inner.load_generation(ledger, generation, keys).await
    }

    async fn scan_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        after: Option<&Key>,
        limit: u32,
    ) -> Result<Vec<StoredState>, StoreError> {
        self.life.alive()?;
        self.inner.scan_generation(ledger, generation, after, limit).await
    }

    async fn drop_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        limit: u32,
        claim: Option<Claim>,
    ) -> Result<u64, StoreError> {
        let meanwhile = claim.and_then(|_| self.at_drop.lock().unwrap().take());
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        self.write(self.inner.drop_generation(ledger, generation, limit, claim)).await
    }

    async fn snapshot(&self, ledger: &LedgerId) -> Result<Box<dyn Snapshot>, StoreError> {
        self.life.alive()?;
        self.inner.snapshot(ledger).await
    }
}

struct DyingAppend {
    inner: Box<dyn Append>,
    life: Life,
    last: Last,
}

#[tonic::async_trait]
impl Append for DyingAppend {
    fn head(&self) -> Head {
        self.inner.head()
    }

    fn tenancy(&self) -> Tenancy {
        self.inner.tenancy()
    }

    async fn find_requests(&mut self, keys: &[RequestKey]) -> Result<Vec<Option<RequestRecord>>, StoreError> {
        self.inner.find_requests(keys).await
    }

    async fn load_states(&mut self, keys: &[Key]) -> Result<Vec<StoredState>, StoreError> {
        self.inner.load_states(keys).await
    }

    async fn commit(self: Box<Self>, batch: AppendBatch) -> Result<(), StoreError> {
        self.inner.commit(batch).await
    }

    async fn switch_generation(
        self: Box<Self>,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        let dies = self.life.is_last()?;
        if dies && self.last != Last::All {
            self.inner.rollback().await;
            return Err(dead());
        }
        self.inner.switch_generation(claim, kept, states).await?;
        if dies { Err(dead()) } else { Ok(()) }
    }

    async fn rollback(self: Box<Self>) {
        self.inner.rollback().await;
    }
}
