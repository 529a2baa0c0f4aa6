//! What a witness makes of a checkpoint, given the newest one it knows of the log.

use crate::request::AddCheckpoint;
use creditbank_proof::{Checkpoint, Fault, Signed, Verifier};
use ledger_core::merkle::verify_consistency;

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// It is of another form.
    Malformed,
    /// No log that the witness watches.
    UnknownLog,
    /// The log's key has not signed it.
    NotSigned,
    /// The proof begins at another size than that of the newest checkpoint known, which is this one: the log believes
    /// something else, or goes back.
    OtherSize(u64),
    /// Another root at the size that is known: the log has split.
    Split(u64),
    /// The proof does not lead from what is known to this.
    Inconsistent,
}

impl Rejected {
    /// The status that tells it (C2SP tlog-witness).
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Rejected::Malformed => 400,
            Rejected::NotSigned => 403,
            Rejected::UnknownLog => 404,
            Rejected::OtherSize(_) | Rejected::Split(_) => 409,
            Rejected::Inconsistent => 422,
        }
    }

    /// Its name, for programs and logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Rejected::Malformed => "MALFORMED",
            Rejected::NotSigned => "NOT_SIGNED",
            Rejected::UnknownLog => "UNKNOWN_LOG",
            Rejected::OtherSize(_) => "OTHER_SIZE",
            Rejected::Split(_) => "SPLIT_VIEW",
            Rejected::Inconsistent => "INCONSISTENT",
        }
    }
}

/// Of whose log a note says it is.
pub(crate) fn log_of<'a>(signed: &Signed, logs: &'a [Verifier]) -> Result<&'a Verifier, Rejected> {
    let origin = &signed.unverified().origin;
    logs.iter().find(|log| log.name() == origin).ok_or(Rejected::UnknownLog)
}

/// The checkpoint that is to be cosigned, once it is seen to be what the known one has grown to.
pub(crate) fn judge(
    asked: &AddCheckpoint,
    signed: &Signed,
    log: &Verifier,
    known: Option<&Checkpoint>,
) -> Result<Checkpoint, Rejected> {
    let checkpoint = signed.verify(log).map_err(|fault| match fault {
        Fault::NotSigned(_) | Fault::SignatureInvalid(_) => Rejected::NotSigned,
        _ => Rejected::UnknownLog,
    })?;
    if asked.old_size > checkpoint.size {
        return Err(Rejected::Malformed);
    }
    let size = known.map_or(0, |known| known.size);
    if asked.old_size != size {
        return Err(Rejected::OtherSize(size));
    }
    match known {
        Some(known) if known.size == checkpoint.size && known.root != checkpoint.root => {
            Err(Rejected::Split(size))
        }
        Some(known) => {
            verify_consistency((known.size, &known.root), (checkpoint.size, &checkpoint.root), &asked.proof)
                .map(|()| checkpoint.clone())
                .map_err(|_| Rejected::Inconsistent)
        }
        // Nothing is known of it: there is nothing to prove.
        None if asked.proof.is_empty() => Ok(checkpoint.clone()),
        None => Err(Rejected::Inconsistent),
    }
}
