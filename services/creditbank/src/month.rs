//! `creditbank close-month` and `closings`.

use crate::args::{CloseMonth, Common};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::show::{print_json, table};
use creditbank_grpc::proto;
use std::process::ExitCode;

pub(crate) async fn close(common: &Common, asked: &CloseMonth) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::CloseMonthRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.request_id.as_ref()),
        month: asked.month.clone(),
        organization: desk.name(&format!("organizations/{}", asked.organization)),
        closed_by: asked.by.clone(),
    };
    let answer = desk.reports.close_month(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let closing = answer.closing.unwrap_or_default();
    println!(
        "{} 已結帳（第 {} 號）。該月的記錄此後只能提出更正，由另一人核准。",
        closing.month, closing.closed_at
    );
    println!(
        "{} is closed at position {}: it changes by approved corrections only.",
        closing.month, closing.closed_at
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn list(common: &Common) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::ListClosingsRequest { parent: desk.parent.clone(), min_position: 0 };
    let answer = desk.reports.list_closings(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("帳本位置 {}", answer.position);
    if answer.closings.is_empty() {
        println!("還沒有月份結帳。No month is closed yet.");
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = table(&["月份", "結帳位置", "結帳人"]);
    for closing in &answer.closings {
        rows.add_row([closing.month.clone(), closing.closed_at.to_string(), closing.closed_by.clone()]);
    }
    println!("{rows}");
    Ok(ExitCode::SUCCESS)
}
