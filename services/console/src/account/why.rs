//! Why a balance is what it is: every line with the sentence a clerk reads out.

use crate::desk::id;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, credits, link};
use axum::extract::Path;
use creditbank_grpc::proto;
use maud::html;

texts! {
    TITLE = "為什麼是這個數", "为什么是这个数", "Why this number";
    PURPOSE = "每一筆記錄計多少學分、為什麼；各筆合計等於總數。", "每一笔记录计多少学分、为什么；各笔合计等于总数。", "What each entry counts and why; the lines add up to the balance.";
    LINES = "逐筆理由", "逐笔理由", "The reason for each entry";
    RULE = "規則", "规则", "Rule";
    SENTENCE = "理由", "理由", "Why";
}

/// `/{collection}/{id}/why`.
pub(crate) async fn page(visitor: Visitor, Path((collection, account)): Path<(String, String)>) -> Shown {
    let name = visitor.desk().name(&format!("{collection}/{account}"));
    let request = proto::ExplainBalanceRequest { name, ..Default::default() };
    let answer = visitor.desk().accounts().explain_balance(request).await?.into_inner();
    let total = answer.balance.unwrap_or_default().centi_credits;
    let kinds = visitor.desk().kinds().await?;
    let say = |text| visitor.say(text);
    let body = html! {
        p { a href={ "/" (collection) "/" (account) } { (collection) "/" (account) } }
        @if answer.lines.is_empty() { p { (say(words::NONE)) } } @else {
            (wide(say(LINES), &html! {
                thead { tr {
                    th.n scope="col" { (say(words::NUMBER)) }
                    th scope="col" { (say(words::DAY)) }
                    th scope="col" { (say(words::KIND)) }
                    th.n scope="col" { (say(words::CREDITS)) }
                    th scope="col" { (say(SENTENCE)) }
                    th scope="col" { (say(RULE)) }
                } }
                tbody {
                    @for line in &answer.lines {
                        tr {
                            th.n scope="row" { (link(&line.entry)) }
                            td.day { (line.occurred_on) }
                            td { (words::kind(&kinds, &line.kind, visitor.language)) }
                            td.n { (credits(line.centi_credits)) }
                            td { (visitor.said(line.sentence.as_ref())) }
                            td { (id(&line.policy)) " " (line.policy_version) }
                        }
                    }
                }
                tfoot { tr {
                    th scope="row" colspan="3" { (say(words::TOTAL)) }
                    td.n { (credits(total)) }
                    td colspan="2" {}
                } }
            }))
        }
    };
    Ok(Page::new(format!("{} · {account}", say(TITLE)), say(PURPOSE), answer.position, body))
}
