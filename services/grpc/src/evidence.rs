//! Evidence packs in the words of the API, part by part.

use crate::status::status;
use crate::{names, proto, report};
use creditbank_ledger::{EvidencePack, Ledger};
use ledger_core::entry::Entry;
use ledger_core::event::{Event, Fact};
use ledger_core::id::LedgerId;
use ledger_core::report::{Period, ScoreTable};
use ledger_core::{Reason, Refusal};
use proto::get_evidence_pack_response::Part as Of;
use std::sync::Arc;
use tokio::sync::mpsc;
use tonic::Status;

/// Entries of one message.
const ENTRIES: usize = 256;

/// A message of the stream.
pub(crate) type Part = Result<proto::GetEvidencePackResponse, Status>;

/// A score table of a request.
pub(crate) fn score_table(raw: &str, field: &str) -> Result<ScoreTable, Refusal> {
    ScoreTable::parse(raw).map_err(|error| {
        Refusal::field(
            Reason::ScoreTableInvalid,
            field,
            format!("評分表有誤，請逐項更正：{error}。Not a score table, correct each of these: {error}."),
        )
    })
}

fn entry(ledger: &LedgerId, event: &Event, entry: &Entry) -> proto::EvidenceEntry {
    let heads = u64::from(entry.detail.persons());
    proto::EvidenceEntry {
        position: event.position.0,
        occurred_on: entry.occurred_on.to_string(),
        kind: entry.kind.to_string(),
        organization: format!("{}/organizations/{}", names::ledger_name(ledger), entry.organization),
        attendances: u64::from(heads == 0),
        heads,
        minutes: u64::from(entry.minutes.0),
        evidence: crate::convert::text(entry.evidence),
        subject: crate::convert::text(entry.subject.as_ref()),
    }
}

/// Sends a pack, as fast as its reader takes it; ends when the reader goes away.
pub(crate) async fn send(
    ledger: Arc<Ledger>,
    table: ScoreTable,
    (period, pack): (Period, EvidencePack),
    sender: mpsc::Sender<Part>,
) {
    if let Err(Some(refusal)) = parts(&ledger, &table, (period, &pack), &sender).await {
        // The reader may have gone.
        let _ = sender.send(Err(status(refusal))).await;
    }
}

/// An error is a refusal, or none where the reader has gone.
async fn parts(
    ledger: &Ledger,
    table: &ScoreTable,
    (period, pack): (Period, &EvidencePack),
    sender: &mpsc::Sender<Part>,
) -> Result<(), Option<Refusal>> {
    let send = async |part: Of| {
        let message = proto::GetEvidencePackResponse { part: Some(part) };
        sender.send(Ok(message)).await.map_err(|_| None)
    };
    send(Of::Heading(proto::EvidenceHeading {
        title: table.title.clone(),
        period: period.to_string(),
        position: pack.position.0,
        items: u32::try_from(table.items.len()).unwrap_or(u32::MAX),
        organizations: report::organizations(ledger.id(), &pack.tree),
    }))
    .await?;
    for ((item, positions), total) in table.items.iter().zip(&pack.entries).zip(&pack.totals) {
        send(Of::Item(proto::EvidenceItem {
            number: item.number.clone(),
            title: item.title.clone(),
            section: item.section.clone(),
            entries: positions.len() as u64,
        }))
        .await?;
        for positions in positions.chunks(ENTRIES) {
            let events = ledger.evidence_entries(positions).await.map_err(Some)?;
            let entries = events.iter().filter_map(|event| match &event.fact {
                Fact::EntryRecorded(held) => Some(entry(ledger.id(), event, held)),
                _ => None,
            });
            send(Of::Entries(proto::EvidenceEntries { entries: entries.collect() })).await?;
        }
        send(Of::Total(report::figures(total))).await?;
    }
    Ok(())
}
