//! One batch, and the reversal of all of it.

use crate::Console;
use crate::bar::bar;
use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::{Form, Posted};
use crate::job::{Job, Standing};
use crate::language::{Text, texts};
use crate::line::Line;
use crate::page::{Page, Shown, token};
use crate::refusal;
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words::{self, link};
use axum::extract::{Path, State};
use axum::response::Redirect;
use creditbank_grpc::proto::{self, Method};
use creditbank_posting::{Undone, reverse_batch};
use maud::{Markup, html};
use std::sync::Arc;

/// Entries that need a correction that are shown (our own default); all are counted.
const SHOWN: usize = 50;

texts! {
    TITLE = "批次", "批次", "Batch";
    PURPOSE = "一起匯入的一批記錄；整批有誤時可以一次沖正。", "一起导入的一批记录；整批有误时可以一次冲正。", "Entries that came together; where all of it is wrong it is reversed at once.";
    ENTRIES = "筆數", "笔数", "Entries";
    STANDING = "仍有效", "仍有效", "Still standing";
    FIRST = "首筆", "首笔", "First";
    LAST = "末筆", "末笔", "Last";
    ALL = "看各批", "看各批", "All batches";
    REVERSE = "沖正整批", "冲正整批", "Reverse the whole batch";
    FINAL = "沖正不能撤回；要恢復須重新記。已結月份的記錄不沖，會列出來，請另提更正。", "冲正不能撤回；要恢复须重新记。已结月份的记录不冲，会列出来，请另提更正。", "A reversal is final. Entries of closed months are not reversed but listed: propose a correction for them.";
    BY = "沖正機構", "冲正机构", "For the organisation";
    UNDER_WAY = "正在沖正，可以離開這一頁。", "正在冲正，可以离开这一页。", "It is being reversed; you may leave this page.";
    PLACE = "前面還有別的工作，您排在第", "前面还有别的工作，您排在第", "Other work comes first; your place is";
    SEEN = "已看", "已看", "Looked at";
    REVERSED = "已沖正", "已冲正", "Reversed";
    ALREADY = "先前已沖", "先前已冲", "Reversed before";
    CLOSED = "已結月份，未沖", "已结月份，未冲", "Of closed months, not reversed";
    UNCOVERED = "學分已兌換，未沖", "学分已兑换，未冲", "Credit was redeemed, not reversed";
    DONE = "整批沖正完成。", "整批冲正完成。", "The reversal of the batch is done.";
    LEFT = "這些須提出更正，由另一人核准", "这些须提出更正，由另一人核准", "These need a correction that another person approves";
}

fn name(visitor: &Visitor, organization: &str, batch: &str) -> String {
    visitor.desk().name(&format!("organizations/{organization}/batches/{batch}"))
}

/// `/batches/{organization}/{batch}`.
pub(crate) async fn page(
    visitor: Visitor,
    State(console): State<Arc<Console>>,
    Path((organization, batch)): Path<(String, String)>,
) -> Shown {
    let name = name(&visitor, &organization, &batch);
    let request = proto::GetBatchRequest { name: name.clone() };
    let answer = visitor.desk().corrections().get_batch(request).await?.into_inner();
    let held = answer.batch.unwrap_or_default();
    let undoing = console.undoings.find(&name);
    let standing = undoing.as_ref().map(|undoing| undoing.standing());
    let renews = matches!(standing, Some(Standing::Under(_)));
    let say = |text| visitor.say(text);
    let may = visitor.may(Method::CorrectionReverseBatch) && !renews && held.standing > 0;
    let body = html! {
        p { a href=(crate::form::address("/batches", &[("organization", &organization)])) { (say(ALL)) } }
        @if let Some(undoing) = undoing { (told(&visitor, &console.line, &undoing)) }
        dl.facts {
            dt { (say(words::ORGANIZATION)) } dd { (organization) }
            dt { (say(ENTRIES)) } dd { (held.entries) }
            dt { (say(STANDING)) } dd { strong { (held.standing) } }
            dt { (say(FIRST)) } dd { (entry(held.first_at)) }
            dt { (say(LAST)) } dd { (entry(held.last_at)) }
        }
        @if may { (reversal(&visitor, &organization, &batch)) }
    };
    let page = Page::new(format!("{} {batch}", say(TITLE)), say(PURPOSE), answer.position, body);
    Ok(Page { renews, ..page })
}

