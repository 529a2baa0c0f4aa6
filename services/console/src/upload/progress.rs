//! How far work on a file has come. The page asks for itself again every two seconds, without scripts.

use super::held::Upload;
use super::work::Work;
use crate::language::{Text, texts};
use crate::line::Line;
use crate::page::Page;
use crate::visitor::Visitor;
use maud::html;

texts! {
    LOOKING = "正在預覽", "正在预览", "Looking at the rows";
    LOOKING_WHAT = "逐列核對，還沒有記帳。這一頁會自己更新。", "逐行核对，还没有记账。这一页会自己更新。", "Each row is looked at; nothing is recorded yet. This page renews itself.";
    POSTING = "正在記帳", "正在记账", "Recording";
    POSTING_WHAT = "可以離開這一頁，記帳會做完。這一頁會自己更新。", "可以离开这一页，记账会做完。这一页会自己更新。", "You may leave this page: the work goes on. This page renews itself.";
    FILE = "檔案", "文件", "File";
    PLACE = "前面還有別的檔案，您排在第", "前面还有别的文件，您排在第", "Other files come first; your place is";
    ROWS = "已處理列數", "已处理行数", "Rows done";
    OF = "全部列數", "全部行数", "Rows in all";
    GOOD = "可記", "可记", "Can be recorded";
    RECORDED = "新記", "新记", "Recorded";
    ALREADY = "先前已記", "先前已记", "Recorded before";
    REFUSED = "被拒", "被拒", "Refused";
    BAD = "有誤", "有误", "With mistakes";
    SKIPPED = "不記", "不记", "Skipped";
    RENEW = "現在更新", "现在更新", "Renew now";
}

/// Rows are looked at.
pub(super) fn looking(visitor: &Visitor, line: &Line, upload: &Upload, work: &Work) -> Page {
    page(visitor, line, upload, work, [LOOKING, LOOKING_WHAT, GOOD])
}

/// Rows are recorded.
pub(super) fn posting(visitor: &Visitor, line: &Line, upload: &Upload, work: &Work) -> Page {
    page(visitor, line, upload, work, [POSTING, POSTING_WHAT, RECORDED])
}

fn page(
    visitor: &Visitor,
    line: &Line,
    upload: &Upload,
    work: &Work,
    [title, what, good]: [Text; 3],
) -> Page {
    let say = |text| visitor.say(text);
    let counts = work.counts();
    let body = html! {
        p { (say(FILE)) " " strong { (upload.name) } }
        @if let Some(place) = line.place(work.ticket) { p role="status" { (say(PLACE)) " " strong { (place) } } }
        dl.facts {
            dt { (say(ROWS)) } dd.rows { (counts.settled()) }
            @if let Some(all) = work.all { dt { (say(OF)) } dd { (all) } }
            dt { (say(good)) } dd { (counts.recorded) }
            dt { (say(ALREADY)) } dd { (counts.already) }
            dt { (say(SKIPPED)) } dd { (counts.skipped()) }
            dt { (say(BAD)) } dd { (counts.bad) }
            dt { (say(REFUSED)) } dd { (counts.refused) }
        }
        @if let Some(all) = work.all { (crate::bar::bar(counts.settled(), all)) }
        p { a href={ "/uploads/" (upload.id) } { (say(RENEW)) } }
    };
    Page { renews: true, ..Page::new(say(title), say(what), 0, body) }
}
