//! The list of families 學習型家庭名單: those who are named, before the naming those who are chosen. No member is on it, so no
//! minor.

use super::{Draft, Press, Subject, named, refused, too_long};
use crate::desk::id;
use crate::language::texts;
use crate::selection::{NOTICE, STANDARD, WINDOW};
use crate::stop::Stop;
use crate::words;
use creditbank_grpc::proto;
use creditbank_print::{Block, Cell, Table};
use ledger_core::Reason;
use std::collections::BTreeSet;

texts! {
    pub(super) TITLE_NAMED = "學習型家庭名單", "学习型家庭名单", "List of learning families";
    TITLE_CHOSEN = "學習型家庭入選名單", "学习型家庭入选名单", "List of families chosen";
    NOT_FROZEN = "名單還沒有定：先定名單，再列印。", "名单还没有定：先定名单，再打印。", "The list is not frozen yet: freeze it, then print it.";
    RANK = "名次", "名次", "Rank";
    HOUSEHOLD = "家庭帳戶", "家庭账户", "Household";
    HOUSEHOLDS = "戶數", "户数", "Households";
    AWARDED = "命名日期", "命名日期", "Awarded on";
    LIST = "名單 SHA-256", "名单 SHA-256", "SHA-256 of the list";
}

/// What the list says; `claimed` is the position that an earlier paper says of itself.
pub(super) async fn draft(
    press: &Press,
    subject: &Subject,
    selection: &str,
    claimed: Option<u64>,
) -> Result<Draft, Stop> {
    let name = press.desk.name(&format!("selections/{selection}"));
    let request = proto::GetSelectionRequest { name: name.clone(), min_position: 0 };
    let answer = press.desk.selections().get_selection(request).await?.into_inner();
    let held = answer.selection.unwrap_or_default();
    let frozen = held.list.as_ref().filter(|list| list.frozen_at > 0);
    let Some(list) = frozen else {
        return Err(refused(Reason::StageOrder, "selection", NOT_FROZEN));
    };
    let by_then = |naming: &&proto::Naming| claimed.is_none_or(|position| naming.named_at <= position);
    let naming = held.naming.as_ref().filter(|naming| naming.named_at > 0).filter(by_then);
    let on_list = match naming {
        Some(_) => Some(titled(press, name.clone()).await?),
        None => None,
    };
    let candidates = chosen(press, name, list.list_position, on_list.as_ref()).await?;
    let position = naming.map_or(list.list_position, |naming| naming.named_at);
    let mut figures = press.figures(subject, position);
    figures.line(&[&"list", &list.sha256]);
    for candidate in &candidates {
        figures.line(&[
            &"family",
            &candidate.rank,
            &id(&candidate.account),
            &id(&candidate.community),
            &candidate.points,
        ]);
    }
    let mut facts = vec![
        (press.say(words::YEAR), held.year.to_string()),
        (press.say(STANDARD), format!("{} {}", id(&held.standard), held.standard_version)),
        (press.say(WINDOW), format!("{}–{}", held.from, held.to)),
        (press.say(HOUSEHOLDS), candidates.len().to_string()),
    ];
    if let Some(naming) = naming {
        facts.push((press.say(AWARDED), naming.from.clone()));
    } else if !held.notice_from.is_empty() {
        facts.push((press.say(NOTICE), format!("{}–{}", held.notice_from, held.notice_to)));
    }
    facts.push((press.say(LIST), list.sha256.clone()));
    let title = press.language.say(if naming.is_some() { TITLE_NAMED } else { TITLE_CHOSEN });
    let blocks = vec![table(press, &candidates).await?];
    Ok(Draft { title, subject: selection.to_owned(), position, facts, blocks, figures })
}

/// Who is named, as resource names.
async fn titled(press: &Press, name: String) -> Result<BTreeSet<String>, Stop> {
    let request = proto::GetNamingRequest { name };
    let answer = press.desk.selections().get_naming(request).await?.into_inner();
    Ok(answer.named.into_iter().collect())
}

/// The candidates of the frozen list who are on the paper, in its order.
async fn chosen(
    press: &Press,
    selection: String,
    position: u64,
    named: Option<&BTreeSet<String>>,
) -> Result<Vec<proto::RankedCandidate>, Stop> {
    let request = proto::RankHouseholdsRequest {
        parent: press.desk.parent.to_string(),
        yardstick: Some(proto::Yardstick { selection, ..Default::default() }),
        as_of_position: position,
        ..Default::default()
    };
    let mut parts = press.desk.evaluations().rank_households(request).await?.into_inner();
    let mut candidates = Vec::new();
    while let Some(part) = parts.message().await? {
        candidates.extend(part.candidates.into_iter().filter(|candidate| match named {
            Some(named) => named.contains(&candidate.account),
            None => ["chosen", "chosen_for_community"].contains(&candidate.outcome.as_str()),
        }));
        if candidates.len() > creditbank_print::MOST_ROWS {
            return Err(too_long());
        }
    }
    Ok(candidates)
}

async fn table(press: &Press, candidates: &[proto::RankedCandidate]) -> Result<Block, Stop> {
    let names = press.organizations().await?;
    let columns = vec![
        press.number(RANK, 2),
        press.words(HOUSEHOLD, 6),
        press.words(words::COMMUNITY, 8),
        press.number(words::POINTS, 3),
    ];
    let rows = candidates.iter().map(|candidate| {
        let cells = [
            candidate.rank.to_string(),
            id(&candidate.account).to_owned(),
            named(&names, &candidate.community).to_owned(),
            candidate.points.to_string(),
        ];
        cells.into_iter().map(Cell::Text).collect()
    });
    Ok(Block::Table(Table { columns, rows: rows.collect(), total: Vec::new(), row_mm: 0 }))
}