fn entry(position: u64) -> Markup {
    html! { a href={ "/entries/" (position) } { (position) } }
}

fn reversal(visitor: &Visitor, organization: &str, batch: &str) -> Markup {
    let reasons = words::REVERSAL_REASONS.map(|(code, name)| (code.to_owned(), visitor.say(name).to_owned()));
    let form = Form::of(&[("organization", organization)]);
    let fields = Fields { visitor, form: &form, refused: None };
    html! {
        h2 { (visitor.say(REVERSE)) }
        p { (visitor.say(FINAL)) }
        form method="post" action={ "/batches/" (organization) "/" (batch) } {
            (token(visitor))
            input type="hidden" name="request_id" value=(request_id());
            (fields.field("organization", BY, Kind::Text, true))
            (fields.choice("reason", words::REASON, &reasons))
            button type="submit" { (visitor.say(REVERSE)) }
        }
    }
}

/// How far a reversal has come.
fn told(visitor: &Visitor, line: &Line, undoing: &Job<Undone>) -> Markup {
    let say = |text| visitor.say(text);
    match undoing.standing() {
        Standing::Under(undone) => html! {
            p role="status" { (say(UNDER_WAY)) }
            @if let Some(place) = line.place(undoing.ticket) { p { (say(PLACE)) " " strong { (place) } } }
            (counts(visitor, &undone))
            (bar(undone.told.seen, undone.told.entries))
        },
        Standing::Done(undone) => html! {
            p.done role="status" { (say(DONE)) }
            (counts(visitor, &undone))
            (left(visitor, &undone))
        },
        Standing::Broken(refused, undone) => html! {
            (refusal::told(&refused, visitor.language))
            (counts(visitor, &undone))
        },
    }
}

fn counts(visitor: &Visitor, undone: &Undone) -> Markup {
    let fact = |name: Text, value: u64| html! { dt { (visitor.say(name)) } dd { (value) } };
    let told = &undone.told;
    html! {
        dl.facts {
            (fact(SEEN, told.seen))
            (fact(REVERSED, told.reversed))
            (fact(ALREADY, told.already_reversed))
            (fact(CLOSED, told.closed))
            (fact(UNCOVERED, told.uncovered))
        }
    }
}

fn left(visitor: &Visitor, undone: &Undone) -> Markup {
    let names: Vec<&String> = undone.closed.iter().chain(&undone.uncovered).take(SHOWN).collect();
    html! {
        @if !names.is_empty() {
            p { (visitor.say(LEFT)) }
            ul.further { @for name in names { li { (link(name)) } } }
        }
    }
}

/// Begins to reverse all that stands of a batch.
pub(crate) async fn posted(
    State(console): State<Arc<Console>>,
    Path((organization, batch)): Path<(String, String)>,
    Posted { visitor, form }: Posted,
) -> Result<Redirect, Stop> {
    let name = name(&visitor, &organization, &batch);
    // Who does not see it hears so here, not on the page of its progress.
    visitor.desk().corrections().get_batch(proto::GetBatchRequest { name: name.clone() }).await?;
    let request = proto::ReverseBatchRequest {
        name,
        request_id: form.get("request_id").to_owned(),
        organization: visitor.desk().name(&format!("organizations/{}", form.get("organization"))),
        reason: form.get("reason").to_owned(),
    };
    let corrections = visitor.desk().corrections();
    console.undoings.begin(&console.line, request.name.clone(), async move |job| {
        let hear = |undone: &Undone| job.note(undone.clone());
        reverse_batch(&corrections, &request, hear).await.map_err(Refused::from)
    })?;
    Ok(Redirect::to(&format!("/batches/{}/{}", organization, id(&batch))))
}
