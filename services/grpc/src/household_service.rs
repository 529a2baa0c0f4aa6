//! `creditbank.v1.HouseholdService`.

use crate::asked::{answer, asked, submit};
use crate::convert::{at, optional, optional_date, text};
use crate::identity_service::{question, resident_name, wire_member};
use crate::proto::household_service_server::HouseholdService;
use crate::status::status;
use crate::{names, proto};
use creditbank_ledger::{AsOf, Bank, Care, HouseholdThen, Ledger, Question};
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::id::{HouseholdId, LedgerId, ResidentId};
use ledger_core::identity::{Consent, Guardianship, MAX_MEMBERS, Purpose};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct HouseholdDoor {
    pub(crate) bank: Arc<Bank>,
}

impl HouseholdDoor {
    async fn of(&self, name: &str) -> Result<(LedgerId, Arc<Ledger>), Refusal> {
        let id = names::ledger_of(name, "name")?;
        let ledger = self.bank.ledger(&id).await?;
        Ok((id, ledger))
    }
}

fn parse_purpose(purpose: proto::ConsentPurpose) -> Result<Purpose, Refusal> {
    match purpose {
        proto::ConsentPurpose::Selection => Ok(Purpose::Selection),
        proto::ConsentPurpose::PersonalData => Ok(Purpose::PersonalData),
        proto::ConsentPurpose::Unspecified => Err(Refusal::field(
            Reason::FieldRequired,
            "purpose",
            "請註明同意什麼用途。Say what the consent is to.",
        )),
    }
}

fn wire_purpose(purpose: Purpose) -> i32 {
    match purpose {
        Purpose::Selection => proto::ConsentPurpose::Selection.into(),
        Purpose::PersonalData => proto::ConsentPurpose::PersonalData.into(),
    }
}

/// The members of a split; more than a household takes are not looked at one by one.
fn parse_members(ledger: &LedgerId, members: &[String]) -> Result<Vec<ResidentId>, Refusal> {
    let named = members.iter().take(MAX_MEMBERS + 1).enumerate();
    named.map(|(n, raw)| names::resident(ledger, raw, &format!("members[{n}]"))).collect()
}

fn wire_guardian(ledger: &LedgerId, held: &Guardianship) -> proto::Guardian {
    proto::Guardian {
        guardian: resident_name(ledger, &held.guardian),
        from: held.term.from.to_string(),
        last_day: text(held.term.to),
        named_at: held.term.begun_at.0,
        released_at: held.term.ended_at.map_or(0, |at| at.0),
    }
}

fn wire_consent(ledger: &LedgerId, held: &Consent) -> proto::Consent {
    proto::Consent {
        purpose: wire_purpose(held.purpose),
        given_by: resident_name(ledger, &held.given_by),
        from: held.term.from.to_string(),
        last_day: text(held.term.to),
        given_at: held.term.begun_at.0,
        withdrawn_at: held.term.ended_at.map_or(0, |at| at.0),
    }
}

fn wire_care(ledger: &LedgerId, care: &Care) -> proto::Care {
    proto::Care {
        resident: resident_name(ledger, &care.resident),
        guardians: care.guardians.iter().map(|held| wire_guardian(ledger, held)).collect(),
        consents: care.consents.iter().map(|held| wire_consent(ledger, held)).collect(),
    }
}

fn wire_household(ledger: &LedgerId, then: &HouseholdThen) -> proto::HouseholdView {
    let base = names::ledger_name(ledger);
    let moves = then.moves.iter().map(|moved| proto::HouseholdMove {
        community: format!("{base}/organizations/{}", moved.community),
        from: moved.from.to_string(),
        moved_at: moved.moved_at.0,
    });
    let members = then.members.iter().map(|member| proto::HouseholdMember {
        member: Some(wire_member(ledger, &member.member)),
        guardians: member.guardians.iter().map(|held| wire_guardian(ledger, held)).collect(),
        consents: member.consents.iter().map(|held| wire_consent(ledger, held)).collect(),
    });
    let lacking = then.lacking_selection_consent.iter().map(|id| resident_name(ledger, id));
    proto::HouseholdView {
        name: format!("{base}/households/{}", then.household),
        community: format!("{base}/organizations/{}", then.community),
        split_from: then.split_from.as_ref().map(|id| format!("{base}/households/{id}")).unwrap_or_default(),
        moves: moves.collect(),
        last_day: text(then.dissolved.map(|end| end.last_day)),
        dissolved_at: then.dissolved.map_or(0, |end| end.dissolved_at.0),
        day: then.day.to_string(),
        dissolved: then.is_dissolved,
        members: members.collect(),
        lacking_selection_consent: lacking.collect(),
    }
}

async fn household(
    ledger: &Ledger,
    id: &HouseholdId,
    at: Position,
) -> Result<(Option<proto::HouseholdView>, u64), Refusal> {
    let then = ledger.household(id, &Question::at_least(at), None).await?;
    Ok((Some(wire_household(ledger.id(), &then)), then.position.0))
}

async fn care(ledger: &Ledger, id: &ResidentId, at: Position) -> Result<(Option<proto::Care>, u64), Refusal> {
    let care = ledger.care(id, &Question::at_least(at)).await?;
    Ok((Some(wire_care(ledger.id(), &care)), care.position.0))
}

