//! One ledger: its queue, its writer, its readers.

use crate::bank::{Clock, Deployment};
use crate::error::{damage, store_error};
use crate::reader::{Reader, Seen};
use crate::standby::Standbys;
use crate::tree::Signing;
use crate::writer::{Readers, Receipt, Submission, Verdict, Writer};
use chrono::{DateTime, Utc};
use ledger_core::command::Command;
use ledger_core::date::OccurredOn;
use ledger_core::event::{self, Event, LedgerOpened};
use ledger_core::id::LedgerId;
use ledger_core::policy::Rulebook;
use ledger_core::ports::{Head, StateQuery, Store, StoreError, StoredEvent, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::report::Bounds;
use ledger_core::{Reason, Refusal};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What a ledger holds in memory at most (our own defaults).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Commands that may wait for the writer; past it calls are refused with OVERLOADED.
    pub queued_commands: usize,
    /// Reads that may wait.
    pub queued_reads: usize,
    /// Bytes of folded states that the writers of all ledgers keep together.
    pub cache_bytes: u64,
    /// Bytes of what was read lately that the readers of all ledgers remember together.
    pub remembered_bytes: u64,
    /// How long a read waits for `min_position`.
    pub position_wait: Duration,
    /// What one report holds.
    pub report: Bounds,
}

/// Reports that are made at once; the others wait.
const REPORTS_RUNNING: usize = 2;
/// Reports that are made or wait, and evidence packs that are being read; past it they are refused with OVERLOADED.
const REPORTS_WAITING: usize = 16;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            queued_commands: 16_384,
            queued_reads: 16_384,
            cache_bytes: 384 << 20,
            remembered_bytes: 64 << 20,
            position_wait: Duration::from_secs(2),
            report: Bounds { rows: 10_000, persons: 2_000_000, sessions: 4_000_000 },
        }
    }
}

/// The ledger's settings and policies, which every question needs.
pub(crate) struct Rules {
    pub(crate) opened: LedgerOpened,
    /// All policies up to `newest_policy`.
    pub(crate) rulebook: Rulebook,
    newest_policy: Position,
}

