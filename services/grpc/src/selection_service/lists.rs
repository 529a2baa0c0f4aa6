//! The steps that need a list: it is made here, from the log, and handed to the step, which checks that nothing of the
//! selection has changed in between.

use crate::convert::person;
use crate::entry::digest;
use crate::{names, proto};
use creditbank_ledger::{Ledger, Question, SelectionDifferences, digest_of};
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::id::{AccountId, SelectionId};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::registry::CodeList;
use ledger_core::selection::RankedList;
use ledger_core::selection::step::Step;
use ledger_core::{Reason, Refusal};

/// Ranks the candidates as they stand, to propose that list.
pub(super) async fn freeze_selection(
    ledger: &Ledger,
    selection: &SelectionId,
    request: &proto::FreezeSelectionRequest,
) -> Result<Step, Refusal> {
    let person = person(&request.person, "person")?;
    let list = list_of(ledger, selection).await?;
    Ok(Step::ProposeFreeze {
        selection: selection.clone(),
        at: list.basis.position,
        digest: digest_of(&list)?,
        places: list.basis.places,
        chosen: list.chosen().map(|candidate| candidate.account.clone()).collect(),
        tied: list.open_tie(),
        person,
    })
}

/// Who is equal as the candidates stand, beside how the panel voted.
pub(super) async fn vote_tie(
    ledger: &Ledger,
    selection: &SelectionId,
    request: &proto::VoteTieRequest,
) -> Result<Step, Refusal> {
    let person = person(&request.person, "person")?;
    let minutes = digest(&request.evidence_sha256, "evidence_sha256")?;
    let tie = digest(&request.tie_sha256, "tie_sha256")?;
    let mut order = Vec::with_capacity(request.order.len());
    for (n, raw) in request.order.iter().enumerate() {
        order.push(names::account(ledger.id(), raw, &format!("order[{n}]"))?);
    }
    let list = list_of(ledger, selection).await?;
    let (selection, at, open) = (selection.clone(), list.basis.position, list.open_tie());
    Ok(Step::VoteTie { selection, at, open, tie, order, minutes, person })
}

/// The candidates of a selection, ranked as they stand.
async fn list_of(ledger: &Ledger, selection: &SelectionId) -> Result<RankedList, Refusal> {
    let _room = ledger.report_room().await?;
    let (yardstick, _) = ledger.selection_yardstick(selection).await?;
    ledger.rank(&yardstick, &Question::default()).await
}

async fn differences(ledger: &Ledger, selection: &SelectionId) -> Result<SelectionDifferences, Refusal> {
    let _room = ledger.report_room().await?;
    ledger.selection_differences(selection, &Question::default()).await
}

/// The differences as they are, where they are those that were seen.
pub(super) async fn note_differences(
    ledger: &Ledger,
    selection: &SelectionId,
    request: &proto::NoteDifferencesRequest,
) -> Result<Step, Refusal> {
    let person = person(&request.person, "person")?;
    let seen = digest(&request.sha256, "sha256")?;
    let found = differences(ledger, selection).await?;
    if found.digest != Some(seen) {
        let is = found.digest.map(|digest: Digest32| digest.to_string()).unwrap_or_default();
        return Err(Refusal::field(
            Reason::SelectionStale,
            "sha256",
            "現在的變動和您看過的不同，請重看再確認。\
             The differences are others by now than those you have seen: look at them again, then note them.",
        )
        .with("sha256", is));
    }
    let differences = u32::try_from(found.rows.len()).unwrap_or(u32::MAX);
    let (selection, at) = (selection.clone(), found.position);
    Ok(Step::NoteDifferences { selection, at, digest: seen, differences, person })
}

/// What was frozen, and what differs by now.
pub(super) async fn name_families(
    ledger: &Ledger,
    selection: &SelectionId,
    request: &proto::NameFamiliesRequest,
) -> Result<Step, Refusal> {
    let person = person(&request.person, "person")?;
    let from = OccurredOn::parse(&request.awarded_on, "awarded_on")?;
    let frozen = Box::new(ledger.frozen_list(selection).await?);
    let differences = differences(ledger, selection).await?.digest;
    Ok(Step::ProposeNaming { selection: selection.clone(), frozen, differences, from, person })
}

/// What was proposed, and what differs by now.
pub(super) async fn approve_naming(
    ledger: &Ledger,
    selection: &SelectionId,
    request: &proto::ApproveNamingRequest,
) -> Result<Step, Refusal> {
    let person = person(&request.person, "person")?;
    let digest = digest(&request.sha256, "sha256")?;
    let proposal = Box::new(ledger.proposed_naming(selection).await?);
    let differences = differences(ledger, selection).await?.digest;
    Ok(Step::ApproveNaming { selection: selection.clone(), proposal, digest, differences, person })
}

/// What is shown to the public.
///
/// # Errors
/// `SELECTION_NOT_FOUND` also before and after the days of the notice: whoever asks may be anybody.
pub(super) async fn notice(
    ledger: &Ledger,
    selection: &SelectionId,
    min_position: Position,
) -> Result<proto::GetNoticeResponse, Refusal> {
    let (record, position) = ledger.selection(selection, min_position).await?;
    let held = super::wire::selection(ledger.id(), &record);
    let today = ledger.today().await?;
    if record.notice.as_ref().is_none_or(|notice| today < notice.from || notice.to < today) {
        return Err(Refusal::field(
            Reason::SelectionNotFound,
            "name",
            format!("「{selection}」沒有公示。\"{selection}\" has no public notice."),
        ));
    }
    let list = ledger.frozen_list(selection).await?;
    let base = names::ledger_name(ledger.id());
    Ok(proto::GetNoticeResponse {
        year: held.year,
        stage: held.stage,
        from: held.notice_from,
        to: held.notice_to,
        chosen: list.chosen.iter().map(|account| format!("{base}/{account}")).collect(),
        list_position: list.at.0,
        sha256: list.digest.to_string(),
        position: position.0,
    })
}

/// Who was proposed to be named last, or is named.
pub(super) async fn naming(
    ledger: &Ledger,
    selection: &SelectionId,
) -> Result<proto::GetNamingResponse, Refusal> {
    let proposal = ledger.proposed_naming(selection).await?;
    let (record, position) = ledger.selection(selection, Position(0)).await?;
    let base = names::ledger_name(ledger.id());
    let title = match ledger.record(Key::code(CodeList::Titles, &proposal.title), Position(0)).await? {
        (Some(State::Code(record)), _) => Some(record.code.names),
        _ => None,
    };
    let name = |account: &AccountId| format!("{base}/{account}");
    let excluded = proposal.excluded.iter().map(|excluded| proto::ExcludedCandidate {
        account: name(&excluded.candidate),
        why_json: excluded.why.to_json(),
    });
    Ok(proto::GetNamingResponse {
        naming: record.naming.as_ref().map(super::wire::naming),
        title: proposal.title.to_string(),
        title_name: title.map(|names| crate::evaluation_service::name(&names)),
        excluded: excluded.collect(),
        named: proposal.named.iter().map(name).collect(),
        position: position.0,
    })
}
