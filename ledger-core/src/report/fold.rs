//! The fold of a report over the entries of its months.

use super::figures::{Figures, Mode, Standing};
use super::person::Persons;
use super::session::Sessions;
use super::tree::Tree;
use crate::entry::Entry;
use crate::id::AccountId;
use crate::identity::Ties;
use crate::month::Month;
use crate::quantity::Position;
use compact_str::{CompactString, ToCompactString};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry as Slot;
use thiserror::Error;

/// What rows are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The month of the learning.
    Month,
    /// The organisation that posted, each with all below it.
    Organization,
    /// The kind.
    Kind,
    /// The subject; empty of entries without one.
    Subject,
    /// The audience; empty of entries without one.
    Audience,
    /// Offline, online, or by heads.
    Mode,
}

impl Dimension {
    /// All dimensions.
    pub const ALL: [Dimension; 6] = [
        Dimension::Month,
        Dimension::Organization,
        Dimension::Kind,
        Dimension::Subject,
        Dimension::Audience,
        Dimension::Mode,
    ];

    /// The dimension's code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Dimension::Month => "month",
            Dimension::Organization => "organization",
            Dimension::Kind => "kind",
            Dimension::Subject => "subject",
            Dimension::Audience => "audience",
            Dimension::Mode => "mode",
        }
    }

    /// Finds a dimension by its code.
    #[must_use]
    pub fn parse(text: &str) -> Option<Dimension> {
        Dimension::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

/// Where the columns of a report end in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cuts {
    /// The position of the answer.
    now: Position,
    /// The months of the report that had closed by then, each with the position of its closing.
    closed: BTreeMap<Month, Position>,
    /// The newest of the cuts of all its months. Closed figures that span months take persons as they were there: who was
    /// two accounts at one closing and one at the next is one person.
    newest: Position,
}

impl Cuts {
    /// At a position, of some months, each with where it was closed, if it was.
    #[must_use]
    pub fn of(now: Position, months: impl IntoIterator<Item = (Month, Option<Position>)>) -> Cuts {
        let months: Vec<(Month, Option<Position>)> = months.into_iter().collect();
        let newest = months.iter().map(|(_, closed_at)| closed_at.unwrap_or(now)).max().unwrap_or(now);
        let closed = months.into_iter().filter_map(|(month, closed_at)| Some((month, closed_at?)));
        Cuts { now, closed: closed.collect(), newest }
    }

    /// At a position, of months that are open.
    #[must_use]
    pub fn open(now: Position) -> Cuts {
        Cuts::of(now, [])
    }
}

/// The most that a report holds.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rows, after rolling up.
    pub rows: usize,
    /// Different residents; each costs about 60 bytes, and a bit or two in every row they are in.
    pub persons: usize,
    /// Different sessions; each costs about 30 bytes, and a bit or two in every row they are in.
    pub sessions: usize,
}

/// A report would hold more than its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TooLarge {
    /// Too many rows.
    #[error("more than {0} rows")]
    Rows(usize),
    /// Too many residents.
    #[error("more than {0} residents")]
    Persons(usize),
    /// Too many sessions.
    #[error("more than {0} sessions")]
    Sessions(usize),
}

/// What rows are found by: a number for each dimension, [`ANY`] where it is not asked for.
type Place = [u32; Dimension::ALL.len()];

const ANY: u32 = u32::MAX;
/// Where `Organization` stands in a place.
const ORGANIZATION: usize = 1;

/// Sums and sets of one row and column.
#[derive(Debug, Clone, Default)]
struct Column {
    figures: Figures,
    persons: RoaringBitmap,
    sessions: RoaringBitmap,
}

/// What an entry adds to every row it is in.
struct Addition<'a> {
    entry: &'a Entry,
    person: Option<u32>,
    session: Option<u32>,
}

