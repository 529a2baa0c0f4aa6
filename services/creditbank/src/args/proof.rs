//! Arguments of checkpoints, proofs, and what is verified offline.

use clap::Args as ClapArgs;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct CheckpointKeyFile {
    /// The new file
    pub(crate) file: PathBuf,
    /// The name of the deployment, such as its host: it stands in the name of every log
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ShowKey {
    /// The file of the key
    pub(crate) file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WitnessKeyFile {
    /// The new file
    pub(crate) file: PathBuf,
    /// The name of the witness, such as its host
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WitnessArgs {
    /// The file of its key (creditbank witness-key)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The folder in which it remembers the newest checkpoint of each log
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state: PathBuf,
    /// The public key of a log that it watches; the flag again for another
    #[arg(long, value_name = "VKEY", required = true)]
    pub(crate) log: Vec<String>,
    /// Where it listens
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS")]
    pub(crate) http_addr: SocketAddr,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyStatement {
    /// The statement's file
    pub(crate) file: PathBuf,
    /// The public key of the log, as the district has published it
    #[arg(long, value_name = "VKEY")]
    pub(crate) key: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyExport {
    /// The folder
    pub(crate) folder: PathBuf,
    /// The public key of the log, as the district has published it
    #[arg(long, value_name = "VKEY")]
    pub(crate) key: Option<String>,
    /// The public key of a witness whose cosignature is asked for; the flag again for another
    #[arg(long, value_name = "VKEY")]
    pub(crate) witness: Vec<String>,
    /// Do not mind that the last events are not signed yet
    #[arg(long, requires = "key")]
    pub(crate) allow_unsigned_tail: bool,
}
