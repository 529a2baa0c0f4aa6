//! The bytes of a bucket: its summary, how many lines it has, and the lines. One that has only grown since it was encoded
//! begins with the same lines, and its sums grow with the new ones: what was there is read and copied, but neither
//! assessed nor encoded again.

use crate::account::{Bucket, BucketScope, Line};
use crate::policy::{Rulebook, Summary, summarize, summarize_onto};
use std::sync::Arc;

/// The bytes, and where the lines begin in them.
pub(super) fn encode(
    bucket: &Bucket,
    scope: BucketScope,
    rulebook: &Rulebook,
) -> Result<(Vec<u8>, usize), postcard::Error> {
    let before = bucket.encoded_before();
    let (summary, same, fresh) = match before {
        Some(before) => {
            let (summary, _) = postcard::take_from_bytes::<Summary>(&before.bytes)?;
            let summary = summarize_onto(rulebook, scope, summary, before.lines, bucket);
            let same = before.bytes.get(before.lines_at..).unwrap_or_default();
            (summary, same, bucket.lines().get(before.lines..).unwrap_or_default())
        }
        None => (summarize(rulebook, scope, bucket), [].as_slice(), bucket.lines()),
    };
    // A summary and a line take less than this, nearly always.
    let mut bytes = Vec::with_capacity(64 + same.len() + 48 * fresh.len());
    bytes = postcard::to_extend(&(summary, bucket.lines().len()), bytes)?;
    let lines_at = bytes.len();
    bytes.extend_from_slice(same);
    for line in fresh {
        bytes = postcard::to_extend(line, bytes)?;
    }
    Ok((bytes, lines_at))
}

/// The bucket of some bytes, which it keeps.
pub(super) fn decode(bytes: Arc<[u8]>) -> Result<Bucket, postcard::Error> {
    let (_, rest) = postcard::take_from_bytes::<Summary>(&bytes)?;
    let (count, mut rest) = postcard::take_from_bytes::<usize>(rest)?;
    let lines_at = bytes.len() - rest.len();
    // No line takes less than a byte: a number that cannot be true asks for no memory.
    let mut lines = Vec::with_capacity(count.min(rest.len()) + 1);
    for _ in 0..count {
        let (line, behind) = postcard::take_from_bytes::<Line>(rest)?;
        lines.push(line);
        rest = behind;
    }
    let mut bucket = Bucket::from(lines);
    if rest.is_empty() {
        bucket.note_encoded(bytes, lines_at);
    }
    Ok(bucket)
}
