//! What can go wrong with a file.

use thiserror::Error;

/// Why a file cannot be read or written.
#[derive(Debug, Error)]
pub enum EvidenceError {
    /// The score table is no CSV, or a column or row is at fault.
    #[error("{0}")]
    Table(String),
    /// The file cannot be read or written.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The CSV cannot be written.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// The workbook cannot be written.
    #[error("{0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The score table cannot be written as TOML.
    #[error("{0}")]
    Toml(#[from] toml::ser::Error),
    /// Neither `.xlsx` nor `.csv`.
    #[error("檔名須以 .xlsx 或 .csv 結尾。The file ends in .xlsx or .csv.")]
    Extension,
}
