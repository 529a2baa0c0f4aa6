//! What a step does, and how what it belongs to stands then.

use super::wire;
use crate::asked::{Asked, submit};
use crate::entry::digest;
use crate::proto;
use creditbank_ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::id::{AccountId, Code, PersonId, SelectionId};
use ledger_core::quantity::Position;
use ledger_core::selection::step::{ApplicationAct, ObjectionAct, Step, TitleAct};

/// Does a step of a selection and tells how it stands then.
pub(super) async fn selection_step(
    ledger: &Ledger,
    selection: &SelectionId,
    asked: Asked,
    step: Step,
) -> Result<proto::SelectionResponse, Refusal> {
    let receipt = submit(ledger, asked, Action::Selection(Box::new(step)), &[]).await?;
    let (record, position) = ledger.selection(selection, receipt.head).await?;
    let selection = Some(wire::selection(ledger.id(), &record));
    Ok(proto::SelectionResponse { selection, position: position.0, replayed: receipt.replayed })
}

/// Does a step of an application and tells how it stands then.
pub(super) async fn application_step(
    ledger: &Ledger,
    (selection, candidate): (SelectionId, AccountId),
    asked: Asked,
    (act, person): (ApplicationAct, PersonId),
) -> Result<proto::ApplicationResponse, Refusal> {
    let (of, whose) = (selection.clone(), candidate.clone());
    let step = Step::Application { selection, candidate, act, person };
    let receipt = submit(ledger, asked, Action::Selection(Box::new(step)), &[]).await?;
    let (record, position) = ledger.application(&of, &whose, receipt.head).await?;
    let application = record.map(|record| wire::application(ledger.id(), &of, &record, position));
    Ok(proto::ApplicationResponse {
        application,
        position: position.0,
        replayed: receipt.replayed,
        step_position: receipt.position.0,
    })
}

/// Leaves the name of an application: whoever hands in an objection or appeal may not see more of it.
pub(super) fn named_only(answer: proto::ApplicationResponse) -> proto::ApplicationResponse {
    let application = answer.application.map(|whole| proto::Application {
        name: whole.name,
        candidate: whole.candidate,
        ..Default::default()
    });
    proto::ApplicationResponse { application, ..answer }
}

/// Does a step of an objection and tells how its candidate's application stands then.
pub(super) async fn objection_step(
    ledger: &Ledger,
    (selection, objection): (SelectionId, Position),
    asked: Asked,
    (act, evidence, person): (ObjectionAct, &str, PersonId),
) -> Result<proto::ApplicationResponse, Refusal> {
    let evidence = digest(evidence, "evidence_sha256")?;
    let step = Step::Objection { selection: selection.clone(), objection, act, evidence, person };
    let receipt = submit(ledger, asked, Action::Selection(Box::new(step)), &[]).await?;
    let (record, reached) = ledger.selection(&selection, receipt.head).await?;
    let held = record.objections.iter().find(|held| held.objection == objection);
    let mut answer = proto::ApplicationResponse {
        application: None,
        position: reached.0,
        replayed: receipt.replayed,
        step_position: receipt.position.0,
    };
    if let Some(held) = held {
        let (applied, position) = ledger.application(&selection, &held.candidate, reached).await?;
        answer.position = position.0;
        answer.application =
            applied.map(|record| wire::application(ledger.id(), &selection, &record, position));
    }
    Ok(answer)
}

/// Does a step of a title and tells the titles of its holder then.
pub(super) async fn title_step(
    ledger: &Ledger,
    candidate: AccountId,
    asked: Asked,
    (title, act, person): (Code, TitleAct, PersonId),
) -> Result<proto::TitlesResponse, Refusal> {
    let step = Step::Title { candidate: candidate.clone(), title, act, person };
    let receipt = submit(ledger, asked, Action::Selection(Box::new(step)), &[]).await?;
    let (record, position) = ledger.titles(&candidate, receipt.head).await?;
    let titles = wire::titles(ledger.id(), record.as_ref());
    Ok(proto::TitlesResponse { titles, position: position.0, replayed: receipt.replayed })
}
