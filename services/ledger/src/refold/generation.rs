//! The generation a fold makes: who may write to it, and the parts that its states are put aside in.
//!
//! While the log is folded, states that were touched are put aside from time to time, each time in a new *part*: a
//! number of its own in the store, so that it can be written in many small transactions while others post. Only the
//! checkpoint, in the last of them, makes the part count. A fold that is killed half-way through a part goes on from
//! the part before it, and what it had begun is dropped.

use super::checkpoint::{Checkpoint, Origin};
use super::cursor::{Cursor, newest};
use crate::error::store_error;
use ledger_core::Refusal;
use ledger_core::id::LedgerId;
use ledger_core::ports::{Claim, Generation, GenerationWrite, Purpose, Store, StoreError, StoredState};
use ledger_core::projection::{Key, STATE_FORMAT};
use ledger_core::quantity::Position;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The bits of a number that name a part of a generation. The generation itself has none of them set.
const PART: u32 = 0xff;
/// Parts after which all are put into the oldest (our own default): a state is looked for in each of them.
const MAX_PARTS: usize = 8;
/// States read at a time while parts are put together.
const PAGE: u32 = 4_096;
/// States removed at a time.
const DROP_PAGE: u32 = 4_096;
/// A verification that was not heard of for so long has ended without clearing up (our own default): 10 minutes.
const SILENT_US: i64 = 600_000_000;
/// Sums that another makes anew are left to it as long as it was heard of within this time (our own default): a minute.
const RECENT_US: i64 = 60_000_000;
/// How often whoever makes a generation lets itself be heard of (our own default), also while it writes nothing.
const HEARD: Duration = Duration::from_secs(2);

/// A generation that is being made.
pub(super) struct Making {
    store: Arc<dyn Store>,
    ledger: LedgerId,
    claim: Claim,
    /// Lets itself be heard of as long as this is kept; there once it is entered in the store. A verification that holds
    /// all in memory leaves no trace.
    entered: Option<oneshot::Sender<Infallible>>,
    purpose: Purpose,
    /// The parts that count, oldest first.
    parts: Vec<u8>,
    /// The part that is being written.
    begun: Option<Begun>,
}

/// A part that is being written, and what will be true with it.
struct Begun {
    part: u8,
    checkpoint: Checkpoint,
    task: JoinHandle<Result<(), StoreError>>,
}

pub(super) fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Random numbers: a generation that nobody else has, and a holder.
fn draw() -> (u32, i64) {
    let [a, b, c, d, holder @ .., _, _, _, _] = uuid::Uuid::new_v4().into_bytes();
    ((u32::from_be_bytes([a, b, c, d]) >> 1 & !PART).max(PART + 1), i64::from_be_bytes(holder))
}

/// Whether a checkpoint is one of this log.
async fn fits(store: &dyn Store, ledger: &LedgerId, checkpoint: &Checkpoint) -> Result<bool, StoreError> {
    if checkpoint.position == Position(0) {
        return Ok(true);
    }
    let there = store.read_events_at(ledger, &[checkpoint.position]).await?;
    Ok(there.first().is_some_and(|event| <[u8; 32]>::from(Sha256::digest(&event.bytes)) == checkpoint.event))
}

impl Making {
    /// Begins a generation, or goes on with one that was left behind: also with one that another works on, which finds
    /// out when it writes next. Verifications each have their own, and sums that another makes anew are left to it:
    /// two that both took over would never end.
    pub(super) async fn begin(
        store: Arc<dyn Store>,
        ledger: LedgerId,
        purpose: Purpose,
        origin: Origin,
    ) -> Result<(Making, Checkpoint), StoreError> {
        let (number, holder) = draw();
        let claim = Claim { generation: number, holder };
        let beginning = Checkpoint::beginning(origin);
        let mut making =
            Making { store, ledger, claim, entered: None, purpose, parts: Vec::new(), begun: None };
        let mut from = beginning;
        if purpose == Purpose::Rebuild {
            for left in making.store.generations(&making.ledger).await? {
                if left.purpose == Purpose::Rebuild
                    && let Some(checkpoint) = making.take_over(left, holder, origin).await?
                {
                    from = checkpoint;
                }
            }
            if making.entered.is_none() {
                making.enter(&from).await?;
            }
        }
        making.parts.clone_from(&from.parts);
        making.clear().await?;
        Ok((making, from))
    }

