//! The walk over a sheet: one verdict a row, in order.

use super::cells::{Cells, Failed};
use super::draft::{Drafting, place};
use super::seen::{Seen, SeenBefore};
use super::{Note, Row, RowOutcome, parse, skip};
use crate::error::ImportError;
use crate::expression::Flaw;
use crate::mapping::Residents;
use crate::mapping::field::Field;
use crate::reason;
use crate::register::Registration;
use crate::register::needs::Needs;
use crate::register::registry::Registry;
use crate::sheet::Sheet;
use creditbank_grpc::proto::PostEntryRequest;
use ledger_core::id::{AccountId, LedgerId, OrganizationId, ResidentId};

/// The most rows of a sheet, twice what a spreadsheet holds (our own default). What is remembered of each row to find
/// doubles takes some 50 bytes: this bounds it.
pub const MAX_ROWS: u64 = 2_000_000;

/// The rows of a sheet, judged one by one. Ends after the first error.
pub struct Rows<'s> {
    sheet: Sheet,
    cells: Cells<'s>,
    registry: Registry,
    seen: Seen,
    ledger: String,
    rows: u64,
    file: &'s str,
    ended: bool,
}

impl<'s> Rows<'s> {
    pub(crate) fn new(sheet: Sheet, cells: Cells<'s>, ledger: &LedgerId, file: &'s str) -> Rows<'s> {
        let ledger = format!("ledgers/{ledger}/");
        let (registry, seen) = (Registry::default(), Seen::default());
        Rows { sheet, cells, registry, seen, ledger, rows: 0, file, ended: false }
    }

    /// What must be registered for the rows given so far.
    #[must_use]
    pub fn registration(&self) -> Registration {
        self.registry.requests(&self.cells.plan.id, self.ledger.trim_end_matches('/'))
    }

    fn judge(&mut self, number: u64) -> Row {
        self.cells.forget();
        let (outcome, resident) = self.verdict(number);
        let notes = std::mem::take(&mut self.cells.notes);
        let suggestions = std::mem::take(&mut self.cells.suggestions);
        Row { number, outcome, resident, notes, suggestions }
    }

    fn verdict(&mut self, number: u64) -> (RowOutcome, Option<String>) {
        if self.cells.record.is_blank() {
            return (RowOutcome::Skipped { reason: "空白列。The row is blank.".to_owned() }, None);
        }
        let torn = self.torn();
        // Of a torn row no account is opened: what stands in the resident's column may be anything.
        let opens_all = self.cells.plan.register.residents == Residents::All && torn.is_none();
        match skip::reason(&mut self.cells) {
            Err(Failed) => {}
            Ok(Some(reason)) => {
                let resident = if opens_all { self.open_beside() } else { None };
                return (RowOutcome::Skipped { reason }, resident);
            }
            Ok(None) => match torn {
                Some(flaw) => self.cells.problem("file".to_owned(), flaw),
                None => {
                    if let Ok(posted) = self.post(number) {
                        return posted;
                    }
                }
            },
        }
        let problems = std::mem::take(&mut self.cells.problems);
        let resident = if opens_all { self.open_beside() } else { None };
        (RowOutcome::Bad { problems }, resident)
    }

    fn post(&mut self, number: u64) -> Result<(RowOutcome, Option<String>), Failed> {
        let draft = Drafting { cells: &mut self.cells }.read()?;
        let opens = self.cells.plan.register.residents != Residents::None;
        let resident = match draft.account {
            AccountId::Resident(resident) if opens => Some(resident),
            _ => None,
        };
        let sighting = match self.seen.look(&draft.request_id, &draft.content) {
            Ok(sighting) => sighting,
            Err(SeenBefore::Same(row)) => {
                let reason = format!("和第 {row} 列相同，只記一次。The same as row {row}: recorded once.");
                return Ok((RowOutcome::Skipped { reason }, resident.map(|resident| resident.to_string())));
            }
            Err(SeenBefore::Other(flaw)) => {
                return Err(match self.cells.plan.field(Field::RequestId) {
                    Some(template) => self.cells.fail(template, flaw),
                    None => self.fail_at("entry", flaw),
                });
            }
        };
        let needs = Needs::read(&mut self.cells, draft.course_version)?;
        if let Err((path, flaw)) = self.registry.admit(number, needs) {
            return Err(self.fail_at(path, flaw));
        }
        self.seen.remember(number, sighting);
        let resident = resident.map(|resident| self.open(&draft.organization, resident));
        let mut entry = draft.entry;
        place(&mut entry, &self.ledger);
        let request =
            PostEntryRequest { parent: String::new(), request_id: draft.request_id, entry: Some(entry) };
        Ok((RowOutcome::Post(Box::new(request)), resident))
    }

    /// A row with cells too few or too many was most likely torn by a stray delimiter or quote: its values may stand
    /// in the wrong columns.
    fn torn(&self) -> Option<Flaw> {
        let (cells, headings) = (self.cells.record.len(), self.sheet.header().len());
        let surplus = self.cells.record.passes(headings);
        (cells < headings || surplus).then(|| {
            Flaw::of_import(
                reason::IMPORT_ROW,
                format!(
                    "這一列有 {cells} 格，欄名有 {headings} 個；多半是分隔符號或引號寫錯，請查對。\
                     The row has {cells} cells and the header {headings}: look for a stray delimiter or quote."
                ),
            )
        })
    }

    fn fail_at(&mut self, path: impl Into<String>, flaw: Flaw) -> Failed {
        self.cells.problem(path.into(), flaw);
        Failed
    }

    fn open(&mut self, organization: &OrganizationId, resident: ResidentId) -> String {
        let id = resident.to_string();
        self.registry.open(organization, resident);
        id
    }

    /// Opens the resident of a row that does not post. Where the row names none, that is noted and no fault: a row of
    /// totals has no resident.
    fn open_beside(&mut self) -> Option<String> {
        let plan = self.cells.plan;
        let (account, organization) = (plan.field(Field::Account)?, plan.field(Field::Organization)?);
        let account = self.cells.read(account, parse::account);
        let organization = self.cells.read(organization, OrganizationId::parse);
        if let (Ok(Some(AccountId::Resident(resident))), Ok(Some(organization))) = (account, organization) {
            return Some(self.open(&organization, resident));
        }
        let failed = std::mem::take(&mut self.cells.problems);
        self.cells.notes.extend(failed.into_iter().map(|problem| Note {
            column: problem.column,
            message: format!("沒有為這一列開戶。No account is opened for this row: {}", problem.message),
        }));
        None
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.sheet.read(&mut self.cells.record) {
            Ok(Some(number)) if self.rows < MAX_ROWS => {
                self.rows += 1;
                Some(Ok(self.judge(number)))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Ok(Some(_)) => {
                self.ended = true;
                let message =
                    format!("超過 {MAX_ROWS} 列，請拆成幾個檔。It has over {MAX_ROWS} rows: split the file.");
                Some(Err(ImportError::TooLarge { file: self.file.to_owned(), message }))
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}
