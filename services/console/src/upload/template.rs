//! An empty sheet to fill in: headings in the visitor's language, an example, and lists to choose from. It is known again when it
//! comes back.

use super::held::Broken;
use super::work::beside;
use crate::desk::id;
use crate::download::{As, Finished};
use crate::language::{Language, texts};
use crate::stop::Stop;
use crate::visitor::Visitor;
use axum::response::Response;
use creditbank_evidence::plain_text;
use creditbank_import::heading::{Choice, EXAMPLE, Meaning, Outline, forms};
use ledger_core::decide::MAX_MINUTES;
use rust_xlsxwriter::{
    DataValidation, DataValidationRule, ExcelDateTime, Format, Formula, Workbook, Worksheet, XlsxError,
};

/// The columns of a template.
const COLUMNS: [Meaning; 10] = [
    Meaning::Account,
    Meaning::Form,
    Meaning::Course,
    Meaning::Day,
    Meaning::Minutes,
    Meaning::Session,
    Meaning::StartTime,
    Meaning::EndTime,
    Meaning::Kind,
    Meaning::Attestor,
];

/// Rows that are checked as they are filled in: those a workbook may have (`docs/import.md`).
const ROWS: u32 = 49_999;

texts! {
    LIST = "名單", "名单", "List";
    CHOICES = "清單", "清单", "Choices";
    NAMES = "名稱", "名称", "Name";
    NOT_LISTED = "請從清單選一個。", "请从清单选一个。", "Choose one of the list.";
    NOT_A_DAY = "請填日期，例如 2026-05-20。", "请填日期，例如 2026-05-20。", "Write a date, such as 2026-05-20.";
    NOT_MINUTES = "請填整數分鐘。", "请填整数分钟。", "Write whole minutes.";
}

/// What a template means; none where the headings are another sheet's.
pub(super) fn read(organization: &str, outline: &Outline) -> Option<Choice> {
    let is_ours = |language: usize| {
        let own = COLUMNS.map(|meaning| meaning.headings()[language]);
        outline.headings.iter().map(String::as_str).eq(own)
    };
    (0..Language::ALL.len()).any(is_ours).then(|| Choice {
        organization: organization.to_owned(),
        encoding: outline.encoding.clone(),
        delimiter: outline.delimiter.clone(),
        header_row: outline.header_row,
        columns: COLUMNS.into_iter().zip(outline.headings.iter().cloned()).collect(),
        ..Choice::default()
    })
}

/// What can be chosen of: values, each with what it is called.
struct Lists {
    forms: Vec<(String, String)>,
    courses: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    organizations: Vec<(String, String)>,
}

