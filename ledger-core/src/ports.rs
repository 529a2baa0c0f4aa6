//! What the core asks of a store. Two stores stand behind it: SQLite for service, and one in memory as the model
//! that the conformance suite holds against it.

use crate::id::{LedgerId, OrganizationId, RequestId};
use crate::merkle::{Growth, TreeStore};
use crate::projection::{Key, STATE_FORMAT};
use crate::quantity::Position;
use async_trait::async_trait;
use thiserror::Error;

/// The head row of a ledger: locked first by every append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last position; 0 of a ledger that has no events yet.
    pub position: Position,
    /// `recorded_at` of the last event, in microseconds since 1970 (UTC).
    pub recorded_at_us: i64,
    /// Which generation of states is served.
    pub generation: u32,
}

/// What a ledger may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Postings.
    #[default]
    Open,
    /// Nothing more: it was moved to another deployment, or is about to be. It is read as before.
    Sealed,
    /// What was exported elsewhere. It is not served before all of it is there.
    Arriving,
    /// Nothing: it was to arrive and was given up, and is being removed.
    Discarded,
}

impl Standing {
    /// Whether the ledger is whole, and read.
    #[must_use]
    pub fn is_served(self) -> bool {
        matches!(self, Standing::Open | Standing::Sealed)
    }
}

/// What the operator of a deployment has laid down for a ledger; by default nothing. It is no part of the log, and does not
/// move with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tenancy {
    /// What it may take.
    pub standing: Standing,
    /// How many events it may come to; none where there is no limit.
    pub quota: Option<u64>,
}

impl Tenancy {
    /// Whether postings may bring the ledger to a position.
    #[must_use]
    pub fn takes(&self, to: Position) -> bool {
        self.standing == Standing::Open && self.quota.is_none_or(|quota| to.0 <= quota)
    }
}

/// A ledger as a list of ledgers shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedLedger {
    /// Its id.
    pub id: LedgerId,
    /// Its last position, and so how many events it has.
    pub position: Position,
    /// What its operator has laid down.
    pub tenancy: Tenancy,
}

/// The bytes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place.
    pub position: Position,
    /// Its bytes, as they were hashed.
    pub bytes: Vec<u8>,
}

/// A request's name: unique in a ledger, for ever. In order of poster, that of the program itself first, then of id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey {
    /// The poster; none for the program itself.
    pub poster: Option<OrganizationId>,
    /// The client's id.
    pub request_id: RequestId,
}

/// What is remembered of an accepted request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRecord {
    /// SHA-256 of its content.
    pub digest: [u8; 32],
    /// Its first event; where it made none, the position it was accepted at.
    pub position: Position,
    /// How many events it made.
    pub events: u32,
}

/// A state's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredState {
    /// Its key.
    pub key: Key,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a generation of states is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is served.
    Serve,
    /// It is being made, to be served.
    Rebuild,
    /// It is being made, to be compared with what is served.
    Verify,
}

/// What is kept of a generation beside its states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its number.
    pub number: u32,
    /// The form of its states' bytes ([`STATE_FORMAT`] of the program that made it).
    pub format: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// Who works on it: a number drawn at random. Another takes it over by putting its own there.
    pub holder: i64,
    /// When the holder was last heard of, in microseconds since 1970 (UTC).
    pub heard_of_us: i64,
    /// How far it has come, in the bytes of whoever makes it.
    pub checkpoint: Vec<u8>,
}

impl Generation {
    /// The one that an empty ledger begins with.
    #[must_use]
    pub fn first() -> Generation {
        Generation {
            number: 0,
            format: STATE_FORMAT,
            purpose: Purpose::Serve,
            holder: 0,
            heard_of_us: 0,
            checkpoint: Vec::new(),
        }
    }

    /// The claim of its holder.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim { generation: self.number, holder: self.holder }
    }
}

/// The right to write to a generation that is being made: true as long as the holder is the one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The generation.
    pub generation: u32,
    /// Who works on it.
    pub holder: i64,
}

/// States of a generation that is being made, or of a part of it.
#[derive(Debug, Clone)]
pub struct GenerationWrite {
    /// The right to it; where another has taken over, nothing is written.
    pub claim: Claim,
    /// Now, in microseconds since 1970 (UTC).
    pub heard_of_us: i64,
    /// The number the states are stored under: that of the generation or of a part of it.
    pub number: u32,
    /// The states, each once.
    pub states: Vec<StoredState>,
    /// Kept from now on as how far it has come, true with the last of the states.
    pub checkpoint: Option<Vec<u8>>,
    /// All in one transaction. Otherwise in several, so that others write in between; the checkpoint in the last.
    pub at_once: bool,
}

/// One state, or all whose keys begin with a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateQuery {
    /// The state of that key.
    Exactly(Key),
    /// States in order of key: those that begin with `prefix` and come after `after`, at most `limit`.
    Prefix {
        /// What the keys begin with.
        prefix: String,
        /// Only keys after this one.
        after: Option<Key>,
        /// At most so many.
        limit: u32,
    },
}

