//! The fold of what an indicator counts, by window and organisation.

use super::document::{Indicator, Measured};
use crate::entry::Entry;
use crate::id::AccountId;
use crate::identity::Ties;
use crate::month::Month;
use crate::quantity::Position;
use crate::report::person::Persons;
use crate::report::session::Sessions;
use crate::report::{Bounds, Period, Standing, TooLarge, Tree};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

/// What was counted of one organisation, with all below it, in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figure {
    /// What the indicator counts.
    pub value: u64,
    /// Heads without names among what it filters: shown beside, 無名單; part of `value` only where it counts heads.
    pub heads: u64,
}

#[derive(Debug, Clone, Default)]
struct Cell {
    attendances: u64,
    heads: u64,
    minutes: u64,
    /// Entries of each resident.
    persons: FxHashMap<u32, u32>,
    sessions: RoaringBitmap,
}

impl Cell {
    fn unite(&mut self, other: &Cell) {
        self.attendances += other.attendances;
        self.heads = self.heads.saturating_add(other.heads);
        self.minutes = self.minutes.saturating_add(other.minutes);
        for (person, entries) in &other.persons {
            *self.persons.entry(*person).or_default() += entries;
        }
        self.sessions |= &other.sessions;
    }

    fn figure(&self, indicator: &Indicator) -> Figure {
        let least = indicator.numerator.entries_at_least;
        let value = match indicator.numerator.count {
            Measured::Persons => self.persons.values().filter(|entries| **entries >= least).count() as u64,
            Measured::Attendances => self.attendances,
            Measured::Heads => self.heads,
            Measured::AllAttendances => self.attendances.saturating_add(self.heads),
            Measured::Sessions => self.sessions.len(),
            Measured::Minutes => self.minutes,
        };
        Figure { value, heads: self.heads }
    }
}

/// An indicator while it takes up entries.
#[derive(Debug)]
pub struct Measure<'a> {
    tree: &'a Tree,
    indicator: &'a Indicator,
    windows: &'a [Period],
    now: Position,
    /// By window and organisation.
    cells: FxHashMap<(usize, u32), Cell>,
    persons: Persons<'a>,
    sessions: Sessions,
}

impl<'a> Measure<'a> {
    /// Nothing yet, of some windows up to a position.
    #[must_use]
    pub fn new(
        tree: &'a Tree,
        ties: &'a Ties,
        indicator: &'a Indicator,
        windows: &'a [Period],
        now: Position,
        bounds: Bounds,
    ) -> Measure<'a> {
        Measure {
            tree,
            indicator,
            windows,
            now,
            cells: FxHashMap::default(),
            persons: Persons::none(ties, bounds.persons),
            sessions: Sessions::none(bounds.sessions),
        }
    }

    /// Takes up an entry, with where it was reversed, if it was; in any order, each once.
    ///
    /// # Errors
    /// Where it holds more than its bounds.
    pub fn record(
        &mut self,
        position: Position,
        entry: &Entry,
        reversed: Option<Position>,
    ) -> Result<(), TooLarge> {
        let Some(organization) = self.tree.number(&entry.organization) else { return Ok(()) };
        let month = Month::of(entry.occurred_on);
        let window = self.windows.iter().position(|window| window.contains(month));
        let (Some(window), Standing::Live) = (window, Standing::at(self.now, position, reversed)) else {
            return Ok(());
        };
        if !self.indicator.numerator.of.takes(entry, self.tree, organization) {
            return Ok(());
        }
        let person = match (&entry.account, self.indicator.numerator.count) {
            (AccountId::Resident(resident), Measured::Persons) => {
                Some(self.persons.number(resident, self.now)?)
            }
            _ => None,
        };
        let session = match self.indicator.numerator.count {
            Measured::Sessions => self.sessions.number(position, entry)?,
            _ => None,
        };
        let cell = self.cells.entry((window, organization)).or_default();
        match entry.detail.persons() {
            0 => {
                cell.attendances += 1;
                cell.minutes = cell.minutes.saturating_add(u64::from(entry.minutes.0));
            }
            heads => cell.heads = cell.heads.saturating_add(u64::from(heads)),
        }
        if let Some(person) = person {
            *cell.persons.entry(person).or_default() += 1;
        }
        cell.sessions.extend(session);
        Ok(())
    }

    /// The figures of each window: one for each node of the tree, in its order.
    #[must_use]
    pub fn finish(mut self) -> Vec<Vec<Figure>> {
        let nodes = u32::try_from(self.tree.nodes().len()).unwrap_or(u32::MAX);
        let windows = 0..self.windows.len();
        windows
            .map(|window| {
                let mut figures = vec![Figure::default(); nodes as usize];
                // A node stands behind the one above it: from the last on, each is whole before it is handed up, and
                // let go of then.
                for node in (0..nodes).rev() {
                    let Some(cell) = self.cells.remove(&(window, node)) else { continue };
                    figures[node as usize] = cell.figure(self.indicator);
                    if let Some(parent) = self.tree.node(node).and_then(|node| node.parent) {
                        self.cells.entry((window, parent)).or_default().unite(&cell);
                    }
                }
                figures
            })
            .collect()
    }
}
