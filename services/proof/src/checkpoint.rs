//! Checkpoints (C2SP tlog-checkpoint): the size and the root of a log, signed; and cosignatures of witnesses
//! (tlog-cosignature), each with the second at which it was made.

use crate::error::Fault;
use crate::key::{CheckpointKey, Verifier, WitnessKey};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, Signer};
use ledger_core::entry::Digest32;
use ledger_core::merkle::Hash;
use signed_note::Note;

/// The size and the root of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many events it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }

    fn parse(text: &[u8]) -> Result<Checkpoint, Fault> {
        let malformed = Fault::CheckpointMalformed;
        let text = std::str::from_utf8(text).map_err(|_| malformed("the note is not UTF-8"))?;
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(malformed("a checkpoint has three lines: origin, size, root"));
        };
        let number = size.parse::<u64>().ok().filter(|number| number.to_string() == *size);
        let size = number.ok_or(malformed("the second line is no number"))?;
        let root = BASE64_STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        Ok(Checkpoint {
            origin: (*origin).to_owned(),
            size,
            root: root.ok_or(malformed("the third line is no root"))?,
        })
    }

    /// Signs it. Whoever does has read back what it is of.
    ///
    /// # Errors
    /// `KeyMalformed` of a name that no note can bear.
    pub fn sign(&self, key: &CheckpointKey) -> Result<String, Fault> {
        sign_note(key, &self.origin, &self.text())
    }

    /// The root, as it is shown.
    #[must_use]
    pub fn root(&self) -> Digest32 {
        Digest32(self.root)
    }
}

/// Signs a text in the name of a log.
pub(crate) fn sign_note(key: &CheckpointKey, origin: &str, text: &str) -> Result<String, Fault> {
    let nameless = || Fault::KeyMalformed("no note can bear the name of the log");
    let signature = key.signing().sign(text.as_bytes()).to_bytes().to_vec();
    let line = signed_note::Signature::new(origin.to_owned(), key.id(origin), signature);
    let note = Note::new(text.as_bytes(), &[line.map_err(|_| nameless())?]);
    Ok(shown(&note.map_err(|_| nameless())?))
}

/// Whether the key of a log has signed a note of that text.
///
/// # Errors
/// `NotSigned` or `SignatureInvalid`.
pub(crate) fn verify_note(note: &str, text: &str, log: &Verifier) -> Result<(), Fault> {
    let other = || Fault::NotSigned(log.name().to_owned());
    let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| other())?;
    if parsed.text() != text.as_bytes() {
        return Err(other());
    }
    let (_, lines) = note.rsplit_once("\n\n").unwrap_or_default();
    let mut lines = lines.lines().filter_map(|line| signed_note::Signature::from_bytes(line.as_bytes()).ok());
    let line = lines.find(|line| line.name() == log.name() && line.id() == log.id()).ok_or_else(other)?;
    verified(log, parsed.text(), line.signature())
}

fn shown(note: &Note) -> String {
    String::from_utf8_lossy(&note.to_bytes()).into_owned()
}

/// A checkpoint with its signatures.
#[derive(Debug)]
pub struct Signed {
    note: Note,
    lines: Vec<signed_note::Signature>,
    checkpoint: Checkpoint,
}

impl Signed {
    /// Reads a note without believing it.
    ///
    /// # Errors
    /// `CheckpointMalformed`.
    pub fn parse(note: &str) -> Result<Signed, Fault> {
        let malformed = |_| Fault::CheckpointMalformed("it is no signed note");
        let parsed = Note::from_bytes(note.as_bytes()).map_err(malformed)?;
        let checkpoint = Checkpoint::parse(parsed.text())?;
        let (_, lines) = note.rsplit_once("\n\n").unwrap_or_default();
        let lines = lines.lines().map(|line| signed_note::Signature::from_bytes(line.as_bytes()));
        let lines = lines.collect::<Result<Vec<_>, _>>().map_err(malformed)?;
        Ok(Signed { note: parsed, lines, checkpoint })
    }

    /// What it says of itself.
    #[must_use]
    pub fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The checkpoint, once the key of the log it names has signed it.
    ///
    /// # Errors
    /// `OriginMismatch`, `NotSigned` or `SignatureInvalid`.
    pub fn verify(&self, log: &Verifier) -> Result<&Checkpoint, Fault> {
        if self.checkpoint.origin != log.name() {
            return Err(Fault::OriginMismatch {
                found: self.checkpoint.origin.clone(),
                expected: log.name().to_owned(),
            });
        }
        if log.cosigns() {
            return Err(Fault::KeyMalformed("the key is a witness's, not a log's"));
        }
        self.signed_by(log, self.note.text())?;
        Ok(&self.checkpoint)
    }

