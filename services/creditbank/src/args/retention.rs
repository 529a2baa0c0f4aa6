//! The arguments of the commands about how long personal data is kept.

use super::directory::Writing;
use clap::{ArgGroup, Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Retention {
    /// Set after how many months without activity personal data is due for erasure, or lift the rule; nothing is erased
    #[command(after_help = "Examples:\n  \
        creditbank directory retention set --months 60 --organization district --person officer-01\n  \
        creditbank directory retention set --lift --organization district --person officer-01")]
    Set(SetRetention),
    /// The rule, and what waits for approval
    #[command(after_help = "Example:\n  creditbank directory retention show --json")]
    Show,
    /// Who is due: a dry run, which changes nothing
    #[command(after_help = "Examples:\n  creditbank directory retention due\n  \
        creditbank directory retention due --on 2026-06-30 --limit 0 --json\n\n\
        With --json each page is a line of its own, with the position it is true at.")]
    Due(DueRetention),
    /// Propose to erase those who are due; nothing changes until another person approves it, within 7 days
    #[command(after_help = "Examples:\n  \
        creditbank directory retention propose --organization district --person officer-01\n  \
        creditbank directory retention propose residents/r0001 residents/r0002 --organization district --person officer-01")]
    Propose(ProposeRetention),
    /// Approve it and do it; who is not due any more is left out, and there is no way back for the others
    #[command(after_help = "Example:\n  creditbank directory retention approve 1234 --sha256 DIGEST \
        --organization district --person officer-02")]
    Approve(ApproveRetention),
}

#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("rule").required(true).args(["months", "lift"])))]
pub(crate) struct SetRetention {
    /// After how many months without activity, 12-600
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) months: Option<u32>,
    /// Have no rule: nobody is due
    #[arg(long)]
    pub(crate) lift: bool,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DueRetention {
    /// The day, not after today; else today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<String>,
    /// At most so many; 0 = all
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProposeRetention {
    /// residents/ID, of those who are due; else the first 1,000 of them
    pub(crate) accounts: Vec<String>,
    /// The day they are due on, not after today; else today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Option<String>,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ApproveRetention {
    /// The position of the proposal
    pub(crate) proposed_at: u64,
    /// The digest of the proposal
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: String,
    #[command(flatten)]
    pub(crate) acting: Writing,
}
