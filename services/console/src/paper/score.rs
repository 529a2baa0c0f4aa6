//! The score sheet 評分表 of a candidate: each item's points, what was measured, what is missing.

use super::{Draft, Press, Subject, Yard};
use crate::account::score::{
    BARRED, COUNTED_ON, ITEM, JUDGED, MAY_REACH, MEASURED, MISSING, MOST, PASS, TITLE, measured,
};
use crate::stop::Stop;
use crate::words;
use creditbank_grpc::proto;
use creditbank_print::{Block, Cell, Table};

/// What a score sheet says at a position.
pub(super) async fn draft(
    press: &Press,
    subject: &Subject,
    account: &str,
    by: &Yard,
    position: u64,
) -> Result<Draft, Stop> {
    let selection = match by.selection.as_str() {
        "" => String::new(),
        selection => press.desk.name(&format!("selections/{selection}")),
    };
    let yardstick = proto::Yardstick {
        selection,
        standard: by.standard.clone(),
        window_from: by.from.clone(),
        window_to: by.to.clone(),
        ..Default::default()
    };
    let request = proto::EvaluateHouseholdRequest {
        name: press.desk.name(account),
        yardstick: Some(yardstick),
        as_of_position: position,
        ..Default::default()
    };
    let answer = press.desk.evaluations().evaluate_household(request).await?.into_inner();
    let candidate = answer.candidate.unwrap_or_default();
    let mut figures = press.figures(subject, position);
    figures.line(&[
        &"points",
        &candidate.points,
        &candidate.pass_points,
        &candidate.most_points,
        &answer.counted_on,
    ]);
    for item in &candidate.items {
        figures.line(&[&"item", &item.item, &item.points, &item.most_points, &item.open_points]);
        for need in &item.needs {
            figures.line(&[&"need", &need.measure, &need.has, &need.needs]);
        }
    }
    for bar in &candidate.bars {
        figures.line(&[&"bar", &bar.bar]);
    }
    let basis = [&by.selection, &by.standard, &by.from, &by.to].map(String::as_str);
    let basis: Vec<&str> = basis.into_iter().filter(|part| !part.is_empty()).collect();
    let facts = vec![
        (press.say(words::POINTS), candidate.points.to_string()),
        (press.say(PASS), candidate.pass_points.to_string()),
        (press.say(MAY_REACH), candidate.most_points.to_string()),
        (press.say(COUNTED_ON), answer.counted_on),
        (press.say(crate::selection::STANDARD), basis.join(" ")),
    ];
    let mut blocks = vec![items(press, &candidate)];
    if !candidate.bars.is_empty() {
        blocks.push(Block::Heading(press.say(BARRED)));
        let bars = candidate.bars.iter().map(|bar| press.language.said(bar.sentence.as_ref()).to_owned());
        blocks.extend(bars.map(Block::Text));
    }
    Ok(Draft {
        title: press.language.say(TITLE),
        subject: press.account(account),
        position,
        facts,
        blocks,
        figures,
    })
}

fn items(press: &Press, candidate: &proto::RankedCandidate) -> Block {
    let columns = vec![
        press.words(ITEM, 22),
        press.number(words::POINTS, 9),
        press.number(MOST, 9),
        press.words(MEASURED, 28),
        press.number(JUDGED, 10),
        press.words(MISSING, 22),
    ];
    let rows = candidate.items.iter().map(|item| {
        let needs: Vec<String> = item.needs.iter().map(|need| measured(press.language, need)).collect();
        let missing: Vec<&str> =
            item.missing.iter().map(|missing| press.language.said(Some(missing))).collect();
        let cells = [
            press.language.said(item.name.as_ref()).to_owned(),
            item.points.to_string(),
            item.most_points.to_string(),
            needs.join("\n"),
            item.judged_points.map(|points| points.to_string()).unwrap_or_default(),
            missing.join("\n"),
        ];
        cells.into_iter().map(Cell::Text).collect()
    });
    let most: u32 = candidate.items.iter().map(|item| item.most_points).sum();
    let total = [press.say(words::TOTAL), candidate.points.to_string(), most.to_string()];
    Block::Table(Table { columns, rows: rows.collect(), total: total.map(Cell::Text).to_vec(), row_mm: 0 })
}
