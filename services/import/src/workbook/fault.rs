//! Why a workbook is refused as a whole.

use crate::error::ImportError;
use std::fmt;

/// Why a workbook is refused, with what to do, in 繁體中文 and English.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It carries something that acts: formulas, macros, links to other files, embedded objects, a DTD.
    Active(String),
    /// It passes a limit.
    TooLarge(String),
    /// It is damaged, or no workbook of this kind.
    Undecodable(String),
    /// The sheet that the mapping names is not in it.
    NoSheet(String),
    /// The system cannot read it.
    Io(std::io::Error),
}

impl Fault {
    /// A part that is not as the standard (ECMA-376) has it.
    pub(super) fn damaged(part: &str) -> Fault {
        Fault::Undecodable(format!(
            "活頁簿損壞（{part}），請用試算表程式打開、另存新檔再匯入。\
             The workbook is damaged ({part}): open it in a spreadsheet program, save it anew and import that."
        ))
    }

    /// A part in another encoding than every spreadsheet program writes.
    pub(super) fn not_utf_8(part: &str) -> Fault {
        Fault::Undecodable(format!(
            "活頁簿裡的 {part} 不是 UTF-8 文字，請把名單複製到新的活頁簿再匯入。\
             {part} in the workbook is not UTF-8: copy the list into a new workbook and import that."
        ))
    }

    /// The same as an error of the import of `file`.
    pub(crate) fn of(self, file: &str) -> ImportError {
        let file = file.to_owned();
        match self {
            Fault::Active(message) => ImportError::Active { file, message },
            Fault::TooLarge(message) => ImportError::TooLarge { file, message },
            Fault::Undecodable(message) => ImportError::Kind { file, message },
            Fault::NoSheet(message) => ImportError::Header { file, message },
            Fault::Io(source) => ImportError::Unreadable { file, source },
        }
    }
}

/// Why a reader inside the workbook stopped; travels through `std::io::Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A part gives more bytes than the archive says it has.
    MoreThanDeclared,
    /// A part unpacks to too many times its size.
    Ratio,
    /// A part ends early, or is not what it was when it was packed.
    Damaged,
    /// One tag or text is too long.
    LongToken,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stop {}

impl From<Stop> for std::io::Error {
    fn from(stop: Stop) -> std::io::Error {
        std::io::Error::other(stop)
    }
}

/// The fault behind an error of reading `part`.
pub(super) fn fault_of(error: &std::io::Error, part: &str) -> Fault {
    let stop = error.get_ref().and_then(|inner| inner.downcast_ref::<Stop>());
    match stop {
        Some(Stop::MoreThanDeclared | Stop::Ratio) => Fault::TooLarge(format!(
            "{part} 解開後異常地大，不像一般的活頁簿；請把名單複製到新的活頁簿再匯入。\
             {part} unpacks to far too much: copy the list into a new workbook and import that."
        )),
        Some(Stop::LongToken) => Fault::TooLarge(format!(
            "{part} 裡有一段文字超過試算表一格所能容納，請查對。\
             A text in {part} is longer than a cell of a spreadsheet can be: check it."
        )),
        Some(Stop::Damaged) => Fault::damaged(part),
        // A stream that cannot be inflated is damage; all else is the system's.
        None => match error.kind() {
            std::io::ErrorKind::InvalidInput
            | std::io::ErrorKind::InvalidData
            | std::io::ErrorKind::UnexpectedEof => Fault::damaged(part),
            kind => Fault::Io(kind.into()),
        },
    }
}
