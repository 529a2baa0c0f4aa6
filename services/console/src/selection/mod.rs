//! The yearly selection: which there are, where one stands, how all are ranked.

mod application;
mod objection;
mod open;
mod ranking;
mod step;

pub(crate) use application::{
    find, list as applications, one as application, posted as application_taken, step as application_step,
};
pub(crate) use objection::{page as objection_step, posted as objection_taken};
pub(crate) use open::{page as open, posted as opened};
pub(crate) use ranking::page as ranking;
pub(crate) use step::{page as step, posted as taken};

use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::{Form, address};
use crate::language::{Text, texts};
use crate::page::{Page, Shown, wide};
use crate::step::Step;
use crate::visitor::Visitor;
use crate::words::{self, called, pages};
use axum::extract::Path;
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    TITLE = "學習型家庭評選", "学习型家庭评选", "Selection of learning families";
    PURPOSE = "各年度的評選走到哪一步；也可以不開評選，先試排名。", "各年度的评选走到哪一步；也可以不开评选，先试排名。", "Where each year's selection stands; a ranking can be tried out without one.";
    ONE_WHAT = "這次評選走到哪一步、有誰、名單以什麼為準。", "这次评选走到哪一步、有谁、名单以什么为准。", "Where this selection stands, who takes part, and what its list is based on.";
    SELECTION = "評選", "评选", "Selection";
    STAGE = "階段", "阶段", "Stage";
    pub(crate) STANDARD = "標準", "标准", "Standard";
    APPLICATIONS = "申報戶數", "申报户数", "Applications";
    pub(crate) WINDOW = "計分期間", "计分期间", "Records of";
    COUNTED_ON = "成員計算日", "成员计算日", "Members as of";
    UNTIL = "申報截止", "申报截止", "Applications until";
    pub(crate) NOTICE = "公示", "公示", "Notice";
    LIST = "名單", "名单", "List";
    CHOSEN = "入選戶數", "入选户数", "Chosen";
    SEE = "看排名", "看排名", "See the ranking";
    TRY = "試排名", "试排名", "Try out a ranking";
    FROM = "計分首日", "计分首日", "Records from";
    OBJECTIONS = "異議", "异议", "Objections";
    CANDIDATE = "對象", "对象", "Against";
    STANDING = "進度", "进度", "Standing";
    JUDGES = "評委", "评委", "Judges";
    NAMED = "命名戶數", "命名户数", "Named";
    SEE_APPLICATIONS = "看申報", "看申报", "See the applications";
    MORE = "開辦", "开办", "Open one";
    ACT = "處理", "处理", "Act";
}

/// The stages in their order (`Selection.stage`).
const STAGES: [(&str, Text); 5] = [
    ("open", Text { hant: "申報與評審中", hans: "申报与评审中", en: "applications and review" }),
    ("frozen", Text { hant: "名單已定", hans: "名单已定", en: "list frozen" }),
    ("noticed", Text { hant: "公示中", hans: "公示中", en: "public notice" }),
    ("named", Text { hant: "已命名", hans: "已命名", en: "named" }),
    ("closed", Text { hant: "已結束", hans: "已结束", en: "closed" }),
];

/// Where objections stand (`Objection.standing`).
const STANDINGS: [(&str, Text); 4] = [
    ("raised", Text { hant: "待答覆", hans: "待答复", en: "waits for an answer" }),
    ("answered", Text { hant: "已答覆", hans: "已答复", en: "answered" }),
    ("appealed", Text { hant: "申訴中", hans: "申诉中", en: "under appeal" }),
    ("settled", Text { hant: "已了結", hans: "已了结", en: "settled" }),
];

/// `/selections`.
pub(crate) async fn list(visitor: Visitor, form: Form) -> Shown {
    let token = form.get("page");
    let request = proto::ListSelectionsRequest {
        parent: visitor.desk().parent.to_string(),
        page_size: form.page_size(0),
        page_token: token.to_owned(),
    };
    let answer = visitor.desk().selections().list_selections(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let tried = Form::of(&[("standard", crate::account::STANDARD)]);
    let fields = Fields { visitor: &visitor, form: &tried, refused: None };
    let body = html! {
        @if answer.selections.is_empty() { p { (say(words::NONE)) } } @else {
            (wide(say(TITLE), &html! {
                thead { tr {
                    th scope="col" { (say(SELECTION)) }
                    th.n scope="col" { (say(words::YEAR)) }
                    th scope="col" { (say(STAGE)) }
                    th scope="col" { (say(STANDARD)) }
                    th.n scope="col" { (say(APPLICATIONS)) }
                } }
                tbody {
                    @for selection in &answer.selections {
                        tr {
                            th scope="row" { (words::link(&selection.name)) }
                            td.n { (selection.year) }
                            td { (called(&STAGES, &selection.stage, visitor.language)) }
                            td { (id(&selection.standard)) " " (selection.standard_version) }
                            td.n { (selection.applications) }
                        }
                    }
                }
            }))
        }
        (pages("/selections", &[("page", token)], &answer.next_page_token, visitor.language))
        (Step::links(&visitor, MORE, "/selections", [&open::OPEN]))
        h2 { (say(TRY)) }
        form method="get" action="/ranking" {
            (fields.field("standard", STANDARD, Kind::Text, true))
            (fields.field("window_from", FROM, Kind::Date, false))
            button type="submit" { (say(SEE)) }
        }
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), answer.position, body))
}

