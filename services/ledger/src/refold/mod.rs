//! Folding the log anew, beside the live ledger. States are held in memory as long as they fit, and put aside in the
//! store from time to time, so that a fold that is killed goes on from there. What comes out is written in order of key
//! and held against what is served. `rebuild` serves it then; `verify` only tells.

mod checkpoint;
mod comparison;
mod cursor;
mod generation;
mod pages;
mod progress;
mod write_out;

pub(crate) use checkpoint::{Checkpoint, Origin};
pub use comparison::{Comparison, Difference};
pub use generation::discard;
pub use progress::{FoldLimits, Progress, Stage, Stop};

use crate::error::{damage, store_error};
use crate::view::View;
use generation::Making;
use ledger_core::Refusal;
use ledger_core::event::{Event, Fact};
use ledger_core::id::LedgerId;
use ledger_core::policy::Rulebook;
use ledger_core::ports::{Claim, Purpose, StateQuery, Store, StoreError, StoredState};
use ledger_core::projection::{self, Key, STATE_FORMAT, State, States};
use ledger_core::quantity::Position;
use pages::{PAGE, Pages};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Events whose states are written in one transaction, once the generation is whole.
const WHOLE_PAGE: u32 = 1_024;
/// Bytes that an event adds to the states in memory at most, ordinarily: until that may be too much they are not weighed.
const EVENT_WEIGHT: u64 = 1_024;
/// Least events between two weighings.
const WEIGHED: u64 = 32_768;

/// A fold of the log.
pub(crate) struct Refold {
    store: Arc<dyn Store>,
    ledger: LedgerId,
    limits: FoldLimits,
    stop: Stop,
    origin: Origin,
    /// The generation that was served when it began.
    base: u32,
    making: Making,
    view: View,
    /// The view may lack states that the store has.
    partial: bool,
    /// All states stand in the generation itself.
    whole: bool,
    /// Under the lock of the head nothing can be written.
    under_lock: bool,
    rulebook: Rulebook,
    /// Where the newest policy of the rulebook was published.
    newest_policy: Position,
    /// The newest policy when all was written: the sums know those up to it.
    summed_up: Position,
    /// The policies were not looked up since another was published.
    policies_unread: bool,
    began: Position,
    position: Position,
    /// SHA-256 of the event there.
    event: [u8; 32],
    /// The position of the last checkpoint that was begun.
    begun: Position,
    /// The position of the last one that counts.
    kept: Position,
    /// Where the states are weighed next.
    weighed_at: u64,
    /// Takes the events when they are folded.
    hand_on: Option<mpsc::Sender<Vec<Event>>>,
}

/// The form of the states of a generation that is served, or was a moment ago.
pub(crate) async fn served_form(
    store: &dyn Store,
    ledger: &LedgerId,
    generation: u32,
) -> Result<Option<u32>, StoreError> {
    let kept = store.generations(ledger).await?;
    Ok(kept.iter().find(|kept| kept.number == generation).map(|kept| kept.format))
}

/// Makes sure that this program can read the states of a generation.
pub(crate) async fn check_form(
    store: &dyn Store,
    ledger: &LedgerId,
    generation: u32,
) -> Result<(), StoreError> {
    match served_form(store, ledger, generation).await? {
        // Where nothing is kept of it any more, another has taken its place since.
        None | Some(STATE_FORMAT) => Ok(()),
        Some(form) => Err(StoreError::OtherForm(form)),
    }
}

impl Refold {
    /// Begins, or goes on where an earlier fold for the same purpose had got to.
    pub(crate) async fn begin(
        store: Arc<dyn Store>,
        ledger: LedgerId,
        purpose: Purpose,
        origin: Origin,
        limits: FoldLimits,
        stop: Stop,
    ) -> Result<Refold, Refusal> {
        let base = store.head(&ledger).await.map_err(store_error)?.generation;
        let begun = Making::begin(Arc::clone(&store), ledger.clone(), purpose, origin).await;
        let (making, from) = begun.map_err(store_error)?;
        Ok(Refold {
            store,
            ledger,
            limits,
            stop,
            origin,
            base,
            making,
            view: View::default(),
            partial: !from.parts.is_empty() || from.whole,
            whole: from.whole,
            under_lock: false,
            rulebook: Rulebook::default(),
            newest_policy: Position(0),
            summed_up: Position(0),
            policies_unread: true,
            began: from.position,
            position: from.position,
            event: from.event,
            begun: from.position,
            kept: from.position,
            weighed_at: 0,
            hand_on: None,
        })
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    pub(crate) fn began(&self) -> Position {
        self.began
    }

    /// Takes the place of another generation than the one that was served when it began, where it does not build on
    /// that.
    pub(crate) fn replace(&mut self, served: u32) -> Result<(), StoreError> {
        if served != self.base && self.origin == Origin::Served {
            return Err(StoreError::Superseded);
        }
        self.base = served;
        Ok(())
    }

    pub(crate) fn claim(&self) -> Claim {
        self.making.claim()
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_asked() && !self.under_lock
    }

    /// Gives the events to another task, when they are folded.
    pub(crate) fn hand_on(&mut self, to: Option<mpsc::Sender<Vec<Event>>>) {
        self.hand_on = to;
    }

    pub(crate) fn progress(&self, stage: Stage, head: Position) -> Progress {
        let Refold { began, position, kept, .. } = *self;
        Progress { stage, began, position, kept, head, states: 0 }
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            origin: self.origin,
            position: self.position,
            event: self.event,
            parts: self.making.parts().to_vec(),
            whole: self.whole,
            newest_policy: self.newest_policy,
        }
    }

