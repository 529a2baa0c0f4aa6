//! One entry, and its reversal with a reason.

use crate::approval::propose_link;
use crate::badge::entry_link;
use crate::desk::id;
use crate::field::Fields;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::{Page, Shown, token};
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words::{self, instant, link};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

texts! {
    TITLE = "記錄", "记录", "Entry";
    PURPOSE = "一筆記錄的內容；記錯的可以沖正，沖正永遠留著。", "一笔记录的内容；记错的可以冲正，冲正永远留着。", "What an entry says; one that is wrong can be reversed, and both are kept for ever.";
    REVERSE = "沖正這筆記錄", "冲正这笔记录", "Reverse this entry";
    FINAL = "沖正不能撤回；要恢復須重新記。", "冲正不能撤回；要恢复须重新记。", "A reversal is final; to restore the entry, record it anew.";
    BY = "沖正機構", "冲正机构", "For the organisation";
    SPAN = "起日", "起日", "From";
    TIME = "起訖時間", "起讫时间", "Time";
    SESSION = "場次", "场次", "Session";
    BATCH = "批次", "批次", "Batch";
    SUBJECT = "主題", "主题", "Subject";
    RECORDED = "記錄時間", "记录时间", "Recorded";
    CORRECTION = "由更正記下", "由更正记下", "Recorded by the correction";
    STANDS = "有效", "有效", "it stands";
    EVIDENCE = "憑據摘要", "凭据摘要", "Digest of the evidence";
}

const FIELDS: [&str; 2] = ["reason", "organization"];

/// `/entries/{position}`.
pub(crate) async fn page(visitor: Visitor, Path(position): Path<String>) -> Shown {
    shown(&visitor, &position, None, None).await
}

async fn shown(visitor: &Visitor, position: &str, form: Option<&Form>, refused: Option<&Refused>) -> Shown {
    let name = visitor.desk().name(&format!("entries/{position}"));
    let answer = visitor.desk().ledger().get_entry(proto::GetEntryRequest { name, min_position: 0 }).await?;
    let answer = answer.into_inner();
    let entry = answer.entry.unwrap_or_default();
    let kinds = visitor.desk().kinds().await?;
    let say = |text| visitor.say(text);
    let own = Form::of(&[("organization", id(&entry.organization))]);
    let may = visitor.may(Method::LedgerReverseEntry) && entry.reversed_at == 0;
    let body = html! {
        (facts(visitor, &entry, &kinds))
        @if may { (reversal(visitor, position, form.unwrap_or(&own), refused)) }
        @if entry.reversed_at == 0 {
            (propose_link(visitor, entry.position))
            @if !entry.account.contains("/organizations/") { (entry_link(visitor, entry.position)) }
        }
    };
    let page = Page::new(format!("{} {position}", say(TITLE)), say(PURPOSE), answer.position, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

fn facts(visitor: &Visitor, entry: &proto::Entry, kinds: &[proto::Code]) -> Markup {
    let say = |text| visitor.say(text);
    let fact = |name: Text, value: &str| {
        html! { @if !value.is_empty() { dt { (say(name)) } dd { (value) } } }
    };
    let time = match entry.start_time.as_str() {
        "" => String::new(),
        start => format!("{start}–{}", entry.end_time),
    };
    html! {
        dl.facts {
            dt { (say(words::ACCOUNT)) } dd { (link(&entry.account)) }
            dt { (say(words::KIND)) } dd { (words::kind(kinds, &entry.kind, visitor.language)) }
            (fact(words::ORGANIZATION, id(&entry.organization)))
            (fact(words::DAY, &entry.occurred_on))
            (fact(SPAN, &entry.started_on))
            (fact(TIME, &time))
            dt { (say(words::MINUTES)) } dd { (entry.minutes) }
            (fact(SESSION, &entry.session))
            (fact(SUBJECT, &entry.subject))
            (fact(BATCH, &entry.batch))
            (fact(EVIDENCE, &entry.evidence_sha256))
            (fact(RECORDED, &instant(entry.recorded_at.as_ref())))
            (fact(CORRECTION, id(&entry.correction)))
            dt { (say(words::STATE)) }
            dd { @if entry.reversed_at > 0 { (say(words::REVERSED)) " " (entry.reversed_at) } @else { (say(STANDS)) } }
        }
    }
}

fn reversal(visitor: &Visitor, position: &str, form: &Form, refused: Option<&Refused>) -> Markup {
    let reasons = words::REVERSAL_REASONS.map(|(code, name)| (code.to_owned(), visitor.say(name).to_owned()));
    let fields = Fields { visitor, form, refused };
    let kept = form.get("request_id");
    let request_id = if kept.is_empty() { request_id() } else { kept.to_owned() };
    html! {
        h2 { (visitor.say(REVERSE)) }
        (fields.refusal(&FIELDS))
        p { (visitor.say(FINAL)) }
        form method="post" action={ "/entries/" (position) } {
            (token(visitor))
            input type="hidden" name="request_id" value=(request_id);
            (fields.field("organization", BY, crate::field::Kind::Text, true))
            (fields.choice("reason", words::REASON, &reasons))
            button type="submit" { (visitor.say(REVERSE)) }
        }
    }
}

/// Reverses it.
pub(crate) async fn posted(
    Path(position): Path<String>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    let request = proto::ReverseEntryRequest {
        name: visitor.desk().name(&format!("entries/{position}")),
        request_id: form.get("request_id").to_owned(),
        organization: visitor.desk().name(&format!("organizations/{}", form.get("organization"))),
        reason: form.get("reason").to_owned(),
    };
    match visitor.desk().ledger().reverse_entry(request).await.map_err(Refused::from) {
        Ok(_) => Ok(Redirect::to(&format!("/entries/{position}")).into_response()),
        Err(refused) if refused.signs_out() => Err(Stop::Refused(refused)),
        Err(refused) => Ok(shown(&visitor, &position, Some(&form), Some(&refused)).await?.into_response()),
    }
}
