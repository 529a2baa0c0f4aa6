//! The manifest: what an archive holds. It is written last, so that a folder with one is whole.

use crate::error::ArchiveError;
use ledger_core::Refusal;
use ledger_core::entry::Digest32;
use ledger_core::id::{LedgerId, OrganizationId, RequestId};
use ledger_core::ports::{RequestKey, RequestRecord};
use ledger_core::quantity::Position;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The name of its file.
pub const MANIFEST: &str = "manifest.json";

/// What this program writes and reads.
pub(crate) const FORMAT: &str = "creditbank-ledger-1";

/// Lines of a file at most: as many leaves as two levels of tiles of the Merkle tree have (our own default).
pub(crate) const LINES: u64 = 65_536;

/// The largest manifest that is read: enough for a billion events.
const LARGEST: u64 = 16 << 20;

/// What an archive holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of the files.
    pub format: String,
    /// Whose log it is.
    pub ledger: LedgerId,
    /// How many events, so the last position.
    pub events: u64,
    /// The root of the Merkle tree over the events (RFC 6962).
    pub root_sha256: Digest32,
    /// How many requests.
    pub requests: u64,
    /// The files, in order.
    pub files: Vec<Listed>,
}

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// How many lines it has.
    pub lines: u64,
    /// Its SHA-256.
    pub sha256: Digest32,
}

/// What the lines of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Events,
    Requests,
}

impl Content {
    /// The name of the file that begins with a line, from 1.
    pub(crate) fn file(self, first: u64) -> String {
        let what = match self {
            Content::Events => "events",
            Content::Requests => "requests",
        };
        format!("{what}-{first:012}.ndjson")
    }
}

impl Manifest {
    /// Reads the manifest of a folder, and looks whether it lists files as an export names them.
    pub(crate) fn read(folder: &Path) -> Result<Manifest, ArchiveError> {
        let path = folder.join(MANIFEST);
        let mut text = Vec::new();
        let file = regular_file(&path)?;
        file.take(LARGEST).read_to_end(&mut text).map_err(ArchiveError::file(&path))?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|error| ArchiveError::not_whole(MANIFEST, error.to_string()))?;
        if manifest.format != FORMAT {
            let found = format!("its format is {}, this program reads {FORMAT}", manifest.format);
            return Err(ArchiveError::not_whole(MANIFEST, found));
        }
        // What serde takes for an id may be none.
        let ledger = LedgerId::parse(manifest.ledger.as_str());
        ledger.map_err(|refusal| ArchiveError::not_whole(MANIFEST, refusal.to_string()))?;
        let expected = [(Content::Events, manifest.events), (Content::Requests, manifest.requests)]
            .into_iter()
            .flat_map(|(content, lines)| files(content, lines));
        if !expected.eq(manifest.files.iter().map(|listed| (listed.name.clone(), listed.lines))) {
            return Err(ArchiveError::not_whole(
                MANIFEST,
                "its files do not add up to its events and requests",
            ));
        }
        Ok(manifest)
    }

    /// The files of one content.
    pub(crate) fn of(&self, content: Content) -> impl Iterator<Item = &Listed> {
        let events = usize::try_from(self.events.div_ceil(LINES)).unwrap_or(usize::MAX);
        let (skip, take) = match content {
            Content::Events => (0, events),
            Content::Requests => (events, usize::MAX),
        };
        self.files.iter().skip(skip).take(take)
    }
}

/// Name and lines of the files that so many lines fill.
fn files(content: Content, lines: u64) -> impl Iterator<Item = (String, u64)> {
    (0..lines.div_ceil(LINES)).map(move |n| (content.file(n * LINES + 1), LINES.min(lines - n * LINES)))
}

/// What is remembered of a request, as a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    poster: Option<OrganizationId>,
    request_id: RequestId,
    #[serde(with = "hex")]
    digest: [u8; 32],
    position: Position,
    events: u32,
}

pub(crate) fn request_line(key: RequestKey, record: RequestRecord) -> serde_json::Result<Vec<u8>> {
    let RequestKey { poster, request_id } = key;
    let RequestRecord { digest, position, events } = record;
    serde_json::to_vec(&RequestLine { poster, request_id, digest, position, events })
}

/// A request of a line, or what is wrong with it.
pub(crate) fn parse_request(line: &[u8]) -> Result<(RequestKey, RequestRecord), String> {
    let RequestLine { poster, request_id, digest, position, events } =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    // What serde takes for an id may be none.
    let no_id = |refusal: Refusal| refusal.to_string();
    let poster = poster.map(|poster| OrganizationId::parse(poster.as_str())).transpose().map_err(no_id)?;
    let request_id = RequestId::parse(request_id.as_str()).map_err(no_id)?;
    Ok((RequestKey { poster, request_id }, RequestRecord { digest, position, events }))
}

/// Opens a file that is one: no folder, and nothing that waits for who writes to it.
pub(crate) fn regular_file(path: &Path) -> Result<File, ArchiveError> {
    let kind = std::fs::metadata(path).map_err(ArchiveError::file(path))?;
    if !kind.is_file() {
        let no_file = std::io::Error::other("it is no regular file");
        return Err(ArchiveError::file(path)(no_file));
    }
    File::open(path).map_err(ArchiveError::file(path))
}
