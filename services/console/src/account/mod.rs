//! An account: what it has, why, entry by entry, and who answers for it.

mod household;
mod reads;
pub(crate) mod score;
mod search;
pub(crate) mod statement;
mod why;

pub(crate) use household::{TITLE as HOUSEHOLD_ACCOUNT, page as household};
pub(crate) use reads::page as reads;
pub use score::STANDARD;
pub(crate) use score::{OUTCOMES, page as score, sheet, yardstick};
pub(crate) use search::page as search;
pub(crate) use statement::page as statement;
pub(crate) use why::page as why;

use crate::desk::{id, path};
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words::{self, credits, link};
use axum::extract::Path;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

texts! {
    pub(crate) RESIDENT = "居民帳戶", "居民账户", "Resident's account";
    RESIDENT_WHAT = "一位居民的學分，按類別；為什麼是這個數，看「理由」。", "一位居民的学分，按类别；为什么是这个数，看「理由」。", "A resident's credits by kind; see the reasons for why the number is what it is.";
    ORGANIZATION_WHAT = "一個機構自己的數字。", "一个机构自己的数字。", "The figures of one organisation itself.";
    pub(crate) BALANCE = "學分，按類別", "学分，按类别", "Credits by kind";
    WHY = "為什麼是這個數", "为什么是这个数", "Why this number";
    STATEMENT = "逐筆明細", "逐笔明细", "Statement";
    READS = "誰看過個人資料", "谁看过个人资料", "Who read personal data";
    pub(crate) LATER = "以後年度才計入", "以后年度才计入", "Counts from a later year on";
    pub(crate) LEVEL = "等級", "等级", "Level";
    TO_LEVEL = "還差學分升級", "还差学分升级", "Credits to the next level";
    pub(crate) STAR = "志願服務星級", "志愿服务星级", "Volunteer stars";
    TO_STAR = "還差分鐘升星", "还差分钟升星", "Minutes to the next star";
    pub(crate) ANSWERED = "已併入或改號，由這個帳戶回答", "已并入或改号，由这个账户回答", "Merged or renamed; this account answers";
    pub(crate) INCLUDES = "含這些帳戶的記錄", "含这些账户的记录", "Includes the entries of";
    OPENED_BY = "開戶機構", "开户机构", "Opened by";
    HOUSEHOLD = "家庭", "家庭", "Household";
}

/// `/residents/{id}`.
pub(crate) async fn resident(visitor: Visitor, Path(resident): Path<String>) -> Shown {
    let name = visitor.desk().name(&format!("residents/{resident}"));
    let (balance, position) = balance(&visitor, name.clone()).await?;
    let request =
        proto::GetIdentityRequest { name: name.clone(), as_of_position: position, ..Default::default() };
    let identity = visitor.desk().identities().get_identity(request).await?.into_inner();
    let identity = identity.identity.unwrap_or_default();
    let body = html! {
        (ways(&visitor, &name))
        dl.facts {
            dt { (visitor.say(OPENED_BY)) } dd { (id(&identity.organization)) }
            @if !identity.household.is_empty() {
                dt { (visitor.say(HOUSEHOLD)) }
                dd { @if visitor.may(Method::HouseholdGetHousehold) { (link(&identity.household)) }
                     @else { (id(&identity.household)) } }
            }
        }
        (figures(&visitor, &balance).await?)
    };
    Ok(Page::new(format!("{} {resident}", visitor.say(RESIDENT)), visitor.say(RESIDENT_WHAT), position, body))
}

/// `/organizations/{id}`.
pub(crate) async fn organization(visitor: Visitor, Path(organization): Path<String>) -> Shown {
    let name = visitor.desk().name(&format!("organizations/{organization}"));
    let (balance, position) = balance(&visitor, name.clone()).await?;
    let request = proto::GetOrganizationRequest { name: name.clone(), min_position: position };
    let known = visitor.desk().registry().get_organization(request).await?.into_inner();
    let known = known.organization.unwrap_or_default();
    let body = html! {
        (ways(&visitor, &name))
        (figures(&visitor, &balance).await?)
    };
    let title = format!("{}（{organization}）", known.display_name);
    Ok(Page::new(title, visitor.say(ORGANIZATION_WHAT), position, body))
}

