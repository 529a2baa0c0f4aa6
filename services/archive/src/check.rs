//! Looking whether an archive is whole.

use crate::error::ArchiveError;
use crate::lines;
use crate::manifest::{Content, Manifest, parse_request};
use crate::{Progress, Stage};
use ledger_core::event::{self, Event};
use ledger_core::merkle::Frontier;
use ledger_core::ports::RequestKey;
use ledger_core::quantity::Position;
use roaring::RoaringTreemap;
use std::path::Path;

/// Reads an archive from the first byte to the last: every file is what the manifest says, every event stands at its
/// place, the tree over them has the root, and every event belongs to one request.
///
/// # Errors
/// `NotWhole` with what is wrong first, or where a file cannot be read.
pub async fn check(
    folder: &Path,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Manifest, ArchiveError> {
    let manifest = Manifest::read(folder)?;
    let of = manifest.events + manifest.requests;
    let mut done = 0;
    let mut log = Log::of(&manifest);
    let mut pages = lines::read(folder, manifest.of(Content::Events).cloned().collect());
    while let Some(page) = pages.recv().await {
        for line in page? {
            log.take(&line)?;
            done += 1;
        }
        progress(Progress { stage: Stage::Checking, done, of });
    }
    if log.tree.size() != manifest.events || log.tree.root() != manifest.root_sha256 {
        return Err(ArchiveError::not_whole(crate::MANIFEST, "the tree over the events has another root"));
    }
    let mut last: Option<RequestKey> = None;
    let mut covered = RoaringTreemap::new();
    let mut pages = lines::read(folder, manifest.of(Content::Requests).cloned().collect());
    while let Some(page) = pages.recv().await {
        for line in page? {
            let wrong = |found: String| {
                let number = done - manifest.events + 1;
                ArchiveError::not_whole("requests", format!("line {number}: {found}"))
            };
            let (key, record) = parse_request(&line).map_err(wrong)?;
            let (first, events) = (record.position.0, u64::from(record.events));
            let behind = first.checked_add(events).filter(|behind| *behind <= manifest.events + 1);
            let Some(behind) = behind else {
                return Err(wrong("it names events that are not there".to_owned()));
            };
            let nowhere = if events == 0 { first > manifest.events } else { first == 0 };
            if nowhere || covered.insert_range(first..behind) != events {
                return Err(wrong("it names events of another request".to_owned()));
            }
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(wrong("it is not in order".to_owned()));
            }
            last = Some(key);
            done += 1;
        }
        progress(Progress { stage: Stage::Checking, done, of });
    }
    if done != of || covered.len() != manifest.events {
        return Err(ArchiveError::not_whole("requests", "there are events without their request"));
    }
    Ok(manifest)
}

/// The log as it is read.
struct Log<'a> {
    manifest: &'a Manifest,
    tree: Frontier,
    recorded_at_us: i64,
}

impl Log<'_> {
    fn of(manifest: &Manifest) -> Log<'_> {
        Log { manifest, tree: Frontier::default(), recorded_at_us: i64::MIN }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        let at = Position(self.tree.size() + 1);
        let wrong = |found: String| ArchiveError::not_whole("events", format!("event {at}: {found}"));
        let Event { ledger, position, recorded_at, .. } =
            event::decode(line).map_err(|error| wrong(error.to_string()))?;
        if position != at || ledger != self.manifest.ledger {
            return Err(wrong(format!("it is event {position} of ledger {ledger}")));
        }
        let micros = recorded_at.timestamp_micros();
        if micros < self.recorded_at_us {
            return Err(wrong("it was recorded before the event in front of it".to_owned()));
        }
        self.recorded_at_us = micros;
        self.tree.push(line);
        Ok(())
    }
}
