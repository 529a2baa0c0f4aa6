//! The register of erasures: a file beside the key file that is only ever written at its end. A backup of the database is
//! older than it, so a database that was restored from one hears from it who had been erased since.
//!
//! A line is the keyed hash of ledger and resident, a space, and what the event of the erasure says, sealed: without the
//! key file it tells of nobody.

use crate::error::DirectoryError;
use crate::key_file::{Key, KeyFile};
use crate::seal::{keyed_hash, open, place, seal};
use ledger_core::id::{LedgerId, ResidentId};
use ledger_core::person::ResidentErased;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the lines are sealed for.
const USAGE: &str = "erasure";

/// What a line seals.
#[derive(Serialize, Deserialize)]
struct Line {
    ledger: LedgerId,
    erased: ResidentErased,
}

/// The register, and what it holds.
pub struct Register {
    path: PathBuf,
    naming: Key,
    sealing: Key,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// By the hash of ledger and resident.
    lines: BTreeMap<[u8; 32], (LedgerId, ResidentErased)>,
    /// Hashes of all accounts that were erased, those that answered in another among them.
    accounts: BTreeSet<[u8; 32]>,
}

impl Register {
    /// Opens the register beside a key file, and makes it where there is none. A last line that is not whole was never
    /// acknowledged, and is cut off.
    ///
    /// # Errors
    /// Where it cannot be read or written, or a whole line is not one that was written under this key file.
    pub fn open(keys: &KeyFile) -> Result<Register, DirectoryError> {
        let mut path = keys.path().as_os_str().to_owned();
        path.push(".erasures");
        let register = Register {
            path: PathBuf::from(path),
            naming: keys.derive("erasure-name"),
            sealing: keys.derive(USAGE),
            held: Mutex::default(),
        };
        let mut text = String::new();
        let mut file = register.locked()?;
        register.io(file.read_to_string(&mut text))?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            tracing::warn!("the last line of the register of erasures is not whole and is cut off");
            register.io(file.set_len(whole as u64).and_then(|()| file.sync_all()))?;
        }
        for (number, line) in text[..whole].lines().enumerate() {
            let line = register.read(line).ok_or_else(|| DirectoryError::RegisterDamaged {
                path: register.path.clone(),
                line: number + 1,
            })?;
            register.take_up(line);
        }
        Ok(register)
    }

    fn io<T>(&self, done: std::io::Result<T>) -> Result<T, DirectoryError> {
        done.map_err(|source| DirectoryError::Io { path: self.path.clone(), source })
    }

    /// The file, which nobody else writes until it is dropped.
    fn locked(&self) -> Result<File, DirectoryError> {
        let open = || {
            let mut options = OpenOptions::new();
            let file = options.read(true).append(true).create(true).mode(0o600).open(&self.path)?;
            file.lock()?;
            Ok(file)
        };
        self.io(open())
    }

    fn name(&self, ledger: &LedgerId, resident: &ResidentId) -> [u8; 32] {
        keyed_hash(&self.naming, &[ledger.as_str().as_bytes(), resident.as_str().as_bytes()])
    }

    fn read(&self, line: &str) -> Option<Line> {
        let (name, sealed) = line.split_once(' ')?;
        let sealed = hex::decode(sealed).ok()?;
        let read: Line =
            serde_json::from_slice(&open(&self.sealing, &place(USAGE, &[name]), &sealed)?).ok()?;
        (hex::encode(self.name(&read.ledger, &read.erased.resident)) == name).then_some(read)
    }

    fn take_up(&self, Line { ledger, erased }: Line) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.accounts.extend(erased.accounts.iter().map(|account| self.name(&ledger, account)));
        let name = self.name(&ledger, &erased.resident);
        held.lines.insert(name, (ledger, erased));
    }

    /// Whether an account was erased.
    #[must_use]
    pub fn holds(&self, ledger: &LedgerId, resident: &ResidentId) -> bool {
        let name = self.name(ledger, resident);
        self.held.lock().unwrap_or_else(PoisonError::into_inner).accounts.contains(&name)
    }

    /// The erasures of a ledger.
    #[must_use]
    pub fn of(&self, ledger: &LedgerId) -> Vec<ResidentErased> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_ledger = held.lines.values().filter(|(of, _)| of == ledger);
        of_ledger.map(|(_, erased)| erased.clone()).collect()
    }

    /// Writes erasures down; they are on disk then. One that is written already is not written again.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, ledger: &LedgerId, erased: &[ResidentErased]) -> Result<(), DirectoryError> {
        let (mut lines, mut text) = (Vec::new(), String::new());
        for erased in erased {
            let name = self.name(ledger, &erased.resident);
            if self.held.lock().unwrap_or_else(PoisonError::into_inner).lines.contains_key(&name) {
                continue;
            }
            let line = Line { ledger: ledger.clone(), erased: erased.clone() };
            let name = hex::encode(name);
            // Every value of these types can be written as JSON.
            let content = serde_json::to_vec(&line).unwrap_or_default();
            let sealed = seal(&self.sealing, &place(USAGE, &[&name]), &content)?;
            text.push_str(&format!("{name} {}\n", hex::encode(sealed)));
            lines.push(line);
        }
        if lines.is_empty() {
            return Ok(());
        }
        let mut file = self.locked()?;
        let end = self.io(file.seek(SeekFrom::End(0)))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            // What is not whole would be cut off at the next start; what comes behind it would not be.
            let _ = file.set_len(end);
        }
        self.io(written)?;
        lines.into_iter().for_each(|line| self.take_up(line));
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::id::{OrganizationId, PersonId};

    fn erased(id: &str, also: &[&str]) -> ResidentErased {
        let resident = |id: &str| ResidentId::parse(id).unwrap();
        ResidentErased {
            resident: resident(id),
            accounts: std::iter::once(&id).chain(also).map(|id| resident(id)).collect(),
            organization: OrganizationId::parse("school").unwrap(),
            proposed_by: PersonId::parse("officer-01").unwrap(),
            approved_by: PersonId::parse("officer-02").unwrap(),
            proposed_at: None,
        }
    }

    fn keys() -> (tempfile::TempDir, KeyFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        KeyFile::init(&path).unwrap();
        (folder, KeyFile::read(&path).unwrap())
    }

    #[test]
    fn what_is_written_is_there_at_the_next_start_and_tells_of_nobody() {
        let (_folder, keys) = keys();
        let (district, other) = (LedgerId::parse("district").unwrap(), LedgerId::parse("other").unwrap());
        let register = Register::open(&keys).unwrap();
        let one = erased("r0001", &["r0007"]);
        for _ in 0..2 {
            register.write(&district, std::slice::from_ref(&one)).unwrap();
        }
        register.write(&other, &[erased("r0002", &[])]).unwrap();
        let text = std::fs::read_to_string(register.path()).unwrap();
        assert_eq!(text.lines().count(), 2, "each once");
        assert!(!text.contains("r0001") && !text.contains("district") && !text.contains("officer"));

        let again = Register::open(&keys).unwrap();
        assert_eq!(again.of(&district), [one]);
        let resident = |id: &str| ResidentId::parse(id).unwrap();
        assert!(again.holds(&district, &resident("r0007")) && !again.holds(&other, &resident("r0001")));
    }

    #[test]
    fn a_torn_end_is_cut_off_and_a_changed_line_is_damage() {
        let (_folder, keys) = keys();
        let district = LedgerId::parse("district").unwrap();
        let register = Register::open(&keys).unwrap();
        for id in ["r0001", "r0002"] {
            register.write(&district, &[erased(id, &[])]).unwrap();
        }
        let whole = std::fs::read(register.path()).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for end in [first + 1, first + 70, whole.len() - 1] {
            std::fs::write(register.path(), &whole[..end]).unwrap();
            let opened = Register::open(&keys).unwrap();
            assert_eq!(opened.of(&district), [erased("r0001", &[])]);
            opened.write(&district, &[erased("r0003", &[])]).unwrap();
            assert_eq!(
                Register::open(&keys).unwrap().of(&district).len(),
                2,
                "what comes behind it is whole"
            );
        }
        for at in [3, 80, first - 2] {
            let mut changed = whole.clone();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            std::fs::write(register.path(), &changed).unwrap();
            let refused = Register::open(&keys);
            assert!(matches!(refused, Err(DirectoryError::RegisterDamaged { line: 1, .. })));
        }
    }
}
