//! `creditbank.v1.RedemptionService`.

use crate::account_service::question;
use crate::asked::{answer, asked, submit};
use crate::convert::rename;
use crate::proto::redemption_service_server::RedemptionService;
use crate::status::status;
use crate::{names, proto};
use creditbank_ledger::{Bank, Ledger, PageRequest};
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::event::Fact;
use ledger_core::id::{Code, LedgerId, ResidentId};
use ledger_core::quantity::{CentiCredits, Position};
use ledger_core::redemption::{Lot, Redemption};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct RedemptionDoor {
    pub(crate) bank: Arc<Bank>,
}

impl RedemptionDoor {
    /// The ledger and resident of a name.
    async fn resident(
        &self,
        name: &str,
        field: &str,
    ) -> Result<(LedgerId, Arc<Ledger>, ResidentId), Refusal> {
        let id = names::ledger_of(name, field)?;
        let resident = names::resident(&id, name, field)?;
        let ledger = self.bank.ledger(&id).await?;
        Ok((id, ledger, resident))
    }
}

fn wire(ledger: &LedgerId, at: Position, redemption: &Redemption) -> proto::Redemption {
    let base = names::ledger_name(ledger);
    let draws = redemption.draws.iter();
    proto::Redemption {
        name: format!("{base}/redemptions/{at}"),
        resident: format!("{base}/residents/{}", redemption.resident),
        organization: format!("{base}/organizations/{}", redemption.organization),
        reward: redemption.reward.to_string(),
        centi_credits: redemption.credit.0,
        redeemed_on: redemption.redeemed_on.to_string(),
        draws: draws.map(|draw| proto::Draw { year: draw.year, centi_credits: draw.credit.0 }).collect(),
    }
}

fn wire_lot(lot: &Lot) -> proto::Lot {
    proto::Lot {
        year: lot.year,
        earned_centi_credits: lot.earned.0,
        redeemed_centi_credits: lot.redeemed.0,
        expires_on: lot.expires_on.to_string(),
        left_centi_credits: lot.left.0,
    }
}

#[tonic::async_trait]
impl RedemptionService for RedemptionDoor {
    async fn redeem_credits(
        &self,
        request: Request<proto::RedeemCreditsRequest>,
    ) -> Result<Response<proto::RedeemCreditsResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger, resident) = self.resident(&request.name, "name").await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "RedeemCredits", request, Some(poster));
            let reward = Code::parse(&request.reward, "reward")?;
            let credit = CentiCredits(request.centi_credits);
            let action = Action::Redeem { resident, reward, credit };
            let receipt = submit(&ledger, asked, action, &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.head.0);
            let events = ledger.events_of(receipt).await?;
            let redemption = events.iter().find_map(|event| match &event.fact {
                Fact::CreditRedeemed(redemption) => Some(wire(&id, event.position, redemption)),
                _ => None,
            });
            Ok(proto::RedeemCreditsResponse { redemption, position, replayed })
        })
    }

    async fn get_redeemable_balance(
        &self,
        request: Request<proto::GetRedeemableBalanceRequest>,
    ) -> Result<Response<proto::GetRedeemableBalanceResponse>, Status> {
        answer!(self, request, {
            let (id, ledger, resident) = self.resident(&request.name, "name").await?;
            let question =
                question(request.min_position, request.as_of_position, request.as_of_time, "", "")?;
            let balance = ledger.redeemable(&resident, &question).await?;
            let (opens_on, closes_on) = balance.window.unzip();
            let survivor =
                balance.survivor.map(|survivor| format!("{}/residents/{survivor}", names::ledger_name(&id)));
            Ok(proto::GetRedeemableBalanceResponse {
                resident: request.name.clone(),
                centi_credits: balance.redeemable.balance().0,
                lots: balance.redeemable.lots.iter().map(wire_lot).collect(),
                uncovered_centi_credits: balance.redeemable.uncovered.0,
                open: balance.open,
                opens_on: crate::convert::text(opens_on),
                closes_on: crate::convert::text(closes_on),
                position: balance.position.0,
                survivor: survivor.unwrap_or_default(),
            })
        })
    }

    async fn list_redemptions(
        &self,
        request: Request<proto::ListRedemptionsRequest>,
    ) -> Result<Response<proto::ListRedemptionsResponse>, Status> {
        answer!(self, request, {
            let (id, ledger, resident) = self.resident(&request.parent, "parent").await?;
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let page = ledger.redemptions(&resident, &page, Position(request.min_position)).await;
            let page = page.map_err(|refusal| rename(refusal, &[("name", "parent")]))?;
            Ok(proto::ListRedemptionsResponse {
                redemptions: page.items.iter().map(|(at, redemption)| wire(&id, *at, redemption)).collect(),
                next_page_token: page.next_token,
                position: page.position.0,
            })
        })
    }
}
