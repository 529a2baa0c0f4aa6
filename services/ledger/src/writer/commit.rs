//! Writing a round: a task of its own, so that the next rounds are decided and made ready meanwhile.

use super::round::Sealed;
use super::{Readers, Submission, Verdict};
use ledger_core::id::LedgerId;
use ledger_core::ports::{Append, AppendBatch, Head, Store, StoreError};
use ledger_core::projection::Key;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Why a round was not written.
pub(super) enum Failed {
    /// The round before it was not.
    Before,
    /// The store says so.
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed::Store(error)
    }
}

/// A round that is being written or waits for it.
pub(super) struct Writing {
    /// Gives the calls back, unanswered, where it was not written.
    pub(super) outcome: JoinHandle<Result<(), (Failed, Vec<Submission>)>>,
    /// Its turn is the next round's once it is written; where it fails, nobody's.
    written: Option<oneshot::Receiver<()>>,
}

/// When a round may be written.
enum Turn {
    Now,
    /// When the round before it is written.
    After(oneshot::Receiver<()>),
    /// Another round has taken its place.
    Never,
}

/// Begins to write a round, behind the round before it.
pub(super) fn spawn(
    store: Arc<dyn Store>,
    ledger: LedgerId,
    readers: Readers,
    before: Option<&mut Writing>,
    round: Sealed,
) -> Writing {
    let turn = match before {
        None => Turn::Now,
        Some(before) => before.written.take().map_or(Turn::Never, Turn::After),
    };
    let (done, written) = oneshot::channel();
    let outcome = tokio::spawn(async move {
        let Sealed { calls, verdicts, base, tip, batch, append } = round;
        let events = batch.events.len() as u64;
        let touched: Vec<Key> = batch.states.iter().map(|state| state.key.clone()).collect();
        let expected = readers.remembered.expect();
        match write(store, &ledger, base, batch, append, turn).await {
            Ok(()) => {
                expected.written(base, tip, &touched);
                metrics::counter!("creditbank_events_total").increment(events);
                // Before the next round may move it on.
                readers.head.send_replace(tip);
                // Where no round waits, nobody hears it.
                let _ = done.send(());
                answer(calls, verdicts, tip);
                Ok(())
            }
            Err(failed) => Err((failed, calls)),
        }
    });
    Writing { outcome, written: Some(written) }
}

async fn write(
    store: Arc<dyn Store>,
    ledger: &LedgerId,
    base: Head,
    batch: AppendBatch,
    append: Option<Box<dyn Append>>,
    turn: Turn,
) -> Result<(), Failed> {
    // What was decided under the lock was decided on the head as it is.
    if let Some(append) = append {
        if batch.requests.is_empty() {
            return Ok(append.confirm().await?);
        }
        return Ok(append.commit(batch).await?);
    }
    let prepared = if batch.requests.is_empty() { None } else { Some(store.prepare(ledger, base, batch)?) };
    match turn {
        Turn::Now => {}
        Turn::After(written) => written.await.map_err(|_| Failed::Before)?,
        Turn::Never => return Err(Failed::Before),
    }
    match prepared {
        Some(prepared) => prepared.commit().await?,
        // Nothing is to be written; the verdicts are true if the head is still where it was.
        None => store.confirm(ledger, base).await?,
    }
    Ok(())
}

fn answer(calls: Vec<Submission>, verdicts: Vec<Vec<Verdict>>, head: Head) {
    for (call, mut verdicts) in calls.into_iter().zip(verdicts) {
        for receipt in verdicts.iter_mut().flatten() {
            receipt.head = head.position;
        }
        let Submission { reply, room, .. } = call;
        // Whoever is answered finds room for the next call.
        drop(room);
        // The caller may have gone; what it asked for was written all the same.
        let _ = reply.send(verdicts);
    }
}
