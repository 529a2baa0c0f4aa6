//! A bucket: the lines of one account in one year, or of its lifetime.

use super::{Line, Packing};
use crate::date::OccurredOn;
use crate::entry::{Entry, Form, Reversal};
use crate::quantity::Position;
use std::fmt;
use std::sync::Arc;

/// The most lines a bucket takes (our own default): 27 entries a day for a year. A bucket is rewritten when it
/// grows, so this bounds the cost of one posting; past it the answer is `ACCOUNT_FULL`.
pub const MAX_LINES: usize = 10_000;

/// Which of an account's buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BucketScope {
    /// One civil year of `occurred_on`.
    Year(i32),
    /// What counts once in a lifetime.
    Lifetime,
}

impl BucketScope {
    /// The scope that a key ends with.
    #[must_use]
    pub fn parse(text: &str) -> Option<BucketScope> {
        if text == "life" { Some(BucketScope::Lifetime) } else { text.parse().ok().map(BucketScope::Year) }
    }

    /// Where an entry of this form and date belongs.
    #[must_use]
    pub fn of(form: Form, occurred_on: OccurredOn) -> BucketScope {
        if form.is_lifetime() { BucketScope::Lifetime } else { BucketScope::Year(occurred_on.year()) }
    }
}

impl fmt::Display for BucketScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BucketScope::Year(year) => write!(f, "{year:04}"),
            BucketScope::Lifetime => f.write_str("life"),
        }
    }
}

/// Lines in the order of their positions.
#[derive(Debug, Clone, Default)]
pub struct Bucket {
    lines: Vec<Line>,
    /// What it was encoded as, as long as lines were only added since.
    encoded: Option<Encoded>,
}

/// The bytes of a bucket with the lines it had by then: what is encoded next begins with the same lines.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    /// The bytes, a summary in front.
    pub(crate) bytes: Arc<[u8]>,
    /// Its lines in them.
    pub(crate) lines: PackedLines,
}

/// Lines in bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedLines {
    /// Where they begin.
    pub(crate) at: usize,
    /// How many they are.
    pub(crate) count: usize,
    /// What the next one goes on from.
    pub(crate) packing: Packing,
}

/// Two buckets with the same lines are the same, however they were encoded.
impl PartialEq for Bucket {
    fn eq(&self, other: &Bucket) -> bool {
        self.lines == other.lines
    }
}

impl Eq for Bucket {}

impl From<Vec<Line>> for Bucket {
    /// The bucket of some lines, which stand in the order of their positions.
    fn from(lines: Vec<Line>) -> Bucket {
        Bucket { lines, encoded: None }
    }
}

impl Bucket {
    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines alone.
    #[must_use]
    pub fn into_lines(self) -> Vec<Line> {
        self.lines
    }

    /// Lines that there is room for.
    #[must_use]
    pub fn room(&self) -> usize {
        self.lines.capacity()
    }

    /// Keeps room for so many more lines, and nothing of how it was encoded: to wait in memory.
    pub fn shrink(&mut self, more: usize) {
        self.lines.shrink_to(self.lines.len() + more);
        self.encoded = None;
    }

    /// As if there were no entry at a position.
    pub fn leave_out(&mut self, position: Position) {
        self.encoded = None;
        self.lines.retain(|line| line.position != position);
    }

    /// The bytes that it is encoded as; none where they are not known, or lines were added since.
    #[must_use]
    pub fn encoded(&self) -> Option<&Arc<[u8]>> {
        self.encoded
            .as_ref()
            .filter(|encoded| encoded.lines.count == self.lines.len())
            .map(|encoded| &encoded.bytes)
    }

    pub(crate) fn encoded_before(&self) -> Option<&Encoded> {
        self.encoded.as_ref()
    }

    pub(crate) fn note_encoded(&mut self, encoded: Encoded) {
        self.encoded = Some(encoded);
    }

    /// Takes up an entry.
    pub fn record(&mut self, position: Position, entry: &Entry) {
        if self.lines.len() == self.lines.capacity() {
            // Accounts are many, and most wait long for their next line: a quarter of room, not as much again.
            self.lines.reserve_exact(self.lines.len() / 4 + 4);
        }
        self.lines.push(Line::of(position, entry));
    }

    /// Marks an entry as reversed; the line stays, for the statement.
    pub fn reverse(&mut self, position: Position, reversal: &Reversal) {
        self.encoded = None;
        if let Some(line) = self.line_mut(reversal.entry) {
            line.reversed_at = Some(position);
        }
    }

    /// The lines of several buckets in the order of their positions: of accounts that answer as one.
    #[must_use]
    pub fn joined<'a>(buckets: impl IntoIterator<Item = &'a Bucket>) -> Bucket {
        let mut lines: Vec<Line> =
            buckets.into_iter().flat_map(|bucket| bucket.lines.iter().cloned()).collect();
        lines.sort_unstable_by_key(|line| line.position);
        Bucket::from(lines)
    }

    fn line_mut(&mut self, position: Position) -> Option<&mut Line> {
        let index = self.lines.binary_search_by_key(&position, |line| line.position).ok()?;
        self.lines.get_mut(index)
    }

    /// The line of an entry.
    #[must_use]
    pub fn line(&self, position: Position) -> Option<&Line> {
        let index = self.lines.binary_search_by_key(&position, |line| line.position).ok()?;
        self.lines.get(index)
    }

    /// The bucket as it was when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Bucket {
        let held = self.lines.iter().take_while(|line| line.position <= position);
        let lines = held
            .map(|line| Line { reversed_at: line.reversed_at.filter(|at| *at <= position), ..line.clone() });
        Bucket::from(lines.collect::<Vec<_>>())
    }

    /// The same, without a copy: nearly always the whole bucket.
    #[must_use]
    pub fn into_as_of(mut self, position: Position) -> Bucket {
        self.encoded = None;
        self.lines.truncate(self.lines.partition_point(|line| line.position <= position));
        for line in &mut self.lines {
            line.reversed_at = line.reversed_at.filter(|at| *at <= position);
        }
        self
    }

    /// Lines that still count.
    pub fn live(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.is_live())
    }

    /// Minutes attended on one day, of lines that do not span several.
    #[must_use]
    pub fn attended_minutes_on(&self, day: OccurredOn) -> u64 {
        self.live()
            .filter(|line| line.occurred_on == day && line.span_days == 1 && line.form.is_attended())
            .map(|line| u64::from(line.minutes.0))
            .sum()
    }
}
