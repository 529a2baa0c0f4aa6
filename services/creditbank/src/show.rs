//! The everyday commands: balance, explain, statement, entries, reverse. Each speaks gRPC, to a server or in process.

use crate::args::{Balance, Common, Entries, Explain, Reverse, Statement};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::paper;
use comfy_table::{CellAlignment, Table, presets};
use creditbank_console::Subject;
use creditbank_grpc::proto;
use ledger_core::quantity::CentiCredits;
use serde::Serialize;
use std::process::ExitCode;

/// Rows of one page when all pages are wanted.
pub(crate) const PAGE: u32 = 1_000;

pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    println!("{}", serde_json::to_string_pretty(value).map_err(Failure::unavailable)?);
    Ok(())
}

pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(header.to_vec());
    table
}

pub(crate) fn right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

pub(crate) fn credits(centi: i64) -> String {
    CentiCredits(centi).to_string()
}

/// The last part of a resource name.
pub(crate) fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The part of a resource name below its ledger.
pub(crate) fn path(name: &str) -> &str {
    name.splitn(3, '/').nth(2).unwrap_or(name)
}

pub(crate) async fn balance(common: &Common, of: &Balance) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    if let Some(collection) = &of.all {
        return all_balances(common, &mut desk, collection).await;
    }
    let name = desk.name(of.account.as_deref().unwrap_or_default());
    let When { as_of_position, as_of_time, occurred_from, occurred_to } = when(&of.when)?;
    let request = proto::GetBalanceRequest {
        name,
        min_position: 0,
        as_of_position,
        as_of_time,
        occurred_from,
        occurred_to,
    };
    let answer = desk.accounts.get_balance(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let balance = answer.balance.unwrap_or_default();
    println!("{}  帳本位置 {}", path(&balance.account), answer.position);
    answered_by(&balance.survivor, &balance.includes);
    let mut rows = table(&["類別", "學分", "上限外", "分鐘", "人次", "無名單人次"]);
    for kind in &balance.kinds {
        rows.add_row([
            kind.kind.clone(),
            credits(kind.centi_credits),
            credits(kind.capped_centi_credits),
            kind.minutes.to_string(),
            kind.entries.to_string(),
            kind.heads.to_string(),
        ]);
    }
    rows.add_row([
        "合計".to_owned(),
        credits(balance.centi_credits),
        credits(balance.capped_centi_credits),
        balance.minutes.to_string(),
        balance.entries.to_string(),
        balance.heads.to_string(),
    ]);
    right(&mut rows, &[1, 2, 3, 4, 5]);
    println!("{rows}");
    if balance.pending_centi_credits != 0 {
        println!("以後年度才計入：{} 學分", credits(balance.pending_centi_credits));
    }
    if let Some(honours) = &balance.honours {
        println!("{}", honours_line(honours));
    }
    Ok(ExitCode::SUCCESS)
}

/// Which accounts an answer is about, where it is not the one that was asked about alone.
pub(crate) fn answered_by(survivor: &str, includes: &[String]) {
    if !survivor.is_empty() {
        println!("已併入或改號，由 {} 回答", path(survivor));
    }
    if !includes.is_empty() {
        println!("含 {} 的記錄", includes.iter().map(|name| path(name)).collect::<Vec<_>>().join("、"));
    }
}

/// The levels, and what is missing to the next.
fn honours_line(honours: &proto::Honours) -> String {
    let mut line = format!("等級 {}", honours.level);
    if honours.next_level_missing_centi_credits > 0 {
        line.push_str(&format!("（還差 {} 學分升級）", credits(honours.next_level_missing_centi_credits)));
    }
    line.push_str(&format!("  志願服務 {} 星", honours.volunteer_star));
    if honours.next_star_missing_minutes > 0 {
        let (hours, minutes) =
            (honours.next_star_missing_minutes / 60, honours.next_star_missing_minutes % 60);
        line.push_str(&format!("（還差 {hours} 小時 {minutes} 分）"));
    }
    line
}

/// The same in the terms of the API.
struct When {
    as_of_position: u64,
    as_of_time: Option<prost_types::Timestamp>,
    occurred_from: String,
    occurred_to: String,
}

