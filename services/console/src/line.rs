//! Work that is done beside the pages: a few at a time, in the order in which it came.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Jobs at once (our own default).
const AT_ONCE: usize = 4;

/// Jobs that wait, and room for those that run.
pub(crate) struct Line {
    room: Arc<Semaphore>,
    next: AtomicU64,
    waiting: Mutex<BTreeSet<u64>>,
}

impl Default for Line {
    fn default() -> Line {
        Line {
            room: Arc::new(Semaphore::new(AT_ONCE)),
            next: AtomicU64::new(1),
            waiting: Mutex::new(BTreeSet::new()),
        }
    }
}

impl Line {
    /// A number in the line.
    pub(crate) fn draw(&self) -> u64 {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket);
        ticket
    }

    /// Waits for its turn. The room is held until the permit is let go of.
    pub(crate) async fn turn(&self, ticket: u64) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        self.leave(ticket);
        permit
    }

    /// Leaves the line.
    pub(crate) fn leave(&self, ticket: u64) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket);
    }

    /// Its place among those that wait, from 1; none where it waits no more.
    pub(crate) fn place(&self, ticket: u64) -> Option<usize> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.contains(&ticket).then(|| waiting.range(..=ticket).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn four_run_and_the_others_know_their_place() {
        let line = Line::default();
        let mut running = Vec::new();
        for _ in 0..AT_ONCE {
            running.push(line.turn(line.draw()).await);
        }
        let (fifth, sixth) = (line.draw(), line.draw());
        assert_eq!((line.place(fifth), line.place(sixth)), (Some(1), Some(2)));
        running.pop();
        let permit = line.turn(fifth).await;
        assert!(permit.is_some());
        assert_eq!((line.place(fifth), line.place(sixth)), (None, Some(1)));
    }
}
