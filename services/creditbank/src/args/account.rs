//! Accounts and their entries.

use super::Pdf;
use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Balance {
    /// residents/ID, households/ID or organizations/ID
    #[arg(required_unless_present = "all")]
    pub(crate) account: Option<String>,
    /// All accounts of a collection
    #[arg(long, value_parser = ["residents", "households", "organizations"],
          conflicts_with_all = ["account", "as_of", "from", "to"])]
    pub(crate) all: Option<String>,
    #[command(flatten)]
    pub(crate) when: When,
}

/// Which point of the log, and which days, a question is about.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct When {
    /// As it was then: a position of the ledger, or an instant such as 2026-05-31T16:00:00Z
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) as_of: Option<String>,
    /// Only learning on or after this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<String>,
    /// Only learning up to this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// residents/ID or households/ID
    pub(crate) account: String,
    /// Language of the sentences
    #[arg(long, default_value = "zh-Hant", value_parser = ["zh-Hant", "zh-Hans", "en"])]
    pub(crate) language: String,
    #[command(flatten)]
    pub(crate) when: When,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Statement {
    /// residents/ID, households/ID or organizations/ID
    pub(crate) account: String,
    /// Only this civil year
    #[arg(long)]
    pub(crate) year: Option<i32>,
    /// Write a statement that anybody can verify without this server (creditbank verify-statement) to a new file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["year", "as_of", "from", "to"])]
    pub(crate) proof: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) when: When,
    #[command(flatten)]
    pub(crate) paper: Pdf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Entries {
    /// Only of this account: residents/ID, households/ID or organizations/ID
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Only posted by this organisation
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
    /// The newest first; not together with --account
    #[arg(long, conflicts_with = "account")]
    pub(crate) newest: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Reverse {
    /// The entry's number
    pub(crate) entry: u64,
    /// Who reverses: the poster, one above it, or its successor
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Redeem {
    /// residents/ID
    pub(crate) account: String,
    /// Credit, with up to two decimals
    #[arg(value_parser = crate::redemption::parse_credit, value_name = "CREDIT")]
    pub(crate) credit: ledger_core::quantity::CentiCredits,
    /// For what: a code of the list `rewards`
    #[arg(long, value_name = "CODE")]
    pub(crate) reward: String,
    /// The district or its community college
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Redeemable {
    /// residents/ID
    pub(crate) account: String,
    /// As it was then: a position of the ledger, or an instant such as 2026-05-31T16:00:00Z
    #[arg(long, value_name = "POSITION|TIME")]
    pub(crate) as_of: Option<String>,
}
