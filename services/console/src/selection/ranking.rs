//! All candidates ranked: those of a selection, or all households by a standard that is tried out.

use crate::account::{OUTCOMES, STANDARD, sheet, yardstick};
use crate::desk::{id, path};
use crate::form::Form;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words::{self, called};
use creditbank_grpc::proto;
use maud::{Markup, html};

/// Candidates that are shown (our own default).
const SHOWN: u64 = 200;

texts! {
    TITLE = "排名", "排名", "Ranking";
    PURPOSE = "依標準排出的名次；點帳戶看評分表。只是計算，不改任何記錄。", "依标准排出的名次；点账户看评分表。只是计算，不改任何记录。", "All candidates ranked by the standard; choose one to see its score sheet. Nothing is changed by looking.";
    RANK = "名次", "名次", "Rank";
    OUTCOME = "結果", "结果", "Outcome";
    MEMBERS = "成員", "成员", "Members";
    MISSING = "還差", "还差", "Still missing";
    CANDIDATES = "戶數", "户数", "Candidates";
    QUALIFIED = "合格", "合格", "Qualified";
    CHOSEN = "入選", "入选", "Chosen";
    PLACES = "名額", "名额", "Places";
    ALL = "不限", "不限", "all who qualify";
    BASIS = "標準與期間", "标准与期间", "Standard and days";
    DIGEST = "名單摘要 SHA-256", "名单摘要 SHA-256", "SHA-256 of the list";
    FIRST = "以下列出前 200 戶。", "以下列出前 200 户。", "The first 200 are shown.";
}

/// `/ranking`.
pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let shown = if form.get(crate::out::AS).is_empty() { SHOWN } else { 0 };
    let (basis, candidates) = ranked(&visitor, &form, shown).await?;
    let say = |text| visitor.say(text);
    let title = match form.get("selection") {
        "" => {
            format!("{} · {}", say(TITLE), if basis.standard.is_empty() { STANDARD } else { &basis.standard })
        }
        selection => format!("{} · {selection}", say(TITLE)),
    };
    let body = html! {
        dl.facts {
            dt { (say(BASIS)) }
            dd { (basis.standard) " " (basis.standard_version) "，" (basis.window_from) "–" (basis.window_to) }
            dt { (say(CANDIDATES)) } dd { (basis.candidates) }
            dt { (say(QUALIFIED)) } dd { (basis.qualified) }
            dt { (say(CHOSEN)) } dd { (basis.chosen) }
            dt { (say(PLACES)) } dd { @if basis.places == 0 { (say(ALL)) } @else { (basis.places) } }
            dt { (say(DIGEST)) } dd { code { (basis.sha256) } }
        }
        @if basis.candidates > SHOWN { p { (say(FIRST)) } }
        @if candidates.is_empty() { p { (say(words::NONE)) } }
        @else { (table(&visitor, &form, &candidates)) }
    };
    Ok(Page::new(title, say(PURPOSE), basis.position, body))
}

/// The first candidates of a list, and what the list is based on.
async fn ranked(
    visitor: &Visitor,
    form: &Form,
    limit: u64,
) -> Result<(proto::ListBasis, Vec<proto::RankedCandidate>), Stop> {
    let request = proto::RankHouseholdsRequest {
        parent: visitor.desk().parent.to_string(),
        yardstick: Some(yardstick(visitor, form)),
        as_of_position: form.get("at").parse().unwrap_or(0),
        limit,
        ..Default::default()
    };
    let mut parts = visitor.desk().evaluations().rank_households(request).await?.into_inner();
    let mut basis = proto::ListBasis::default();
    let mut candidates = Vec::new();
    while let Some(part) = parts.message().await? {
        basis = part.basis.unwrap_or(basis);
        candidates.extend(part.candidates);
    }
    Ok((basis, candidates))
}

/// What a selection's list is based on as it stands.
pub(super) async fn basis(visitor: &Visitor, form: &Form) -> Result<proto::ListBasis, Stop> {
    Ok(ranked(visitor, form, 1).await?.0)
}

fn table(visitor: &Visitor, form: &Form, candidates: &[proto::RankedCandidate]) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(TITLE),
        &html! {
            thead { tr {
                th.n scope="col" { (say(RANK)) }
                th scope="col" { (say(words::ACCOUNT)) }
                th scope="col" { (say(words::COMMUNITY)) }
                th.n scope="col" { (say(MEMBERS)) }
                th.n scope="col" { (say(words::POINTS)) }
                th scope="col" { (say(OUTCOME)) }
                th scope="col" { (say(MISSING)) }
            } }
            tbody {
                @for candidate in candidates {
                    tr {
                        td.n { @if candidate.rank > 0 { (candidate.rank) } @else { "–" } }
                        th scope="row" { a href=(sheet(path(&candidate.account), form)) { (id(&candidate.account)) } }
                        td { (id(&candidate.community)) }
                        td.n { (candidate.members) }
                        td.n { (candidate.points) }
                        td { (called(&OUTCOMES, &candidate.outcome, visitor.language)) }
                        td { (missing(visitor, candidate)) }
                    }
                }
            }
        },
    )
}

/// What keeps a candidate back, and what is missing; folded, for it is long.
fn missing(visitor: &Visitor, candidate: &proto::RankedCandidate) -> Markup {
    let bars = candidate.bars.iter().map(|bar| visitor.said(bar.sentence.as_ref()));
    let items = candidate.items.iter().flat_map(|item| &item.missing).map(|text| visitor.said(Some(text)));
    let said: Vec<&str> = bars.chain(items).collect();
    html! {
        @if !said.is_empty() {
            details {
                summary { (said.len()) }
                ul { @for sentence in said { li { (sentence) } } }
            }
        }
    }
}
