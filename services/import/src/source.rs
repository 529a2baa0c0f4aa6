//! A sheet with its mapping: opened and checked once, walked as often as one likes.

use crate::error::ImportError;
use crate::mapping::Mapping;
use crate::row::cells::Cells;
use crate::row::rows::Rows;
use crate::sheet::table::Table;
use crate::sheet::{Input, MAX_FILE_BYTES, Sheet, State};
use ledger_core::id::LedgerId;
use std::path::Path;
use std::sync::Arc;

/// A sheet that fits its mapping.
pub struct Source {
    mapping: Mapping,
    input: Input,
    file: String,
    tables: Vec<Table>,
    places: Vec<usize>,
    unused: Vec<String>,
    state: State,
}

impl Source {
    /// Opens a file: checks its header and loads the look-up tables beside it.
    ///
    /// # Errors
    /// `IMPORT_HEADER`, `IMPORT_ENCODING`, `IMPORT_TOO_LARGE`, `IMPORT_ACTIVE_CONTENT`, `IMPORT_LOOKUP` or
    /// `IMPORT_UNREADABLE`.
    pub fn open(mapping: &Mapping, path: &Path) -> Result<Source, ImportError> {
        Source::of(mapping, Input::File(path.to_owned()))
    }

    /// The same of bytes that were uploaded; `name` is what they are called in what users are told. Beside them lies
    /// nothing: a look-up table must stand in the mapping.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn of_bytes(mapping: &Mapping, name: &str, bytes: Arc<[u8]>) -> Result<Source, ImportError> {
        Source::of(mapping, Input::Memory { name: name.to_owned(), bytes })
    }

    fn of(mapping: &Mapping, input: Input) -> Result<Source, ImportError> {
        let plan = mapping.plan();
        let file = input.name();
        let state = input.state()?;
        let sheet = Sheet::open(&input, &plan.format, MAX_FILE_BYTES)?;
        let places = sheet.places(&plan.columns)?;
        let folder = input.folder();
        let tables =
            plan.lookups.iter().map(|lookup| Table::load(lookup, folder)).collect::<Result<_, _>>()?;
        let unused = sheet.header().iter().filter(|h| !h.is_empty() && !plan.columns.contains(h));
        let unused = unused.cloned().collect();
        Ok(Source { mapping: mapping.clone(), input, file, tables, places, unused, state })
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
        if self.input.state()? != self.state {
            return Err(ImportError::Changed { file: self.file.clone() });
        }
        let plan = self.mapping.plan();
        let sheet = Sheet::open(&self.input, &plan.format, MAX_FILE_BYTES)?;
        let cells = Cells::new(plan, &self.tables, &self.places);
        Ok(Rows::new(sheet, cells, ledger, &self.file))
    }
}
