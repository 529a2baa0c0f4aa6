//! Standards: their documents, and how they stand.

use super::wire;
use crate::proto;
use creditbank_ledger::{Ledger, PageRequest};
use ledger_core::decide::no_standard;
use ledger_core::id::StandardId;
use ledger_core::projection::State;
use ledger_core::quantity::Position;
use ledger_core::selection::Standard;
use ledger_core::{Reason, Refusal};

/// The longest document, in bytes (our own default): events stay small.
const MAX_DOCUMENT_BYTES: usize = 256 << 10;

/// How a standard stands.
pub(super) async fn standard_answer(
    ledger: &Ledger,
    id: &StandardId,
    version: u32,
    (min_position, replayed): (Position, bool),
) -> Result<proto::StandardResponse, Refusal> {
    let (record, position) = ledger.standard(id, min_position).await?;
    let standard = wire::standard(ledger.id(), id, &record, version);
    let standard = Some(standard.ok_or_else(|| no_standard(id, "name"))?);
    Ok(proto::StandardResponse { standard, position: position.0, replayed })
}

/// A standard's document.
pub(super) fn document(raw: &str) -> Result<Standard, Refusal> {
    let invalid = |hant: &str, en: &str| {
        Refusal::field(
            Reason::StandardInvalid,
            "document",
            format!("評選標準有誤，請逐項更正：{hant}。Not a standard, correct each of these: {en}."),
        )
    };
    if raw.len() > MAX_DOCUMENT_BYTES {
        let most = format!("{MAX_DOCUMENT_BYTES}");
        return Err(invalid(&format!("最長 {most} 位元組"), &format!("it has at most {most} bytes")));
    }
    Standard::parse(raw).map_err(|error| {
        let error = error.to_string();
        invalid(&error, &error)
    })
}

/// The standards of a ledger.
pub(super) async fn list_standards(
    ledger: &Ledger,
    request: &proto::ListStandardsRequest,
) -> Result<proto::ListStandardsResponse, Refusal> {
    let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
    let listed = ledger.records("standards/", &page).await?;
    let standards = listed.items.iter().filter_map(|state| match state {
        State::Standard(record) => {
            let newest = record.published.last().map(|(_, held)| (&held.standard, held.version));
            let waits = record.proposed.as_ref().map(|(_, held)| (&held.standard, held.version));
            let (standard, version) = newest.or(waits)?;
            wire::standard(ledger.id(), standard, record, version)
        }
        _ => None,
    });
    let standards = standards.collect();
    let (next_page_token, position) = (listed.next_token, listed.position.0);
    Ok(proto::ListStandardsResponse { standards, next_page_token, position })
}
