//! Look-up tables, held in memory: another file beside the sheet, or rows in the mapping.

use super::{Input, MAX_LOOKUP_BYTES, Record, Sheet};
use crate::error::ImportError;
use crate::expression::width::clean;
use crate::mapping::plan::{LookupPlan, LookupSource};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Stands between the parts of a key; no sheet writes it.
pub(crate) const KEY_DIVIDER: char = '\u{1F}';

/// A look-up table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    rows: HashMap<String, usize>,
    cells: Vec<String>,
    width: usize,
}

impl Table {
    /// A table of the mapping's own rows.
    ///
    /// # Errors
    /// The sentence that tells what to mend.
    pub(crate) fn inline(
        rows: &[BTreeMap<String, String>],
        key: &[String],
        taken: &[String],
    ) -> Result<Table, String> {
        let mut table = Table { width: taken.len(), ..Table::default() };
        for (index, row) in rows.iter().enumerate() {
            let cell = |column: &String| {
                row.get(column).map(|cell| clean(cell).into_owned()).ok_or_else(|| {
                    format!("第 {} 列沒有「{column}」。Row {} has no \"{column}\".", index + 1, index + 1)
                })
            };
            let key = key.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
            let cells = taken.iter().map(cell).collect::<Result<Vec<_>, _>>()?;
            table.insert(&key, cells)?;
        }
        Ok(table)
    }

    /// Loads the table of a plan; a file lies in `folder`, and nowhere where the sheet itself is no file.
    pub(crate) fn load(plan: &LookupPlan, folder: Option<&Path>) -> Result<Table, ImportError> {
        let (name, format) = match &plan.source {
            LookupSource::Inline(table) => return Ok(table.clone()),
            LookupSource::File { name, format } => (name, format),
        };
        let path = folder.map(|folder| folder.join(name)).filter(|path| path.exists());
        let shown = path.as_ref().map_or_else(|| name.clone(), |path| path.display().to_string());
        let lookup_error = |message| ImportError::Lookup { file: shown.clone(), message };
        let Some(path) = path else {
            return Err(lookup_error(format!(
                "找不到查表檔，請把 {name} 放在資料檔旁邊。The look-up table is missing: put {name} beside the sheet."
            )));
        };
        let mut sheet = Sheet::open(&Input::File(path), format, MAX_LOOKUP_BYTES)?;
        let key_places = sheet.places(&plan.key_columns)?;
        let taken_places = sheet.places(&plan.taken)?;
        let mut table = Table { width: plan.taken.len(), ..Table::default() };
        let mut record = Record::default();
        while let Some(row) = sheet.read(&mut record)? {
            let at_row = |message: String| lookup_error(format!("第 {row} 列 (row {row})：{message}"));
            let cells = |places: &[usize]| -> Result<Vec<String>, ImportError> {
                let cell = |place: &usize| record.cell(*place).map(|cell| clean(&cell).into_owned());
                places.iter().map(cell).collect::<Result<_, _>>().map_err(|flaw| at_row(flaw.message))
            };
            let key = cells(&key_places)?;
            if key.iter().any(String::is_empty) {
                continue;
            }
            table.insert(&key, cells(&taken_places)?).map_err(at_row)?;
        }
        Ok(table)
    }

    /// Adds a row. The same row again is no harm; another answer for the same key is.
    fn insert(&mut self, key: &[String], cells: Vec<String>) -> Result<(), String> {
        let next = self.cells.len() / self.width.max(1);
        let row = *self.rows.entry(key.join(&KEY_DIVIDER.to_string())).or_insert(next);
        if row == next && self.width > 0 {
            self.cells.extend(cells);
            return Ok(());
        }
        let held = self.cells.get(row * self.width..(row + 1) * self.width).unwrap_or_default();
        if held == cells {
            return Ok(());
        }
        Err(format!(
            "「{}」有兩個不同的答案，請留一個。\"{}\" has two different answers: keep one.",
            key.join("、"),
            key.join(", ")
        ))
    }

    /// The row of a key.
    pub(crate) fn row(&self, key: &str) -> Option<usize> {
        self.rows.get(key).copied()
    }

    /// A cell.
    pub(crate) fn cell(&self, row: usize, column: usize) -> &str {
        self.cells.get(row * self.width + column).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[[(&str, &str); 2]]) -> Vec<BTreeMap<String, String>> {
        let owned = |(column, cell): &(&str, &str)| ((*column).to_owned(), (*cell).to_owned());
        rows.iter().map(|row| row.iter().map(owned).collect()).collect()
    }

    #[test]
    fn keys_find_rows_and_contradictions_are_told() {
        let [key, taken] = [["term".to_owned()], ["start".to_owned()]];
        let table = Table::inline(
            &rows(&[[("term", "B"), ("start", "02-01")], [("term", "Ｊ"), ("start", "10-01")]]),
            &key,
            &taken,
        )
        .unwrap();
        assert_eq!(table.row("J").map(|row| table.cell(row, 0)), Some("10-01"));
        assert_eq!(table.row("K"), None);
        let twice = [[("term", "B"), ("start", "02-01")], [("term", "B"), ("start", "02-01")]];
        assert!(Table::inline(&rows(&twice), &key, &taken).is_ok());
        let torn = [[("term", "B"), ("start", "02-01")], [("term", "B"), ("start", "03-01")]];
        assert!(Table::inline(&rows(&torn), &key, &taken).unwrap_err().contains('B'));
        let short = [[("term", "B"), ("begin", "02-01")], [("term", "J"), ("start", "03-01")]];
        assert!(Table::inline(&rows(&short), &key, &taken).is_err());
    }
}
