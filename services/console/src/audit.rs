//! Who did what, and the newest events of the log.

use crate::desk::{id, path};
use crate::form::Form;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, instant, pages};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

/// Events that are shown (our own default).
const EVENTS: u64 = 50;

texts! {
    TITLE = "稽核：誰做了什麼", "稽核：谁做了什么", "Audit: who did what";
    PURPOSE = "事後要查的事：規則、核准、評選、合併、憑證、每次看個人資料；新的在前。", "事后要查的事：规则、核准、评选、合并、凭证、每次看个人资料；新的在前。", "Acts that are looked into afterwards: rules, approvals, selections, merges, credentials, every read of personal data; the newest first.";
    ACTS = "事項", "事项", "Acts";
    EVENTS_TITLE = "最新事件", "最新事件", "Newest events";
    EVENTS_WHAT = "帳本最後記下的事件，原樣，新的在前。", "账本最后记下的事件，原样，新的在前。", "The last events of the log as they are stored, the newest first.";
    HEAD = "帳本最後位置", "账本最后位置", "Head of the ledger";
    BYTES = "原文", "原文", "As stored";
    READS = "誰看過一位居民的個人資料：在該居民的帳戶頁。", "谁看过一位居民的个人资料：在该居民的账户页。", "Who read a resident's personal data stands on the page of that account.";
}

/// `/audit`.
pub(crate) async fn acts(visitor: Visitor, form: Form) -> Shown {
    let token = form.get("page");
    let request = proto::ListActsRequest {
        parent: visitor.desk().parent.to_string(),
        page_size: form.page_size(0),
        page_token: token.to_owned(),
        ..Default::default()
    };
    let answer = visitor.desk().access().list_acts(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let body = html! {
        @if visitor.may(Method::LedgerWatchEvents) {
            p { a href="/audit/events" { (say(EVENTS_TITLE)) } }
            (crate::verification::link(&visitor))
            p { (say(READS)) }
        }
        @if answer.acts.is_empty() { p { (say(words::NONE)) } } @else {
            (wide(say(ACTS), &html! {
                thead { tr {
                    th.n scope="col" { (say(words::NUMBER)) }
                    th scope="col" { (say(words::WHEN)) }
                    th scope="col" { (say(words::WHAT)) }
                    th scope="col" { (say(words::WHO)) }
                    th scope="col" { (say(words::ORGANIZATION)) }
                    th scope="col" { (say(BYTES)) }
                } }
                tbody {
                    @for act in &answer.acts {
                        tr {
                            th.n scope="row" { (act.position) }
                            td { (instant(act.recorded_at.as_ref())) }
                            td { code { (act.r#type) } }
                            td { (act.person) }
                            td { (id(&act.organization)) }
                            td { (stored(&act.json)) }
                        }
                    }
                }
            }))
        }
        (pages("/audit", &[("page", token)], &answer.next_page_token, visitor.language))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), answer.position, body))
}

/// The bytes of an event, folded.
fn stored(json: &[u8]) -> Markup {
    html! { details { summary { "JSON" } pre tabindex="0" { (String::from_utf8_lossy(json)) } } }
}

/// `/audit/events`.
pub(crate) async fn events(visitor: Visitor) -> Shown {
    let head = visitor.desk().head().await?;
    let after_position = head.position.saturating_sub(EVENTS);
    let parent = visitor.desk().parent.to_string();
    let request = proto::WatchEventsRequest { parent, after_position };
    let mut watched = visitor.desk().ledger().watch_events(request).await?.into_inner();
    let mut events = Vec::new();
    while after_position + (events.len() as u64) < head.position {
        let Some(part) = watched.message().await? else { break };
        events.extend(part.events);
    }
    // What came since belongs to a later position.
    events.retain(|event| event.position <= head.position);
    let say = |text| visitor.say(text);
    let body = html! {
        dl.facts { dt { (say(HEAD)) } dd { strong { (head.position) } " " (path(&head.name)) } }
        (wide(say(EVENTS_TITLE), &html! {
            thead { tr {
                th.n scope="col" { (say(words::NUMBER)) }
                th scope="col" { (say(words::WHEN)) }
                th scope="col" { (say(words::WHAT)) }
                th scope="col" { (say(BYTES)) }
            } }
            tbody {
                @for event in events.iter().rev() {
                    tr {
                        th.n scope="row" { (event.position) }
                        td { (instant(event.recorded_at.as_ref())) }
                        td { code { (event.r#type) } }
                        td { (stored(&event.json)) }
                    }
                }
            }
        }))
    };
    Ok(Page::new(say(EVENTS_TITLE), say(EVENTS_WHAT), head.position, body))
}
