//! Writing an archive.

use crate::error::ArchiveError;
use crate::lines::{self, Lines};
use crate::{PAGE, Progress, Stage};
use creditbank_proof::archive::{
    CHECKPOINT, Content, FORMAT, Listed, MANIFEST, Manifest, WITNESSED, request_line,
};
use ledger_core::id::LedgerId;
use ledger_core::merkle::{CheckpointKind, Frontier, Hash, leaf_hash};
use ledger_core::ports::{RequestKey, Store, StoreError};
use ledger_core::quantity::Position;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Writes a ledger, as it is now, to files in a folder that is empty or not there yet, while others read and write. All
/// that the ledger holds is there only if nothing is posted meanwhile: it is sealed before it moves.
///
/// # Errors
/// `NotEmpty`, `Arriving`, where a file cannot be written, or what the store says; the folder has no manifest then.
pub async fn export(
    store: &dyn Store,
    ledger: &LedgerId,
    folder: &Path,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Manifest, ArchiveError> {
    make_folder(folder)?;
    // Before the head: none is of more events than are written.
    let mut notes = Vec::new();
    for (kind, name) in [(CheckpointKind::Signed, CHECKPOINT), (CheckpointKind::Witnessed, WITNESSED)] {
        notes.extend(store.checkpoint(ledger, kind).await?.map(|kept| (name, kept.note)));
    }
    // Under the lock, and only what is wherever it must be: not what a commit in doubt has left on one machine.
    let append = store.begin_append(ledger).await?;
    let (head, standing) = (append.head().position, append.tenancy().standing);
    append.confirm().await?;
    if !standing.is_served() {
        return Err(ArchiveError::Arriving(ledger.to_string()));
    }
    let mut tree = Tree::of(folder, head);
    let (files, written) = lines::write(folder, Content::Events);
    let copied = copy_events(store, ledger, head, &mut tree, &files, &mut progress).await;
    let mut listed = end(files, written, copied).await?;
    let (files, written) = lines::write(folder, Content::Requests);
    let mut requests = 0;
    let copied = copy_requests(store, ledger, head, &mut requests, &files, &mut progress).await;
    listed.extend(end(files, written, copied).await?);
    let Tree { frontier, levels } = tree;
    for level in levels {
        listed.extend(end(level.files, level.written, Ok(())).await?);
    }
    for (name, note) in notes {
        place(folder, name, note.as_bytes())?;
    }
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        ledger: ledger.clone(),
        events: frontier.size(),
        root_sha256: frontier.root(),
        requests,
        files: listed,
    };
    place(folder, MANIFEST, &manifest.to_bytes())?;
    Ok(manifest)
}

/// Makes the folder of an archive, where it is not there yet.
///
/// # Errors
/// `NotEmpty`, or where it cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), ArchiveError> {
    std::fs::create_dir_all(folder).map_err(ArchiveError::file(folder))?;
    if std::fs::read_dir(folder).map_err(ArchiveError::file(folder))?.next().is_some() {
        return Err(ArchiveError::NotEmpty(folder.to_owned()));
    }
    // That it can be written to is tried, before anything is sealed for it.
    let probe = folder.join("manifest.json.partial");
    let tried = File::create_new(&probe).and_then(|_| std::fs::remove_file(&probe));
    tried.map_err(ArchiveError::file(&probe))
}

/// The tree over the events that were copied, and the files of its hashes.
struct Tree {
    frontier: Frontier,
    levels: Vec<Level>,
}

/// A level of tiles, and its hashes that wait to be written.
struct Level {
    files: mpsc::Sender<Lines>,
    written: JoinHandle<Result<Vec<Listed>, ArchiveError>>,
    page: Lines,
}

