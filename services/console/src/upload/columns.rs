//! What the columns of a sheet mean, as a clerk says it.

use super::held::Upload;
use crate::course::choices;
use crate::field::{Fields, Kind};
use crate::form::Form;
use crate::language::{Text, texts};
use crate::page::{Page, Shown, token};
use crate::stop::Stop;
use crate::visitor::Visitor;
use creditbank_grpc::proto::Method;
use creditbank_import::heading::{Choice, Meaning, Outline, forms, guess};
use maud::{Markup, html};

texts! {
    TITLE = "各欄是什麼", "各栏是什么", "What the columns are";
    PURPOSE = "說一次就記住：同一種欄名的表，下次直接預覽。", "说一次就记住：同一种栏名的表，下次直接预览。", "Say it once: the next sheet with the same headings goes straight to its preview.";
    FILE = "檔案", "文件", "File";
    PERSONAL = "姓名、證件、電話欄不要選：帳本不收個人資料，沒有選的欄不會被讀。", "姓名、证件、电话栏不要选：账本不收个人资料，没有选的栏不会被读。", "Leave columns of names, ID numbers and telephone numbers out: the ledger takes no personal data, and what is not chosen is not read.";
    NOT_THERE = "（沒有這一欄）", "（没有这一栏）", "(no such column)";
    WHOLE = "整份表相同的", "整份表相同的", "The same for the whole sheet";
    FORM_OF_ALL = "學習形式（沒有這一欄時）", "学习形式（没有这一栏时）", "Form (where no column says it)";
    COURSE_OF_ALL = "課程版本（沒有這一欄時）", "课程版本（没有这一栏时）", "Course version (where no column says it)";
    NO_COURSE = "（不是課程）", "（不是课程）", "(no course)";
    OPENS = "沒有帳戶的居民", "没有账户的居民", "Residents without an account";
    OPENS_NO = "列為問題，不開戶", "列为问题，不开户", "are a problem; open none";
    OPENS_YES = "先開戶再記", "先开户再记", "get one before they are recorded";
    PREVIEW = "預覽", "预览", "Preview";
    WRITTEN = "欄名不對或是亂碼？", "栏名不对或是乱码？", "Are the headings wrong or garbled?";
    ENCODING = "文字編碼（CSV）", "文字编码（CSV）", "Encoding (CSV)";
    DELIMITER = "分隔符號（CSV）", "分隔符号（CSV）", "Delimiter (CSV)";
    TABULATOR = "定位字元", "制表符", "tab";
    HEADER_ROW = "欄名在第幾列", "栏名在第几行", "Row of the headings";
    AGAIN = "重讀欄名", "重读栏名", "Read the headings again";
    DISCARD = "不要這個檔", "不要这个文件", "Discard this file";
    ACCOUNT = "居民帳戶", "居民账户", "Resident's account";
    FORM = "學習形式", "学习形式", "Form";
    COURSE = "課程或課程版本", "课程或课程版本", "Course, or course/version";
    VERSION = "版本（另成一欄時）", "版本（另成一栏时）", "Version (in a column of its own)";
    DAY = "日期", "日期", "Date";
    MINUTES = "分鐘", "分钟", "Minutes";
    HOURS = "時數", "时数", "Hours";
    SESSION = "場次代號", "场次代号", "Session";
    START = "開始時間", "开始时间", "Starts at";
    END = "結束時間", "结束时间", "Ends at";
    KIND = "類別代碼", "类别代码", "Code of the kind";
    SUBJECT = "主題代碼", "主题代码", "Code of the subject";
    CAMPAIGN = "活動代碼", "活动代码", "Code of the campaign";
    PROGRAMME = "專案代碼", "专项代码", "Code of the programme";
    ATTESTOR = "證明機構代碼", "证明机构代码", "Organisation that attests it";
    EVIDENCE = "憑據的 SHA-256", "凭据的 SHA-256", "SHA-256 of the evidence";
}

/// What a meaning is called, and whether a sheet must have it.
fn called(meaning: Meaning) -> (Text, bool) {
    match meaning {
        Meaning::Account => (ACCOUNT, true),
        Meaning::Form => (FORM, false),
        Meaning::Course => (COURSE, false),
        Meaning::Version => (VERSION, false),
        Meaning::Day => (DAY, true),
        Meaning::Minutes => (MINUTES, false),
        Meaning::Hours => (HOURS, false),
        Meaning::Session => (SESSION, false),
        Meaning::StartTime => (START, false),
        Meaning::EndTime => (END, false),
        Meaning::Kind => (KIND, false),
        Meaning::Subject => (SUBJECT, false),
        Meaning::Campaign => (CAMPAIGN, false),
        Meaning::Programme => (PROGRAMME, false),
        Meaning::Evidence => (EVIDENCE, false),
        Meaning::Attestor => (ATTESTOR, false),
    }
}

/// The page that asks; what was chosen before, or else what the headings let guess, is filled in.
pub(super) async fn page(visitor: &Visitor, upload: &Upload) -> Shown {
    let outline = upload.outline();
    let reading = upload.reading();
    let form = match &reading.choice {
        Some(choice) => filled(&outline, choice),
        None => guessed(&outline),
    };
    let say = |text| visitor.say(text);
    let fields = Fields { visitor, form: &form, refused: None };
    let versions = versions(visitor).await?;
    let here = format!("/uploads/{}", upload.id);
    let body = html! {
        p { (say(FILE)) " " strong { (upload.name) } }
        p { (say(PERSONAL)) }
        form method="post" action=(here) {
            (token(visitor))
            div.grid {
                @for meaning in Meaning::ALL {
                    @let (name, required) = called(meaning);
                    (fields.pick(meaning.key(), name, &options(visitor, &outline, required), required))
                }
            }
            h2 { (say(WHOLE)) }
            (fields.pick("whole_form", FORM_OF_ALL, &form_options(visitor), false))
            (fields.pick("whole_course", COURSE_OF_ALL, &versions, false))
            @if visitor.may(Method::RegistryBatchCreateResidents) {
                (fields.choice("opens", OPENS, &[("no".to_owned(), say(OPENS_NO).to_owned()), ("yes".to_owned(), say(OPENS_YES).to_owned())]))
            }
            button type="submit" name="step" value="columns" { (say(PREVIEW)) }
        }
        (written(visitor, &here, &outline))
        (discard(visitor, &here))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), 0, body))
}

