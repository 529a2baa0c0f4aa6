//! The log, read and decoded ahead of the fold: one task waits for the store, another decodes, and the fold never
//! waits for either as long as they keep up.

use crate::error::store_error;
use crate::ledger::decode;
use ledger_core::Refusal;
use ledger_core::event::Event;
use ledger_core::id::LedgerId;
use ledger_core::ports::{Store, StoreError, StoredEvent};
use ledger_core::quantity::Position;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Events of a page.
pub(super) const PAGE: u32 = 4_096;
/// Pages that wait between two tasks.
const AHEAD: usize = 2;

/// Events in order, without a hole.
pub(super) struct Page {
    /// The events.
    pub(super) events: Vec<Event>,
    /// The bytes of the last.
    pub(super) last: Vec<u8>,
}

/// Pages of the events behind one position, up to another.
pub(super) struct Pages(mpsc::Receiver<Result<Page, Refusal>>);

impl Pages {
    /// Begins to read. Both tasks end when this is dropped.
    pub(super) fn read(
        store: &Arc<dyn Store>,
        ledger: &LedgerId,
        behind: Position,
        to: Position,
        page: u32,
    ) -> Pages {
        let (read, stored) = mpsc::channel(AHEAD);
        let (decoded, pages) = mpsc::channel(AHEAD);
        tokio::spawn(read_all(Arc::clone(store), ledger.clone(), behind, to, page, read));
        tokio::spawn(decode_all(ledger.clone(), stored, decoded));
        Pages(pages)
    }

    /// The next page; none where all were given.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, Refusal> {
        self.0.recv().await.transpose()
    }
}

type Stored = Result<Vec<StoredEvent>, StoreError>;

async fn read_all(
    store: Arc<dyn Store>,
    ledger: LedgerId,
    behind: Position,
    to: Position,
    page: u32,
    read: mpsc::Sender<Stored>,
) {
    let mut next = behind.next();
    while next <= to {
        let left = u32::try_from(to.0 - next.0 + 1).unwrap_or(u32::MAX);
        let stored = store.read_events(&ledger, next, left.min(page)).await.and_then(|events| {
            let hole = || StoreError::Damaged(format!("the log ends before its head at {next}"));
            if events.is_empty() { Err(hole()) } else { Ok(events) }
        });
        let last = stored.as_ref().ok().and_then(|events| events.last()).map(|event| event.position);
        // Nobody may want it any more.
        if read.send(stored).await.is_err() {
            return;
        }
        match last {
            Some(last) => next = last.next(),
            None => return,
        }
    }
}

async fn decode_all(
    ledger: LedgerId,
    mut stored: mpsc::Receiver<Stored>,
    decoded: mpsc::Sender<Result<Page, Refusal>>,
) {
    while let Some(stored) = stored.recv().await {
        let page = stored.map_err(store_error).and_then(|stored| decode_page(&ledger, &stored));
        if decoded.send(page).await.is_err() {
            return;
        }
    }
}

fn decode_page(ledger: &LedgerId, stored: &[StoredEvent]) -> Result<Page, Refusal> {
    let mut events = Vec::with_capacity(stored.len());
    for stored in stored {
        let event = decode(&stored.bytes)?;
        if event.position != stored.position || event.ledger != *ledger {
            let at = stored.position;
            return Err(store_error(StoreError::Damaged(format!("event {at} stands in another's place"))));
        }
        events.push(event);
    }
    let last = stored.last().map(|stored| stored.bytes.clone()).unwrap_or_default();
    Ok(Page { events, last })
}
