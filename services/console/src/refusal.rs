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
    NOT_FOUND_WHY = "沒有這個帳戶、機構或記錄，或不在您的範圍內。請查對號碼。", "没有这个账户、机构或记录，或不在您的范围内。请查对号码。", "There is no such account, organisation or entry, or it is outside your scope. Check the number.";
    DENIED = "無權辦理", "无权办理", "You may not do this";
    SIGNED_OUT = "請重新登入", "请重新登录", "Sign in again";
    FORGED = "這份表單不是從您目前的頁面送來的，沒有辦理。請回到頁面重新填寫。", "这份表单不是从您当前的页面提交的，没有办理。请回到页面重新填写。", "This form did not come from a page of your present session, and nothing was done. Go back to the page and fill it in again.";
    OTHER_HOST = "這裡不以這個網址提供服務。請用管理員給您的網址。", "这里不以这个网址提供服务。请用管理员给您的网址。", "Nothing is served here by this address. Use the address your administrator gave you.";
    NO_PAGE = "沒有這一頁。請從首頁進入。", "没有这一页。请从首页进入。", "There is no such page. Begin at the home page.";
    TOO_LARGE = "送來的內容太大，沒有辦理。名單請分次送，一次至多 1,000 人。", "提交的内容太大，没有办理。名单请分次提交，一次至多 1,000 人。", "The form is too large and nothing was done. Send the list in parts of at most 1,000 people.";
    LARGE_FILE = "檔案超過 32 MiB，沒有收。請拆成幾個檔，或另存為 .xlsx 再傳。", "文件超过 32 MiB，没有收。请拆成几个文件，或另存为 .xlsx 再传。", "The file has more than 32 MiB and was not taken. Split it, or save it as .xlsx and send that.";
    TORN = "傳送中斷，沒有收到整個檔案，什麼也沒有記。請再傳一次。", "传送中断，没有收到整个文件，什么也没有记。请再传一次。", "The file broke off on its way and nothing was recorded. Send it again.";
    GARBLED = "這一頁的表轉不成檔案，請通知管理員。", "这一页的表转不成文件，请通知管理员。", "The table of this page cannot be given as a file: tell the administrator.";
    BUSY = "同時處理的檔案太多，沒有收。請幾分鐘後再傳。", "同时处理的文件太多，没有收。请几分钟后再传。", "Too many files are being worked on and this one was not taken. Send it again in a few minutes.";
    NO_UPLOAD = "這個上傳已經不在：一小時沒有人看，或伺服器重新啟動過。請再傳一次，已記的不會重複。", "这个上传已经不在：一小时没有人看，或服务器重新启动过。请再传一次，已记的不会重复。", "This upload is gone: nobody looked at it for an hour, or the server started again. Send the file again: nothing is recorded twice.";
    NO_ROOM = "伺服器的磁碟讀寫不成。請稍後再試，或通知管理員。", "服务器的磁盘读写不成。请稍后再试，或通知管理员。", "The server's disk failed. Try again later, or tell the administrator.";
    LONG_LIST = "這份清單超過 100,000 列，不能整份下載。請縮小範圍，或用指令匯出。", "这份清单超过 100,000 行，不能整份下载。请缩小范围，或用命令导出。", "The list has more than 100,000 rows and is not given out as one file. Narrow it, or export it from the command line.";
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
        Stop::LargeFile => (REFUSED, plain(LARGE_FILE)),
        Stop::Torn => (REFUSED, plain(TORN)),
        Stop::Garbled => (REFUSED, plain(GARBLED)),
        Stop::Busy => (REFUSED, plain(BUSY)),
        Stop::NoUpload => (NOT_FOUND, plain(NO_UPLOAD)),
        Stop::NoRoom => (REFUSED, plain(NO_ROOM)),
        Stop::LongList => (REFUSED, plain(LONG_LIST)),
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
