//! What became of the rows, and the sheet with it beside them.

use super::held::{Broken, Note, Outcome, Posted, Stage, Upload};
use super::work;
use crate::Console;
use crate::download::{As, Finished};
use crate::form::address;
use crate::language::{Language, Text, texts};
use crate::page::Page;
use crate::stop::Stop;
use crate::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use creditbank_evidence::{Cell, Row};
use maud::html;
use std::sync::Arc;

texts! {
    TITLE = "記帳結果", "记账结果", "What was recorded";
    PURPOSE = "每一列的結果都在結果檔裡；有誤的列改好後，可以把整份再傳一次。", "每一行的结果都在结果文件里；有误的行改好后，可以把整份再传一次。", "The result file has a verdict beside every row. Mend the rows with mistakes and upload the whole file again.";
    FILE = "檔案", "文件", "File";
    BEFORE = "這個檔案先前已經記過，沒有新記任何一筆。", "这个文件先前已经记过，没有新记任何一笔。", "This file was recorded before: nothing new was recorded.";
    ROWS = "列數", "行数", "Rows";
    RECORDED = "新記", "新记", "Recorded";
    ALREADY = "先前已記", "先前已记", "Recorded before";
    REFUSED = "被拒", "被拒", "Refused";
    BAD = "有誤", "有误", "With mistakes";
    SKIPPED = "不記", "不记", "Skipped";
    ACCOUNTS = "新開帳戶", "新开账户", "Accounts opened";
    BATCH = "批次", "批次", "Batch";
    RESULT = "下載結果檔（原表加判定欄）", "下载结果文件（原表加判定栏）", "Download the result (your sheet with a verdict beside each row)";
    VERDICT = "判定", "判定", "Verdict";
    POSITION = "記錄號", "记录号", "Entry";
    REASON = "原因代碼", "原因代码", "Reason";
    MESSAGE = "說明", "说明", "What to do";
    ANOTHER = "上傳另一個檔案", "上传另一个文件", "Upload another file";
}

pub(super) fn page(visitor: &Visitor, upload: &Upload, posted: &Posted) -> Page {
    let say = |text| visitor.say(text);
    let counts = &posted.counts;
    let batch = address(&format!("/batches/{}/{}", upload.organization, posted.batch), &[]);
    let fact = |name: Text, value: u64| html! { dt { (say(name)) } dd { (value) } };
    let body = html! {
        @if counts.recorded == 0 && counts.already > 0 { p.done role="status" { (say(BEFORE)) } }
        dl.facts {
            dt { (say(FILE)) } dd { (upload.name) }
            (fact(ROWS, counts.rows))
            dt { (say(RECORDED)) } dd { strong { (counts.recorded) } }
            (fact(ALREADY, counts.already))
            (fact(SKIPPED, counts.skipped()))
            (fact(BAD, counts.bad))
            (fact(REFUSED, counts.refused))
            @if counts.accounts > 0 { (fact(ACCOUNTS, counts.accounts)) }
            @if counts.recorded > 0 { dt { (say(BATCH)) } dd { a href=(batch) { (posted.batch) } } }
        }
        p {
            (say(RESULT)) "： "
            a href={ "/uploads/" (upload.id) "/result.xlsx" } { "XLSX" } " "
            a href={ "/uploads/" (upload.id) "/result.csv" } { "CSV" }
        }
        p { a href="/uploads" { (say(ANOTHER)) } }
    };
    Page::new(say(TITLE), say(PURPOSE), 0, body)
}

/// The sheet with a verdict beside each row.
pub(crate) async fn download(
    visitor: Visitor,
    State(console): State<Arc<Console>>,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let form = match file.as_str() {
        "result.xlsx" => As::Xlsx,
        "result.csv" => As::Csv,
        _ => return Err(Stop::NoPage),
    };
    let upload = console.uploads.find(&visitor, &id)?;
    let Stage::Posted(posted) = upload.stage() else { return Err(Stop::NoUpload) };
    let language = visitor.language;
    let written = work::beside(move || write(&upload, &posted, form, language)).await;
    written
        .map_err(|broken| Stop::Refused(crate::stop::Refused::here("file", &broken.message)))?
        .response("result")
}

fn write(upload: &Upload, posted: &Posted, form: As, language: Language) -> Result<Finished, Broken> {
    let source = work::source(upload)?;
    let mut writing = form.begin(language.say(VERDICT))?;
    let headings = source.headings()?;
    let ours = [VERDICT, POSITION, REASON, MESSAGE].map(|text| language.say(text));
    let cells: Vec<Cell<'_>> = headings.iter().map(String::as_str).chain(ours).map(Cell::Text).collect();
    writing.write(Row::Heading, &cells)?;
    source.cells(|row, texts| {
        let texts: Vec<&str> = texts.collect();
        let mut cells: Vec<Cell<'_>> = texts.iter().copied().map(Cell::Text).collect();
        cells.resize(headings.len().max(cells.len()), Cell::Empty);
        let note = posted.verdicts.of(row)?;
        if let Some(note) = &note {
            let position = if note.position > 0 { Cell::Number(note.position) } else { Cell::Empty };
            cells.extend([
                Cell::Text(called(note, language)),
                position,
                Cell::Text(&note.reason),
                Cell::Text(&note.message),
            ]);
        }
        writing.write(Row::Plain, &cells)?;
        Ok::<(), Broken>(())
    })?;
    Ok(writing.finish()?)
}

fn called(note: &Note, language: Language) -> &'static str {
    language.say(match note.verdict {
        Outcome::Recorded => RECORDED,
        Outcome::Already => ALREADY,
        Outcome::Refused => REFUSED,
        Outcome::Skipped => SKIPPED,
        Outcome::Bad => BAD,
    })
}
