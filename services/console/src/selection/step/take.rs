//! What a step of a selection sends.

use super::Act;
use crate::form::Form;
use crate::stop::Stop;
use crate::visitor::Visitor;
use creditbank_grpc::proto;

/// Takes a step, as the form says.
pub(super) async fn step(visitor: &Visitor, selection: &str, act: Act, form: &Form) -> Result<(), Stop> {
    let desk = visitor.desk();
    let name = desk.name(&format!("selections/{selection}"));
    let request_id = form.get("request_id").to_owned();
    let organization = visitor.acts_for().await?;
    // The door fills in who it is.
    let person = String::new();
    let text = |field: &str| form.get(field).to_owned();
    let mut selections = desk.selections();
    match act {
        Act::AppointJudge => {
            let resident = match form.get("resident") {
                "" => String::new(),
                id => desk.name(&format!("residents/{id}")),
            };
            let judge = text("judge");
            let request =
                proto::AppointJudgeRequest { name, request_id, organization, person, judge, resident };
            selections.appoint_judge(request).await?;
        }
        Act::VoteTie => {
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
        Act::Freeze => {
            let request = proto::FreezeSelectionRequest { name, request_id, organization, person };
            selections.freeze_selection(request).await?;
        }
        Act::ApproveFreeze => {
            let sha256 = text("sha256");
            let request = proto::ApproveFreezeRequest { name, request_id, organization, person, sha256 };
            selections.approve_freeze(request).await?;
        }
        Act::PublishNotice => {
            let (from, to) = (text("from"), text("to"));
            let request = proto::PublishNoticeRequest { name, request_id, organization, person, from, to };
            selections.publish_notice(request).await?;
        }
        Act::NoteDifferences => {
            let sha256 = text("sha256");
            let request = proto::NoteDifferencesRequest { name, request_id, organization, person, sha256 };
            selections.note_differences(request).await?;
        }
        Act::Name => {
            let awarded_on = text("awarded_on");
            let request = proto::NameFamiliesRequest { name, request_id, organization, person, awarded_on };
            selections.name_families(request).await?;
        }
        Act::ApproveNaming => {
            let sha256 = text("sha256");
            let request = proto::ApproveNamingRequest { name, request_id, organization, person, sha256 };
            selections.approve_naming(request).await?;
        }
        Act::Close => {
            let request = proto::CloseSelectionRequest { name, request_id, organization, person };
            selections.close_selection(request).await?;
        }
    }
    Ok(())
}
