//! The batch that all entries of one sheet carry.

use ledger_core::entry::Digest32;
use std::io::Read;

/// Bytes of a file that are digested at a time.
const HASHED: usize = 1 << 20;
/// Hexadecimal digits in the id of a batch: 80 bits.
const DIGITS: usize = 20;

/// The batch of a file and its mapping: the same for both, so that an import that goes on keeps it.
///
/// # Errors
/// Where the file cannot be read.
pub fn batch_of(mapping: &str, file: impl Read) -> std::io::Result<String> {
    let mut file = file;
    let mut digest = Digest32::of(mapping.as_bytes());
    let mut part = Vec::with_capacity(HASHED + 32);
    loop {
        part.clear();
        part.extend_from_slice(&digest.0);
        if file.by_ref().take(HASHED as u64).read_to_end(&mut part)? == 0 {
            let digits: String = digest.to_string().chars().take(DIGITS).collect();
            return Ok(format!("import-{digits}"));
        }
        digest = Digest32::of(&part);
    }
}
