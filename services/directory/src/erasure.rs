//! Erasing a person: the event, the register, the rows, in this order; and finishing what was begun.

use crate::directory::{Directory, submit};
use crate::error::register_failed;
use creditbank_ledger::{Bank, Ledger, Receipt, store_error};
use ledger_core::command::Action;
use ledger_core::entry::Digest32;
use ledger_core::event::Fact;
use ledger_core::id::{LedgerId, OrganizationId, PersonId, RequestId, ResidentId};
use ledger_core::person::{PersonAct, ResidentErased};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::collections::HashSet;
use std::sync::Arc;

/// Persons whose rows go in one transaction (our own default): others who write wait for it.
const ROWS_AT_ONCE: usize = 256;

/// What was left to do when the directory was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Finished {
    /// Erasures that the register did not have yet.
    pub registered: u64,
    /// Erasures that a log had lost and has again.
    pub recorded: u64,
    /// Erasures that a log has lost and does not take: it is sealed, or does not know the account yet. Nobody is served
    /// their data.
    pub waiting: u64,
    /// Residents whose rows were still there.
    pub removed: u64,
}

impl Directory {
    /// Approves an erasure and does it. It is answered once the register has it on disk and the rows are gone; the same
    /// request again does what is left to do.
    ///
    /// # Errors
    /// What the log refuses, or where the register or the store cannot be written.
    pub async fn approve_erasure(
        &self,
        ledger: &Ledger,
        (asking, request_id, request_digest): ((OrganizationId, Option<PersonId>), RequestId, [u8; 32]),
        (resident, digest, approved_by): (ResidentId, Digest32, PersonId),
    ) -> Result<Receipt, Refusal> {
        let _one_at_a_time = self.writing.lock().await;
        let act = PersonAct::ApproveErasure { resident, digest, approved_by };
        let action = Action::Person(Box::new(act));
        let receipt = submit(ledger, asking, request_id, request_digest, action).await?;
        self.carry_out(ledger, &receipt).await?;
        Ok(receipt)
    }

    /// Carries out the erasures that the log has accepted: each is in the register, on disk, before any row goes. What is cut
    /// off in between is carried on by the same request, or at the next start.
    pub(crate) async fn carry_out(&self, ledger: &Ledger, receipt: &Receipt) -> Result<(), Refusal> {
        let events = ledger.events_of(receipt.clone()).await?;
        let erased = events.into_iter().filter_map(|event| match event.fact {
            Fact::ResidentErased(erased) => Some(erased),
            _ => None,
        });
        let erased: Vec<ResidentErased> = erased.collect();
        self.write_down(ledger.id(), &erased).await?;
        self.remove(ledger.id(), &erased).await?;
        Ok(())
    }

    /// Finishes the erasures of all ledgers, before any of them is served: of those that stand in a log and not in the
    /// register (a crash between the two), and of those that stand in the register and not in a log (a backup was restored).
    /// Refuses a key file that is not that of the records.
    ///
    /// # Errors
    /// `DIRECTORY_CLOSED`, or what a ledger, the register or the store says.
    pub async fn finish_erasures(&self, bank: &Bank) -> Result<Finished, Refusal> {
        let mut finished = Finished::default();
        for listed in bank.store().list_ledgers(None, u32::MAX).await.map_err(store_error)? {
            self.fits(&listed.id).await?;
            if listed.tenancy.standing.is_served() && listed.position.0 > 0 {
                let ledger = bank.ledger(&listed.id).await?;
                self.finish_ledger(&ledger, &mut finished).await?;
            }
        }
        Ok(finished)
    }

    async fn finish_ledger(&self, ledger: &Ledger, finished: &mut Finished) -> Result<(), Refusal> {
        let _one_at_a_time = self.writing.lock().await;
        let id = ledger.id();
        let mut in_the_log: HashSet<ResidentId> = HashSet::new();
        let mut after = Some(Position(0));
        while let Some(from) = after {
            let (erasures, next) = ledger.erasures(from).await?;
            for erased in erasures {
                if !self.register.holds(id, &erased.resident) {
                    self.write_down(id, std::slice::from_ref(&erased)).await?;
                    finished.registered += 1;
                }
                in_the_log.extend(erased.accounts);
            }
            after = next;
        }
        let registered = self.register.of(id);
        finished.removed += self.remove(id, &registered).await?;
        for erased in registered {
            if !in_the_log.contains(&erased.resident) {
                match erase_again(ledger, erased).await? {
                    true => finished.recorded += 1,
                    false => finished.waiting += 1,
                }
            }
        }
        Ok(())
    }

    /// Writes an erasure into the register, which waits for the disk.
    async fn write_down(&self, ledger: &LedgerId, erased: &[ResidentErased]) -> Result<(), Refusal> {
        let (register, ledger, erased) = (Arc::clone(&self.register), ledger.clone(), erased.to_vec());
        let written = tokio::task::spawn_blocking(move || register.write(&ledger, &erased)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(register_failed(&error)),
            Err(error) => Err(register_failed(&error)),
        }
    }

    /// Removes what is kept of some persons, some hundreds in a transaction; of how many accounts there was something.
    async fn remove(&self, ledger: &LedgerId, erased: &[ResidentErased]) -> Result<u64, Refusal> {
        let mut removed = 0;
        for erased in erased.chunks(ROWS_AT_ONCE) {
            let accounts: Vec<ResidentId> =
                erased.iter().flat_map(|erased| erased.accounts.clone()).collect();
            removed += self.persons().delete(ledger, &accounts).await.map_err(store_error)?;
        }
        Ok(removed)
    }
}

/// Why a log may not take an erasure yet.
const WAITS: [Reason; 3] = [Reason::LedgerSealed, Reason::QuotaExceeded, Reason::ResidentNotFound];

/// Lets a log that has lost an erasure have it again; whether it has.
async fn erase_again(ledger: &Ledger, erased: ResidentErased) -> Result<bool, Refusal> {
    // The same in every program that finds it missing: one of them records it.
    let name = format!("{}/{}", ledger.id(), erased.resident);
    let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes());
    let request_id = RequestId::parse(&format!("erase-again-{name}"))?;
    let resident = erased.resident.clone();
    let organization = erased.organization.clone();
    let action = Action::Person(Box::new(PersonAct::EraseAgain(erased)));
    match submit(ledger, (organization, None), request_id, [0; 32], action).await {
        Ok(_) => Ok(true),
        Err(refusal) if WAITS.contains(&refusal.reason()) => {
            tracing::warn!(ledger = %ledger.id(), %resident, %refusal, "an erasure waits for the ledger to take it");
            Ok(false)
        }
        Err(refusal) => Err(refusal),
    }
}
