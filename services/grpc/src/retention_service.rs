//! `creditbank.v1.RetentionService`.

use crate::asked::{answer, asked, first_event, submit, under};
use crate::convert::{optional_date, rename, timestamp};
use crate::directory_service::{account_names, acting_person, whole};
use crate::entry::digest;
use crate::identity_service::resident_name;
use crate::proto::retention_service_server::RetentionService;
use crate::status::status;
use crate::{names, proto};
use creditbank_directory::{Directory, closed};
use creditbank_ledger::{Bank, DueAmong, DueResident, PageRequest};
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::event::{Event, Fact};
use ledger_core::id::LedgerId;
use ledger_core::quantity::Position;
use ledger_core::retention::{RetentionAct, RetentionMonths, RetentionProposed, RetentionRule};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct RetentionDoor {
    pub(crate) bank: Arc<Bank>,
    /// None where the program runs without the key file.
    pub(crate) directory: Option<Arc<Directory>>,
}

impl RetentionDoor {
    fn open(&self) -> Result<Arc<Directory>, Refusal> {
        self.directory.clone().ok_or_else(closed)
    }
}

fn months(months: Option<RetentionMonths>) -> u32 {
    months.map_or(0, RetentionMonths::get)
}

fn wire_rule(ledger: &LedgerId, rule: &RetentionRule) -> proto::RetentionRule {
    proto::RetentionRule {
        months: months(rule.months),
        set_at: rule.set_at.0,
        organization: format!("{}/organizations/{}", names::ledger_name(ledger), rule.organization),
        set_by: rule.set_by.to_string(),
    }
}

fn wire_due(ledger: &LedgerId, due: &DueResident) -> proto::DueResident {
    proto::DueResident {
        resident: resident_name(ledger, &due.resident),
        accounts: account_names(ledger, &due.accounts),
        last_active_on: due.last.on.to_string(),
        last_activity: due.last.kind.as_str().to_owned(),
    }
}

fn wire_proposal(event: &Event, proposed: &RetentionProposed) -> proto::RetentionProposal {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    proto::RetentionProposal {
        proposed_at: event.position.0,
        recorded_at: Some(timestamp(event.recorded_at)),
        sha256: proposed.digest().to_string(),
        months: proposed.months.get(),
        on: proposed.on.to_string(),
        residents: count(proposed.due.len()),
        accounts: count(proposed.due.iter().map(|due| due.accounts.len()).sum()),
        proposed_by: proposed.proposed_by.to_string(),
        expires_on: proposed.expires_on.to_string(),
        due: Vec::new(),
    }
}

