//! A class list: what all share, one account a line; looked through first, and then recorded all or nothing.

pub(crate) mod draft;
mod verdict;

use crate::course::choices;
use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::{Form, Posted};
use crate::language::texts;
use crate::page::{Page, Shown, token, wide};
use crate::refusal;
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words;
use creditbank_grpc::proto;
use draft::{Draft, FIELDS};
use maud::{Markup, html};
use verdict::{Verdict, look_through};

texts! {
    TITLE = "記課堂名單", "记课堂名单", "Class list";
    PURPOSE = "一次記一堂課或一場講座的全部出席者；先預覽，再確認。", "一次记一堂课或一场讲座的全部出席者；先预览，再确认。", "Record everyone who came to a class or a lecture at once: preview first, then confirm.";
    pub(crate) WHAT = "課程版本或講座", "课程版本或讲座", "Course version or lecture";
    LECTURE = "講座", "讲座", "Lecture";
    ORGANIZATION = "記錄機構", "记录机构", "Recording organisation";
    pub(crate) DAY = "上課日期", "上课日期", "Date";
    pub(crate) START = "開始時間", "开始时间", "Starts at";
    pub(crate) END = "結束時間", "结束时间", "Ends at";
    MINUTES = "出席分鐘數", "出席分钟数", "Minutes attended";
    SESSION = "場次代號", "场次代号", "Session";
    pub(crate) ACCOUNTS = "居民帳戶，每行一個", "居民账户，每行一个", "Residents' accounts, one a line";
    SHEET = "列印簽到表", "打印签到表", "Print a sign-in sheet";
    PREVIEW = "預覽", "预览", "Preview";
    PREVIEW_TITLE = "預覽名單", "预览名单", "Preview of the class list";
    PREVIEW_WHAT = "還沒有記。請核對，再按「確認記錄」。", "还没有记。请核对，再按「确认记录」。", "Nothing is recorded yet. Check it, then confirm.";
    LINE = "行", "行", "Line";
    VERDICT = "判定", "判定", "Verdict";
    MEND = "有不能記的行，請先改正。", "有不能记的行，请先改正。", "Some lines cannot be recorded: mend them first.";
    RECORD = "確認記錄", "确认记录", "Record";
    EDIT = "返回修改", "返回修改", "Go back and edit";
    DONE = "已記錄", "已记录", "Recorded";
    DONE_WHAT = "名單已全部記下。", "名单已全部记下。", "The whole list is recorded.";
    BEFORE = "這份名單先前已經記下，沒有重複記。", "这份名单先前已经记下，没有重复记。", "This list had been recorded before; nothing was recorded twice.";
    FROM_TO = "記錄號", "记录号", "Entries";
    ANOTHER = "再記一份名單", "再记一份名单", "Record another list";
    SEE = "看本機構最近的記錄", "看本机构最近的记录", "See the latest entries of your organisation";
    NOT_DONE = "名單沒有記成", "名单没有记成", "The list was not recorded";
    NOT_DONE_WHAT = "說明為什麼；名單還在，可以返回修改。", "说明为什么；名单还在，可以返回修改。", "This page says why; the list is kept and can be edited.";
    AGAIN = "如果不能確定是否已記，再按一次「確認記錄」，不會重複。", "如果不能确定是否已记，再按一次「确认记录」，不会重复。", "If it is not known whether it was recorded, press Record again: nothing is recorded twice.";
}

/// The empty form.
pub(crate) async fn form(visitor: Visitor) -> Shown {
    let own = visitor.acts_for().await?;
    let form = Form::of(&[("organization", id(&own))]);
    edit(&visitor, &form, None).await
}

/// A step of it: preview, edit, or record.
pub(crate) async fn posted(Posted { visitor, form }: Posted) -> Shown {
    match form.get("step") {
        "record" => record(&visitor, &form).await,
        "edit" => edit(&visitor, &form, None).await,
        _ => preview(&visitor, &form).await,
    }
}

/// What a class can be: a lecture, or a version of a course that is approved; and the position that is true at.
pub(crate) async fn courses(visitor: &Visitor) -> Result<(Vec<(String, String)>, u64), Stop> {
    choices(visitor, ("lecture", LECTURE)).await
}

