//! How applications stand.

use super::wire;
use crate::{names, proto};
use creditbank_ledger::{Ledger, PageRequest};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};

/// One application, as it stands or stood.
pub(super) async fn get_application(
    ledger: &Ledger,
    request: &proto::GetApplicationRequest,
) -> Result<proto::ApplicationResponse, Refusal> {
    let id = ledger.id();
    let (selection, candidate) = names::application(id, &request.name, "name")?;
    let min_position = Position(request.min_position.max(request.as_of_position));
    let (record, reached) = ledger.application(&selection, &candidate, min_position).await?;
    let position = if request.as_of_position == 0 { reached } else { Position(request.as_of_position) };
    let applied = record.filter(|record| record.as_of(position).applied.is_some());
    let record = applied.ok_or_else(|| {
        Refusal::field(
            Reason::ApplicationNotFound,
            "name",
            format!(
                "「{candidate}」在評選「{selection}」裡沒有申報，請查對號碼。\
                 \"{candidate}\" has not applied in the selection \"{selection}\": check both."
            ),
        )
    })?;
    Ok(proto::ApplicationResponse {
        application: Some(wire::application(id, &selection, &record, position)),
        position: position.0,
        replayed: false,
        step_position: 0,
    })
}

/// The applications of a selection.
pub(super) async fn list_applications(
    ledger: &Ledger,
    request: &proto::ListApplicationsRequest,
) -> Result<proto::ListApplicationsResponse, Refusal> {
    let id = ledger.id();
    let selection = names::selection(id, &request.parent, "parent")?;
    let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
    let listed = ledger.applications(&selection, &page, Position(request.min_position)).await;
    let listed = listed.map_err(|refusal| crate::convert::rename(refusal, &[("name", "parent")]))?;
    let at = listed.position;
    let applications = listed.items.iter().map(|record| wire::application(id, &selection, record, at));
    Ok(proto::ListApplicationsResponse {
        applications: applications.collect(),
        next_page_token: listed.next_token,
        position: at.0,
    })
}
