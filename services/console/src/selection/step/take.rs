//! What a step of a selection sends.

use crate::form::Form;
use crate::stop::Stop;
use crate::visitor::Visitor;
use creditbank_grpc::proto;

/// Takes the step of a code, as the form says.
pub(super) async fn step(visitor: &Visitor, selection: &str, code: &str, form: &Form) -> Result<(), Stop> {
    let desk = visitor.desk();
    let name = desk.name(&format!("selections/{selection}"));
    let request_id = form.get("request_id").to_owned();
    let organization = visitor.acts_for().await?;
    // The door fills in who it is.
    let person = String::new();
    let text = |field: &str| form.get(field).to_owned();
    let mut selections = desk.selections();
    match code {
        "appoint-judge" => {
            let resident = match form.get("resident") {
                "" => String::new(),
                id => desk.name(&format!("residents/{id}")),
            };
            let judge = text("judge");
            let request =
                proto::AppointJudgeRequest { name, request_id, organization, person, judge, resident };
            selections.appoint_judge(request).await?;
        }
        "vote-tie" => {
            let order = form.get("order").split_whitespace();
            let request = proto::VoteTieRequest {
                name,
                request_id,
                organization,
                person,
                order: order.map(|account| desk.name(account)).collect(),
                evidence_sha256: text("evidence_sha256"),
                tie_sha256: text("tie_sha256"),
            };
            selections.vote_tie(request).await?;
        }
        "freeze" => {
            let request = proto::FreezeSelectionRequest { name, request_id, organization, person };
            selections.freeze_selection(request).await?;
        }
        "approve-freeze" => {
            let sha256 = text("sha256");
            let request = proto::ApproveFreezeRequest { name, request_id, organization, person, sha256 };
            selections.approve_freeze(request).await?;
        }
        "publish-notice" => {
            let (from, to) = (text("from"), text("to"));
            let request = proto::PublishNoticeRequest { name, request_id, organization, person, from, to };
            selections.publish_notice(request).await?;
        }
        "note-differences" => {
            let sha256 = text("sha256");
            let request = proto::NoteDifferencesRequest { name, request_id, organization, person, sha256 };
            selections.note_differences(request).await?;
        }
        "name" => {
            let awarded_on = text("awarded_on");
            let request = proto::NameFamiliesRequest { name, request_id, organization, person, awarded_on };
            selections.name_families(request).await?;
        }
        "approve-naming" => {
            let sha256 = text("sha256");
            let request = proto::ApproveNamingRequest { name, request_id, organization, person, sha256 };
            selections.approve_naming(request).await?;
        }
        "close" => {
            let request = proto::CloseSelectionRequest { name, request_id, organization, person };
            selections.close_selection(request).await?;
        }
        _ => return Err(Stop::NoPage),
    }
    Ok(())
}