/// The balance of an account, and the position it is true at.
async fn balance(visitor: &Visitor, name: String) -> Result<(proto::Balance, u64), Stop> {
    let request = proto::GetBalanceRequest { name, ..Default::default() };
    let answer = visitor.desk().accounts().get_balance(request).await?.into_inner();
    Ok((answer.balance.unwrap_or_default(), answer.position))
}

/// Where to look further.
fn ways(visitor: &Visitor, name: &str) -> Markup {
    let here = format!("/{}", path(name));
    let resident = path(name).starts_with("residents/");
    html! {
        ul.further {
            li { a href={ (here) "/why" } { (visitor.say(WHY)) } }
            li { a href={ (here) "/statement" } { (visitor.say(STATEMENT)) } }
            @if resident && visitor.may(Method::DirectoryListPersonReads) {
                li { a href={ (here) "/reads" } { (visitor.say(READS)) } }
            }
        }
    }
}

/// The figures of a balance.
async fn figures(visitor: &Visitor, balance: &proto::Balance) -> Result<Markup, Stop> {
    let kinds = match visitor.may(Method::RegistryListCodes) {
        true => visitor.desk().kinds().await?,
        false => Vec::new(),
    };
    let say = |text| visitor.say(text);
    let heads = balance.heads > 0;
    Ok(html! {
        @if !balance.survivor.is_empty() {
            p { (say(ANSWERED)) " " (link(&balance.survivor)) }
        }
        @if !balance.includes.is_empty() {
            p { (say(INCLUDES)) @for other in &balance.includes { " " (link(other)) } }
        }
        p.figure { strong { (credits(balance.centi_credits)) } " " (say(words::CREDITS)) }
        @if balance.pending_centi_credits != 0 {
            p { (say(LATER)) " " (credits(balance.pending_centi_credits)) }
        }
        (wide(say(BALANCE), &html! {
            thead { tr {
                th scope="col" { (say(words::KIND)) }
                th.n scope="col" { (say(words::CREDITS)) }
                th.n scope="col" { (say(words::CAPPED)) }
                th.n scope="col" { (say(words::MINUTES)) }
                th.n scope="col" { (say(words::ATTENDANCES)) }
                @if heads { th.n scope="col" { (say(words::HEADS)) } }
            } }
            tbody {
                @for row in &balance.kinds {
                    tr {
                        th scope="row" { (words::kind(&kinds, &row.kind, visitor.language)) }
                        td.n { (credits(row.centi_credits)) }
                        td.n { (credits(row.capped_centi_credits)) }
                        td.n { (row.minutes) }
                        td.n { (row.entries) }
                        @if heads { td.n { (row.heads) } }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { (say(words::TOTAL)) }
                td.n { (credits(balance.centi_credits)) }
                td.n { (credits(balance.capped_centi_credits)) }
                td.n { (balance.minutes) }
                td.n { (balance.entries) }
                @if heads { td.n { (balance.heads) } }
            } }
        }))
        @if let Some(honours) = &balance.honours {
            dl.facts {
                dt { (say(LEVEL)) } dd { (honours.level) }
                @if honours.next_level_missing_centi_credits > 0 {
                    dt { (say(TO_LEVEL)) } dd { (credits(honours.next_level_missing_centi_credits)) }
                }
                dt { (say(STAR)) } dd { (honours.volunteer_star) }
                @if honours.next_star_missing_minutes > 0 {
                    dt { (say(TO_STAR)) } dd { (honours.next_star_missing_minutes) }
                }
            }
        }
    })
}