impl Column {
    fn add(&mut self, standing: Standing, addition: &Addition<'_>) {
        let figures = &mut self.figures;
        match standing {
            Standing::Absent => return,
            Standing::Reversed => {
                figures.reversed += 1;
                return;
            }
            Standing::Live => {}
        }
        let heads = addition.entry.detail.persons();
        if heads > 0 {
            figures.heads = figures.heads.saturating_add(u64::from(heads));
        } else {
            figures.attendances += 1;
            figures.minutes = figures.minutes.saturating_add(u64::from(addition.entry.minutes.0));
        }
        self.persons.extend(addition.person);
        self.sessions.extend(addition.session);
    }

    fn unite(&mut self, other: &Column) {
        let (sum, more) = (&mut self.figures, &other.figures);
        sum.attendances += more.attendances;
        sum.heads = sum.heads.saturating_add(more.heads);
        sum.minutes = sum.minutes.saturating_add(more.minutes);
        sum.reversed += more.reversed;
        self.persons |= &other.persons;
        self.sessions |= &other.sessions;
    }

    fn figures(&self) -> Figures {
        Figures { persons: self.persons.len(), sessions: self.sessions.len(), ..self.figures }
    }
}

/// Both columns of a row.
#[derive(Debug, Clone, Default)]
struct Columns {
    closed: Column,
    restated: Column,
}

/// A row of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The value of each dimension asked for, in their order; empty where entries have none.
    pub values: Vec<String>,
    /// As each month was when it closed, and what stands of months that are open; none where no month had closed.
    pub closed: Option<Figures>,
    /// As all months stand at the position of the answer.
    pub restated: Figures,
}

/// A finished report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// All of it.
    pub total: Row,
    /// The rows, by the dimensions in their order; organisations as in the tree, everything else by its code.
    pub rows: Vec<Row>,
}

/// A report while it takes up entries.
#[derive(Debug)]
pub struct Report<'a> {
    tree: &'a Tree,
    cuts: Cuts,
    asked: Vec<Dimension>,
    bounds: Bounds,
    rows: FxHashMap<Place, Columns>,
    total: Columns,
    /// Values of dimensions by number; 0 is the empty one.
    values: Vec<CompactString>,
    numbers: FxHashMap<CompactString, u32>,
    persons: Persons<'a>,
    sessions: Sessions,
}

