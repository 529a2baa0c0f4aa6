//! Following the log: every event once, in order, without a hole; first what is there, then what comes.

use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::ports::StoredEvent;
use ledger_core::quantity::Position;
use std::sync::Arc;
use std::time::Duration;

/// Events of one page.
const PAGE: u32 = 512;
/// How often the store is asked, in case another process writes to it.
const POLL: Duration = Duration::from_millis(500);

impl Ledger {
    /// Hands pages of events after a position to `sink` until it says stop.
    ///
    /// # Errors
    /// What the store says; a hole in the log is damage, never skipped.
    pub async fn follow<S, F>(self: Arc<Self>, after: Position, mut sink: S) -> Result<(), Refusal>
    where
        S: FnMut(Vec<StoredEvent>) -> F,
        F: Future<Output = bool>,
    {
        let mut head = self.watch_head();
        let mut next = after.next();
        loop {
            head.borrow_and_update();
            let page = self.read_events(next, PAGE).await?;
            if let Some(last) = page.last() {
                next = last.position.next();
                if !sink(page).await {
                    return Ok(());
                }
                continue;
            }
            if let Ok(Err(_)) = tokio::time::timeout(POLL, head.changed()).await {
                // The writer has stopped: the service is going down.
                return Ok(());
            }
            if !sink(Vec::new()).await {
                return Ok(());
            }
        }
    }
}
