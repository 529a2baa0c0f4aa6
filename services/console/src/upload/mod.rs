//! Spreadsheets: a file is sent, looked at row by row, recorded once somebody said so, and given back with a verdict beside
//! each row.
//!
//! The file lies in one without a name, which goes with the upload or the program; what was found out of its rows lies in
//! others. In memory stand a few bytes of each row. Work is done beside the pages, which show how far it has come, so that a
//! browser may go away; a program that ends loses the work, and the same file sent again records nothing twice.

mod columns;
mod held;
mod multipart;
mod preview;
mod progress;
mod remembered;
mod result;
mod spool;
mod template;
mod work;

pub(crate) use held::Uploads;
pub(crate) use remembered::Remembered;
pub(crate) use result::download as result;
pub(crate) use template::download as template;

use crate::Console;
use crate::desk::id;
use crate::field::Fields;
use crate::form::{Form, Posted};
use crate::language::texts;
use crate::page::{Page, Shown, token};
use crate::refusal;
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_import::Repair;
use creditbank_import::heading::Outline;
use held::{Broken, Reading, Stage, Upload};
use maud::{Markup, html};
use multipart::Received;
use std::sync::Arc;

texts! {
    TITLE = "上傳試算表", "上传表格", "Upload a spreadsheet";
    PURPOSE = "把 Excel 或 CSV 名冊整份記帳：先預覽、再確認，每一列都有結果。", "把 Excel 或 CSV 名册整份记账：先预览、再确认，每一行都有结果。", "Record a whole list from Excel or CSV: preview first, then confirm; every row gets a verdict.";
    ORGANIZATION = "記錄機構", "记录机构", "Recording organisation";
    FILE = "檔案（.xlsx 或 .csv，至多 32 MiB）", "文件（.xlsx 或 .csv，至多 32 MiB）", "File (.xlsx or .csv, at most 32 MiB)";
    MAPPING_WHAT = "已有對照檔", "已有对照文件", "You have a mapping already";
    MAPPING = "對照檔內容（TOML）", "对照文件内容（TOML）", "Text of the mapping (TOML)";
    SEND = "上傳並預覽", "上传并预览", "Upload and preview";
    TEMPLATE = "下載空白範本（.xlsx）", "下载空白模板（.xlsx）", "Download an empty template (.xlsx)";
    TEMPLATE_WHAT = "範本填好後上傳，不必再說明各欄。", "模板填好后上传，不必再说明各栏。", "A filled-in template needs no further questions.";
    KEPT = "檔案不留在伺服器：一小時沒有人看就刪除。伺服器若重新啟動，進度不會保留；同一個檔再傳一次，不會多記。", "文件不留在服务器：一小时没有人看就删除。服务器若重新启动，进度不会保留；同一个文件再传一次，不会多记。", "The file does not stay on the server: it goes after an hour in which nobody looked at it. If the server starts again, progress is lost; send the same file again and nothing is recorded twice.";
    OWN = "您上傳的檔案", "您上传的文件", "Your uploads";
    NAME = "檔名", "文件名", "File";
    WAITS_COLUMNS = "待說明各欄", "待说明各栏", "asks about its columns";
    WAITS_LOOK = "預覽中", "预览中", "being looked at";
    WAITS_YES = "待確認", "待确认", "waits to be confirmed";
    RECORDS = "記帳中", "记账中", "being recorded";
    DONE = "已完成", "已完成", "done";
    BROKE = "未完成", "未完成", "not done";
    NO_FILE = "請選一個檔案。", "请选一个文件。", "Choose a file.";
    BUSY = "您另有一個檔案正在處理，請等它完成。", "您另有一个文件正在处理，请等它完成。", "Another file of yours is being worked on: wait until it is done.";
    CUT = "記到一半中斷", "记到一半中断", "Cut off while it was recorded";
    CUT_WHAT = "前面的列可能已經記下；再試一次就接著記，已記的不會重複，請不要另外補記。", "前面的行可能已经记下；再试一次就接着记，已记的不会重复，请不要另外补记。", "Rows may stand in the ledger already. Try once more: nothing is recorded twice. Do not record them by hand.";
    BROKEN = "這個檔案沒有記", "这个文件没有记", "This file was not recorded";
    BROKEN_WHAT = "說明為什麼，以及怎麼改。", "说明为什么，以及怎么改。", "This page says why, and how to mend it.";
    AGAIN = "改好後重新上傳；或再試一次。", "改好后重新上传；或再试一次。", "Mend the file and upload it again, or try once more.";
    RETRY = "再試一次", "再试一次", "Try once more";
    COLUMNS = "改各欄的意義", "改各栏的意义", "Change what the columns are";
    ANOTHER = "上傳另一個檔案", "上传另一个文件", "Upload another file";
}

