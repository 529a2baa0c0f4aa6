//! Writing a round: a task of its own, so that the next round is decided meanwhile.

use super::round::Sealed;
use super::{Submission, Verdict};
use ledger_core::id::LedgerId;
use ledger_core::ports::{Head, Store, StoreError};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Why a round was not written.
pub(super) enum Failed {
    /// Somebody else wrote since the head that the round was decided on.
    Moved,
    /// The store says so.
    Store(StoreError),
}

/// A round that is being written; it gives its calls back, unanswered, where it was not.
pub(super) type Writing = JoinHandle<Result<(), (Failed, Vec<Submission>)>>;

pub(super) fn spawn(
    store: Arc<dyn Store>,
    ledger: LedgerId,
    head: watch::Sender<Head>,
    round: Sealed,
) -> Writing {
    tokio::spawn(async move {
        let Sealed { calls, verdicts, base, tip, batch, append } = round;
        let written = async {
            let append = match append {
                Some(append) => append,
                None if batch.requests.is_empty() => {
                    let found = store.head(&ledger).await.map_err(Failed::Store)?;
                    return if found == base { Ok(()) } else { Err(Failed::Moved) };
                }
                None => store.begin_append(&ledger).await.map_err(Failed::Store)?,
            };
            if append.head() != base {
                append.rollback().await;
                return Err(Failed::Moved);
            }
            if batch.requests.is_empty() {
                append.rollback().await;
                return Ok(());
            }
            metrics::counter!("creditbank_events_total").increment(batch.events.len() as u64);
            append.commit(batch).await.map_err(Failed::Store)
        };
        match written.await {
            Ok(()) => {
                head.send_replace(tip);
                answer(calls, verdicts, tip);
                Ok(())
            }
            Err(failed) => Err((failed, calls)),
        }
    })
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
