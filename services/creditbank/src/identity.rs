//! `creditbank merge`, `rename`, `who`, `duplicates`, `distinguish`: who is who.

use crate::args::{
    ApproveMerge, Common, Distinguish, Duplicates, Merge, ProposeMerge, ProposeUnmerge, Rename, Who,
};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::show::{id, path, print_json};
use creditbank_grpc::proto;
use std::process::ExitCode;

pub(crate) fn organization(desk: &Desk, id: &str) -> String {
    desk.name(&format!("organizations/{id}"))
}

/// The accounts and former ids that answer in one.
fn includes(identity: &proto::Identity) -> String {
    let word = |kind: proto::TieKind| match kind {
        proto::TieKind::Rename => "原號",
        _ => "併入",
    };
    let each = identity.includes.iter().map(|tied| format!("{} {}", word(tied.kind()), id(&tied.resident)));
    each.collect::<Vec<_>>().join("、")
}

pub(crate) async fn merge(common: &Common, asked: &Merge) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    match asked {
        Merge::Propose(asked) => propose(common, &mut desk, asked).await?,
        Merge::Undo(asked) => undo(common, &mut desk, asked).await?,
        Merge::Approve(asked) => approve(common, &mut desk, asked).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn propose(common: &Common, desk: &mut Desk, asked: &ProposeMerge) -> Result<(), Failure> {
    let request = proto::ProposeMergeRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        merged: desk.name(&asked.merged),
        survivor: desk.name(&asked.into),
        person: asked.acting.by.person.clone(),
    };
    let answer = desk.identities.propose_merge(request).await?.into_inner();
    show_proposal(common, &answer, &format!("提議把 {} 併入 {}", asked.merged, asked.into))
}

async fn undo(common: &Common, desk: &mut Desk, asked: &ProposeUnmerge) -> Result<(), Failure> {
    let request = proto::ProposeUnmergeRequest {
        name: desk.name(&asked.merged),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        kept: asked.keep.iter().map(|entry| desk.name(&format!("entries/{entry}"))).collect(),
        person: asked.acting.by.person.clone(),
    };
    let answer = desk.identities.propose_unmerge(request).await?.into_inner();
    show_proposal(common, &answer, &format!("提議拆開 {}", asked.merged))
}

fn show_proposal(common: &Common, answer: &proto::MergeProposalResponse, what: &str) -> Result<(), Failure> {
    if common.json {
        return print_json(answer);
    }
    let proposal = answer.proposal.clone().unwrap_or_default();
    println!("{what}，須在 {} 前由另一人核准（第 {} 號）。", proposal.expires_on, proposal.proposed_at);
    println!("內容摘要 {}", proposal.sha256);
    println!("還沒有任何改變。Nothing is changed yet; another person runs:");
    println!(
        "  creditbank merge approve {} --sha256 {} --organization {} --person ANOTHER",
        path(&proposal.merged),
        proposal.sha256,
        id(&proposal.organization)
    );
    Ok(())
}

async fn approve(common: &Common, desk: &mut Desk, asked: &ApproveMerge) -> Result<(), Failure> {
    let request = proto::ApproveMergeRequest {
        name: desk.name(&asked.merged),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        person: asked.acting.by.person.clone(),
        sha256: asked.sha256.clone(),
    };
    let answer = desk.identities.approve_merge(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let identity = answer.identity.unwrap_or_default();
    if identity.survivor.is_empty() {
        println!("{} 已拆開，恢復為獨立的帳戶（帳本位置 {}）。", asked.merged, answer.position);
    } else {
        let survivor = path(&identity.survivor);
        println!(
            "{} 已併入 {survivor}，以後請記在 {survivor}（帳本位置 {}）。",
            asked.merged, answer.position
        );
        println!("若合併有誤：creditbank merge undo {} …", asked.merged);
    }
    Ok(())
}

pub(crate) async fn rename(common: &Common, asked: &Rename) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::ChangeIdentifierRequest {
        name: desk.name(&asked.account),
        request_id: request_id(asked.request_id.as_ref()),
        organization: organization(&desk, &asked.organization),
        new_resident_id: asked.to.clone(),
    };
    let answer = desk.identities.change_identifier(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} 已改號為 residents/{}（帳本位置 {}）。", asked.account, asked.to, answer.position);
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn who(common: &Common, asked: &Who) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::GetIdentityRequest {
        name: desk.name(&asked.account),
        min_position: 0,
        as_of_position: asked.as_of.unwrap_or(0),
        day: asked.day.clone().unwrap_or_default(),
    };
    let answer = desk.identities.get_identity(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let identity = answer.identity.unwrap_or_default();
    println!("{}  帳本位置 {}", path(&identity.resident), answer.position);
    println!("開戶機構 {}", id(&identity.organization));
    if !identity.survivor.is_empty() {
        let how = if identity.kind() == proto::TieKind::Rename { "已改號為" } else { "已併入" };
        println!("{how} {}", path(&identity.survivor));
    }
    if !identity.includes.is_empty() {
        println!("同一帳戶：{}", includes(&identity));
    }
    if let Some(proposal) = &identity.proposal {
        let what = if proposal.survivor.is_empty() {
            "拆開".to_owned()
        } else {
            format!("併入 {}", path(&proposal.survivor))
        };
        println!("待核准：{what}（{} 前，內容摘要 {}）", proposal.expires_on, proposal.sha256);
    }
    if identity.household.is_empty() {
        println!("{} 不屬於任何家庭", identity.day);
    } else {
        println!("{} 屬於 {}（{}）", identity.day, path(&identity.household), role(identity.role()));
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn role(role: proto::MemberRole) -> &'static str {
    match role {
        proto::MemberRole::Minor => "未成年",
        _ => "成年",
    }
}

pub(crate) async fn duplicates(common: &Common, asked: &Duplicates) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let mut left = asked.limit as usize;
    let mut page_token = String::new();
    let mut found = 0;
    while left > 0 {
        let request = proto::ListDuplicateCandidatesRequest {
            parent: desk.parent.clone(),
            page_size: u32::try_from(left).unwrap_or(u32::MAX).min(100),
            page_token,
            min_position: 0,
        };
        let page = desk.identities.list_duplicate_candidates(request).await?.into_inner();
        for pair in &page.candidates {
            found += 1;
            if common.json {
                println!("{}", serde_json::to_string(pair).map_err(Failure::unavailable)?);
                continue;
            }
            println!("{}  {}  （第 {} 號發現）", path(&pair.resident), path(&pair.like), pair.found_at);
            for evidence in &pair.evidence {
                println!("    {}。{}.", evidence.hant, evidence.en);
            }
        }
        left = left.saturating_sub(page.candidates.len());
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    if found == 0 && !common.json {
        println!("沒有疑似重複的帳戶。No two accounts look like one person's.");
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn distinguish(common: &Common, asked: &Distinguish) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::DistinguishResidentsRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.request_id.as_ref()),
        organization: organization(&desk, &asked.organization),
        resident: desk.name(&asked.account),
        other: desk.name(&asked.other),
    };
    let answer = desk.identities.distinguish_residents(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("已註明 {} 和 {} 是兩個人（帳本位置 {}）。", asked.account, asked.other, answer.position);
    Ok(ExitCode::SUCCESS)
}
