//! The manifest: what an archive holds. It is written last, so that a folder with one is whole.

use crate::error::Fault;
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

/// What this program writes.
pub const FORMAT: &str = "creditbank-ledger-2";

/// What it reads besides: the same without the tree's files.
const FORMAT_1: &str = "creditbank-ledger-1";

/// Lines of a file at most: as many leaves as two levels of tiles of the Merkle tree have (our own default).
pub const LINES: u64 = 65_536;

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
pub enum Content {
    /// Events.
    Events,
    /// What is remembered of requests.
    Requests,
    /// The hashes of a level of tiles, 0 of leaves.
    Tree(u8),
}

impl Content {
    /// The name of the file that begins with a line, from 1.
    #[must_use]
    pub fn file(self, first: u64) -> String {
        match self {
            Content::Events => format!("events-{first:012}.ndjson"),
            Content::Requests => format!("requests-{first:012}.ndjson"),
            Content::Tree(level) => format!("tree-{level}-{first:012}.hex"),
        }
    }
}

impl Manifest {
    /// Reads the manifest of a folder, and looks whether it lists files as an export names them, byte for byte as an export
    /// writes it.
    ///
    /// # Errors
    /// `ManifestInvalid`, or where it cannot be read.
    pub fn read(folder: &Path) -> Result<Manifest, Fault> {
        let path = folder.join(MANIFEST);
        let mut text = Vec::new();
        let file = regular_file(&path)?;
        file.take(LARGEST).read_to_end(&mut text).map_err(Fault::file(&path))?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|error| Fault::ManifestInvalid(error.to_string()))?;
        if ![FORMAT, FORMAT_1].contains(&manifest.format.as_str()) {
            return Err(Fault::ManifestInvalid(format!(
                "its format is {}, this program reads {FORMAT}",
                manifest.format
            )));
        }
        // What serde takes for an id may be none.
        let ledger = LedgerId::parse(manifest.ledger.as_str());
        ledger.map_err(|refusal| Fault::ManifestInvalid(refusal.to_string()))?;
        if manifest.to_bytes() != text {
            return Err(Fault::ManifestInvalid("it is not written as an export writes it".to_owned()));
        }
        let contents = [(Content::Events, manifest.events), (Content::Requests, manifest.requests)];
        let expected = contents.into_iter().chain(manifest.tree_levels());
        let expected = expected.flat_map(|(content, lines)| files(content, lines));
        if !expected.eq(manifest.files.iter().map(|listed| (listed.name.clone(), listed.lines))) {
            let found = "its files do not add up to its events and requests";
            return Err(Fault::ManifestInvalid(found.to_owned()));
        }
        Ok(manifest)
    }

    /// As it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The levels of tiles that it has files of, with the number of hashes of each.
    pub fn tree_levels(&self) -> impl Iterator<Item = (Content, u64)> + use<> {
        let leaves = if self.format == FORMAT_1 { 0 } else { self.events };
        (0..8_u8)
            .map(move |level| (Content::Tree(level), leaves >> (8 * level)))
            .filter(|(_, hashes)| *hashes > 0)
    }

    /// The files of one content.
    #[must_use]
    pub fn of(&self, content: Content) -> Vec<Listed> {
        let first = content.file(1);
        let of = |listed: &&Listed| listed.name.len() == first.len() && listed.name[..7] == first[..7];
        self.files.iter().filter(of).cloned().collect()
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

/// A request as a line.
///
/// # Errors
/// None that is known: ids and numbers are text in JSON.
pub fn request_line(key: RequestKey, record: RequestRecord) -> serde_json::Result<Vec<u8>> {
    let RequestKey { poster, request_id } = key;
    let RequestRecord { digest, position, events } = record;
    serde_json::to_vec(&RequestLine { poster, request_id, digest, position, events })
}

/// A request of a line, or what is wrong with it.
///
/// # Errors
/// What is wrong with it.
pub fn parse_request(line: &[u8]) -> Result<(RequestKey, RequestRecord), String> {
    let RequestLine { poster, request_id, digest, position, events } =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    // What serde takes for an id may be none.
    let no_id = |refusal: Refusal| refusal.to_string();
    let poster = poster.map(|poster| OrganizationId::parse(poster.as_str())).transpose().map_err(no_id)?;
    let request_id = RequestId::parse(request_id.as_str()).map_err(no_id)?;
    Ok((RequestKey { poster, request_id }, RequestRecord { digest, position, events }))
}

/// Opens a file that is one: no folder, and nothing that waits for who writes to it.
pub(crate) fn regular_file(path: &Path) -> Result<File, Fault> {
    let kind = std::fs::metadata(path).map_err(Fault::file(path))?;
    if !kind.is_file() {
        let no_file = std::io::Error::other("it is no regular file");
        return Err(Fault::file(path)(no_file));
    }
    File::open(path).map_err(Fault::file(path))
}
