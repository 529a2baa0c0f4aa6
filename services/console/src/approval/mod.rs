//! What waits for a second person.

mod correction;
mod document;
mod propose;

pub(crate) use correction::{page as correction, posted as settle_correction};
pub(crate) use document::{policy, publish_policy, publish_standard, standard};
pub(crate) use propose::{link as propose_link, page as propose, posted as proposed};

use crate::desk::{Desk, id};
use crate::form::Form;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words::{self, called, pages};
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    TITLE = "待核准", "待核准", "Waiting for approval";
    PURPOSE = "別人提出、等第二人核准的事；提出的人不能自己核准。", "别人提出、等第二人核准的事；提出的人不能自己核准。", "What one person proposed and another must approve.";
    CORRECTIONS = "更正", "更正", "Corrections";
    RULES = "學分規則", "学分规则", "Credit rules";
    STANDARDS = "評選標準", "评选标准", "Standards of the selection";
    PROPOSED_BY = "提出人", "提出人", "Proposed by";
    REVERSALS = "沖正筆數", "冲正笔数", "Reversals";
    RECORDS = "新記筆數", "新记笔数", "New entries";
    VERSION = "版本", "版本", "Version";
}

/// What an approval is about: the same on its page and in its table.
struct Waiting {
    href: String,
    name: String,
    version: u32,
    proposed_by: String,
    sha256: String,
}

pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let token = form.get("page");
    let request = proto::ListCorrectionsRequest {
        parent: visitor.desk().parent.to_string(),
        state: proto::CorrectionState::Open.into(),
        page_size: form.page_size(0),
        page_token: token.to_owned(),
    };
    let corrections = visitor.desk().corrections().list_corrections(request).await?.into_inner();
    let (rules, standards) = (rules(visitor.desk()).await?, standards(visitor.desk()).await?);
    let say = |text| visitor.say(text);
    let body = html! {
        h2 { (say(CORRECTIONS)) }
        @if corrections.corrections.is_empty() { p { (say(words::NONE)) } }
        @else { (waiting_corrections(&visitor, &corrections.corrections)) }
        (pages("/approvals", &[("page", token)], &corrections.next_page_token, visitor.language))
        h2 { (say(RULES)) }
        (documents(&visitor, say(RULES), &rules))
        h2 { (say(STANDARDS)) }
        (documents(&visitor, say(STANDARDS), &standards))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), corrections.position, body))
}

/// Rules that were proposed and are not published.
async fn rules(desk: &Desk) -> Result<Vec<Waiting>, Stop> {
    let request = proto::ListPoliciesRequest { parent: desk.parent.to_string() };
    let policies = desk.policies().list_policies(request).await?.into_inner().policies;
    let waiting = policies.into_iter().filter(|policy| !policy.published).map(|policy| {
        let version = id(&policy.name).parse().unwrap_or(0);
        let of = policy.name.rsplit('/').nth(2).unwrap_or_default();
        Waiting {
            href: format!("/policies/{of}/{version}"),
            name: of.to_owned(),
            version,
            proposed_by: policy.proposed_by,
            sha256: policy.sha256,
        }
    });
    Ok(waiting.collect())
}

/// Standards with a version that waits. A list tells the published one where there is one, so each is asked about.
async fn standards(desk: &Desk) -> Result<Vec<Waiting>, Stop> {
    let mut waiting = Vec::new();
    for name in desk.standards().await? {
        let request = proto::GetStandardRequest { name, version: 0, min_position: 0 };
        let answer = desk.selections().get_standard(request).await?.into_inner();
        let Some(standard) = answer.standard.filter(|standard| !standard.published) else { continue };
        waiting.push(Waiting {
            href: format!("/standards/{}/{}", id(&standard.name), standard.version),
            name: id(&standard.name).to_owned(),
            version: standard.version,
            proposed_by: standard.proposed_by,
            sha256: standard.sha256,
        });
    }
    Ok(waiting)
}

fn waiting_corrections(visitor: &Visitor, corrections: &[proto::Correction]) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(CORRECTIONS),
        &html! {
            thead { tr {
                th.n scope="col" { (say(words::NUMBER)) }
                th scope="col" { (say(words::ORGANIZATION)) }
                th scope="col" { (say(PROPOSED_BY)) }
                th scope="col" { (say(words::REASON)) }
                th.n scope="col" { (say(REVERSALS)) }
                th.n scope="col" { (say(RECORDS)) }
            } }
            tbody {
                @for correction in corrections {
                    tr {
                        th.n scope="row" { (words::link(&correction.name)) }
                        td { (id(&correction.organization)) }
                        td { (correction.proposed_by) }
                        td { (called(&words::REVERSAL_REASONS, &correction.reason, visitor.language)) }
                        td.n { (correction.reversal_count) }
                        td.n { (correction.entry_count) }
                    }
                }
            }
        },
    )
}

fn documents(visitor: &Visitor, caption: &str, waiting: &[Waiting]) -> Markup {
    let say = |text| visitor.say(text);
    if waiting.is_empty() {
        return html! { p { (say(words::NONE)) } };
    }
    wide(
        caption,
        &html! {
            thead { tr {
                th scope="col" { (caption) }
                th.n scope="col" { (say(VERSION)) }
                th scope="col" { (say(PROPOSED_BY)) }
                th scope="col" { (say(words::DIGEST)) }
            } }
            tbody {
                @for one in waiting {
                    tr {
                        th scope="row" { a href=(one.href) { (one.name) } }
                        td.n { (one.version) }
                        td { (one.proposed_by) }
                        td { code { (one.sha256) } }
                    }
                }
            }
        },
    )
}
