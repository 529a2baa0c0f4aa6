//! Why something is not proven.

use ledger_core::merkle::ProofError;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why something is not proven, or a key is of no use.
#[derive(Debug, Error)]
pub enum Fault {
    /// A key that is none.
    #[error("KEY_MALFORMED: {0}")]
    KeyMalformed(&'static str),
    /// A file of a key that others can read.
    #[error("KEY_OPEN_TO_OTHERS: {} has mode {mode:o}; chmod 600 it", path.display())]
    KeyOpenToOthers {
        /// Which.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A file that cannot be read or written.
    #[error("FILE: {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// The system gives no random bytes.
    #[error("NO_RANDOMNESS: {0}")]
    NoRandomness(getrandom::Error),
    /// No signed note, or one whose text is no checkpoint.
    #[error("CHECKPOINT_MALFORMED: {0}")]
    CheckpointMalformed(&'static str),
    /// The checkpoint is of another log.
    #[error("ORIGIN_MISMATCH: the checkpoint is of {found}, not of {expected}")]
    OriginMismatch {
        /// Whose it is.
        found: String,
        /// Whose it must be.
        expected: String,
    },
    /// The key has not signed the checkpoint.
    #[error("NOT_SIGNED: the checkpoint bears no signature of {0}")]
    NotSigned(String),
    /// A signature in the name of the key that is not one.
    #[error("SIGNATURE_INVALID: the signature in the name of {0} is forged or of another text")]
    SignatureInvalid(String),
    /// The manifest is none, or says what is not so.
    #[error("MANIFEST_INVALID: {0}")]
    ManifestInvalid(String),
    /// A file is not what the manifest says.
    #[error("FILE_ALTERED: {file}: {found}")]
    FileAltered {
        /// Which.
        file: String,
        /// What was found.
        found: &'static str,
    },
    /// A file that no manifest lists.
    #[error("FILE_UNKNOWN: {0} is not in the manifest")]
    FileUnknown(String),
    /// An event is not what it was.
    #[error("EVENT_ALTERED: event {position} is not the one its leaf was made of")]
    EventAltered {
        /// Its position.
        position: u64,
    },
    /// Another event stands at a position: one is missing, or they were swapped.
    #[error("EVENT_MISPLACED: at {position} stands event {found}")]
    EventMisplaced {
        /// Its position.
        position: u64,
        /// What was found.
        found: u64,
    },
    /// No event of the ledger.
    #[error("EVENT_FOREIGN: what stands at {position} is no event of this ledger")]
    EventForeign {
        /// Its position.
        position: u64,
    },
    /// An event that cannot be read.
    #[error("EVENT_INVALID: event {position}: {found}")]
    EventInvalid {
        /// Its position.
        position: u64,
        /// What was found.
        found: String,
    },
    /// A hash of the tree is not what it was.
    #[error("TREE_ALTERED: the hash of level {level} that event {position} makes whole is another")]
    TreeAltered {
        /// Its level.
        level: usize,
        /// Its position.
        position: u64,
    },
    /// Something is wrong with the requests.
    #[error("REQUEST_INVALID: line {line} of the requests: {found}")]
    RequestInvalid {
        /// Which line.
        line: u64,
        /// What was found.
        found: String,
    },
    /// Fewer events than were signed.
    #[error("TRUNCATED: {signed} events were signed, {found} are here")]
    Truncated {
        /// How many were signed.
        signed: u64,
        /// What was found.
        found: u64,
    },
    /// Other events than were signed.
    #[error("FORKED: the first {size} events are not those that were signed")]
    Forked {
        /// How many.
        size: u64,
    },
    /// No statement.
    #[error("STATEMENT_MALFORMED: {0}")]
    StatementMalformed(String),
    /// An event of a statement that does not stand in the log.
    #[error("EVENT_UNPROVEN: event {position}: {error}")]
    EventUnproven {
        /// Its position.
        position: u64,
        /// Why.
        error: ProofError,
    },
    /// The figures of a statement do not follow from its events.
    #[error("FIGURES_DIFFER: {0}")]
    FiguresDiffer(String),
    /// A proof that proves nothing.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Fault {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Fault + use<> {
        let path = path.to_owned();
        move |error| Fault::File { path, error }
    }

    /// Its name, for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Fault::KeyMalformed(_) => "KEY_MALFORMED",
            Fault::KeyOpenToOthers { .. } => "KEY_OPEN_TO_OTHERS",
            Fault::File { .. } => "FILE",
            Fault::NoRandomness(_) => "NO_RANDOMNESS",
            Fault::CheckpointMalformed(_) => "CHECKPOINT_MALFORMED",
            Fault::OriginMismatch { .. } => "ORIGIN_MISMATCH",
            Fault::NotSigned(_) => "NOT_SIGNED",
            Fault::SignatureInvalid(_) => "SIGNATURE_INVALID",
            Fault::ManifestInvalid(_) => "MANIFEST_INVALID",
            Fault::FileAltered { .. } => "FILE_ALTERED",
            Fault::FileUnknown(_) => "FILE_UNKNOWN",
            Fault::EventAltered { .. } => "EVENT_ALTERED",
            Fault::EventMisplaced { .. } => "EVENT_MISPLACED",
            Fault::EventForeign { .. } => "EVENT_FOREIGN",
            Fault::EventInvalid { .. } => "EVENT_INVALID",
            Fault::TreeAltered { .. } => "TREE_ALTERED",
            Fault::RequestInvalid { .. } => "REQUEST_INVALID",
            Fault::Truncated { .. } => "TRUNCATED",
            Fault::Forked { .. } => "FORKED",
            Fault::StatementMalformed(_) => "STATEMENT_MALFORMED",
            Fault::EventUnproven { .. } => "EVENT_UNPROVEN",
            Fault::FiguresDiffer(_) => "FIGURES_DIFFER",
            Fault::Proof(error) => error.reason(),
        }
    }
}
