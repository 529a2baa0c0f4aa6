//! The sign-in sheet 簽到表 of a class: a row for each account with a code that a scanner types into the class list, a box to
//! sign in, and empty rows for whoever comes unannounced. Names are written by hand: they are not in the ledger.

use super::{Paper, Press, refused, turn};
use crate::Console;
use crate::class_list::draft::{MOST, TOO_MANY, accounts};
use crate::class_list::{ACCOUNTS, DAY, END, START, WHAT, courses};
use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::{Page, Shown, token};
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use creditbank_print::{Block, Cell, Document, Table};
use ledger_core::Reason;
use ledger_core::id::ResidentId;
use maud::html;
use std::sync::Arc;

texts! {
    TITLE = "簽到表", "签到表", "Sign-in sheet";
    PURPOSE = "列印一堂課的簽到表；課後在「記課堂名單」掃描條碼輸入出席者。", "打印一堂课的签到表；课后在「记课堂名单」扫描条码录入出席者。", "Print the sign-in sheet of a class; afterwards scan the codes of whoever came into the class list.";
    TOPIC = "課程或講座名稱", "课程或讲座名称", "Title of the class";
    PLACE = "地點", "地点", "Place";
    TEACHER = "教師", "教师", "Teacher";
    TEACHER_SIGNS = "教師（簽名）", "教师（签名）", "Teacher (signature)";
    SEALED = "單位（蓋章）", "单位（盖章）", "Organisation (seal)";
    BLANK = "空白列數", "空白行数", "Empty rows";
    PRINT = "列印", "打印", "Print";
    ROW = "序", "序", "Row";
    SCAN = "條碼", "条码", "Code";
    NAME = "姓名", "姓名", "Name";
    SIGNS = "簽名", "签名", "Signature";
    EXPECTED = "名單人數", "名单人数", "On the list";
    BY_HAND = "課後：開啟「記課堂名單」，逐一掃描有簽名者的條碼，或輸入帳戶，每行一個。空白列請填寫帳戶。", "课后：打开「记课堂名单」，逐一扫描有签名者的条码，或输入账户，每行一个。空白行请填写账户。", "Afterwards open the class list and scan the code of each who signed, or type the accounts, one a line. In an empty row write the account.";
    NOT_A_NUMBER = "空白列數請填 0 到 200 的整數。", "空白行数请填 0 到 200 的整数。", "Write the number of empty rows as a whole number from 0 to 200.";
    NOWHERE = "沒有這個機構，請填機構代號。", "没有这个机构，请填机构代号。", "There is no such organisation: write its id.";
    NO_ACCOUNT = "這些不是居民帳戶：", "这些不是居民账户：", "These are no accounts of residents: ";
}

/// The fields of the form; those of the class list have its names.
const FIELDS: [&str; 9] = [
    "course_version",
    "topic",
    "organization",
    "occurred_on",
    "start_time",
    "end_time",
    "place",
    "teacher",
    "blank",
];

/// Empty rows at the most, and where nothing else is asked for (our own defaults).
const MOST_BLANK: usize = 200;
const BLANK_ROWS: &str = "5";

/// Room to sign in.
const ROW_MM: u16 = 13;

/// `/class-list/sign-in`.
pub(crate) async fn form(visitor: Visitor) -> Shown {
    let own = visitor.acts_for().await?;
    let form = Form::of(&[("organization", id(&own)), ("blank", BLANK_ROWS)]);
    edit(&visitor, &form, None).await
}

