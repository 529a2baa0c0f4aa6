//! Corrections: what waits, what was settled, what each consists of.

use super::page::{Page, PageRequest, id_token};
use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::correction::{CorrectionProposed, CorrectionRecord};
use ledger_core::decide::correction_not_found;
use ledger_core::event::{Event, Fact};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::collections::HashMap;

impl Ledger {
    /// What was proposed at a position; it never changes.
    ///
    /// # Errors
    /// `CORRECTION_NOT_FOUND`, or what the store says.
    pub async fn proposal(&self, proposed_at: Position) -> Result<(Event, Box<CorrectionProposed>), Refusal> {
        let event = self.read_events_at(vec![proposed_at]).await?.pop();
        match event.map(|event| (event.fact.clone(), event)) {
            Some((Fact::CorrectionProposed(proposal), event)) => Ok((event, proposal)),
            _ => Err(correction_not_found(proposed_at)),
        }
    }

    /// Where a correction stands.
    ///
    /// # Errors
    /// `CORRECTION_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn correction(
        &self,
        proposed_at: Position,
        min_position: Position,
    ) -> Result<(CorrectionRecord, Position), Refusal> {
        match self.record(Key::correction(proposed_at), min_position).await? {
            (Some(State::Correction(record)), position) => Ok((record, position)),
            _ => Err(correction_not_found(proposed_at)),
        }
    }

    /// A page of corrections in the order they were proposed: all, or those that wait.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn corrections(
        &self,
        open: bool,
        page: &PageRequest,
    ) -> Result<Page<CorrectionRecord>, Refusal> {
        let limit = page.limit()?;
        let after = page.after_id()?.map(|id| Key::from_stored(&format!("corrections/{id}")));
        let (position, answers, more) = if open {
            let (position, waiting) = self.read_state(Position(0), Key::open_corrections()).await?;
            let waiting = match waiting {
                Some(State::OpenCorrections(waiting)) => waiting,
                _ => Vec::new(),
            };
            let keys = waiting.into_iter().map(Key::correction);
            let mut keys: Vec<Key> =
                keys.filter(|key| after.as_ref().is_none_or(|after| key > after)).collect();
            let more = keys.len() > limit as usize;
            keys.truncate(limit as usize);
            // Read after the list: at its position or a later one, which is the answer's.
            let queries = keys.into_iter().map(StateQuery::Exactly).collect();
            let (position, answers) = self.read_states(position, queries).await?;
            (position, answers, more)
        } else {
            let query = StateQuery::Prefix { prefix: "corrections/".to_owned(), after, limit };
            let (position, answers) = self.read_states(Position(0), vec![query]).await?;
            let more = answers.iter().map(Vec::len).sum::<usize>() == limit as usize;
            (position, answers, more)
        };
        let mut items = Vec::new();
        let mut last = None;
        for stored in answers.into_iter().flatten() {
            if let State::Correction(record) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                items.push(record);
            }
            last = Some(stored.key);
        }
        let next_token = last.filter(|_| more).map(|key| id_token(key.last_segment())).unwrap_or_default();
        Ok(Page { items, next_token, position })
    }

    /// The entries at some positions, each by its own number; those that a correction may reverse.
    ///
    /// # Errors
    /// `EVENT_NOT_FOUND`, `ENTRY_NOT_FOUND` or `NOT_REVERSIBLE` at `{field}[{n}].entry`, of the first that is none.
    pub async fn entries_at(&self, positions: &[Position], field: &str) -> Result<Vec<Event>, Refusal> {
        let events = self.read_events_at(positions.to_vec()).await?;
        let mut events: HashMap<Position, Event> =
            events.into_iter().map(|event| (event.position, event)).collect();
        let mut found = Vec::with_capacity(positions.len());
        for (n, position) in positions.iter().enumerate() {
            let refuse =
                |reason, message: String| Err(Refusal::field(reason, format!("{field}[{n}].entry"), message));
            match events.remove(position) {
                Some(event) if matches!(event.fact, Fact::EntryRecorded(_)) => found.push(event),
                Some(event) if matches!(event.fact, Fact::EntryReversed(_)) => {
                    return refuse(
                        Reason::NotReversible,
                        "沖正不能再沖正；若要恢復，請重新記一筆並填 restores。\
                         A reversal cannot be reversed: record the entry anew and fill in restores."
                            .to_owned(),
                    );
                }
                Some(_) => {
                    return refuse(
                        Reason::EntryNotFound,
                        format!("第 {position} 號不是學習記錄。Event {position} is no entry."),
                    );
                }
                None if positions[..n].contains(position) => {
                    return refuse(
                        Reason::FieldInvalid,
                        "同一份更正裡出現兩次，請刪去一項。It stands twice in the correction: remove one of them."
                            .to_owned(),
                    );
                }
                None => {
                    return refuse(
                        Reason::EventNotFound,
                        format!(
                            "沒有第 {position} 號記錄，請查對號碼。There is no event {position}: check the number."
                        ),
                    );
                }
            }
        }
        Ok(found)
    }
}
