//! The one writer of a ledger. It takes what waits in its queue and decides it, in memory, as the next [`round`]; while
//! the disk writes one round the next is decided on top of it and made ready. Rounds are written one after the other,
//! and a call is answered when its round is on disk.
//!
//! A round is decided on a *tip*: the head as it will be when the rounds before it are written. When the round is
//! written, the head is locked and must be that tip; where it is not (another process writes to the same ledger), or
//! where the round before it failed, the calls are decided again. So what is decided ahead is never more than a guess
//! that the lock confirms. Where guesses fail, the next rounds are decided under the lock.

mod cache;
mod commit;
mod queue;
mod round;

use crate::bank::Clock;
use crate::budget::Budget;
use crate::error::store_error;
use crate::reader::Remembered;
use cache::StateCache;
use commit::{Failed, Writing};
use ledger_core::command::Command;
use ledger_core::event::Event;
use ledger_core::id::LedgerId;
use ledger_core::merkle::{Tree, leaf_hash};
use ledger_core::policy::Rulebook;
use ledger_core::ports::{Head, RequestKey, RequestRecord, Store, StoreError};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use queue::Queue;
use round::{Basis, Round};
pub(crate) use round::{most_events, replay, request_key};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

/// What became of a command.
pub type Verdict = Result<Receipt, Refusal>;

/// An accepted command.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Its first event; where it made none, the position it was accepted at.
    pub position: Position,
    /// How many events it made.
    pub events: u32,
    /// Whether an earlier call was accepted and this is its answer.
    pub replayed: bool,
    /// The events, where this call made them. Those of a replayed call are in the log.
    pub made: Vec<Event>,
    /// The position the answer is true at.
    pub head: Position,
}

/// Commands that came in one call.
pub(crate) struct Submission {
    pub(crate) commands: Vec<Command>,
    /// All or nothing.
    pub(crate) atomic: bool,
    pub(crate) reply: oneshot::Sender<Vec<Verdict>>,
    /// The room these commands take in the queue, given back when they are answered.
    pub(crate) room: OwnedSemaphorePermit,
}

type Outcome = Result<Result<(), (Failed, Vec<Submission>)>, tokio::task::JoinError>;

/// Rounds that are being written or wait for it: the disk is busy with one, and the next is ready when its turn comes.
const MAX_WRITING: usize = 2;

/// Rounds decided under the lock after somebody else wrote (our own default).
const ROUNDS_UNDER_LOCK: u32 = 16;

/// How often a ledger that is not posted to looks whether others need its memory (our own default).
const QUIET: Duration = Duration::from_secs(10);
/// After how many such looks it keeps no states in memory any more: ten minutes (our own default).
const IDLE: u32 = 60;

/// Who hears of written rounds.
#[derive(Clone)]
pub(crate) struct Readers {
    pub(crate) head: watch::Sender<Head>,
    pub(crate) remembered: Arc<Remembered>,
}

/// The writer of one ledger.
pub(crate) struct Writer {
    ledger: LedgerId,
    store: Arc<dyn Store>,
    clock: Clock,
    /// Where written rounds are made known.
    readers: Readers,
    /// Set once a commit's outcome is unknown: the process must end and look again.
    fatal: watch::Sender<bool>,
    /// The head after the rounds that were decided; none where the store must be asked.
    tip: Option<Head>,
    /// The generation whose form is known to be this program's.
    readable: Option<u32>,
    /// The policies at the tip.
    rulebook: Option<Arc<Rulebook>>,
    /// The tree at the tip; none where it has not grown with the log so far.
    tree: Option<Tree>,
    states: StateCache,
    /// Requests of the rounds that are being written, or were written last, newest first.
    recent: VecDeque<FxHashMap<RequestKey, RequestRecord>>,
    /// Whether requests are looked up before they are decided. Otherwise a request is taken for a new one, which the
    /// unique key confirms at the commit; only what would be refused is looked up.
    look_up: bool,
    /// How many of the next rounds are decided under the lock.
    under_lock: u32,
    /// The ledger took nothing when that was last looked at: what comes is decided without the lock, and refused.
    closed: bool,
}

