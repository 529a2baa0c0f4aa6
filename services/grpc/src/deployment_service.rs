//! `creditbank.v1.DeploymentService`.

use crate::asked::answer;
use crate::convert::at;
use crate::names;
use crate::proto;
use crate::proto::deployment_service_server::DeploymentService;
use crate::status::status;
use creditbank_ledger::{Bank, LedgerSettings, PageRequest};
use ledger_core::id::LedgerId;
use ledger_core::ports::{ListedLedger, Standing};
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct DeploymentDoor {
    pub(crate) bank: Arc<Bank>,
}

fn wire(listed: ListedLedger) -> proto::Tenant {
    let state = match listed.tenancy.standing {
        Standing::Open => proto::LedgerState::LedgerOpen,
        Standing::Sealed => proto::LedgerState::LedgerSealed,
        Standing::Arriving => proto::LedgerState::LedgerArriving,
        Standing::Discarded => proto::LedgerState::LedgerDiscarded,
    };
    proto::Tenant {
        name: names::ledger_name(&listed.id),
        state: state.into(),
        position: listed.position.0,
        event_quota: listed.tenancy.quota,
    }
}

#[tonic::async_trait]
impl DeploymentService for DeploymentDoor {
    async fn create_ledger(
        &self,
        request: Request<proto::CreateLedgerRequest>,
    ) -> Result<Response<proto::CreateLedgerResponse>, Status> {
        answer!(self, request, {
            let id = LedgerId::parse(&request.ledger_id).map_err(|refusal| at(refusal, "ledger_id"))?;
            let settings = LedgerSettings::parse(&request.time_zone, &request.begins_on)?;
            let ledger = self.bank.open_ledger(&id, &settings).await?;
            let (opened, ..) = ledger.overview().await?;
            if (opened.time_zone, opened.begins_on) != (settings.time_zone, settings.begins_on) {
                return Err(Refusal::field(
                    Reason::LedgerExists,
                    "ledger_id",
                    "已有同名的帳本，設定不同；請換一個名稱，或直接使用既有的。\
                     There is a ledger of this id with other settings: choose another id, or use that one.",
                ));
            }
            Ok(proto::CreateLedgerResponse { ledger: Some(wire(self.bank.listed_ledger(&id).await?)) })
        })
    }

    async fn list_ledgers(
        &self,
        request: Request<proto::ListLedgersRequest>,
    ) -> Result<Response<proto::ListLedgersResponse>, Status> {
        answer!(self, request, {
            let page = PageRequest { size: request.page_size, token: request.page_token };
            let (ledgers, next_page_token) = self.bank.list_ledgers(&page).await?;
            Ok(proto::ListLedgersResponse {
                ledgers: ledgers.into_iter().map(wire).collect(),
                next_page_token,
            })
        })
    }

    async fn set_quota(
        &self,
        request: Request<proto::SetQuotaRequest>,
    ) -> Result<Response<proto::SetQuotaResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.name, "name")?;
            let beyond = |quota: u64| i64::try_from(quota).is_err();
            if request.event_quota.is_some_and(beyond) {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    "event_quota",
                    "event_quota 超過帳本能有的事件數；不設上限請留空。\
                     No ledger comes to that many events: leave event_quota out for no limit.",
                ));
            }
            let ledger = self.bank.set_quota(&id, request.event_quota).await?;
            Ok(proto::SetQuotaResponse { ledger: Some(wire(ledger)) })
        })
    }

    async fn seal_ledger(
        &self,
        request: Request<proto::SealLedgerRequest>,
    ) -> Result<Response<proto::SealLedgerResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.name, "name")?;
            Ok(proto::SealLedgerResponse { ledger: Some(wire(self.bank.seal(&id).await?)) })
        })
    }

    async fn unseal_ledger(
        &self,
        request: Request<proto::UnsealLedgerRequest>,
    ) -> Result<Response<proto::UnsealLedgerResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.name, "name")?;
            Ok(proto::UnsealLedgerResponse { ledger: Some(wire(self.bank.unseal(&id).await?)) })
        })
    }
}
