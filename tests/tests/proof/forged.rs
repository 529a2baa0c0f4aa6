//! An archive in memory, and one as whoever has the files but not the key would forge it: everything that can be computed
//! anew is.

use creditbank_proof::archive::{Content, FORMAT, LINES, Listed, MANIFEST, Manifest};
use ledger_core::entry::Digest32;
use ledger_core::merkle::{Frontier, leaf_hash};
use std::collections::BTreeMap;
use std::path::Path;

/// The files of an archive, by name.
pub type Files = BTreeMap<String, Vec<u8>>;

pub fn read(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
        .collect()
}

pub fn write(files: &Files, folder: &Path) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// The lines of the files of a content.
pub fn lines(files: &Files, prefix: &str) -> Vec<Vec<u8>> {
    let of = files.iter().filter(|(name, _)| name.starts_with(prefix));
    of.flat_map(|(_, bytes)| {
        bytes.strip_suffix(b"\n").unwrap().split(|byte| *byte == b'\n').map(<[u8]>::to_vec)
    })
    .collect()
}

/// Everything anew around some events and requests, but for what needs the key.
pub fn forge(files: &Files, events: &[Vec<u8>], requests: &[Vec<u8>]) -> Files {
    let mut forged = Files::new();
    let mut listed = Vec::new();
    let mut put = |content: Content, all: &[Vec<u8>]| {
        for (n, lines) in all.chunks(usize::try_from(LINES).unwrap()).enumerate() {
            let name = content.file(n as u64 * LINES + 1);
            let bytes: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
            listed.push(Listed {
                name: name.clone(),
                lines: lines.len() as u64,
                sha256: Digest32::of(&bytes),
            });
            forged.insert(name, bytes);
        }
    };
    let mut frontier = Frontier::default();
    let mut levels = vec![Vec::new(); 8];
    for event in events {
        let leaf = leaf_hash(event);
        levels[0].push(Digest32(leaf).to_string().into_bytes());
        frontier.push_hash(leaf, |height, hash| {
            if height % 8 == 0 {
                levels[(height / 8) as usize].push(Digest32(*hash).to_string().into_bytes());
            }
        });
    }
    put(Content::Events, events);
    put(Content::Requests, requests);
    for (level, hashes) in levels.iter().enumerate() {
        put(Content::Tree(u8::try_from(level).unwrap()), hashes);
    }
    let before: Manifest = serde_json::from_slice(&files[MANIFEST]).unwrap();
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        events: events.len() as u64,
        root_sha256: frontier.root(),
        requests: requests.len() as u64,
        files: listed,
        ..before
    };
    forged.insert(MANIFEST.to_owned(), manifest.to_bytes());
    let notes = files.iter().filter(|(name, _)| name.starts_with("checkpoint"));
    forged.extend(notes.map(|(name, note)| (name.clone(), note.clone())));
    forged
}

/// Events at the positions at which they stand now, as a forger would write them.
pub fn renumbered(events: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let renumber = |(n, event): (usize, Vec<u8>)| {
        let text = String::from_utf8(event).unwrap();
        let (head, rest) = text.split_once("\"position\":").unwrap();
        let (_, rest) = rest.split_once(',').unwrap();
        format!("{head}\"position\":{},{rest}", n + 1).into_bytes()
    };
    events.into_iter().enumerate().map(renumber).collect()
}

/// One request for all events: whoever forges can make them fit.
pub fn one_request(events: usize) -> Vec<Vec<u8>> {
    let digest = "0".repeat(64);
    vec![
        format!("{{\"request_id\":\"a-forged-request\",\"digest\":\"{digest}\",\"position\":1,\"events\":{events}}}")
            .into_bytes(),
    ]
}
