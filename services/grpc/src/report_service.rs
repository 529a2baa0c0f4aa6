//! `creditbank.v1.ReportService`.

use crate::asked::{answer, asked, first_event, submit};
use crate::convert::person;
use crate::proto::report_service_server::ReportService;
use crate::status::status;
use crate::{names, proto};
use creditbank_ledger::Bank;
use ledger_core::command::Action;
use ledger_core::event::{Fact, MonthClosed};
use ledger_core::month::{Closing, Month};
use ledger_core::quantity::Position;
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct ReportDoor {
    pub(crate) bank: Arc<Bank>,
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
        answer!(request, {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let organization = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!("CloseMonth", request, Some(organization.clone()));
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
        answer!(request, {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let (closings, position) = ledger.closings(Position(request.min_position)).await?;
            let closings = closings.months().iter().map(wire).collect();
            Ok(proto::ListClosingsResponse { closings, position: position.0 })
        })
    }
}
