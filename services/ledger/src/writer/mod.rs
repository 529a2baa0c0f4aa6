//! The one writer of a ledger: takes what waits in its queue, lets one [`round`] write it, answers after the commit.

mod cache;
mod round;

use crate::bank::Clock;
use cache::StateCache;
use ledger_core::command::Command;
use ledger_core::event::Event;
use ledger_core::id::LedgerId;
use ledger_core::policy::Policy;
use ledger_core::ports::{Head, Store};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
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

/// The most commands of one commit, of calls that bring several (our own default): bounds the time a commit takes and
/// the memory it needs.
const MAX_ROUND: usize = 1_024;

/// The most calls of one commit (our own default). Were a commit to take every call that waits, all clients would
/// move in step, and the connections would stand idle while the disk works and the other way round.
const MAX_CALLS: usize = 128;

/// The writer of one ledger.
pub(crate) struct Writer {
    pub(crate) ledger: LedgerId,
    store: Arc<dyn Store>,
    clock: Clock,
    cache: StateCache,
    /// The policy in force.
    policy: Option<Arc<Policy>>,
    head: watch::Sender<Head>,
    /// Set once a commit's outcome is unknown: the process must end and look again.
    fatal: watch::Sender<bool>,
}

impl Writer {
    pub(crate) fn new(
        ledger: LedgerId,
        store: Arc<dyn Store>,
        clock: Clock,
        cache_bytes: u64,
        head: watch::Sender<Head>,
        fatal: watch::Sender<bool>,
    ) -> Writer {
        Writer { ledger, store, clock, cache: StateCache::new(cache_bytes), policy: None, head, fatal }
    }

    /// Serves the queue until every sender is gone; what is queued then is still written.
    pub(crate) async fn run(mut self, mut queue: mpsc::UnboundedReceiver<Submission>) {
        let mut held: Option<Submission> = None;
        loop {
            let first = match held.take() {
                Some(submission) => submission,
                None => match queue.recv().await {
                    Some(submission) => submission,
                    None => return,
                },
            };
            let mut commands = first.commands.len();
            let mut round = vec![first];
            while round.len() < MAX_CALLS
                && let Ok(next) = queue.try_recv()
            {
                if commands + next.commands.len() > MAX_ROUND {
                    held = Some(next);
                    break;
                }
                commands += next.commands.len();
                round.push(next);
            }
            metrics::histogram!("creditbank_commit_commands").record(count(commands));
            if *self.fatal.borrow() {
                answer_all(round, &unknown());
                continue;
            }
            self.serve(round).await;
        }
    }
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

fn answer_all(round: Vec<Submission>, refusal: &Refusal) {
    for submission in round {
        let verdicts = submission.commands.iter().map(|_| Err(refusal.clone())).collect();
        // The caller may have gone; what it asked for was decided all the same.
        let _ = submission.reply.send(verdicts);
    }
}
