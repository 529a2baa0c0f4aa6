//! A store that fails when told to: what bank and door make of each error that a store can give.

use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, Claim, Generation, GenerationWrite, Head, ListedLedger, Prepared, RequestKey,
    RequestRecord, Snapshot, Standing, StateQuery, Store, StoreError, StoredEvent, StoredState, Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use std::sync::{Arc, Mutex};

/// Where the next append fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// When it begins.
    Begin(StoreError),
    /// When it commits, and nothing was written.
    CommitLost,
    /// When it commits, and everything was written.
    CommitDone,
}

type Tripwire = Arc<Mutex<Option<Fault>>>;

/// A store in front of another.
pub struct Failing {
    inner: Arc<dyn Store>,
    next: Tripwire,
}

impl Failing {
    pub fn new(inner: Arc<dyn Store>) -> Failing {
        Failing { inner, next: Tripwire::default() }
    }

    /// The next append fails.
    pub fn fail(&self, fault: Fault) {
        *self.next.lock().unwrap() = Some(fault);
    }
}

fn unknown() -> StoreError {
    StoreError::OutcomeUnknown("told to".to_owned())
}

creditbank_tests::tree_of_inner!(Failing);

#[tonic::async_trait]
impl Store for Failing {
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
        self.inner.head(ledger).await
    }

    async fn begin_append(&self, ledger: &LedgerId) -> Result<Box<dyn Append>, StoreError> {
        let fault = self.next.lock().unwrap().take();
        if let Some(Fault::Begin(error)) = fault {
            return Err(error);
        }
        let inner = self.inner.begin_append(ledger).await?;
        Ok(Box::new(FailingAppend { inner, fault }))
    }

    fn prepare(
        &self,
        ledger: &LedgerId,
        base: Head,
        batch: AppendBatch,
    ) -> Result<Box<dyn Prepared>, StoreError> {
        let inner = self.inner.prepare(ledger, base, batch)?;
        Ok(Box::new(FailingPrepared { inner, next: Arc::clone(&self.next) }))
    }

    async fn read_events(
        &self,
        ledger: &LedgerId,
        from: Position,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.read_events(ledger, from, limit).await
    }

    async fn read_events_at(
        &self,
        ledger: &LedgerId,
        positions: &[Position],
    ) -> Result<Vec<StoredEvent>, StoreError> {
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
        self.inner.read_states(ledger, queries).await
    }

    async fn generations(&self, ledger: &LedgerId) -> Result<Vec<Generation>, StoreError> {
        self.inner.generations(ledger).await
    }

    async fn stored_generations(&self, ledger: &LedgerId) -> Result<Vec<u32>, StoreError> {
        self.inner.stored_generations(ledger).await
    }

    async fn claim_generation(
        &self,
        ledger: &LedgerId,
        generation: &Generation,
        from: Option<i64>,
    ) -> Result<(), StoreError> {
        self.inner.claim_generation(ledger, generation, from).await
    }

    async fn release_generation(&self, ledger: &LedgerId, claim: Claim) -> Result<(), StoreError> {
        self.inner.release_generation(ledger, claim).await
    }

    async fn write_generation(&self, ledger: &LedgerId, write: GenerationWrite) -> Result<(), StoreError> {
        self.inner.write_generation(ledger, write).await
    }

    async fn load_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        keys: &[Key],
    ) -> Result<Vec<StoredState>, StoreError> {
        self.inner.load_generation(ledger, generation, keys).await
    }

    async fn scan_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        after: Option<&Key>,
        limit: u32,
    ) -> Result<Vec<StoredState>, StoreError> {
        self.inner.scan_generation(ledger, generation, after, limit).await
    }

    async fn drop_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        limit: u32,
        claim: Option<Claim>,
    ) -> Result<u64, StoreError> {
        self.inner.drop_generation(ledger, generation, limit, claim).await
    }

    async fn snapshot(&self, ledger: &LedgerId) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.snapshot(ledger).await
    }
}

struct FailingAppend {
    inner: Box<dyn Append>,
    fault: Option<Fault>,
}

#[tonic::async_trait]
impl Append for FailingAppend {
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
        match self.fault {
            Some(Fault::CommitLost) => {
                self.inner.rollback().await;
                Err(unknown())
            }
            Some(Fault::CommitDone) => {
                self.inner.commit(batch).await?;
                Err(unknown())
            }
            _ => self.inner.commit(batch).await,
        }
    }

    async fn switch_generation(
        self: Box<Self>,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        self.inner.switch_generation(claim, kept, states).await
    }

    async fn rollback(self: Box<Self>) {
        self.inner.rollback().await;
    }
}

struct FailingPrepared {
    inner: Box<dyn Prepared>,
    next: Tripwire,
}

#[tonic::async_trait]
impl Prepared for FailingPrepared {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let fault = self.next.lock().unwrap().take();
        match fault {
            Some(Fault::Begin(error)) => Err(error),
            Some(Fault::CommitLost) => Err(unknown()),
            Some(Fault::CommitDone) => {
                self.inner.commit().await?;
                Err(unknown())
            }
            None => self.inner.commit().await,
        }
    }
}
