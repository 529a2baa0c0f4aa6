//! An exported ledger of 10,000 events against everybody who has the files but not the key.

use crate::forged::{Files, forge, lines, one_request, read, renumbered, write};
use crate::world::{checkpoint, district, ledger, post, signing_bank};
use creditbank_proof::archive::verify_export;
use creditbank_proof::{Fault, Verifier};
use creditbank_store::MemoryStore;
use ledger_core::merkle::{Frontier, leaf_hash};
use ledger_core::ports::Store;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Instant;

const EVENTS: usize = 10_000;

/// What may be done to rows at a place.
type Harm = (&'static str, fn(&mut Vec<Vec<u8>>, usize));

/// A signed archive of so many events, and its key.
async fn archive() -> (Files, Verifier) {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let (bank, log) = signing_bank(Arc::clone(&store), folder.path()).await;
    let clients = district(&bank).await;
    let there = store.head(&ledger()).await.unwrap().position.0;
    post(&clients, EVENTS - usize::try_from(there).unwrap()).await;
    assert_eq!(checkpoint(&clients, &log).await.size, EVENTS as u64);
    let to = folder.path().join("archive");
    creditbank_archive::export(&*store, &ledger(), &to, |_| {}).await.unwrap();
    (read(&to), log)
}

fn verified(files: &Files, log: Option<&Verifier>) -> Result<u64, Fault> {
    let folder = tempfile::tempdir().unwrap();
    write(files, folder.path());
    let verified = verify_export(folder.path(), log, &[], |_, _| Ok(()), |_, _| {})?;
    assert_eq!(verified.covered.len(), 1);
    assert_eq!(verified.covered[0].signed, log.is_some());
    Ok(verified.manifest.events)
}

/// Each bit of each event in turn. What a verification compares is the leaf with the line of the tree; the blocks of an
/// event in front of the flipped bit are hashed once.
fn flip_every_bit(events: &[Vec<u8>], leaves: &[Vec<u8>]) -> (u64, u64) {
    let (mut flips, mut undetected) = (0, 0);
    for (event, leaf) in events.iter().zip(leaves) {
        let expected = hex_hash(leaf);
        let bytes = [&[0], event.as_slice()].concat();
        let mut so_far = Sha256::new();
        for first in (0..bytes.len()).step_by(64) {
            let block_end = bytes.len().min(first + 64);
            let mut rest = bytes[first..].to_vec();
            for at in first.max(1)..block_end {
                for bit in 0..8 {
                    rest[at - first] ^= 1 << bit;
                    let hash: [u8; 32] = so_far.clone().chain_update(&rest).finalize().into();
                    flips += 1;
                    undetected += u64::from(hash == expected);
                    rest[at - first] ^= 1 << bit;
                }
            }
            so_far.update(&bytes[first..block_end]);
        }
    }
    (flips, undetected)
}

fn hex_hash(line: &[u8]) -> [u8; 32] {
    ledger_core::entry::Digest32::parse(std::str::from_utf8(line).unwrap()).unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_an_export_of_ten_thousand_events_is_detected() {
    let (files, log) = archive().await;
    assert_eq!(verified(&files, Some(&log)).unwrap(), EVENTS as u64);
    assert_eq!(verified(&files, None).unwrap(), EVENTS as u64);
    let (events, requests, leaves) =
        (lines(&files, "events-"), lines(&files, "requests-"), lines(&files, "tree-0-"));
    assert_eq!((events.len(), leaves.len()), (EVENTS, EVENTS));

    // Every bit of every event. Halves on threads of their own.
    let began = Instant::now();
    let (first, second) = events.split_at(events.len() / 2);
    let (first_leaves, second_leaves) = leaves.split_at(events.len() / 2);
    let ((a, b), (c, d)) = std::thread::scope(|scope| {
        let first = scope.spawn(|| flip_every_bit(first, first_leaves));
        (flip_every_bit(second, second_leaves), first.join().unwrap())
    });
    let (flips, undetected) = (a + c, b + d);
    println!("{flips} bits of {EVENTS} events flipped, {undetected} undetected, {:?}", began.elapsed());
    assert_eq!(undetected, 0);
    assert!(flips > EVENTS as u64 * 8 * 200);
    // A line of the tree is compared as text: another bit is another text. What matters is that each leaf is in the root.
    let mut frontier = Frontier::default();
    events.iter().for_each(|event| frontier.push(event));
    for (event, leaf) in events.iter().zip(&leaves) {
        assert_eq!(leaf_hash(event), hex_hash(leaf));
    }

    // By whoever has the files, and computes nothing anew: the position is named.
    let (mut tried, mut named) = (0, 0);
    for n in (0..events.len()).step_by(1_499) {
        let position = n as u64 + 1;
        let harms: [Harm; 5] = [
            ("changed", |rows, n| rows[n][60] ^= 1),
            ("deleted", |rows, n| drop(rows.remove(n))),
            ("duplicated", |rows, n| rows.insert(n, rows[n].clone())),
            ("swapped", |rows, n| rows.swap(n, n + 1)),
            ("added", |rows, n| rows.insert(n, b"{\"v\":1,\"ledger\":\"district\"}".to_vec())),
        ];
        for (harm, does) in harms {
            let mut rows = events.clone();
            does(&mut rows, n);
            let mut harmed = files.clone();
            let name = "events-000000000001.ndjson".to_owned();
            harmed.insert(name, rows.iter().flat_map(|row| [row.as_slice(), b"\n"].concat()).collect());
            let fault = verified(&harmed, Some(&log)).unwrap_err();
            tried += 1;
            let told = fault.to_string();
            let near = [position, position + 1];
            named += usize::from(near.iter().any(|near| told.contains(&near.to_string())));
            assert!(
                matches!(
                    fault,
                    Fault::EventAltered { .. } | Fault::EventMisplaced { .. } | Fault::EventForeign { .. }
                ),
                "{harm} at {position}: {told}"
            );
        }
    }
    assert_eq!(named, tried, "each names where");

    // By whoever computes everything anew: only the signature is missing.
    type Forgery = (&'static str, fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>);
    let forgeries: [Forgery; 7] = [
        ("one more minute", |mut rows| {
            let text = String::from_utf8(rows[7_000].clone()).unwrap();
            rows[7_000] = text.replacen("\"minutes\":", "\"minutes\":1", 1).into_bytes();
            rows
        }),
        ("the first gone", |mut rows| {
            rows.remove(0);
            rows
        }),
        ("one gone in the middle", |mut rows| {
            rows.remove(5_000);
            rows
        }),
        ("two swapped", |mut rows| {
            rows.swap(4_000, 4_001);
            rows
        }),
        ("one doubled", |mut rows| {
            rows.insert(3_000, rows[3_000].clone());
            rows
        }),
        ("truncated", |mut rows| {
            rows.truncate(9_999);
            rows
        }),
        ("another branch from the middle on", |mut rows| {
            let branch = rows[2_000..7_000].to_vec();
            rows.truncate(5_000);
            rows.extend(branch);
            rows
        }),
    ];
    for (what, does) in forgeries {
        let rows = renumbered(does(events.clone()));
        let forged = forge(&files, &rows, &one_request(rows.len()));
        let fault = verified(&forged, Some(&log)).unwrap_err();
        let expected = match rows.len() {
            len if len < EVENTS => "TRUNCATED",
            _ => "FORKED",
        };
        assert_eq!(fault.reason(), expected, "{what}: {fault}");
        tried += 1;
    }
    // Truncated at every 500th place, or forked there.
    for at in (0..EVENTS).step_by(500) {
        let forged = forge(&files, &events[..at], &one_request(at));
        assert_eq!(verified(&forged, Some(&log)).unwrap_err().reason(), "TRUNCATED", "{at}");
        let mut branch = events.clone();
        let last = branch.remove(at);
        branch.push(last);
        let forged = forge(&files, &renumbered(branch), &one_request(EVENTS));
        assert_eq!(verified(&forged, Some(&log)).unwrap_err().reason(), "FORKED", "{at}");
        tried += 2;
    }
    println!("{tried} archives harmed or forged, 0 undetected");

    // Without touching an event.
    let with = |does: &dyn Fn(&mut Files)| {
        let mut harmed = files.clone();
        does(&mut harmed);
        verified(&harmed, Some(&log)).unwrap_err().reason()
    };
    assert_eq!(with(&|files| drop(files.remove("checkpoint"))), "NOT_SIGNED");
    assert_eq!(with(&|files| drop(files.remove("tree-1-000000000001.hex"))), "FILE");
    assert_eq!(with(&|files| files.get_mut("tree-1-000000000001.hex").unwrap()[5] ^= 1), "TREE_ALTERED");
    assert_eq!(
        with(&|files| drop(files.insert("events-000000065537.ndjson".to_owned(), b"{}\n".to_vec()))),
        "FILE_UNKNOWN"
    );
    let forged = forge(&files, &events, &requests[1..]);
    assert_eq!(verified(&forged, Some(&log)).unwrap_err().reason(), "REQUEST_INVALID");
    let mut manifest_flips = 0;
    for at in 0..files["manifest.json"].len() {
        for bit in 0..8 {
            let mut harmed = files.clone();
            harmed.get_mut("manifest.json").unwrap()[at] ^= 1 << bit;
            harmed.retain(|name, _| name == "manifest.json" || name == "checkpoint");
            assert!(verified(&harmed, Some(&log)).is_err(), "byte {at} bit {bit} of the manifest");
            manifest_flips += 1;
        }
    }
    let mut note_flips = 0;
    for at in 0..files["checkpoint"].len() {
        for bit in 0..8 {
            let mut harmed = files.clone();
            harmed.get_mut("checkpoint").unwrap()[at] ^= 1 << bit;
            harmed.retain(|name, _| name == "manifest.json" || name == "checkpoint");
            let reason = verified(&harmed, Some(&log)).unwrap_err().reason();
            assert_ne!(reason, "FILE_ALTERED", "it is refused by itself: byte {at} bit {bit}");
            note_flips += 1;
        }
    }
    println!(
        "{manifest_flips} bits of the manifest and {note_flips} of the checkpoint flipped, 0 undetected"
    );
}
