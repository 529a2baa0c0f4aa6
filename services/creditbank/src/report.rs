//! `creditbank report`: the 月報, half-year and yearly reports.

use crate::args::{Common, Report};
use crate::connect::Desk;
use crate::failure::Failure;
use crate::paper;
use crate::show::{credits, id, print_json, right, table};
use creditbank_console::Subject;
use creditbank_grpc::proto;
use std::collections::HashMap;
use std::process::ExitCode;

/// The figures of a row, in the order of the columns.
const COLUMNS: [&str; 7] = ["人次", "人數", "無名單人次", "場次", "分鐘", "學時", "沖正"];

fn dimension(code: &str) -> &str {
    match code {
        "month" => "月份",
        "organization" => "機構",
        "kind" => "類別",
        "subject" => "主題",
        "audience" => "對象",
        "mode" => "方式",
        other => other,
    }
}

fn figures(figures: &proto::Figures) -> [String; 7] {
    let hours = i64::try_from(figures.centi_class_hours).unwrap_or(i64::MAX);
    [
        figures.attendances.to_string(),
        figures.persons.to_string(),
        figures.heads.to_string(),
        figures.sessions.to_string(),
        figures.minutes.to_string(),
        credits(hours),
        figures.reversed.to_string(),
    ]
}

/// Each figure as it stands; where it was another at the closing, both with an arrow between.
fn cells(row: &proto::ReportRow) -> Vec<String> {
    let restated = figures(&row.restated.unwrap_or_default());
    let Some(closed) = &row.closed else { return restated.into() };
    let both = figures(closed).into_iter().zip(restated);
    both.map(|(then, now)| if then == now { now } else { format!("{then} → {now}") }).collect()
}

pub(crate) async fn run(common: &Common, asked: &Report) -> Result<ExitCode, Failure> {
    if let Some(file) = &asked.paper.pdf {
        let organization = asked.organization.clone().unwrap_or_default();
        let subject = Subject::Report { period: asked.period.clone(), organization };
        let at = asked.as_of.to_string();
        return paper::print(common, &subject, Some(&at), &asked.paper, file).await;
    }
    let mut desk = Desk::open(common).await?;
    let organization = asked.organization.as_ref();
    let request = proto::GetReportRequest {
        parent: desk.parent.clone(),
        period: asked.period.clone(),
        organization: organization.map(|id| desk.name(&format!("organizations/{id}"))).unwrap_or_default(),
        group_by: asked.by.iter().filter(|by| !by.is_empty()).cloned().collect(),
        as_of_position: asked.as_of,
        min_position: 0,
    };
    let report = desk.reports.get_report(request).await?.into_inner().report.unwrap_or_default();
    if common.json {
        print_json(&report)?;
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &proto::Report) {
    let closed = report.months.iter().filter(|month| month.closed_at > 0);
    let closed: Vec<String> =
        closed.map(|month| format!("{}（#{}）", month.month, month.closed_at)).collect();
    println!("{}  帳本位置 {}", report.period, report.position);
    match closed.as_slice() {
        [] => println!("尚未結帳：以下是目前的數字。"),
        _ => println!("已結帳 {}；「→」之前是結帳時，之後是現在。", closed.join("、")),
    }
    let names: HashMap<&str, &proto::ReportOrganization> =
        report.organizations.iter().map(|held| (id(&held.organization), held)).collect();
    let mut header: Vec<&str> = report.group_by.iter().map(|code| dimension(code)).collect();
    if header.is_empty() {
        header.push("");
    }
    let first = header.len();
    header.extend(COLUMNS);
    let mut rows = table(&header);
    for row in &report.rows {
        let labels = row.values.iter().zip(&report.group_by).map(|(value, dimension)| {
            match names.get(value.as_str()).filter(|_| dimension == "organization") {
                Some(held) => format!("{}{} {value}", "　".repeat(held.depth as usize), held.display_name),
                None if value.is_empty() => "（未填）".to_owned(),
                None => value.clone(),
            }
        });
        rows.add_row(labels.chain(cells(row)));
    }
    let total = report.total.clone().unwrap_or_default();
    let label = std::iter::once("合計".to_owned()).chain(std::iter::repeat_n(String::new(), first - 1));
    rows.add_row(label.chain(cells(&total)));
    right(&mut rows, &(first..first + COLUMNS.len()).collect::<Vec<_>>());
    println!("{rows}");
    println!("人數和場次各列分別去重，不能相加；人次、無名單人次、分鐘可以。");
    if !report.corrections.is_empty() {
        println!("更正以前月份");
        let mut rows = table(&[
            "月份",
            "補記筆數",
            "人次",
            "無名單人次",
            "分鐘",
            "沖正筆數",
            "人次",
            "無名單人次",
            "分鐘",
        ]);
        for correction in &report.corrections {
            let counts = |counts: proto::CorrectionCounts| {
                [counts.entries, counts.attendances, counts.heads, counts.minutes].map(|n| n.to_string())
            };
            let late = counts(correction.late.unwrap_or_default());
            let reversed = counts(correction.reversed.unwrap_or_default());
            rows.add_row(std::iter::once(correction.month.clone()).chain(late).chain(reversed));
        }
        right(&mut rows, &(1..9).collect::<Vec<_>>());
        println!("{rows}");
    }
}
