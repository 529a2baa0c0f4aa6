//! The score sheet of a household: each item's points, what was measured, and what is still missing.

use crate::form::{Form, address};
use crate::language::{Language, Text, texts};
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::Path;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use ledger_core::selection::{Measure, Unit};
use maud::{Markup, html};

/// The standard that ships (`DOMAIN.md` §6.2), where none is named.
pub const STANDARD: &str = "family-default";

texts! {
    pub(crate) TITLE = "評分表", "评分表", "Score sheet";
    PURPOSE = "這戶家庭每一項得幾分、為什麼、還差什麼。", "这户家庭每一项得几分、为什么、还差什么。", "What this household scores for each item, why, and what is still missing.";
    SEE = "看這戶家庭的評分表", "看这户家庭的评分表", "See this household's score sheet";
    pub(crate) ITEM = "項目", "项目", "Item";
    pub(crate) MOST = "滿分", "满分", "Out of";
    pub(crate) MEASURED = "量到的（現有／需要）", "量到的（现有／需要）", "Measured (has / needs)";
    pub(crate) JUDGED = "評委分", "评委分", "Judged";
    pub(crate) MISSING = "還差", "还差", "Still missing";
    pub(crate) PASS = "合格分", "合格分", "Pass mark";
    pub(crate) MAY_REACH = "連評委分最多可得", "连评委分最多可得", "With all judges may give, at most";
    pub(crate) BARRED = "不能命名的原因", "不能命名的原因", "What keeps it from being named";
    pub(crate) COUNTED_ON = "成員計算日", "成员计算日", "Members as of";
    ENTRIES = "憑據", "凭据", "Entries";
}

/// What a list comes to for a candidate (`RankedCandidate.outcome`).
pub(crate) const OUTCOMES: [(&str, Text); 6] = [
    ("chosen", Text { hant: "入選", hans: "入选", en: "chosen" }),
    (
        "chosen_for_community",
        Text { hant: "社區名額入選", hans: "社区名额入选", en: "chosen for its community" },
    ),
    ("tied", Text { hant: "同分待議", hans: "同分待议", en: "tied" }),
    ("beyond_quota", Text { hant: "超出名額", hans: "超出名额", en: "beyond the quota" }),
    ("below_pass", Text { hant: "未達合格分", hans: "未达合格分", en: "below the pass mark" }),
    ("barred", Text { hant: "不得命名", hans: "不得命名", en: "barred" }),
];

/// The way to a household's score sheet.
pub(super) fn link(visitor: &Visitor, household: &str) -> Markup {
    html! {
        @if visitor.may(Method::EvaluationEvaluateHousehold) {
            p { a href={ "/households/" (household) "/score" } { (visitor.say(SEE)) } }
        }
    }
}

/// What candidates are measured by, as the fields of an address say it.
pub(crate) fn yardstick(visitor: &Visitor, form: &Form) -> proto::Yardstick {
    let selection = form.get("selection");
    if !selection.is_empty() {
        let selection = visitor.desk().name(&format!("selections/{selection}"));
        return proto::Yardstick { selection, ..Default::default() };
    }
    let standard = match form.get("standard") {
        "" => STANDARD,
        standard => standard,
    };
    proto::Yardstick {
        standard: standard.to_owned(),
        window_from: form.get("window_from").to_owned(),
        window_to: form.get("window_to").to_owned(),
        ..Default::default()
    }
}

/// The address of a score sheet with the same yardstick.
pub(crate) fn sheet(account: &str, form: &Form) -> String {
    with_yardstick(&format!("/{account}/score"), form)
}

fn with_yardstick(path: &str, form: &Form) -> String {
    let fields = ["selection", "standard", "window_from", "window_to", "at"];
    address(path, &fields.map(|name| (name, form.get(name))))
}