/// One ledger.
pub struct Ledger {
    id: LedgerId,
    pub(crate) store: Arc<dyn Store>,
    clock: Clock,
    limits: Limits,
    queue: std::sync::RwLock<Option<mpsc::UnboundedSender<Submission>>>,
    room: Arc<Semaphore>,
    reader: Reader,
    standbys: Standbys,
    pub(crate) reports_running: Arc<Semaphore>,
    pub(crate) reports_waiting: Arc<Semaphore>,
    head: watch::Receiver<Head>,
    rules: std::sync::RwLock<Option<Arc<Rules>>>,
    signing: Option<Arc<Signing>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Ledger {
    pub(crate) fn start(id: LedgerId, head: Head, deployment: &Deployment) -> Ledger {
        let Deployment { store, standbys, clock, limits, cache, remembered, fatal, checkpoint_key } =
            deployment;
        let (queue, commands) = mpsc::unbounded_channel();
        let (head_sender, head) = watch::channel(head);
        let reader = Reader::start(&id, store, limits.queued_reads, remembered);
        let standbys = Standbys::start(&id, standbys, limits.queued_reads, remembered);
        let readers = Readers { head: head_sender, remembered: reader.remembered() };
        let writer = Writer::new(
            id.clone(),
            Arc::clone(store),
            Arc::clone(clock),
            Arc::clone(cache),
            readers,
            fatal.clone(),
        );
        Ledger {
            id,
            store: Arc::clone(store),
            clock: Arc::clone(clock),
            limits: *limits,
            queue: std::sync::RwLock::new(Some(queue)),
            room: Arc::new(Semaphore::new(limits.queued_commands)),
            reader,
            standbys,
            reports_running: Arc::new(Semaphore::new(REPORTS_RUNNING)),
            reports_waiting: Arc::new(Semaphore::new(REPORTS_WAITING)),
            head,
            rules: std::sync::RwLock::new(None),
            signing: checkpoint_key.clone().map(|(key, before)| Arc::new(Signing::with(key, before))),
            writer: Mutex::new(Some(tokio::spawn(writer.run(commands)))),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &LedgerId {
        &self.id
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The head as this process last saw it.
    #[must_use]
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    pub(crate) fn signing(&self) -> Option<&Arc<Signing>> {
        self.signing.as_ref()
    }

    pub(crate) fn watch_head(&self) -> watch::Receiver<Head> {
        self.head.clone()
    }

    /// The instant now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Hands commands to the writer and waits for their verdicts. They are written even if the caller goes away.
    ///
    /// # Errors
    /// `OVERLOADED` where the queue is full, `SHUTTING_DOWN` where the ledger takes no more: nothing was taken then.
    pub async fn submit(&self, commands: Vec<Command>, atomic: bool) -> Result<Vec<Verdict>, Refusal> {
        let size = u32::try_from(commands.len()).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(size) else {
            metrics::counter!("creditbank_overloaded_total").increment(1);
            return Err(Refusal::new(
                Reason::Overloaded,
                "同時記帳太多，這筆沒有記；請稍後用同一 request_id 重送。\
                 Too many postings are waiting and nothing was recorded: send the same request again shortly.",
            ));
        };
        let (reply, verdicts) = oneshot::channel();
        let submission = Submission { commands, atomic, reply, room };
        {
            let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
            match queue.as_ref() {
                Some(queue) => queue.send(submission).map_err(|_| going_down())?,
                None => return Err(going_down()),
            }
        }
        verdicts
            .await
            .map_err(|_| store_error(StoreError::OutcomeUnknown("the writer has stopped".to_owned())))
    }

    /// One command.
    ///
    /// # Errors
    /// Its refusal.
    pub async fn submit_one(&self, command: Command) -> Result<Receipt, Refusal> {
        let verdicts = self.submit(vec![command], false).await?;
        verdicts.into_iter().next().unwrap_or_else(|| Err(going_down()))
    }

    /// The events of an accepted command: those it made, or those an earlier call made.
    ///
    /// # Errors
    /// What the store says.
    pub async fn events_of(&self, receipt: Receipt) -> Result<Vec<Event>, Refusal> {
        if !receipt.replayed || receipt.events == 0 {
            return Ok(receipt.made);
        }
        let stored = self.read_events(receipt.position, receipt.events).await?;
        stored.iter().map(|stored| decode(&stored.bytes)).collect()
    }

    /// Events from a position on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn read_events(&self, from: Position, limit: u32) -> Result<Vec<StoredEvent>, Refusal> {
        let (store, id) = (Arc::clone(&self.store), self.id.clone());
        // In a task of its own, which a dropped call does not cancel.
        let read = tokio::spawn(async move { store.read_events(&id, from, limit).await });
        read.await.map_err(|_| crate::error::damaged())?.map_err(store_error)
    }

    pub(crate) async fn read_events_at(&self, positions: Vec<Position>) -> Result<Vec<Event>, Refusal> {
        let stored = self.stored_events_at(positions).await?;
        stored.iter().map(|stored| decode(&stored.bytes)).collect()
    }

    /// Events at some positions, with their bytes.
    pub(crate) async fn stored_events_at(
        &self,
        positions: Vec<Position>,
    ) -> Result<Vec<StoredEvent>, Refusal> {
        let (store, id) = (Arc::clone(&self.store), self.id.clone());
        let read = tokio::spawn(async move { store.read_events_at(&id, &positions).await });
        read.await.map_err(|_| crate::error::damaged())?.map_err(store_error)
    }

    /// States from one snapshot that has reached `min_position`, with the snapshot's position.
    pub(crate) async fn read_states(
        &self,
        min_position: Position,
        queries: Vec<StateQuery>,
    ) -> Result<(Position, Vec<Vec<StoredState>>), Refusal> {
        let (seen, answers) = self.read(min_position, queries).await?;
        Ok((seen.head.position, answers))
    }

    /// From a standby where there is one that has come to `min_position`, else from the primary.
    async fn read(
        &self,
        min_position: Position,
        queries: Vec<StateQuery>,
    ) -> Result<(Seen, Vec<Vec<StoredState>>), Refusal> {
        // The primary needs its part of the time.
        let wait = self.limits.position_wait / 4;
        if let Some(answer) = self.standbys.read(min_position, &queries, wait).await {
            return Ok(answer);
        }
        self.wait_for(min_position).await?;
        let (seen, answers) = self.reader.read(queries).await?;
        // A connection that is still open to an earlier primary may know less than was answered already.
        if seen.head.position < self.standbys.least(min_position) {
            return Err(Ledger::not_yet(seen.head.position));
        }
        self.standbys.answered(seen.head.position);
        Ok((seen, answers))
    }

    /// The same, with the rules that were in force there.
    pub(crate) async fn read_by_the_rules(
        &self,
        min_position: Position,
        queries: Vec<StateQuery>,
    ) -> Result<(Position, Arc<Rules>, Vec<Vec<StoredState>>), Refusal> {
        let (seen, answers) = self.read(min_position, queries).await?;
        let mut rules = self.rules_with(seen.newest_policy).await?;
        if rules.newest_policy > seen.newest_policy {
            // A policy was published since: it takes no part in an answer about an earlier position.
            rules = Arc::new(Rules {
                opened: rules.opened.clone(),
                rulebook: rules.rulebook.as_of(seen.head.position),
                newest_policy: seen.newest_policy,
            });
        }
        Ok((seen.head.position, rules, answers))
    }

    /// A state as the primary has it now.
    pub(crate) async fn newest(&self, key: Key) -> Result<Option<State>, Refusal> {
        let (_, answers) = self.reader.read(vec![StateQuery::Exactly(key)]).await?;
        let stored = answers.into_iter().flatten().next();
        stored.map(|stored| State::decode(&stored.key, &stored.bytes)).transpose().map_err(damage)
    }

    /// One decoded state.
    pub(crate) async fn read_state(
        &self,
        min_position: Position,
        key: Key,
    ) -> Result<(Position, Option<State>), Refusal> {
        let (position, mut answers) = self.read_states(min_position, vec![StateQuery::Exactly(key)]).await?;
        let state = answers.pop().and_then(|mut states| states.pop());
        let state =
            state.map(|stored| State::decode(&stored.key, &stored.bytes)).transpose().map_err(damage)?;
        Ok((position, state))
    }

    /// Waits until the ledger has reached a position.
    async fn wait_for(&self, min_position: Position) -> Result<(), Refusal> {
        if self.head().position >= min_position {
            return Ok(());
        }
        let reached = async {
            let mut head = self.watch_head();
            loop {
                if head.borrow_and_update().position >= min_position {
                    return;
                }
                // Another process may write too: look at the store as well as at our own writer.
                let _ = tokio::time::timeout(Duration::from_millis(100), head.changed()).await;
                let stored = self.store.head(&self.id).await;
                if stored.is_ok_and(|head| head.position >= min_position) {
                    return;
                }
            }
        };
        let waited = tokio::time::timeout(self.limits.position_wait, reached).await;
        waited.map_err(|_| Ledger::not_yet(self.head().position))
    }

    pub(crate) fn not_yet(position: Position) -> Refusal {
        Refusal::new(
            Reason::NotYetApplied,
            "帳本還沒有到這個位置，請稍後再查。The ledger has not reached this position: try again shortly.",
        )
        .with("position", position)
    }

    /// Settings and policies, as this process last saw them.
    pub(crate) async fn rules(&self) -> Result<Arc<Rules>, Refusal> {
        self.rules_with(Position(0)).await
    }

    /// Settings and policies, among them the one published at a position, and maybe later ones.
    async fn rules_with(&self, newest_policy: Position) -> Result<Arc<Rules>, Refusal> {
        let held = self.rules.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held
            && held.newest_policy >= newest_policy
        {
            return Ok(held);
        }
        let queries = [Key::ledger(), Key::policies()].map(StateQuery::Exactly).to_vec();
        let (_, answers) = self.reader.read(queries).await?;
        let mut states = answers.into_iter().flatten();
        let mut next = || states.next().map(|s| State::decode(&s.key, &s.bytes)).transpose().map_err(damage);
        let (Some(State::Ledger(opened)), Some(State::Policies(published))) = (next()?, next()?) else {
            return Err(store_error(StoreError::NoLedger));
        };
        let rulebook = Rulebook::of(&published)
            .map_err(|error| store_error(StoreError::Damaged(format!("a published policy: {error}"))))?;
        let newest_policy = published.last().map_or(Position(0), |(at, _)| *at);
        let rules = Arc::new(Rules { opened, rulebook, newest_policy });
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&rules));
        Ok(rules)
    }

    /// The civil time zone of the ledger's dates.
    ///
    /// # Errors
    /// `LEDGER_NOT_FOUND` before it was opened.
    pub async fn time_zone(&self) -> Result<chrono_tz::Tz, Refusal> {
        Ok(self.rules().await?.opened.time_zone)
    }

    /// Today in the ledger's time zone.
    ///
    /// # Errors
    /// `LEDGER_NOT_FOUND` before it was opened.
    pub async fn today(&self) -> Result<OccurredOn, Refusal> {
        let zone = self.rules().await?.opened.time_zone;
        Ok(OccurredOn::new(self.now().with_timezone(&zone).date_naive()))
    }

    pub(crate) async fn shut_down(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = self.writer.lock().await.take() {
            // A writer that panicked has answered nothing it did not commit.
            let _ = writer.await;
        }
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Event, Refusal> {
    event::decode(bytes).map_err(|error| store_error(StoreError::Damaged(error.to_string())))
}

fn going_down() -> Refusal {
    Refusal::new(
        Reason::ShuttingDown,
        "服務正在關閉，這筆沒有記；請稍後用同一 request_id 重送。\
         The service is going down and nothing was recorded: send the same request again shortly.",
    )
}
