//! `creditbank directory retention`: how long personal data is kept, who is due, and their erasure.

use crate::args::{ApproveRetention, Common, DueRetention, ProposeRetention, Retention, SetRetention};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::identity::organization;
use crate::show::{PAGE, path, print_json, table};
use creditbank_grpc::proto;

/// The most residents of one proposal.
const MAX_DUE: usize = 1_000;

pub(crate) async fn run(common: &Common, desk: &mut Desk, asked: &Retention) -> Result<(), Failure> {
    match asked {
        Retention::Set(asked) => set(common, desk, asked).await,
        Retention::Show => show(common, desk).await,
        Retention::Due(asked) => due(common, desk, asked).await,
        Retention::Propose(asked) => propose(common, desk, asked).await,
        Retention::Approve(asked) => approve(common, desk, asked).await,
    }
}

fn show_rule(rule: &proto::RetentionRule) {
    if rule.months == 0 {
        println!("沒有訂保存期限，沒有人到期。No rule: nobody is due.");
    } else {
        println!("保存期限 {0} 個月無活動。Due after {0} months without activity.", rule.months);
    }
    if rule.set_at > 0 {
        println!("由 {} 為 {} 訂於第 {} 號", rule.set_by, path(&rule.organization), rule.set_at);
    }
}

async fn set(common: &Common, desk: &mut Desk, asked: &SetRetention) -> Result<(), Failure> {
    let request = proto::SetRetentionRuleRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        person: asked.acting.by.person.clone(),
        months: asked.months.filter(|_| !asked.lift).unwrap_or_default(),
    };
    let answer = desk.retention.set_retention_rule(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_rule(&answer.rule.unwrap_or_default());
    Ok(())
}

