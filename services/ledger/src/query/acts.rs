//! What stands in rolls whose newest window comes first: the acts of a ledger, the reads of a person.

use super::page::{Page, PageRequest, position_token};
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::account::Roll;
use ledger_core::ports::{StateQuery, StoredEvent};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;

/// Windows of the log that one page looks at: bounds its work.
pub(super) const WINDOWS_PER_PAGE: u32 = 64;

impl Ledger {
    /// A page of the acts of a ledger, newest first.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn acts(
        &self,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<StoredEvent>, Refusal> {
        let (_, listed) = self.newest_first(None, Key::acts_prefix(), Key::acts, page, min_position).await?;
        let items = self.stored_events_at(listed.items).await?;
        Ok(Page { items, next_token: listed.next_token, position: listed.position })
    }

    /// A page of positions that stand in rolls whose newest window comes first; and whether a state is there that is asked
    /// for beside them.
    pub(super) async fn newest_first(
        &self,
        beside: Option<StateQuery>,
        prefix: &str,
        key: impl Fn(u64) -> Key,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<(bool, Page<Position>), Refusal> {
        let limit = page.limit()? as usize;
        let before = match page.after_position()? {
            0 => Position(u64::MAX),
            before => Position(before),
        };
        // The key before that of the window which the page begins in.
        let after = (before.0 != u64::MAX).then(|| key(Roll::window(before) + 1));
        let rolls = StateQuery::Prefix { prefix: prefix.to_owned(), after, limit: WINDOWS_PER_PAGE };
        let asks = beside.is_some();
        let queries = beside.into_iter().chain([rolls]).collect();
        let (position, mut answers) = self.read_states(min_position, queries).await?;
        let windows = answers.pop().unwrap_or_default();
        let found = asks && answers.pop().is_some_and(|found| !found.is_empty());
        let all_windows = windows.len() < WINDOWS_PER_PAGE as usize;
        let (mut positions, mut next) = (Vec::new(), None);
        for stored in &windows {
            let window = stored.key.window_of_newest().ok_or_else(damaged)?;
            let State::Roll(roll) = State::decode(&stored.key, &stored.bytes).map_err(damage)? else {
                return Err(damaged());
            };
            let mut of_window: Vec<Position> = roll.positions(window).filter(|at| *at < before).collect();
            of_window.reverse();
            next = of_window.last().copied().or(next);
            positions.extend(of_window);
        }
        if positions.len() > limit {
            positions.truncate(limit);
            next = positions.last().copied();
        } else if all_windows {
            next = None;
        }
        let next_token = next.map(|at| position_token(at.0)).unwrap_or_default();
        Ok((found, Page { items: positions, next_token, position }))
    }
}
