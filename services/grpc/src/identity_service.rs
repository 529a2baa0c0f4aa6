//! `creditbank.v1.IdentityService`.

use crate::asked::{answer, asked, damaged, first_event, of, submit, under};
use crate::convert::{at, optional_date, person, text};
use crate::entry::digest;
use crate::proto::identity_service_server::IdentityService;
use crate::status::status;
use crate::{names, proto};
use creditbank_ledger::{
    AsOf, Bank, Duplicate, HouseholdMember, HouseholdMembers, Identified, Ledger, PageRequest, Question,
    Receipt,
};
use ledger_core::command::{Action, MAX_GROUP};
use ledger_core::date::OccurredOn;
use ledger_core::event::Fact;
use ledger_core::id::{HouseholdId, LedgerId, ResidentId};
use ledger_core::identity::{Evidence, MergeAct, MergeProposed, Role, TieKind};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct IdentityDoor {
    pub(crate) bank: Arc<Bank>,
}

pub(crate) fn resident_name(ledger: &LedgerId, id: &ResidentId) -> String {
    format!("{}/residents/{id}", names::ledger_name(ledger))
}

fn wire_kind(kind: TieKind) -> i32 {
    let kind = match kind {
        TieKind::Merge => proto::TieKind::Merge,
        TieKind::Rename => proto::TieKind::Rename,
    };
    kind.into()
}

fn wire_role(role: Role) -> i32 {
    let role = match role {
        Role::Adult => proto::MemberRole::Adult,
        Role::Minor => proto::MemberRole::Minor,
    };
    role.into()
}

fn parse_role(role: proto::MemberRole) -> Result<Role, Refusal> {
    match role {
        proto::MemberRole::Adult => Ok(Role::Adult),
        proto::MemberRole::Minor => Ok(Role::Minor),
        proto::MemberRole::Unspecified => Err(Refusal::field(
            Reason::FieldRequired,
            "role",
            "請註明成年或未成年。Say whether the member is an adult or a minor.",
        )),
    }
}

fn wire_identity(ledger: &LedgerId, identified: &Identified) -> proto::Identity {
    let base = names::ledger_name(ledger);
    let (survivor, kind) = identified
        .survivor
        .as_ref()
        .map_or((String::new(), 0), |(survivor, kind)| (resident_name(ledger, survivor), wire_kind(*kind)));
    let includes = identified
        .includes
        .iter()
        .map(|(id, kind)| proto::TiedAccount { resident: resident_name(ledger, id), kind: wire_kind(*kind) });
    let stay = identified.stay.as_ref();
    proto::Identity {
        resident: resident_name(ledger, &identified.resident),
        organization: format!("{base}/organizations/{}", identified.organization),
        survivor,
        kind,
        includes: includes.collect(),
        household: stay.map(|stay| format!("{base}/households/{}", stay.household)).unwrap_or_default(),
        role: stay.map_or(0, |stay| wire_role(stay.membership.role)),
        day: identified.day.to_string(),
        proposal: identified
            .proposal
            .as_ref()
            .map(|asked| wire_proposal(ledger, asked.proposed_at, &asked.proposed)),
    }
}

pub(crate) fn wire_member(ledger: &LedgerId, told: &HouseholdMember) -> proto::Member {
    let HouseholdMember { member, survivor } = told;
    proto::Member {
        resident: resident_name(ledger, &member.resident),
        survivor: survivor.as_ref().map(|survivor| resident_name(ledger, survivor)).unwrap_or_default(),
        role: wire_role(member.membership.role),
        from: member.membership.term.from.to_string(),
        last_day: text(member.membership.term.to),
        joined_at: member.membership.term.begun_at.0,
        left_at: member.membership.term.ended_at.map_or(0, |at| at.0),
    }
}

fn wire_members(ledger: &LedgerId, members: &HouseholdMembers) -> Vec<proto::Member> {
    members.members.iter().map(|member| wire_member(ledger, member)).collect()
}

fn wire_evidence(ledger: &LedgerId, evidence: &Evidence) -> proto::DuplicateEvidence {
    let entry = |at: &Position| format!("{}/entries/{at}", names::ledger_name(ledger));
    let (reason, entries, hant, en) = match evidence {
        Evidence::LooksAlike => {
            ("LOOKS_ALIKE", None, "兩個號碼看起來一樣".to_owned(), "The two ids look alike".to_owned())
        }
        Evidence::SameNumber(ours, theirs) => (
            "SAME_NUMBER",
            Some((ours, theirs)),
            format!("同一張證書或文憑記在兩個帳戶：第 {ours} 號和第 {theirs} 號"),
            format!("The same certificate or diploma stands in both: entries {ours} and {theirs}"),
        ),
        Evidence::SameSession(count, ours, theirs) => (
            "SAME_SESSION",
            Some((ours, theirs)),
            format!("號碼相似，又同在 {count} 場，例如第 {ours} 號和第 {theirs} 號"),
            format!(
                "The ids look alike and both were at {count} sessions, such as entries {ours} and {theirs}"
            ),
        ),
    };
    proto::DuplicateEvidence {
        reason: reason.to_owned(),
        entry: entries.map(|(ours, _)| entry(ours)).unwrap_or_default(),
        like_entry: entries.map(|(_, theirs)| entry(theirs)).unwrap_or_default(),
        hant,
        en,
    }
}

