//! A desk for the tests: a folder with a sheet and what lies beside it, and the verdicts of an import.

use creditbank_grpc::proto::{Entry, PostEntryRequest};
use creditbank_import::{ImportError, Mapping, Problem, Registration, Row, RowOutcome, Source};
use ledger_core::id::LedgerId;
use std::path::Path;

/// What an import gave.
#[derive(Debug)]
pub struct Imported {
    pub rows: Vec<Row>,
    pub registration: Registration,
}

/// Imports the file at `path`.
pub fn import_file(mapping: &str, path: &Path) -> Result<Imported, ImportError> {
    let mapping = Mapping::parse(mapping).unwrap_or_else(|error| panic!("{error}"));
    let source = Source::open(&mapping, path)?;
    let mut rows = source.rows(&LedgerId::parse("demo").unwrap())?;
    let judged = rows.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok(Imported { rows: judged, registration: rows.registration() })
}

/// Imports `sheet` with other files beside it.
pub fn import_beside(mapping: &str, sheet: &[u8], beside: &[(&str, &str)]) -> Result<Imported, ImportError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in beside {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().join("sheet.csv");
    std::fs::write(&path, sheet).unwrap();
    import_file(mapping, &path)
}

/// Imports a sheet in UTF-8.
pub fn import(mapping: &str, sheet: &str) -> Imported {
    import_beside(mapping, sheet.as_bytes(), &[]).unwrap_or_else(|error| panic!("{error}"))
}

/// Imports one row under the header of `LECTURES`.
pub fn lecture(mapping: &str, row: &str) -> Row {
    import(mapping, &format!("居民碼,日期,時數,狀態\n{row}\n")).rows.remove(0)
}

/// The request of a row that posts.
pub fn request(row: &Row) -> &PostEntryRequest {
    match &row.outcome {
        RowOutcome::Post(request) => request,
        other => panic!("row {} is {other:?}", row.number),
    }
}

/// The entry of a row that posts.
pub fn entry(row: &Row) -> &Entry {
    request(row).entry.as_ref().unwrap()
}

/// The reason of a row that is skipped.
pub fn skipped(row: &Row) -> &str {
    match &row.outcome {
        RowOutcome::Skipped { reason } => reason,
        other => panic!("row {} is {other:?}", row.number),
    }
}

/// The problems of a row that is bad.
pub fn problems(row: &Row) -> &[Problem] {
    match &row.outcome {
        RowOutcome::Bad { problems } => problems,
        other => panic!("row {} is {other:?}", row.number),
    }
}

/// Column and reason of each problem.
pub fn faults(row: &Row) -> Vec<(&str, &str)> {
    problems(row).iter().map(|problem| (problem.column.as_str(), problem.reason)).collect()
}
