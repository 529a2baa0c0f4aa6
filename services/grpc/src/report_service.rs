//! `creditbank.v1.ReportService`.

use crate::asked::{answer, asked, first_event, of, submit, under};
use crate::convert::{optional, person};
use crate::evidence::{self, Part};
use crate::proto::report_service_server::ReportService;
use crate::status::status;
use crate::{indicator, names, proto, report};
use creditbank_ledger::{AsOf, Bank, ReportQuestion};
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::event::{Fact, MonthClosed};
use ledger_core::id::{Code, LedgerId};
use ledger_core::month::{Closing, Month};
use ledger_core::quantity::Position;
use ledger_core::report::Period;
use ledger_core::report::indicator::{PopulationStated, StatedPopulation, TargetSet};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

pub(crate) struct ReportDoor {
    pub(crate) bank: Arc<Bank>,
    /// Becomes true when the server goes down: open streams end then.
    pub(crate) closing: watch::Receiver<bool>,
}

/// Messages that wait for a slow reader of an evidence pack, each of a few hundred entries.
const EVIDENCE_BUFFER: usize = 4;

/// What every report is asked by.
fn question(
    ledger: &LedgerId,
    period: Period,
    organization: &str,
    (as_of_position, min_position): (u64, u64),
) -> Result<ReportQuestion, Refusal> {
    Ok(ReportQuestion {
        period,
        organization: optional(organization, |raw| names::organization(ledger, raw, "organization"))?,
        min_position: Position(min_position),
        as_of: if as_of_position == 0 { AsOf::Now } else { AsOf::Position(Position(as_of_position)) },
    })
}

fn wire(closing: &Closing) -> proto::Closing {
    proto::Closing {
        month: closing.month.to_string(),
        closed_at: closing.closed_at.0,
        closed_by: closing.closed_by.to_string(),
    }
}

