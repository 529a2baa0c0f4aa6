//! `creditbank.v1.CorrectionService`.

use crate::asked::{Asked, answer, asked, of, submit, under};
use crate::convert::{optional, person, text, timestamp};
use crate::entry::{digest, parse_reason, reason_code};
use crate::proto::correction_service_server::CorrectionService;
use crate::status::status;
use crate::{entry, names, proto};
use creditbank_ledger::{Bank, BatchProgress, BatchReversal, Ledger, PageRequest, Receipt};
use ledger_core::account::BatchRecord;
use ledger_core::command::Action;
use ledger_core::correction::{CorrectionProposed, CorrectionRecord, MAX_PARTS};
use ledger_core::entry::Reversal;
use ledger_core::event::{Event, Fact};
use ledger_core::id::{LedgerId, OrganizationId};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Messages that wait for a slow reader of a reversal of a batch; the reversal waits with them.
const PROGRESS_BUFFER: usize = 4;

pub(crate) struct CorrectionDoor {
    pub(crate) bank: Arc<Bank>,
    /// Becomes true when the server goes down: open streams end then.
    pub(crate) closing: watch::Receiver<bool>,
}

fn wire_batch(ledger: &LedgerId, record: &BatchRecord) -> proto::Batch {
    let organization = format!("{}/organizations/{}", names::ledger_name(ledger), record.organization);
    proto::Batch {
        name: format!("{organization}/batches/{}", record.batch),
        organization,
        entries: record.entries,
        standing: record.entries.saturating_sub(record.reversed),
        first_at: record.first_at.0,
        last_at: record.last_at.0,
    }
}

fn wire_progress(ledger: &LedgerId, progress: BatchProgress) -> proto::ReverseBatchResponse {
    let base = names::ledger_name(ledger);
    let named = |entries: &[Position]| {
        entries.iter().map(|position| format!("{base}/entries/{position}")).collect::<Vec<_>>()
    };
    proto::ReverseBatchResponse {
        entries: progress.total,
        seen: progress.seen,
        reversed: progress.reversed,
        already_reversed: progress.already,
        closed: progress.closed,
        closed_entries: named(&progress.closed_entries),
        uncovered: progress.uncovered,
        uncovered_entries: named(&progress.uncovered_entries),
        position: progress.position.0,
        done: false,
    }
}

type Reversed = Result<proto::ReverseBatchResponse, Status>;

/// Reverses a batch and tells how far it has come. A reader that has gone ends it behind a chunk.
async fn reverse(ledger: Arc<Ledger>, asked: BatchReversal, sender: mpsc::Sender<Reversed>) {
    let mut last = proto::ReverseBatchResponse::default();
    let told = ledger
        .reverse_batch(&asked, |progress| {
            let message = wire_progress(ledger.id(), progress);
            last = proto::ReverseBatchResponse {
                closed_entries: Vec::new(),
                uncovered_entries: Vec::new(),
                ..message
            };
            let sender = sender.clone();
            async move { sender.send(Ok(message)).await.is_ok() }
        })
        .await;
    let end = match told {
        Ok(()) => Ok(proto::ReverseBatchResponse { done: true, ..last }),
        Err(refusal) => Err(status(refusal)),
    };
    // The reader may have gone.
    let _ = sender.send(end).await;
}

/// A correction as its record tells it.
fn wire(ledger: &LedgerId, record: &CorrectionRecord) -> proto::Correction {
    let base = names::ledger_name(ledger);
    let settled = record.settled.as_ref();
    let state = match settled {
        None => proto::CorrectionState::Open,
        Some(settled) if settled.approved => proto::CorrectionState::Approved,
        Some(_) => proto::CorrectionState::Rejected,
    };
    proto::Correction {
        name: format!("{base}/corrections/{}", record.proposed_at),
        organization: format!("{base}/organizations/{}", record.organization),
        proposed_by: record.proposed_by.to_string(),
        reason: reason_code(record.reason),
        reversal_count: record.reversals,
        entry_count: record.entries,
        sha256: record.digest.to_string(),
        expires_on: text(record.expires_on),
        state: state.into(),
        proposed_at: record.proposed_at.0,
        settled_at: settled.map_or(0, |settled| settled.settled_at.0),
        settled_by: text(settled.map(|settled| &settled.settled_by)),
        settled_for: settled
            .map(|settled| format!("{base}/organizations/{}", settled.organization))
            .unwrap_or_default(),
        ..proto::Correction::default()
    }
}