impl Tree {
    fn of(folder: &Path, head: Position) -> Tree {
        let levels = (0..8_u8).take_while(|level| head.0 >> (8 * level) > 0).map(|level| {
            let (files, written) = lines::write(folder, Content::Tree(level));
            Level { files, written, page: Lines::new() }
        });
        Tree { frontier: Frontier::default(), levels: levels.collect() }
    }

    fn take(&mut self, event: &[u8]) {
        let Tree { frontier, levels } = self;
        let leaf = leaf_hash(event);
        let mut keep = |level: usize, hash: &Hash| {
            if let Some(level) = levels.get_mut(level) {
                level.page.push(hex::encode(hash).into_bytes());
            }
        };
        keep(0, &leaf);
        frontier.push_hash(leaf, |height, hash| {
            if height % 8 == 0 {
                keep((height / 8) as usize, hash);
            }
        });
    }

    /// Hands on what is to be written.
    async fn write(&mut self) -> Result<(), ArchiveError> {
        for level in self.levels.iter_mut().filter(|level| !level.page.is_empty()) {
            level.files.send(std::mem::take(&mut level.page)).await.map_err(|_| stopped())?;
        }
        Ok(())
    }
}

/// Waits until all lines are on disk. Where the writing failed, that is why the copying did.
async fn end(
    files: mpsc::Sender<Lines>,
    written: JoinHandle<Result<Vec<Listed>, ArchiveError>>,
    copied: Result<(), ArchiveError>,
) -> Result<Vec<Listed>, ArchiveError> {
    drop(files);
    let written = written.await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let listed = written?;
    copied?;
    Ok(listed)
}

fn stopped() -> ArchiveError {
    StoreError::Unavailable("the files take no more lines".to_owned()).into()
}

async fn copy_events(
    store: &dyn Store,
    ledger: &LedgerId,
    head: Position,
    tree: &mut Tree,
    files: &mpsc::Sender<Lines>,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<(), ArchiveError> {
    while tree.frontier.size() < head.0 {
        let size = tree.frontier.size();
        let left = u32::try_from(head.0 - size).unwrap_or(u32::MAX);
        let events = store.read_events(ledger, Position(size + 1), left.min(PAGE)).await?;
        if events.is_empty() {
            return Err(StoreError::Damaged(format!("the log ends at {size}, before its head")).into());
        }
        let mut page = Lines::with_capacity(events.len());
        for event in events {
            if event.bytes.contains(&b'\n') {
                let at = event.position;
                return Err(StoreError::Damaged(format!("event {at} is more than one line")).into());
            }
            tree.take(&event.bytes);
            page.push(event.bytes);
        }
        files.send(page).await.map_err(|_| stopped())?;
        tree.write().await?;
        progress(Progress { stage: Stage::Events, done: tree.frontier.size(), of: head.0 });
    }
    Ok(())
}

async fn copy_requests(
    store: &dyn Store,
    ledger: &LedgerId,
    head: Position,
    copied: &mut u64,
    files: &mpsc::Sender<Lines>,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<(), ArchiveError> {
    let mut after: Option<RequestKey> = None;
    loop {
        let found = store.scan_requests(ledger, after.as_ref(), PAGE).await?;
        let Some((last, _)) = found.last() else { return Ok(()) };
        after = Some(last.clone());
        let mut page = Lines::with_capacity(found.len());
        // What was accepted since the head was read belongs to events that are not in the archive.
        for (key, record) in found.into_iter().filter(|(_, record)| record.position <= head) {
            let line = request_line(key, record);
            page.push(line.map_err(|error| StoreError::Damaged(error.to_string()))?);
        }
        *copied += page.len() as u64;
        files.send(page).await.map_err(|_| stopped())?;
        progress(Progress { stage: Stage::Requests, done: *copied, of: *copied });
    }
}

/// Puts a file in its place: whole, or not at all.
fn place(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    let (path, partial) = (folder.join(name), folder.join(format!("{name}.partial")));
    let write = || {
        let mut file = File::create_new(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(ArchiveError::file(&path))
}
