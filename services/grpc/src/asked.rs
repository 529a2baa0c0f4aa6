//! What every method that writes has in common: who asks, under which id, with what content.

use crate::convert::rename;
use crate::names;
use creditbank_ledger::{Bank, Ledger, Receipt};
use ledger_core::command::{Action, Command};
use ledger_core::event::Event;
use ledger_core::id::{LedgerId, OrganizationId, PersonId, RequestId};
use ledger_core::{Reason, Refusal};
use std::sync::Arc;

/// Who asks, under which id, with what content.
pub(crate) struct Asked {
    pub(crate) poster: Option<OrganizationId>,
    /// Whose credential it came with.
    pub(crate) by: Option<PersonId>,
    pub(crate) request_id: RequestId,
    pub(crate) digest: [u8; 32],
}

/// Takes the request id out of a request and digests the rest.
macro_rules! asked {
    ($caller:ident, $method:literal, $request:ident, $poster:expr) => {{
        let request_id = ledger_core::id::RequestId::parse(&$request.request_id)?;
        let mut content = $request.clone();
        content.request_id.clear();
        let (by, digest) = ($caller.person().cloned(), $crate::digest::of($method, &content));
        $crate::asked::Asked { poster: $poster, by, request_id, digest }
    }};
}

/// One method: the message of an admitted request and, where it matters, who calls; an async body that may refuse; the
/// answer's message.
macro_rules! answer {
    ($door:ident, $request:ident, $body:expr) => {
        answer!($door, _caller, $request, $body)
    };
    ($door:ident, $caller:ident, $request:ident, $body:expr) => {{
        let ($caller, $request) = $crate::access::admit(&$door.bank, $request).await?;
        async { $body }.await.map(Response::new).map_err(status)
    }};
}

pub(crate) use {answer, asked};

/// The ledger that a request names as the parent of what it asks for.
pub(crate) async fn under(bank: &Bank, parent: &str) -> Result<(LedgerId, Arc<Ledger>), Refusal> {
    let id = names::parse_ledger(parent, "parent")?;
    let ledger = bank.ledger(&id).await?;
    Ok((id, ledger))
}

/// The ledger of a resource that a request names in a field.
pub(crate) async fn of(bank: &Bank, name: &str, field: &str) -> Result<(LedgerId, Arc<Ledger>), Refusal> {
    let id = names::ledger_of(name, field)?;
    let ledger = bank.ledger(&id).await?;
    Ok((id, ledger))
}

pub(crate) async fn submit(
    ledger: &Ledger,
    asked: Asked,
    action: Action,
    fields: &[(&str, &str)],
) -> Result<Receipt, Refusal> {
    let Asked { poster, by, request_id, digest } = asked;
    let command = Command { poster, by, request_id, digest, action };
    ledger.submit_one(command).await.map_err(|refusal| rename(refusal, fields))
}

/// The log holds another event than an accepted command made.
pub(crate) fn damaged() -> Refusal {
    Refusal::new(
        Reason::LedgerDamaged,
        "帳本資料有損壞，請管理員執行 verify。Stored data is damaged: the operator should run verify.",
    )
}

/// The first event of an accepted command.
pub(crate) async fn first_event(ledger: &Ledger, receipt: Receipt) -> Result<Event, Refusal> {
    let position = receipt.position;
    ledger
        .events_of(receipt)
        .await?
        .into_iter()
        .next()
        .ok_or_else(|| Refusal::new(Reason::LedgerDamaged, format!("the log has no event at {position}")))
}
