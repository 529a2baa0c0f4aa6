//! Reversals of whole batches that are under way, or were done lately.

use crate::desk::Desk;
use crate::line::Line;
use crate::stop::{Refused, Stop};
use creditbank_grpc::proto;
use creditbank_posting::{Undone, reverse_batch};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Reversals that are remembered (our own default); one that is done makes room for another.
const MOST: usize = 32;

/// What has become of a reversal.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// It waits or runs.
    Under(Undone),
    Done(Undone),
    /// It did not come to its end: what was reversed stays so.
    Broken(Refused, Undone),
}

/// A reversal.
pub(super) struct Undoing {
    pub(super) ticket: u64,
    begun: Instant,
    standing: Mutex<Standing>,
}

impl Undoing {
    pub(super) fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, standing: Standing) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    fn is_under_way(&self) -> bool {
        matches!(self.standing(), Standing::Under(_))
    }
}

/// The reversals, by the resource name of their batch.
#[derive(Default)]
pub(crate) struct Undoings(Mutex<HashMap<String, Arc<Undoing>>>);

impl Undoings {
    /// The reversal of a batch. Who may see the batch may see how far it has come.
    pub(super) fn find(&self, batch: &str) -> Option<Arc<Undoing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(batch).cloned()
    }

    /// Begins a reversal beside the pages, where none of this batch is under way.
    ///
    /// # Errors
    /// Where too many are.
    pub(super) fn begin(
        &self,
        line: &Arc<Line>,
        desk: &Desk,
        request: proto::ReverseBatchRequest,
    ) -> Result<(), Stop> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&request.name).is_some_and(|undoing| undoing.is_under_way()) {
            return Ok(());
        }
        if held.len() >= MOST {
            let done = held.iter().filter(|(_, undoing)| !undoing.is_under_way());
            let oldest = done.min_by_key(|(_, undoing)| undoing.begun).map(|(name, _)| name.clone());
            held.remove(&oldest.ok_or(Stop::Busy)?);
        }
        let standing = Mutex::new(Standing::Under(Undone::default()));
        let undoing = Arc::new(Undoing { ticket: line.draw(), begun: Instant::now(), standing });
        held.insert(request.name.clone(), Arc::clone(&undoing));
        let (line, corrections) = (Arc::clone(line), desk.corrections());
        tokio::spawn(async move {
            let _room = line.turn(undoing.ticket).await;
            let hear = |undone: &Undone| undoing.set(Standing::Under(undone.clone()));
            let standing = match reverse_batch(&corrections, &request, hear).await {
                Ok(undone) => Standing::Done(undone),
                Err(status) => {
                    let (Standing::Under(undone) | Standing::Done(undone) | Standing::Broken(_, undone)) =
                        undoing.standing();
                    Standing::Broken(status.into(), undone)
                }
            };
            undoing.set(standing);
        });
        Ok(())
    }
}