/// `/selections/{id}`.
pub(crate) async fn one(visitor: Visitor, Path(selection): Path<String>) -> Shown {
    let name = visitor.desk().name(&format!("selections/{selection}"));
    let request = proto::GetSelectionRequest { name, min_position: 0 };
    let answer = visitor.desk().selections().get_selection(request).await?.into_inner();
    let held = answer.selection.unwrap_or_default();
    let frozen = held.list.as_ref().filter(|list| list.frozen_at > 0);
    let at = frozen.map_or(String::new(), |list| list.list_position.to_string());
    let say = |text| visitor.say(text);
    let body = html! {
        (stage_line(&visitor, &held.stage))
        (facts(&visitor, &held))
        p { a href=(address("/ranking", &[("selection", &selection), ("at", &at)])) { (say(SEE)) } }
        p { a href={ "/selections/" (selection) "/applications" } { (say(SEE_APPLICATIONS)) } }
        @if frozen.is_some() {
            p { a href={ "/selections/" (selection) "/awards.pdf" } { (say(words::PRINT)) } }
        }
        @if !held.notice_from.is_empty() { (crate::notice::link(&visitor, &selection)) }
        (step::links(&visitor, &selection, &held))
        @if !held.objections.is_empty() {
            h2 { (say(OBJECTIONS)) }
            (wide(say(OBJECTIONS), &html! {
                thead { tr {
                    th.n scope="col" { (say(words::NUMBER)) }
                    th scope="col" { (say(CANDIDATE)) }
                    th scope="col" { (say(STANDING)) }
                    th scope="col" { (say(ACT)) }
                } }
                tbody {
                    @for objection in &held.objections {
                        tr {
                            th.n scope="row" { (id(&objection.name)) }
                            td { (words::link(&objection.candidate)) }
                            td { (called(&STANDINGS, &objection.standing, visitor.language)) }
                            td {
                                @if let Some(step) = objection::next(&visitor, &objection.standing) {
                                    a href={ "/selections/" (selection) "/objections/" (id(&objection.name)) "/" (step.code) } {
                                        (say(step.name))
                                    }
                                }
                            }
                        }
                    }
                }
            }))
        }
    };
    Ok(Page::new(format!("{} {selection}", say(SELECTION)), say(ONE_WHAT), answer.position, body))
}

/// All stages in a row, the present one marked.
fn stage_line(visitor: &Visitor, stage: &str) -> Markup {
    html! {
        ol.stages {
            @for (code, name) in STAGES {
                li aria-current=[(code == stage).then_some("step")] { (visitor.say(name)) }
            }
        }
    }
}

fn facts(visitor: &Visitor, held: &proto::Selection) -> Markup {
    let say = |text| visitor.say(text);
    html! {
        dl.facts {
            dt { (say(words::YEAR)) } dd { (held.year) }
            dt { (say(STANDARD)) } dd { (id(&held.standard)) " " (held.standard_version) }
            dt { (say(WINDOW)) } dd { (held.from) "–" (held.to) }
            dt { (say(COUNTED_ON)) } dd { (held.counted_on) }
            dt { (say(UNTIL)) } dd { (held.apply_until) }
            dt { (say(APPLICATIONS)) } dd { (held.applications) }
            @if !held.judges.is_empty() { dt { (say(JUDGES)) } dd { (held.judges.len()) } }
            @if let Some(list) = &held.list {
                dt { (say(LIST)) } dd { code { (list.sha256) } }
                dt { (say(CHOSEN)) } dd { (list.chosen) }
            }
            @if !held.notice_from.is_empty() {
                dt { (say(NOTICE)) } dd { (held.notice_from) "–" (held.notice_to) }
            }
            @if let Some(naming) = &held.naming { dt { (say(NAMED)) } dd { (naming.named) } }
        }
    }
}
