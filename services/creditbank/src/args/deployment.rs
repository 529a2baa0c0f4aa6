//! Arguments of what looks after the ledgers of a deployment.

use clap::{Args as ClapArgs, Subcommand};
use creditbank_ledger::LedgerSettings;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Init {
    /// IANA time zone of the ledger's dates
    #[arg(long, default_value = LedgerSettings::TIME_ZONE)]
    pub(crate) time_zone: String,
    /// First day whose learning the ledger takes
    #[arg(long, default_value = LedgerSettings::BEGINS_ON, value_name = "YYYY-MM-DD")]
    pub(crate) begins_on: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Ledgers {
    #[command(subcommand)]
    pub(crate) command: Option<LedgersCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgersCommand {
    /// List them
    List,
    /// Lay down how many events the ledger may come to
    Quota(Quota),
    /// Record nothing more in the ledger
    Seal,
    /// Take postings again
    Unseal,
    /// Throw away what an import that does not end has begun
    Discard,
}

#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct Quota {
    /// How many
    pub(crate) events: Option<u64>,
    /// Without limit
    #[arg(long)]
    pub(crate) none: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Migrate {
    /// Distribute the tables by ledger: the database is a coordinator of Citus
    #[arg(long)]
    pub(crate) distribute: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    /// The folder: empty, or not there yet
    pub(crate) to: PathBuf,
    /// Seal the ledger first, so that nothing is recorded that does not move with it
    #[arg(long)]
    pub(crate) seal: bool,
    /// Sign a checkpoint of all that is exported first, with the server's key (creditbank checkpoint-key)
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint_key: Option<PathBuf>,
}
