//! Arguments of reports, indicators and evidence packs.

use super::Pdf;
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Report {
    /// 2026-05, 2026-Q2, 2026-H1, 2026, or 2026-03..2026-08
    pub(crate) period: String,
    /// Only this organisation, with all below it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
    /// What rows are told apart by: organization, kind, subject, audience, mode, month
    #[arg(long, value_name = "DIMENSIONS", value_delimiter = ',', default_value = "organization")]
    pub(crate) by: Vec<String>,
    /// As it was when the log ended at this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) as_of: u64,
    #[command(flatten)]
    pub(crate) paper: Pdf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Indicators {
    /// Which; none lists them
    pub(crate) indicator: Option<String>,
    /// One window of it, as in `report`; of a frequency one or more
    pub(crate) period: Option<String>,
    /// Only this organisation, with all below it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
    /// As it was when the log ended at this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) as_of: u64,
    /// Print its document
    #[arg(long, requires = "indicator", conflicts_with = "period")]
    pub(crate) document: bool,
    /// Define one: its document, TOML
    #[arg(long, value_name = "FILE", requires_all = ["by", "person"], conflicts_with = "indicator")]
    pub(crate) define: Option<PathBuf>,
    /// Who defines it: the district or its community college
    #[arg(long, value_name = "ID")]
    pub(crate) by: Option<String>,
    /// The person who acts: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) person: Option<String>,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Target {
    /// The indicator
    pub(crate) indicator: String,
    /// The organisation it is for
    pub(crate) organization: String,
    /// The civil year
    pub(crate) year: i32,
    /// A share such as 1/2, or a count
    pub(crate) target: String,
    /// Who sets it: an organisation above, or the district or its college
    #[arg(long, value_name = "ID")]
    pub(crate) by: String,
    /// The person who acts: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) person: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Population {
    /// The organisation
    pub(crate) organization: String,
    /// The civil year
    pub(crate) year: i32,
    /// Which population
    pub(crate) population: String,
    /// How many
    pub(crate) count: u64,
    /// A code of the source, such as yearbook-2025
    #[arg(long, value_name = "CODE")]
    pub(crate) source: String,
    /// Who states it: the organisation itself, one above it, or the district or its college
    #[arg(long, value_name = "ID")]
    pub(crate) by: String,
    /// The person who acts: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) person: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Evidence {
    /// The months, as in `report`
    pub(crate) period: String,
    /// The score table, TOML or CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) table: PathBuf,
    /// The file to write, .xlsx or .csv
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Only this organisation, with all below it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
    /// As it was when the log ended at this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) as_of: u64,
}