#[tonic::async_trait]
impl RetentionService for RetentionDoor {
    async fn set_retention_rule(
        &self,
        request: Request<proto::SetRetentionRuleRequest>,
    ) -> Result<Response<proto::SetRetentionRuleResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "SetRetentionRule", request, Some(poster));
            let set_by = acting_person(&request.person)?;
            let months = match request.months {
                0 => None,
                months => Some(RetentionMonths::parse(months, "months")?),
            };
            let act = RetentionAct::Set { months, set_by };
            let receipt = submit(&ledger, asked, Action::Retention(Box::new(act)), &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.position.0);
            let event = first_event(&ledger, receipt).await?;
            let rule = match &event.fact {
                Fact::RetentionRuleSet(set) => Some(wire_rule(&id, &RetentionRule::of(event.position, set))),
                _ => None,
            };
            Ok(proto::SetRetentionRuleResponse { rule, replayed, position })
        })
    }

    async fn get_retention_rule(
        &self,
        request: Request<proto::GetRetentionRuleRequest>,
    ) -> Result<Response<proto::GetRetentionRuleResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let (record, position) = ledger.retention(Position(request.min_position)).await?;
            let waiting = record.proposed.as_ref();
            Ok(proto::GetRetentionRuleResponse {
                rule: Some(record.rule.as_ref().map(|rule| wire_rule(&id, rule)).unwrap_or_default()),
                proposed_at: waiting.map_or(0, |waiting| waiting.proposed_at.0),
                sha256: waiting.map(|waiting| waiting.digest.to_string()).unwrap_or_default(),
                position: position.0,
            })
        })
    }

    async fn get_retention_proposal(
        &self,
        request: Request<proto::GetRetentionProposalRequest>,
    ) -> Result<Response<proto::GetRetentionProposalResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let (event, proposed) = ledger.retention_proposal(Position(request.proposed_at)).await?;
            let due = proposed.due.iter().map(|due| resident_name(&id, &due.resident)).collect();
            let proposal = proto::RetentionProposal { due, ..wire_proposal(&event, &proposed) };
            Ok(proto::GetRetentionProposalResponse { proposal: Some(proposal) })
        })
    }

    async fn list_retention_due(
        &self,
        request: Request<proto::ListRetentionDueRequest>,
    ) -> Result<Response<proto::ListRetentionDueResponse>, Status> {
        answer!(self, request, {
            let directory = self.open()?;
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let on = match optional_date(&request.on, "on")? {
                Some(on) => on,
                None => ledger.today().await?,
            };
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let min_position = Position(request.min_position);
            let (among, next_page_token) = directory.retention_due(&ledger, on, &page, min_position).await?;
            let DueAmong { months: rule, due, position } = among;
            Ok(proto::ListRetentionDueResponse {
                due: due.iter().map(|due| wire_due(&id, due)).collect(),
                months: months(rule),
                on: on.to_string(),
                inactive_since: rule.map(|rule| rule.before(on).to_string()).unwrap_or_default(),
                next_page_token,
                position: position.0,
            })
        })
    }

    async fn propose_retention(
        &self,
        request: Request<proto::ProposeRetentionRequest>,
    ) -> Result<Response<proto::ProposeRetentionResponse>, Status> {
        answer!(self, caller, request, {
            self.open()?;
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ProposeRetention", request, Some(poster));
            let proposed_by = acting_person(&request.person)?;
            let on = OccurredOn::parse(&request.on, "on")?;
            let residents = request.residents.iter().enumerate();
            let residents = residents.map(|(n, raw)| names::resident(&id, raw, &format!("residents[{n}]")));
            let residents = residents.collect::<Result<_, _>>()?;
            let standards = ledger.standards_named().await?;
            let act = RetentionAct::Propose { on, residents, standards, proposed_by };
            let receipt = submit(&ledger, asked, Action::Retention(Box::new(act)), &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.position.0);
            let (event, proposed) = ledger.retention_proposal(receipt.position).await?;
            let proposal = Some(wire_proposal(&event, &proposed));
            Ok(proto::ProposeRetentionResponse { proposal, replayed, position })
        })
    }

    async fn approve_retention(
        &self,
        request: Request<proto::ApproveRetentionRequest>,
    ) -> Result<Response<proto::ApproveRetentionResponse>, Status> {
        answer!(self, caller, request, {
            let directory = self.open()?;
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let organization = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ApproveRetention", request, None);
            let approved = digest(&request.sha256, "sha256")?;
            let approving = (Position(request.proposed_at), approved, acting_person(&request.person)?);
            let named = ((organization, asked.by), asked.request_id, asked.digest);
            let of_ledger = Arc::clone(&ledger);
            let done = whole(async move { directory.approve_retention(&of_ledger, named, approving).await });
            let receipt = done.await.map_err(|refusal| rename(refusal, &[("approved_by", "person")]))?;
            let (replayed, position) = (receipt.replayed, receipt.position.0);
            let mut answer = proto::ApproveRetentionResponse { replayed, position, ..Default::default() };
            for event in ledger.events_of(receipt).await? {
                match event.fact {
                    Fact::RetentionApproved(approved) => {
                        answer.left_out = account_names(&id, &approved.left_out);
                    }
                    Fact::ResidentErased(erased) => answer.erased.push(resident_name(&id, &erased.resident)),
                    _ => {}
                }
            }
            Ok(answer)
        })
    }
}
