//! Looking whether an archive is whole, and whether it is what was signed.

use super::manifest::{Content, Manifest, parse_request, regular_file};
use super::rows::Rows;
use crate::checkpoint::{Checkpoint, Signed};
use crate::error::Fault;
use crate::event::at_its_place;
use crate::key::Verifier;
use ledger_core::merkle::{Frontier, Hash, leaf_hash};
use ledger_core::ports::RequestKey;
use roaring::RoaringTreemap;
use std::io::Read;
use std::path::Path;

/// The file of the newest signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// The file of the newest checkpoint that witnesses have cosigned.
pub const WITNESSED: &str = "checkpoint-witnessed";

/// The longest checkpoint that is read, in bytes (our own default): a hundred signatures of a hundred bytes and more.
const LONGEST_NOTE: u64 = 64 << 10;

/// What a checkpoint of an archive says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Whether a key was given and has signed it.
    pub signed: bool,
    /// The witnesses of those given that have cosigned it, each with its second since 1970 (UTC).
    pub witnesses: Vec<(String, u64)>,
}

/// An archive that is whole.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What it holds.
    pub manifest: Manifest,
    /// Its checkpoints, the newest first; none where the exporting deployment had signed none.
    pub covered: Vec<Covered>,
}

/// Reads an archive from the first byte to the last: every file is what the manifest says; every event stands at its place,
/// is the one its leaf was made of, and belongs to one request; the tree over them has the root; and the first events of it
/// are those that its checkpoints are of, which the key has signed, if one is given. `look` is shown each event with its
/// position and may find something wrong with it; `done` is told the lines so far.
///
/// # Errors
/// What is wrong first.
pub fn verify_export(
    folder: &Path,
    log: Option<&Verifier>,
    witnesses: &[Verifier],
    mut look: impl FnMut(u64, &[u8]) -> Result<(), String>,
    mut done: impl FnMut(u64, &Manifest),
) -> Result<Verified, Fault> {
    let manifest = Manifest::read(folder)?;
    only_listed(folder, &manifest)?;
    let notes = [CHECKPOINT, WITNESSED].map(|name| note(folder, name));
    let mut covered = Vec::new();
    for note in notes {
        covered.extend(note?.map(|note| believe(&manifest, &note, log, witnesses)).transpose()?);
    }
    if covered.is_empty()
        && let Some(log) = log
    {
        return Err(Fault::NotSigned(log.name().to_owned()));
    }
    let mut tree = Tree::of(folder, &manifest);
    let mut rows = Rows::of(folder, manifest.of(Content::Events));
    while let Some(line) = rows.next_line()? {
        let position = tree.frontier.size() + 1;
        at_its_place(&manifest.ledger, position, line)?;
        look(position, line).map_err(|found| Fault::EventInvalid { position, found })?;
        tree.take(line)?;
        for covered in covered.iter().filter(|covered| covered.checkpoint.size == position) {
            same_root(&tree.frontier, &covered.checkpoint)?;
        }
        if position.is_multiple_of(4_096) {
            done(position, &manifest);
        }
    }
    tree.end(&manifest)?;
    for covered in covered.iter().filter(|covered| covered.checkpoint.size == 0) {
        same_root(&Frontier::default(), &covered.checkpoint)?;
    }
    requests(folder, &manifest)?;
    done(manifest.events + manifest.requests, &manifest);
    Ok(Verified { manifest, covered })
}

/// A file that is named as those of an archive are, and not listed, was put there.
fn only_listed(folder: &Path, manifest: &Manifest) -> Result<(), Fault> {
    for entry in std::fs::read_dir(folder).map_err(Fault::file(folder))? {
        let name = entry.map_err(Fault::file(folder))?.file_name();
        let Some(name) = name.to_str() else { continue };
        let ours = ["events-", "requests-", "tree-"].iter().any(|prefix| name.starts_with(prefix));
        if ours && !manifest.files.iter().any(|listed| listed.name == name) {
            return Err(Fault::FileUnknown(name.to_owned()));
        }
    }
    Ok(())
}

