//! The way to the entries of a month: by its rolls, in batches, without a scan of the log.

use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::event::Event;
use ledger_core::month::Month;
use ledger_core::ports::{StateQuery, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::report::MonthRoll;
use rustc_hash::FxHashMap;

/// Events of one statement.
const BATCH: usize = 512;
/// Rolls, or months, of one question.
const ROLLS: u32 = 512;

/// The rolls of one month up to a point of the log: a few bytes for each run of entries, 24 for each reversal.
pub(crate) struct MonthIndex {
    rolls: Vec<(u64, MonthRoll)>,
    reversed: FxHashMap<Position, Position>,
    position: Position,
}

impl MonthIndex {
    /// Where an entry was reversed, if it was by the point of the log.
    pub(crate) fn reversed(&self, entry: Position) -> Option<Position> {
        self.reversed.get(&entry).copied()
    }

    /// The entries, in order.
    fn entries(&self) -> impl Iterator<Item = Position> {
        let all = self.rolls.iter().flat_map(|(window, roll)| roll.entries(*window));
        all.take_while(|position| *position <= self.position)
    }
}

fn roll(stored: &StoredState) -> Result<(u64, MonthRoll), Refusal> {
    let window = stored.key.last_segment().parse().map_err(|_| crate::error::damaged())?;
    match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
        State::MonthRoll(roll) => Ok((window, roll)),
        _ => Err(crate::error::damaged()),
    }
}

impl Ledger {
    pub(crate) async fn month_index(&self, month: Month, position: Position) -> Result<MonthIndex, Refusal> {
        let prefix = Key::month_prefix(month);
        let (mut rolls, mut after) = (Vec::new(), None);
        loop {
            let query = StateQuery::Prefix { prefix: prefix.clone(), after, limit: ROLLS };
            let page = self.read_states(Position(0), vec![query]).await?.1.pop().unwrap_or_default();
            for stored in &page {
                rolls.push(roll(stored)?);
            }
            after = page.last().map(|stored| stored.key.clone());
            if page.len() < ROLLS as usize {
                break;
            }
        }
        let reversed = rolls
            .iter()
            .flat_map(|(window, roll)| roll.reversals(*window))
            .filter(|(at, _)| *at <= position)
            .map(|(at, entry)| (entry, at))
            .collect();
        Ok(MonthIndex { rolls, reversed, position })
    }

    /// Hands the entries of a month to `take`, in order. Between batches others have their turn; when the caller goes
    /// away nothing more is read.
    pub(crate) async fn each_entry(
        &self,
        index: &MonthIndex,
        mut take: impl FnMut(&Event, Option<Position>) -> Result<(), Refusal> + Send,
    ) -> Result<(), Refusal> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut entries = index.entries();
        loop {
            batch.clear();
            batch.extend(entries.by_ref().take(BATCH));
            if batch.is_empty() {
                return Ok(());
            }
            for event in &self.events_of_roll(&batch).await? {
                take(event, index.reversed(event.position))?;
            }
        }
    }

    pub(super) async fn events_of_roll(&self, positions: &[Position]) -> Result<Vec<Event>, Refusal> {
        let events = self.read_events_at(positions.to_vec()).await?;
        if events.len() == positions.len() { Ok(events) } else { Err(crate::error::damaged()) }
    }

    /// Hands what was recorded or reversed of some months, behind one position and up to another, to `take`, in order.
    pub(crate) async fn each_change(
        &self,
        months: impl Iterator<Item = Month>,
        (behind, upto): (Position, Position),
        mut take: impl FnMut(&Event) + Send,
    ) -> Result<(), Refusal> {
        let months: Vec<Month> = months.collect();
        let mut positions = Vec::new();
        for months in months.chunks(ROLLS as usize) {
            let windows = MonthRoll::window(behind.next());
            let query = |month: &Month| StateQuery::Prefix {
                prefix: Key::month_prefix(*month),
                after: windows.checked_sub(1).map(|before| Key::month_roll(*month, before)),
                limit: u32::MAX,
            };
            let (_, answers) = self.read_states(Position(0), months.iter().map(query).collect()).await?;
            for stored in answers.iter().flatten() {
                let (window, roll) = roll(stored)?;
                positions.extend(roll.entries(window));
                positions.extend(roll.reversals(window).map(|(at, _)| at));
            }
        }
        positions.retain(|position| behind < *position && *position <= upto);
        positions.sort_unstable();
        for batch in positions.chunks(BATCH) {
            self.events_of_roll(batch).await?.iter().for_each(&mut take);
        }
        Ok(())
    }
}
