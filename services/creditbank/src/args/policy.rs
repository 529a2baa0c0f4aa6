//! The credit rules.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Print a document that ships, or the names of all
    Preset {
        /// Which; none lists them
        name: Option<String>,
    },
    /// What is published and what waits for approval
    List,
    /// Print the document of a version
    Get {
        /// POLICY/versions/VERSION
        version: String,
    },
    /// What two documents set differently
    Diff {
        /// A file, or POLICY/versions/VERSION
        before: String,
        /// A file, or POLICY/versions/VERSION
        after: String,
    },
    /// What balances and levels would be under a draft; writes nothing
    Simulate {
        /// The draft, TOML
        draft: PathBuf,
    },
    /// Propose a policy; nothing changes until another person publishes it
    Propose(ProposePolicy),
    /// Publish what was proposed
    Publish(PublishPolicy),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProposePolicy {
    /// The document, TOML
    pub(crate) document: PathBuf,
    /// The district or its community college
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Who proposes: the number of a post or an account, never a name
    #[arg(long, value_name = "ID")]
    pub(crate) person: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PublishPolicy {
    /// POLICY/versions/VERSION
    pub(crate) version: String,
    /// SHA-256 of the document that was read
    #[arg(long, value_name = "DIGEST")]
    pub(crate) sha256: String,
    /// The district or its community college
    #[arg(long, value_name = "ID")]
    pub(crate) organization: String,
    /// Who publishes; another than who proposed
    #[arg(long, value_name = "ID")]
    pub(crate) person: String,
    /// The request's name, to run the same command again safely
    #[arg(long)]
    pub(crate) request_id: Option<String>,
}