    /// The second since 1970 (UTC) at which a witness cosigned it.
    ///
    /// # Errors
    /// `NotSigned` or `SignatureInvalid`.
    pub fn cosigned_at(&self, witness: &Verifier) -> Result<u64, Fault> {
        if !witness.cosigns() {
            return Err(Fault::KeyMalformed("the key is a log's, not a witness's"));
        }
        let stamped = self.line(witness)?.signature();
        let invalid = || Fault::SignatureInvalid(witness.name().to_owned());
        let (seconds, signature) = stamped.split_first_chunk::<8>().ok_or_else(invalid)?;
        let seconds = u64::from_be_bytes(*seconds);
        verified(witness, &cosigned_text(seconds, self.note.text()), signature)?;
        Ok(seconds)
    }

    fn line(&self, by: &Verifier) -> Result<&signed_note::Signature, Fault> {
        let found = self.lines.iter().find(|line| line.name() == by.name() && line.id() == by.id());
        found.ok_or_else(|| Fault::NotSigned(by.name().to_owned()))
    }

    fn signed_by(&self, by: &Verifier, text: &[u8]) -> Result<(), Fault> {
        verified(by, text, self.line(by)?.signature())
    }
}

fn verified(by: &Verifier, text: &[u8], signature: &[u8]) -> Result<(), Fault> {
    let signature = Signature::from_slice(signature).ok();
    let verified = signature.is_some_and(|signature| by.key().verify_strict(text, &signature).is_ok());
    if verified { Ok(()) } else { Err(Fault::SignatureInvalid(by.name().to_owned())) }
}

fn cosigned_text(seconds: u64, checkpoint: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {seconds}\n").as_bytes(), checkpoint].concat()
}

/// The line by which a witness says that it has seen a checkpoint, at a second since 1970 (UTC), and no smaller one since.
///
/// # Errors
/// `KeyMalformed` of a name that no note can bear.
pub fn cosign(signed: &Signed, key: &WitnessKey, seconds: u64) -> Result<String, Fault> {
    let signature = key.signing().sign(&cosigned_text(seconds, signed.note.text()));
    let stamped = [seconds.to_be_bytes().as_slice(), &signature.to_bytes()].concat();
    let line = signed_note::Signature::new(key.name().to_owned(), key.id(), stamped);
    let line = line.map_err(|_| Fault::KeyMalformed("no note can bear the name of the witness"))?;
    Ok(String::from_utf8_lossy(&line.to_bytes()).into_owned())
}

/// A note with the lines of further signatures under it; of those in one name and of one key the last.
///
/// # Errors
/// `CheckpointMalformed` of lines that are none.
pub fn join_signatures(note: &str, lines: &str) -> Result<String, Fault> {
    let Signed { note: parsed, lines: mut held, .. } = Signed::parse(note)?;
    for line in lines.lines() {
        let line = signed_note::Signature::from_bytes(line.as_bytes());
        let line = line.map_err(|_| Fault::CheckpointMalformed("a line is no signature"))?;
        held.retain(|held| (held.name(), held.id()) != (line.name(), line.id()));
        held.push(line);
    }
    let joined = Note::new(parsed.text(), &held);
    Ok(shown(&joined.map_err(|_| Fault::CheckpointMalformed("it is no signed note"))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::id::LedgerId;

    #[test]
    fn what_the_key_of_the_log_signed_is_believed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let key = CheckpointKey::init("example.org", &folder.path().join("key")).unwrap();
        let witness = WitnessKey::init("witness.example.org", &folder.path().join("witness")).unwrap();
        let ledger = LedgerId::parse("district").unwrap();
        let log = Verifier::parse(&key.vkey(&ledger)).unwrap();
        let checkpoint = Checkpoint { origin: key.origin(&ledger), size: 7, root: [9; 32] };
        let note = checkpoint.sign(&key).unwrap();
        assert_eq!(*Signed::parse(&note).unwrap().verify(&log).unwrap(), checkpoint);

        let line = cosign(&Signed::parse(&note).unwrap(), &witness, 1_700_000_000).unwrap();
        let joined = join_signatures(&note, &line).unwrap();
        assert_eq!(join_signatures(&joined, &line).unwrap(), joined, "one line a key");
        let cosigned = Signed::parse(&joined).unwrap();
        let by = Verifier::parse(&witness.vkey()).unwrap();
        assert_eq!(cosigned.cosigned_at(&by).unwrap(), 1_700_000_000);
        assert_eq!(*cosigned.verify(&log).unwrap(), checkpoint);
        assert!(matches!(Signed::parse(&note).unwrap().cosigned_at(&by), Err(Fault::NotSigned(_))));
        assert!(matches!(cosigned.verify(&by), Err(Fault::OriginMismatch { .. })));
        assert!(matches!(cosigned.cosigned_at(&log), Err(Fault::KeyMalformed(_))));

        // Every bit of it.
        let mut refused = 0;
        for at in 0..joined.len() * 8 {
            let mut bytes = joined.clone().into_bytes();
            bytes[at / 8] ^= 1 << (at % 8);
            let Ok(text) = String::from_utf8(bytes) else {
                refused += 1;
                continue;
            };
            let told = Signed::parse(&text).and_then(|signed| {
                signed.cosigned_at(&by)?;
                signed.verify(&log).cloned()
            });
            assert!(told.is_err(), "bit {at}");
            refused += 1;
        }
        assert_eq!(refused, joined.len() * 8);
    }
}
