//! The report 月報 of some months: by organisation and by kind, each figure as it stood at the closing and as it stands.

use super::{Draft, Press, Subject};
use crate::desk::id;
use crate::language::{Text, texts};
use crate::stop::Stop;
use crate::words;
use creditbank_grpc::proto;
use creditbank_print::{Block, Cell, Table};
use std::collections::HashMap;

texts! {
    pub(super) TITLE = "月報", "月报", "Report";
    MONTHS = "月份", "月份", "Months";
    CLOSED = "已結月", "已结月", "Closed";
    OPEN = "尚未結月：以下是目前的數字。", "尚未结月：以下是目前的数字。", "Not closed yet: the figures are those of today.";
    ARROW = "「→」之前是結月時的數字，之後是目前的數字。", "「→」之前是结月时的数字，之后是目前的数字。", "Before an arrow stands the figure at the closing, behind it that of today.";
    APART = "人數、場次各列分別去重，不能相加；人次、無名單人次、分鐘可以相加。", "人数、场次各行分别去重，不能相加；人次、无名单人次、分钟可以相加。", "Persons and sessions are counted once in each row and do not add up; attendances, heads and minutes do.";
    BY_ORGANIZATION = "按機構", "按机构", "By organisation";
    BY_KIND = "按類別", "按类别", "By kind";
    CORRECTED = "更正以前月份", "更正以前月份", "Corrections of earlier months";
    LATE = "補記人次", "补记人次", "Recorded late";
    TAKEN_BACK = "沖正人次", "冲正人次", "Reversed";
    LATE_MINUTES = "補記分鐘", "补记分钟", "Minutes recorded late";
    BACK_MINUTES = "沖正分鐘", "冲正分钟", "Minutes reversed";
    UNSTATED = "（未填）", "（未填）", "(not stated)";
}

/// The figures of a row, in the order of the columns.
const COLUMNS: [Text; 6] =
    [words::ATTENDANCES, words::PERSONS, words::HEADS, words::SESSIONS, words::MINUTES, words::REVERSED];

fn figures(of: &proto::Figures) -> [u64; 6] {
    [of.attendances, of.persons, of.heads, of.sessions, of.minutes, of.reversed]
}

/// What a report says at a position.
pub(super) async fn draft(
    press: &Press,
    subject: &Subject,
    period: &str,
    organization: &str,
    position: u64,
) -> Result<Draft, Stop> {
    let by_organization = ask(press, period, organization, "organization", position).await?;
    let by_kind = ask(press, period, organization, "kind", position).await?;
    let mut digested = press.figures(subject, position);
    for (report, what) in [(&by_organization, "organization"), (&by_kind, "kind")] {
        for row in report.rows.iter().chain(&report.total) {
            let value = row.values.first().map_or("", String::as_str);
            for (when, figure) in [("closed", &row.closed), ("now", &row.restated)] {
                let Some(figure) = figure else { continue };
                let [a, b, c, d, e, f] = figures(figure);
                digested.line(&[&what, &value, &when, &a, &b, &c, &d, &e, &f]);
            }
        }
    }
    let called: HashMap<&str, String> = by_organization
        .organizations
        .iter()
        .map(|one| {
            (id(&one.organization), format!("{}{}", "　".repeat(one.depth as usize), one.display_name))
        })
        .collect();
    let kinds = press.desk.kinds().await?;
    let organizations = |value: &str| called.get(value).cloned().unwrap_or_else(|| value.to_owned());
    let kind = |value: &str| words::kind(&kinds, value, press.language).to_owned();
    let mut blocks = vec![
        Block::Heading(press.say(BY_ORGANIZATION)),
        table(press, words::ORGANIZATION, &by_organization, &organizations),
        Block::Heading(press.say(BY_KIND)),
        table(press, words::KIND, &by_kind, &kind),
    ];
    if !by_kind.corrections.is_empty() {
        blocks.push(Block::Heading(press.say(CORRECTED)));
        blocks.push(corrections(press, &by_kind.corrections));
    }
    let closed: Vec<String> = by_kind
        .months
        .iter()
        .filter(|month| month.closed_at > 0)
        .map(|month| format!("{}（{}）", month.month, month.closed_at))
        .collect();
    blocks.push(Block::Note(press.say(if closed.is_empty() { OPEN } else { ARROW })));
    blocks.push(Block::Note(press.say(APART)));
    let months: Vec<&str> = by_kind.months.iter().map(|month| month.month.as_str()).collect();
    let mut facts = vec![(press.say(MONTHS), months.join(" "))];
    if !closed.is_empty() {
        facts.push((press.say(CLOSED), closed.join(" ")));
    }
    let root = by_organization.organizations.first().filter(|_| !organization.is_empty());
    let subject = match root {
        Some(root) => format!("{period} · {}", root.display_name),
        None => period.to_owned(),
    };
    Ok(Draft { title: press.language.say(TITLE), subject, position, facts, blocks, figures: digested })
}