#[tonic::async_trait]
impl HouseholdService for HouseholdDoor {
    async fn move_household(
        &self,
        request: Request<proto::MoveHouseholdRequest>,
    ) -> Result<Response<proto::MoveHouseholdResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let moved = names::household(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "MoveHousehold", request, Some(poster));
            let action = Action::MoveHousehold {
                household: moved.clone(),
                community: names::organization(&id, &request.community, "community")?,
                from: OccurredOn::parse(&request.from, "from")?,
            };
            let receipt = submit(&ledger, asked, action, &[("household", "name")]).await?;
            let replayed = receipt.replayed;
            let (household, position) = household(&ledger, &moved, receipt.head).await?;
            Ok(proto::MoveHouseholdResponse { household, replayed, position })
        })
    }

    async fn dissolve_household(
        &self,
        request: Request<proto::DissolveHouseholdRequest>,
    ) -> Result<Response<proto::DissolveHouseholdResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let ended = names::household(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "DissolveHousehold", request, Some(poster));
            let last_day = OccurredOn::parse(&request.last_day, "last_day")?;
            let action = Action::DissolveHousehold { household: ended.clone(), last_day };
            let receipt = submit(&ledger, asked, action, &[("household", "name")]).await?;
            let replayed = receipt.replayed;
            let (household, position) = household(&ledger, &ended, receipt.head).await?;
            Ok(proto::DissolveHouseholdResponse { household, replayed, position })
        })
    }

    async fn split_household(
        &self,
        request: Request<proto::SplitHouseholdRequest>,
    ) -> Result<Response<proto::SplitHouseholdResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let old = names::household(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "SplitHousehold", request, Some(poster));
            let new = HouseholdId::parse(&request.new_household_id)
                .map_err(|refusal| at(refusal, "new_household_id"))?;
            let community = optional(&request.community, |raw| names::organization(&id, raw, "community"))?;
            let action = Action::SplitHousehold {
                household: old.clone(),
                into: new.clone(),
                members: parse_members(&id, &request.members)?,
                community,
                from: OccurredOn::parse(&request.from, "from")?,
            };
            let fields = [("household", "name"), ("id", "new_household_id")];
            let receipt = submit(&ledger, asked, action, &fields).await?;
            let replayed = receipt.replayed;
            let (new_household, position) = household(&ledger, &new, receipt.head).await?;
            // Both as they are at one position.
            let question = Question { as_of: AsOf::Position(Position(position)), ..Question::default() };
            let household = ledger.household(&old, &question, None).await?;
            let household = Some(wire_household(&id, &household));
            Ok(proto::SplitHouseholdResponse { household, new_household, replayed, position })
        })
    }

    async fn name_guardian(
        &self,
        request: Request<proto::NameGuardianRequest>,
    ) -> Result<Response<proto::NameGuardianResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "NameGuardian", request, Some(poster));
            let action = Action::NameGuardian {
                resident: resident.clone(),
                guardian: names::resident(&id, &request.guardian, "guardian")?,
                from: OccurredOn::parse(&request.from, "from")?,
            };
            let receipt = submit(&ledger, asked, action, &[("resident", "name")]).await?;
            let replayed = receipt.replayed;
            let (care, position) = care(&ledger, &resident, receipt.head).await?;
            Ok(proto::NameGuardianResponse { care, replayed, position })
        })
    }

    async fn release_guardian(
        &self,
        request: Request<proto::ReleaseGuardianRequest>,
    ) -> Result<Response<proto::ReleaseGuardianResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ReleaseGuardian", request, Some(poster));
            let action = Action::ReleaseGuardian {
                resident: resident.clone(),
                guardian: names::resident(&id, &request.guardian, "guardian")?,
                last_day: OccurredOn::parse(&request.last_day, "last_day")?,
            };
            let receipt = submit(&ledger, asked, action, &[("resident", "name")]).await?;
            let replayed = receipt.replayed;
            let (care, position) = care(&ledger, &resident, receipt.head).await?;
            Ok(proto::ReleaseGuardianResponse { care, replayed, position })
        })
    }

    async fn give_consent(
        &self,
        request: Request<proto::GiveConsentRequest>,
    ) -> Result<Response<proto::GiveConsentResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "GiveConsent", request, Some(poster));
            let given_by = optional(&request.given_by, |raw| names::resident(&id, raw, "given_by"))?;
            let action = Action::GiveConsent {
                resident: resident.clone(),
                given_by: given_by.unwrap_or_else(|| resident.clone()),
                purpose: parse_purpose(request.purpose())?,
                from: OccurredOn::parse(&request.from, "from")?,
            };
            let receipt = submit(&ledger, asked, action, &[("resident", "name")]).await?;
            let replayed = receipt.replayed;
            let (care, position) = care(&ledger, &resident, receipt.head).await?;
            Ok(proto::GiveConsentResponse { care, replayed, position })
        })
    }

    async fn withdraw_consent(
        &self,
        request: Request<proto::WithdrawConsentRequest>,
    ) -> Result<Response<proto::WithdrawConsentResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "WithdrawConsent", request, Some(poster));
            let action = Action::WithdrawConsent {
                resident: resident.clone(),
                purpose: parse_purpose(request.purpose())?,
                last_day: OccurredOn::parse(&request.last_day, "last_day")?,
            };
            let receipt = submit(&ledger, asked, action, &[("resident", "name")]).await?;
            let replayed = receipt.replayed;
            let (care, position) = care(&ledger, &resident, receipt.head).await?;
            Ok(proto::WithdrawConsentResponse { care, replayed, position })
        })
    }

    async fn get_household(
        &self,
        request: Request<proto::GetHouseholdRequest>,
    ) -> Result<Response<proto::GetHouseholdResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = self.of(&request.name).await?;
            let household = names::household(&id, &request.name, "name")?;
            let day = optional_date(&request.day, "day")?;
            let question = question(request.min_position, request.as_of_position);
            let then = ledger.household(&household, &question, day).await?;
            let household = Some(wire_household(&id, &then));
            Ok(proto::GetHouseholdResponse { household, position: then.position.0 })
        })
    }
}
