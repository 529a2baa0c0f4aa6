//! `creditbank batches` and `reverse-batch`: what came together in one file, and how all of it goes again.

use crate::args::{Batches, Common, ReverseBatch};
use crate::connect::{Desk, request_id};
use crate::failure::{FINDINGS, Failure};
use crate::import::ask;
use crate::progress;
use crate::show::{id, print_json, table};
use creditbank_grpc::proto;
use creditbank_posting::{Undone, reverse_batch};
use serde_json::json;
use std::process::ExitCode;

/// Entries that need a correction that are printed; `--json` has up to 2,000 of them.
const SHOWN: usize = 20;

pub(crate) async fn list(common: &Common, asked: &Batches) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let parent = desk.name(&format!("organizations/{}", asked.organization));
    let mut page_token = String::new();
    let mut rows = table(&["批", "筆數", "現有效", "首筆", "末筆"]);
    loop {
        let request = proto::ListBatchesRequest { parent: parent.clone(), page_size: 1_000, page_token };
        let page = desk.corrections.list_batches(request).await?.into_inner();
        for batch in &page.batches {
            if common.json {
                println!("{}", serde_json::to_string(batch).map_err(Failure::unavailable)?);
                continue;
            }
            rows.add_row([
                id(&batch.name).to_owned(),
                batch.entries.to_string(),
                batch.standing.to_string(),
                batch.first_at.to_string(),
                batch.last_at.to_string(),
            ]);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    if !common.json {
        println!("{rows}");
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn reverse(common: &Common, asked: &ReverseBatch) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let name = desk.name(&format!("organizations/{}/batches/{}", asked.posted_by, asked.batch));
    let request = proto::GetBatchRequest { name: name.clone() };
    let batch = desk.corrections.get_batch(request).await?.into_inner().batch.unwrap_or_default();
    if !common.json {
        println!("批 {}：共 {} 筆，現有效 {} 筆。", asked.batch, batch.entries, batch.standing);
    }
    if !ask(asked.yes, "要全部沖正嗎？Reverse all that stands")? {
        return Ok(ExitCode::SUCCESS);
    }
    let acting = asked.organization.as_ref().unwrap_or(&asked.posted_by);
    let request = proto::ReverseBatchRequest {
        name,
        request_id: request_id(asked.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{acting}")),
        reason: asked.reason.clone(),
    };
    let bar = progress::bar("沖正 {pos}/{len} {wide_bar} {eta}", batch.entries);
    let hear = |undone: &Undone| bar.set_position(undone.told.seen);
    let Undone { told: last, closed, uncovered } = reverse_batch(&desk.corrections, &request, hear).await?;
    bar.finish_and_clear();
    let closed = closed.iter().map(|entry| ("closed_entry", entry));
    let uncovered = uncovered.iter().map(|entry| ("uncovered_entry", entry));
    let mut left = Vec::new();
    for (why, entry) in closed.chain(uncovered) {
        if common.json {
            println!("{}", json!({ why: entry }));
        } else if left.len() < SHOWN {
            left.push(format!("#{}", id(entry)));
        }
    }
    let needs_correction = last.closed + last.uncovered;
    let code = if needs_correction > 0 { ExitCode::from(FINDINGS) } else { ExitCode::SUCCESS };
    if common.json {
        print_json(&last)?;
        return Ok(code);
    }
    println!(
        "已沖正 {} 筆，先前已沖 {} 筆，已結帳月份 {} 筆、學分已兌換 {} 筆未沖（帳本位置 {}）。",
        last.reversed, last.already_reversed, last.closed, last.uncovered, last.position
    );
    if needs_correction > 0 {
        let more = if needs_correction > SHOWN as u64 { " …" } else { "" };
        println!("  {}{more}", left.join(" "));
        println!(
            "  這些須提出更正，由另一人核准：creditbank correct propose --reverse 號碼。\
             These need a correction that another person approves."
        );
    }
    Ok(code)
}