async fn show(common: &Common, desk: &mut Desk) -> Result<(), Failure> {
    let request = proto::GetRetentionRuleRequest { parent: desk.parent.clone(), min_position: 0 };
    let answer = desk.retention.get_retention_rule(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    show_rule(&answer.rule.unwrap_or_default());
    if answer.proposed_at > 0 {
        let (parent, proposed_at) = (desk.parent.clone(), answer.proposed_at);
        let request = proto::GetRetentionProposalRequest { parent, proposed_at };
        let whole = desk.retention.get_retention_proposal(request).await?.into_inner();
        let proposal = whole.proposal.unwrap_or_default();
        println!(
            "待核准的提案：第 {} 號，{} 提出，{} 前核准，內容摘要 {}，要刪除 {} 人：",
            proposal.proposed_at,
            proposal.proposed_by,
            proposal.expires_on,
            proposal.sha256,
            proposal.residents
        );
        for resident in &proposal.due {
            println!("  {}", path(resident));
        }
    }
    Ok(())
}

/// A page of those who are due.
async fn page(
    desk: &mut Desk,
    on: &str,
    page_size: u32,
    page_token: String,
) -> Result<proto::ListRetentionDueResponse, Failure> {
    let (parent, on) = (desk.parent.clone(), on.to_owned());
    let request = proto::ListRetentionDueRequest { parent, on, page_size, page_token, min_position: 0 };
    Ok(desk.retention.list_retention_due(request).await?.into_inner())
}

async fn due(common: &Common, desk: &mut Desk, asked: &DueRetention) -> Result<(), Failure> {
    let mut left = if asked.limit == 0 { u32::MAX } else { asked.limit };
    let mut on = asked.on.clone().unwrap_or_default();
    let (mut token, mut count) = (String::new(), 0);
    let mut rows = table(&["帳戶", "一併的帳戶", "最後活動日", "活動"]);
    loop {
        let page = page(desk, &on, left.min(PAGE), token).await?;
        // The pages of one run are told for one day, also over midnight.
        on.clone_from(&page.on);
        for due in &page.due {
            let others = due.accounts.iter().filter(|account| **account != due.resident);
            let others: Vec<&str> = others.map(|account| path(account)).collect();
            let (account, others) = (path(&due.resident), others.join("、"));
            rows.add_row([account, &others, &due.last_active_on, activity(&due.last_activity)]);
        }
        count += page.due.len();
        left = left.saturating_sub(u32::try_from(page.due.len()).unwrap_or(u32::MAX));
        if common.json {
            println!("{}", serde_json::to_string(&page).map_err(Failure::unavailable)?);
        }
        if page.next_page_token.is_empty() || left == 0 {
            if !common.json {
                show_due(&page, count, &rows);
            }
            return Ok(());
        }
        token = page.next_page_token;
    }
}

fn activity(word: &str) -> &str {
    match word {
        "entry" => "學習記錄",
        "redemption" => "兌換",
        "consent" => "同意",
        "household" => "入戶",
        "person_recorded" => "存入個人資料",
        other => other,
    }
}

fn show_due(last: &proto::ListRetentionDueResponse, count: usize, rows: &impl std::fmt::Display) {
    if last.months == 0 {
        println!("沒有訂保存期限，沒有人到期。No rule: nobody is due.");
        return;
    }
    println!(
        "{} 到期：{} 起（{} 個月）沒有活動的 {count} 人（帳本位置 {}）",
        last.on, last.inactive_since, last.months, last.position
    );
    println!("{rows}");
    if !last.next_page_token.is_empty() {
        println!("還有更多，用 --limit 0 全列。There are more: --limit 0 lists all.");
    }
    println!("這是試算，沒有改變任何資料。A dry run: nothing was changed.");
}

async fn propose(common: &Common, desk: &mut Desk, asked: &ProposeRetention) -> Result<(), Failure> {
    let mut on = asked.on.clone().unwrap_or_default();
    let mut residents: Vec<String> = asked.accounts.iter().map(|account| desk.name(account)).collect();
    let mut token = String::new();
    // Also where they are named the first page is read: it tells today.
    while on.is_empty() || asked.accounts.is_empty() && residents.len() < MAX_DUE {
        let page = page(desk, &on, PAGE, token).await?;
        on = page.on;
        if asked.accounts.is_empty() {
            residents.extend(page.due.into_iter().map(|due| due.resident));
        }
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    if residents.is_empty() {
        return Err(Failure::refused(
            "RETENTION_NOT_DUE",
            "沒有人到期，不必提出。Nobody is due: there is nothing to propose.".to_owned(),
        ));
    }
    if asked.accounts.is_empty() {
        residents.truncate(MAX_DUE);
    }
    let request = proto::ProposeRetentionRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        person: asked.acting.by.person.clone(),
        on,
        residents,
    };
    let answer = desk.retention.propose_retention(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let proposal = answer.proposal.unwrap_or_default();
    println!(
        "提議刪除 {} 到期的 {} 人（{} 個帳戶）的個人資料，須在 {} 前由另一人核准。",
        proposal.on, proposal.residents, proposal.accounts, proposal.expires_on
    );
    println!("提案位置 {}，內容摘要 {}", proposal.proposed_at, proposal.sha256);
    println!("還沒有刪除任何資料。Nothing is erased yet: another person approves it.");
    Ok(())
}

async fn approve(common: &Common, desk: &mut Desk, asked: &ApproveRetention) -> Result<(), Failure> {
    let request = proto::ApproveRetentionRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        person: asked.acting.by.person.clone(),
        proposed_at: asked.proposed_at,
        sha256: asked.sha256.clone(),
    };
    let answer = desk.retention.approve_retention(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("{} 人的個人資料已刪除（第 {} 號起）；記錄和合計照舊。", answer.erased.len(), answer.position);
    if !answer.left_out.is_empty() {
        let left_out: Vec<&str> = answer.left_out.iter().map(|name| path(name)).collect();
        println!("其間不再到期、沒有刪除的：{}。Not due any more and not erased.", left_out.join("、"));
    }
    println!("Backups from before still hold it, sealed: let them expire (docs/directory.md).");
    Ok(())
}
