//! Whether a paper says what the ledger says: its code is read, and the digest of its figures made anew.

use super::{Claim, Press, Subject, award, report, statement};
use crate::Console;
use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::{Form, address};
use crate::issuer;
use crate::language::{Language, Text, texts};
use crate::page::{Page, Shown};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use creditbank_grpc::proto;
use maud::{Markup, html};
use std::sync::Arc;

texts! {
    TITLE = "查驗文件", "查验文件", "Check a paper";
    PURPOSE = "掃描文件上的條碼，或貼上條碼內容，看它是不是出自這個帳本。", "扫描文件上的条码，或粘贴条码内容，看它是不是出自这个账本。", "Scan the code of a paper, or paste its content, to see whether it comes from this ledger.";
    CODE = "條碼內容", "条码内容", "Content of the code";
    CHECK = "查驗", "查验", "Check";
    SAME = "條碼是真的：它的編號與摘要出自這個帳本。", "条码是真的：它的编号与摘要出自这个账本。", "The code is genuine: its number and digest are this ledger's.";
    COMPARE = "條碼管不到紙上印的數字：請打開帳本的同一份文件，逐項核對；有一個數字不同，紙本就被改過。", "条码管不到纸上印的数字：请打开账本的同一份文件，逐项核对；有一个数字不同，纸本就被改过。", "A code says nothing of what is printed beside it: open the ledger's own copy and compare every figure. Where one differs the paper was changed.";
    COPY = "打開帳本的同一份文件", "打开账本的同一份文件", "Open the ledger's own copy";
    OTHER = "不符：這份文件不是這個帳本印出的，或內容被改過。請向開立單位查證。", "不符：这份文件不是这个账本印出的，或内容被改过。请向开具单位查证。", "It does not agree: this paper was not printed from this ledger, or was changed. Ask whoever issued it.";
    ELSEWHERE = "這份文件屬於另一個帳本，這裡不能查驗。", "这份文件属于另一个账本，这里不能查验。", "This paper is of another ledger and cannot be checked here.";
    UNREADABLE = "看不懂這個條碼：請貼上完整內容，以 creditbank:verify? 或網址開頭。", "看不懂这个条码：请粘贴完整内容，以 creditbank:verify? 或网址开头。", "This code cannot be read: paste all of it, from creditbank:verify? or the address on.";
    PAPER = "文件", "文件", "Paper";
    LEDGER = "帳本", "账本", "Ledger";
    POSITION = "帳本位置", "账本位置", "Ledger position";
}

