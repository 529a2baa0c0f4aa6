//! A sheet with its mapping: opened and checked once, walked as often as one likes.

use crate::error::ImportError;
use crate::mapping::Mapping;
use crate::row::cells::Cells;
use crate::row::rows::Rows;
use crate::sheet::table::Table;
use crate::sheet::{MAX_FILE_BYTES, Sheet};
use ledger_core::id::LedgerId;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A sheet that fits its mapping.
pub struct Source {
    mapping: Mapping,
    path: PathBuf,
    file: String,
    tables: Vec<Table>,
    places: Vec<usize>,
    unused: Vec<String>,
    state: (u64, Option<SystemTime>),
}

impl Source {
    /// Opens a sheet: checks its header and loads the look-up tables beside it.
    ///
    /// # Errors
    /// `IMPORT_HEADER`, `IMPORT_ENCODING`, `IMPORT_TOO_LARGE`, `IMPORT_LOOKUP` or `IMPORT_UNREADABLE`.
    pub fn open(mapping: &Mapping, path: &Path) -> Result<Source, ImportError> {
        let plan = mapping.plan();
        let file = path.display().to_string();
        let state = state(path, &file)?;
        let sheet = Sheet::open(path, &plan.format, MAX_FILE_BYTES)?;
        let places = sheet.places(&plan.columns)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let tables =
            plan.lookups.iter().map(|lookup| Table::load(lookup, folder)).collect::<Result<_, _>>()?;
        let unused = sheet.header().iter().filter(|h| !h.is_empty() && !plan.columns.contains(h));
        let unused = unused.cloned().collect();
        Ok(Source { mapping: mapping.clone(), path: path.to_owned(), file, tables, places, unused, state })
    }

    /// Columns of the sheet that the mapping does not read, for the preview to show.
    #[must_use]
    pub fn unused_columns(&self) -> &[String] {
        &self.unused
    }

    /// Judges the rows from the first on, for entries of `ledger`.
    ///
    /// # Errors
    /// `IMPORT_CHANGED` where the file is not the one that was opened, or what [`Source::open`] says.
    pub fn rows(&self, ledger: &LedgerId) -> Result<Rows<'_>, ImportError> {
        if state(&self.path, &self.file)? != self.state {
            return Err(ImportError::Changed { file: self.file.clone() });
        }
        let plan = self.mapping.plan();
        let sheet = Sheet::open(&self.path, &plan.format, MAX_FILE_BYTES)?;
        let cells = Cells::new(plan, &self.tables, &self.places);
        Ok(Rows::new(sheet, cells, ledger, &self.file))
    }
}

/// What changes when a file is written: its length and its time.
fn state(path: &Path, file: &str) -> Result<(u64, Option<SystemTime>), ImportError> {
    let metadata = std::fs::metadata(path);
    let metadata = metadata.map_err(|source| ImportError::Unreadable { file: file.to_owned(), source })?;
    Ok((metadata.len(), metadata.modified().ok()))
}
