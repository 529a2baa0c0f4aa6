//! Closed months, corrections and batches.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct CloseMonth {
    /// The month
    #[arg(value_name = "YYYY-MM")]
    pub(crate) month: String,
    /// The district or its community college
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Who closes it: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) by: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Correct {
    #[command(subcommand)]
    pub(crate) command: CorrectCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CorrectCommand {
    /// Propose a correction; nothing changes until another person approves it
    Propose(ProposeCorrection),
    /// Approve a correction and record its parts
    Approve(ApproveCorrection),
    /// Reject a correction, or take it back
    Reject(RejectCorrection),
    /// The corrections that wait
    List {
        /// Also those that are settled
        #[arg(long)]
        all: bool,
    },
    /// A correction with all its parts
    Show {
        /// Its number
        correction: u64,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProposeCorrection {
    /// Who corrects: the poster, one above it, or its successor
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Who proposes: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) by: String,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// An entry to reverse; may be given several times
    #[arg(long, value_name = "NUMBER[:REASON]")]
    pub(crate) reverse: Vec<String>,
    /// A reversed entry to record again as it was; may be given several times
    #[arg(long, value_name = "NUMBER")]
    pub(crate) restore: Vec<u64>,
    /// A sheet of entries to record, CSV
    #[arg(long, value_name = "FILE", requires = "mapping")]
    pub(crate) record: Option<PathBuf>,
    /// What its columns mean
    #[arg(long, value_name = "MAP.toml", requires = "record")]
    pub(crate) mapping: Option<PathBuf>,
    /// SHA-256 of the evidence
    #[arg(long, value_name = "DIGEST")]
    pub(crate) evidence_sha256: Option<String>,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ApproveCorrection {
    /// The correction's number
    pub(crate) correction: u64,
    /// An organisation above the poster, or the district
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Who approves; another than who proposed
    #[arg(long, value_name = "ID")]
    pub(crate) by: String,
    /// SHA-256 of what was read (`correct show`)
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RejectCorrection {
    /// The correction's number
    pub(crate) correction: u64,
    /// Who proposed it, an organisation above the poster, or the district
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Who rejects it
    #[arg(long, value_name = "ID")]
    pub(crate) by: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Batches {
    /// Who posted them
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ReverseBatch {
    /// The batch, as the import told it
    pub(crate) batch: String,
    /// Who posted it
    #[arg(long, value_name = "ID")]
    pub(crate) posted_by: String,
    /// Who reverses, where it is not the poster: one above it, or its successor
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}