async fn ask(
    press: &Press,
    period: &str,
    organization: &str,
    by: &str,
    position: u64,
) -> Result<proto::Report, Stop> {
    let organization = match organization {
        "" => String::new(),
        organization => press.desk.name(&format!("organizations/{organization}")),
    };
    let request = proto::GetReportRequest {
        parent: press.desk.parent.to_string(),
        period: period.to_owned(),
        organization,
        group_by: vec![by.to_owned()],
        as_of_position: position,
        min_position: 0,
    };
    Ok(press.desk.reports().get_report(request).await?.into_inner().report.unwrap_or_default())
}

/// Each figure as it stands; where it was another at the closing, both with an arrow between.
fn cells(row: &proto::ReportRow) -> impl Iterator<Item = Cell> {
    let now = figures(&row.restated.unwrap_or_default());
    let then = row.closed.as_ref().map_or(now, figures);
    let told =
        |(then, now): (u64, u64)| if then == now { now.to_string() } else { format!("{then} → {now}") };
    then.into_iter().zip(now).map(told).map(Cell::Text)
}

fn table(press: &Press, head: Text, report: &proto::Report, called: &dyn Fn(&str) -> String) -> Block {
    // The first is the longest word in English.
    let figures = COLUMNS.into_iter().zip([12, 9, 9, 9, 9, 9]);
    let figures = figures.map(|(column, share)| press.number(column, share));
    let columns = std::iter::once(press.words(head, 21)).chain(figures).collect();
    let label = |row: &proto::ReportRow| match row.values.first().map_or("", String::as_str) {
        "" => press.say(UNSTATED),
        value => called(value),
    };
    let rows =
        report.rows.iter().map(|row| std::iter::once(Cell::Text(label(row))).chain(cells(row)).collect());
    let all = report.total.clone().unwrap_or_default();
    let total = std::iter::once(Cell::Text(press.say(words::TOTAL))).chain(cells(&all)).collect();
    Block::Table(Table { columns, rows: rows.collect(), total, row_mm: 0 })
}

fn corrections(press: &Press, corrections: &[proto::MonthCorrection]) -> Block {
    let columns = vec![
        press.words(MONTHS, 4),
        press.number(LATE, 4),
        press.number(LATE_MINUTES, 4),
        press.number(TAKEN_BACK, 4),
        press.number(BACK_MINUTES, 4),
    ];
    let rows = corrections.iter().map(|one| {
        let (late, back) = (one.late.unwrap_or_default(), one.reversed.unwrap_or_default());
        let counts = [late.attendances, late.minutes, back.attendances, back.minutes];
        let counts = counts.map(|count| Cell::Text(count.to_string()));
        std::iter::once(Cell::Text(one.month.clone())).chain(counts).collect()
    });
    Block::Table(Table { columns, rows: rows.collect(), total: Vec::new(), row_mm: 0 })
}
