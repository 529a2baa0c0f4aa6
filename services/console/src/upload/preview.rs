//! What would become of the rows: counts, repairs that are offered, and every problem in words.

use super::columns::discard;
use super::held::{Looked, Note, Offer, Upload};
use crate::form::Form;
use crate::language::{Text, texts};
use crate::page::{Page, Shown, token, wide};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words;
use creditbank_import::Repair;
use maud::{Markup, html};

/// Problems of a page (our own default).
const PROBLEMS: usize = 50;

texts! {
    TITLE = "預覽", "预览", "Preview";
    PURPOSE = "還沒有記。請核對，再按「確認記帳」；有誤的列不會記，改好後重新上傳即可。", "还没有记。请核对，再按“确认记账”；有误的行不会记，改好后重新上传即可。", "Nothing is recorded yet. Check it, then confirm. Rows with mistakes are left out: mend them and upload the file again.";
    FILE = "檔案", "文件", "File";
    ROWS = "列數", "行数", "Rows";
    GOOD = "可記人次", "可记人次", "Attendances to be recorded";
    PEOPLE = "人數", "人数", "Persons";
    ALREADY = "先前已記，不會再記", "先前已记，不会再记", "Recorded before, and not again";
    ACCOUNTS = "新開帳戶，至多", "新开账户，至多", "Accounts to open, at most";
    COURSES = "新登記課程版本", "新登记课程版本", "Course versions to register";
    WRONG = "有誤的列", "有误的行", "Rows with mistakes";
    SKIPPED = "不記的列", "不记的行", "Rows that are skipped";
    UNUSED = "沒有讀的欄", "没有读的栏", "Columns that are not read";
    REWRITTEN = "讀入時改寫的列（如全形改半形）", "读入时改写的行（如全角改半角）", "Rows rewritten in reading (such as full-width digits)";
    RECORD = "確認記帳", "确认记账", "Record";
    NOTHING = "沒有可記的列。", "没有可记的行。", "There is nothing to record.";
    EDIT = "改各欄的意義", "改各栏的意义", "Change what the columns are";
    OFFERS = "建議的修正", "建议的修正", "Repairs that are offered";
    OFFERS_WHAT = "勾選後重新預覽；檔案本身不會改。", "勾选后重新预览；文件本身不会改。", "Tick them and look again; the file itself is not changed.";
    APPLY = "套用並重新預覽", "应用并重新预览", "Apply and look again";
    ROC = "民國年換成西元", "民国年换成公历", "Years of the Republic into civil years";
    SERIAL = "Excel 日期序號換成日期", "Excel 日期序号换成日期", "Day numbers of Excel into dates";
    READINGS = "去掉字後的拼音", "去掉字后的拼音", "Readings behind characters taken out";
    INVISIBLE = "去掉看不見的字元", "去掉看不见的字符", "Invisible characters taken out";
    TIMES = "列，例如", "行，例如", "rows, such as";
    COLUMN = "欄", "栏", "column";
    PROBLEM_ROWS = "有誤的列與原因", "有误的行与原因", "Rows with mistakes, and why";
    ROW = "列號", "行号", "Row";
    REASON = "原因與做法", "原因与做法", "Why, and what to do";
    BEFORE = "上一頁", "上一页", "Previous page";
}

fn repair_name(repair: Repair) -> Text {
    match repair {
        Repair::RocYears => ROC,
        Repair::SerialDates => SERIAL,
        Repair::Readings => READINGS,
        Repair::Invisible => INVISIBLE,
    }
}

pub(super) fn page(visitor: &Visitor, upload: &Upload, looked: &Looked, form: &Form) -> Shown {
    let say = |text| visitor.say(text);
    let here = format!("/uploads/{}", upload.id);
    let number: usize = form.get("page").parse().unwrap_or(0);
    let problems = looked.problems.page(number.saturating_mul(PROBLEMS), PROBLEMS).map_err(Stop::no_room)?;
    let body = html! {
        (facts(visitor, upload, looked))
        @if looked.counts.recorded == 0 { p.done role="status" { (say(NOTHING)) } }
        form method="post" action=(here) {
            (token(visitor))
            @if looked.counts.recorded > 0 {
                button type="submit" name="step" value="record" { (say(RECORD)) }
                " "
            }
            button.quiet type="submit" name="step" value="edit" { (say(EDIT)) }
        }
        @if !looked.offers.is_empty() { (offers(visitor, &here, looked)) }
        @if looked.problems.len() > 0 { (table(visitor, &problems)) (turns(visitor, &here, looked, number)) }
        (discard(visitor, &here))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), 0, body))
}

