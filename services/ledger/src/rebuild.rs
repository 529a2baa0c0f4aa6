//! Rebuild: a new generation of states beside the one that is served, and the switch to it, while others read and write.

use crate::error::store_error;
use crate::refold::{Comparison, FoldLimits, Origin, Progress, Refold, Stage, Stop};
use ledger_core::id::LedgerId;
use ledger_core::ports::{Purpose, Store, StoreError};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tracing::Instrument;

/// Events that are folded under the lock of the head at most.
const TAIL: u64 = 1_024;

/// A rebuild to be run.
pub struct Rebuild {
    store: Arc<dyn Store>,
    ledger: LedgerId,
    origin: Origin,
    limits: FoldLimits,
    stop: Stop,
}

/// A rebuild that is served.
#[derive(Debug, Clone)]
pub struct Rebuilt {
    /// The position at which it took the place of what was served.
    pub position: Position,
    /// Where it began: behind 0 where it went on with what an earlier run had begun.
    pub began: Position,
    /// What was served, and what is served now, at one position shortly before the switch.
    pub comparison: Comparison,
}

/// How a rebuild ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// What it folded is served.
    Served(Box<Rebuilt>),
    /// It was asked to stop: the next goes on behind this position. What was served, is.
    Stopped(Position),
}

/// How a switch went.
enum Switch {
    Done(Position),
    /// A policy was published in the meantime: the sums are to be made anew.
    PolicyCame,
}

impl Rebuild {
    /// From the log, in good time.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, ledger: &LedgerId) -> Rebuild {
        Rebuild {
            store,
            ledger: ledger.clone(),
            origin: Origin::Log,
            limits: FoldLimits::default(),
            stop: Stop::default(),
        }
    }

    /// Takes the states as they are served and makes only the sums of the buckets anew: what a new policy asks for.
    #[must_use]
    pub fn of_what_is_served(mut self) -> Rebuild {
        self.origin = Origin::Served;
        self
    }

    /// With other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: FoldLimits) -> Rebuild {
        self.limits = limits;
        self
    }

    /// Listens to who asks it to stop.
    #[must_use]
    pub fn stopped_by(mut self, stop: Stop) -> Rebuild {
        self.stop = stop;
        self
    }

    /// Runs in a task of its own. Where the call is dropped the task stops, as if it were asked to.
    ///
    /// # Errors
    /// `WRITER_FENCED` where another rebuild has taken over, or what the store says. What was served, is; what was
    /// folded up to the last checkpoint is kept.
    pub async fn run(self, progress: impl FnMut(Progress) + Send + 'static) -> Result<Outcome, Refusal> {
        let with_the_call = StopWhenDropped(self.stop.clone());
        let task = tokio::spawn(self.work(progress).in_current_span());
        let outcome =
            task.await.map_err(|error| store_error(StoreError::OutcomeUnknown(error.to_string())))?;
        with_the_call.end();
        outcome
    }

    async fn work(self, progress: impl FnMut(Progress) + Send) -> Result<Outcome, Refusal> {
        let Rebuild { store, ledger, origin, limits, stop } = self;
        let mut fold =
            Refold::begin(Arc::clone(&store), ledger.clone(), Purpose::Rebuild, origin, limits, stop).await?;
        let outcome = Rebuild::fold(&*store, &ledger, origin, &mut fold, progress).await;
        if !matches!(outcome, Ok(Outcome::Served(_))) {
            fold.let_go().await;
        }
        outcome
    }

    async fn fold(
        store: &dyn Store,
        ledger: &LedgerId,
        origin: Origin,
        fold: &mut Refold,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Outcome, Refusal> {
        // What is served is copied as it is: there is nothing to fold before that.
        let mut folds = origin == Origin::Log || fold.position() > Position(0);
        loop {
            if folds && !come_near(store, ledger, fold, &mut progress).await? {
                return fold.keep_all().await.map(Outcome::Stopped);
            }
            let snapshot = store.snapshot(ledger).await.map_err(store_error)?;
            if folds {
                fold.advance(snapshot.head().position, &mut progress).await?;
            }
            folds = true;
            let Some(comparison) = fold.write_out(snapshot, true, &mut progress).await? else {
                return fold.keep_all().await.map(Outcome::Stopped);
            };
            if !come_near(store, ledger, fold, &mut progress).await? {
                return fold.keep_all().await.map(Outcome::Stopped);
            }
            if let Switch::Done(position) = switch(store, ledger, fold, &mut progress).await? {
                fold.drop_base().await?;
                let began = fold.began();
                return Ok(Outcome::Served(Box::new(Rebuilt { position, began, comparison })));
            }
        }
    }
}

/// Asks to stop when it is dropped.
struct StopWhenDropped(Stop);

impl StopWhenDropped {
    fn end(mut self) {
        self.0 = Stop::default();
    }
}

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.ask();
    }
}

/// Folds until only little is left for the lock; false where it was asked to stop.
async fn come_near(
    store: &dyn Store,
    ledger: &LedgerId,
    fold: &mut Refold,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<bool, Refusal> {
    loop {
        if fold.is_stopped() {
            return Ok(false);
        }
        let head = store.head(ledger).await.map_err(store_error)?;
        if head.position.0.saturating_sub(fold.position().0) <= TAIL {
            return Ok(true);
        }
        fold.advance(head.position, progress).await?;
    }
}

/// Under the lock of the head: folds the last events and serves all of it from then on, in one transaction.
async fn switch(
    store: &dyn Store,
    ledger: &LedgerId,
    fold: &mut Refold,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<Switch, Refusal> {
    let append = store.begin_append(ledger).await.map_err(store_error)?;
    let head = append.head();
    progress(fold.progress(Stage::Switching, head.position));
    fold.lock(true);
    let last = async {
        fold.replace(head.generation).map_err(store_error)?;
        fold.advance(head.position, progress).await?;
        if fold.has_new_policy() { Ok(None) } else { fold.last_states().map(Some) }
    };
    let states = last.await;
    fold.lock(false);
    match states {
        Ok(Some(states)) => {
            let kept = fold.checkpoint().encode();
            let kept = kept.map_err(|error| store_error(StoreError::Damaged(error.to_string())))?;
            append.switch_generation(fold.claim(), kept, states).await.map_err(store_error)?;
            Ok(Switch::Done(head.position))
        }
        Ok(None) => {
            append.rollback().await;
            Ok(Switch::PolicyCame)
        }
        Err(refusal) => {
            append.rollback().await;
            Err(refusal)
        }
    }
}

/// Folds all states anew from the log and serves them, while others read and write.
///
/// # Errors
/// As [`Rebuild::run`].
pub async fn rebuild(
    store: Arc<dyn Store>,
    ledger: &LedgerId,
    progress: impl FnMut(Progress) + Send + 'static,
) -> Result<Rebuilt, Refusal> {
    match Rebuild::new(store, ledger).run(progress).await? {
        Outcome::Served(rebuilt) => Ok(*rebuilt),
        // Nobody can ask it to.
        Outcome::Stopped(_) => Err(Refusal::new(Reason::ShuttingDown, "the rebuild was asked to stop")),
    }
}