async fn edit(visitor: &Visitor, form: &Form, refused: Option<&Refused>) -> Shown {
    let (options, position) = courses(visitor).await?;
    let fields = Fields { visitor, form, refused };
    let body = html! {
        (fields.refusal(&FIELDS))
        p { a href="/class-list/sign-in" { (visitor.say(SHEET)) } }
        form method="post" action="/class-list" {
            (token(visitor))
            (fields.choice("course_version", WHAT, &options))
            (fields.field("organization", ORGANIZATION, Kind::Text, true))
            (fields.field("occurred_on", DAY, Kind::Date, true))
            (fields.field("minutes", MINUTES, Kind::Number, true))
            (fields.field("start_time", START, Kind::Time, false))
            (fields.field("end_time", END, Kind::Time, false))
            (fields.field("session", SESSION, Kind::Text, false))
            (fields.field("accounts", ACCOUNTS, Kind::Lines, true))
            button type="submit" name="step" value="preview" { (visitor.say(PREVIEW)) }
        }
    };
    let page = Page::new(visitor.say(TITLE), visitor.say(PURPOSE), position, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

async fn preview(visitor: &Visitor, form: &Form) -> Shown {
    let draft = match Draft::parse(visitor, form) {
        Ok(draft) => draft,
        Err(refused) => return edit(visitor, form, Some(&refused)).await,
    };
    let (verdicts, position) = look_through(visitor, &draft).await?;
    let good = verdicts.iter().all(|(_, verdict)| verdict.may_be_recorded());
    let say = |text| visitor.say(text);
    let body = html! {
        (summary(visitor, form, &draft))
        @if !good { div.refused role="alert" { p { (say(MEND)) } } }
        (confirm(visitor, form, good.then(request_id).as_deref()))
        (table(visitor, &verdicts))
    };
    Ok(Page::new(say(PREVIEW_TITLE), say(PREVIEW_WHAT), position, body))
}

/// What is about to be recorded.
fn summary(visitor: &Visitor, form: &Form, draft: &Draft) -> Markup {
    let say = |text| visitor.say(text);
    html! {
        dl.facts {
            dt { (say(WHAT)) }
            dd { @match form.get("course_version") { "lecture" => (say(LECTURE)), version => (version) } }
            dt { (say(ORGANIZATION)) } dd { (form.get("organization")) }
            dt { (say(DAY)) } dd { (form.get("occurred_on")) " " (form.get("start_time"))
                @if !form.get("end_time").is_empty() { "–" (form.get("end_time")) } }
            dt { (say(MINUTES)) } dd { (form.get("minutes")) }
            @if !form.get("session").is_empty() { dt { (say(SESSION)) } dd { (form.get("session")) } }
            dt { (say(words::ATTENDANCES)) } dd { (draft.accounts.len()) }
        }
    }
}

/// The form that goes on from a preview: to record, under a request id made here, and back.
fn confirm(visitor: &Visitor, form: &Form, request_id: Option<&str>) -> Markup {
    let fields = Fields { visitor, form, refused: None };
    html! {
        form method="post" action="/class-list" {
            (token(visitor))
            (fields.hidden(&FIELDS))
            @if let Some(request_id) = request_id {
                input type="hidden" name="request_id" value=(request_id);
                button type="submit" name="step" value="record" { (visitor.say(RECORD)) }
                " "
            }
            button.quiet type="submit" name="step" value="edit" { (visitor.say(EDIT)) }
        }
    }
}

fn table(visitor: &Visitor, verdicts: &[(String, Verdict)]) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(PREVIEW_TITLE),
        &html! {
            thead { tr {
                th.n scope="col" { (say(LINE)) }
                th scope="col" { (say(words::ACCOUNT)) }
                th scope="col" { (say(VERDICT)) }
            } }
            tbody {
                @for (n, (account, verdict)) in (1..).zip(verdicts) {
                    tr {
                        td.n { (n) }
                        th scope="row" { (account) }
                        td { (verdict.told(visitor)) }
                    }
                }
            }
        },
    )
}

async fn record(visitor: &Visitor, form: &Form) -> Shown {
    let draft = match Draft::parse(visitor, form) {
        Ok(draft) => draft,
        Err(refused) => return edit(visitor, form, Some(&refused)).await,
    };
    let request = proto::PostClassListRequest {
        parent: visitor.desk().parent.to_string(),
        request_id: form.get("request_id").to_owned(),
        accounts: draft.names(visitor.desk()),
        entry: Some(draft.entry.clone()),
    };
    let answer = match visitor.desk().ledger().post_class_list(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return refused(visitor, form, &draft, status.into()),
    };
    let say = |text| visitor.say(text);
    let body = html! {
        @if answer.replayed { p.done role="status" { (say(BEFORE)) } }
        @else { p.done role="status" { (say(DONE_WHAT)) } }
        (summary(visitor, form, &draft))
        @if let (Some(first), Some(last)) = (answer.entries.first(), answer.entries.last()) {
            p { (say(FROM_TO)) " " (words::link(&first.name)) "–" (words::link(&last.name)) }
        }
        p { a href="/class-list" { (say(ANOTHER)) } }
        p { a href="/entries" { (say(SEE)) } }
    };
    Ok(Page::new(say(DONE), say(DONE_WHAT), answer.position, body))
}

/// Nothing was recorded, and the list can be edited; or it is not known, and the same request can be sent again.
fn refused(visitor: &Visitor, form: &Form, draft: &Draft, refused: Refused) -> Result<Page, Stop> {
    if refused.signs_out() {
        return Err(Stop::Refused(refused));
    }
    let unknown = refused.leaves_unknown();
    let at_fault = (refused.field_name() == "accounts").then(|| refused.item()).flatten();
    let line = at_fault.and_then(|item| Some((item + 1, draft.accounts.get(item)?)));
    let body = html! {
        (refusal::told(&refused, visitor.language))
        @if let Some((number, account)) = line { p { (visitor.say(LINE)) " " (number) "：" code { (account) } } }
        (summary(visitor, form, draft))
        @if unknown { p { (visitor.say(AGAIN)) } }
        (confirm(visitor, form, unknown.then(|| form.get("request_id"))))
    };
    let page = Page::new(visitor.say(NOT_DONE), visitor.say(NOT_DONE_WHAT), 0, body);
    Ok(page.with(refused.status()))
}
