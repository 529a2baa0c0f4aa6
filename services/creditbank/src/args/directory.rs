//! The arguments of the commands about personal data. None of them takes any: the command line of a program is seen by others
//! on the machine, and kept by shells.

use super::retention::Retention;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct DirectoryArgs {
    #[command(subcommand)]
    pub(crate) command: DirectoryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Make a key file; keep it apart from the database, and a copy of it in a safe place
    InitKey(InitKey),
    /// Keep a person, in place of what was kept before
    Put(Put),
    /// Read fields of a person; that they were read is on the record
    Show(ShowPerson),
    /// Find whose an ID number is; it is read from standard input
    Find(Find),
    /// How an organisation is known to the law (統一社會信用代碼) and reached
    #[command(subcommand)]
    Card(CardCommand),
    /// Who read a resident's personal data, newest first
    Reads(Reads),
    /// Erase a resident's personal data: one person proposes, another approves
    #[command(subcommand)]
    Erase(Erase),
    /// How long personal data is kept without activity, who is due, and their erasure
    #[command(subcommand)]
    Retention(Retention),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct InitKey {
    /// The new file
    pub(crate) file: PathBuf,
}

/// Who asks.
#[derive(Debug, ClapArgs)]
pub(crate) struct Acting {
    /// For which organisation: as a rule the one that opened the account, or one above it
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Who does it: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) person: String,
}

/// Who asks, and under which name.
#[derive(Debug, ClapArgs)]
pub(crate) struct Writing {
    #[command(flatten)]
    pub(crate) by: Acting,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Put {
    /// residents/ID
    pub(crate) account: String,
    /// A file of TOML with name, id_kind, id_number, birth_date, phone, email; else standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CardCommand {
    /// Keep it, in place of what was kept before
    Put(PutCard),
    /// Show it
    Show {
        /// organizations/ID
        account: String,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PutCard {
    /// organizations/ID
    pub(crate) account: String,
    /// A file of TOML with uscc, phone, email; else standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

/// Who looks, and what for.
#[derive(Debug, ClapArgs)]
pub(crate) struct Reading {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// identity_check, contact, certificate, selection, correction, subject_request or audit
    #[arg(long, value_name = "CODE")]
    pub(crate) purpose: String,
    /// Who answers for it beside the reader: needed under 18
    #[arg(long, value_name = "ID")]
    pub(crate) approved_by: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ShowPerson {
    /// residents/ID
    pub(crate) account: String,
    /// name, id_number, id_last_four, birth_date, phone, email
    #[arg(long, value_delimiter = ',', default_value = "name,id_last_four", value_name = "FIELDS")]
    pub(crate) fields: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Find {
    /// mainland, taiwan, taiwan_resident or passport
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: String,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Reads {
    /// residents/ID
    pub(crate) account: String,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Erase {
    /// Propose it; nothing changes until another person approves it, within 7 days
    Propose(ProposeErasure),
    /// Approve it and do it; there is no way back
    Approve(ApproveErasure),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProposeErasure {
    /// residents/ID
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) acting: Writing,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ApproveErasure {
    /// residents/ID
    pub(crate) account: String,
    /// The digest of the proposal
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: String,
    #[command(flatten)]
    pub(crate) acting: Writing,
}
