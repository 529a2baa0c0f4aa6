//! Reasons that only an import knows. All others a verdict shows are the ledger's own (`ledger_core::Reason`), so
//! that a clerk meets one vocabulary whichever way an entry came.

/// A value is not among those a `[map.…]` of the mapping lists.
pub const VALUE_NOT_MAPPED: &str = "VALUE_NOT_MAPPED";
/// A look-up table has no row for this one.
pub const LOOKUP_NOT_FOUND: &str = "LOOKUP_NOT_FOUND";
/// A row has fewer or more cells than the header.
pub const IMPORT_ROW: &str = "IMPORT_ROW";
/// A column that the mapping names is missing, or there twice.
pub const IMPORT_HEADER: &str = "IMPORT_HEADER";
/// A file is not in the declared encoding, or no text at all.
pub const IMPORT_ENCODING: &str = "IMPORT_ENCODING";
/// A file, a row or the number of rows passes a limit.
pub const IMPORT_TOO_LARGE: &str = "IMPORT_TOO_LARGE";
/// A look-up table is missing, or gives two answers for one key.
pub const IMPORT_LOOKUP: &str = "IMPORT_LOOKUP";
/// A file cannot be read.
pub const IMPORT_UNREADABLE: &str = "IMPORT_UNREADABLE";
/// The file changed between two passes over it.
pub const IMPORT_CHANGED: &str = "IMPORT_CHANGED";
/// A workbook carries something that acts, or a cell is a formula.
pub const IMPORT_ACTIVE_CONTENT: &str = "IMPORT_ACTIVE_CONTENT";
/// A number has more digits than a spreadsheet keeps.
pub const ID_PRECISION_LOST: &str = "ID_PRECISION_LOST";
