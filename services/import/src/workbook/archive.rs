//! The zip archive a workbook is: its directory, bounded before it is parsed, and its parts, counted while they are
//! inflated.
//!
//! The directory is parsed by the crate `zip`. Before that the end of the archive is looked at here: the crate allocates
//! for what the directory claims, and tries other ends of the archive where the last one fits badly. Only an archive
//! whose directory is small and stands directly in front of its only end is handed on, so both see the same files.

use super::fault::{Fault, Stop, fault_of};
use super::{MAX_ENTRIES, MAX_INFLATED_BYTES, MAX_RATIO, MAX_WORKBOOK_BYTES};
use flate2::CrcReader;
use flate2::read::DeflateDecoder;
use std::io::{Read, Seek, SeekFrom};
use zip::{CompressionMethod, ZipArchive};

/// The fixed part of the record that ends an archive, and the longest comment behind it (APPNOTE 4.3.16).
const END_BYTES: usize = 22;
const MAX_COMMENT_BYTES: usize = 0xFFFF;
const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const ZIP64_SIGNATURE: &[u8] = b"PK\x06\x07";
const ZIP64_LOCATOR_BYTES: usize = 20;
/// The largest directory (our own default): [`MAX_ENTRIES`] of some 300 bytes.
const MAX_DIRECTORY_BYTES: u64 = 64 * 1024;
/// Below this many bytes nothing is a bomb, whatever its ratio (our own default): a page of printer settings is zeros.
const RATIO_FROM_BYTES: u64 = 256 * 1024;

/// Bytes of a file, wherever they are.
pub(crate) trait Handle: Read + Seek + Send {}

impl<T: Read + Seek + Send> Handle for T {}

/// How much longer than what it unpacks to a packed file may be: the heads of its blocks.
const PACKED_SURPLUS_BYTES: u64 = 1024;

/// A file inside the archive.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its path, with `/` between the folders.
    pub(super) name: String,
    start: u64,
    packed: u64,
    size: u64,
    crc: u32,
    deflated: bool,
}

/// An archive whose directory was read.
pub(super) struct Archive {
    handle: Box<dyn Handle>,
    entries: Vec<Entry>,
}

impl Archive {
    /// Reads the directory.
    pub(super) fn open(mut handle: Box<dyn Handle>) -> Result<Archive, Fault> {
        bounded(&mut handle)?;
        let mut archive = ZipArchive::new(handle).map_err(|error| match error {
            zip::result::ZipError::Io(error) => fault_of(&error, "zip"),
            _ => Fault::damaged("zip"),
        })?;
        // Files that share bytes are unpacked as often as they are listed; no program writes them so.
        if archive.has_overlapping_entries().map_err(|_| Fault::damaged("zip"))? {
            return Err(Fault::damaged("zip"));
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(archive.len());
        for index in 0..archive.len() {
            let entry = entry(&mut archive, index)?;
            // OPC compares names without case: two that differ in it alone are two answers to one question.
            let is_twice = entries.iter().any(|earlier| earlier.name.eq_ignore_ascii_case(&entry.name));
            // What is packed takes hardly more room than unpacked: more is work that leads to nothing.
            if is_twice || entry.packed > entry.size + entry.size / 8 + PACKED_SURPLUS_BYTES {
                return Err(Fault::damaged(&entry.name));
            }
            entries.push(entry);
        }
        let total = entries.iter().try_fold(0_u64, |total, entry| total.checked_add(entry.size));
        if total.is_none_or(|total| total > MAX_INFLATED_BYTES) {
            let mebibytes = MAX_INFLATED_BYTES / (1024 * 1024);
            return Err(Fault::TooLarge(format!(
                "活頁簿解開後超過 {mebibytes} MiB，請刪去圖片和用不到的工作表，或拆成幾個檔。\
                 The workbook unpacks to more than {mebibytes} MiB: remove pictures and sheets that are not needed, \
                 or split it."
            )));
        }
        Ok(Archive { handle: archive.into_inner(), entries })
    }

    /// The files, in order of the directory.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The place of a file.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// Reads a file.
    pub(super) fn part(&mut self, index: usize) -> Result<Part<'_>, Fault> {
        let Some(entry) = self.entries.get(index) else { return Err(Fault::damaged("zip")) };
        self.handle.seek(SeekFrom::Start(entry.start)).map_err(Fault::Io)?;
        Ok(Part::new(&mut self.handle, entry))
    }

    /// Reads a file, and no other any more.
    pub(super) fn into_part(mut self, index: usize) -> Result<Part<'static>, Fault> {
        let Some(entry) = self.entries.get(index) else { return Err(Fault::damaged("zip")) };
        self.handle.seek(SeekFrom::Start(entry.start)).map_err(Fault::Io)?;
        Ok(Part::new(self.handle, entry))
    }
}

