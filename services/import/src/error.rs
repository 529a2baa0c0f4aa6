//! What stops an import as a whole. What is wrong with one row is a [`Problem`](crate::Problem) of that row.

use crate::reason;
use std::fmt;

/// A mistake in a mapping, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, as in `entry.minutes` or `skip[1].when`; a line number where the file is no TOML.
    pub path: String,
    /// What to do, in 繁體中文 and English.
    pub message: String,
}

/// A mapping that cannot be used, with every mistake that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MappingError {
    /// The mistakes, at least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let divider = if index == 0 { "" } else { "\n" };
            write!(f, "{divider}{}：{}", mistake.path, mistake.message)?;
        }
        Ok(())
    }
}

/// Why a file cannot be imported. Nothing of it was posted by this crate: it does not post.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A column is missing or there twice.
    #[error("{file}：{message}")]
    Header {
        /// Which file.
        file: String,
        /// What to do.
        message: String,
    },
    /// The bytes are not text of the declared encoding.
    #[error("{file} 第 {line} 行：{message}")]
    Encoding {
        /// Which file.
        file: String,
        /// The line of text, from 1.
        line: u64,
        /// What to do.
        message: String,
    },
    /// The file is damaged, or of a kind that is not read.
    #[error("{file}：{message}")]
    Kind {
        /// Which file.
        file: String,
        /// What to do.
        message: String,
    },
    /// The workbook carries formulas, macros, links to other files or the like.
    #[error("{file}：{message}")]
    Active {
        /// Which file.
        file: String,
        /// What to do.
        message: String,
    },
    /// A limit is passed.
    #[error("{file}：{message}")]
    TooLarge {
        /// Which file.
        file: String,
        /// What to do.
        message: String,
    },
    /// A look-up table is missing or contradicts itself.
    #[error("{file}：{message}")]
    Lookup {
        /// Which file.
        file: String,
        /// What to do.
        message: String,
    },
    /// The file changed between two passes.
    #[error(
        "{file} 在讀取期間被改過，請關閉正在編輯它的程式再重來。\
         {file} changed while it was read: close the program that edits it and start again."
    )]
    Changed {
        /// Which file.
        file: String,
    },
    /// The file cannot be read.
    #[error("{file} 讀不到，請查對路徑和權限。{file} cannot be read, check path and permission: {source}")]
    Unreadable {
        /// Which file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
}

impl ImportError {
    /// The reason in UPPER_SNAKE_CASE.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            ImportError::Header { .. } => reason::IMPORT_HEADER,
            ImportError::Encoding { .. } | ImportError::Kind { .. } => reason::IMPORT_ENCODING,
            ImportError::Active { .. } => reason::IMPORT_ACTIVE_CONTENT,
            ImportError::TooLarge { .. } => reason::IMPORT_TOO_LARGE,
            ImportError::Lookup { .. } => reason::IMPORT_LOOKUP,
            ImportError::Changed { .. } => reason::IMPORT_CHANGED,
            ImportError::Unreadable { .. } => reason::IMPORT_UNREADABLE,
        }
    }
}
