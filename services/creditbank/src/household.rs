//! `creditbank household`: who lives in one, where it belongs, how it ends; guardians and consent.

use crate::args::{
    Common, Consent, ConsentPurpose, Dissolve, Guardian, HouseholdArgs, HouseholdCommand, Join, Leave,
    Members, Move, Show, Split,
};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::identity::{organization, role};
use crate::show::{id, path, print_json, table};
use creditbank_grpc::proto;
use std::process::ExitCode;

pub(crate) async fn run(common: &Common, asked: &HouseholdArgs) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    match &asked.command {
        HouseholdCommand::Join(join) => self::join(common, &mut desk, join).await?,
        HouseholdCommand::Leave(leave) => self::leave(common, &mut desk, leave).await?,
        HouseholdCommand::Members(members) => self::members(common, &mut desk, members).await?,
        HouseholdCommand::Move(asked) => move_to(common, &mut desk, asked).await?,
        HouseholdCommand::Dissolve(asked) => dissolve(common, &mut desk, asked).await?,
        HouseholdCommand::Split(asked) => split(common, &mut desk, asked).await?,
        HouseholdCommand::Guardian(asked) => guardian(common, &mut desk, asked).await?,
        HouseholdCommand::Consent(asked) => consent(common, &mut desk, asked).await?,
        HouseholdCommand::Show(asked) => show(common, &mut desk, asked).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn join(common: &Common, desk: &mut Desk, asked: &Join) -> Result<(), Failure> {
    let role = if asked.minor { proto::MemberRole::Minor } else { proto::MemberRole::Adult };
    let request = proto::JoinHouseholdRequest {
        name: desk.name(&asked.household),
        request_id: request_id(asked.request_id.as_ref()),
        organization: organization(desk, &asked.organization),
        resident: desk.name(&asked.account),
        role: role.into(),
        from: asked.from.clone(),
        last_day: asked.last_day.clone().unwrap_or_default(),
    };
    let answer = desk.identities.join_household(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_members(&asked.household, &answer.members, answer.position);
    Ok(())
}

async fn leave(common: &Common, desk: &mut Desk, asked: &Leave) -> Result<(), Failure> {
    let request = proto::LeaveHouseholdRequest {
        name: desk.name(&asked.household),
        request_id: request_id(asked.request_id.as_ref()),
        organization: organization(desk, &asked.organization),
        resident: desk.name(&asked.account),
        last_day: asked.last_day.clone(),
    };
    let answer = desk.identities.leave_household(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_members(&asked.household, &answer.members, answer.position);
    Ok(())
}

async fn members(common: &Common, desk: &mut Desk, asked: &Members) -> Result<(), Failure> {
    let request = proto::ListMembersRequest {
        parent: desk.name(&asked.household),
        day: asked.day.clone().unwrap_or_default(),
        min_position: 0,
        as_of_position: asked.as_of.unwrap_or(0),
    };
    let answer = desk.identities.list_members(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_members(&asked.household, &answer.members, answer.position);
    Ok(())
}

fn show_members(household: &str, members: &[proto::Member], position: u64) {
    println!("{household}  帳本位置 {position}");
    let mut rows = table(&["帳戶", "現號", "身分", "自", "至"]);
    for member in members {
        rows.add_row([
            id(&member.resident),
            id(&member.survivor),
            role(member.role()),
            &member.from,
            &member.last_day,
        ]);
    }
    println!("{rows}");
}

async fn move_to(common: &Common, desk: &mut Desk, asked: &Move) -> Result<(), Failure> {
    let request = proto::MoveHouseholdRequest {
        name: desk.name(&asked.household),
        request_id: request_id(asked.request_id.as_ref()),
        organization: organization(desk, &asked.organization),
        community: organization(desk, &asked.to),
        from: asked.from.clone(),
    };
    let answer = desk.households.move_household(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_household(&answer.household.unwrap_or_default(), answer.position);
    Ok(())
}

async fn dissolve(common: &Common, desk: &mut Desk, asked: &Dissolve) -> Result<(), Failure> {
    let request = proto::DissolveHouseholdRequest {
        name: desk.name(&asked.household),
        request_id: request_id(asked.request_id.as_ref()),
        organization: organization(desk, &asked.organization),
        last_day: asked.last_day.clone(),
    };
    let answer = desk.households.dissolve_household(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_household(&answer.household.unwrap_or_default(), answer.position);
    Ok(())
}

async fn split(common: &Common, desk: &mut Desk, asked: &Split) -> Result<(), Failure> {
    let request = proto::SplitHouseholdRequest {
        name: desk.name(&asked.household),
        request_id: request_id(asked.request_id.as_ref()),
        organization: organization(desk, &asked.organization),
        new_household_id: asked.into.clone(),
        members: asked.members.iter().map(|member| desk.name(member)).collect(),
        community: asked.community.as_ref().map(|id| organization(desk, id)).unwrap_or_default(),
        from: asked.from.clone(),
    };
    let answer = desk.households.split_household(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    for household in [answer.household, answer.new_household] {
        show_household(&household.unwrap_or_default(), answer.position);
    }
    Ok(())
}

async fn guardian(common: &Common, desk: &mut Desk, asked: &Guardian) -> Result<(), Failure> {
    let (care, position) = match asked {
        Guardian::Name(asked) => {
            let request = proto::NameGuardianRequest {
                name: desk.name(&asked.account),
                request_id: request_id(asked.request_id.as_ref()),
                organization: organization(desk, &asked.organization),
                guardian: desk.name(&asked.guardian),
                from: asked.from.clone(),
            };
            let answer = desk.households.name_guardian(request).await?.into_inner();
            if common.json {
                return print_json(&answer);
            }
            (answer.care, answer.position)
        }
        Guardian::Release(asked) => {
            let request = proto::ReleaseGuardianRequest {
                name: desk.name(&asked.account),
                request_id: request_id(asked.request_id.as_ref()),
                organization: organization(desk, &asked.organization),
                guardian: desk.name(&asked.guardian),
                last_day: asked.last_day.clone(),
            };
            let answer = desk.households.release_guardian(request).await?.into_inner();
            if common.json {
                return print_json(&answer);
            }
            (answer.care, answer.position)
        }
    };
    show_care(&care.unwrap_or_default(), position);
    Ok(())
}

fn consent_purpose(purpose: ConsentPurpose) -> proto::ConsentPurpose {
    match purpose {
        ConsentPurpose::Selection => proto::ConsentPurpose::Selection,
        ConsentPurpose::PersonalData => proto::ConsentPurpose::PersonalData,
    }
}

/// What was agreed to, in words.
fn agreed(purpose: proto::ConsentPurpose) -> &'static str {
    match purpose {
        proto::ConsentPurpose::PersonalData => "同意保存個人資料",
        _ => "同意參加評選",
    }
}

async fn consent(common: &Common, desk: &mut Desk, asked: &Consent) -> Result<(), Failure> {
    let (care, position) = match asked {
        Consent::Give(asked) => {
            let request = proto::GiveConsentRequest {
                name: desk.name(&asked.account),
                request_id: request_id(asked.request_id.as_ref()),
                organization: organization(desk, &asked.organization),
                given_by: asked.by.as_ref().map(|by| desk.name(by)).unwrap_or_default(),
                purpose: consent_purpose(asked.purpose).into(),
                from: asked.from.clone(),
            };
            let answer = desk.households.give_consent(request).await?.into_inner();
            if common.json {
                return print_json(&answer);
            }
            (answer.care, answer.position)
        }
        Consent::Withdraw(asked) => {
            let request = proto::WithdrawConsentRequest {
                name: desk.name(&asked.account),
                request_id: request_id(asked.request_id.as_ref()),
                organization: organization(desk, &asked.organization),
                purpose: consent_purpose(asked.purpose).into(),
                last_day: asked.last_day.clone(),
            };
            let answer = desk.households.withdraw_consent(request).await?.into_inner();
            if common.json {
                return print_json(&answer);
            }
            (answer.care, answer.position)
        }
    };
    show_care(&care.unwrap_or_default(), position);
    Ok(())
}

async fn show(common: &Common, desk: &mut Desk, asked: &Show) -> Result<(), Failure> {
    let request = proto::GetHouseholdRequest {
        name: desk.name(&asked.household),
        day: asked.day.clone().unwrap_or_default(),
        min_position: 0,
        as_of_position: asked.as_of.unwrap_or(0),
    };
    let answer = desk.households.get_household(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_household(&answer.household.unwrap_or_default(), answer.position);
    Ok(())
}

fn show_care(care: &proto::Care, position: u64) {
    println!("{}  帳本位置 {position}", path(&care.resident));
    let mut rows = table(&["監護人或同意", "帳戶", "自", "至"]);
    for held in &care.guardians {
        rows.add_row(["監護人", id(&held.guardian), &held.from, &held.last_day]);
    }
    for held in &care.consents {
        rows.add_row([agreed(held.purpose()), id(&held.given_by), &held.from, &held.last_day]);
    }
    println!("{rows}");
}

fn show_household(household: &proto::HouseholdView, position: u64) {
    println!("{}  {}  帳本位置 {position}", path(&household.name), household.day);
    println!("社區 {}", id(&household.community));
    if !household.split_from.is_empty() {
        println!("分自 {}", path(&household.split_from));
    }
    if !household.last_day.is_empty() {
        println!("已解散，最後一天 {}", household.last_day);
    }
    let mut rows = table(&["帳戶", "身分", "自", "監護人", "同意"]);
    for member in &household.members {
        let of = member.member.clone().unwrap_or_default();
        let guardians: Vec<_> = member.guardians.iter().map(|held| id(&held.guardian)).collect();
        let consents: Vec<_> = member
            .consents
            .iter()
            .map(|held| format!("{}（{}）", id(&held.given_by), agreed(held.purpose())))
            .collect();
        let who = if of.survivor.is_empty() { &of.resident } else { &of.survivor };
        rows.add_row([id(who), role(of.role()), &of.from, &guardians.join("、"), &consents.join("、")]);
    }
    println!("{rows}");
    if !household.lacking_selection_consent.is_empty() {
        let lacking: Vec<_> = household.lacking_selection_consent.iter().map(|name| id(name)).collect();
        println!("還沒有同意參加評選：{}", lacking.join("、"));
    }
}
