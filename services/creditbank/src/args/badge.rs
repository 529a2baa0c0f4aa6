//! Arguments of badges.

use clap::Args as ClapArgs;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct BadgeArgs {
    /// `entries/POSITION`, `residents/ID` or `households/ID`
    pub(crate) name: String,
    /// The new file: a token where its name ends with .jwt, else JSON that bears its proof
    pub(crate) file: PathBuf,
    /// The selection in which the household was given its title
    #[arg(long, value_name = "ID", conflicts_with = "year")]
    pub(crate) selection: Option<String>,
    #[command(flatten)]
    pub(crate) of: Of,
}

/// Which statement.
#[derive(Debug, ClapArgs)]
pub(crate) struct Of {
    /// The civil year of a statement; without it all years
    #[arg(long, value_name = "YEAR")]
    pub(crate) year: Option<i32>,
    /// A statement as the ledger was at a position; 0 is now
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) as_of_position: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TranscriptArgs {
    /// `residents/ID` or `households/ID`
    pub(crate) account: String,
    /// The new file: a token where its name ends with .jwt, else JSON that bears its proof
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) of: Of,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyBadge {
    /// The file of a badge or transcript
    pub(crate) file: PathBuf,
    /// Who must have issued it: did:key:…, or the file of a DID document (of did:web always)
    #[arg(long, value_name = "DID|FILE")]
    pub(crate) issuer: String,
    /// The file of a list of revocations, as it was fetched; the flag again for another
    #[arg(long, value_name = "FILE")]
    pub(crate) status: Vec<PathBuf>,
    /// Do not ask whether it was taken back
    #[arg(long)]
    pub(crate) without_status: bool,
}