/// The form, and the uploads that the visitor has.
pub(crate) async fn list(visitor: Visitor, State(console): State<Arc<Console>>) -> Shown {
    let own = visitor.acts_for().await?;
    let form = Form::of(&[("organization", id(&own))]);
    let position = visitor.desk().head().await?.position;
    Ok(Page { position, ..ask(&visitor, &console, &form, None)? })
}

fn ask(visitor: &Visitor, console: &Console, form: &Form, refused: Option<&Refused>) -> Shown {
    let say = |text| visitor.say(text);
    let fields = Fields { visitor, form, refused };
    let body = html! {
        (fields.refusal(&["organization", "file", "mapping"]))
        form method="post" action="/uploads" enctype="multipart/form-data" {
            (token(visitor))
            (fields.field("organization", ORGANIZATION, crate::field::Kind::Text, true))
            (fields.field("file", FILE, crate::field::Kind::File, true))
            details {
                summary { (say(MAPPING_WHAT)) }
                (fields.field("mapping", MAPPING, crate::field::Kind::Lines, false))
            }
            button type="submit" { (say(SEND)) }
        }
        p { a href="/uploads/template.xlsx" { (say(TEMPLATE)) } " " (say(TEMPLATE_WHAT)) }
        p { (say(KEPT)) }
        (own(visitor, &console.uploads.own(visitor)))
    };
    let page = Page::new(say(TITLE), say(PURPOSE), 0, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

fn own(visitor: &Visitor, own: &[Arc<Upload>]) -> Markup {
    let say = |text| visitor.say(text);
    if own.is_empty() {
        return html! {};
    }
    html! {
        h2 { (say(OWN)) }
        ul.own {
            @for upload in own {
                li {
                    a href={ "/uploads/" (upload.id) } { (upload.name) } " · " (upload.organization) " · "
                    (say(match upload.stage() {
                        Stage::Columns => WAITS_COLUMNS,
                        Stage::Looking(_) => WAITS_LOOK,
                        Stage::Looked(_) => WAITS_YES,
                        Stage::Posting(_) => RECORDS,
                        Stage::Posted(_) => DONE,
                        Stage::Broken(..) => BROKE,
                    }))
                }
            }
        }
    }
}

/// Takes a file, and looks at its rows where it is known what its columns mean.
pub(crate) async fn receive(
    State(console): State<Arc<Console>>,
    Received { visitor, form, file }: Received,
) -> Result<Response, Stop> {
    let wrong = |field: &str, text: &str| {
        let refused = Refused::here(field, text);
        Ok(ask(&visitor, &console, &form, Some(&refused))?.into_response())
    };
    let Some(sent) = file.filter(|sent| sent.bytes > 0) else { return wrong("file", visitor.say(NO_FILE)) };
    if console.uploads.own(&visitor).iter().any(|upload| upload.stage().is_working()) {
        return wrong("file", visitor.say(BUSY));
    }
    let organization = form.get("organization").to_owned();
    let name = visitor.desk().name(&format!("organizations/{organization}"));
    if let Err(refused) = may_post(&visitor, &name).await {
        return Ok(ask(&visitor, &console, &form, Some(&refused))?.into_response());
    }
    let (file_name, file) = (sent.name.clone(), Arc::new(sent.file));
    let read = Arc::clone(&file);
    let outline = work::beside(move || Ok(Outline::read(&file_name, &read)?)).await;
    let outline = match outline {
        Ok(outline) => outline,
        Err(broken) => {
            let refused = Refused::here("", &broken.message).because(broken.reason);
            return Ok(ask(&visitor, &console, &form, Some(&refused))?.into_response());
        }
    };
    let remembered = console.uploads.remembered.find(&name, &organization, &outline);
    let reading = match (form.get("mapping"), remembered.or_else(|| template::read(&organization, &outline)))
    {
        ("", None) => None,
        ("", Some(choice)) => {
            Some(Reading { mapping: choice.compose(), choice: Some(choice), ..Reading::default() })
        }
        (mapping, _) => Some(Reading { mapping: mapping.to_owned(), ..Reading::default() }),
    };
    let upload = console.uploads.hold(&visitor, sent.name, file, organization, outline)?;
    if let Some(reading) = reading {
        work::look(&console.line, &upload, visitor.desk(), reading);
    }
    Ok(Redirect::to(&format!("/uploads/{}", upload.id)).into_response())
}

/// Whether the visitor posts for an organisation: it is there, and in their scope.
async fn may_post(visitor: &Visitor, name: &str) -> Result<(), Refused> {
    // The least that asks the door: the batches of an organisation are seen by whoever posts for it.
    let request = creditbank_grpc::proto::ListBatchesRequest {
        parent: name.to_owned(),
        page_size: 1,
        ..Default::default()
    };
    let answer = visitor.desk().corrections().list_batches(request).await;
    answer.map(|_| ()).map_err(|status| Refused::from(status).at("organization"))
}

/// `/uploads/{id}`, wherever it is.
pub(crate) async fn one(
    visitor: Visitor,
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    form: Form,
) -> Shown {
    let upload = console.uploads.find(&visitor, &id)?;
    match upload.stage() {
        Stage::Columns => columns::page(&visitor, &upload).await,
        Stage::Looking(work) => Ok(progress::looking(&visitor, &console.line, &upload, &work)),
        Stage::Looked(looked) => preview::page(&visitor, &upload, &looked, &form),
        Stage::Posting(work) => Ok(progress::posting(&visitor, &console.line, &upload, &work)),
        Stage::Posted(posted) => Ok(result::page(&visitor, &upload, &posted)),
        Stage::Broken(broken, looked) => Ok(told(&visitor, &upload, &broken, looked.is_some())),
    }
}

/// Why a file was not recorded.
fn told(visitor: &Visitor, upload: &Upload, broken: &Broken, was_looked_at: bool) -> Page {
    let say = |text| visitor.say(text);
    let refused = Refused::here("", &broken.message).because(broken.reason.clone());
    let here = format!("/uploads/{}", upload.id);
    let body = html! {
        p { (say(NAME)) " " strong { (upload.name) } }
        (refusal::told(&refused, visitor.language))
        p { (say(AGAIN)) }
        form method="post" action=(here) {
            (token(visitor))
            @if was_looked_at { button type="submit" name="step" value="record" { (say(RETRY)) } " " }
            @else if broken.may_pass { button type="submit" name="step" value="look" { (say(RETRY)) } " " }
            button.quiet type="submit" name="step" value="edit" { (say(COLUMNS)) }
        }
        (columns::discard(visitor, &here))
        p { a href="/uploads" { (say(ANOTHER)) } }
    };
    match was_looked_at {
        true => Page::new(say(CUT), say(CUT_WHAT), 0, body),
        false => Page::new(say(BROKEN), say(BROKEN_WHAT), 0, body),
    }
}

/// A step of an upload.
pub(crate) async fn step(
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    let uploads = &console.uploads;
    let upload = uploads.find(&visitor, &id)?;
    let here = Redirect::to(&format!("/uploads/{id}"));
    match form.get("step") {
        "columns" => {
            let choice = columns::chosen(&visitor, &upload, &form);
            let reading = Reading { mapping: choice.compose(), choice: Some(choice), ..Reading::default() };
            work::look(&console.line, &upload, visitor.desk(), reading);
        }
        "written" => {
            upload.reread(columns::reread(&upload, &form).await);
        }
        "repair" => {
            let ticked = Repair::ALL.into_iter().filter(|repair| form.get(repair.key()) == "yes");
            let mut reading = upload.reading();
            reading.repairs.extend(ticked);
            work::look(&console.line, &upload, visitor.desk(), reading);
        }
        "look" => work::look(&console.line, &upload, visitor.desk(), upload.reading()),
        "edit" => {
            upload.begin(None, |_| Some(Stage::Columns));
        }
        "record" => {
            work::post(&console.line, &upload, visitor.desk(), uploads);
        }
        "discard" => {
            uploads.let_go(&upload);
            return Ok(Redirect::to("/uploads").into_response());
        }
        _ => return Err(Stop::NoPage),
    }
    Ok(here.into_response())
}