fn note(folder: &Path, name: &str) -> Result<Option<String>, Fault> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(None);
    }
    let mut text = String::new();
    regular_file(&path)?.take(LONGEST_NOTE).read_to_string(&mut text).map_err(Fault::file(&path))?;
    Ok(Some(text))
}

/// What a note says of an archive, once the keys have signed it.
fn believe(
    manifest: &Manifest,
    note: &str,
    log: Option<&Verifier>,
    witnesses: &[Verifier],
) -> Result<Covered, Fault> {
    let signed = Signed::parse(note)?;
    let checkpoint = match log {
        Some(log) => signed.verify(log)?,
        None => signed.unverified(),
    };
    if checkpoint.origin.rsplit('/').next() != Some(manifest.ledger.as_str()) {
        let (found, expected) = (checkpoint.origin.clone(), format!("…/{}", manifest.ledger));
        return Err(Fault::OriginMismatch { found, expected });
    }
    if checkpoint.size > manifest.events {
        return Err(Fault::Truncated { signed: checkpoint.size, found: manifest.events });
    }
    let mut by = Vec::new();
    for witness in witnesses {
        match signed.cosigned_at(witness) {
            Ok(seconds) => by.push((witness.name().to_owned(), seconds)),
            Err(Fault::NotSigned(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(Covered { checkpoint: checkpoint.clone(), signed: log.is_some(), witnesses: by })
}

fn same_root(frontier: &Frontier, checkpoint: &Checkpoint) -> Result<(), Fault> {
    if frontier.root() == checkpoint.root() {
        return Ok(());
    }
    Err(Fault::Forked { size: checkpoint.size })
}

/// The tree over the events as they are read, beside the files of its hashes.
struct Tree {
    frontier: Frontier,
    levels: Vec<Rows>,
}

impl Tree {
    fn of(folder: &Path, manifest: &Manifest) -> Tree {
        let levels = manifest.tree_levels().map(|(content, _)| Rows::of(folder, manifest.of(content)));
        Tree { frontier: Frontier::default(), levels: levels.collect() }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Fault> {
        let position = self.frontier.size() + 1;
        let leaf = leaf_hash(line);
        if let Some(leaves) = self.levels.first_mut()
            && !is_next(leaves, &leaf)?
        {
            return Err(Fault::EventAltered { position });
        }
        let mut whole = [None; 8];
        self.frontier.push_hash(leaf, |height, hash| {
            if height % 8 == 0 {
                whole[(height / 8) as usize] = Some(*hash);
            }
        });
        for (level, hash) in whole.iter().enumerate() {
            if let (Some(hash), Some(rows)) = (hash, self.levels.get_mut(level))
                && !is_next(rows, hash)?
            {
                return Err(Fault::TreeAltered { level, position });
            }
        }
        Ok(())
    }

    fn end(mut self, manifest: &Manifest) -> Result<(), Fault> {
        for rows in &mut self.levels {
            // Reads each file to its end, which is what the manifest says.
            rows.next_line()?;
        }
        if self.frontier.size() != manifest.events || self.frontier.root() != manifest.root_sha256 {
            return Err(Fault::ManifestInvalid("the tree over the events has another root".to_owned()));
        }
        Ok(())
    }
}

/// Whether the next line is a hash, in hexadecimal.
fn is_next(rows: &mut Rows, hash: &Hash) -> Result<bool, Fault> {
    let mut text = [0; 64];
    // Two digits a byte fit.
    let _ = hex::encode_to_slice(hash, &mut text);
    Ok(rows.next_line()? == Some(&text))
}

/// What is remembered of requests: in order, and each event belongs to one of them.
fn requests(folder: &Path, manifest: &Manifest) -> Result<(), Fault> {
    let mut last: Option<RequestKey> = None;
    let mut covered = RoaringTreemap::new();
    let mut rows = Rows::of(folder, manifest.of(Content::Requests));
    let mut line = 0;
    while let Some(row) = rows.next_line()? {
        line += 1;
        let wrong = |found: String| Fault::RequestInvalid { line, found };
        let (key, record) = parse_request(row).map_err(wrong)?;
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
    }
    if line != manifest.requests || covered.len() != manifest.events {
        let found = "there are events without their request".to_owned();
        return Err(Fault::RequestInvalid { line, found });
    }
    Ok(())
}