    /// Goes on with a rebuild that was begun before, where it can; one that nobody can go on with is given up. A rebuild
    /// of another origin is left to its own. A copy of what was served is not gone on with: what is served may be another
    /// generation by now, mended by a rebuild.
    async fn take_over(
        &mut self,
        left: Generation,
        holder: i64,
        origin: Origin,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let checkpoint = Checkpoint::decode(&left.checkpoint).filter(|_| left.format == STATE_FORMAT);
        if checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.origin != origin) {
            return Ok(None);
        }
        if checkpoint.is_some() && origin == Origin::Served && now_us() - left.heard_of_us < RECENT_US {
            return Err(StoreError::Superseded);
        }
        if let Some(checkpoint) = checkpoint
            && self.entered.is_none()
            && origin != Origin::Served
            && fits(&*self.store, &self.ledger, &checkpoint).await?
        {
            let taken = Generation { holder, heard_of_us: now_us(), ..left };
            self.store.claim_generation(&self.ledger, &taken, Some(left.holder)).await?;
            self.claim = taken.claim();
            self.entered = Some(self.be_heard_of());
            return Ok(Some(checkpoint));
        }
        self.store.release_generation(&self.ledger, left.claim()).await?;
        Ok(None)
    }

    async fn enter(&mut self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let generation = Generation {
            number: self.claim.generation,
            format: STATE_FORMAT,
            purpose: self.purpose,
            holder: self.claim.holder,
            heard_of_us: now_us(),
            checkpoint: bytes(checkpoint)?,
        };
        self.store.claim_generation(&self.ledger, &generation, None).await?;
        self.entered = Some(self.be_heard_of());
        Ok(())
    }

    /// Lets the holder be heard of until what it answers is dropped, or another has taken over.
    fn be_heard_of(&self) -> oneshot::Sender<Infallible> {
        let (kept, mut ended) = oneshot::channel();
        let (store, ledger, claim) = (Arc::clone(&self.store), self.ledger.clone(), self.claim);
        tokio::spawn(async move {
            while tokio::time::timeout(HEARD, &mut ended).await.is_err() {
                let written = store.write_generation(&ledger, nothing(claim)).await;
                if written == Err(StoreError::Superseded) {
                    return;
                }
            }
        });
        kept
    }

    /// Drops what was left behind: states of no generation that is served or being made, and parts of this one that
    /// do not count.
    async fn clear(&self) -> Result<(), StoreError> {
        // These first: what is stored by now and is being made is entered by now.
        let stored = self.store.stored_generations(&self.ledger).await?;
        let mut alive = BTreeSet::new();
        for held in self.store.generations(&self.ledger).await? {
            let silent = held.purpose == Purpose::Verify && now_us() - held.heard_of_us > SILENT_US;
            if silent {
                self.store.release_generation(&self.ledger, held.claim()).await?;
            } else {
                alive.insert(held.number);
            }
        }
        for number in stored {
            let own = self.entered.is_some() && number & !PART == self.claim.generation;
            let counts = if own {
                number & PART == 0 || self.parts.contains(&u8::try_from(number & PART).unwrap_or(0))
            } else {
                alive.contains(&number) || alive.contains(&(number & !PART))
            };
            if !counts {
                let claim = self.entered.is_some().then_some(self.claim);
                drop_states(&*self.store, &self.ledger, number, claim).await?;
            }
        }
        Ok(())
    }

    pub(super) fn claim(&self) -> Claim {
        self.claim
    }

    /// The parts that count, oldest first.
    pub(super) fn parts(&self) -> &[u8] {
        &self.parts
    }

    /// The number that a part is stored under.
    pub(super) fn stored_under(&self, part: u8) -> u32 {
        self.claim.generation | u32::from(part)
    }

    fn write(&self, number: u32, states: Vec<StoredState>) -> GenerationWrite {
        GenerationWrite { number, states, ..nothing(self.claim) }
    }

    /// Begins to put states aside in a new part, with a checkpoint that is true with them; [`Making::settle`] waits for
    /// it. There is one at a time.
    pub(super) async fn put_aside(
        &mut self,
        states: Vec<StoredState>,
        mut checkpoint: Checkpoint,
    ) -> Result<(), StoreError> {
        self.settle().await?;
        if self.entered.is_none() {
            self.enter(&Checkpoint::beginning(checkpoint.origin)).await?;
        }
        let part = self.free_part();
        checkpoint.parts = self.parts.clone();
        checkpoint.parts.push(part);
        let mut write = self.write(self.stored_under(part), states);
        write.checkpoint = Some(bytes(&checkpoint)?);
        let (store, ledger) = (Arc::clone(&self.store), self.ledger.clone());
        let task = tokio::spawn(async move { store.write_generation(&ledger, write).await });
        self.begun = Some(Begun { part, checkpoint, task });
        Ok(())
    }

    /// Waits for the part that is being written; up to where the checkpoint is that counts then.
    pub(super) async fn settle(&mut self) -> Result<Option<Position>, StoreError> {
        let Some(Begun { part, checkpoint, task }) = self.begun.take() else { return Ok(None) };
        task.await.map_err(|error| StoreError::OutcomeUnknown(error.to_string()))??;
        let position = checkpoint.position;
        self.parts.push(part);
        if self.parts.len() > MAX_PARTS {
            self.put_together(checkpoint).await?;
        }
        Ok(Some(position))
    }

    /// A part number that is not in use; there are at most nine in use.
    fn free_part(&self) -> u8 {
        (1..=u8::MAX).find(|part| !self.parts.contains(part)).unwrap_or(u8::MAX)
    }

    /// Puts all parts into the oldest. What is written twice after a kill is the same, and hidden by the part it came
    /// from as long as that counts.
    async fn put_together(&mut self, mut checkpoint: Checkpoint) -> Result<(), StoreError> {
        let Some((oldest, newer)) = self.parts.clone().split_first().map(|(o, n)| (*o, n.to_vec())) else {
            return Ok(());
        };
        let mut cursors = self.cursors(&newer);
        let mut states = Vec::new();
        loop {
            let next = newest(&mut cursors).await?;
            let done = next.is_none();
            states.extend(next);
            if done || states.len() >= PAGE as usize {
                let mut write = self.write(self.stored_under(oldest), std::mem::take(&mut states));
                if done {
                    checkpoint.parts = vec![oldest];
                    write.checkpoint = Some(bytes(&checkpoint)?);
                }
                self.store.write_generation(&self.ledger, write).await?;
            }
            if done {
                break;
            }
        }
        self.parts = vec![oldest];
        for part in newer {
            self.drop_part(part).await?;
        }
        Ok(())
    }

    /// Drops a part, as long as the generation is its holder's: whoever took it over may use the number anew.
    async fn drop_part(&self, part: u8) -> Result<(), StoreError> {
        drop_states(&*self.store, &self.ledger, self.stored_under(part), Some(self.claim)).await
    }

    /// Cursors over parts, the newest first.
    pub(super) fn cursors(&self, parts: &[u8]) -> Vec<Cursor> {
        let numbers = parts.iter().rev().map(|part| self.stored_under(*part));
        numbers.map(|number| Cursor::new(Arc::clone(&self.store), self.ledger.clone(), number)).collect()
    }

    /// A cursor over the generation itself.
    pub(super) fn whole(&self) -> Cursor {
        Cursor::new(Arc::clone(&self.store), self.ledger.clone(), self.claim.generation)
    }

    /// Writes states of the generation itself, as they will be served; a checkpoint in the last transaction. One
    /// transaction where they are few and stand beside others that a checkpoint calls true.
    pub(super) fn serve_later(
        &self,
        states: Vec<StoredState>,
        checkpoint: Option<&Checkpoint>,
        at_once: bool,
    ) -> Result<impl Future<Output = Result<(), StoreError>> + Send + use<>, StoreError> {
        let mut write = self.write(self.claim.generation, states);
        write.checkpoint = checkpoint.map(bytes).transpose()?;
        write.at_once = at_once;
        let (store, ledger) = (Arc::clone(&self.store), self.ledger.clone());
        Ok(async move { store.write_generation(&ledger, write).await })
    }

    /// The generation stands by itself from now on: its parts are dropped.
    pub(super) async fn drop_parts(&mut self) -> Result<(), StoreError> {
        for part in std::mem::take(&mut self.parts) {
            self.drop_part(part).await?;
        }
        Ok(())
    }

    /// The stored states of some keys, the newest of each.
    pub(super) async fn load(&self, mut keys: Vec<Key>, whole: bool) -> Result<Vec<StoredState>, StoreError> {
        let mut found = Vec::new();
        let parts = self.parts.iter().rev().map(|part| self.stored_under(*part));
        for number in parts.chain(whole.then_some(self.claim.generation)) {
            let states = self.store.load_generation(&self.ledger, number, &keys).await?;
            if !states.is_empty() {
                let here: BTreeSet<&Key> = states.iter().map(|state| &state.key).collect();
                keys.retain(|key| !here.contains(key));
            }
            found.extend(states);
        }
        Ok(found)
    }

    /// Gives it up and drops its states.
    pub(super) async fn give_up(mut self) -> Result<(), Refusal> {
        // What is being written may have failed; nobody needs it any more.
        let _ = self.settle().await;
        if self.entered.is_none() {
            return Ok(());
        }
        self.drop_parts().await.map_err(store_error)?;
        self.let_go().await
    }

    /// Gives it up; its states are dropped by whoever clears up next.
    pub(super) async fn let_go(mut self) -> Result<(), Refusal> {
        let _ = self.settle().await;
        self.entered = None;
        self.store.release_generation(&self.ledger, self.claim).await.map_err(store_error)
    }
}

