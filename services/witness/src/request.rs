//! The body of `add-checkpoint`: the size that the log believes the witness to know, the proof from there, the checkpoint.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ledger_core::merkle::Hash;

/// The most lines of a proof (C2SP tlog-witness).
const MAX_PROOF: usize = 63;

/// A checkpoint that is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the newest checkpoint that the witness has cosigned, as the log believes.
    pub old_size: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The signed note.
    pub note: String,
}

impl AddCheckpoint {
    /// As it is sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("old {}\n", self.old_size);
        for hash in &self.proof {
            text.push_str(&BASE64_STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// What was sent; none where it is of another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<AddCheckpoint> {
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old = lines.next()?.strip_prefix("old ")?;
        let old_size = old.parse::<u64>().ok().filter(|size| size.to_string() == old)?;
        let hash = |line: &str| BASE64_STANDARD.decode(line).ok()?.try_into().ok();
        let proof: Vec<Hash> = lines.map(hash).collect::<Option<_>>()?;
        (proof.len() <= MAX_PROOF).then(|| AddCheckpoint { old_size, proof, note: note.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read() {
        let asked = AddCheckpoint {
            old_size: 7,
            proof: vec![[1; 32], [2; 32]],
            note: "a\n1\nb\n\n— x y\n".to_owned(),
        };
        assert_eq!(AddCheckpoint::parse(&asked.to_text()), Some(asked.clone()));
        let first = AddCheckpoint { old_size: 0, proof: vec![], ..asked };
        assert_eq!(AddCheckpoint::parse(&first.to_text()), Some(first));
        for wrong in ["", "old 7\n", "old 07\n\nnote", "old -1\n\nnote", "old 1\nx\n\nnote", "7\n\nnote"] {
            assert_eq!(AddCheckpoint::parse(wrong), None, "{wrong}");
        }
    }
}
