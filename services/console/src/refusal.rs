//! Why a page is not shown, in words.

use crate::language::{Language, Text, texts};
use crate::page::Page;
use crate::stop::{Refused, Stop};
use axum::http::StatusCode;
use maud::{Markup, html};

texts! {
    REFUSED = "沒有辦成", "没有办成", "That was not done";
    PURPOSE = "說明為什麼，以及可以怎麼做。", "说明为什么，以及可以怎么做。", "This page says why, and what you can do.";
    NOT_FOUND = "找不到", "找不到", "Not found";
    NOT_FOUND_WHY = "沒有這個帳戶、機構或記錄，或不在您的範圍內。請查對號碼。", "没有这个账户、机构或记录，或不在您的范围内。请查对编码。", "There is no such account, organisation or entry, or it is outside your scope. Check the number.";
    DENIED = "無權辦理", "无权办理", "You may not do this";
    SIGNED_OUT = "請重新登入", "请重新登录", "Sign in again";
    FORGED = "這份表單不是從您目前的頁面送來的，沒有辦理。請回到頁面重新填寫。", "这份表单不是从您当前的页面提交的，没有办理。请回到页面重新填写。", "This form did not come from a page of your present session, and nothing was done. Go back to the page and fill it in again.";
    OTHER_HOST = "這裡不以這個網址提供服務。請用管理員給您的網址。", "这里不以这个网址提供服务。请用管理员给您的网址。", "Nothing is served here by this address. Use the address your administrator gave you.";
    NO_PAGE = "沒有這一頁。請從首頁進入。", "没有这一页。请从首页进入。", "There is no such page. Begin at the home page.";
    TOO_LARGE = "送來的內容太大，沒有辦理。名單請分次送，一次至多 1,000 人。", "提交的内容太大，没有办理。名单请分次提交，一次至多 1,000 人。", "The form is too large and nothing was done. Send the list in parts of at most 1,000 people.";
    TOO_LATE = "等候太久，不能確定是否已記。請再送一次同一份表單，不會重複記。", "等候太久，不能确定是否已记。请再提交一次同一份表单，不会重复记。", "It took too long, and whether something was recorded is not known. Send the same form again: nothing is recorded twice.";
    NO_RANDOMNESS = "系統暫時不能登入，請稍候再試。", "系统暂时不能登录，请稍候再试。", "Signing in is not possible right now. Try again shortly.";
    SIGN_IN = "登入", "登录", "Sign in";
    HOME = "回首頁", "回首页", "Back to the home page";
    REASON = "原因代碼", "原因代码", "Reason";
    FIELD = "欄位", "字段", "Field";
}

/// The page that says so.
pub(crate) fn page(stop: &Stop, language: Language, signed_in: bool) -> Page {
    let say = |text: Text| language.say(text);
    let plain = |text: Text| html! { p { (say(text)) } };
    let (title, words) = match stop {
        Stop::SignIn => (SIGNED_OUT, html! {}),
        Stop::Forged => (REFUSED, plain(FORGED)),
        Stop::OtherHost => (NOT_FOUND, plain(OTHER_HOST)),
        Stop::NoPage => (NOT_FOUND, plain(NO_PAGE)),
        Stop::TooLarge => (REFUSED, plain(TOO_LARGE)),
        Stop::TooLate => (REFUSED, plain(TOO_LATE)),
        Stop::NoRandomness => (REFUSED, plain(NO_RANDOMNESS)),
        Stop::Refused(refused) => match refused.status() {
            StatusCode::NOT_FOUND => {
                (NOT_FOUND, html! { (told(refused, language)) p { (say(NOT_FOUND_WHY)) } })
            }
            StatusCode::FORBIDDEN => (DENIED, told(refused, language)),
            StatusCode::UNAUTHORIZED => (SIGNED_OUT, told(refused, language)),
            _ => (REFUSED, told(refused, language)),
        },
    };
    let body = html! {
        (words)
        p {
            @if signed_in { a href="/" { (say(HOME)) } } @else { a href="/sign-in" { (say(SIGN_IN)) } }
        }
    };
    Page::new(say(title), say(PURPOSE), 0, body).with(stop.status())
}

/// A refusal of the ledger as it was said, with its reason for whoever is asked about it.
pub(crate) fn told(refused: &Refused, language: Language) -> Markup {
    html! {
        div.refused role="alert" {
            p { (refused.text) }
            p.reason {
                (language.say(REASON)) " " code { (refused.reason) }
                @if !refused.field.is_empty() { " · " (language.say(FIELD)) " " code { (refused.field) } }
            }
        }
    }
}
