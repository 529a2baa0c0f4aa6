//! What was seen in this file: the same request twice is one entry, and the same id for two entries is a mistake.

use crate::expression::Flaw;
use ledger_core::Reason;
use ledger_core::entry::Digest32;
use std::collections::HashMap;

/// The rows that post, by 128 bits of the digest of their request ids: some 50 bytes a row.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: HashMap<[u8; 16], (u64, [u8; 8])>,
}

/// A request that is new; remembered once nothing else is wrong with its row.
#[derive(Debug)]
pub(super) struct Sighting {
    request: [u8; 16],
    content: [u8; 8],
}

/// An earlier row has the request id.
#[derive(Debug)]
pub(super) enum SeenBefore {
    /// With the same content.
    Same(u64),
    /// With other content.
    Other(Flaw),
}

fn prefix<const N: usize>(digest: &Digest32) -> [u8; N] {
    let mut prefix = [0; N];
    prefix.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
    prefix
}

impl Seen {
    /// Looks a request up.
    pub(super) fn look(&self, request_id: &str, content: &Digest32) -> Result<Sighting, SeenBefore> {
        let request = prefix(&Digest32::of(request_id.as_bytes()));
        let content = prefix(content);
        match self.rows.get(&request) {
            None => Ok(Sighting { request, content }),
            Some((row, held)) if *held == content => Err(SeenBefore::Same(*row)),
            Some((row, _)) => Err(SeenBefore::Other(Flaw::new(
                Reason::IdempotencyKeyReused,
                format!(
                    "和第 {row} 列的識別碼相同、內容不同；請改正其中一列，或讓 request_id 多用一欄。\
                     Row {row} has the same request id and other content: mend one, \
                     or put another column into request_id."
                ),
            ))),
        }
    }

    /// Remembers a row that posts.
    pub(super) fn remember(&mut self, row: u64, sighting: Sighting) {
        self.rows.insert(sighting.request, (row, sighting.content));
    }
}
