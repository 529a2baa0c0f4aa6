//! Arguments of evaluations and ranked lists.

use super::Pdf;
use clap::Args as ClapArgs;
use std::path::PathBuf;

/// What candidates are measured by.
#[derive(Debug, ClapArgs)]
pub(crate) struct Yardstick {
    /// A standard, as in family-default
    #[arg(long, value_name = "ID", conflicts_with = "document")]
    pub(crate) standard: Option<String>,
    /// Try out a document instead: TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
    /// First day that is looked at [default: 1 January]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<String>,
    /// Last day [default: 31 December of the year of --from]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<String>,
    /// The day whose members a household is taken to have [default: the last day that has come]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) counted_on: Option<String>,
    /// As it was then: a position of the ledger, or an instant such as 2026-05-31T16:00:00Z
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) as_of: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Evaluate {
    /// As in households/h0001; by standards that name others also residents/… or organizations/…
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) yardstick: Yardstick,
    /// hant, hans or en
    #[arg(long, default_value = "hant")]
    pub(crate) language: String,
    #[command(flatten)]
    pub(crate) paper: Pdf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rank {
    #[command(flatten)]
    pub(crate) yardstick: Yardstick,
    /// The applicants of a selection, by its standard and days, instead of all accounts
    #[arg(long, value_name = "ID", conflicts_with_all = ["standard", "from", "to"])]
    pub(crate) selection: Option<String>,
    /// Places to try out instead of the standard's
    #[arg(long, value_name = "N")]
    pub(crate) places: Option<u64>,
    /// Candidates that are shown, from the first on; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: u64,
    /// Write all of them into a workbook or CSV, with every item's points
    #[arg(long, value_name = "FILE.xlsx|FILE.csv")]
    pub(crate) out: Option<PathBuf>,
    /// hant, hans or en
    #[arg(long, default_value = "hant")]
    pub(crate) language: String,
}