    /// Folds up to a position, or until it is asked to stop.
    pub(crate) async fn advance(
        &mut self,
        to: Position,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<(), Refusal> {
        let page = if self.whole { WHOLE_PAGE } else { PAGE };
        let page = page.min(u32::try_from(self.limits.checkpoint_events).unwrap_or(PAGE)).max(1);
        let mut pages = Pages::read(&self.store, &self.ledger, self.position, to, page);
        while let Some(page) = pages.next().await? {
            let began = Instant::now();
            self.load(&page.events).await?;
            for event in &page.events {
                projection::apply(&mut self.view, event).map_err(damage)?;
                self.position = event.position;
                self.policies_unread |= matches!(event.fact, Fact::PolicyPublished(_));
            }
            self.event = Sha256::digest(&page.last).into();
            if let Some(hand_on) = &self.hand_on {
                // Where the other task has ended it says why.
                let _ = hand_on.send(page.events).await;
            }
            if !self.under_lock {
                self.keep().await?;
                self.rest(began).await;
            }
            progress(self.progress(Stage::Folding, to));
            if self.is_stopped() {
                return Ok(());
            }
        }
        // A reader that ended for another reason than the end must not pass for it.
        if self.position < to {
            let at = self.position;
            return Err(store_error(StoreError::Damaged(format!(
                "the log was read to {at} only, not to {to}"
            ))));
        }
        Ok(())
    }

    async fn rest(&self, began: Instant) {
        if self.limits.gently {
            tokio::time::sleep(began.elapsed().min(Duration::from_secs(1))).await;
        }
    }

    /// Writes what was folded, where it is time to.
    async fn keep(&mut self) -> Result<(), Refusal> {
        let heavy = self.position.0 >= self.weighed_at && {
            let (weight, count) = self.view.weight();
            let room = self.limits.memory_bytes.saturating_sub(weight);
            // Where states come back from the store, an event may bring a whole one.
            let each = EVENT_WEIGHT + if self.partial { weight / count.max(1) } else { 0 };
            let least = WEIGHED.min(self.limits.memory_bytes / each / 4).max(1);
            self.weighed_at = self.position.0 + (room / each).max(least);
            room < each * least
        };
        if heavy {
            // What was not touched for long is least likely to be.
            self.view.forget_untouched();
            self.partial = true;
        }
        if heavy || self.whole || self.position.0 - self.begun.0 >= self.limits.checkpoint_events {
            self.put_aside().await?;
        }
        if heavy {
            // What is let go of must be there to come back.
            self.settle().await?;
            self.view.shrink(self.limits.memory_bytes / 2);
        }
        Ok(())
    }

    /// Keeps all that was folded, before it stops; up to where that is.
    pub(crate) async fn keep_all(&mut self) -> Result<Position, Refusal> {
        // A copy of what is served is not gone on with.
        if self.origin == Origin::Log {
            self.put_aside().await?;
            self.settle().await?;
        }
        Ok(self.kept)
    }

    /// Keeps what was folded since the last checkpoint, and how far that is.
    async fn put_aside(&mut self) -> Result<(), Refusal> {
        if self.begun == self.position {
            return Ok(());
        }
        if self.whole {
            self.read_policies().await?;
            let states = self.view.encode_dirty(&self.rulebook).map_err(damage)?;
            let written =
                self.making.serve_later(states, Some(&self.checkpoint()), true).map_err(store_error)?;
            written.await.map_err(store_error)?;
            self.view.settle();
        } else {
            self.settle().await?;
            let states = self.view.put_aside().map_err(damage)?;
            self.making.put_aside(states, self.checkpoint()).await.map_err(store_error)?;
            self.begun = self.position;
            return Ok(());
        }
        (self.begun, self.kept) = (self.position, self.position);
        Ok(())
    }

    /// Waits for what is being put aside.
    async fn settle(&mut self) -> Result<(), Refusal> {
        if let Some(position) = self.making.settle().await.map_err(store_error)? {
            self.kept = position;
        }
        Ok(())
    }

    /// Brings back the states that some events touch, where the view may lack them.
    async fn load(&mut self, events: &[Event]) -> Result<(), Refusal> {
        if !self.partial {
            return Ok(());
        }
        let touched = events.iter().flat_map(projection::keys);
        let keys: BTreeSet<Key> = touched.filter(|key| !self.view.contains(key)).collect();
        self.load_keys(keys.into_iter().collect()).await
    }

    async fn load_keys(&mut self, keys: Vec<Key>) -> Result<(), Refusal> {
        for stored in self.making.load(keys, self.whole).await.map_err(store_error)? {
            let state = State::decode(&stored.key, &stored.bytes).map_err(damage)?;
            self.view.load(stored.key, Some(state));
        }
        Ok(())
    }

    /// The policies as they are where the fold stands.
    async fn read_policies(&mut self) -> Result<(), Refusal> {
        if !self.policies_unread {
            return Ok(());
        }
        let key = Key::policies();
        if self.partial && !self.view.contains(&key) {
            self.load_keys(vec![key.clone()]).await?;
        }
        let published = match self.view.get(&key) {
            Some(State::Policies(published)) => published.clone(),
            _ => Vec::new(),
        };
        self.sum_up_under(&published)
    }

    /// The policies as they are served.
    async fn read_served_policies(&mut self) -> Result<(), Refusal> {
        let query = StateQuery::Exactly(Key::policies());
        let (_, served) = self.store.read_states(&self.ledger, &[query]).await.map_err(store_error)?;
        match served.iter().flatten().next().map(|state| State::decode(&state.key, &state.bytes)) {
            Some(Ok(State::Policies(published))) => self.sum_up_under(&published),
            Some(Ok(_)) | None => Ok(()),
            Some(Err(error)) => Err(damage(error)),
        }
    }

    fn sum_up_under(
        &mut self,
        published: &[(Position, ledger_core::event::PolicyPublished)],
    ) -> Result<(), Refusal> {
        self.rulebook = Rulebook::of(published)
            .map_err(|error| store_error(StoreError::Damaged(format!("a published policy: {error}"))))?;
        self.newest_policy = published.last().map_or(Position(0), |(at, _)| *at);
        self.policies_unread = false;
        Ok(())
    }

    /// Stands at a position without having folded up to it.
    async fn stand_at(&mut self, position: Position) -> Result<(), Refusal> {
        let there = self.store.read_events_at(&self.ledger, &[position]).await.map_err(store_error)?;
        self.event = there.first().map_or([0; 32], |event| Sha256::digest(&event.bytes).into());
        (self.began, self.position) = (position, position);
        Ok(())
    }

    /// Whether a policy was published since the states were written.
    pub(crate) fn has_new_policy(&self) -> bool {
        self.policies_unread || self.newest_policy != self.summed_up
    }

    /// Under the lock of the head: nothing is written by itself any more, nor again once the lock is let go.
    pub(crate) fn lock(&mut self, locked: bool) {
        self.under_lock = locked;
    }

    /// What was folded under the lock, as it is to be stored.
    pub(crate) fn last_states(&self) -> Result<Vec<StoredState>, Refusal> {
        self.view.encode_dirty(&self.rulebook).map_err(damage)
    }

    /// The form of the served states, where it is another than this program's.
    pub(crate) async fn outdated(&self, generation: u32) -> Result<Option<u32>, Refusal> {
        let form = served_form(&*self.store, &self.ledger, generation).await.map_err(store_error)?;
        Ok(form.filter(|form| *form != STATE_FORMAT))
    }

    /// Lets go of a copy of what is served, which is not gone on with: the next need not wait until it was silent for
    /// long. What was folded from the log is kept.
    pub(crate) async fn let_go(self) {
        if self.origin == Origin::Served {
            // Where this fails too, the next waits.
            let _ = self.making.let_go().await;
        }
    }

    /// Gives up what it has made.
    pub(crate) async fn give_up(self) -> Result<(), Refusal> {
        self.making.give_up().await
    }

    /// What it made is served: drops what was served before.
    pub(crate) async fn drop_base(&self) -> Result<(), Refusal> {
        generation::drop_states(&*self.store, &self.ledger, self.base, None).await.map_err(store_error)
    }
}
