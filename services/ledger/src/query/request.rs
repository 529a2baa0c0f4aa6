//! What became of a request, by the id that its client gave it.

use super::entries::ListedEntry;
use crate::error::store_error;
use crate::ledger::{Ledger, decode};
use ledger_core::event::Event;
use ledger_core::id::{OrganizationId, RequestId};
use ledger_core::ports::RequestKey;
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;

impl Ledger {
    /// The events that a request made, in order of position, each with the place of its reversal; and the position that
    /// this is true at.
    ///
    /// # Errors
    /// `ENTRY_NOT_FOUND` where no such request was accepted.
    pub async fn find_request(
        &self,
        poster: &OrganizationId,
        request_id: &RequestId,
        min_position: Position,
    ) -> Result<(Vec<ListedEntry>, Position), Refusal> {
        let (reached, _) = self.read_states(min_position, Vec::new()).await?;
        let key = RequestKey { poster: Some(poster.clone()), request_id: request_id.clone() };
        let (store, id) = (Arc::clone(&self.store), self.id().clone());
        // In a task of its own, which a dropped call does not cancel.
        let found = tokio::spawn(async move { store.find_requests(&id, &[key]).await });
        let found = found.await.map_err(|_| crate::error::damaged())?.map_err(store_error)?;
        let Some(record) = found.into_iter().flatten().next().filter(|record| record.events > 0) else {
            return Err(Refusal::field(
                Reason::EntryNotFound,
                "request_id",
                "這個請求號沒有記過任何記錄，可以照原樣再送。\
                 Nothing was recorded under this request id: the request can be sent as it is.",
            ));
        };
        let stored = self.read_events(record.position, record.events).await?;
        let events: Vec<Event> =
            stored.iter().map(|stored| decode(&stored.bytes)).collect::<Result<_, _>>()?;
        let last = events.last().map_or(reached, |event| event.position);
        let (reached, reversed) = self.reversals(&events, reached.max(last)).await?;
        let listed = events.into_iter().map(|event| {
            let reversed_at = reversed.get(&event.position).copied();
            ListedEntry { event, reversed_at }
        });
        Ok((listed.collect(), reached))
    }
}