pub(crate) async fn download(visitor: Visitor) -> Result<Response, Stop> {
    let kinds = visitor.desk().kinds().await?;
    let organizations = visitor.desk().organizations().await?;
    let named = |(code, names): &(&str, [&'static str; 3])| {
        (visitor.language.of(*names).to_owned(), (*code).to_owned())
    };
    let lists = Lists {
        forms: forms().iter().map(named).collect(),
        courses: visitor.desk().approved_versions().await?.0,
        kinds: kinds
            .iter()
            .map(|kind| (id(&kind.name).to_owned(), visitor.said(kind.names.as_ref()).to_owned()))
            .collect(),
        organizations: organizations
            .into_iter()
            .map(|one| (id(&one.name).to_owned(), one.display_name))
            .collect(),
    };
    let language = visitor.language;
    let written = beside(move || write(&lists, language)).await;
    written.map_err(|broken| Stop::no_room(broken.message))?.response("template")
}

fn write(lists: &Lists, language: Language) -> Result<Finished, Broken> {
    let workbook = build(lists, language).map_err(|error| Broken::from(std::io::Error::other(error)))?;
    let finished = As::Xlsx.keep(|path| {
        let mut workbook = workbook;
        workbook.save(path)
    });
    Ok(finished?)
}

fn build(lists: &Lists, language: Language) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let (bold, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    let (plain, day) = (Format::new(), Format::new().set_num_format("yyyy-mm-dd"));
    let sheet = workbook.add_worksheet().set_name(language.say(LIST))?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, meaning) in (0_u16..).zip(COLUMNS) {
        // Ids keep their noughts, and times stay as they are typed.
        sheet.set_column_format(
            column,
            match meaning {
                Meaning::Day => &day,
                Meaning::Minutes => &plain,
                _ => &text,
            },
        )?;
        sheet.set_column_width(column, 16)?;
        sheet.write_string_with_format(0, column, meaning.headings()[language as usize], &bold)?;
        match meaning {
            Meaning::Account => sheet.write_string(1, column, EXAMPLE[language as usize])?,
            Meaning::Form => sheet.write_string(1, column, first(&lists.forms))?,
            Meaning::Course => sheet.write_string(1, column, plain_text(first(&lists.courses)))?,
            Meaning::Day => {
                sheet.write_datetime_with_format(1, column, ExcelDateTime::from_ymd(2026, 5, 20)?, &day)?
            }
            Meaning::Minutes => sheet.write_number(1, column, 90)?,
            _ => sheet,
        };
    }
    checks(sheet, lists, language)?;
    let choices = workbook.add_worksheet().set_name(language.say(CHOICES))?;
    for (column, (heading, list)) in (0_u16..).step_by(2).zip(lists.all()) {
        choices.write_string_with_format(0, column, heading.headings()[language as usize], &bold)?;
        choices.write_string_with_format(0, column + 1, language.say(NAMES), &bold)?;
        choices.set_column_width(column, 20)?;
        choices.set_column_width(column + 1, 24)?;
        for (row, (value, name)) in (1_u32..).zip(list) {
            choices.write_string(row, column, plain_text(value))?;
            choices.write_string(row, column + 1, plain_text(name))?;
        }
    }
    Ok(workbook)
}

fn first(list: &[(String, String)]) -> &str {
    list.first().map_or("", |(value, _)| value)
}

impl Lists {
    fn all(&self) -> [(Meaning, &Vec<(String, String)>); 4] {
        [
            (Meaning::Form, &self.forms),
            (Meaning::Course, &self.courses),
            (Meaning::Kind, &self.kinds),
            (Meaning::Attestor, &self.organizations),
        ]
    }
}

/// What a spreadsheet program checks as the sheet is filled in.
fn checks(sheet: &mut Worksheet, lists: &Lists, language: Language) -> Result<(), XlsxError> {
    let place =
        |meaning: Meaning| (0_u16..).zip(COLUMNS).find(|(_, held)| *held == meaning).map(|(at, _)| at);
    for (letter, (meaning, list)) in ["A", "C", "E", "G"].iter().zip(lists.all()) {
        let (Some(column), false) = (place(meaning), list.is_empty()) else { continue };
        let last = list.len() + 1;
        let range = format!("='{}'!${letter}$2:${letter}${last}", language.say(CHOICES));
        let rule = DataValidation::new().allow_list_formula(Formula::new(range));
        let rule = rule.set_error_message(language.say(NOT_LISTED))?;
        sheet.add_data_validation(1, column, ROWS, column, &rule)?;
    }
    if let Some(column) = place(Meaning::Day) {
        let (from, to) = (ExcelDateTime::from_ymd(2000, 1, 1)?, ExcelDateTime::from_ymd(2099, 12, 31)?);
        let rule = DataValidation::new().allow_date(DataValidationRule::Between(from, to));
        let rule = rule.set_error_message(language.say(NOT_A_DAY))?;
        sheet.add_data_validation(1, column, ROWS, column, &rule)?;
    }
    if let Some(column) = place(Meaning::Minutes) {
        let most = i32::try_from(MAX_MINUTES).unwrap_or(i32::MAX);
        let rule = DataValidation::new().allow_whole_number(DataValidationRule::Between(1, most));
        let rule = rule.set_error_message(language.say(NOT_MINUTES))?;
        sheet.add_data_validation(1, column, ROWS, column, &rule)?;
    }
    Ok(())
}
