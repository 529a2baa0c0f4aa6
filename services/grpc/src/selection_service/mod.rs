//! `creditbank.v1.SelectionService`.

mod applications;
mod lists;
mod standards;
mod steps;
mod wire;

use crate::asked::{answer, asked, submit};
use crate::convert::{optional, person};
use crate::entry::digest;
use crate::proto::selection_service_server::SelectionService;
use crate::status::status;
use crate::{names, proto};
use applications::{get_application, list_applications};
use creditbank_ledger::{Bank, Ledger, PageRequest};
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::id::{Code, LedgerId, OrganizationId, SelectionId};
use ledger_core::projection::State;
use ledger_core::quantity::Position;
use ledger_core::selection::Window;
use ledger_core::selection::fact::{GroundKind, StandardProposed};
use ledger_core::selection::step::{ApplicationAct, ObjectionAct, Step, TitleAct};
use standards::{document, list_standards, standard_answer};
use std::sync::Arc;
use steps::{application_step, named_only, objection_step, selection_step, title_step};
use tonic::{Request, Response, Status};

pub(crate) struct SelectionDoor {
    pub(crate) bank: Arc<Bank>,
}

impl SelectionDoor {
    /// The ledger of a name, and who asks.
    async fn desk(
        &self,
        name: &str,
        field: &str,
        organization: &str,
    ) -> Result<(LedgerId, Arc<Ledger>, OrganizationId), Refusal> {
        let id = names::ledger_of(name, field)?;
        let poster = names::organization(&id, organization, "organization")?;
        let ledger = self.bank.ledger(&id).await?;
        Ok((id, ledger, poster))
    }
}

#[tonic::async_trait]
impl SelectionService for SelectionDoor {
    async fn propose_standard(
        &self,
        request: Request<proto::ProposeStandardRequest>,
    ) -> Result<Response<proto::StandardResponse>, Status> {
        answer!(self, caller, request, {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ProposeStandard", request, Some(poster));
            let parsed = document(&request.document)?;
            let (standard, version) = (parsed.standard, parsed.version);
            let proposed = StandardProposed {
                standard: standard.clone(),
                version,
                document: request.document,
                proposed_by: person(&request.person, "person")?,
                expires_on: None,
            };
            let step = Action::Selection(Box::new(Step::ProposeStandard(proposed)));
            let receipt = submit(&ledger, asked, step, &[("proposed_by", "person")]).await?;
            standard_answer(&ledger, &standard, version, (receipt.head, receipt.replayed)).await
        })
    }

