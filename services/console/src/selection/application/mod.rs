//! Applications: those of a selection, one with its steps, and the way to make one.

mod step;

pub(crate) use step::{page as step, posted};

use super::SELECTION;
use crate::account::sheet;
use crate::desk::{id, path};
use crate::field::{Fields, Kind};
use crate::form::{Form, address};
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words::{self, link, pages};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    FIND = "申報評選", "申报评选", "Apply for a selection";
    FIND_WHAT = "填評選代號和家庭帳戶，替他們申報，或看他們走到哪一步。", "填评选代号和家庭账户，替他们申报，或看他们走到哪一步。", "Name the selection and the household to apply for them, or to see where they stand.";
    CANDIDATE = "帳戶，例如 households/h001", "账户，例如 households/h001", "Account, such as households/h001";
    TITLE = "申報", "申报", "Applications";
    PURPOSE = "這次評選的申報，依帳戶排列；點進去辦下一步。", "这次评选的申报，依账户排列；点进去办下一步。", "The applications of this selection in order of account; choose one to go on with it.";
    ONE = "申報", "申报", "Application";
    ONE_WHAT = "一戶的申報走到哪一步；每一步由不同的人辦。", "一户的申报走到哪一步；每一步由不同的人办。", "Where an application stands; each step belongs to somebody else.";
    NOT_YET = "還沒有申報。", "还没有申报。", "There is no application yet.";
    APPLIED = "申報日期", "申报日期", "Applied on";
    WITHDRAWN = "已撤回", "已撤回", "withdrawn";
    VERIFIED = "社區核實", "社区核实", "Verified by the community";
    RECOMMENDED = "推薦", "推荐", "recommended";
    NOT_RECOMMENDED = "不推薦", "不推荐", "not recommended";
    REVIEWED = "初審", "初审", "Review";
    PASSED = "通過", "通过", "passed";
    NOT_PASSED = "未通過", "未通过", "not passed";
    WAITS = "待辦", "待办", "waits";
    SCORES = "評委評分", "评委评分", "Judges' points";
    ITEM = "項目", "项目", "Item";
    JUDGE = "評委", "评委", "Judge";
    GROUNDS = "否決與暫緩", "否决与暂缓", "Vetoes and holds";
    VETO = "否決", "否决", "veto";
    HOLD = "暫緩", "暂缓", "hold";
    SHEET = "看評分表", "看评分表", "See the score sheet";
}

/// `/applications`: where a clerk, who does not see the selection, begins.
pub(crate) async fn find(visitor: Visitor, form: Form) -> Result<Response, Stop> {
    let (selection, candidate) = (form.get("selection"), form.get("candidate").trim_matches('/'));
    if !selection.is_empty() && candidate.split('/').count() == 2 {
        let to = format!("/selections/{selection}/applications/{candidate}");
        return Ok(Redirect::to(&address(&to, &[])).into_response());
    }
    let fields = Fields { visitor: &visitor, form: &form, refused: None };
    let body = html! {
        form method="get" action="/applications" {
            (fields.field("selection", SELECTION, Kind::Text, true))
            (fields.field("candidate", CANDIDATE, Kind::Text, true))
            button type="submit" { (visitor.say(words::SHOW)) }
        }
    };
    Ok(Page::new(visitor.say(FIND), visitor.say(FIND_WHAT), 0, body).into_response())
}