fn wire_duplicate(ledger: &LedgerId, pair: &Duplicate) -> proto::DuplicateCandidate {
    proto::DuplicateCandidate {
        resident: resident_name(ledger, &pair.candidate.resident),
        like: resident_name(ledger, &pair.candidate.like),
        found_at: pair.candidate.found_at.0,
        evidence: pair.evidence.iter().map(|evidence| wire_evidence(ledger, evidence)).collect(),
    }
}

pub(crate) fn question(min_position: u64, as_of_position: u64) -> Question {
    let as_of = if as_of_position == 0 { AsOf::Now } else { AsOf::Position(Position(as_of_position)) };
    Question { as_of, ..Question::at_least(Position(min_position)) }
}

async fn identity(ledger: &Ledger, id: &ResidentId, at: Position) -> Result<(proto::Identity, u64), Refusal> {
    let identified = ledger.who_is(id, &Question::at_least(at), None).await?;
    Ok((wire_identity(ledger.id(), &identified), identified.position.0))
}

async fn members(
    ledger: &Ledger,
    household: &HouseholdId,
    at: Position,
) -> Result<(Vec<proto::Member>, u64), Refusal> {
    let members = ledger.members(household, &Question::at_least(at), None).await?;
    let position = members.position.0;
    Ok((wire_members(ledger.id(), &members), position))
}

/// How the core's fields are called in ApproveMerge: what they are about stands in the proposal.
const APPROVE: [(&str, &str); 3] = [("merged", "name"), ("survivor", "name"), ("approved_by", "person")];

fn wire_proposal(ledger: &LedgerId, proposed_at: Position, proposed: &MergeProposed) -> proto::MergeProposal {
    let base = names::ledger_name(ledger);
    let (survivor, kept) = match &proposed.act {
        MergeAct::Merge { survivor, .. } => (resident_name(ledger, survivor), Vec::new()),
        MergeAct::Unmerge { kept, .. } => {
            (String::new(), kept.iter().map(|at| format!("{base}/entries/{at}")).collect())
        }
    };
    proto::MergeProposal {
        merged: resident_name(ledger, proposed.act.merged()),
        survivor,
        kept,
        organization: format!("{base}/organizations/{}", proposed.organization),
        proposed_by: proposed.proposed_by.to_string(),
        proposed_at: proposed_at.0,
        expires_on: proposed.expires_on.to_string(),
        sha256: proposed.digest().to_string(),
    }
}

/// What a receipt of a proposal is about.
async fn proposal(ledger: &Ledger, receipt: Receipt) -> Result<proto::MergeProposalResponse, Refusal> {
    let (replayed, position) = (receipt.replayed, receipt.head.0);
    let event = first_event(ledger, receipt).await?;
    let Fact::MergeProposed(proposed) = &event.fact else { return Err(damaged()) };
    let proposal = Some(wire_proposal(ledger.id(), event.position, proposed));
    Ok(proto::MergeProposalResponse { proposal, replayed, position })
}

