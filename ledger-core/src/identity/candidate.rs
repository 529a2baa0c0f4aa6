//! Accounts that may be one person's, and what speaks for it.

use crate::account::{Bucket, Line};
use crate::entry::Form;
use crate::id::{ResidentId, skeleton};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Two accounts that may be one person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The event that showed it.
    pub found_at: Position,
    /// The account it touched.
    pub resident: ResidentId,
    /// The account that was there before.
    pub like: ResidentId,
}

/// What speaks for two accounts being one person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Their ids look alike (UTS 39).
    LooksAlike,
    /// The same certificate or diploma stands in both: the entry in each.
    SameNumber(Position, Position),
    /// Both were at the same sessions: how many, and the entries of the first of them.
    SameSession(u64, Position, Position),
}

/// What speaks for it now: entries that were reversed no longer do. The same session counts only where the ids look
/// alike, for most people who sit in one lesson are two.
#[must_use]
pub fn evidence(a: (&ResidentId, &[&Bucket]), b: (&ResidentId, &[&Bucket])) -> Vec<Evidence> {
    fn live<'a>(buckets: &'a [&'a Bucket]) -> impl Iterator<Item = &'a Line> {
        buckets.iter().copied().flat_map(Bucket::live)
    }
    let mut found = Vec::new();
    let alike = skeleton(a.0.as_str()) == skeleton(b.0.as_str());
    if alike {
        found.push(Evidence::LooksAlike);
    }
    let numbered = |line: &&Line| matches!(line.form, Form::Certificate | Form::Degree);
    let numbers: BTreeMap<u64, Position> =
        live(a.1).filter(numbered).map(|line| (line.claim, line.position)).collect();
    let same = live(b.1).filter(numbered).find_map(|line| Some((*numbers.get(&line.claim)?, line.position)));
    found.extend(same.map(|(ours, theirs)| Evidence::SameNumber(ours, theirs)));
    if alike {
        let told = |line: &&Line| line.session != 0 && !numbered(line);
        let sessions: BTreeMap<u64, Position> =
            live(a.1).filter(told).map(|line| (line.session, line.position)).collect();
        let mut shared =
            live(b.1).filter(told).filter_map(|line| Some((*sessions.get(&line.session)?, line.position)));
        if let Some((ours, theirs)) = shared.next() {
            let count = u64::try_from(shared.count()).unwrap_or(u64::MAX).saturating_add(1);
            found.push(Evidence::SameSession(count, ours, theirs));
        }
    }
    found
}