/// How the file is written, where it was taken for something else.
fn written(visitor: &Visitor, here: &str, outline: &Outline) -> Markup {
    let say = |text| visitor.say(text);
    let form = Form::of(&[
        ("encoding", &outline.encoding),
        ("delimiter", &outline.delimiter),
        ("header_row", &outline.header_row.to_string()),
    ]);
    let fields = Fields { visitor, form: &form, refused: None };
    let pair = |value: &str, name: &str| (value.to_owned(), name.to_owned());
    let encodings = [pair("utf-8", "UTF-8"), pair("gb18030", "GB 18030 / GBK"), pair("big5", "Big5")];
    let delimiters = [pair(",", ","), pair(";", ";"), pair("|", "|"), pair("\t", say(TABULATOR))];
    html! {
        details {
            summary { (say(WRITTEN)) }
            form method="post" action=(here) {
                (token(visitor))
                (fields.choice("encoding", ENCODING, &encodings))
                (fields.choice("delimiter", DELIMITER, &delimiters))
                (fields.field("header_row", HEADER_ROW, Kind::Number, true))
                button.quiet type="submit" name="step" value="written" { (say(AGAIN)) }
            }
        }
    }
}

/// The form that lets go of a file.
pub(super) fn discard(visitor: &Visitor, here: &str) -> Markup {
    html! {
        form method="post" action=(here) {
            (token(visitor))
            button.quiet type="submit" name="step" value="discard" { (visitor.say(DISCARD)) }
        }
    }
}

fn options(visitor: &Visitor, outline: &Outline, required: bool) -> Vec<(String, String)> {
    let none = (!required).then(|| (String::new(), visitor.say(NOT_THERE).to_owned()));
    let headings = outline.headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty());
    let columns = headings.map(|(place, heading)| (place.to_string(), shortened(heading)));
    none.into_iter().chain(columns).collect()
}

/// A heading of at most 60 characters.
fn shortened(heading: &str) -> String {
    match heading.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &heading[..end]),
        None => heading.to_owned(),
    }
}

fn form_options(visitor: &Visitor) -> Vec<(String, String)> {
    let named =
        |(code, names): &(&str, [&str; 3])| ((*code).to_owned(), visitor.language.of(*names).to_owned());
    forms().iter().map(named).collect()
}

/// What a sheet without a column for it can be of: no course, or a version that is approved.
async fn versions(visitor: &Visitor) -> Result<Vec<(String, String)>, Stop> {
    Ok(choices(visitor, ("", NO_COURSE)).await?.0)
}

fn guessed(outline: &Outline) -> Form {
    let columns = guess(&outline.headings).into_iter();
    let columns: Vec<(String, String)> =
        columns.map(|(meaning, place)| (meaning.key().to_owned(), place.to_string())).collect();
    Form::from(columns)
}

fn filled(outline: &Outline, choice: &Choice) -> Form {
    let place = |heading: &String| outline.headings.iter().position(|other| other == heading);
    let columns = choice.columns.iter();
    let mut fields: Vec<(String, String)> = columns
        .filter_map(|(meaning, heading)| Some((meaning.key().to_owned(), place(heading)?.to_string())))
        .collect();
    fields.push(("whole_form".to_owned(), choice.form.clone()));
    fields.push(("whole_course".to_owned(), choice.course_version.clone()));
    fields.push(("opens".to_owned(), if choice.opens_accounts { "yes" } else { "no" }.to_owned()));
    Form::from(fields)
}

/// What a filled-in page chose. What is missing is told by the mapping that is made of it.
pub(super) fn chosen(visitor: &Visitor, upload: &Upload, form: &Form) -> Choice {
    let outline = upload.outline();
    let heading = |key: &str| {
        let place: usize = form.get(key).parse().ok()?;
        outline.headings.get(place).filter(|heading| !heading.is_empty()).cloned()
    };
    let columns = Meaning::ALL.into_iter().filter_map(|meaning| Some((meaning, heading(meaning.key())?)));
    Choice {
        organization: upload.organization.clone(),
        encoding: outline.encoding.clone(),
        delimiter: outline.delimiter.clone(),
        header_row: outline.header_row,
        columns: columns.collect(),
        form: form.get("whole_form").to_owned(),
        course_version: form.get("whole_course").to_owned(),
        opens_accounts: form.get("opens") == "yes" && visitor.may(Method::RegistryBatchCreateResidents),
    }
}

/// Reads the headings as the page says the file is written.
pub(super) async fn reread(upload: &Upload, form: &Form) -> Result<Outline, super::held::Broken> {
    let (name, file) = (upload.name.clone(), std::sync::Arc::clone(&upload.file));
    let (encoding, row) = (form.get("encoding").to_owned(), form.get("header_row").parse().unwrap_or(0));
    // A tabulator is white space, which a field of a form loses.
    let delimiter = match form.get("delimiter") {
        "" => "\t".to_owned(),
        delimiter => delimiter.to_owned(),
    };
    super::work::beside(move || Ok(Outline::written(&name, &file, &encoding, &delimiter, row)?)).await
}
