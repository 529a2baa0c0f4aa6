//! What a draft sets differently, and what it would change for all accounts.

use super::document;
use crate::language::texts;
use crate::page::wide;
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words::{self, credits, link};
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    DIFFERENCES = "與現行規則不同之處", "与现行规则不同之处", "What it sets differently from the rules in force";
    VALUE = "項目", "项目", "Value";
    BEFORE = "現行", "现行", "In force";
    AFTER = "草稿", "草稿", "Draft";
    NO_DIFFERENCE = "與現行規則相同。", "与现行规则相同。", "It sets nothing differently.";
    RESULT = "若今天公布", "若今天公布", "Were it published today";
    ACCOUNTS = "有記錄的帳戶", "有记录的账户", "Accounts with entries";
    RAISED = "學分變多的帳戶", "学分变多的账户", "Accounts with more credit";
    LOWERED = "學分變少的帳戶", "学分变少的账户", "Accounts with less credit";
    ALL_CREDITS = "全部學分", "全部学分", "Credits of all accounts";
    FAMILIES = "可達學習型家庭標準的戶數", "可达学习型家庭标准的户数", "Households that can become learning families";
    LEVEL = "等級", "等级", "Level";
    LARGEST = "變動最大的帳戶", "变动最大的账户", "Accounts that would change most";
    WRITES_NOTHING = "只是試算，沒有改任何記錄。", "只是试算，没有改任何记录。", "This was only tried out: nothing was changed.";
}

/// Compares a draft with the newest published policy and tries it out.
pub(super) async fn of(visitor: &Visitor, typed: &str) -> Result<Markup, Stop> {
    let draft = document(typed);
    let mut policies = visitor.desk().policies();
    let request = proto::ListPoliciesRequest { parent: visitor.desk().parent.to_string() };
    let held = policies.list_policies(request).await?.into_inner().policies;
    let before = super::in_force(&held).map(|policy| policy.document.clone()).unwrap_or_default();
    let request =
        proto::SimulatePolicyRequest { parent: visitor.desk().parent.to_string(), document: draft.clone() };
    let mut progress = policies.simulate_policy(request).await?.into_inner();
    let mut result = None;
    while let Some(part) = progress.message().await? {
        result = part.result.or(result);
    }
    let request = proto::DiffPoliciesRequest { before, after: draft };
    let differences = policies.diff_policies(request).await?.into_inner().differences;
    let say = |text| visitor.say(text);
    Ok(html! {
        section.tried {
            p role="status" { (say(WRITES_NOTHING)) }
            @if differences.is_empty() { p { (say(NO_DIFFERENCE)) } } @else {
                (compared(visitor, &differences))
            }
            @if let Some(result) = result { (outcome(visitor, &result)) }
        }
    })
}

fn compared(visitor: &Visitor, differences: &[proto::PolicyDifference]) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(DIFFERENCES),
        &html! {
            thead { tr {
                th scope="col" { (say(VALUE)) }
                th scope="col" { (say(BEFORE)) }
                th scope="col" { (say(AFTER)) }
            } }
            tbody {
                @for difference in differences {
                    tr {
                        th scope="row" { code { (difference.path) } }
                        td { (difference.before) }
                        td { (difference.after) }
                    }
                }
            }
        },
    )
}

fn outcome(visitor: &Visitor, result: &proto::PolicySimulation) -> Markup {
    let say = |text| visitor.say(text);
    let levels = result.levels_before.len().max(result.levels_after.len());
    let at = |levels: &[u64], level: usize| levels.get(level).copied().unwrap_or_default();
    html! {
        h3 { (say(RESULT)) }
        dl.facts {
            dt { (say(ACCOUNTS)) } dd { (result.accounts) }
            dt { (say(RAISED)) } dd { (result.raised) }
            dt { (say(LOWERED)) } dd { (result.lowered) }
            dt { (say(ALL_CREDITS)) }
            dd { (credits(result.centi_credits_before)) " → " (credits(result.centi_credits_after)) }
            dt { (say(FAMILIES)) } dd { (result.families_before) " → " (result.families_after) }
        }
        (wide(say(LEVEL), &html! {
            thead { tr {
                th.n scope="col" { (say(LEVEL)) }
                th.n scope="col" { (say(BEFORE)) }
                th.n scope="col" { (say(AFTER)) }
            } }
            tbody {
                @for level in 0..levels {
                    tr {
                        th.n scope="row" { (level) }
                        td.n { (at(&result.levels_before, level)) }
                        td.n { (at(&result.levels_after, level)) }
                    }
                }
            }
        }))
        @if !result.largest.is_empty() {
            (wide(say(LARGEST), &html! {
                thead { tr {
                    th scope="col" { (say(words::ACCOUNT)) }
                    th.n scope="col" { (say(BEFORE)) }
                    th.n scope="col" { (say(AFTER)) }
                } }
                tbody {
                    @for account in &result.largest {
                        tr {
                            th scope="row" { (link(&account.account)) }
                            td.n { (credits(account.centi_credits_before)) }
                            td.n { (credits(account.centi_credits_after)) }
                        }
                    }
                }
            }))
        }
    }
}
