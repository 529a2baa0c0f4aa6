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

/// What a fold is for: a rebuild and a verification beside it keep out of each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To serve what comes out.
    Rebuild,
    /// To compare it.
    Verify,
}

/// Where the claims of folds are kept: a generation that is never served.
const CLAIMED: u32 = u32::MAX;

impl Purpose {
    fn key(self) -> Key {
        Key::from_stored(match self {
            Purpose::Rebuild => "claims/rebuild",
            Purpose::Verify => "claims/verify",
        })
    }
}

/// The generation of the last fold that began for a purpose.
async fn claimed(store: &dyn Store, ledger: &LedgerId, purpose: Purpose) -> Result<Option<u32>, Refusal> {
    let stored = store.load_generation(ledger, CLAIMED, &[purpose.key()]).await.map_err(store_error)?;
    let bytes = stored.first().and_then(|stored| <[u8; 4]>::try_from(stored.bytes.as_slice()).ok());
    Ok(bytes.map(u32::from_be_bytes))
}

/// A generation that nobody else has: drawn at random, so that folds which begin at the same moment differ.
fn fresh_generation() -> u32 {
    let [.., a, b, c, d] = uuid::Uuid::new_v4().into_bytes();
    u32::from_be_bytes([a, b, c, d]) >> 1 | 1
}

/// A fold of the log from its first event.
pub(crate) struct Refold {
    store: Arc<dyn Store>,
    ledger: LedgerId,
    /// The generation that was served when it began.
    base: u32,
    generation: u32,
    purpose: Purpose,
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
    /// Begins behind nothing, with a generation of its own. The last to begin is the one whose rebuild may be served.
    pub(crate) async fn begin(
        store: Arc<dyn Store>,
        ledger: LedgerId,
        purpose: Purpose,
    ) -> Result<Refold, Refusal> {
        let base = store.head(&ledger).await.map_err(store_error)?.generation;
        let left_behind = claimed(store.as_ref(), &ledger, purpose).await?.filter(|held| *held != base);
        let generation = fresh_generation();
        let claim = StoredState { key: purpose.key(), bytes: generation.to_be_bytes().to_vec() };
        store.write_generation(&ledger, CLAIMED, vec![claim]).await.map_err(store_error)?;
        let mut fold = Refold {
            store,
            ledger,
            base,
            generation,
            purpose,
            view: View::default(),
            rulebook: Rulebook::default(),
            published: Vec::new(),
            spilled: false,
            holds_all: false,
            position: Position(0),
        };
        // What an interrupted fold left behind.
        if let Some(left_behind) = left_behind {
            fold.drop_generation(left_behind).await?;
        }
        fold.look_ahead().await?;
        Ok(fold)
    }

    pub(crate) async fn drop_generation(&self, generation: u32) -> Result<(), Refusal> {
        while self.store.drop_generation(&self.ledger, generation, DROP_PAGE).await.map_err(store_error)? > 0
        {
        }
        Ok(())
    }

    /// Where a later fold for the same purpose has begun, it has cleared what this one spilled.
    pub(crate) async fn still_claims(&self) -> Result<(), Refusal> {
        if claimed(self.store.as_ref(), &self.ledger, self.purpose).await? == Some(self.generation) {
            return Ok(());
        }
        Err(store_error(StoreError::Unavailable("another of the same has begun since".to_owned())))
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
    let mut fold = Refold::begin(Arc::clone(&store), ledger.clone(), Purpose::Rebuild).await?;
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
        fold.still_claims().await?;
        if head.generation != fold.base {
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
