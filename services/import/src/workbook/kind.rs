//! What a file is, whatever its name says: by its first bytes, and by what lies in it where it is an archive.

use super::archive::{Archive, Handle};
use super::fault::{Fault, fault_of};
use super::xml::{Step, Xml};
use std::io::{Read, SeekFrom};

/// Bytes that are looked at.
const HEAD_BYTES: u64 = 1024;
/// Where a compound file says which of its sectors its directory begins in, and how long sectors are (MS-CFB 2.2).
const DIRECTORY_PLACE: usize = 48;
const SECTOR_SHIFT_PLACE: usize = 30;
/// Bytes of the directory that are searched: its first 32 entries.
const DIRECTORY_BYTES: u64 = 4096;

/// A file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Delimited text, or so it is hoped.
    Text,
    /// An archive: a workbook, or so it is hoped.
    Workbook,
}

/// Looks at the first bytes, and rewinds.
pub(crate) fn kind(handle: &mut Box<dyn Handle>) -> Result<Kind, Fault> {
    let mut head = Vec::new();
    handle.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(Fault::Io)?;
    let kind = if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Kind::Workbook
    } else if head.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(compound(handle, &head));
    } else if let Some(fault) = markup(&head) {
        return Err(fault);
    } else {
        Kind::Text
    };
    handle.rewind().map_err(Fault::Io)?;
    Ok(kind)
}

/// A compound file: a workbook with a password, or one of Excel 97–2003.
fn compound(handle: &mut Box<dyn Handle>, head: &[u8]) -> Fault {
    let number = |at: usize, bytes: usize| {
        let bytes = head.get(at..at + bytes).unwrap_or_default().iter().rev();
        bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let sector_bytes = 1_u64 << number(SECTOR_SHIFT_PLACE, 2).min(12);
    let start = (number(DIRECTORY_PLACE, 4) + 1) * sector_bytes;
    let mut directory = Vec::new();
    let read = handle.seek(SeekFrom::Start(start));
    let read = read.and_then(|_| handle.by_ref().take(DIRECTORY_BYTES).read_to_end(&mut directory));
    if let Err(error) = read {
        return Fault::Io(error);
    }
    let wanted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    Fault::Undecodable(if directory.windows(wanted.len()).any(|window| window == wanted) {
        "這個活頁簿設有密碼，讀不到內容；請在 Excel 移除密碼（檔案 → 資訊 → 保護活頁簿），存檔後再匯入。\
         This workbook has a password: remove it in Excel (File, Info, Protect Workbook), save, and import that."
            .to_owned()
    } else {
        "這是舊的 .xls 活頁簿；請另存為「Excel 活頁簿 (.xlsx)」或「CSV UTF-8」再匯入。\
         This is an old .xls workbook: save it as .xlsx or as CSV UTF-8 and import that."
            .to_owned()
    })
}

/// A page of HTML or XML, which systems like to give out as `.xls`.
fn markup(head: &[u8]) -> Option<Fault> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let begins =
        |word: &str| head.get(..word.len()).is_some_and(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()));
    let is_markup = ["<html", "<!doctype", "<table", "<meta", "<head", "<body", "<style", "<?xml", "<!--"]
        .iter()
        .any(|word| begins(word));
    is_markup.then(|| {
        Fault::Undecodable(
            "這是網頁（HTML 或 XML），不是活頁簿，副檔名 .xls 也不算；請用 Excel 打開，另存為 .xlsx 或「CSV UTF-8」再匯入。\
             This is a page of HTML or XML, whatever its name says: open it in Excel, save it as .xlsx or as \
             CSV UTF-8 and import that."
                .to_owned(),
        )
    })
}

/// Refuses archives that are no `.xlsx`, each by its name.
pub(super) fn refuse_other_packages(archive: &mut Archive) -> Result<(), Fault> {
    let holds = |archive: &Archive, end: &str| {
        archive.entries().iter().any(|entry| entry.name.to_ascii_lowercase().ends_with(end))
    };
    if let Some(index) = archive.find("mimetype") {
        let mut mime = String::new();
        let read = archive.part(index)?.take(HEAD_BYTES).read_to_string(&mut mime);
        read.map_err(|error| fault_of(&error, "mimetype"))?;
        return Err(Fault::Undecodable(format!(
            "這是 OpenDocument 檔（.ods 之類：{}）；請另存為「Excel 活頁簿 (.xlsx)」或「CSV UTF-8」再匯入。\
             This is an OpenDocument file: save it as .xlsx or as CSV UTF-8 and import that.",
            mime.trim()
        )));
    }
    if holds(archive, "workbook.bin") {
        return Err(Fault::Undecodable(
            "這是二進位活頁簿（.xlsb）；請另存為「Excel 活頁簿 (.xlsx)」或「CSV UTF-8」再匯入。\
             This is a binary workbook (.xlsb): save it as .xlsx or as CSV UTF-8 and import that."
                .to_owned(),
        ));
    }
    let other = || {
        Fault::Undecodable(
            "這個壓縮檔不是 Excel 活頁簿；請選 .xlsx 或 CSV 檔。\
             This archive is no workbook: choose an .xlsx or a CSV file."
                .to_owned(),
        )
    };
    let index = archive.find("[Content_Types].xml").ok_or_else(other)?;
    let mut xml = Xml::new(archive.part(index)?, "[Content_Types].xml")?;
    let mut has_sheets = false;
    loop {
        match xml.next()? {
            Step::Start => {
                let content = xml.attribute("ContentType")?.unwrap_or_default();
                if content.contains("macroEnabled") {
                    return Err(macros("[Content_Types].xml"));
                }
                has_sheets |= content.contains("spreadsheetml");
            }
            Step::Eof if has_sheets => return Ok(()),
            Step::Eof => return Err(other()),
            _ => {}
        }
    }
}

/// A workbook with macros.
pub(super) fn macros(part: &str) -> Fault {
    Fault::Active(format!(
        "活頁簿帶有巨集（.xlsm，{part}）；請另存為「Excel 活頁簿 (.xlsx)」再匯入。\
         The workbook carries macros (.xlsm, {part}): save it as .xlsx and import that."
    ))
}
