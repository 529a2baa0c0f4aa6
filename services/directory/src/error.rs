//! Why the directory cannot be opened, and what clients hear then.

use ledger_core::{Reason, Refusal};
use std::path::PathBuf;
use thiserror::Error;

/// Why a key file or the register beside it is of no use.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// There is no such file, or it cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("{path} can be read by others (mode {mode:03o}): run chmod 600 on it")]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is no key file.
    #[error("{path} is no key file: make one with creditbank directory init-key")]
    NoKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// A line of the register was changed, or is of another key file.
    #[error("{path}, line {line}: not written under this key file")]
    RegisterDamaged {
        /// The register.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The system gives no random bytes.
    #[error("no random bytes: {0}")]
    NoRandomness(getrandom::Error),
}

/// The directory is closed, as clients hear it.
#[must_use]
pub fn closed() -> Refusal {
    Refusal::new(
        Reason::DirectoryClosed,
        "這個程式沒有載入金鑰檔，個人資料名冊關閉；請管理員用 --key-file 指定金鑰檔後重新啟動。\
         This program runs without the key file and the directory of personal data is closed: \
         the operator starts it with --key-file.",
    )
}

/// The key file is not the one that the records were sealed under.
pub(crate) fn other_key_file() -> Refusal {
    Refusal::new(
        Reason::DirectoryClosed,
        "金鑰檔不是封存這些資料時用的那一個，名冊關閉；請管理員換回原來的金鑰檔。\
         The key file is not the one that these records were sealed under and the directory is closed: \
         the operator puts the right one back.",
    )
}

/// A sealed record is not what was written.
pub(crate) fn damaged() -> Refusal {
    Refusal::new(
        Reason::LedgerDamaged,
        "名冊的資料有損壞，請管理員還原備份。A record of the directory is damaged: the operator should restore a backup.",
    )
}

/// The register could not be written: the erasure is not finished, and the next start finishes it.
pub(crate) fn register_failed(error: &dyn std::error::Error) -> Refusal {
    tracing::error!(error = %error, "the register of erasures cannot be written");
    Refusal::new(
        Reason::StorageReadOnly,
        "刪除登記簿寫不進去，刪除尚未完成；請管理員處理後，用同一 request_id 重送。\
         The register of erasures cannot be written and the erasure is not finished: \
         tell the operator, then send the same request again.",
    )
}