#[tonic::async_trait]
impl IdentityService for IdentityDoor {
    async fn propose_merge(
        &self,
        request: Request<proto::ProposeMergeRequest>,
    ) -> Result<Response<proto::MergeProposalResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ProposeMerge", request, Some(poster));
            let merged = names::resident(&id, &request.merged, "merged")?;
            let survivor = names::resident(&id, &request.survivor, "survivor")?;
            let act = MergeAct::Merge { merged, survivor };
            let action = Action::ProposeMerge { act, proposed_by: person(&request.person, "person")? };
            proposal(&ledger, submit(&ledger, asked, action, &[]).await?).await
        })
    }

    async fn propose_unmerge(
        &self,
        request: Request<proto::ProposeUnmergeRequest>,
    ) -> Result<Response<proto::MergeProposalResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let merged = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ProposeUnmerge", request, Some(poster));
            if request.kept.len() > MAX_GROUP {
                return Err(Refusal::field(
                    Reason::BatchSize,
                    "kept",
                    format!("kept 最多 {MAX_GROUP} 筆。kept names at most {MAX_GROUP} entries."),
                ));
            }
            let kept = request.kept.iter().enumerate();
            let kept = kept.map(|(n, raw)| names::entry(&id, raw, &format!("kept[{n}]")));
            let kept = kept.collect::<Result<Vec<_>, _>>()?;
            let act = MergeAct::Unmerge { merged, kept };
            let action = Action::ProposeMerge { act, proposed_by: person(&request.person, "person")? };
            proposal(&ledger, submit(&ledger, asked, action, &[("merged", "name")]).await?).await
        })
    }

    async fn approve_merge(
        &self,
        request: Request<proto::ApproveMergeRequest>,
    ) -> Result<Response<proto::ApproveMergeResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let merged = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ApproveMerge", request, Some(poster));
            let action = Action::ApproveMerge {
                merged: merged.clone(),
                digest: digest(&request.sha256, "sha256")?,
                approved_by: person(&request.person, "person")?,
            };
            let receipt = submit(&ledger, asked, action, &APPROVE).await?;
            let replayed = receipt.replayed;
            let (identity, position) = identity(&ledger, &merged, receipt.head).await?;
            Ok(proto::ApproveMergeResponse { identity: Some(identity), replayed, position })
        })
    }

    async fn change_identifier(
        &self,
        request: Request<proto::ChangeIdentifierRequest>,
    ) -> Result<Response<proto::ChangeIdentifierResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ChangeIdentifier", request, Some(poster));
            let to = ResidentId::parse(&request.new_resident_id)
                .map_err(|refusal| at(refusal, "new_resident_id"))?;
            let action = Action::ChangeIdentifier { resident, to: to.clone() };
            let receipt = submit(&ledger, asked, action, &[("resident", "name")]).await?;
            let replayed = receipt.replayed;
            let (identity, position) = identity(&ledger, &to, receipt.head).await?;
            Ok(proto::ChangeIdentifierResponse { identity: Some(identity), replayed, position })
        })
    }

    async fn distinguish_residents(
        &self,
        request: Request<proto::DistinguishResidentsRequest>,
    ) -> Result<Response<proto::DistinguishResidentsResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "DistinguishResidents", request, Some(poster));
            let resident = names::resident(&id, &request.resident, "resident")?;
            let other = names::resident(&id, &request.other, "other")?;
            let action = Action::DistinguishResidents { resident, other };
            let receipt = submit(&ledger, asked, action, &[]).await?;
            let (replayed, position) = (receipt.replayed, receipt.head.0);
            Ok(proto::DistinguishResidentsResponse { replayed, position })
        })
    }

    async fn get_identity(
        &self,
        request: Request<proto::GetIdentityRequest>,
    ) -> Result<Response<proto::GetIdentityResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let day = optional_date(&request.day, "day")?;
            let question = question(request.min_position, request.as_of_position);
            let identified = ledger.who_is(&resident, &question, day).await?;
            let identity = Some(wire_identity(&id, &identified));
            Ok(proto::GetIdentityResponse { identity, position: identified.position.0 })
        })
    }

    async fn list_duplicate_candidates(
        &self,
        request: Request<proto::ListDuplicateCandidatesRequest>,
    ) -> Result<Response<proto::ListDuplicateCandidatesResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let listed = ledger.duplicates(&page, Position(request.min_position)).await?;
            Ok(proto::ListDuplicateCandidatesResponse {
                candidates: listed.items.iter().map(|pair| wire_duplicate(&id, pair)).collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn join_household(
        &self,
        request: Request<proto::JoinHouseholdRequest>,
    ) -> Result<Response<proto::JoinHouseholdResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let household = names::household(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "JoinHousehold", request, Some(poster));
            let action = Action::JoinHousehold {
                household: household.clone(),
                resident: names::resident(&id, &request.resident, "resident")?,
                role: parse_role(request.role())?,
                from: OccurredOn::parse(&request.from, "from")?,
                to: optional_date(&request.last_day, "last_day")?,
            };
            let receipt = submit(&ledger, asked, action, &[("household", "name")]).await?;
            let replayed = receipt.replayed;
            let (members, position) = members(&ledger, &household, receipt.head).await?;
            Ok(proto::JoinHouseholdResponse { members, replayed, position })
        })
    }

    async fn leave_household(
        &self,
        request: Request<proto::LeaveHouseholdRequest>,
    ) -> Result<Response<proto::LeaveHouseholdResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let household = names::household(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "LeaveHousehold", request, Some(poster));
            let action = Action::LeaveHousehold {
                household: household.clone(),
                resident: names::resident(&id, &request.resident, "resident")?,
                last_day: OccurredOn::parse(&request.last_day, "last_day")?,
            };
            let receipt = submit(&ledger, asked, action, &[("household", "name")]).await?;
            let replayed = receipt.replayed;
            let (members, position) = members(&ledger, &household, receipt.head).await?;
            Ok(proto::LeaveHouseholdResponse { members, replayed, position })
        })
    }

    async fn list_members(
        &self,
        request: Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.parent, "parent").await?;
            let household = names::household(&id, &request.parent, "parent")?;
            let day = optional_date(&request.day, "day")?;
            let question = question(request.min_position, request.as_of_position);
            let members = ledger
                .members(&household, &question, day)
                .await
                .map_err(|refusal| crate::convert::rename(refusal, &[("name", "parent")]))?;
            let position = members.position.0;
            let persons = u32::try_from(members.persons).unwrap_or(u32::MAX);
            Ok(proto::ListMembersResponse { members: wire_members(&id, &members), position, persons })
        })
    }
}
