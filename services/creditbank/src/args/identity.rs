//! The arguments of the commands about who is who.

use super::directory::Writing;
use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Merge {
    /// Propose it; nothing changes until another person approves it, within 7 days
    Propose(ProposeMerge),
    /// Propose to undo a merge
    Undo(ProposeUnmerge),
    /// Approve what was proposed, and do it
    Approve(ApproveMerge),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProposeMerge {
    /// The account that takes no more entries: residents/ID
    pub(crate) merged: String,
    /// The account that answers for both: residents/ID
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) into: String,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProposeUnmerge {
    /// The account that was merged: residents/ID
    pub(crate) merged: String,
    /// An entry posted since the merge that is the survivor's own; once for each
    #[arg(long, value_name = "ENTRY")]
    pub(crate) keep: Vec<u64>,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ApproveMerge {
    /// The account that was or is to be merged: residents/ID
    pub(crate) merged: String,
    /// The digest of the proposal
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: String,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rename {
    /// The account by its old id: residents/ID
    pub(crate) account: String,
    /// The new id, or the one it had before
    #[arg(long, value_name = "NEW-ID")]
    pub(crate) to: String,
    /// Who decides: the opener of the account, or an organisation above
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Who {
    /// residents/ID
    pub(crate) account: String,
    /// The day to tell the household of; else today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) day: Option<String>,
    /// As it was at this position of the ledger
    #[arg(long, value_name = "POSITION")]
    pub(crate) as_of: Option<u64>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Duplicates {
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Distinguish {
    /// One account: residents/ID
    pub(crate) account: String,
    /// The other: residents/ID
    pub(crate) other: String,
    /// Who decides: the opener of both accounts, an organisation above, or the district
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}