/// The same with its parts.
fn wire_whole(record: &CorrectionRecord, event: &Event, proposal: &CorrectionProposed) -> proto::Correction {
    let base = names::ledger_name(&event.ledger);
    let reversals = proposal.reversals.iter().map(|reversal| proto::CorrectionReversal {
        entry: format!("{base}/entries/{}", reversal.entry),
        reason: reason_code(reversal.reason),
    });
    let drafts = proposal.entries.iter().map(|entry| entry::wire_draft(&event.ledger, entry));
    proto::Correction {
        evidence_sha256: text(proposal.evidence),
        reversals: reversals.collect(),
        entries: drafts.collect(),
        recorded_at: Some(timestamp(event.recorded_at)),
        ..wire(&event.ledger, record)
    }
}

impl CorrectionDoor {
    /// The ledger and number of a correction, and what was proposed.
    async fn proposal(
        &self,
        name: &str,
    ) -> Result<(LedgerId, Arc<Ledger>, Position, Event, Box<CorrectionProposed>), Refusal> {
        let id = names::ledger_of(name, "name")?;
        let ledger = self.bank.ledger(&id).await?;
        let number = names::correction(&id, name, "name")?;
        let (event, proposal) = ledger.proposal(number).await?;
        Ok((id, ledger, number, event, proposal))
    }

    /// Parses a proposal and reads the entries it would reverse.
    async fn parse(
        ledger: &Ledger,
        organization: OrganizationId,
        request: proto::ProposeCorrectionRequest,
    ) -> Result<CorrectionProposed, Refusal> {
        let id = ledger.id();
        let parts = request.reversals.len() + request.entries.len();
        if parts == 0 || parts > MAX_PARTS {
            return Err(Refusal::field(
                Reason::BatchSize,
                "reversals",
                format!(
                    "一份更正須有 1–{MAX_PARTS} 項（沖正和新記合計）。\
                     A correction has 1 to {MAX_PARTS} parts, reversals and entries together."
                ),
            ));
        }
        let proposed_by = person(&request.proposed_by, "proposed_by")?;
        let reason = parse_reason(&request.reason)?;
        let evidence = optional(&request.evidence_sha256, |raw| digest(raw, "evidence_sha256"))?;
        let mut reversed = Vec::with_capacity(request.reversals.len());
        for (n, part) in request.reversals.iter().enumerate() {
            let part_reason = optional(&part.reason, parse_reason)
                .map_err(|refusal| refusal.under(&format!("reversals[{n}]")))?;
            let position = names::entry(id, &part.entry, &format!("reversals[{n}].entry"))?;
            reversed.push((position, part_reason.unwrap_or(reason)));
        }
        let zone = ledger.time_zone().await?;
        let mut entries = Vec::with_capacity(request.entries.len());
        for (n, wire) in request.entries.into_iter().enumerate() {
            let parsed = entry::check_zone(&wire, zone).and_then(|()| entry::parse(id, wire, None));
            entries.push(parsed.map_err(|refusal| refusal.under(&format!("entries[{n}]")))?);
        }
        let positions: Vec<Position> = reversed.iter().map(|(position, _)| *position).collect();
        let events = ledger.entries_at(&positions, "reversals").await?;
        let reversals =
            events.iter().zip(reversed).filter_map(|(event, (position, reason))| match &event.fact {
                Fact::EntryRecorded(entry) => Some(Reversal::of(position, entry, &organization, reason)),
                _ => None,
            });
        let reversals = reversals.collect();
        let expires_on = None;
        Ok(CorrectionProposed { organization, proposed_by, reason, evidence, reversals, entries, expires_on })
    }
}

/// What an approval or rejection made, and where the correction stands now.
async fn settled(
    ledger: &Ledger,
    number: Position,
    receipt: Receipt,
) -> Result<(proto::Correction, Vec<Event>), Refusal> {
    let (record, _) = ledger.correction(number, receipt.head).await?;
    let events = ledger.events_of(receipt).await?;
    Ok((wire(ledger.id(), &record), events))
}

#[tonic::async_trait]
impl CorrectionService for CorrectionDoor {
    type ReverseBatchStream = Pin<Box<dyn Stream<Item = Reversed> + Send>>;

