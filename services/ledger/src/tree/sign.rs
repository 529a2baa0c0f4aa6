//! Signing checkpoints. What is signed was read back from the store after its commit, event by event, and hashed anew
//! (`RELIABILITY.md` F9); it begins with what was signed before, which is kept in the store, and beside the key.

use super::memory::SignedBefore;
use super::{PAGE, bring_up};
use crate::error::{damaged, store_error};
use crate::ledger::Ledger;
use creditbank_proof::{Attested, Checkpoint, CheckpointKey, Fault, Signed, Verifier};
use ledger_core::id::LedgerId;
use ledger_core::merkle::{CheckpointKind, Frontier, KeptCheckpoint};
use ledger_core::ports::{Store, StoreError};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How old a checkpoint may be that is given again (our own default): however often it is asked for, one is signed a second.
const FRESH: Duration = Duration::from_secs(1);

/// A checkpoint with the key to verify it.
#[derive(Debug, Clone)]
pub struct SignedCheckpoint {
    /// The edge of the tree that was signed.
    edge: Frontier,
    /// How many events it is of.
    pub size: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// The signed note.
    pub note: String,
    /// The last one that witnesses have cosigned.
    pub witnessed: Option<String>,
    /// The public key.
    pub vkey: String,
}

/// What signs the checkpoints of a ledger.
pub(crate) struct Signing {
    key: Arc<CheckpointKey>,
    /// What the key has signed, whatever the store remembers.
    before: Arc<SignedBefore>,
    /// What was signed last, or why nothing can be, and when this process did or found it.
    last: Mutex<Option<(Result<KeptCheckpoint, StoreError>, Instant)>>,
    /// The size and root in that memory that this process has seen the log to begin with.
    held: std::sync::Mutex<Option<(u64, [u8; 32])>>,
}

impl Signing {
    pub(crate) fn with(key: Arc<CheckpointKey>, before: Arc<SignedBefore>) -> Signing {
        Signing { key, before, last: Mutex::new(None), held: std::sync::Mutex::new(None) }
    }

    pub(crate) fn vkey(&self, ledger: &LedgerId) -> String {
        self.key.vkey(ledger)
    }

    /// Whether the store remembers all that the key has signed of a log. Where it does not, the log is to be held against it.
    pub(crate) async fn is_up_to_date(
        &self,
        store: &dyn Store,
        ledger: &LedgerId,
    ) -> Result<bool, StoreError> {
        let unreadable = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        let signed = self.before.newest(&self.key.origin(ledger)).map_err(unreadable)?;
        let kept = store.checkpoint(ledger, CheckpointKind::Signed).await?;
        let kept = kept.map(|kept| (kept.frontier.size(), kept.frontier.root().0));
        Ok(signed.is_none_or(|signed| {
            kept == Some(signed) || kept.is_some_and(|kept| signed.0 < kept.0 && self.holds(signed))
        }))
    }

    /// Whether this process has seen the log to begin with so many events under that root.
    fn holds(&self, signed: (u64, [u8; 32])) -> bool {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) == Some(signed)
    }

    /// Signs the figures of an account.
    pub(crate) fn attest(&self, ledger: &LedgerId, says: &Attested<'_>) -> Result<String, StoreError> {
        creditbank_proof::attest(&self.key, ledger, says)
            .map_err(|fault| StoreError::Unavailable(fault.to_string()))
    }

    /// The newest checkpoint, signed now unless one of that many events was within the last second.
    pub(crate) async fn newest(
        &self,
        store: &dyn Store,
        ledger: &LedgerId,
        at_least: u64,
    ) -> Result<KeptCheckpoint, StoreError> {
        let mut last = self.last.lock().await;
        match &*last {
            Some((Ok(kept), at)) if at.elapsed() < FRESH && kept.frontier.size() >= at_least => {
                return Ok(kept.clone());
            }
            // However often it is asked, a log that is not what was signed is read once a second.
            Some((Err(error), at)) if at.elapsed() < FRESH => return Err(error.clone()),
            _ => {}
        }
        loop {
            match self.sign(store, ledger).await {
                // Another program signed a later one: what it kept is what the next is signed on.
                Err(StoreError::Superseded) => {}
                Err(error @ StoreError::Damaged(_)) => {
                    *last = Some((Err(error.clone()), Instant::now()));
                    return Err(error);
                }
                Err(error) => return Err(error),
                Ok(kept) => {
                    *last = Some((Ok(kept.clone()), Instant::now()));
                    return Ok(kept);
                }
            }
        }
    }

    async fn sign(&self, store: &dyn Store, ledger: &LedgerId) -> Result<KeptCheckpoint, StoreError> {
        let before = store.checkpoint(ledger, CheckpointKind::Signed).await?;
        let (from, edge) = match &before {
            Some(kept) => (kept.frontier.size(), Some(&kept.frontier)),
            None => (0, None),
        };
        let ours = before.as_ref().is_some_and(|kept| self.has_signed(ledger, kept));
        let written = bring_up(store, ledger).await?;
        let unreadable = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        let origin = self.key.origin(ledger);
        let known = self.before.newest(&origin).map_err(unreadable)?;
        let other = |size| StoreError::Damaged(format!("{size} other events were signed under this name"));
        if let Some((size, root)) = known
            && (size > written.size()
                || edge.is_some_and(|edge| edge.size() == size && edge.root().0 != root))
        {
            return Err(other(size));
        }
        // Another program has signed more than is remembered here: whether the log begins with that is to be seen.
        let unseen = known.is_some_and(|known| known.0 < from && !self.holds(known));
        if let Some(kept) = &before
            && ours
            && !unseen
            && written.size() == from
            && known.is_some_and(|(size, _)| size <= from)
        {
            return Ok(kept.clone());
        }
        if written.size() < from {
            return Err(StoreError::Damaged(format!("{from} events were signed, and the log has fewer")));
        }
        // What this key has not signed is read from the beginning.
        let mut read = edge.filter(|_| ours && !unseen).cloned().unwrap_or_default();
        while read.size() < written.size() {
            let left = u32::try_from(written.size() - read.size()).unwrap_or(u32::MAX);
            let events = store.read_events(ledger, Position(read.size() + 1), left.min(PAGE)).await?;
            if events.is_empty() {
                return Err(StoreError::Damaged(format!("the log ends at {}", read.size())));
            }
            for event in events {
                read.push(&event.bytes);
                if let Some((size, root)) = known
                    && read.size() == size
                    && read.root().0 != root
                {
                    return Err(other(size));
                }
                if read.size() == from && edge.is_some_and(|edge| *edge != read) {
                    return Err(StoreError::Damaged(format!("the first {from} events are not those signed")));
                }
            }
        }
        if read != written {
            return Err(StoreError::Damaged("the events are not those that were written".to_owned()));
        }
        let seen = (read.size(), read.root().0);
        self.before.keep(&origin, seen.0, seen.1).map_err(unreadable)?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        if let Some(kept) = before.as_ref().filter(|_| ours && seen.0 == from) {
            return Ok(kept.clone());
        }
        let note = checkpoint(&self.key, ledger, &read).sign(&self.key);
        let note = note.map_err(|fault| StoreError::Unavailable(fault.to_string()))?;
        let kept = KeptCheckpoint { frontier: read, note };
        store.keep_checkpoint(ledger, CheckpointKind::Signed, from, kept.clone()).await?;
        Ok(kept)
    }

    /// Whether a checkpoint that is kept is one of this key, over the edge that is kept beside it.
    fn has_signed(&self, ledger: &LedgerId, kept: &KeptCheckpoint) -> bool {
        let verified = || -> Result<bool, Fault> {
            let signed = Signed::parse(&kept.note)?;
            let checkpoint = signed.verify(&Verifier::parse(&self.key.vkey(ledger))?)?;
            Ok(checkpoint.size == kept.frontier.size() && checkpoint.root() == kept.frontier.root())
        };
        verified().unwrap_or(false)
    }
}

