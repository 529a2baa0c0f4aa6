//! What a step of a selection is about: shown above its form, with the digests that an approval names.

use super::Act;
use super::exclusion::told;
use crate::account::sheet;
use crate::desk::{id, path};
use crate::form::{Form, address};
use crate::language::texts;
use crate::page::wide;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words::{self, link};
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    LIST = "名單摘要", "名单摘要", "Digest of the list";
    CHOSEN = "入選", "入选", "Chosen";
    PROPOSED_BY = "提出人", "提出人", "Proposed by";
    SEE = "看這份名單", "看这份名单", "See this list";
    TITLE = "頭銜", "头衔", "Title";
    AWARDED = "命名日期", "命名日期", "Day of the award";
    UNTIL = "有效至", "有效至", "Good until";
    NAMED = "將命名", "将命名", "To be named";
    EXCLUDED = "入選而不命名", "入选而不命名", "Chosen, but not named";
    WHY = "原因", "原因", "Why";
    DIFFERENCES = "凍結後的差異", "冻结后的差异", "Differences since the list was frozen";
    WAS = "凍結時得分", "冻结时得分", "Points as frozen";
    IS = "現在得分", "现在得分", "Points now";
    SAME = "凍結後沒有差異，不必確認。", "冻结后没有差异，不必确认。", "Nothing has changed since the list was frozen.";
}

/// Above a form.
pub(super) struct About {
    pub(super) markup: Markup,
    /// What goes along unseen: the digest of what is shown.
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) position: u64,
}

/// What a step is about.
pub(super) async fn step(visitor: &Visitor, selection: &str, act: Act) -> Result<About, Stop> {
    let name = visitor.desk().name(&format!("selections/{selection}"));
    let request = proto::GetSelectionRequest { name: name.clone(), min_position: 0 };
    let answer = visitor.desk().selections().get_selection(request).await?.into_inner();
    let held = answer.selection.unwrap_or_default();
    let (markup, hidden) = match act {
        Act::ApproveFreeze => list(visitor, selection, &held),
        Act::ApproveNaming => naming(visitor, &name).await?,
        Act::NoteDifferences => differences(visitor, selection, &name).await?,
        Act::VoteTie => {
            let form = Form::of(&[("selection", selection)]);
            let basis = super::super::ranking::basis(visitor, &form).await?;
            (ranking_link(visitor, selection, ""), vec![("tie_sha256", basis.tie_sha256)])
        }
        Act::AppointJudge | Act::Freeze | Act::PublishNotice | Act::Name | Act::Close => {
            (ranking_link(visitor, selection, ""), Vec::new())
        }
    };
    Ok(About { markup, hidden, position: answer.position })
}

fn ranking_link(visitor: &Visitor, selection: &str, at: &str) -> Markup {
    html! { p { a href=(address("/ranking", &[("selection", selection), ("at", at)])) { (visitor.say(SEE)) } } }
}

type Told = (Markup, Vec<(&'static str, String)>);

/// The list that waits.
fn list(visitor: &Visitor, selection: &str, held: &proto::Selection) -> Told {
    let list = held.list.clone().unwrap_or_default();
    let say = |text| visitor.say(text);
    let markup = html! {
        dl.facts {
            dt { (say(LIST)) } dd { code { (list.sha256) } }
            dt { (say(CHOSEN)) } dd { (list.chosen) }
            dt { (say(PROPOSED_BY)) } dd { (list.proposed_by) }
        }
        (ranking_link(visitor, selection, &list.list_position.to_string()))
    };
    (markup, vec![("sha256", list.sha256)])
}

/// Whom the naming that waits would name.
async fn naming(visitor: &Visitor, name: &str) -> Result<Told, Stop> {
    let request = proto::GetNamingRequest { name: name.to_owned() };
    let answer = visitor.desk().selections().get_naming(request).await?.into_inner();
    let naming = answer.naming.unwrap_or_default();
    let say = |text| visitor.say(text);
    let markup = html! {
        dl.facts {
            dt { (say(TITLE)) } dd { (visitor.said(answer.title_name.as_ref())) }
            dt { (say(AWARDED)) } dd { (naming.from) }
            dt { (say(UNTIL)) } dd { (naming.until) }
            dt { (say(PROPOSED_BY)) } dd { (naming.proposed_by) }
            dt { (say(words::DIGEST)) } dd { code { (naming.sha256) } }
        }
        h2 { (say(NAMED)) " " (answer.named.len()) }
        ol { @for account in &answer.named { li { (link(account)) } } }
        @if !answer.excluded.is_empty() {
            (wide(say(EXCLUDED), &html! {
                thead { tr { th scope="col" { (say(words::ACCOUNT)) } th scope="col" { (say(WHY)) } } }
                tbody {
                    @for candidate in &answer.excluded {
                        tr { th scope="row" { (link(&candidate.account)) } td { (told(visitor.language, &candidate.why_json)) } }
                    }
                }
            }))
        }
    };
    Ok((markup, vec![("sha256", naming.sha256)]))
}

/// Who stands otherwise by now.
async fn differences(visitor: &Visitor, selection: &str, name: &str) -> Result<Told, Stop> {
    let request = proto::ListSelectionDifferencesRequest { name: name.to_owned(), ..Default::default() };
    let mut parts = visitor.desk().evaluations().list_selection_differences(request).await?.into_inner();
    let mut heading = proto::DifferencesHeading::default();
    let mut differences = Vec::new();
    while let Some(part) = parts.message().await? {
        heading = part.heading.unwrap_or(heading);
        differences.extend(part.differences);
    }
    let say = |text| visitor.say(text);
    let form = Form::of(&[("selection", selection)]);
    let markup = html! {
        @if differences.is_empty() { p { (say(SAME)) } } @else {
            (wide(say(DIFFERENCES), &html! {
                thead { tr {
                    th scope="col" { (say(words::ACCOUNT)) }
                    th.n scope="col" { (say(WAS)) }
                    th.n scope="col" { (say(IS)) }
                } }
                tbody {
                    @for difference in &differences {
                        @let (was, is) = (difference.was.clone().unwrap_or_default(), difference.is.clone().unwrap_or_default());
                        @let account = if was.account.is_empty() { &is.account } else { &was.account };
                        tr {
                            th scope="row" { a href=(sheet(path(account), &form)) { (id(account)) } }
                            td.n { (was.points) }
                            td.n { (is.points) }
                        }
                    }
                }
            }))
        }
    };
    Ok((markup, vec![("sha256", heading.sha256)]))
}
