//! Folding the log anew: in memory as long as the states fit, spilled into a generation of their own beside the live
//! one when they do not. `rebuild` serves what comes out; `verify` compares it with what is served.

use crate::error::{damage, store_error};
use crate::ledger::decode;
use crate::view::View;
use ledger_core::Refusal;
use ledger_core::event::{Event, Fact, PolicyPublished};
use ledger_core::id::LedgerId;
use ledger_core::policy::Rulebook;
use ledger_core::ports::{StateQuery, Store, StoreError, StoredState};
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::Position;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Events read at a time.
const PAGE: u32 = 4_096;
/// States held in memory before they are spilled (our own default): some 200 MiB.
const MAX_HELD: usize = 200_000;
/// The tail that is folded under the lock of the head.
const TAIL: u64 = 2_000;
/// States removed at a time when an old generation is dropped.
const DROP_PAGE: u32 = 10_000;

/// How far a fold has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Folded up to here.
    pub position: Position,
    /// Of so many.
    pub head: Position,
}

/// A fold of the log from its first event.
pub(crate) struct Refold {
    store: Arc<dyn Store>,
    ledger: LedgerId,
    generation: u32,
    view: View,
    /// The policies up to here, or those of the whole log where they could be read beforehand: then no summary is
    /// made twice.
    rulebook: Rulebook,
    published: Vec<(Position, PolicyPublished)>,
    spilled: bool,
    /// Under the lock of the head nothing can be spilled.
    holds_all: bool,
    pub(crate) position: Position,
}

impl Refold {
    /// Begins behind nothing, with a generation that nobody serves.
    pub(crate) async fn begin(store: Arc<dyn Store>, ledger: LedgerId) -> Result<Refold, Refusal> {
        let generation = store.head(&ledger).await.map_err(store_error)?.generation + 1;
        let mut fold = Refold {
            store,
            ledger,
            generation,
            view: View::default(),
            rulebook: Rulebook::default(),
            published: Vec::new(),
            spilled: false,
            holds_all: false,
            position: Position(0),
        };
        // What an interrupted rebuild left behind.
        fold.drop_generation(generation).await?;
        fold.look_ahead().await?;
        Ok(fold)
    }

    pub(crate) async fn drop_generation(&self, generation: u32) -> Result<(), Refusal> {
        while self.store.drop_generation(&self.ledger, generation, DROP_PAGE).await.map_err(store_error)? > 0
        {
        }
        Ok(())
    }

    pub(crate) async fn drop_own(&self) -> Result<(), Refusal> {
        if self.spilled { self.drop_generation(self.generation).await } else { Ok(()) }
    }