/// A write of nothing, by which the holder is heard of.
fn nothing(claim: Claim) -> GenerationWrite {
    GenerationWrite {
        claim,
        heard_of_us: now_us(),
        number: claim.generation,
        states: Vec::new(),
        checkpoint: None,
        at_once: false,
    }
}

fn bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>, StoreError> {
    checkpoint.encode().map_err(|error| StoreError::Damaged(format!("a checkpoint: {error}")))
}

/// Drops the states that are stored under a number, as long as a claim is true, if one is given. A number of no generation
/// that is served or being made is never used anew.
pub(super) async fn drop_states(
    store: &dyn Store,
    ledger: &LedgerId,
    number: u32,
    claim: Option<Claim>,
) -> Result<(), StoreError> {
    while store.drop_generation(ledger, number, DROP_PAGE, claim).await? > 0 {}
    Ok(())
}

/// Throws away rebuilds that were begun; how many there were.
///
/// # Errors
/// What the store says.
pub async fn discard(store: &dyn Store, ledger: &LedgerId) -> Result<usize, Refusal> {
    let mut discarded = 0;
    for left in store.generations(ledger).await.map_err(store_error)? {
        if left.purpose != Purpose::Rebuild {
            continue;
        }
        store.release_generation(ledger, left.claim()).await.map_err(store_error)?;
        let kept = store.generations(ledger).await.map_err(store_error)?;
        if kept.iter().any(|kept| kept.number == left.number) {
            // Another took it over just then, and goes on with its parts.
            return Err(store_error(StoreError::Superseded));
        }
        discarded += 1;
        for number in store.stored_generations(ledger).await.map_err(store_error)? {
            if number & !PART == left.number {
                drop_states(store, ledger, number, None).await.map_err(store_error)?;
            }
        }
    }
    Ok(discarded)
}