async fn edit(visitor: &Visitor, form: &Form, refused: Option<&Refused>) -> Shown {
    let (options, position) = courses(visitor).await?;
    let fields = Fields { visitor, form, refused };
    let names: Vec<&str> = FIELDS.into_iter().chain(["accounts"]).collect();
    let body = html! {
        (fields.refusal(&names))
        form method="post" action="/class-list/sign-in" {
            (token(visitor))
            (fields.choice("course_version", WHAT, &options))
            (fields.field("topic", TOPIC, Kind::Text, false))
            (fields.field("organization", words::ORGANIZATION, Kind::Text, true))
            (fields.field("occurred_on", DAY, Kind::Date, true))
            (fields.field("start_time", START, Kind::Time, false))
            (fields.field("end_time", END, Kind::Time, false))
            (fields.field("place", PLACE, Kind::Text, false))
            (fields.field("teacher", TEACHER, Kind::Text, false))
            (fields.field("blank", BLANK, Kind::Number, true))
            (fields.field("accounts", ACCOUNTS, Kind::Lines, false))
            button type="submit" { (visitor.say(PRINT)) }
        }
    };
    let page = Page::new(visitor.say(TITLE), visitor.say(PURPOSE), position, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

/// The sheet as PDF, or the form again with what is wrong. Nothing is recorded.
pub(crate) async fn print(
    State(console): State<Arc<Console>>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    let press = Press::of(&console, &visitor);
    match rows(&press, &form) {
        Ok((accounts, blank)) => {
            Ok(press.sign_in_sheet(&visitor, &form, &accounts, blank).await?.into_response())
        }
        Err(refused) => Ok(edit(&visitor, &form, Some(&refused)).await?.into_response()),
    }
}

/// The accounts of the sheet, and how many rows are empty.
fn rows(press: &Press, form: &Form) -> Result<(Vec<String>, usize), Refused> {
    let wrong = |field: &str, text: Text| Refused::here(field, press.language.say(text));
    let blank = form.get("blank").parse().ok().filter(|blank| *blank <= MOST_BLANK);
    let blank = blank.ok_or_else(|| wrong("blank", NOT_A_NUMBER))?;
    let accounts = accounts(form.get("accounts"));
    if accounts.len() > MOST {
        return Err(wrong("accounts", TOO_MANY));
    }
    let bad: Vec<&str> =
        accounts.iter().map(String::as_str).filter(|id| ResidentId::parse(id).is_err()).take(10).collect();
    if !bad.is_empty() {
        let text = format!("{}{}", press.language.say(NO_ACCOUNT), bad.join(" "));
        return Err(Refused::here("accounts", &text));
    }
    Ok((accounts, blank))
}

impl Press {
    async fn sign_in_sheet(
        &self,
        visitor: &Visitor,
        form: &Form,
        accounts: &[String],
        blank: usize,
    ) -> Result<Paper, Stop> {
        let turn = turn().await?;
        let name = self.desk.name(&format!("organizations/{}", form.get("organization")));
        let names = self.organizations().await?;
        let issuer = names.get(&name);
        let issuer = issuer.ok_or_else(|| refused(Reason::OrganizationNotFound, "organization", NOWHERE))?;
        let (options, _) = courses(visitor).await?;
        let course = options.iter().find(|(value, _)| value == form.get("course_version"));
        let course = course.map(|(_, called)| called.clone()).unwrap_or_default();
        let topic = [course.as_str(), form.get("topic")].into_iter().filter(|part| !part.is_empty());
        let times =
            [form.get("start_time"), form.get("end_time")].into_iter().filter(|part| !part.is_empty());
        let when = format!("{} {}", form.get("occurred_on"), times.collect::<Vec<_>>().join("–"));
        let given = [(DAY, when.trim_end()), (PLACE, form.get("place")), (TEACHER, form.get("teacher"))];
        let facts = given.into_iter().map(|(label, value)| {
            let by_hand = if value.is_empty() { "＿＿＿＿＿＿＿＿＿＿" } else { value };
            (self.say(label), by_hand.to_owned())
        });
        let expected = (self.say(EXPECTED), accounts.len().to_string());
        let document = Document {
            language: self.printed_in(),
            issuer: issuer.clone(),
            title: self.say(TITLE),
            subject: topic.collect::<Vec<_>>().join(" · "),
            code: None,
            facts: facts.chain([expected]).collect(),
            blocks: vec![
                self.rows_to_sign(accounts, blank),
                Block::Note(self.say(BY_HAND)),
                Block::Seals([TEACHER_SIGNS, SEALED].map(|text| self.say(text)).to_vec()),
            ],
            foot: format!("{} · {}", self.language.say(TITLE), form.get("occurred_on")),
        };
        let printed = self.press(document, turn).await?;
        let file = format!("sign-in-{}", id(&name));
        Ok(Paper { title: self.say(TITLE), file, position: 0, printed })
    }

    fn rows_to_sign(&self, accounts: &[String], blank: usize) -> Block {
        let columns = vec![
            self.number(ROW, 3),
            self.words(SCAN, 6),
            self.words(words::ACCOUNT, 11),
            self.words(NAME, 10),
            self.words(SIGNS, 14),
        ];
        let known =
            accounts.iter().map(|account| vec![Cell::Code(account.clone()), Cell::Text(account.clone())]);
        let empty = std::iter::repeat_n(Vec::new(), blank);
        let rows = (1..).zip(known.chain(empty)).map(|(n, cells): (usize, Vec<Cell>)| {
            std::iter::once(Cell::Text(n.to_string())).chain(cells).collect()
        });
        Block::Table(Table { columns, rows: rows.collect(), total: Vec::new(), row_mm: ROW_MM })
    }
}
