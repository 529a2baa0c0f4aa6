//! The statement of an account, by page.

use crate::badge::statement_links;
use crate::form::Form;
use crate::language::{Language, texts};
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, called, credits, link, pages};
use axum::extract::Path;
use creditbank_grpc::proto;
use maud::{Markup, html};

/// Lines of a page (our own default).
const LINES: u32 = 100;

texts! {
    TITLE = "逐筆明細", "逐笔明细", "Statement";
    PURPOSE = "這個帳戶的每一筆記錄，依記錄先後。", "这个账户的每一笔记录，依记录先后。", "Every entry of this account, in the order they were recorded.";
    REVERSED = "已沖正", "已冲正", "reversed";
    CORRECTED = "更正以前月份", "更正以前月份", "corrects an earlier month";
}

/// `/{collection}/{id}/statement`.
pub(crate) async fn page(
    visitor: Visitor,
    Path((collection, account)): Path<(String, String)>,
    form: Form,
) -> Shown {
    let here = format!("/{collection}/{account}/statement");
    let name = visitor.desk().name(&format!("{collection}/{account}"));
    let token = form.get("page");
    let request = proto::GetStatementRequest {
        name,
        page_size: form.page_size(LINES),
        page_token: token.to_owned(),
        ..Default::default()
    };
    let answer = visitor.desk().accounts().get_statement(request).await?.into_inner();
    let body = html! {
        p { a href={ "/" (collection) "/" (account) } { (collection) "/" (account) } }
        @if collection != "organizations" {
            p { a href={ (here) ".pdf" } { (visitor.say(words::PRINT)) } }
            (statement_links(&visitor, &format!("{collection}/{account}")))
        }
        (lines(&visitor, visitor.say(TITLE), &answer.lines).await?)
        (pages(&here, &[("page", token)], &answer.next_page_token, visitor.language))
    };
    Ok(Page::new(format!("{} · {account}", visitor.say(TITLE)), visitor.say(PURPOSE), answer.position, body))
}

/// Lines as a table.
pub(super) async fn lines(
    visitor: &Visitor,
    caption: &str,
    lines: &[proto::StatementLine],
) -> Result<Markup, crate::stop::Stop> {
    if lines.is_empty() {
        return Ok(html! { p { (visitor.say(words::NONE)) } });
    }
    let kinds = visitor.desk().kinds().await?;
    let say = |text| visitor.say(text);
    Ok(wide(
        caption,
        &html! {
            thead { tr {
                th.n scope="col" { (say(words::NUMBER)) }
                th scope="col" { (say(words::DAY)) }
                th scope="col" { (say(words::KIND)) }
                th scope="col" { (say(words::ORGANIZATION)) }
                th.n scope="col" { (say(words::MINUTES)) }
                th.n scope="col" { (say(words::CREDITS)) }
                th scope="col" { (say(words::STATE)) }
            } }
            tbody {
                @for line in lines {
                    @let entry = line.entry.clone().unwrap_or_default();
                    tr {
                        th.n scope="row" { (link(&entry.name)) }
                        td.day { (entry.occurred_on) }
                        td { (words::kind(&kinds, &entry.kind, visitor.language)) }
                        td { (crate::desk::id(&entry.organization)) }
                        td.n { (entry.minutes) }
                        td.n { (credits(line.centi_credits)) }
                        td { (state(visitor.language, &entry, line.reversal.as_ref())) }
                    }
                }
            }
        },
    ))
}

/// What has become of an entry.
pub(crate) fn state(language: Language, entry: &proto::Entry, reversal: Option<&proto::Reversal>) -> String {
    let reversed = reversal.map(|reversal| {
        let reason = called(&words::REVERSAL_REASONS, &reversal.reason, language);
        format!("{} {}（{reason}）", language.say(REVERSED), reversal.position)
    });
    let corrected = (!entry.corrects_month.is_empty())
        .then(|| format!("{} {}", language.say(CORRECTED), entry.corrects_month));
    reversed.into_iter().chain(corrected).collect::<Vec<_>>().join(" ")
}
