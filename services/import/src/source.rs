//! A sheet with its mapping: opened and checked once, walked as often as one likes.

use crate::error::ImportError;
use crate::mapping::Mapping;
use crate::row::cells::Cells;
use crate::row::rows::Rows;
use crate::sheet::table::Table;
use crate::sheet::{Input, MAX_FILE_BYTES, Record, Sheet, State};
use ledger_core::id::LedgerId;
use std::fs::File;
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

    /// The same of a file that was uploaded; `name` is what it is called in what users are told. Beside it lies nothing: a
    /// look-up table must stand in the mapping.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn of_upload(mapping: &Mapping, name: &str, file: Arc<File>) -> Result<Source, ImportError> {
        Source::of(mapping, Input::Upload { name: name.to_owned(), file })
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

    /// The headings of the sheet.
    ///
    /// # Errors
    /// As [`Source::rows`].
    pub fn headings(&self) -> Result<Vec<String>, ImportError> {
        Ok(self.sheet()?.header().to_vec())
    }

    /// Goes over the rows below the headings as they stand: the number and the texts of each.
    ///
    /// # Errors
    /// As [`Source::rows`], or what `each` gives.
    pub fn cells<E: From<ImportError>>(
        &self,
        mut each: impl FnMut(u64, &mut dyn Iterator<Item = &str>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut sheet = self.sheet()?;
        let mut record = Record::default();
        while let Some(number) = sheet.read(&mut record)? {
            each(number, &mut record.iter())?;
        }
        Ok(())
    }

    /// Judges the rows from the first on, for entries of `ledger`.
    ///
    /// # Errors
    /// `IMPORT_CHANGED` where the file is not the one that was opened, or what [`Source::open`] says.
    pub fn rows(&self, ledger: &LedgerId) -> Result<Rows<'_>, ImportError> {
        let sheet = self.sheet()?;
        let cells = Cells::new(self.mapping.plan(), &self.tables, &self.places);
        Ok(Rows::new(sheet, cells, ledger, &self.file))
    }

    fn sheet(&self) -> Result<Sheet, ImportError> {
        if self.input.state()? != self.state {
            return Err(ImportError::Changed { file: self.file.clone() });
        }
        Sheet::open(&self.input, &self.mapping.plan().format, MAX_FILE_BYTES)
    }
}