/// Everything one append writes, all or nothing.
#[derive(Debug, Clone, Default)]
pub struct AppendBatch {
    /// Events in order, the first right behind the head.
    pub events: Vec<StoredEvent>,
    /// `recorded_at` of the last of them, in microseconds.
    pub recorded_at_us: i64,
    /// Requests accepted.
    pub requests: Vec<(RequestKey, RequestRecord)>,
    /// States touched, each once.
    pub states: Vec<StoredState>,
    /// How the tree over the log grows with these events; none where it is brought up to them later.
    pub tree: Option<Growth>,
}

/// Why a store did not do it.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum StoreError {
    /// The ledger does not exist.
    #[error("no such ledger")]
    NoLedger,
    /// The ledger exists already.
    #[error("the ledger exists already")]
    LedgerExists,
    /// The head is not where it should be (somebody else wrote), or its ledger takes no more: nothing was written.
    #[error("the head has moved")]
    HeadMoved,
    /// A request of the batch was accepted earlier: nothing was written.
    #[error("a request of the batch is known")]
    RequestKnown,
    /// Another has taken the generation over, or has changed what was to be changed: nothing was written.
    #[error("another was first")]
    Superseded,
    /// The served states are of another form than this program's, with this number: nothing was read or written.
    #[error("the states are of form {0}, which is not this program's")]
    OtherForm(u32),
    /// Full disk or read-only file: nothing was written.
    #[error("the store takes no writes: {0}")]
    ReadOnly(String),
    /// Busy, locked or gone: nothing was written.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// The commit failed: whether it happened is not known.
    #[error("the outcome of the commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// What is stored cannot be what was written.
    #[error("the stored ledger is damaged: {0}")]
    Damaged(String),
}

/// A place that keeps ledgers.
#[async_trait]
pub trait Store: TreeStore + Send + Sync + 'static {
    /// Ledgers in order of name, after `after`, at most `limit`.
    async fn list_ledgers(
        &self,
        after: Option<&LedgerId>,
        limit: u32,
    ) -> Result<Vec<ListedLedger>, StoreError>;

    /// All ledgers, in order of name.
    async fn ledgers(&self) -> Result<Vec<LedgerId>, StoreError> {
        Ok(self.list_ledgers(None, u32::MAX).await?.into_iter().map(|listed| listed.id).collect())
    }

    /// A ledger as the list shows it.
    async fn listed_ledger(&self, ledger: &LedgerId) -> Result<ListedLedger, StoreError>;

    /// What is laid down for a ledger.
    async fn tenancy(&self, ledger: &LedgerId) -> Result<Tenancy, StoreError> {
        Ok(self.listed_ledger(ledger).await?.tenancy)
    }

    /// Lays down something else, from the next append on. Where it is not `from` any more, the answer is
    /// [`StoreError::Superseded`].
    async fn change_tenancy(&self, ledger: &LedgerId, from: Tenancy, to: Tenancy) -> Result<(), StoreError>;

    /// Makes an empty ledger that takes postings.
    async fn create_ledger(&self, ledger: &LedgerId) -> Result<(), StoreError> {
        self.create_ledger_as(ledger, Standing::Open).await
    }

    /// Makes an empty ledger.
    async fn create_ledger_as(&self, ledger: &LedgerId, standing: Standing) -> Result<(), StoreError>;

    /// Removes a ledger that is discarded, at most `limit` rows of each kind at a time; whether all of it is gone. Of any
    /// other ledger nothing is removed, and the answer is [`StoreError::Superseded`].
    async fn remove_discarded(&self, ledger: &LedgerId, limit: u32) -> Result<bool, StoreError>;

    /// The head of a ledger.
    async fn head(&self, ledger: &LedgerId) -> Result<Head, StoreError>;

    /// Locks the head of a ledger and begins an append. Dropping the append leaves the ledger as it was.
    async fn begin_append(&self, ledger: &LedgerId) -> Result<Box<dyn Append>, StoreError>;

    /// Makes ready to write a batch of postings that was decided on a head, without touching the ledger yet.
    fn prepare(
        &self,
        ledger: &LedgerId,
        base: Head,
        batch: AppendBatch,
    ) -> Result<Box<dyn Prepared>, StoreError>;

    /// Makes sure that the head is still where it was, and that everything up to it is wherever it must be.
    async fn confirm(&self, ledger: &LedgerId, base: Head) -> Result<(), StoreError> {
        if self.head(ledger).await? == base { Ok(()) } else { Err(StoreError::HeadMoved) }
    }

    /// Whether a program may go on after [`StoreError::OutcomeUnknown`]: the next append waits until the commit in doubt
    /// has happened or not. Otherwise the process must end and look at the store anew.
    fn settles_doubt(&self) -> bool {
        false
    }

    /// Events from a position on, in order, at most `limit`; a hole is [`StoreError::Damaged`].
    async fn read_events(
        &self,
        ledger: &LedgerId,
        from: Position,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Events at the given positions, in their order; those that do not exist are left out.
    async fn read_events_at(
        &self,
        ledger: &LedgerId,
        positions: &[Position],
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// What is remembered of some requests, in their order.
    async fn find_requests(
        &self,
        ledger: &LedgerId,
        keys: &[RequestKey],
    ) -> Result<Vec<Option<RequestRecord>>, StoreError>;

    /// Requests in order of poster and id, after `after`, at most `limit`.
    async fn scan_requests(
        &self,
        ledger: &LedgerId,
        after: Option<&RequestKey>,
        limit: u32,
    ) -> Result<Vec<(RequestKey, RequestRecord)>, StoreError>;

    /// States and the head they are true at, from one snapshot: one list for each query. A ledger that is not
    /// served has none, wherever it is read: it is [`StoreError::NoLedger`].
    async fn read_states(
        &self,
        ledger: &LedgerId,
        queries: &[StateQuery],
    ) -> Result<(Head, Vec<Vec<StoredState>>), StoreError>;

    /// The generations that are served or being made, in order of number.
    async fn generations(&self, ledger: &LedgerId) -> Result<Vec<Generation>, StoreError>;

    /// The numbers that states are stored under, in order: of generations, of parts of them, and of what was left
    /// behind.
    async fn stored_generations(&self, ledger: &LedgerId) -> Result<Vec<u32>, StoreError>;

    /// Begins a generation, or takes over one that is being made from the holder `from`. Where that is not its holder
    /// any more, or where the number is taken, the answer is [`StoreError::Superseded`].
    async fn claim_generation(
        &self,
        ledger: &LedgerId,
        generation: &Generation,
        from: Option<i64>,
    ) -> Result<(), StoreError>;

    /// Gives up a generation that is being made; its states can be dropped then. Nothing happens where another has
    /// taken it over.
    async fn release_generation(&self, ledger: &LedgerId, claim: Claim) -> Result<(), StoreError>;

    /// Writes states of a generation that is being made.
    async fn write_generation(&self, ledger: &LedgerId, write: GenerationWrite) -> Result<(), StoreError>;

    /// The states of some keys in a generation, in any order; those that do not exist are left out.
    async fn load_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        keys: &[Key],
    ) -> Result<Vec<StoredState>, StoreError>;

    /// States of one generation in order of key, after `after`, at most `limit`.
    async fn scan_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        after: Option<&Key>,
        limit: u32,
    ) -> Result<Vec<StoredState>, StoreError>;

    /// Removes a generation that is not served, or a part of one, at most `limit` states at a time; how many were
    /// removed. Where a claim is given and another has taken its generation over, nothing is removed and the answer is
    /// [`StoreError::Superseded`]: who took over may use the number anew.
    async fn drop_generation(
        &self,
        ledger: &LedgerId,
        generation: u32,
        limit: u32,
        claim: Option<Claim>,
    ) -> Result<u64, StoreError>;

    /// The served states as they are now, whatever is written meanwhile.
    async fn snapshot(&self, ledger: &LedgerId) -> Result<Box<dyn Snapshot>, StoreError>;
}

