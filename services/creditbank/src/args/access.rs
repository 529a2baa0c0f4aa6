//! Arguments of what concerns credentials.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Token {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Issue one; it is shown this once
    Create(CreateToken),
    /// Register one for a client's certificate, and say what URI to put into it
    Certificate(CreateCertificate),
    /// Register one of somebody for whom the issuer vouches
    Identity(CreateIdentity),
    /// List the credentials of the ledger, or with --administrators of those who run the deployment
    List(ListTokens),
    /// Approve one that waits for a second person
    Approve(ApproveToken),
    /// Revoke one for good
    Revoke(RevokeToken),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Audit {
    /// At most so many, newest first; 0 = all
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
    /// Those of the deployment itself
    #[arg(long)]
    pub(crate) deployment: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Wanted {
    /// clerk, officer, approver, auditor, resident, platform or administrator
    #[arg(long)]
    pub(crate) role: String,
    /// Who is to hold it: the number of a post, never a name
    #[arg(long)]
    pub(crate) person: String,
    /// The organisation it reaches, with all below it
    #[arg(long, value_name = "ID", conflicts_with = "resident")]
    pub(crate) organization: Option<String>,
    /// The account it reaches, of a resident
    #[arg(long, value_name = "ID")]
    pub(crate) resident: Option<String>,
    /// How many days it holds
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(crate) days: u32,
    /// The name of the request, to run the same command again safely
    #[arg(long, value_name = "ID")]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CreateToken {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// Write the token to this file, which only its owner may read, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CreateCertificate {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CreateIdentity {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// The issuer, exactly as its tokens say it in `iss`
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: String,
    /// Whom it vouches for, exactly as in `sub`, in a file: it may tell who somebody is
    #[arg(long, value_name = "FILE")]
    pub(crate) subject_file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ListTokens {
    /// Those who run the deployment
    #[arg(long)]
    pub(crate) administrators: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ApproveToken {
    /// The credential's name, as `token list` shows it
    pub(crate) name: String,
    /// SHA-256 of what is approved, as `token list` shows it
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: String,
    /// Who approves it; empty = the holder of the token in use
    #[arg(long, default_value = "", value_name = "PERSON")]
    pub(crate) by: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RevokeToken {
    /// The credential's name, as `token list` shows it
    pub(crate) name: String,
}
