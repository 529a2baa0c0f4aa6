//! A row as it was read: the text of its cells, and what is wrong with single ones.

use super::active;
use crate::expression::Flaw;
use csv::StringRecord;
use std::borrow::Cow;

/// A row.
#[derive(Debug, Default)]
pub(crate) struct Record {
    cells: StringRecord,
    /// Cells that are no text to go by, by their place; asked for only where a mapping reads them.
    flaws: Vec<(usize, Flaw)>,
}

impl Record {
    /// Makes it empty.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.flaws.clear();
    }

    /// The cells, for a reader of delimited text to fill.
    pub(super) fn cells_mut(&mut self) -> &mut StringRecord {
        self.flaws.clear();
        &mut self.cells
    }

    /// Adds a cell.
    pub(crate) fn push(&mut self, text: &str, flaw: Option<Flaw>) {
        self.flaws.extend(flaw.map(|flaw| (self.cells.len(), flaw)));
        self.cells.push_field(text);
    }

    /// Adds empty cells until there are so many.
    pub(crate) fn fill_up(&mut self, width: usize) {
        while self.cells.len() < width {
            self.cells.push_field("");
        }
    }

    /// How many cells there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether every cell is blank.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// Whether anything stands behind the first `width` cells.
    pub(crate) fn passes(&self, width: usize) -> bool {
        self.cells.iter().skip(width).any(|cell| !cell.trim().is_empty())
    }

    /// The cells as they stand.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.cells.iter()
    }

    /// The text of a cell, trimmed; of none there is, an empty one.
    ///
    /// # Errors
    /// What is wrong with it: it is a formula, or the spreadsheet kept something else than a text in it.
    pub(crate) fn cell(&self, place: usize) -> Result<Cow<'_, str>, Flaw> {
        if let Some((_, flaw)) = self.flaws.iter().find(|(at, _)| *at == place) {
            return Err(flaw.clone());
        }
        active::text(self.cells.get(place).unwrap_or_default().trim())
    }
}
