//! The arguments of the commands about who is who.

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct Merge {
    /// The account that takes no more entries: residents/ID
    pub(crate) merged: String,
    /// The account that answers for both: residents/ID
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) into: String,
    /// Who decides: the opener of both accounts, an organisation above, or the district
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Unmerge {
    /// The account that was merged: residents/ID
    pub(crate) merged: String,
    /// An entry posted since the merge that is the survivor's own; once for each
    #[arg(long, value_name = "ENTRY")]
    pub(crate) keep: Vec<u64>,
    /// Who decides: the opener of both accounts, an organisation above, or the district
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
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
