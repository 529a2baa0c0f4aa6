//! The page of whoever issues: for everybody, signed in or not. It tells who issues a ledger's badges, and checks one.

use crate::Console;
use crate::desk::id;
use crate::form::read;
use crate::language::{Language, Text, texts};
use crate::page::{Page, Shown};
use crate::public::desk;
use crate::stop::Stop;
use crate::words::{self, credits};
use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use creditbank_grpc::proto;
use maud::{Markup, html};
use std::sync::Arc;

texts! {
    TITLE = "查驗學習徽章", "查验学习徽章", "Check a badge";
    PURPOSE = "不需登入：看一枚徽章、一份學習歷程或一張學分證明的條碼是不是這個帳本開立的，現在還算不算數。", "不需登录：看一枚徽章、一份学习历程或一张学分证明的条码是不是这个账本开立的，现在还算不算数。", "Without signing in: whether a badge, a transcript or the code of a learning statement is this ledger's, and still stands.";
    TEXT = "徽章檔案的內容，或條碼的內容", "徽章文件的内容，或条码的内容", "What is in the badge's file, or in the code";
    CHECK = "查驗", "查验", "Check";
    GENUINE = "是這個帳本開立的，現在仍然算數。", "是这个账本开立的，现在仍然算数。", "It is this ledger's, and it stands.";
    REVOKED = "是這個帳本開立的，但之後已被撤回：其中的記錄有更正，或稱號已撤銷。請向持有人要新的一份。", "是这个账本开立的，但之后已被撤回：其中的记录有更正，或称号已撤销。请向持有人要新的一份。", "It is this ledger's, but was taken back since: something in it was corrected, or the title was withdrawn. Ask its holder for a new one.";
    EXPIRED = "是這個帳本開立的，但不在有效期間。", "是这个账本开立的，但不在有效期间。", "It is this ledger's, but does not hold now.";
    FORGED = "不是這個帳本開立的，或內容被改過：不可採信。", "不是这个账本开立的，或内容被改过：不可采信。", "It is not this ledger's, or was changed: do not rely on it.";
    MALFORMED = "看不懂：請貼上徽章檔案的全部內容，或條碼的全部內容。", "看不懂：请粘贴徽章文件的全部内容，或条码的全部内容。", "It cannot be read: paste all of the badge's file, or all of the code.";
    UNKNOWN = "是這個帳本開立的，但查不到現在還算不算數。", "是这个账本开立的，但查不到现在还算不算数。", "It is this ledger's, but whether it still stands cannot be told.";
    SIGN_IN = "這是評分表、名單或月報的條碼：請先登入，再到「查驗文件」查驗。", "这是评分表、名单或月报的条码：请先登录，再到“查验文件”查验。", "This is the code of a score sheet, a list or a report: sign in and check it under Check a paper.";
    LARGE = "太大了，這裡查不了；請用 creditbank verify-badge 查驗檔案。", "太大了，这里查不了；请用 creditbank verify-badge 查验文件。", "This is too large to be checked here: check the file with creditbank verify-badge.";
    COMPARE = "請和紙上印的合計逐項比對；不同就是紙本被改過。條碼只管這幾個數字，不管逐筆明細。", "请和纸上印的合计逐项比对；不同就是纸本被改过。条码只管这几个数字，不管逐笔明细。", "Compare with the sums that are printed: where they differ the paper was changed. The code covers these figures alone, not the entries.";
    SAYS = "內容", "内容", "It says";
    ENCLOSED = "內含徽章", "内含徽章", "Badges in it";
    SINCE = "開立時間", "开立时间", "Issued at";
    ACCOUNT = "帳戶", "账户", "Account";
    YEAR = "年度", "年度", "Year";
    ALL = "全部", "全部", "all";
    DAY = "日期", "日期", "Day";
    POSITION = "帳本位置", "账本位置", "Ledger position";
    LATER = "以後年度計入", "以后年度计入", "Counts later";
    HELD = "稱號", "称号", "Title";
    SELECTION = "評選", "评选", "Selection";
    ISSUER = "開立者（DID）", "开立者（DID）", "Issuer (DID)";
    KEY = "公鑰（did:key）", "公钥（did:key）", "Public key (did:key)";
    DOCUMENT = "DID 文件", "DID 文件", "DID document";
    OFFLINE = "不連線也能查驗：creditbank verify-badge。", "不联网也能查验：creditbank verify-badge。", "It can be checked offline, too: creditbank verify-badge.";
}

/// `/ledgers/{ledger}`.
pub(crate) async fn page(
    State(console): State<Arc<Console>>,
    Extension(language): Extension<Language>,
    Path(ledger): Path<String>,
) -> Shown {
    draw(&console, language, &ledger, "").await
}