/// `/{collection}/{id}/score`.
pub(crate) async fn page(
    visitor: Visitor,
    Path((collection, account)): Path<(String, String)>,
    form: Form,
) -> Shown {
    let request = proto::EvaluateHouseholdRequest {
        name: visitor.desk().name(&format!("{collection}/{account}")),
        yardstick: Some(yardstick(&visitor, &form)),
        as_of_position: form.get("at").parse().unwrap_or(0),
        ..Default::default()
    };
    let answer = visitor.desk().evaluations().evaluate_household(request).await?.into_inner();
    let candidate = answer.candidate.unwrap_or_default();
    let say = |text| visitor.say(text);
    let body = html! {
        p { a href={ "/" (collection) "/" (account) } { (collection) "/" (account) } }
        @if collection != "organizations" {
            @let pdf = format!("/{collection}/{account}/score.pdf");
            p { a href=(with_yardstick(&pdf, &form)) { (say(words::PRINT)) } }
        }
        p.figure { strong { (candidate.points) } " " (say(words::POINTS)) }
        dl.facts {
            dt { (say(PASS)) } dd { (candidate.pass_points) }
            dt { (say(MAY_REACH)) } dd { (candidate.most_points) }
            dt { (say(COUNTED_ON)) } dd { (answer.counted_on) }
        }
        @if !candidate.bars.is_empty() {
            h2 { (say(BARRED)) }
            ul { @for bar in &candidate.bars { li { (visitor.said(bar.sentence.as_ref())) } } }
        }
        (items(&visitor, &candidate))
    };
    Ok(Page::new(format!("{} · {account}", say(TITLE)), say(PURPOSE), answer.position, body))
}

fn items(visitor: &Visitor, candidate: &proto::RankedCandidate) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(TITLE),
        &html! {
            thead { tr {
                th scope="col" { (say(ITEM)) }
                th.n scope="col" { (say(words::POINTS)) }
                th.n scope="col" { (say(MOST)) }
                th scope="col" { (say(MEASURED)) }
                th.n scope="col" { (say(JUDGED)) }
                th scope="col" { (say(MISSING)) }
                th scope="col" { (say(ENTRIES)) }
            } }
            tbody {
                @for item in &candidate.items {
                    tr {
                        th scope="row" { (visitor.said(item.name.as_ref())) }
                        td.n { (item.points) }
                        td.n { (item.most_points) }
                        td { @for need in &item.needs { p { (measured(visitor.language, need)) } } }
                        td.n { @if let Some(points) = item.judged_points { (points) } }
                        td { @for missing in &item.missing { p { (visitor.said(Some(missing))) } } }
                        td { (entries(item)) }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { (say(words::TOTAL)) }
                td.n { (candidate.points) }
                td.n { (candidate.items.iter().map(|item| item.most_points).sum::<u32>()) }
                td colspan="4" {}
            } }
        },
    )
}

/// A measure by its name, and what there is of it beside what is needed.
pub(crate) fn measured(language: Language, need: &proto::MeasuredNeed) -> String {
    let measure = Measure::ALL.iter().find(|measure| measure.as_str() == need.measure);
    let names = measure.map_or([need.measure.as_str(); 3], |measure| measure.names());
    let unit = match measure.map(|measure| measure.unit()) {
        Some(Unit::Minutes) => language.say(words::MINUTES),
        Some(Unit::Count(hant, hans)) => language.of([hant, hans, ""]),
        None => "",
    };
    let told = format!("{} {}/{} {unit}", language.of(names), need.has, need.needs);
    told.trim_end().to_owned()
}

/// The entries behind an item, each once; a long list is folded.
fn entries(item: &proto::ItemScore) -> Markup {
    let mut entries: Vec<&String> = item.needs.iter().flat_map(|need| &need.entries).collect();
    entries.sort_unstable();
    entries.dedup();
    html! {
        @if !entries.is_empty() {
            details {
                summary { (entries.len()) }
                @for entry in entries { (words::link(entry)) " " }
            }
        }
    }
}