fn facts(visitor: &Visitor, upload: &Upload, looked: &Looked) -> Markup {
    let say = |text| visitor.say(text);
    let counts = &looked.counts;
    let fact = |name: Text, value: u64| html! { @if value > 0 { dt { (say(name)) } dd { (value) } } };
    html! {
        dl.facts {
            dt { (say(FILE)) } dd { (upload.name) }
            dt { (say(words::ORGANIZATION)) } dd { (upload.organization) }
            dt { (say(ROWS)) } dd { (counts.rows) }
            dt { (say(GOOD)) } dd { strong { (counts.recorded) } }
            dt { (say(PEOPLE)) } dd { (looked.people) }
            dt { (say(words::MINUTES)) } dd { (looked.minutes) }
            (fact(ALREADY, counts.already))
            (fact(ACCOUNTS, looked.registration.resident_count() as u64))
            (fact(COURSES, looked.registration.versions.len() as u64))
            (fact(REWRITTEN, looked.rewritten))
            dt { (say(WRONG)) } dd { (counts.bad + counts.refused) }
            @if !counts.skipped.is_empty() {
                dt { (say(SKIPPED)) }
                dd {
                    (counts.skipped())
                    @for (reason, rows) in &counts.skipped { br; (rows) " · " (reason) }
                }
            }
            @if !looked.unused.is_empty() { dt { (say(UNUSED)) } dd { (looked.unused.join("、")) } }
        }
    }
}

fn offers(visitor: &Visitor, here: &str, looked: &Looked) -> Markup {
    let say = |text| visitor.say(text);
    let shown = |repair: Repair, offer: &Offer| {
        html! {
            div.tick {
                input type="checkbox" id=(repair.key()) name=(repair.key()) value="yes";
                label for=(repair.key()) {
                    (say(repair_name(repair))) " · " (offer.rows) " " (say(TIMES)) " "
                    (say(COLUMN)) "「" (offer.column) "」 " code { (visible(&offer.from)) } " → " code { (offer.to) }
                }
            }
        }
    };
    html! {
        h2 { (say(OFFERS)) }
        p { (say(OFFERS_WHAT)) }
        form.offers method="post" action=(here) {
            (token(visitor))
            @for (repair, offer) in &looked.offers { (shown(*repair, offer)) }
            button type="submit" name="step" value="repair" { (say(APPLY)) }
        }
    }
}

/// A text with its invisible characters written out.
fn visible(text: &str) -> String {
    let is_plain = |c: char| {
        c == ' '
            || !(c.is_whitespace()
                || c.is_control()
                || ('\u{200B}'..='\u{206F}').contains(&c)
                || c == '\u{FEFF}'
                || c == '\u{AD}')
    };
    text.chars().fold(String::new(), |mut shown, c| {
        if is_plain(c) {
            shown.push(c);
        } else {
            shown.push_str(&format!("[U+{:04X}]", u32::from(c)));
        }
        shown
    })
}

fn table(visitor: &Visitor, problems: &[(u64, Note)]) -> Markup {
    let say = |text| visitor.say(text);
    wide(
        say(PROBLEM_ROWS),
        &html! {
            thead { tr {
                th.n scope="col" { (say(ROW)) }
                th scope="col" { (say(REASON)) }
                th scope="col" { (say(words::REASON)) }
            } }
            tbody {
                @for (row, note) in problems {
                    tr {
                        th.n scope="row" { (row) }
                        td.wrong { "✗ " (note.message) }
                        td.nowrap { code { (note.reason) } }
                    }
                }
            }
        },
    )
}

fn turns(visitor: &Visitor, here: &str, looked: &Looked, number: usize) -> Markup {
    let pages = looked.problems.len().div_ceil(PROBLEMS);
    let to = |number: usize| crate::form::address(here, &[("page", &number.to_string())]);
    html! {
        @if pages > 1 {
            p.pages {
                @if number > 0 { a href=(to(number - 1)) { (visitor.say(BEFORE)) } " " }
                @if number + 1 < pages { a rel="next" href=(to(number + 1)) { (visitor.say(words::NEXT)) } " " }
                (number + 1) " / " (pages)
            }
        }
    }
}