/// Refuses an archive whose directory is large, elsewhere than its end says, or told in the zip64 way, which no
/// workbook of this size needs.
fn bounded(handle: &mut Box<dyn Handle>) -> Result<(), Fault> {
    let length = handle.seek(SeekFrom::End(0)).map_err(Fault::Io)?;
    if length > MAX_WORKBOOK_BYTES {
        let mebibytes = MAX_WORKBOOK_BYTES / (1024 * 1024);
        return Err(Fault::TooLarge(format!(
            "活頁簿超過 {mebibytes} MiB，請拆成幾個檔或另存為 CSV。\
             The workbook passes {mebibytes} MiB: split it, or save it as CSV."
        )));
    }
    let tail_bytes = (END_BYTES + MAX_COMMENT_BYTES + ZIP64_LOCATOR_BYTES) as u64;
    let tail_start = length.saturating_sub(tail_bytes);
    handle.seek(SeekFrom::Start(tail_start)).map_err(Fault::Io)?;
    let mut tail = Vec::new();
    handle.by_ref().take(tail_bytes).read_to_end(&mut tail).map_err(Fault::Io)?;
    let damaged = || Fault::damaged("zip");
    let place = tail.windows(END_SIGNATURE.len()).rposition(|w| w == END_SIGNATURE).ok_or_else(damaged)?;
    let end = tail.get(place..).unwrap_or_default();
    let number = |at: usize, bytes: usize| {
        let bytes = end.get(at..at + bytes)?.iter().rev();
        Some(bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
    };
    let (Some(here), Some(entries), Some(size), Some(start), Some(comment)) =
        (number(8, 2), number(10, 2), number(12, 4), number(16, 4), number(20, 2))
    else {
        return Err(damaged());
    };
    let end_start = tail_start + place as u64;
    let locator = place.checked_sub(ZIP64_LOCATOR_BYTES).and_then(|at| tail.get(at..));
    let is_zip64 = locator.is_some_and(|bytes| bytes.starts_with(ZIP64_SIGNATURE));
    let fits = here == entries
        && start + size == end_start
        && END_BYTES as u64 + comment == end.len() as u64
        && !is_zip64
        && entries > 0;
    if !fits {
        return Err(damaged());
    }
    if entries > MAX_ENTRIES || size > MAX_DIRECTORY_BYTES {
        return Err(Fault::TooLarge(format!(
            "活頁簿裡超過 {MAX_ENTRIES} 個檔案，不像一般的名單；請把名單複製到新的活頁簿再匯入。\
             The workbook holds more than {MAX_ENTRIES} files: copy the list into a new workbook and import that."
        )));
    }
    handle.rewind().map_err(Fault::Io)
}

fn entry(archive: &mut ZipArchive<Box<dyn Handle>>, index: usize) -> Result<Entry, Fault> {
    let file = archive.by_index_raw(index).map_err(|_| Fault::damaged("zip"))?;
    let name = std::str::from_utf8(file.name_raw()).map_err(|_| Fault::damaged("zip"))?.to_owned();
    let is_path = !name.starts_with('/')
        && !name.contains(['\\', ':', '\0'])
        && !name.split('/').any(|step| step == ".." || step == ".");
    let deflated = match file.compression() {
        CompressionMethod::Stored => Some(false),
        CompressionMethod::Deflated => Some(true),
        _ => None,
    };
    match (deflated, file.data_start()) {
        (Some(deflated), Some(start)) if is_path && !file.encrypted() && !file.is_symlink() => Ok(Entry {
            start,
            packed: file.compressed_size(),
            size: file.size(),
            crc: file.crc32(),
            deflated,
            name,
        }),
        _ => Err(Fault::damaged("zip")),
    }
}

/// The bytes of a file inside the archive, counted. Ends with an error where they are more or fewer than the directory
/// says, unpack to too many times their size, or are not those that were packed.
pub(super) struct Part<'a> {
    bytes: CrcReader<Box<dyn Read + Send + 'a>>,
    given: u64,
    packed: u64,
    size: u64,
    crc: u32,
}

impl<'a> Part<'a> {
    fn new(handle: impl Read + Send + 'a, entry: &Entry) -> Part<'a> {
        let packed = handle.take(entry.packed);
        let bytes: Box<dyn Read + Send + 'a> =
            if entry.deflated { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
        let (packed, size, crc) = (entry.packed, entry.size, entry.crc);
        Part { bytes: CrcReader::new(bytes), given: 0, packed, size, crc }
    }
}

impl Read for Part<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.bytes.read(into)?;
        self.given += read as u64;
        if self.given > self.size {
            return Err(Stop::MoreThanDeclared.into());
        }
        if self.given > RATIO_FROM_BYTES && self.given / MAX_RATIO > self.packed {
            return Err(Stop::Ratio.into());
        }
        let is_end = read == 0 && !into.is_empty();
        if is_end && (self.given != self.size || self.bytes.crc().sum() != self.crc) {
            return Err(Stop::Damaged.into());
        }
        Ok(read)
    }
}
