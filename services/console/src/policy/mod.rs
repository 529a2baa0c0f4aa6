//! The credit rules: all versions, and a draft that is compared, tried out on all accounts and proposed.

mod simulation;

use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::{Form, Posted};
use crate::language::texts;
use crate::page::{Page, Shown, token, wide};
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

texts! {
    TITLE = "學分規則", "学分规则", "Credit rules";
    PURPOSE = "所有版本；可以改一份草稿，試算對每個帳戶的影響，再提出，由第二人公布。", "所有版本；可以改一份草稿，试算对每个账户的影响，再提出，由第二人公布。", "All versions; change a draft, try it out on every account, and propose it: a second person publishes it.";
    RULE = "規則", "规则", "Rules";
    VERSION = "版本", "版本", "Version";
    FROM = "適用首日", "适用首日", "First day";
    TO = "適用末日", "适用末日", "Last day";
    PUBLISHED = "已公布", "已公布", "published";
    WAITS = "等待核准", "等待核准", "waits for approval";
    DRAFT = "草稿", "草稿", "Draft";
    DOCUMENT = "文件（改 version 與 effective_from，再改要改的值）", "文件（改 version 与 effective_from，再改要改的值）", "The document: raise version, set effective_from, then change what shall change";
    TRY = "比較並試算", "比较并试算", "Compare and try out";
    PROPOSE = "提出這份草稿", "提出这份草稿", "Propose this draft";
}

const FIELDS: [&str; 1] = ["document"];

/// `/policies`.
pub(crate) async fn page(visitor: Visitor) -> Shown {
    shown(&visitor, &Form::default(), None, &html! {}).await
}

async fn shown(visitor: &Visitor, typed: &Form, refused: Option<&Refused>, tried: &Markup) -> Shown {
    let request = proto::ListPoliciesRequest { parent: visitor.desk().parent.to_string() };
    let answer = visitor.desk().policies().list_policies(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let begun = in_force(&answer.policies).map(|policy| policy.document.as_str()).unwrap_or_default();
    let form = match typed.get("document") {
        "" => Form::of(&[("document", begun)]),
        _ => typed.clone(),
    };
    let fields = Fields { visitor, form: &form, refused };
    let body = html! {
        (versions(visitor, &answer.policies))
        @if visitor.may(Method::PolicySimulatePolicy) || visitor.may(Method::PolicyProposePolicy) {
            h2 { (say(DRAFT)) }
            (fields.refusal(&FIELDS))
            (tried)
            form method="post" action="/policies" {
                (token(visitor))
                input type="hidden" name="request_id" value=(request_id());
                (fields.field("document", DOCUMENT, Kind::Document, true))
                @if visitor.may(Method::PolicySimulatePolicy) {
                    button type="submit" name="step" value="try" { (say(TRY)) }
                    " "
                }
                @if visitor.may(Method::PolicyProposePolicy) {
                    button.quiet type="submit" name="step" value="propose" { (say(PROPOSE)) }
                }
            }
        }
    };
    let page = Page::new(say(TITLE), say(PURPOSE), answer.position, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

/// The rules of the whole district that were published last: those of a pilot are for others to compare with.
fn in_force(policies: &[proto::Policy]) -> Option<&proto::Policy> {
    policies.iter().rev().find(|policy| policy.published && policy.organizations.is_empty())
}

fn versions(visitor: &Visitor, policies: &[proto::Policy]) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(TITLE),
        &html! {
            thead { tr {
                th scope="col" { (say(RULE)) }
                th.n scope="col" { (say(VERSION)) }
                th scope="col" { (say(FROM)) }
                th scope="col" { (say(TO)) }
                th scope="col" { (say(words::STATE)) }
            } }
            tbody {
                @for policy in policies.iter().rev() {
                    @let parts: Vec<&str> = policy.name.split('/').collect();
                    @let of = parts.get(3).copied().unwrap_or_default();
                    tr {
                        th scope="row" { a href={ "/policies/" (of) "/" (id(&policy.name)) } { (of) } }
                        td.n { (id(&policy.name)) }
                        td.day { (policy.effective_from) }
                        td.day { (policy.effective_to) }
                        td { (say(if policy.published { PUBLISHED } else { WAITS })) }
                    }
                }
            }
        },
    )
}

/// Tries a draft out, or proposes it.
pub(crate) async fn posted(Posted { visitor, form }: Posted) -> Result<Response, Stop> {
    let done = match form.get("step") {
        "propose" => propose(&visitor, &form).await.map(Some),
        _ => Ok(None),
    };
    let tried = match done {
        Ok(Some(address)) => return Ok(Redirect::to(&address).into_response()),
        Ok(None) => simulation::of(&visitor, form.get("document")).await,
        Err(stop) => Err(stop),
    };
    let page = match tried {
        Ok(tried) => shown(&visitor, &form, None, &tried).await?,
        Err(Stop::Refused(refused)) if !refused.signs_out() => {
            shown(&visitor, &form, Some(&refused), &html! {}).await?
        }
        Err(stop) => return Err(stop),
    };
    Ok(page.into_response())
}

/// Proposes the draft; gives the address of its page.
async fn propose(visitor: &Visitor, form: &Form) -> Result<String, Stop> {
    let request = proto::ProposePolicyRequest {
        parent: visitor.desk().parent.to_string(),
        request_id: form.get("request_id").to_owned(),
        organization: visitor.acts_for().await?,
        proposed_by: String::new(),
        document: document(form.get("document")),
    };
    let answer = visitor.desk().policies().propose_policy(request).await?.into_inner();
    let name = answer.policy.unwrap_or_default().name;
    let parts: Vec<&str> = name.split('/').collect();
    Ok(format!("/policies/{}/{}", parts.get(3).copied().unwrap_or_default(), id(&name)))
}

/// A document as it was typed: browsers send line ends of their own.
fn document(typed: &str) -> String {
    format!("{}\n", typed.replace("\r\n", "\n"))
}
