//! What was seen in this file: the same request twice is one entry, and the same id for two entries is a mistake.

use crate::expression::Flaw;
use ledger_core::Reason;
use ledger_core::entry::Digest32;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The rows seen so far, by 128 bits of the digest of their request ids: some 50 bytes a row.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: HashMap<[u8; 16], (u64, [u8; 8])>,
}

/// Whether a request is new.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sighting {
    New,
    /// The same as that row.
    Again(u64),
}

fn prefix<const N: usize>(digest: &Digest32) -> [u8; N] {
    let mut prefix = [0; N];
    prefix.copy_from_slice(&digest.0[..N]);
    prefix
}

impl Seen {
    /// Remembers a row's request.
    ///
    /// # Errors
    /// `IDEMPOTENCY_KEY_REUSED` where an earlier row has the id and other content.
    pub(super) fn remember(
        &mut self,
        row: u64,
        request_id: &str,
        content: &Digest32,
    ) -> Result<Sighting, Flaw> {
        let content = prefix(content);
        match self.rows.entry(prefix(&Digest32::of(request_id.as_bytes()))) {
            Entry::Vacant(place) => {
                place.insert((row, content));
                Ok(Sighting::New)
            }
            Entry::Occupied(held) if held.get().1 == content => Ok(Sighting::Again(held.get().0)),
            Entry::Occupied(held) => {
                let earlier = held.get().0;
                Err(Flaw::new(
                    Reason::IdempotencyKeyReused,
                    format!(
                        "和第 {earlier} 列的識別碼相同、內容不同；請改正其中一列，或讓 request_id 多用一欄。\
                         Row {earlier} has the same request id and other content: mend one, or put another column into request_id."
                    ),
                ))
            }
        }
    }
}
