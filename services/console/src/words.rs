//! Words that several pages use: columns, units, and what codes of the ledger are called.

use crate::desk::{id, path};
use crate::language::{Language, Text, texts};
use chrono::DateTime;
use creditbank_grpc::proto;
use ledger_core::quantity::CentiCredits;
use maud::{Markup, html};

texts! {
    pub(crate) ACCOUNT = "帳戶", "账户", "Account";
    pub(crate) ORGANIZATION = "機構", "机构", "Organisation";
    pub(crate) KIND = "類別", "类别", "Kind";
    pub(crate) CREDITS = "學分", "学分", "Credits";
    pub(crate) CAPPED = "超過上限不計", "超过上限不计", "Cut by limits";
    pub(crate) MINUTES = "分鐘", "分钟", "Minutes";
    pub(crate) ATTENDANCES = "人次", "人次", "Attendances (人次)";
    pub(crate) PERSONS = "人數", "人数", "Persons (人數)";
    pub(crate) HEADS = "無名單人次", "无名单人次", "Heads without names";
    pub(crate) SESSIONS = "場次", "场次", "Sessions";
    pub(crate) REVERSED = "已沖正", "已冲正", "Reversed";
    pub(crate) TOTAL = "合計", "合计", "Total";
    pub(crate) DAY = "日期", "日期", "Date";
    pub(crate) NUMBER = "號", "编号", "No.";
    pub(crate) WHEN = "時間", "时间", "When";
    pub(crate) WHAT = "事項", "事项", "What";
    pub(crate) WHO = "經手人", "经手人", "By";
    pub(crate) STATE = "狀態", "状态", "State";
    pub(crate) NONE = "沒有記錄。", "没有记录。", "There is nothing here.";
    pub(crate) NEXT = "下一頁", "下一页", "Next page";
    pub(crate) FIRST = "第一頁", "第一页", "First page";
    pub(crate) SHOW = "查看", "查看", "Show";
    pub(crate) YEAR = "年度", "年度", "Year";
    pub(crate) REASON = "原因", "原因", "Reason";
    pub(crate) DIGEST = "摘要", "摘要", "Digest";
    pub(crate) COMMUNITY = "社區", "社区", "Community";
    pub(crate) POINTS = "得分", "得分", "Points";
    pub(crate) CHART = "圖", "图", "Chart";
    pub(crate) YES = "是", "是", "yes";
    pub(crate) PRINT = "列印（PDF）", "打印（PDF）", "Print (PDF)";
    pub(crate) NO = "否", "否", "no";
}

/// Why entries are reversed (`ReverseEntryRequest.reason`).
pub(crate) const REVERSAL_REASONS: [(&str, Text); 7] = [
    ("input_error", Text { hant: "輸錯", hans: "输错", en: "typed wrongly" }),
    ("wrong_person", Text { hant: "錯人", hans: "错人", en: "the wrong person" }),
    ("duplicate", Text { hant: "重複", hans: "重复", en: "recorded twice" }),
    ("absent", Text { hant: "未出席", hans: "未出席", en: "was not there" }),
    ("recognition_changed", Text { hant: "認定變更", hans: "认定变更", en: "recognised otherwise" }),
    ("false_record", Text { hant: "虛假", hans: "虚假", en: "a false record" }),
    ("appeal_upheld", Text { hant: "申訴成立", hans: "申诉成立", en: "an appeal was upheld" }),
];

/// What a code of a table is called; the code itself where the table does not know it.
pub(crate) fn called<'a>(table: &[(&str, Text)], code: &'a str, language: Language) -> &'a str {
    table.iter().find(|(known, _)| *known == code).map_or(code, |(_, text)| language.say(*text))
}

/// Hundredths as credits.
pub(crate) fn credits(centi: i64) -> String {
    CentiCredits(centi).to_string()
}

/// Hundredths of a percent as a percentage.
pub(crate) fn percent(basis_points: u64) -> String {
    format!("{}.{:02} %", basis_points / 100, basis_points % 100)
}

/// An instant to the second, in UTC as the log keeps it.
pub(crate) fn instant(at: Option<&prost_types::Timestamp>) -> String {
    let at = at.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
    at.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

/// What a kind of entries, or another code, is called.
pub(crate) fn kind<'a>(kinds: &'a [proto::Code], code: &'a str, language: Language) -> &'a str {
    let known = kinds.iter().find(|kind| id(&kind.name) == code);
    known.map(|kind| language.said(kind.names.as_ref())).filter(|name| !name.is_empty()).unwrap_or(code)
}

/// An account or an entry as a link to its page.
pub(crate) fn link(name: &str) -> Markup {
    html! {
        @if name.is_empty() { "" }
        @else if name.starts_with("ledgers/") { a href={ "/" (path(name)) } { (id(name)) } }
        @else { (name) }
    }
}

/// An organisation of a report by its name, as a link to its page.
pub(crate) fn named(organization: &proto::ReportOrganization) -> Markup {
    html! { a href={ "/" (path(&organization.organization)) } { (organization.display_name) } }
}

/// The way to the next page of a list, where there is one.
pub(crate) fn pages(here: &str, fields: &[(&str, &str)], next: &str, language: Language) -> Markup {
    let first = fields.iter().filter(|(name, _)| *name != "page").copied().collect::<Vec<_>>();
    let turned = fields.iter().any(|(name, value)| *name == "page" && !value.is_empty());
    let onward = [first.as_slice(), &[("page", next)]].concat();
    html! {
        @if turned || !next.is_empty() {
            p.pages {
                @if turned { a href=(crate::form::address(here, &first)) { (language.say(FIRST)) } " " }
                @if !next.is_empty() {
                    a rel="next" href=(crate::form::address(here, &onward)) { (language.say(NEXT)) }
                }
            }
        }
    }
}
