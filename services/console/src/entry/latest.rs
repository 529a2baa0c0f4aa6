//! The latest entries of an organisation, the newest first.

use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::Form;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, instant, link, pages};
use creditbank_grpc::proto;
use maud::{Markup, html};

/// Entries of a page (our own default).
const ENTRIES: u32 = 50;

texts! {
    TITLE = "最近的記錄", "最近的记录", "Latest entries";
    PURPOSE = "最近記下的學習，新的在前；點號碼可看內容或沖正。", "最近记下的学习，新的在前；点号码可看内容或冲正。", "What was recorded lately, the newest first; choose a number to look at it or reverse it.";
    OF = "只看這個機構", "只看这个机构", "Only of this organisation";
    RECORDED = "記錄時間", "记录时间", "Recorded";
}

pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let organization = match form.get("organization") {
        "" => String::new(),
        id => visitor.desk().name(&format!("organizations/{id}")),
    };
    let token = form.get("page");
    let request = proto::ListEntriesRequest {
        parent: visitor.desk().parent.to_string(),
        organization,
        page_size: form.page_size(ENTRIES),
        page_token: token.to_owned(),
        newest_first: visitor.session.caller.resident.is_empty(),
        ..Default::default()
    };
    let answer = visitor.desk().ledger().list_entries(request).await?.into_inner();
    let kinds = visitor.desk().kinds().await?;
    let fields = Fields { visitor: &visitor, form: &form, refused: None };
    let say = |text| visitor.say(text);
    let asked = [("organization", form.get("organization")), ("page", token)];
    let body = html! {
        form.row method="get" action="/entries" {
            (fields.field("organization", OF, Kind::Text, false))
            button type="submit" { (say(words::SHOW)) }
        }
        @if answer.entries.is_empty() { p { (say(words::NONE)) } }
        @else { (table(&visitor, &answer.entries, &kinds)) }
        (pages("/entries", &asked, &answer.next_page_token, visitor.language))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), answer.position, body))
}

fn table(visitor: &Visitor, entries: &[proto::Entry], kinds: &[proto::Code]) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(TITLE),
        &html! {
            thead { tr {
                th.n scope="col" { (say(words::NUMBER)) }
                th scope="col" { (say(words::DAY)) }
                th scope="col" { (say(words::KIND)) }
                th scope="col" { (say(words::ACCOUNT)) }
                th.n scope="col" { (say(words::MINUTES)) }
                th scope="col" { (say(words::ORGANIZATION)) }
                th scope="col" { (say(RECORDED)) }
                th scope="col" { (say(words::STATE)) }
            } }
            tbody {
                @for entry in entries {
                    tr {
                        th.n scope="row" { (link(&entry.name)) }
                        td.day { (entry.occurred_on) }
                        td { (words::kind(kinds, &entry.kind, visitor.language)) }
                        td { (link(&entry.account)) }
                        td.n { (entry.minutes) }
                        td { (id(&entry.organization)) }
                        td { (instant(entry.recorded_at.as_ref())) }
                        td { @if entry.reversed_at > 0 { (say(words::REVERSED)) " " (entry.reversed_at) } }
                    }
                }
            }
        },
    )
}