/// The served states of a ledger at one moment.
#[async_trait]
pub trait Snapshot: Send {
    /// The head they are true at.
    fn head(&self) -> Head;

    /// States in order of key, after `after`, at most `limit`.
    async fn scan(&mut self, after: Option<&Key>, limit: u32) -> Result<Vec<StoredState>, StoreError>;
}

/// A batch that waits for its turn.
#[async_trait]
pub trait Prepared: Send {
    /// Writes the batch and commits, as [`Append::commit`] does. Where the head is another than the batch was decided
    /// on, or where the ledger does not take the batch ([`Tenancy::takes`]), nothing is written and the answer is
    /// [`StoreError::HeadMoved`].
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// An append under the lock of the ledger's head.
#[async_trait]
pub trait Append: Send {
    /// The head, as locked.
    fn head(&self) -> Head;

    /// What is laid down for the ledger, true as long as the lock. Whoever appends sees to it.
    fn tenancy(&self) -> Tenancy;

    /// What is remembered of some requests, in their order.
    async fn find_requests(&mut self, keys: &[RequestKey]) -> Result<Vec<Option<RequestRecord>>, StoreError>;

    /// The states of some keys, in any order; those that do not exist are left out.
    async fn load_states(&mut self, keys: &[Key]) -> Result<Vec<StoredState>, StoreError>;

    /// Writes everything and commits. After `Ok` it is on disk. Where a request of the batch is known already, nothing
    /// is written and the answer is [`StoreError::RequestKnown`].
    async fn commit(self: Box<Self>, batch: AppendBatch) -> Result<(), StoreError>;

    /// Writes the last states of the generation of a claim, serves it from now on, and commits. `kept` is kept beside
    /// it; of the generation that was served nothing is, so that its states can be dropped.
    async fn switch_generation(
        self: Box<Self>,
        claim: Claim,
        kept: Vec<u8>,
        states: Vec<StoredState>,
    ) -> Result<(), StoreError>;

    /// Lets go of the lock without writing, once everything up to the head is wherever it must be: what was committed in
    /// doubt may be on one machine only.
    async fn confirm(self: Box<Self>) -> Result<(), StoreError> {
        self.rollback().await;
        Ok(())
    }

    /// Lets go of the lock without writing.
    async fn rollback(self: Box<Self>);
}