    /// Folds up to a position; `each` sees every event.
    pub(crate) async fn advance(
        &mut self,
        to: Position,
        mut each: impl FnMut(&Event) -> Result<(), Refusal>,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<(), Refusal> {
        while self.position < to {
            let left = u32::try_from(to.0 - self.position.0).unwrap_or(u32::MAX);
            let first = self.position.next();
            let stored =
                self.store.read_events(&self.ledger, first, left.min(PAGE)).await.map_err(store_error)?;
            if stored.is_empty() {
                return Err(store_error(StoreError::Damaged(format!(
                    "the log ends before its head at {first}"
                ))));
            }
            let mut events = Vec::with_capacity(stored.len());
            for stored in &stored {
                let event = decode(&stored.bytes)?;
                if event.position != stored.position || event.ledger != self.ledger {
                    let at = stored.position;
                    return Err(store_error(StoreError::Damaged(format!(
                        "event {at} stands in another's place"
                    ))));
                }
                events.push(event);
            }
            self.load(&events).await?;
            for event in &events {
                projection::apply(&mut self.view, event).map_err(damage)?;
                if let Fact::PolicyPublished(policy) = &event.fact {
                    self.learn(event.position, policy)?;
                }
                each(event)?;
                self.position = event.position;
            }
            if self.view.len() > MAX_HELD && !self.holds_all {
                self.spill().await?;
            }
            progress(Progress { position: self.position, head: to });
        }
        Ok(())
    }

    fn learn(&mut self, at: Position, policy: &PolicyPublished) -> Result<(), Refusal> {
        if self.published.iter().any(|(held, _)| *held == at) {
            return Ok(());
        }
        self.published.push((at, policy.clone()));
        self.rulebook = Rulebook::of(&self.published)
            .map_err(|error| store_error(StoreError::Damaged(format!("policy of event {at}: {error}"))))?;
        Ok(())
    }

    /// Looks up the policies that are published further on in the log. Where they are is taken from what is served;
    /// what they say, from the log. What cannot be read is learned when the fold comes to it.
    async fn look_ahead(&mut self) -> Result<(), Refusal> {
        let query = StateQuery::Exactly(Key::policies());
        let served = self.store.read_states(&self.ledger, &[query]).await.map_err(store_error)?.1;
        let decoded = served.first().and_then(|states| states.first());
        let Some(Ok(State::Policies(served))) = decoded.map(|s| State::decode(&s.key, &s.bytes)) else {
            return Ok(());
        };
        let places: Vec<Position> = served.iter().map(|(at, _)| *at).collect();
        for stored in self.store.read_events_at(&self.ledger, &places).await.map_err(store_error)? {
            if let Fact::PolicyPublished(policy) = &decode(&stored.bytes)?.fact {
                self.learn(stored.position, policy)?;
            }
        }
        Ok(())
    }

    /// Brings back the spilled states that some events touch.
    async fn load(&mut self, events: &[Event]) -> Result<(), Refusal> {
        if !self.spilled {
            return Ok(());
        }
        let touched = events.iter().flat_map(projection::keys);
        let keys: BTreeSet<Key> = touched.filter(|key| !self.view.contains(key)).collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let found = self.store.load_generation(&self.ledger, self.generation, &keys).await;
        for stored in found.map_err(store_error)? {
            let state = State::decode(&stored.key, &stored.bytes).map_err(damage)?;
            self.view.load(stored.key, Some(state));
        }
        Ok(())
    }

    fn encode(&self) -> Result<Vec<StoredState>, Refusal> {
        self.view.encode_dirty(&self.rulebook).map_err(damage)
    }

    async fn spill(&mut self) -> Result<(), Refusal> {
        let states = self.encode()?;
        self.store.write_generation(&self.ledger, self.generation, states).await.map_err(store_error)?;
        self.view.clear();
        self.spilled = true;
        Ok(())
    }

    /// The folded states of some keys, as they would be stored.
    pub(crate) async fn states(&self, keys: &[Key]) -> Result<Vec<StoredState>, Refusal> {
        let mut found = Vec::with_capacity(keys.len());
        let mut spilled = Vec::new();
        for key in keys {
            match self.view.get(key) {
                Some(state) => {
                    let bytes = state.encode(key, &self.rulebook).map_err(damage)?;
                    found.push(StoredState { key: key.clone(), bytes });
                }
                None => spilled.push(key.clone()),
            }
        }
        if self.spilled && !spilled.is_empty() {
            let stored = self.store.load_generation(&self.ledger, self.generation, &spilled).await;
            found.extend(stored.map_err(store_error)?);
        }
        Ok(found)
    }

    /// Spills nothing from now on: whoever holds the lock of the head cannot write a generation too.
    pub(crate) fn hold_all(&mut self) {
        self.holds_all = true;
    }

    /// Folded states that a generation does not have.
    pub(crate) async fn keys_not_in(&self, generation: u32) -> Result<Vec<Key>, Refusal> {
        let mut missing = self.absent(self.view.keys(), generation).await?;
        let mut after: Option<Key> = None;
        if !self.spilled {
            return Ok(missing);
        }
        loop {
            let page = self.store.scan_generation(&self.ledger, self.generation, after.as_ref(), PAGE).await;
            let page = page.map_err(store_error)?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            missing.extend(self.absent(page.into_iter().map(|state| state.key).collect(), generation).await?);
        }
        Ok(missing)
    }

    async fn absent(&self, keys: Vec<Key>, generation: u32) -> Result<Vec<Key>, Refusal> {
        let mut absent = Vec::new();
        for keys in keys.chunks(PAGE as usize) {
            let found =
                self.store.load_generation(&self.ledger, generation, keys).await.map_err(store_error)?;
            let found: BTreeSet<Key> = found.into_iter().map(|state| state.key).collect();
            absent.extend(keys.iter().filter(|key| !found.contains(*key)).cloned());
        }
        Ok(absent)
    }
}

/// Folds all states anew and serves them, while others read and write. Interrupted, it leaves the served states as
/// they were; the next run clears what it had begun.
///
/// # Errors
/// What the store says.
pub async fn rebuild(
    store: Arc<dyn Store>,
    ledger: &LedgerId,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Position, Refusal> {
    let mut fold = Refold::begin(Arc::clone(&store), ledger.clone()).await?;
    loop {
        let head = store.head(ledger).await.map_err(store_error)?;
        if head.position.0 - fold.position.0 <= TAIL {
            break;
        }
        fold.advance(head.position, |_| Ok(()), &mut progress).await?;
        // All but the last of it is written before the lock is taken.
        fold.spill().await?;
    }
    fold.hold_all();
    let append = store.begin_append(ledger).await.map_err(store_error)?;
    let head = append.head();
    let last = async {
        if head.generation + 1 != fold.generation {
            return Err(store_error(StoreError::Unavailable("another rebuild was faster".to_owned())));
        }
        fold.advance(head.position, |_| Ok(()), &mut progress).await?;
        fold.encode()
    };
    let states = match last.await {
        Ok(states) => states,
        Err(refusal) => {
            append.rollback().await;
            return Err(refusal);
        }
    };
    append.switch_generation(fold.generation, states).await.map_err(store_error)?;
    fold.drop_generation(head.generation).await?;
    Ok(head.position)
}
