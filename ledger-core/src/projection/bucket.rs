//! The bytes of a bucket: its summary, how many lines it has, and the lines. One that has only grown since it was encoded
//! begins with the same lines, and its sums grow with the new ones: what was there is read and copied, but neither
//! assessed nor encoded again.

use crate::account::{Bucket, BucketScope, Encoded, LEAST_BYTES, PackedLines};
use crate::policy::{Rulebook, Summary, summarize, summarize_onto};
use postcard::{Error, take_from_bytes, to_extend};
use std::sync::Arc;

/// The bytes under a rulebook.
pub(super) fn encode(
    bucket: &Bucket,
    scope: BucketScope,
    rulebook: &Rulebook,
) -> Result<(Vec<u8>, PackedLines), Error> {
    let summary = match bucket.encoded_before() {
        Some(before) => {
            let (summary, _) = take_from_bytes::<Summary>(&before.bytes)?;
            summarize_onto(rulebook, scope, summary, before.lines.count, bucket)
        }
        None => summarize(rulebook, scope, bucket),
    };
    encode_with(&summary, bucket)
}

/// The bytes with a summary.
pub(super) fn encode_with(summary: &Summary, bucket: &Bucket) -> Result<(Vec<u8>, PackedLines), Error> {
    let (same, mut lines) = match bucket.encoded_before() {
        Some(before) => (before.bytes.get(before.lines.at..).unwrap_or_default(), before.lines.clone()),
        None => ([].as_slice(), PackedLines::default()),
    };
    let fresh = bucket.lines().get(lines.count..).unwrap_or_default();
    // A summary and a line take less than this, nearly always.
    let mut bytes = Vec::with_capacity(64 + same.len() + 32 * fresh.len());
    lines.count = bucket.lines().len();
    bytes = to_extend(&(summary, lines.count), bytes)?;
    lines.at = bytes.len();
    bytes.extend_from_slice(same);
    for line in fresh {
        bytes = lines.packing.pack(line, bytes)?;
    }
    Ok((bytes, lines))
}

/// The bucket of some bytes, which it keeps.
pub(super) fn decode_and_keep(bytes: Arc<[u8]>) -> Result<Bucket, Error> {
    let (_, mut bucket, lines, behind) = read(&bytes)?;
    if behind.is_empty() {
        bucket.note_encoded(Encoded { bytes, lines });
    }
    Ok(bucket)
}

/// The summary and the bucket of some bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<(Summary, Bucket), Error> {
    read(bytes).map(|(summary, bucket, ..)| (summary, bucket))
}

/// The same, where its lines are, and what is behind them.
fn read(bytes: &[u8]) -> Result<(Summary, Bucket, PackedLines, &[u8]), Error> {
    let (summary, rest) = take_from_bytes::<Summary>(bytes)?;
    let (count, mut rest) = take_from_bytes::<usize>(rest)?;
    let mut packed = PackedLines { at: bytes.len() - rest.len(), count, ..PackedLines::default() };
    // A number that cannot be true asks for no memory.
    let mut lines = Vec::with_capacity(count.min(rest.len() / LEAST_BYTES) + 1);
    for _ in 0..count {
        let (line, behind) = packed.packing.unpack(rest)?;
        lines.push(line);
        rest = behind;
    }
    Ok((summary, Bucket::from(lines), packed, rest))
}
