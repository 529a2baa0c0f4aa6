//! Everything a fold made, in order of key: written as it is to be served, and held against what is.

use super::comparison::{Comparing, Comparison};
use super::cursor::{Cursor, newest};
use super::{Origin, Progress, Refold, Stage};
use crate::error::{damage, damaged, store_error};
use ledger_core::Refusal;
use ledger_core::policy::Rulebook;
use ledger_core::ports::{Snapshot, StoreError, StoredState};
use ledger_core::projection::{Key, State};
use std::iter::Peekable;
use std::time::Instant;
use tokio::task::JoinHandle;

/// States of a part that is written while the next is encoded.
const PART: usize = 4_096;

/// The states of a fold in order of key, the newest of each.
struct Sorted<'f> {
    held: Peekable<std::vec::IntoIter<(&'f Key, &'f State)>>,
    cursors: Vec<Cursor>,
    /// The next that stands in the store.
    stored: Option<StoredState>,
    /// What stands in the store has its sums; else it was put aside without.
    whole: bool,
}

/// A state as it is to be served.
struct Finished {
    state: StoredState,
    /// It stands in its place already.
    is_there: bool,
}

impl Sorted<'_> {
    async fn next(&mut self, rulebook: &Rulebook) -> Result<Option<Finished>, Refusal> {
        if self.stored.is_none() {
            self.stored = newest(&mut self.cursors).await.map_err(store_error)?;
        }
        let first = match (self.held.peek(), &self.stored) {
            (Some((key, _)), Some(stored)) => **key <= stored.key,
            (held, _) => held.is_some(),
        };
        if first && let Some((key, state)) = self.held.next() {
            // What is held is newer than what was put aside.
            self.stored.take_if(|stored| stored.key == *key);
            let bytes = state.encode(key, rulebook).map_err(damage)?;
            return Ok(Some(Finished { state: StoredState { key: key.clone(), bytes }, is_there: false }));
        }
        self.stored.take().map(|stored| finish(stored, self.whole, rulebook)).transpose()
    }
}

/// A stored state with its sums under a rulebook.
fn finish(state: StoredState, is_there: bool, rulebook: &Rulebook) -> Result<Finished, Refusal> {
    if is_there && State::is_summed_up(&state.key, &state.bytes, rulebook).map_err(damage)? {
        return Ok(Finished { state, is_there: true });
    }
    let decoded = State::decode(&state.key, &state.bytes).map_err(damage)?;
    let bytes = decoded.encode(&state.key, rulebook).map_err(damage)?;
    Ok(Finished { state: StoredState { key: state.key, bytes }, is_there: false })
}

type Written = JoinHandle<Result<(), StoreError>>;

impl Refold {
    /// Compares what was folded with a snapshot of what is served at the same position. Where it is to be served, it is
    /// written, and stands by itself from then on. None where it was asked to stop.
    pub(crate) async fn write_out(
        &mut self,
        snapshot: Box<dyn Snapshot>,
        writes: bool,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Option<Comparison>, Refusal> {
        self.settle().await?;
        let head = snapshot.head();
        let copies = self.origin == Origin::Served && !self.whole;
        let outdated = self.outdated(head.generation).await?;
        if copies {
            if outdated.is_some() {
                return Err(damaged());
            }
            self.read_served_policies().await?;
            self.stand_at(head.position).await?;
        } else {
            self.read_policies().await?;
        }
        if self.whole {
            // Beside states that a checkpoint calls true there are only such.
            self.put_aside().await?;
        }
        let Some(comparison) = self.compare(snapshot, copies, outdated, writes, progress).await? else {
            return Ok(None);
        };
        self.summed_up = self.newest_policy;
        if writes && !self.whole {
            self.whole = true;
            let checkpoint = super::Checkpoint { parts: Vec::new(), ..self.checkpoint() };
            let kept = self.making.serve_later(Vec::new(), Some(&checkpoint), true).map_err(store_error)?;
            kept.await.map_err(store_error)?;
            self.view.settle();
            self.partial |= copies;
            (self.begun, self.kept) = (self.position, self.position);
            self.making.drop_parts().await.map_err(store_error)?;
        }
        Ok(Some(comparison))
    }

    async fn compare(
        &self,
        snapshot: Box<dyn Snapshot>,
        copies: bool,
        outdated: Option<u32>,
        writes: bool,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<Option<Comparison>, Refusal> {
        let head = snapshot.head().position;
        let mut comparing = Comparing::with(snapshot, outdated).await?;
        let mut sorted = self.in_order(copies);
        let (mut part, mut states, mut writing) = (Vec::new(), 0, None);
        let mut began = Instant::now();
        loop {
            let next = match (copies, comparing.served()) {
                (false, _) => sorted.next(&self.rulebook).await?,
                (true, served) => served
                    .map(|served| finish(served.clone(), true, &self.rulebook))
                    .transpose()?
                    .map(|finished| Finished { is_there: false, ..finished }),
            };
            let ended = next.is_none();
            if let Some(Finished { state, is_there }) = next {
                comparing.meet(&state.key, &state.bytes).await?;
                states += 1;
                if writes && !is_there {
                    part.push(state);
                }
            }
            if ended || states % PART as u64 == 0 {
                progress(Progress { states, ..self.progress(Stage::Comparing, head) });
                self.write_part(&mut part, &mut writing).await?;
                self.rest(began).await;
                began = Instant::now();
                if self.is_stopped() {
                    written(writing.take()).await?;
                    return Ok(None);
                }
            }
            if ended {
                written(writing.take()).await?;
                return comparing.finish().await.map(Some);
            }
        }
    }

    fn in_order(&self, copies: bool) -> Sorted<'_> {
        let (held, cursors) = match (copies, self.whole) {
            (true, _) => (Vec::new(), Vec::new()),
            (_, true) => (Vec::new(), vec![self.making.whole()]),
            (_, false) if self.partial => (self.view.in_order(), self.making.cursors(self.making.parts())),
            (_, false) => (self.view.in_order(), Vec::new()),
        };
        Sorted { held: held.into_iter().peekable(), cursors, stored: None, whole: self.whole }
    }

    /// Begins to write a part, when the one before it is written.
    async fn write_part(
        &self,
        part: &mut Vec<StoredState>,
        writing: &mut Option<Written>,
    ) -> Result<(), Refusal> {
        if part.is_empty() {
            return Ok(());
        }
        written(writing.take()).await?;
        let write = self.making.serve_later(std::mem::take(part), None, false).map_err(store_error)?;
        *writing = Some(tokio::spawn(write));
        Ok(())
    }
}

async fn written(writing: Option<Written>) -> Result<(), Refusal> {
    let Some(writing) = writing else { return Ok(()) };
    let unknown = |_| store_error(StoreError::OutcomeUnknown("a part was not written".to_owned()));
    writing.await.map_err(unknown)?.map_err(store_error)
}