#[tonic::async_trait]
impl ReportService for ReportDoor {
    async fn close_month(
        &self,
        request: Request<proto::CloseMonthRequest>,
    ) -> Result<Response<proto::CloseMonthResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let organization = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "CloseMonth", request, Some(organization.clone()));
            let month = Month::parse(&request.month, "month")?;
            let closed_by = person(&request.closed_by, "closed_by")?;
            let action = Action::CloseMonth(MonthClosed { month, closed_by, organization });
            let receipt = submit(&ledger, asked, action, &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.head.0);
            let event = first_event(&ledger, receipt).await?;
            let closing = match event.fact {
                Fact::MonthClosed(MonthClosed { month, closed_by, .. }) => {
                    Some(wire(&Closing { month, closed_at: event.position, closed_by }))
                }
                _ => None,
            };
            Ok(proto::CloseMonthResponse { closing, position, replayed })
        })
    }

    async fn list_closings(
        &self,
        request: Request<proto::ListClosingsRequest>,
    ) -> Result<Response<proto::ListClosingsResponse>, Status> {
        answer!(self, request, {
            let (_, ledger) = under(&self.bank, &request.parent).await?;
            let (closings, position) = ledger.closings(Position(request.min_position)).await?;
            let closings = closings.months().iter().map(wire).collect();
            Ok(proto::ListClosingsResponse { closings, position: position.0 })
        })
    }

    async fn get_monthly_report(
        &self,
        request: Request<proto::GetMonthlyReportRequest>,
    ) -> Result<Response<proto::GetMonthlyReportResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let month = Month::parse(&request.month, "month")?;
            let group_by = report::dimensions(&request.group_by, "group_by")?;
            let point = (request.as_of_position, request.min_position);
            let question = question(&id, month.into(), &request.organization, point)?;
            let made = ledger
                .report(&question, &group_by)
                .await
                .map_err(|refusal| crate::convert::rename(refusal, &[("period", "month")]))?;
            let report = Some(report::wire(&id, made, request.group_by));
            Ok(proto::GetMonthlyReportResponse { report })
        })
    }

    async fn get_report(
        &self,
        request: Request<proto::GetReportRequest>,
    ) -> Result<Response<proto::GetReportResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let period = Period::parse(&request.period, "period")?;
            let group_by = report::dimensions(&request.group_by, "group_by")?;
            let point = (request.as_of_position, request.min_position);
            let question = question(&id, period, &request.organization, point)?;
            let made = ledger.report(&question, &group_by).await?;
            Ok(proto::GetReportResponse { report: Some(report::wire(&id, made, request.group_by)) })
        })
    }

    async fn list_indicators(
        &self,
        request: Request<proto::ListIndicatorsRequest>,
    ) -> Result<Response<proto::ListIndicatorsResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let (held, position) = ledger.indicators(Position(request.min_position)).await?;
            let indicators = held.iter().map(|held| indicator::wire(&id, held)).collect();
            Ok(proto::ListIndicatorsResponse { indicators, position: position.0 })
        })
    }

    async fn define_indicator(
        &self,
        request: Request<proto::DefineIndicatorRequest>,
    ) -> Result<Response<proto::DefineIndicatorResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "DefineIndicator", request, Some(poster));
            let defined_by = person(&request.defined_by, "defined_by")?;
            let action = Action::DefineIndicator(indicator::defined(request.document, defined_by)?);
            let receipt = submit(&ledger, asked, action, &[]).await?;
            Ok(proto::DefineIndicatorResponse { position: receipt.head.0, replayed: receipt.replayed })
        })
    }

    async fn set_target(
        &self,
        request: Request<proto::SetTargetRequest>,
    ) -> Result<Response<proto::SetTargetResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "SetTarget", request, Some(poster));
            let action = Action::SetTarget(TargetSet {
                indicator: names::indicator(&id, &request.name, "name")?,
                organization: names::organization(&id, &request.target_organization, "target_organization")?,
                year: request.year,
                target: indicator::target(request.target.as_ref(), "target")?,
                set_by: person(&request.set_by, "set_by")?,
            });
            let receipt = submit(&ledger, asked, action, &[("indicator", "name")]).await?;
            Ok(proto::SetTargetResponse { position: receipt.head.0, replayed: receipt.replayed })
        })
    }

    async fn state_population(
        &self,
        request: Request<proto::StatePopulationRequest>,
    ) -> Result<Response<proto::StatePopulationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "StatePopulation", request, Some(poster));
            let whose =
                names::organization(&id, &request.population_organization, "population_organization")?;
            let action = Action::StatePopulation(PopulationStated {
                organization: whose,
                year: request.year,
                population: indicator::population(&request.population, "population")?,
                stated: StatedPopulation {
                    count: request.count,
                    source: Code::parse(&request.source, "source")?,
                },
                stated_by: person(&request.stated_by, "stated_by")?,
            });
            let receipt = submit(&ledger, asked, action, &[]).await?;
            Ok(proto::StatePopulationResponse { position: receipt.head.0, replayed: receipt.replayed })
        })
    }

    async fn evaluate_indicator(
        &self,
        request: Request<proto::EvaluateIndicatorRequest>,
    ) -> Result<Response<proto::EvaluateIndicatorResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let which = names::indicator(&id, &request.name, "name")?;
            let period = Period::parse(&request.period, "period")?;
            let point = (request.as_of_position, request.min_position);
            let question = question(&id, period, &request.organization, point)?;
            let evaluated = ledger.evaluate_indicator(&which, &question).await;
            evaluated
                .map(|evaluated| indicator::wire_evaluated(&id, evaluated))
                .map_err(|refusal| crate::convert::rename(refusal, &[("indicator", "name")]))
        })
    }

    type GetEvidencePackStream = Pin<Box<dyn Stream<Item = Part> + Send>>;

    async fn get_evidence_pack(
        &self,
        request: Request<proto::GetEvidencePackRequest>,
    ) -> Result<Response<Self::GetEvidencePackStream>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let table = evidence::score_table(&request.score_table, "score_table")?;
            let period = Period::parse(&request.period, "period")?;
            let point = (request.as_of_position, request.min_position);
            let question = question(&id, period, &request.organization, point)?;
            let pack = ledger.evidence_pack(&table, &question).await?;
            let (sender, parts) = mpsc::channel(EVIDENCE_BUFFER);
            let mut closing = self.closing.clone();
            tokio::spawn(async move {
                tokio::select! {
                    () = evidence::send(ledger, table, (period, pack), sender) => {}
                    _ = closing.wait_for(|closing| *closing) => {}
                }
            });
            let stream: Self::GetEvidencePackStream = Box::pin(ReceiverStream::new(parts));
            Ok::<_, Refusal>(stream)
        })
    }
}