impl Writer {
    pub(crate) fn new(
        ledger: LedgerId,
        store: Arc<dyn Store>,
        clock: Clock,
        cache: Arc<Budget>,
        readers: Readers,
        fatal: watch::Sender<bool>,
    ) -> Writer {
        Writer {
            ledger,
            store,
            clock,
            readers,
            fatal,
            tip: None,
            readable: None,
            rulebook: None,
            tree: None,
            states: StateCache::new(cache),
            recent: VecDeque::new(),
            look_up: false,
            under_lock: 0,
            closed: false,
        }
    }

    /// Serves the queue until every sender is gone; what is queued then is still written.
    pub(crate) async fn run(mut self, calls: mpsc::UnboundedReceiver<Submission>) {
        let mut queue = Queue::new(calls);
        let mut open = true;
        let mut round: Option<Round> = None;
        let mut writing: VecDeque<Writing> = VecDeque::new();
        // For how many looks nobody has posted.
        let mut quiet = 0;
        while open || !writing.is_empty() || round.is_some() {
            // While something is written, only what is decided on a tip that is known comes behind it.
            let takes = open
                && round.as_ref().is_none_or(|round| !round.is_full())
                && (writing.is_empty() || self.under_lock == 0 && self.tip.is_some());
            tokio::select! {
                biased;
                Some(written) = outcome(writing.front_mut()) => {
                    writing.pop_front();
                    if let Some(failed) = self.settle(written) {
                        let behind = std::mem::take(&mut writing);
                        self.start_over(failed, behind, round.take(), &mut queue).await;
                        // Also where nobody sends any more, what was put back is taken up.
                        open = true;
                    }
                }
                more = queue.wait(), if takes => match more {
                    true => {
                        quiet = 0;
                        self.take_up(&mut round, &mut queue).await;
                    }
                    false => open = false,
                },
                // One of many ledgers that nobody posts to leaves the memory to the others.
                () = tokio::time::sleep(QUIET), if round.is_none() && writing.is_empty() && self.states.has_part() => {
                    quiet += 1;
                    if quiet < IDLE {
                        self.states.fit(u64::MAX);
                    } else {
                        self.forget();
                        self.states.let_go();
                    }
                }
                else => {}
            }
            // A round that could still grow is written when the disk is free.
            let ahead = self.under_lock == 0 && round.as_ref().is_some_and(Round::is_full);
            let writes = writing.is_empty() || ahead && writing.len() < MAX_WRITING;
            if writes && let Some(decided) = round.take() {
                let begun = self.write(decided, writing.back_mut()).await;
                writing.extend(begun);
                // The new task waits on this worker, where nobody else takes it up: let it begin.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Decides what waits, as part of the round.
    async fn take_up(&mut self, round: &mut Option<Round>, queue: &mut Queue) {
        let (calls, commands) = round.as_ref().map_or((0, 0), Round::size);
        let taken = queue.take(calls, commands);
        if *self.fatal.borrow() {
            return answer_all(taken, &unknown());
        }
        let mut current = match round.take() {
            Some(round) => round,
            None => match self.open().await {
                Ok(round) => round,
                Err(refusal) => return answer_all(taken, &refusal),
            },
        };
        let decided = match taken.is_empty() {
            // The next call does not fit in.
            true => current.fill(),
            false => current.take_up(self, taken).await,
        };
        match decided {
            Ok(()) => *round = Some(current),
            Err(refusal) => {
                self.forget();
                answer_all(current.abandon().await, &refusal);
            }
        }
    }

    /// Starts to write a round, behind the one before it.
    async fn write(&mut self, round: Round, before: Option<&mut Writing>) -> Option<Writing> {
        let (calls, commands) = round.size();
        metrics::histogram!("creditbank_commit_calls").record(count(calls));
        metrics::histogram!("creditbank_commit_commands").record(count(commands));
        match round.seal() {
            Ok((mut sealed, Basis { view, rulebook, requests })) => {
                let leaves = sealed.batch.events.iter().map(|event| leaf_hash(&event.bytes));
                sealed.batch.tree = self.tree.as_mut().map(|tree| tree.grow(leaves));
                self.tip = Some(sealed.tip);
                self.rulebook = rulebook;
                self.states.keep(view.into_states());
                self.recent.push_front(requests);
                self.recent.truncate(MAX_WRITING);
                let (store, readers) = (Arc::clone(&self.store), self.readers.clone());
                Some(commit::spawn(store, self.ledger.clone(), readers, before, sealed))
            }
            Err(failed) => {
                let (round, refusal) = *failed;
                self.forget();
                answer_all(round.abandon().await, &refusal);
                None
            }
        }
    }

    /// Takes note of how writing ended; what failed comes back.
    fn settle(&mut self, written: Outcome) -> Option<(Failed, Vec<Submission>)> {
        match written {
            Ok(Ok(())) => {
                self.states.settle();
                self.under_lock = self.under_lock.saturating_sub(1);
                None
            }
            Ok(Err(failed)) => Some(failed),
            // The task's calls went with it: they hear that the outcome is unknown.
            Err(panic) => Some((StoreError::OutcomeUnknown(panic.to_string()).into(), Vec::new())),
        }
    }

    /// What was decided on a round that was not written is decided again, in the order it came.
    async fn start_over(
        &mut self,
        (failed, calls): (Failed, Vec<Submission>),
        behind: VecDeque<Writing>,
        ahead: Option<Round>,
        queue: &mut Queue,
    ) {
        self.forget();
        let mut again = self.look_into(failed, calls);
        for writing in behind {
            // It ends at once: its turn does not come any more.
            if let Some((failed, calls)) = self.settle(writing.outcome.await) {
                again.extend(self.look_into(failed, calls));
            }
        }
        if let Some(ahead) = ahead {
            again.extend(ahead.abandon().await);
        }
        queue.put_back(again);
    }

    /// The calls of a failed round that are to be decided again; the others are answered.
    fn look_into(&mut self, failed: Failed, calls: Vec<Submission>) -> Vec<Submission> {
        match failed {
            Failed::Before => calls,
            Failed::Store(StoreError::HeadMoved) => {
                self.under_lock = ROUNDS_UNDER_LOCK;
                calls
            }
            Failed::Store(StoreError::RequestKnown) => {
                self.look_up = true;
                calls
            }
            Failed::Store(error) => {
                if matches!(error, StoreError::OutcomeUnknown(_)) {
                    self.in_doubt();
                }
                answer_all(calls, &store_error(error));
                Vec::new()
            }
        }
    }

    /// What was to be written may have been, or may yet be.
    fn in_doubt(&mut self) {
        if self.store.settles_doubt() {
            // Under the lock nothing is in doubt any more.
            self.under_lock = ROUNDS_UNDER_LOCK;
            self.closed = false;
        } else {
            self.fatal.send_replace(true);
        }
    }

    /// Forgets everything that was true at the tip.
    fn forget(&mut self) {
        self.tip = None;
        self.rulebook = None;
        self.tree = None;
        self.states.forget();
        self.recent.clear();
    }
}

/// Waits for a round to be written; never done where there is none.
async fn outcome(writing: Option<&mut Writing>) -> Option<Outcome> {
    Some((&mut writing?.outcome).await)
}

/// Metrics take floating numbers; nothing else in the program does.
#[expect(clippy::cast_precision_loss, reason = "a metric")]
fn count(n: usize) -> f64 {
    n as f64
}

fn unknown() -> Refusal {
    Refusal::new(
        Reason::ShuttingDown,
        "服務正在重新啟動，這筆沒有記；請稍後用同一 request_id 重送。\
         The service is restarting and nothing was recorded: send the same request again.",
    )
}

fn answer_all(calls: Vec<Submission>, refusal: &Refusal) {
    for call in calls {
        let verdicts = call.commands.iter().map(|_| Err(refusal.clone())).collect();
        // The caller may have gone; what it asked for was decided all the same.
        let _ = call.reply.send(verdicts);
    }
}