/// The same, which checks what was pasted. Nothing is changed, so that nobody is asked who they are.
pub(crate) async fn check(
    State(console): State<Arc<Console>>,
    Extension(language): Extension<Language>,
    Path(ledger): Path<String>,
    request: Request,
) -> Shown {
    match read(request, &()).await {
        Ok(form) => draw(&console, language, &ledger, form.get("text")).await,
        Err(Stop::TooLarge) => {
            let body = alert(language.say(LARGE));
            let page = Page::new(language.say(TITLE), language.say(PURPOSE), 0, body);
            Ok(page.with(StatusCode::PAYLOAD_TOO_LARGE))
        }
        Err(stop) => Err(stop),
    }
}

fn alert(text: &str) -> Markup {
    html! { div.refused role="alert" { p { (text) } } }
}

async fn draw(console: &Console, language: Language, ledger: &str, pasted: &str) -> Shown {
    let desk = desk(&console.door, ledger);
    let request = proto::GetIssuerRequest { name: desk.parent.to_string() };
    let issuer = desk.badges().get_issuer(request).await?.into_inner();
    let say = |text: Text| language.say(text);
    // A code that only who may read the ledger can check.
    let is_claim = pasted.contains("?v=1&") || pasted.starts_with("v=1&");
    let found = match pasted {
        "" => None,
        _ if is_claim => None,
        pasted => Some(checked(console, ledger, sealed(pasted).unwrap_or(pasted)).await?),
    };
    let position = found.as_ref().map_or(0, |found| found.position);
    let body = html! {
        @if let Some(found) = &found { (told(language, found)) }
        @if is_claim { (alert(say(SIGN_IN))) p { a href="/verify" { (say(CHECK)) } } }
        form method="post" action={ "/ledgers/" (ledger) } {
            p {
                label for="text" { (say(TEXT)) }
                textarea #text name="text" rows="8" cols="60" required {}
            }
            button type="submit" { (say(CHECK)) }
        }
        dl.facts {
            dt { (say(ISSUER)) } dd { code { (issuer.did) } }
            dt { (say(KEY)) } dd { code { (issuer.did_key) } }
            dt { (say(DOCUMENT)) } dd { a href={ "/ledgers/" (ledger) "/did.json" } { "did.json" } }
        }
        p { (say(OFFLINE)) }
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), position, body))
}

/// The seal in the text of a code as it was scanned: behind the question mark of an address.
pub(crate) fn sealed(text: &str) -> Option<&str> {
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    query.starts_with("v=2&").then_some(query)
}

/// Asks the ledger about a badge, a transcript or a seal.
pub(crate) async fn checked(
    console: &Console,
    ledger: &str,
    text: &str,
) -> Result<proto::CheckBadgeResponse, Stop> {
    let desk = desk(&console.door, ledger);
    let request = proto::CheckBadgeRequest { parent: desk.parent.to_string(), text: text.to_owned() };
    Ok(desk.badges().check_badge(request).await?.into_inner())
}

/// What was found, in words.
pub(crate) fn told(language: Language, found: &proto::CheckBadgeResponse) -> Markup {
    let say = |text: Text| language.say(text);
    let verdict = match found.reason.as_str() {
        "" => GENUINE,
        "REVOKED" => REVOKED,
        "EXPIRED" | "NOT_YET_VALID" => EXPIRED,
        "BADGE_MALFORMED" => MALFORMED,
        "STATUS_UNKNOWN" => UNKNOWN,
        _ => FORGED,
    };
    html! {
        @if found.reason.is_empty() { p.done role="status" { (say(verdict)) } }
        @else { div.refused role="alert" { p { (say(verdict)) " " code { (found.reason) } } } }
        @if !found.title.is_empty() {
            dl.facts {
                dt { (say(SAYS)) } dd { (found.title) } dd { (found.description) }
                dt { (say(SINCE)) } dd { (found.valid_from) }
                @if found.enclosed > 0 { dt { (say(ENCLOSED)) } dd { (found.enclosed) } }
            }
        }
        @if let Some(seal) = &found.seal {
            p { strong { (say(COMPARE)) } }
            dl.facts {
                dt { (say(ACCOUNT)) } dd { (id(&seal.account)) }
                dt { (say(POSITION)) } dd { (seal.position) }
                @if let Some(sums) = &seal.sums { (of(language, sums)) }
                @else {
                    dt { (say(HELD)) } dd { (seal.title) }
                    dt { (say(SELECTION)) } dd { (seal.selection) }
                }
            }
        }
    }
}

/// The sums of a statement.
fn of(language: Language, sums: &proto::SealedSums) -> Markup {
    let say = |text: Text| language.say(text);
    html! {
        dt { (say(YEAR)) } dd { @if sums.year == 0 { (say(ALL)) } @else { (sums.year) } }
        dt { (say(DAY)) } dd { (sums.today) }
        dt { (say(words::CREDITS)) } dd { strong { (credits(sums.centi_credits)) } }
        @if sums.pending_centi_credits != 0 {
            dt { (say(LATER)) } dd { (credits(sums.pending_centi_credits)) }
        }
        dt { (say(words::MINUTES)) } dd { (sums.minutes) }
        dt { (say(words::ATTENDANCES)) } dd { (sums.entries) }
    }
}