fn checkpoint(key: &CheckpointKey, ledger: &LedgerId, edge: &Frontier) -> Checkpoint {
    Checkpoint { origin: key.origin(ledger), size: edge.size(), root: edge.root().0 }
}

impl Ledger {
    /// The newest checkpoint.
    ///
    /// # Errors
    /// `CHECKPOINTS_CLOSED` where the program has no key, `LEDGER_DAMAGED` where what is stored is not what was written or
    /// signed, or what the store says.
    pub async fn checkpoint(&self) -> Result<SignedCheckpoint, Refusal> {
        self.checkpoint_of(Position(0)).await
    }

    /// The same, with the event at a position in it.
    pub(crate) async fn checkpoint_of(&self, at_least: Position) -> Result<SignedCheckpoint, Refusal> {
        let Some(signing) = self.signing() else { return Err(closed()) };
        let (signing, store, id) = (Arc::clone(signing), Arc::clone(&self.store), self.id().clone());
        // In a task of its own, which a dropped call does not cancel.
        let signed = tokio::spawn(async move {
            let kept = signing.newest(&*store, &id, at_least.0).await?;
            let witnessed = store.checkpoint(&id, CheckpointKind::Witnessed).await?;
            Ok(SignedCheckpoint {
                size: kept.frontier.size(),
                root: kept.frontier.root().0,
                edge: kept.frontier,
                note: kept.note,
                witnessed: witnessed.map(|witnessed| witnessed.note),
                vkey: signing.vkey(&id),
            })
        });
        signed.await.map_err(|_| damaged())?.map_err(store_error)
    }

    /// Keeps a checkpoint of this program's with the lines of witnesses, whatever was signed since; `note` is that of `signed` with
    /// lines added.
    ///
    /// # Errors
    /// `CHECKPOINTS_CLOSED`, or what the store says. A note that is not of this key, or older than the one kept, is left out.
    pub async fn keep_witnessed(&self, signed: &SignedCheckpoint, note: String) -> Result<(), Refusal> {
        let Some(signing) = self.signing() else { return Err(closed()) };
        let (signing, store, id) = (Arc::clone(signing), Arc::clone(&self.store), self.id().clone());
        let kept = KeptCheckpoint { frontier: signed.edge.clone(), note };
        let kept = tokio::spawn(async move {
            let before = store.checkpoint(&id, CheckpointKind::Witnessed).await?;
            let from = before.map_or(0, |before| before.frontier.size());
            if !signing.has_signed(&id, &kept) || kept.frontier.size() < from {
                return Ok(());
            }
            match store.keep_checkpoint(&id, CheckpointKind::Witnessed, from, kept).await {
                Err(StoreError::Superseded) => Ok(()),
                kept => kept,
            }
        });
        kept.await.map_err(|_| damaged())?.map_err(store_error)
    }
}

fn closed() -> Refusal {
    Refusal::new(
        Reason::CheckpointsClosed,
        "服務沒有簽署金鑰，不能簽署檢查點；請管理員以 --checkpoint-key 啟動。\
         The service has no key to sign checkpoints with: the operator starts it with --checkpoint-key.",
    )
}
