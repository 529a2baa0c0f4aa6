//! Arguments of what looks after the file.

use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Rebuild {
    /// Throw away what a rebuild that was stopped or killed had begun
    #[arg(long)]
    pub(crate) discard: bool,
    /// Memory for states; past it they are left to the file
    #[arg(long, default_value_t = 1_024, value_name = "MIB")]
    pub(crate) memory_mib: u32,
    /// Events after which it keeps how far it has come: what a crash costs at most
    #[arg(long, default_value_t = 1_000_000, value_name = "EVENTS")]
    pub(crate) checkpoint_events: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Backup {
    /// The new file
    pub(crate) to: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) from: PathBuf,
}
