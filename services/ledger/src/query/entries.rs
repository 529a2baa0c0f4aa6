//! Lists of entries: of the ledger by scanning the log, of an account by its lines, of an organisation by its rolls.

use super::page::{Page, PageRequest, position_token};
use super::question::Question;
use crate::error::damage;
use crate::ledger::{Ledger, decode};
use ledger_core::Refusal;
use ledger_core::account::{BucketScope, ROLL_WINDOW, Roll};
use ledger_core::event::{Event, Fact};
use ledger_core::id::{AccountId, OrganizationId};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use std::collections::{BTreeSet, HashMap};

/// Windows of an organisation's rolls that one page looks at: bounds the work of a page of a rare poster.
const ROLLS_PER_PAGE: u32 = 256;

/// An entry of a list.
#[derive(Debug, Clone)]
pub struct ListedEntry {
    /// The event of the entry.
    pub event: Event,
    /// Where it was reversed, if it was.
    pub reversed_at: Option<Position>,
}

impl Ledger {
    /// A page of entries in order of position: of all, of an account, or of an organisation.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, an unknown account, or what the store says.
    pub async fn list_entries(
        &self,
        account: Option<&AccountId>,
        organization: Option<&OrganizationId>,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<ListedEntry>, Refusal> {
        if let Some(account) = account {
            let statement = self.statement(account, &Question::at_least(min_position), page).await?.page;
            let items = statement
                .items
                .into_iter()
                .filter(|line| organization.is_none_or(|id| posted_by(&line.event, id)))
                .map(|line| ListedEntry { event: line.event, reversed_at: line.reversed_at })
                .collect();
            return Ok(Page { items, next_token: statement.next_token, position: statement.position });
        }
        let limit = page.limit()?;
        let after = Position(page.after_position()?);
        let (events, next) = match organization {
            Some(organization) => self.rolled(organization, after, limit, min_position).await?,
            None => {
                let stored = self.read_events(after.next(), limit).await?;
                let next =
                    (stored.len() == limit as usize).then(|| stored.last().map(|e| e.position)).flatten();
                (stored.iter().map(|stored| decode(&stored.bytes)).collect::<Result<Vec<_>, _>>()?, next)
            }
        };
        let entries: Vec<Event> =
            events.into_iter().filter(|event| matches!(event.fact, Fact::EntryRecorded(_))).collect();
        let (position, reversed) = self.reversals(&entries, min_position).await?;
        let items = entries
            .into_iter()
            .map(|event| ListedEntry { reversed_at: reversed.get(&event.position).copied(), event })
            .collect();
        Ok(Page { items, next_token: next.map(|p| position_token(p.0)).unwrap_or_default(), position })
    }

    /// Events on an organisation's rolls after a position, and where the next page begins.
    async fn rolled(
        &self,
        organization: &OrganizationId,
        after: Position,
        limit: u32,
        min_position: Position,
    ) -> Result<(Vec<Event>, Option<Position>), Refusal> {
        let window = Roll::window(after.next());
        let before = window.checked_sub(1).map(|window| Key::roll(organization, window));
        let prefix = format!("rolls/{organization}/");
        let query = StateQuery::Prefix { prefix, after: before, limit: ROLLS_PER_PAGE };
        let (_, mut answers) = self.read_states(min_position, vec![query]).await?;
        let states = answers.pop().unwrap_or_default();
        let mut positions = Vec::new();
        let mut next = None;
        let all_windows = states.len() < ROLLS_PER_PAGE as usize;
        for stored in &states {
            let window: u64 = stored.key.last_segment().parse().unwrap_or(0);
            let State::Roll(roll) = State::decode(&stored.key, &stored.bytes).map_err(damage)? else {
                continue;
            };
            positions.extend(roll.positions(window).filter(|position| *position > after));
            next = Some(Position((window + 1) * ROLL_WINDOW - 1));
        }
        if positions.len() > limit as usize {
            positions.truncate(limit as usize);
            next = positions.last().copied();
        } else if all_windows {
            next = None;
        }
        Ok((self.read_events_at(positions).await?, next))
    }

    /// Which of some entries are reversed, and where; true at the position.
    pub(crate) async fn reversals(
        &self,
        entries: &[Event],
        min_position: Position,
    ) -> Result<(Position, HashMap<Position, Position>), Refusal> {
        let mut keys = BTreeSet::new();
        for event in entries {
            if let Fact::EntryRecorded(entry) = &event.fact {
                keys.insert(Key::bucket(
                    &entry.account,
                    BucketScope::of(entry.detail.form(), entry.occurred_on),
                ));
            }
        }
        let queries = keys.into_iter().map(StateQuery::Exactly).collect();
        let (position, answers) = self.read_states(min_position, queries).await?;
        let mut reversed = HashMap::new();
        for stored in answers.into_iter().flatten() {
            if let State::Bucket(bucket) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                let lines = bucket.into_lines().into_iter();
                reversed.extend(lines.filter_map(|line| Some((line.position, line.reversed_at?))));
            }
        }
        Ok((position, reversed))
    }

    /// An entry and where it was reversed.
    ///
    /// # Errors
    /// As [`Ledger::entry_event`].
    pub async fn entry(
        &self,
        position: Position,
        min_position: Position,
    ) -> Result<(ListedEntry, Position), Refusal> {
        let (reached, _) = self.read_states(min_position, Vec::new()).await?;
        let event = self.entry_event(position).await?;
        if matches!(event.fact, Fact::EntryReversed(_)) {
            return Ok((ListedEntry { event, reversed_at: None }, reached));
        }
        let (reached, reversed) = self.reversals(std::slice::from_ref(&event), reached).await?;
        Ok((ListedEntry { reversed_at: reversed.get(&position).copied(), event }, reached))
    }
}

fn posted_by(event: &Event, organization: &OrganizationId) -> bool {
    matches!(&event.fact, Fact::EntryRecorded(entry) if entry.organization == *organization)
}
