//! A verification over the wire: its progress, and what it found.

use crate::proto;
use crate::status::status;
use creditbank_ledger::{Bank, Verification};
use ledger_core::id::LedgerId;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use tonic::Status;

/// Verifications at once (our own default): each folds a whole log and writes a generation of states beside the served one.
static ROOM: Semaphore = Semaphore::const_new(1);

/// A part of an answer.
pub(crate) type Part = Result<proto::VerifyLedgerResponse, Status>;

/// Verifies a ledger and tells how far it has come; to its end, though nobody may listen any more.
pub(crate) async fn verify(bank: Arc<Bank>, id: LedgerId, sender: mpsc::Sender<Part>) {
    let Ok(_room) = ROOM.try_acquire() else {
        let busy = Refusal::new(
            Reason::Overloaded,
            "另一次驗證還在進行，請等它結束再試。Another verification is under way: try again when it has ended.",
        );
        // The reader may have gone.
        let _ = sender.send(Err(status(busy))).await;
        return;
    };
    let progress = |progress: creditbank_ledger::Progress| {
        let part = proto::VerifyLedgerResponse {
            position: progress.position.0,
            head: progress.head.0,
            result: None,
        };
        // A slow reader misses some progress; the result waits for it.
        let _ = sender.try_send(Ok(part));
    };
    let verified = creditbank_ledger::verify(Arc::clone(bank.store()), &id, progress).await;
    let last = verified.map_err(status).map(|report| proto::VerifyLedgerResponse {
        position: report.events,
        head: report.events,
        result: Some(wire(&report)),
    });
    // The reader may have gone.
    let _ = sender.send(last).await;
}

fn wire(report: &Verification) -> proto::Verification {
    proto::Verification {
        position: report.events,
        states: report.states,
        requests: report.requests,
        findings: report.findings.iter().map(ToString::to_string).collect(),
        more_findings: report.more_findings,
    }
}