    async fn publish_standard(
        &self,
        request: Request<proto::PublishStandardRequest>,
    ) -> Result<Response<proto::StandardResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let standard = names::standard(&id, &request.name, "name")?;
            let asked = asked!(caller, "PublishStandard", request, Some(poster));
            let digest = digest(&request.sha256, "sha256")?;
            let approved_by = person(&request.person, "person")?;
            let version = request.version;
            let step = Step::PublishStandard { standard: standard.clone(), version, digest, approved_by };
            let action = Action::Selection(Box::new(step));
            let receipt = submit(&ledger, asked, action, &[("approved_by", "person")]).await?;
            standard_answer(&ledger, &standard, version, (receipt.head, receipt.replayed)).await
        })
    }

    async fn get_standard(
        &self,
        request: Request<proto::GetStandardRequest>,
    ) -> Result<Response<proto::StandardResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.name, "name")?;
            let standard = names::standard(&id, &request.name, "name")?;
            let ledger = self.bank.ledger(&id).await?;
            standard_answer(&ledger, &standard, request.version, (Position(request.min_position), false))
                .await
        })
    }

    async fn list_standards(
        &self,
        request: Request<proto::ListStandardsRequest>,
    ) -> Result<Response<proto::ListStandardsResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.parent, "parent")?;
            list_standards(&*self.bank.ledger(&id).await?, &request).await
        })
    }

    async fn open_selection(
        &self,
        request: Request<proto::OpenSelectionRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "OpenSelection", request, Some(poster));
            let selection = SelectionId::parse(&request.selection_id)
                .map_err(|refusal| crate::convert::at(refusal, "selection_id"))?;
            let window = Window {
                from: OccurredOn::parse(&request.from, "from")?,
                to: OccurredOn::parse(&request.to, "to")?,
            };
            let step = Step::Open {
                selection: selection.clone(),
                year: request.year,
                standard: names::standard(&id, &request.standard, "standard")?,
                window,
                counted_on: OccurredOn::parse(&request.counted_on, "counted_on")?,
                apply_until: OccurredOn::parse(&request.apply_until, "apply_until")?,
                person: person(&request.person, "person")?,
            };
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn get_selection(
        &self,
        request: Request<proto::GetSelectionRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.name, "name")?;
            let selection = names::selection(&id, &request.name, "name")?;
            let ledger = self.bank.ledger(&id).await?;
            let (record, position) = ledger.selection(&selection, Position(request.min_position)).await?;
            let selection = Some(wire::selection(&id, &record));
            Ok::<_, Refusal>(proto::SelectionResponse { selection, position: position.0, replayed: false })
        })
    }

    async fn list_selections(
        &self,
        request: Request<proto::ListSelectionsRequest>,
    ) -> Result<Response<proto::ListSelectionsResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let listed = ledger.records("selections/", &page).await?;
            let selections = listed.items.iter().filter_map(|state| match state {
                State::Selection(record) => Some(wire::selection(&id, record)),
                _ => None,
            });
            let selections = selections.collect();
            let (next_page_token, position) = (listed.next_token, listed.position.0);
            Ok::<_, Refusal>(proto::ListSelectionsResponse { selections, next_page_token, position })
        })
    }

    async fn make_application(
        &self,
        request: Request<proto::MakeApplicationRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "MakeApplication", request, Some(poster));
            let person = person(&request.person, "person")?;
            let act = ApplicationAct::Apply;
            application_step(&ledger, of, asked, (act, person)).await
        })
    }

    async fn withdraw_application(
        &self,
        request: Request<proto::WithdrawApplicationRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "WithdrawApplication", request, Some(poster));
            let person = person(&request.person, "person")?;
            let act = ApplicationAct::Withdraw;
            application_step(&ledger, of, asked, (act, person)).await
        })
    }

    async fn verify_application(
        &self,
        request: Request<proto::VerifyApplicationRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "VerifyApplication", request, Some(poster));
            let person = person(&request.person, "person")?;
            let stamp = digest(&request.evidence_sha256, "evidence_sha256")?;
            let (recommended, residence_confirmed) = (request.recommended, request.residence_confirmed);
            let act = ApplicationAct::Verify { recommended, residence_confirmed, stamp };
            application_step(&ledger, of, asked, (act, person)).await
        })
    }

    async fn review_application(
        &self,
        request: Request<proto::ReviewApplicationRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "ReviewApplication", request, Some(poster));
            let person = person(&request.person, "person")?;
            let act = ApplicationAct::Review { passed: request.passed };
            application_step(&ledger, of, asked, (act, person)).await
        })
    }

    async fn judge_item(
        &self,
        request: Request<proto::JudgeItemRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "JudgeItem", request, Some(poster));
            let person = person(&request.judge, "judge")?;
            let item = Code::parse(&request.item, "item")?;
            let act = ApplicationAct::Judge { item, points: request.points };
            application_step(&ledger, of, asked, (act, person)).await
        })
    }

    async fn record_ground(
        &self,
        request: Request<proto::RecordGroundRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "RecordGround", request, Some(poster));
            let person = person(&request.person, "person")?;
            let ground = Code::parse(&request.ground, "ground")?;
            let evidence = digest(&request.evidence_sha256, "evidence_sha256")?;
            let kind = if request.veto { GroundKind::Veto } else { GroundKind::Hold };
            let act = ApplicationAct::Record { ground, kind, evidence };
            application_step(&ledger, of, asked, (act, person)).await
        })
    }

    async fn lift_ground(
        &self,
        request: Request<proto::LiftGroundRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "LiftGround", request, Some(poster));
            let person = person(&request.person, "person")?;
            let ground = Code::parse(&request.ground, "ground")?;
            let evidence = digest(&request.evidence_sha256, "evidence_sha256")?;
            let act = ApplicationAct::Lift { ground, evidence };
            application_step(&ledger, of, asked, (act, person)).await
        })
    }

    async fn raise_objection(
        &self,
        request: Request<proto::RaiseObjectionRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::application(&id, &request.name, "name")?;
            let asked = asked!(caller, "RaiseObjection", request, Some(poster));
            let person = person(&request.person, "person")?;
            let ground = Code::parse(&request.ground, "ground")?;
            let evidence = digest(&request.evidence_sha256, "evidence_sha256")?;
            let act = ApplicationAct::Object { ground, evidence };
            application_step(&ledger, of, asked, (act, person)).await.map(named_only)
        })
    }

    async fn appoint_judge(
        &self,
        request: Request<proto::AppointJudgeRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "AppointJudge", request, Some(poster));
            let person = person(&request.person, "person")?;
            let judge = crate::convert::person(&request.judge, "judge")?;
            let resident = optional(&request.resident, |raw| names::resident(&id, raw, "resident"))?;
            let step = Step::Appoint { selection: selection.clone(), judge, resident, person };
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn vote_tie(
        &self,
        request: Request<proto::VoteTieRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "VoteTie", request, Some(poster));
            let step = lists::vote_tie(&ledger, &selection, &request).await?;
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn freeze_selection(
        &self,
        request: Request<proto::FreezeSelectionRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "FreezeSelection", request, Some(poster));
            let step = lists::freeze_selection(&ledger, &selection, &request).await?;
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn note_differences(
        &self,
        request: Request<proto::NoteDifferencesRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "NoteDifferences", request, Some(poster));
            let step = lists::note_differences(&ledger, &selection, &request).await?;
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn name_families(
        &self,
        request: Request<proto::NameFamiliesRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "NameFamilies", request, Some(poster));
            let step = lists::name_families(&ledger, &selection, &request).await?;
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn get_naming(
        &self,
        request: Request<proto::GetNamingRequest>,
    ) -> Result<Response<proto::GetNamingResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = crate::asked::of(&self.bank, &request.name, "name").await?;
            let selection = names::selection(&id, &request.name, "name")?;
            lists::naming(&ledger, &selection).await
        })
    }

    async fn get_notice(
        &self,
        request: Request<proto::GetNoticeRequest>,
    ) -> Result<Response<proto::GetNoticeResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = crate::asked::of(&self.bank, &request.name, "name").await?;
            let selection = names::selection(&id, &request.name, "name")?;
            lists::notice(&ledger, &selection, Position(request.min_position)).await
        })
    }

    async fn approve_naming(
        &self,
        request: Request<proto::ApproveNamingRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "ApproveNaming", request, Some(poster));
            let step = lists::approve_naming(&ledger, &selection, &request).await?;
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn approve_freeze(
        &self,
        request: Request<proto::ApproveFreezeRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "ApproveFreeze", request, Some(poster));
            let person = person(&request.person, "person")?;
            let digest = digest(&request.sha256, "sha256")?;
            let step = Step::ApproveFreeze { selection: selection.clone(), digest, person };
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn publish_notice(
        &self,
        request: Request<proto::PublishNoticeRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "PublishNotice", request, Some(poster));
            let person = person(&request.person, "person")?;
            let from = OccurredOn::parse(&request.from, "from")?;
            let to = OccurredOn::parse(&request.to, "to")?;
            let step = Step::PublishNotice { selection: selection.clone(), from, to, person };
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn close_selection(
        &self,
        request: Request<proto::CloseSelectionRequest>,
    ) -> Result<Response<proto::SelectionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let selection = names::selection(&id, &request.name, "name")?;
            let asked = asked!(caller, "CloseSelection", request, Some(poster));
            let person = person(&request.person, "person")?;
            let step = Step::Close { selection: selection.clone(), person };
            selection_step(&ledger, &selection, asked, step).await
        })
    }

    async fn answer_objection(
        &self,
        request: Request<proto::AnswerObjectionRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::objection(&id, &request.name, "name")?;
            let asked = asked!(caller, "AnswerObjection", request, Some(poster));
            let person = person(&request.person, "person")?;
            let act = ObjectionAct::Answer { upheld: request.upheld };
            objection_step(&ledger, of, asked, (act, &request.evidence_sha256, person)).await
        })
    }

    async fn raise_appeal(
        &self,
        request: Request<proto::RaiseAppealRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::objection(&id, &request.name, "name")?;
            let asked = asked!(caller, "RaiseAppeal", request, Some(poster));
            let person = person(&request.person, "person")?;
            let act = ObjectionAct::Appeal;
            let step = objection_step(&ledger, of, asked, (act, &request.evidence_sha256, person)).await;
            step.map(named_only)
        })
    }

    async fn answer_appeal(
        &self,
        request: Request<proto::AnswerAppealRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let of = names::objection(&id, &request.name, "name")?;
            let asked = asked!(caller, "AnswerAppeal", request, Some(poster));
            let person = person(&request.person, "person")?;
            let act = ObjectionAct::AnswerAppeal { upheld: request.upheld };
            objection_step(&ledger, of, asked, (act, &request.evidence_sha256, person)).await
        })
    }

    async fn get_application(
        &self,
        request: Request<proto::GetApplicationRequest>,
    ) -> Result<Response<proto::ApplicationResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.name, "name")?;
            get_application(&*self.bank.ledger(&id).await?, &request).await
        })
    }

    async fn list_applications(
        &self,
        request: Request<proto::ListApplicationsRequest>,
    ) -> Result<Response<proto::ListApplicationsResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.parent, "parent")?;
            list_applications(&*self.bank.ledger(&id).await?, &request).await
        })
    }

    async fn recheck_title(
        &self,
        request: Request<proto::RecheckTitleRequest>,
    ) -> Result<Response<proto::TitlesResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let candidate = names::account(&id, &request.name, "name")?;
            let asked = asked!(caller, "RecheckTitle", request, Some(poster));
            let person = person(&request.person, "person")?;
            let title = Code::parse(&request.title, "title")?;
            let act = TitleAct::Recheck { year: request.year, kept: request.kept };
            title_step(&ledger, candidate, asked, (title, act, person)).await
        })
    }

    async fn propose_title_withdrawal(
        &self,
        request: Request<proto::ProposeTitleWithdrawalRequest>,
    ) -> Result<Response<proto::TitlesResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let candidate = names::account(&id, &request.name, "name")?;
            let asked = asked!(caller, "ProposeTitleWithdrawal", request, Some(poster));
            let person = person(&request.person, "person")?;
            let title = Code::parse(&request.title, "title")?;
            let ground = Code::parse(&request.ground, "ground")?;
            let evidence = digest(&request.evidence_sha256, "evidence_sha256")?;
            let act = TitleAct::ProposeWithdrawal { ground, evidence };
            title_step(&ledger, candidate, asked, (title, act, person)).await
        })
    }

    async fn approve_title_withdrawal(
        &self,
        request: Request<proto::ApproveTitleWithdrawalRequest>,
    ) -> Result<Response<proto::TitlesResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, poster) = self.desk(&request.name, "name", &request.organization).await?;
            let candidate = names::account(&id, &request.name, "name")?;
            let asked = asked!(caller, "ApproveTitleWithdrawal", request, Some(poster));
            let person = person(&request.person, "person")?;
            let title = Code::parse(&request.title, "title")?;
            let act = TitleAct::ApproveWithdrawal { digest: digest(&request.sha256, "sha256")? };
            title_step(&ledger, candidate, asked, (title, act, person)).await
        })
    }

    async fn list_titles(
        &self,
        request: Request<proto::ListTitlesRequest>,
    ) -> Result<Response<proto::TitlesResponse>, Status> {
        answer!(self, request, {
            let id = names::ledger_of(&request.parent, "parent")?;
            let candidate = names::account(&id, &request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let (record, position) = ledger.titles(&candidate, Position(request.min_position)).await?;
            let titles = wire::titles(&id, record.as_ref());
            Ok::<_, Refusal>(proto::TitlesResponse { titles, position: position.0, replayed: false })
        })
    }
}
