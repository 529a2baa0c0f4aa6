//! `creditbank policy`: the credit rules, from a draft to what is published.

use crate::args::{Common, Policy, PolicyCommand, ProposePolicy, PublishPolicy};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::progress;
use crate::show::{credits, id, path, print_json, table};
use creditbank_grpc::proto;
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn run(common: &Common, policy: &Policy) -> Result<ExitCode, Failure> {
    if let PolicyCommand::Preset { name } = &policy.command {
        return preset(common, name.as_deref()).await;
    }
    let mut desk = Desk::open(common).await?;
    match &policy.command {
        PolicyCommand::Preset { .. } => {}
        PolicyCommand::List => list(common, &mut desk).await?,
        PolicyCommand::Get { version } => {
            let request = proto::GetPolicyRequest { name: desk.name(&format!("policies/{version}")) };
            let answer = desk.policies.get_policy(request).await?.into_inner();
            if common.json {
                print_json(&answer)?;
            } else {
                print!("{}", answer.policy.unwrap_or_default().document);
            }
        }
        PolicyCommand::Diff { before, after } => diff(common, &mut desk, before, after).await?,
        PolicyCommand::Simulate { draft } => simulate(common, &mut desk, draft).await?,
        PolicyCommand::Propose(proposal) => propose(common, &mut desk, proposal).await?,
        PolicyCommand::Publish(approval) => publish(common, &mut desk, approval).await?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::refused("FIELD_INVALID", format!("讀不到 {}：{error}。It cannot be read.", file.display()))
    })
}

/// A document: a file, or `POLICY/versions/VERSION` of the ledger.
async fn document(desk: &mut Desk, what: &str) -> Result<String, Failure> {
    if !what.contains("/versions/") {
        return read(Path::new(what));
    }
    let request = proto::GetPolicyRequest { name: desk.name(&format!("policies/{what}")) };
    Ok(desk.policies.get_policy(request).await?.into_inner().policy.unwrap_or_default().document)
}

async fn preset(common: &Common, name: Option<&str>) -> Result<ExitCode, Failure> {
    let presets = ledger_core::policy::PRESETS;
    match name {
        Some(name) => {
            let found = presets.iter().find(|(held, _)| *held == name).ok_or_else(|| {
                let names: Vec<&str> = presets.iter().map(|(name, _)| *name).collect();
                Failure::refused(
                    "POLICY_NOT_FOUND",
                    format!("沒有範本「{name}」；有 {}。There is no such preset.", names.join("、")),
                )
            })?;
            print!("{}", found.1);
        }
        None if common.json => {
            print_json(&presets.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
        }
        None => presets.iter().for_each(|(name, document)| {
            let first = document.lines().next().unwrap_or_default().trim_start_matches('#').trim();
            println!("{name:<18} {first}");
        }),
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(common: &Common, desk: &mut Desk) -> Result<(), Failure> {
    let request = proto::ListPoliciesRequest { parent: desk.parent.clone() };
    let answer = desk.policies.list_policies(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("帳本位置 {}", answer.position);
    let mut rows = table(&["規則", "版", "自", "至", "適用機構", "狀態", "提出", "核准", "位置"]);
    for policy in &answer.policies {
        let (name, version) = policy.name.rsplit_once("/versions/").unwrap_or_default();
        let pilots: Vec<&str> = policy.organizations.iter().map(|name| id(name)).collect();
        rows.add_row([
            id(name).to_owned(),
            version.to_owned(),
            policy.effective_from.clone(),
            policy.effective_to.clone(),
            if pilots.is_empty() { "全區".to_owned() } else { pilots.join("、") },
            if policy.published { "已公布" } else { "待核准" }.to_owned(),
            policy.proposed_by.clone(),
            policy.approved_by.clone(),
            policy.position.to_string(),
        ]);
    }
    println!("{rows}");
    Ok(())
}

async fn diff(common: &Common, desk: &mut Desk, before: &str, after: &str) -> Result<(), Failure> {
    let (before, after) = (document(desk, before).await?, document(desk, after).await?);
    let request = proto::DiffPoliciesRequest { before, after };
    let answer = desk.policies.diff_policies(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    for difference in &answer.differences {
        let or_none = |value: &str| if value.is_empty() { "（無）".to_owned() } else { value.to_owned() };
        println!("{}: {} → {}", difference.path, or_none(&difference.before), or_none(&difference.after));
    }
    if answer.differences.is_empty() {
        println!("兩份規則沒有差別。The two say the same.");
    }
    Ok(())
}

async fn simulate(common: &Common, desk: &mut Desk, draft: &Path) -> Result<(), Failure> {
    let request = proto::SimulatePolicyRequest { parent: desk.parent.clone(), document: read(draft)? };
    let mut messages = desk.policies.simulate_policy(request).await?.into_inner();
    let bar = progress::bar("試算 {pos}/{len} 個帳戶 {wide_bar} {eta}", 0);
    let mut result = None;
    while let Some(message) = messages.message().await? {
        bar.set_length(message.accounts_total);
        bar.set_position(message.accounts);
        result = message.result;
    }
    bar.finish_and_clear();
    let result =
        result.ok_or_else(|| Failure::unavailable("試算中斷，請再試一次。It was cut off: try again."))?;
    if common.json {
        return print_json(&result);
    }
    println!("帳本位置 {}，有記錄的帳戶 {} 個", result.position, result.accounts);
    println!("學分合計 {} → {}", credits(result.centi_credits_before), credits(result.centi_credits_after));
    println!("增加 {} 個帳戶，減少 {} 個帳戶", result.raised, result.lowered);
    println!("可評為學習型家庭 {} → {} 戶", result.families_before, result.families_after);
    let mut rows = table(&["等級", "現行人數", "試算人數"]);
    for level in 0..result.levels_before.len().max(result.levels_after.len()) {
        let count = |levels: &[u64]| levels.get(level).copied().unwrap_or(0).to_string();
        rows.add_row([level.to_string(), count(&result.levels_before), count(&result.levels_after)]);
    }
    println!("{rows}");
    for change in &result.largest {
        println!(
            "{:<40} {:>10} → {:>10}",
            path(&change.account),
            credits(change.centi_credits_before),
            credits(change.centi_credits_after)
        );
    }
    Ok(())
}

async fn propose(common: &Common, desk: &mut Desk, proposal: &ProposePolicy) -> Result<(), Failure> {
    let request = proto::ProposePolicyRequest {
        parent: desk.parent.clone(),
        request_id: request_id(proposal.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", proposal.organization)),
        proposed_by: proposal.person.clone(),
        document: read(&proposal.document)?,
    };
    let answer = desk.policies.propose_policy(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let policy = answer.policy.unwrap_or_default();
    println!("已提出 {}，自 {} 起適用，待另一人核准。", path(&policy.name), policy.effective_from);
    println!("文件摘要 {}", policy.sha256);
    Ok(())
}

async fn publish(common: &Common, desk: &mut Desk, approval: &PublishPolicy) -> Result<(), Failure> {
    let request = proto::PublishPolicyRequest {
        name: desk.name(&format!("policies/{}", approval.version)),
        request_id: request_id(approval.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", approval.organization)),
        approved_by: approval.person.clone(),
        sha256: approval.sha256.clone(),
    };
    let answer = desk.policies.publish_policy(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let policy = answer.policy.unwrap_or_default();
    println!(
        "已公布 {}，自 {} 起適用（帳本位置 {}）。",
        path(&policy.name),
        policy.effective_from,
        policy.position
    );
    Ok(())
}
