//! The learning statement 學分證明: what an account has, by kind and entry by entry.

use super::{Draft, Press, Subject, named, too_long};
use crate::account::{self, statement::state};
use crate::desk::id;
use crate::language::texts;
use crate::stop::Stop;
use crate::words::{self, credits};
use creditbank_grpc::proto;
use creditbank_print::{Block, Cell, Column, MOST_ROWS, Table};

/// Lines asked for at a time: the most that are given (`GetStatementRequest.page_size`).
const PAGE: u32 = 1_000;

texts! {
    pub(super) TITLE = "學分證明", "学分证明", "Learning statement";
    NAME = "姓名", "姓名", "Name";
    BY_HAND = "＿＿＿＿＿＿＿＿＿＿（由開立單位填寫）", "＿＿＿＿＿＿＿＿＿＿（由开具单位填写）", "____________________ (filled in by hand)";
    PERIOD = "期間", "期间", "Period";
    ALL = "全部", "全部", "all";
    TOTAL = "學分合計", "学分合计", "Total credits";
    LINES = "逐筆明細", "逐笔明细", "Entries";
    NOTHING = "這段期間沒有記錄。", "这段期间没有记录。", "Nothing was recorded in this period.";
}

/// What a statement says at a position.
pub(super) async fn draft(
    press: &Press,
    subject: &Subject,
    account: &str,
    year: i32,
    position: u64,
) -> Result<Draft, Stop> {
    let name = press.desk.name(account);
    let day = |day: &str| if year == 0 { String::new() } else { format!("{year:04}-{day}") };
    let request = proto::GetBalanceRequest {
        name: name.clone(),
        as_of_position: position,
        occurred_from: day("01-01"),
        occurred_to: day("12-31"),
        ..Default::default()
    };
    let answer = press.desk.accounts().get_balance(request).await?.into_inner();
    let balance = answer.balance.unwrap_or_default();
    let lines = lines(press, name, year, position).await?;
    let mut figures = press.figures(subject, position);
    figures.line(&[
        &"total",
        &balance.centi_credits,
        &balance.pending_centi_credits,
        &balance.minutes,
        &balance.entries,
    ]);
    for kind in &balance.kinds {
        figures.line(&[
            &"kind",
            &kind.kind,
            &kind.centi_credits,
            &kind.capped_centi_credits,
            &kind.minutes,
            &kind.entries,
        ]);
    }
    for line in &lines {
        let Some(entry) = &line.entry else { continue };
        figures.line(&[
            &"entry",
            &entry.position,
            &entry.occurred_on,
            &entry.kind,
            &entry.minutes,
            &id(&entry.organization),
            &line.centi_credits,
            &entry.reversed_at,
        ]);
    }
    let kinds = press.desk.kinds().await?;
    let mut blocks = vec![by_kind(press, &balance, &kinds), Block::Heading(press.say(LINES))];
    blocks.push(match lines.is_empty() {
        true => Block::Text(press.say(NOTHING)),
        false => table(press, &lines, &kinds).await?,
    });
    let facts = facts(press, &balance, year);
    Ok(Draft {
        title: press.language.say(TITLE),
        subject: press.account(account),
        position,
        facts,
        blocks,
        figures,
    })
}

/// All lines, up to what fits a paper.
async fn lines(
    press: &Press,
    name: String,
    year: i32,
    position: u64,
) -> Result<Vec<proto::StatementLine>, Stop> {
    let mut lines = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::GetStatementRequest {
            name: name.clone(),
            year,
            page_size: PAGE,
            page_token,
            as_of_position: position,
            ..Default::default()
        };
        let page = press.desk.accounts().get_statement(request).await?.into_inner();
        lines.extend(page.lines);
        if page.next_page_token.is_empty() {
            return Ok(lines);
        }
        if lines.len() >= MOST_ROWS {
            return Err(too_long());
        }
        page_token = page.next_page_token;
    }
}

fn facts(press: &Press, balance: &proto::Balance, year: i32) -> Vec<(String, String)> {
    let period = if year == 0 { press.say(ALL) } else { format!("{year}-01-01–{year}-12-31") };
    let mut facts = vec![
        (press.say(NAME), press.say(BY_HAND)),
        (press.say(PERIOD), period),
        (press.say(TOTAL), credits(balance.centi_credits)),
    ];
    if balance.pending_centi_credits != 0 {
        facts.push((press.say(account::LATER), credits(balance.pending_centi_credits)));
    }
    facts.push((press.say(words::MINUTES), balance.minutes.to_string()));
    facts.push((press.say(words::ATTENDANCES), balance.entries.to_string()));
    if let Some(honours) = &balance.honours {
        facts.push((press.say(account::LEVEL), honours.level.to_string()));
        facts.push((press.say(account::STAR), honours.volunteer_star.to_string()));
    }
    if !balance.survivor.is_empty() {
        facts.push((press.say(account::ANSWERED), id(&balance.survivor).to_owned()));
    }
    if !balance.includes.is_empty() {
        let others: Vec<&str> = balance.includes.iter().map(|name| id(name)).collect();
        facts.push((press.say(account::INCLUDES), others.join(", ")));
    }
    facts
}

fn by_kind(press: &Press, balance: &proto::Balance, kinds: &[proto::Code]) -> Block {
    let columns: Vec<Column> = vec![
        press.words(words::KIND, 8),
        press.number(words::CREDITS, 3),
        press.number(words::CAPPED, 4),
        press.number(words::MINUTES, 3),
        press.number(words::ATTENDANCES, 4),
    ];
    let row = |name: &str, figures: [String; 4]| {
        std::iter::once(name.to_owned()).chain(figures).map(Cell::Text).collect::<Vec<Cell>>()
    };
    let rows = balance.kinds.iter().map(|kind| {
        let name = words::kind(kinds, &kind.kind, press.language);
        let (earned, capped) = (credits(kind.centi_credits), credits(kind.capped_centi_credits));
        row(name, [earned, capped, kind.minutes.to_string(), kind.entries.to_string()])
    });
    let total = [
        credits(balance.centi_credits),
        credits(balance.capped_centi_credits),
        balance.minutes.to_string(),
        balance.entries.to_string(),
    ];
    let total = row(press.language.say(words::TOTAL), total);
    Block::Table(Table { columns, rows: rows.collect(), total, row_mm: 0 })
}

async fn table(press: &Press, lines: &[proto::StatementLine], kinds: &[proto::Code]) -> Result<Block, Stop> {
    let names = press.organizations().await?;
    let columns = vec![
        press.number(words::NUMBER, 10),
        press.words(words::DAY, 14),
        press.words(words::KIND, 17),
        press.words(words::ORGANIZATION, 24),
        press.number(words::MINUTES, 9),
        press.number(words::CREDITS, 9),
        press.words(words::STATE, 17),
    ];
    let rows = lines.iter().filter_map(|line| {
        let entry = line.entry.as_ref()?;
        let cells = [
            entry.position.to_string(),
            entry.occurred_on.clone(),
            words::kind(kinds, &entry.kind, press.language).to_owned(),
            named(&names, &entry.organization).to_owned(),
            entry.minutes.to_string(),
            credits(line.centi_credits),
            state(press.language, entry, line.reversal.as_ref()),
        ];
        Some(cells.into_iter().map(Cell::Text).collect())
    });
    Ok(Block::Table(Table { columns, rows: rows.collect(), total: Vec::new(), row_mm: 0 }))
}
