//! Evidence packs (台賬) as files: a score table is read as TOML or CSV, a workbook or a CSV is written row by row in
//! the order of the table. No cell can be taken for a formula, whatever text stands in it.

mod cell;
mod error;
mod pack;
mod table;

pub use cell::{Cell, plain_text};
pub use error::EvidenceError;
pub use pack::{PackFile, Row};
pub use table::score_table_of_csv;