    async fn reverse_batch(
        &self,
        request: Request<proto::ReverseBatchRequest>,
    ) -> Result<Response<Self::ReverseBatchStream>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let (posted_by, batch) = names::batch(&id, &request.name, "name")?;
            let acting = names::organization(&id, &request.organization, "organization")?;
            let reason = parse_reason(&request.reason)?;
            let Asked { by, request_id, digest, .. } = asked!(caller, "ReverseBatch", request, None);
            let asked = BatchReversal { posted_by, batch, acting, by, reason, request_id, digest };
            ledger.may_reverse(&asked).await?;
            let (sender, messages) = mpsc::channel(PROGRESS_BUFFER);
            let mut closing = self.closing.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = reverse(ledger, asked, sender) => {}
                    _ = closing.wait_for(|closing| *closing) => {}
                }
            });
            let stream: Self::ReverseBatchStream = Box::pin(ReceiverStream::new(messages));
            Ok(stream)
        })
    }

    async fn get_batch(
        &self,
        request: Request<proto::GetBatchRequest>,
    ) -> Result<Response<proto::GetBatchResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let (posted_by, batch) = names::batch(&id, &request.name, "name")?;
            let (record, position) = ledger.batch(&posted_by, &batch).await?;
            let batch = Some(wire_batch(&id, &record));
            Ok(proto::GetBatchResponse { batch, position: position.0 })
        })
    }

    async fn list_batches(
        &self,
        request: Request<proto::ListBatchesRequest>,
    ) -> Result<Response<proto::ListBatchesResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let posted_by = names::organization(&id, &request.parent, "parent")?;
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let listed = ledger.batches(&posted_by, &page).await?;
            Ok(proto::ListBatchesResponse {
                batches: listed.items.iter().map(|record| wire_batch(&id, record)).collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn propose_correction(
        &self,
        request: Request<proto::ProposeCorrectionRequest>,
    ) -> Result<Response<proto::ProposeCorrectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let organization = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ProposeCorrection", request, Some(organization.clone()));
            let proposal = CorrectionDoor::parse(&ledger, organization, request).await?;
            let action = Action::ProposeCorrection(Box::new(proposal));
            let receipt = submit(&ledger, asked, action, &[]).await?;
            let replayed = receipt.replayed;
            let (record, position) = ledger.correction(receipt.position, receipt.head).await?;
            let (event, proposal) = ledger.proposal(receipt.position).await?;
            let correction = Some(wire_whole(&record, &event, &proposal));
            Ok(proto::ProposeCorrectionResponse { correction, position: position.0, replayed })
        })
    }

    async fn approve_correction(
        &self,
        request: Request<proto::ApproveCorrectionRequest>,
    ) -> Result<Response<proto::ApproveCorrectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, number, _, proposal) = self.proposal(&request.name).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ApproveCorrection", request, Some(poster));
            let digest = digest(&request.sha256, "sha256")?;
            let approved_by = person(&request.approved_by, "approved_by")?;
            let action = Action::ApproveCorrection { proposed_at: number, proposal, digest, approved_by };
            let receipt = submit(&ledger, asked, action, &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.head.0);
            let (correction, events) = settled(&ledger, number, receipt).await?;
            Ok(proto::ApproveCorrectionResponse {
                correction: Some(correction),
                reversals: events.iter().filter_map(entry::wire_reversal).collect(),
                entries: events.iter().filter_map(|event| entry::wire(event, None)).collect(),
                position,
                replayed,
            })
        })
    }

    async fn reject_correction(
        &self,
        request: Request<proto::RejectCorrectionRequest>,
    ) -> Result<Response<proto::RejectCorrectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, number, _, proposal) = self.proposal(&request.name).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "RejectCorrection", request, Some(poster));
            let rejected_by = person(&request.rejected_by, "rejected_by")?;
            let action = Action::RejectCorrection { proposed_at: number, proposal, rejected_by };
            let receipt = submit(&ledger, asked, action, &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.head.0);
            let (correction, _) = settled(&ledger, number, receipt).await?;
            Ok(proto::RejectCorrectionResponse { correction: Some(correction), position, replayed })
        })
    }

    async fn get_correction(
        &self,
        request: Request<proto::GetCorrectionRequest>,
    ) -> Result<Response<proto::GetCorrectionResponse>, Status> {
        answer!(self, request, {
            let (_, ledger, number, event, proposal) = self.proposal(&request.name).await?;
            let (record, position) = ledger.correction(number, Position(request.min_position)).await?;
            let correction = Some(wire_whole(&record, &event, &proposal));
            Ok(proto::GetCorrectionResponse { correction, position: position.0 })
        })
    }

    async fn list_corrections(
        &self,
        request: Request<proto::ListCorrectionsRequest>,
    ) -> Result<Response<proto::ListCorrectionsResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let open = match proto::CorrectionState::try_from(request.state) {
                Ok(proto::CorrectionState::Open) => true,
                Ok(proto::CorrectionState::Unspecified) => false,
                _ => {
                    return Err(Refusal::field(
                        Reason::FieldInvalid,
                        "state",
                        "state 須為 OPEN，或留空列出全部。state is OPEN, or unset to list all.",
                    ));
                }
            };
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let listed = ledger.corrections(open, &page).await?;
            Ok(proto::ListCorrectionsResponse {
                corrections: listed.items.iter().map(|record| wire(&id, record)).collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }
}
