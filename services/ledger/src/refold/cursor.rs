//! Stored states in order of key, of one number or the newest of several.

use ledger_core::id::LedgerId;
use ledger_core::ports::{Store, StoreError, StoredState};
use ledger_core::projection::Key;
use std::sync::Arc;

/// States read at a time.
const PAGE: u32 = 4_096;

/// States that are stored under a number, in order of key.
pub(super) struct Cursor {
    store: Arc<dyn Store>,
    ledger: LedgerId,
    number: u32,
    page: std::iter::Peekable<std::vec::IntoIter<StoredState>>,
    after: Option<Key>,
    ended: bool,
}

impl Cursor {
    pub(super) fn new(store: Arc<dyn Store>, ledger: LedgerId, number: u32) -> Cursor {
        Cursor { store, ledger, number, page: Vec::new().into_iter().peekable(), after: None, ended: false }
    }

    /// The next state, which stays.
    pub(super) async fn peek(&mut self) -> Result<Option<&StoredState>, StoreError> {
        if self.page.peek().is_none() && !self.ended {
            let page =
                self.store.scan_generation(&self.ledger, self.number, self.after.as_ref(), PAGE).await?;
            self.ended = page.len() < PAGE as usize;
            self.after = page.last().map(|state| state.key.clone());
            self.page = page.into_iter().peekable();
        }
        Ok(self.page.peek())
    }

    /// Takes the state that was peeked at.
    pub(super) fn take(&mut self) -> Option<StoredState> {
        self.page.next()
    }
}

/// The next state in order of key, from the first cursor that has it; the others pass over it.
pub(super) async fn newest(cursors: &mut [Cursor]) -> Result<Option<StoredState>, StoreError> {
    let mut least: Option<Key> = None;
    for cursor in cursors.iter_mut() {
        if let Some(state) = cursor.peek().await?
            && least.as_ref().is_none_or(|least| state.key < *least)
        {
            least = Some(state.key.clone());
        }
    }
    let Some(least) = least else { return Ok(None) };
    let mut found = None;
    for cursor in cursors.iter_mut() {
        if cursor.peek().await?.is_some_and(|state| state.key == least) {
            let state = cursor.take();
            found = found.or(state);
        }
    }
    Ok(found)
}
