//! Why an archive was not written, or not taken in.

use creditbank_proof::Fault;
use creditbank_proof::archive::{CHECKPOINT, MANIFEST};
use ledger_core::Refusal;
use ledger_core::ports::StoreError;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why an archive was not written, or not taken in.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// The folder holds something already.
    #[error("{} 不是空的資料夾，請換一個。{} is not empty: choose another folder.", .0.display(), .0.display())]
    NotEmpty(PathBuf),
    /// A file is not what the manifest says, or the manifest is none.
    #[error("{file}：{found}；請重新匯出或重新複製。{file}: {found}; export or copy it again.")]
    NotWhole {
        /// The file.
        file: String,
        /// What was found.
        found: String,
    },
    /// The archive is of another ledger than the one that was asked for.
    #[error(
        "這是帳本 {archived} 的匯出，不是 {asked} 的；請用 --ledger {archived}。\
             This is an export of ledger {archived}, not of {asked}: use --ledger {archived}."
    )]
    OtherLedger {
        /// The ledger it is of.
        archived: String,
        /// The ledger that was asked for.
        asked: String,
    },
    /// The deployment has a ledger of that id, with something in it.
    #[error(
        "這裡已有帳本 {0}，匯入不改動既有的帳本。Ledger {0} exists here already, and importing changes no ledger."
    )]
    Exists(String),
    /// The deployment has begun to import another archive under that id.
    #[error(
        "這裡正在匯入的帳本 {ledger} 和這份匯出在第 {position} 號不同；請用原來的那一份。\
             What was imported of ledger {ledger} before differs from this archive at {position}: use the one it was begun with."
    )]
    BegunWithAnother {
        /// The ledger.
        ledger: String,
        /// Where they differ.
        position: u64,
    },
    /// The ledger is being imported itself.
    #[error(
        "帳本 {0} 還在匯入，匯入完成後再匯出。Ledger {0} is being imported: export it when that is done."
    )]
    Arriving(String),
    /// The import was given up.
    #[error(
        "帳本 {0} 的匯入已捨棄；請先 creditbank ledgers discard 清完，再重新匯入。The import of ledger {0} was given up: run `creditbank ledgers discard` to its end, then import anew."
    )]
    Discarded(String),
    /// The ledger is not being imported.
    #[error(
        "帳本 {0} 不是未完成的匯入，不能捨棄。Ledger {0} is no import that was begun, and is not thrown away."
    )]
    NotArriving(String),
    /// What the store says.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the ledger says.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl ArchiveError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> ArchiveError + use<> {
        let path = path.to_owned();
        move |error| ArchiveError::File { path, error }
    }

    pub(crate) fn not_whole(file: &str, found: impl Into<String>) -> ArchiveError {
        ArchiveError::NotWhole { file: file.to_owned(), found: found.into() }
    }
}

impl From<Fault> for ArchiveError {
    fn from(fault: Fault) -> ArchiveError {
        let file = match fault {
            Fault::File { path, error } => return ArchiveError::File { path, error },
            Fault::RequestInvalid { .. } => "requests",
            Fault::EventAltered { .. }
            | Fault::EventMisplaced { .. }
            | Fault::EventForeign { .. }
            | Fault::EventInvalid { .. } => "events",
            Fault::FileAltered { ref file, .. } => file,
            Fault::ManifestInvalid(_) => MANIFEST,
            _ => CHECKPOINT,
        };
        ArchiveError::not_whole(file, fault.to_string())
    }
}
