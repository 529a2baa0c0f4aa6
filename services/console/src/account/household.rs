//! A household: where it belongs, who lives in it, what it was awarded.

use super::score::link as score_link;
use super::statement::lines;
use super::{balance, figures, ways};
use crate::badge::titles;
use crate::desk::id;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, link};
use axum::extract::Path;
use creditbank_grpc::proto;
use maud::{Markup, html};

/// Awards that are shown at once (our own default); the rest stands in the statement.
const AWARDS: u32 = 100;

texts! {
    pub(crate) TITLE = "家庭帳戶", "家庭账户", "Household's account";
    PURPOSE = "一戶家庭的成員、榮譽，和離學習型家庭標準還有多遠。", "一户家庭的成员、荣誉，和离学习型家庭标准还有多远。", "A household's members and awards, and how far it is from the standard of learning families.";
    ON = "截至", "截至", "As of";
    MEMBERS = "成員", "成员", "Members";
    AGE = "年齡", "年龄", "Age";
    ADULT = "成人", "成人", "adult";
    MINOR = "未成年人", "未成年人", "minor";
    SINCE = "起", "起", "Since";
    GUARDIANS = "監護人", "监护人", "Guardians";
    LACKING = "評選同意", "评选同意", "Consent to the selection";
    LACKS = "尚缺", "尚缺", "missing";
    ENDED = "這戶家庭已結束，最後一日", "这户家庭已结束，最后一日", "This household has ended; its last day was";
    AWARDS_OF = "榮譽", "荣誉", "Awards";
    FURTHER = "這裡只列最早的 100 筆，其餘見逐筆明細", "这里只列最早的 100 笔，其余见逐笔明细", "These are the first 100; the others are in the statement";
    CREDITS_OF = "家庭帳戶本身的學分", "家庭账户本身的学分", "Credits of the household's own account";
}

/// `/households/{id}`.
pub(crate) async fn page(visitor: Visitor, Path(household): Path<String>) -> Shown {
    let name = visitor.desk().name(&format!("households/{household}"));
    let (balance, position) = balance(&visitor, name.clone()).await?;
    let request =
        proto::GetHouseholdRequest { name: name.clone(), as_of_position: position, ..Default::default() };
    let view = visitor.desk().households().get_household(request).await?.into_inner();
    let view = view.household.unwrap_or_default();
    let request = proto::GetStatementRequest {
        name: name.clone(),
        page_size: AWARDS,
        as_of_position: position,
        ..Default::default()
    };
    let awards = visitor.desk().accounts().get_statement(request).await?.into_inner();
    let titles = titles(&visitor, &name).await?;
    let say = |text| visitor.say(text);
    let body = html! {
        (ways(&visitor, &name))
        dl.facts {
            dt { (say(words::COMMUNITY)) } dd { (id(&view.community)) }
            dt { (say(ON)) } dd { (view.day) }
        }
        @if !view.last_day.is_empty() { p { (say(ENDED)) " " (view.last_day) } }
        (members(&visitor, &view))
        (score_link(&visitor, &household))
        (titles)
        h2 { (say(AWARDS_OF)) }
        (lines(&visitor, say(AWARDS_OF), &awards.lines).await?)
        @if !awards.next_page_token.is_empty() {
            p { a href={ "/households/" (household) "/statement" } { (say(FURTHER)) } }
        }
        h2 { (say(CREDITS_OF)) }
        (figures(&visitor, &balance).await?)
    };
    Ok(Page::new(format!("{} {household}", say(TITLE)), say(PURPOSE), position, body))
}

fn members(visitor: &Visitor, view: &proto::HouseholdView) -> Markup {
    let say = |text| visitor.say(text);
    if view.members.is_empty() {
        return html! { h2 { (say(MEMBERS)) } p { (say(words::NONE)) } };
    }
    html! {
        h2 { (say(MEMBERS)) }
        (wide(say(MEMBERS), &html! {
            thead { tr {
                th scope="col" { (say(words::ACCOUNT)) }
                th scope="col" { (say(AGE)) }
                th scope="col" { (say(SINCE)) }
                th scope="col" { (say(GUARDIANS)) }
                th scope="col" { (say(LACKING)) }
            } }
            tbody {
                @for member in &view.members {
                    @let who = member.member.clone().unwrap_or_default();
                    @let minor = who.role == i32::from(proto::MemberRole::Minor);
                    tr {
                        th scope="row" { (link(&who.resident)) }
                        td { @if minor { (say(MINOR)) } @else { (say(ADULT)) } }
                        td.day { (who.from) }
                        td { @for guardian in &member.guardians { (link(&guardian.guardian)) " " } }
                        td {
                            @if view.lacking_selection_consent.contains(&who.resident) { (say(LACKS)) }
                            @else { (say(words::YES)) }
                        }
                    }
                }
            }
        }))
    }
}