/// `/selections/{id}/applications`.
pub(crate) async fn list(visitor: Visitor, Path(selection): Path<String>, form: Form) -> Shown {
    let turned = form.get("page");
    let request = proto::ListApplicationsRequest {
        parent: visitor.desk().name(&format!("selections/{selection}")),
        page_token: turned.to_owned(),
        ..Default::default()
    };
    let answer = visitor.desk().selections().list_applications(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let here = format!("/selections/{selection}/applications");
    let body = html! {
        @if answer.applications.is_empty() { p { (say(words::NONE)) } } @else {
            (wide(say(TITLE), &html! {
                thead { tr {
                    th scope="col" { (say(words::ACCOUNT)) }
                    th scope="col" { (say(words::COMMUNITY)) }
                    th scope="col" { (say(APPLIED)) }
                    th scope="col" { (say(VERIFIED)) }
                    th scope="col" { (say(REVIEWED)) }
                } }
                tbody {
                    @for held in &answer.applications {
                        tr {
                            th scope="row" { a href={ (here) "/" (path(&held.candidate)) } { (id(&held.candidate)) } }
                            td { (id(&held.community)) }
                            td.day { (applied(&visitor, held)) }
                            td { (verified(&visitor, held)) }
                            td { (reviewed(&visitor, held)) }
                        }
                    }
                }
            }))
        }
        (pages(&here, &[("page", turned)], &answer.next_page_token, visitor.language))
    };
    Ok(Page::new(format!("{} · {selection}", say(TITLE)), say(PURPOSE), answer.position, body))
}

fn applied(visitor: &Visitor, held: &proto::Application) -> Markup {
    html! { (held.applied_on) @if held.withdrawn_at > 0 { " " (visitor.say(WITHDRAWN)) } }
}

fn verified<'a>(visitor: &Visitor, held: &proto::Application) -> &'a str {
    visitor.say(match (held.verified_at, held.recommended) {
        (0, _) => WAITS,
        (_, true) => RECOMMENDED,
        (_, false) => NOT_RECOMMENDED,
    })
}

fn reviewed<'a>(visitor: &Visitor, held: &proto::Application) -> &'a str {
    visitor.say(match (held.reviewed_at, held.passed) {
        (0, _) => WAITS,
        (_, true) => PASSED,
        (_, false) => NOT_PASSED,
    })
}

/// An account's application, none where it was not made; and the position that this is true at.
async fn application(
    visitor: &Visitor,
    selection: &str,
    candidate: &str,
) -> Result<(Option<proto::Application>, u64), Stop> {
    let name = visitor.desk().name(&format!("selections/{selection}/applications/{candidate}"));
    let request = proto::GetApplicationRequest { name, ..Default::default() };
    match visitor.desk().selections().get_application(request).await.map_err(Stop::from) {
        Ok(answer) => {
            let answer = answer.into_inner();
            Ok((answer.application.filter(|held| held.applied_at > 0), answer.position))
        }
        Err(Stop::Refused(refused))
            if refused.status() == StatusCode::NOT_FOUND && refused.reason == "APPLICATION_NOT_FOUND" =>
        {
            Ok((None, 0))
        }
        Err(stop) => Err(stop),
    }
}

/// `/selections/{id}/applications/{collection}/{account}`.
pub(crate) async fn one(
    visitor: Visitor,
    Path((selection, collection, account)): Path<(String, String, String)>,
) -> Shown {
    let candidate = format!("{collection}/{account}");
    let (held, position) = application(&visitor, &selection, &candidate).await?;
    let say = |text| visitor.say(text);
    let body = html! {
        @match &held {
            None => p { (say(NOT_YET)) },
            Some(held) => (facts(&visitor, held)),
        }
        p { a href=(sheet(&candidate, &Form::of(&[("selection", &selection)]))) { (say(SHEET)) } }
        (step::links(&visitor, &selection, &candidate, held.as_ref()))
    };
    Ok(Page::new(format!("{} {account}", say(ONE)), say(ONE_WHAT), position, body))
}

fn facts(visitor: &Visitor, held: &proto::Application) -> Markup {
    let say = |text| visitor.say(text);
    html! {
        dl.facts {
            dt { (say(words::ACCOUNT)) } dd { (link(&held.candidate)) }
            dt { (say(words::COMMUNITY)) } dd { (link(&held.community)) }
            dt { (say(APPLIED)) } dd { (applied(visitor, held)) }
            dt { (say(VERIFIED)) } dd { (verified(visitor, held)) }
            dt { (say(REVIEWED)) } dd { (reviewed(visitor, held)) }
        }
        @if !held.scores.is_empty() {
            (wide(say(SCORES), &html! {
                thead { tr {
                    th scope="col" { (say(ITEM)) }
                    th scope="col" { (say(JUDGE)) }
                    th.n scope="col" { (say(words::POINTS)) }
                } }
                tbody {
                    @for score in &held.scores {
                        tr { th scope="row" { (score.item) } td { (score.judge) } td.n { (score.points) } }
                    }
                }
            }))
        }
        @if !held.grounds.is_empty() {
            (wide(say(GROUNDS), &html! {
                thead { tr {
                    th scope="col" { (say(words::REASON)) }
                    th scope="col" { (say(words::WHAT)) }
                    th scope="col" { (say(words::WHO)) }
                } }
                tbody {
                    @for ground in &held.grounds {
                        tr {
                            th scope="row" { (ground.ground) }
                            td { (say(if ground.veto { VETO } else { HOLD })) }
                            td { (ground.recorded_by) }
                        }
                    }
                }
            }))
        }
    }
}