/// A position or an instant; none = as it is.
pub(crate) fn as_of(text: Option<&str>) -> Result<(u64, Option<prost_types::Timestamp>), Failure> {
    let as_of = text.unwrap_or("0");
    if let Ok(position) = as_of.parse::<u64>() {
        return Ok((position, None));
    }
    let instant = chrono::DateTime::parse_from_rfc3339(as_of).map_err(|_| {
        Failure::refused(
            "FIELD_INVALID",
            format!(
                "--as-of {as_of}：請填帳本位置或時刻，例如 2026-05-31T16:00:00Z。\
                 --as-of takes a position or an instant such as 2026-05-31T16:00:00Z."
            ),
        )
    })?;
    let nanos = i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or(0);
    Ok((0, Some(prost_types::Timestamp { seconds: instant.timestamp(), nanos })))
}

fn when(asked: &crate::args::When) -> Result<When, Failure> {
    let (as_of_position, as_of_time) = as_of(asked.as_of.as_deref())?;
    Ok(When {
        as_of_position,
        as_of_time,
        occurred_from: asked.from.clone().unwrap_or_default(),
        occurred_to: asked.to.clone().unwrap_or_default(),
    })
}

async fn all_balances(common: &Common, desk: &mut Desk, collection: &str) -> Result<ExitCode, Failure> {
    let mut page_token = String::new();
    if !common.json {
        println!("{:<40} {:>12} {:>12} {:>8} {:>10}", "帳戶", "學分", "分鐘", "人次", "無名單人次");
    }
    loop {
        let request = proto::ListBalancesRequest {
            parent: desk.parent.clone(),
            collection: collection.to_owned(),
            page_size: PAGE,
            page_token,
            min_position: 0,
        };
        let page = desk.accounts.list_balances(request).await?.into_inner();
        for balance in &page.balances {
            if common.json {
                // One object a line: a list of any length, in bounded memory.
                println!("{}", serde_json::to_string(balance).map_err(Failure::unavailable)?);
            } else {
                println!(
                    "{:<40} {:>12} {:>12} {:>8} {:>10}",
                    path(&balance.account),
                    credits(balance.centi_credits),
                    balance.minutes,
                    balance.entries,
                    balance.heads
                );
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        page_token = page.next_page_token;
    }
}

pub(crate) async fn explain(common: &Common, of: &Explain) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let When { as_of_position, as_of_time, occurred_from, occurred_to } = when(&of.when)?;
    let request = proto::ExplainBalanceRequest {
        name: desk.name(&of.account),
        min_position: 0,
        as_of_position,
        as_of_time,
        occurred_from,
        occurred_to,
    };
    let answer = desk.accounts.explain_balance(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let balance = answer.balance.unwrap_or_default();
    println!(
        "{}  {} 學分  規則 {} 第 {} 版  帳本位置 {}",
        path(&balance.account),
        credits(balance.centi_credits),
        answer.policy,
        answer.policy_version,
        answer.position
    );
    for line in &answer.lines {
        let sentence = line.sentence.clone().unwrap_or_default();
        let sentence = match of.language.as_str() {
            "en" => sentence.en,
            "zh-Hans" => sentence.hans,
            _ => sentence.hant,
        };
        println!(
            "  #{:<8} {} {:<4} {:>8}  {sentence}",
            id(&line.entry),
            line.occurred_on,
            line.kind,
            credits(line.centi_credits)
        );
    }
    let sum: i64 = answer.lines.iter().map(|line| line.centi_credits).sum();
    println!("  各筆合計 {}", credits(sum));
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn statement(common: &Common, of: &Statement) -> Result<ExitCode, Failure> {
    if let Some(file) = &of.paper.pdf {
        paper::only(&[("--from", of.when.from.is_some()), ("--to", of.when.to.is_some())])?;
        let subject = Subject::Statement { account: of.account.clone(), year: of.year.unwrap_or(0) };
        return paper::print(common, &subject, of.when.as_of.as_deref(), &of.paper, file).await;
    }
    let mut desk = Desk::open(common).await?;
    let mut lines = Vec::new();
    let mut page_token = String::new();
    let When { as_of_position, as_of_time, occurred_from, occurred_to } = when(&of.when)?;
    let (position, survivor) = loop {
        let request = proto::GetStatementRequest {
            name: desk.name(&of.account),
            year: of.year.unwrap_or(0),
            page_size: PAGE,
            page_token,
            min_position: 0,
            as_of_position,
            as_of_time,
            occurred_from: occurred_from.clone(),
            occurred_to: occurred_to.clone(),
        };
        let page = desk.accounts.get_statement(request).await?.into_inner();
        lines.extend(page.lines);
        if page.next_page_token.is_empty() {
            break (page.position, page.survivor);
        }
        page_token = page.next_page_token;
    };
    if common.json {
        let next_page_token = String::new();
        print_json(&proto::GetStatementResponse { lines, next_page_token, position, survivor })?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}  帳本位置 {position}", of.account);
    answered_by(&survivor, &[]);
    let mut rows = table(&["號", "日期", "類別", "分鐘", "機構", "學分", "沖正", "更正"]);
    for line in &lines {
        let entry = line.entry.clone().unwrap_or_default();
        let restated = restated(&entry, line.reversal.as_ref());
        rows.add_row([
            entry.position.to_string(),
            entry.occurred_on,
            entry.kind,
            entry.minutes.to_string(),
            id(&entry.organization).to_owned(),
            credits(line.centi_credits),
            if entry.reversed_at == 0 { String::new() } else { format!("#{}", entry.reversed_at) },
            restated,
        ]);
    }
    right(&mut rows, &[0, 3, 5]);
    println!("{rows}");
    Ok(ExitCode::SUCCESS)
}

/// What a correction did with an entry: recorded it, reversed it, and of which closed month.
fn restated(entry: &proto::Entry, reversal: Option<&proto::Reversal>) -> String {
    let of = |what: &str, correction: &str, month: &str| match (correction, month) {
        ("", _) => None,
        (correction, "") => Some(format!("{what}，更正 {}", id(correction))),
        (correction, month) => Some(format!("{what}，更正以前月份 {month}（更正 {}）", id(correction))),
    };
    let recorded = of("新記", &entry.correction, &entry.corrects_month);
    let reversed = reversal.and_then(|of_it| of("沖正", &of_it.correction, &of_it.corrects_month));
    recorded.into_iter().chain(reversed).collect::<Vec<_>>().join("；")
}

pub(crate) async fn entries(common: &Common, filter: &Entries) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let mut left = filter.limit;
    let mut page_token = String::new();
    if !common.json {
        println!("{:>9}  {:<10} {:<4} {:>7} {:<28} 機構", "號", "日期", "類別", "分鐘", "帳戶");
    }
    while left > 0 {
        let organization = filter
            .organization
            .as_ref()
            .map(|id| desk.name(&format!("organizations/{id}")))
            .unwrap_or_default();
        let request = proto::ListEntriesRequest {
            parent: desk.parent.clone(),
            account: filter.account.as_ref().map(|path| desk.name(path)).unwrap_or_default(),
            organization,
            page_size: left.min(PAGE),
            page_token,
            min_position: 0,
            newest_first: filter.newest,
        };
        let page = desk.ledger.list_entries(request).await?.into_inner();
        for entry in &page.entries {
            left = left.saturating_sub(1);
            if common.json {
                println!("{}", serde_json::to_string(entry).map_err(Failure::unavailable)?);
            } else {
                println!(
                    "{:>9}  {:<10} {:<4} {:>7} {:<28} {}{}",
                    entry.position,
                    entry.occurred_on,
                    entry.kind,
                    entry.minutes,
                    path(&entry.account),
                    id(&entry.organization),
                    if entry.reversed_at == 0 {
                        String::new()
                    } else {
                        format!("  沖正 #{}", entry.reversed_at)
                    },
                );
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn reverse(common: &Common, reverse: &Reverse) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::ReverseEntryRequest {
        name: desk.name(&format!("entries/{}", reverse.entry)),
        request_id: request_id(reverse.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", reverse.organization)),
        reason: reverse.reason.clone(),
    };
    let answer = desk.ledger.reverse_entry(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let reversal = answer.reversal.unwrap_or_default();
    println!("第 {} 號已沖正（{}），沖正號 {}。", reverse.entry, reversal.reason, reversal.position);
    Ok(ExitCode::SUCCESS)
}