impl<'a> Report<'a> {
    /// An empty report of the organisations of a tree.
    #[must_use]
    pub fn new(
        tree: &'a Tree,
        ties: &'a Ties,
        cuts: Cuts,
        asked: &[Dimension],
        bounds: Bounds,
    ) -> Report<'a> {
        Report {
            tree,
            cuts,
            asked: asked.to_vec(),
            bounds,
            rows: FxHashMap::default(),
            total: Columns::default(),
            values: vec![CompactString::default()],
            numbers: FxHashMap::from_iter([(CompactString::default(), 0)]),
            persons: Persons::none(ties, bounds.persons),
            sessions: Sessions::none(bounds.sessions),
        }
    }

    /// Takes up an entry of a month that the report is about, with where it was reversed, if it was; in any order, each
    /// once. Entries of other organisations take no part.
    ///
    /// # Errors
    /// Where the report holds more than its bounds.
    pub fn record(
        &mut self,
        position: Position,
        entry: &Entry,
        reversed: Option<Position>,
    ) -> Result<(), TooLarge> {
        let Some(organization) = self.tree.number(&entry.organization) else { return Ok(()) };
        let month = Month::of(entry.occurred_on);
        let now = Standing::at(self.cuts.now, position, reversed);
        let closed_at = self.cuts.closed.get(&month).copied();
        let then = closed_at.map_or(now, |closed| Standing::at(closed, position, reversed));
        if now == Standing::Absent {
            return Ok(());
        }
        let session = self.sessions.number(position, entry)?;
        // Who is one person may have turned out since the month was closed.
        let was = Addition { entry, person: self.person(entry, then, self.cuts.newest)?, session };
        let is = Addition { entry, person: self.person(entry, now, self.cuts.now)?, session };
        self.total.closed.add(then, &was);
        self.total.restated.add(now, &is);
        if self.asked.is_empty() {
            return Ok(());
        }
        let was = match closed_at {
            // A row of one month is what that month's own report says.
            Some(closed_at) if self.asked.contains(&Dimension::Month) => {
                Addition { person: self.person(entry, then, closed_at)?, ..was }
            }
            _ => was,
        };
        let place = self.place(organization, month, entry);
        let full = self.rows.len() >= self.bounds.rows;
        let columns = match self.rows.entry(place) {
            Slot::Occupied(columns) => columns.into_mut(),
            Slot::Vacant(_) if full => return Err(TooLarge::Rows(self.bounds.rows)),
            Slot::Vacant(new) => new.insert(Columns::default()),
        };
        columns.closed.add(then, &was);
        columns.restated.add(now, &is);
        Ok(())
    }

    /// The person of an entry that stands, as the ties were at a position.
    fn person(&mut self, entry: &Entry, standing: Standing, at: Position) -> Result<Option<u32>, TooLarge> {
        match &entry.account {
            AccountId::Resident(account) if standing == Standing::Live => {
                self.persons.number(account, at).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn value(&mut self, value: CompactString) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    fn place(&mut self, organization: u32, month: Month, entry: &Entry) -> Place {
        let mut place = [ANY; Dimension::ALL.len()];
        for asked in 0..self.asked.len() {
            let dimension = self.asked[asked];
            let code = |code: Option<&crate::id::Code>| code.map_or("", |code| code.as_str()).into();
            place[dimension as usize] = match dimension {
                Dimension::Month => self.value(month.to_compact_string()),
                Dimension::Organization => organization,
                Dimension::Kind => self.value(entry.kind.as_str().into()),
                Dimension::Subject => self.value(code(entry.subject.as_ref())),
                Dimension::Audience => self.value(code(entry.audience.as_ref())),
                Dimension::Mode => self.value(Mode::of(entry.detail.form()).as_str().into()),
            };
        }
        place
    }

    /// The report, rolled up the tree.
    ///
    /// # Errors
    /// Where that makes more rows than its bounds.
    pub fn finish(mut self) -> Result<Reported, TooLarge> {
        if self.asked.contains(&Dimension::Organization) {
            for (place, columns) in std::mem::take(&mut self.rows) {
                let upwards: Vec<u32> = self.tree.upwards(place[ORGANIZATION]).collect();
                for organization in upwards {
                    let mut above = place;
                    above[ORGANIZATION] = organization;
                    let row = self.rows.entry(above).or_default();
                    row.closed.unite(&columns.closed);
                    row.restated.unite(&columns.restated);
                }
                if self.rows.len() > self.bounds.rows {
                    return Err(TooLarge::Rows(self.bounds.rows));
                }
            }
        }
        let mut rows: Vec<(Vec<(u32, &str)>, &Columns)> =
            self.rows.iter().map(|(place, columns)| (self.order(place), columns)).collect();
        rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let rows = rows.into_iter().map(|(values, columns)| {
            self.row(values.into_iter().map(|(_, value)| value.to_owned()).collect(), columns)
        });
        Ok(Reported { total: self.row(Vec::new(), &self.total), rows: rows.collect() })
    }

    /// The values of a place in the order of the dimensions, with what they are sorted by.
    fn order(&self, place: &Place) -> Vec<(u32, &str)> {
        let value = |dimension: &Dimension| {
            let number = place[*dimension as usize];
            match dimension {
                Dimension::Organization => {
                    (number, self.tree.node(number).map_or("", |node| node.organization.as_str()))
                }
                _ => (0, self.values.get(number as usize).map_or("", CompactString::as_str)),
            }
        };
        self.asked.iter().map(value).collect()
    }

    fn row(&self, values: Vec<String>, columns: &Columns) -> Row {
        let closed = (!self.cuts.closed.is_empty()).then(|| columns.closed.figures());
        Row { values, closed, restated: columns.restated.figures() }
    }
}