/// `/verify`, with the fields of a code, or a `code` as it was pasted. A seal is checked for whoever asks; other codes for those
/// who may read the ledger.
pub(crate) async fn page(
    State(console): State<Arc<Console>>,
    Extension(language): Extension<Language>,
    visitor: Option<Extension<Visitor>>,
    RawQuery(query): RawQuery,
    form: Form,
) -> Shown {
    let pasted = form.get("code");
    let query = query.unwrap_or_default();
    if let Some(seal) = issuer::sealed(if pasted.is_empty() { &query } else { pasted }) {
        let ledger = Form::parse(seal.as_bytes()).get("l").to_owned();
        if ledger.is_empty() {
            let page =
                Page::new(language.say(TITLE), language.say(PURPOSE), 0, told(language.say(UNREADABLE)));
            return Ok(page.with(StatusCode::BAD_REQUEST));
        }
        let found = issuer::checked(&console, &ledger, seal).await?;
        let body = html! {
            (issuer::told(language, &found))
            // Whoever may see the account compares everything, not the sums alone.
            @if let (Some(Extension(visitor)), Some(seal)) = (visitor, &found.seal) {
                @if id(&visitor.desk().parent) == ledger && seal.sums.is_some() {
                    p { a href=(copy_of(seal)) { (language.say(COPY)) } }
                }
            }
        };
        return Ok(Page::new(language.say(TITLE), language.say(PURPOSE), found.position, body));
    }
    let Extension(visitor) = visitor.ok_or(Stop::SignIn)?;
    let say = |text| visitor.say(text);
    let claim = if pasted.is_empty() { Claim::read(&form) } else { Claim::scanned(pasted) };
    let mut position = visitor.desk().head().await?.position;
    let (result, status) = match claim {
        None if pasted.is_empty() && form.get("v").is_empty() => (html! {}, StatusCode::OK),
        None => (told(say(UNREADABLE)), StatusCode::BAD_REQUEST),
        Some(claim) if claim.ledger != id(&visitor.desk().parent) => {
            (told(say(ELSEWHERE)), StatusCode::BAD_REQUEST)
        }
        Some(claim) => {
            let press = Press::of(&console, &visitor);
            let same = press.digest(&claim.subject, claim.position).await? == claim.digest;
            position = claim.position;
            let result = html! {
                @if same {
                    p.done role="status" { (say(SAME)) }
                    p { strong { (say(COMPARE)) } }
                    p { a href=(copy(&claim)) { (say(COPY)) } }
                }
                @else { (told(say(OTHER))) }
                (facts(visitor.language, &claim))
            };
            (result, StatusCode::OK)
        }
    };
    let fields = Fields { visitor: &visitor, form: &form, refused: None };
    let body = html! {
        (result)
        form method="get" action="/verify" {
            (fields.field("code", CODE, Kind::Text, true))
            button type="submit" { (say(CHECK)) }
        }
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), position, body).with(status))
}

/// Where the statement of a seal is drawn anew.
fn copy_of(seal: &proto::Seal) -> String {
    let year = seal.sums.as_ref().map(|sums| sums.year).filter(|year| *year != 0);
    let year = year.map(|year| year.to_string()).unwrap_or_default();
    let at = seal.position.to_string();
    address(&format!("/{}/statement.pdf", seal.account), &[("year", &year), ("at", &at)])
}

/// Where the same paper is drawn anew, as of the same position.
fn copy(claim: &Claim) -> String {
    let at = claim.position.to_string();
    match &claim.subject {
        Subject::Statement { account, year } => {
            let year = if *year == 0 { String::new() } else { year.to_string() };
            address(&format!("/{account}/statement.pdf"), &[("year", &year), ("at", &at)])
        }
        Subject::Score { account, by } => address(
            &format!("/{account}/score.pdf"),
            &[
                ("selection", &by.selection),
                ("standard", &by.standard),
                ("window_from", &by.from),
                ("window_to", &by.to),
                ("at", &at),
            ],
        ),
        Subject::Awards { selection } => {
            address(&format!("/selections/{selection}/awards.pdf"), &[("at", &at)])
        }
        Subject::Report { period, organization } => {
            address(&format!("/months/{period}/report.pdf"), &[("organization", organization), ("at", &at)])
        }
    }
}

fn told(text: &str) -> Markup {
    html! { div.refused role="alert" { p { (text) } } }
}

/// What the code says of its paper.
fn facts(language: Language, claim: &Claim) -> Markup {
    let say = |text: Text| language.say(text);
    let (paper, of): (Text, Vec<&str>) = match &claim.subject {
        Subject::Statement { account, .. } => (statement::TITLE, vec![account]),
        Subject::Score { account, by } => {
            (crate::account::score::TITLE, vec![account, &by.selection, &by.standard])
        }
        Subject::Awards { selection } => (award::TITLE_NAMED, vec![selection]),
        Subject::Report { period, organization } => (report::TITLE, vec![period, organization]),
    };
    html! {
        dl.facts {
            dt { (say(PAPER)) } dd { (say(paper)) " " (of.join(" ").trim_end()) }
            dt { (say(LEDGER)) } dd { (claim.ledger) }
            dt { (say(POSITION)) } dd { (claim.position) }
            dt { (say(words::DIGEST)) } dd { code { (claim.digest) } }
        }
    }
}
