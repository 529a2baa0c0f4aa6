//! Signing in with a token, and out again.

use crate::Console;
use crate::desk::Desk;
use crate::form::{CSRF, Form, Posted, read, same};
use crate::guard::{
    LANGUAGE_COOKIE, Secure, cookie, drop_cookie, session_cookie, set_cookie, sign_in_cookie,
};
use crate::language::{Language, texts};
use crate::page::Page;
use crate::refusal;
use crate::session::{Caller, NoRandomness, secret};
use crate::stop::{Refused, Stop};
use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use creditbank_grpc::proto::access_service_client::AccessServiceClient;
use creditbank_grpc::{Bearer, proto};
use ledger_core::access::Role;
use maud::html;
use std::sync::Arc;
use std::time::Instant;

texts! {
    TITLE = "登入", "登录", "Sign in";
    PURPOSE = "用管理員發給您的憑證登入。", "用管理员发给您的凭证登录。", "Sign in with the token your administrator gave you.";
    TOKEN = "憑證", "凭证", "Token";
    HINT = "打開憑證檔（.token），把全部內容貼在這裡。", "打开凭证文件（.token），把全部内容粘贴在这里。", "Open your token file (.token) and paste all of it here.";
    ENTER = "登入", "登录", "Sign in";
    NOT_A_TOKEN = "這不是憑證：憑證以 cb_ 開頭。請貼上憑證檔的全部內容。", "这不是凭证：凭证以 cb_ 开头。请粘贴凭证文件的全部内容。", "This is not a token: tokens begin with cb_. Paste all of your token file.";
    AFTER = "閒置 15 分鐘或登入滿 8 小時會自動登出。憑證只留在伺服器，不存在瀏覽器。", "闲置 15 分钟或登录满 8 小时会自动退出。凭证只留在服务器，不存在浏览器。", "You are signed out after 15 minutes without a page, and after 8 hours. The token stays on the server, not in the browser.";
}

/// The field that names the page that was asked for.
pub(crate) const BACK: &str = "back";

impl From<NoRandomness> for Stop {
    fn from(_: NoRandomness) -> Stop {
        Stop::NoRandomness
    }
}

/// The form. What it carries is held against a cookie of its own: nobody signs another in unseen.
pub(crate) async fn form(
    Extension(language): Extension<Language>,
    Extension(secure): Extension<Secure>,
    form: Form,
) -> Result<Response, Stop> {
    shown(language, secure, &form, None)
}

enum Wrong {
    NotAToken,
    Refused(Refused),
}

fn shown(language: Language, secure: Secure, form: &Form, wrong: Option<&Wrong>) -> Result<Response, Stop> {
    let number = secret()?;
    let (status, said) = match wrong {
        None => (StatusCode::OK, html! {}),
        Some(Wrong::NotAToken) => (
            StatusCode::UNAUTHORIZED,
            html! { div.refused role="alert" { p { (language.say(NOT_A_TOKEN)) } } },
        ),
        Some(Wrong::Refused(refused)) => (refused.status(), refusal::told(refused, language)),
    };
    let body = html! {
        (said)
        form method="post" action="/sign-in" {
            input type="hidden" name=(CSRF) value=(number);
            input type="hidden" name=(BACK) value=(own_page(form.get(BACK)));
            div.field {
                label for="token" { (language.say(TOKEN)) }
                p id="token-hint" { (language.say(HINT)) }
                input id="token" name="token" type="password" required autocomplete="off"
                    aria-describedby="token-hint";
            }
            button type="submit" { (language.say(ENTER)) }
        }
        p { (language.say(AFTER)) }
    };
    let page = Page::new(language.say(TITLE), language.say(PURPOSE), 0, body).with(status);
    Ok((AppendHeaders([set_cookie(sign_in_cookie(secure), &number, secure)]), page).into_response())
}

/// Takes the token, asks the door whose it is, and begins a session with a new number.
pub(crate) async fn enter(
    State(console): State<Arc<Console>>,
    Extension(language): Extension<Language>,
    Extension(secure): Extension<Secure>,
    request: Request,
) -> Result<Response, Stop> {
    let shown_before = cookie(request.headers(), sign_in_cookie(secure)).unwrap_or_default().to_owned();
    let earlier = cookie(request.headers(), session_cookie(secure)).map(str::to_owned);
    let form: Form = read(request, &()).await?;
    if !same(form.get(CSRF), &shown_before) {
        return Err(Stop::Forged);
    }
    let Some((caller, desk)) = (match caller(&console, form.get("token")).await {
        Ok(known) => known,
        Err(refused) => return shown(language, secure, &form, Some(&Wrong::Refused(refused))),
    }) else {
        return shown(language, secure, &form, Some(&Wrong::NotAToken));
    };
    if let Some(earlier) = earlier {
        console.sessions.close(&earlier);
    }
    let number = console.sessions.open(caller, desk, Instant::now())?;
    let cookies = AppendHeaders([
        set_cookie(session_cookie(secure), &number, secure),
        drop_cookie(sign_in_cookie(secure), secure),
    ]);
    Ok((cookies, Redirect::to(own_page(form.get(BACK)))).into_response())
}

/// Whose token it is; none where it cannot be one.
async fn caller(console: &Console, token: &str) -> Result<Option<(Caller, Desk)>, Refused> {
    let Ok(bearer) = Bearer::of(token) else { return Ok(None) };
    if token.is_empty() {
        return Ok(None);
    }
    let way = bearer.on(console.door.clone());
    let mut access = AccessServiceClient::new(way.clone());
    let credential = access.get_caller(proto::GetCallerRequest {}).await?.into_inner().credential;
    let Some(credential) = credential else { return Ok(None) };
    let (Some((parent, _)), Some(role)) =
        (credential.name.split_once("/credentials/"), Role::parse(&credential.role))
    else {
        return Ok(None);
    };
    let desk = Desk::new(way, parent.to_owned());
    let caller = Caller {
        person: credential.person,
        role,
        organization: credential.organization,
        resident: credential.resident,
    };
    Ok(Some((caller, desk)))
}

/// Ends the session.
pub(crate) async fn leave(
    State(console): State<Arc<Console>>,
    Extension(secure): Extension<Secure>,
    headers: axum::http::HeaderMap,
    _: Posted,
) -> Response {
    if let Some(number) = cookie(&headers, session_cookie(secure)) {
        console.sessions.close(number);
    }
    (AppendHeaders([drop_cookie(session_cookie(secure), secure)]), Redirect::to("/sign-in")).into_response()
}

/// A page of this console: no other host, and nothing that a browser reads as one; else the first page.
fn own_page(back: &str) -> &str {
    let own = back.starts_with('/')
        && !back.starts_with("//")
        && back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if own { back } else { "/" }
}

/// Remembers a language and goes back to the page it was chosen on.
pub(crate) async fn language(
    Extension(secure): Extension<Secure>,
    Path(tag): Path<String>,
    form: Form,
) -> Result<Response, Stop> {
    let language = Language::parse(&tag).ok_or(Stop::NoPage)?;
    let back = own_page(form.get(BACK));
    let cookies = AppendHeaders([set_cookie(LANGUAGE_COOKIE, language.tag(), secure)]);
    Ok((cookies, Redirect::to(back)).into_response())
}
