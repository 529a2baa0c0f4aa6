//! The newest entries: the same lists as in order of position, read from their end.

use super::entries::ListedEntry;
use super::page::{Page, PageRequest, position_token};
use crate::error::damage;
use crate::ledger::{Ledger, decode};
use ledger_core::Refusal;
use ledger_core::account::{ROLL_WINDOW, Roll};
use ledger_core::event::{Event, Fact};
use ledger_core::id::OrganizationId;
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;

/// Windows of an organisation's rolls that one page looks at: bounds the work of a page of a rare poster.
const ROLLS_PER_PAGE: u64 = 256;

/// Events of the log that one page looks at: bounds the work where entries are rare (our own default).
const EVENTS_PER_PAGE: u64 = 4_096;

/// Events that are read at once (our own default).
const SCANNED_AT_ONCE: u32 = 256;

impl Ledger {
    /// A page of entries, the newest first: of all, or of an organisation.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn newest_entries(
        &self,
        organization: Option<&OrganizationId>,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<ListedEntry>, Refusal> {
        let limit = page.limit()?;
        let (reached, _) = self.read_states(min_position, Vec::new()).await?;
        // Positions below this one.
        let before = match page.after_position()? {
            0 => reached.next(),
            token => Position(token).min(reached.next()),
        };
        let (events, next) = match organization {
            Some(organization) => self.rolled_back(organization, before, limit).await?,
            None => self.scanned_back(before, limit).await?,
        };
        let entries: Vec<Event> =
            events.into_iter().filter(|event| matches!(event.fact, Fact::EntryRecorded(_))).rev().collect();
        let (position, reversed) = self.reversals(&entries, reached).await?;
        let items = entries
            .into_iter()
            .map(|event| ListedEntry { reversed_at: reversed.get(&event.position).copied(), event })
            .collect();
        Ok(Page { items, next_token: next.map(|p| position_token(p.0)).unwrap_or_default(), position })
    }

    /// Entries of the log below a position, in order, and below which the next page goes on. What is no entry is passed over,
    /// for a page of a desk that shows nothing tells nothing.
    async fn scanned_back(
        &self,
        before: Position,
        limit: u32,
    ) -> Result<(Vec<Event>, Option<Position>), Refusal> {
        let (mut from, mut entries) = (before.0, Vec::new());
        let last = before.0.saturating_sub(EVENTS_PER_PAGE).max(1);
        while from > last && entries.len() < limit as usize {
            let to = from;
            from = to.saturating_sub(SCANNED_AT_ONCE.into()).max(last);
            let wanted = u32::try_from(to - from).unwrap_or(SCANNED_AT_ONCE);
            let stored = self.read_events(Position(from), wanted).await?;
            let events = stored.iter().map(|stored| decode(&stored.bytes)).collect::<Result<Vec<_>, _>>()?;
            let older = events.into_iter().filter(|event| matches!(event.fact, Fact::EntryRecorded(_)));
            entries.splice(0..0, older);
        }
        let left = entries.len().saturating_sub(limit as usize);
        let newest = entries.split_off(left);
        let next = if left > 0 { newest.first().map(|event| event.position) } else { Some(Position(from)) };
        Ok((newest, next.filter(|next| next.0 > 1)))
    }

    /// Events on an organisation's rolls below a position, in order, and below which the next page goes on.
    async fn rolled_back(
        &self,
        organization: &OrganizationId,
        before: Position,
        limit: u32,
    ) -> Result<(Vec<Event>, Option<Position>), Refusal> {
        let last = Roll::window(Position(before.0.saturating_sub(1)));
        let first = last.saturating_sub(ROLLS_PER_PAGE - 1);
        let windows: Vec<u64> = (first..=last).collect();
        let queries = windows.iter().map(|window| StateQuery::Exactly(Key::roll(organization, *window)));
        let (_, answers) = self.read_states(Position(0), queries.collect()).await?;
        let mut positions = Vec::new();
        for (window, stored) in windows.iter().zip(answers) {
            for stored in stored {
                if let State::Roll(roll) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                    positions.extend(roll.positions(*window).filter(|position| *position < before));
                }
            }
        }
        let left = positions.len().saturating_sub(limit as usize);
        let newest = positions.split_off(left);
        let next = if left > 0 {
            newest.first().copied()
        } else {
            (first > 0).then_some(Position(first * ROLL_WINDOW))
        };
        Ok((self.read_events_at(newest).await?, next))
    }
}
