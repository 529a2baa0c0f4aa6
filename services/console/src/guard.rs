//! What stands before every page: the name it is served by, where a form came from, who is signed in; and behind it: the
//! document around the page, a refusal in words, and the headers that a browser is told (`RELIABILITY.md` §5, threat 12).

use crate::Console;
use crate::form::{Form, address};
use crate::language::Language;
use crate::out::AS;
use crate::page::{Here, Page, document};
use crate::refusal;
use crate::sign_in::BACK;
use crate::stop::Stop;
use crate::visitor::Visitor;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a file may take to come in, or to be written (our own default): 32 MiB at a megabit a second.
const LONGEST_FILE: Duration = Duration::from_secs(300);

/// How long a page may take (our own default): a report may wait for others.
const LONGEST: Duration = Duration::from_secs(30);

const HEADERS: [(header::HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// A year, as browsers that met the console over TLS shall remember it.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// By what name the request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secure(pub(crate) bool);

/// Names of the two cookies, by whether they go over TLS: `__Host-` binds them to this host and to TLS.
pub(crate) fn session_cookie(secure: Secure) -> &'static str {
    if secure.0 { "__Host-session" } else { "session" }
}

/// The cookie that a form for signing in is held against.
pub(crate) fn sign_in_cookie(secure: Secure) -> &'static str {
    if secure.0 { "__Host-sign-in" } else { "sign-in" }
}

/// The cookie that remembers the language.
pub(crate) const LANGUAGE_COOKIE: &str = "language";

/// A cookie that no script reads and no other site sends; gone when the browser closes.
pub(crate) fn set_cookie(name: &str, value: &str, secure: Secure) -> (header::HeaderName, String) {
    let secure = if secure.0 { "; Secure" } else { "" };
    (header::SET_COOKIE, format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}"))
}

/// The same, taken back.
pub(crate) fn drop_cookie(name: &str, secure: Secure) -> (header::HeaderName, String) {
    let (header, value) = set_cookie(name, "", secure);
    (header, format!("{value}; Max-Age=0"))
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

pub(crate) async fn stand(State(console): State<Arc<Console>>, mut request: Request, next: Next) -> Response {
    let language = cookie(request.headers(), LANGUAGE_COOKIE).and_then(Language::parse).unwrap_or_default();
    let here = request.uri().path_and_query().map_or("/", |here| here.as_str()).to_owned();
    let posts = request.method() != Method::GET && request.method() != Method::HEAD;
    let origin = host(&request).and_then(|host| console.origins.of(host).map(|secure| (host, secure)));
    let Some((host, secure)) = origin.map(|(host, secure)| (host.to_owned(), secure)) else {
        return told(Stop::OtherHost.into_response(), language, None, Here::NOWHERE);
    };
    let number = cookie(request.headers(), session_cookie(secure)).map(str::to_owned);
    let session = number.as_deref().and_then(|number| console.sessions.find(number, Instant::now()));
    let visitor = session.map(|session| Visitor { session, language });
    let mut response = if posts && !is_from_here(request.headers(), &host, secure) {
        Stop::Forged.into_response()
    } else {
        request.extensions_mut().insert(language);
        request.extensions_mut().insert(secure);
        visitor.clone().and_then(|visitor| request.extensions_mut().insert(visitor));
        let is_file =
            request.uri().query().is_some_and(|query| !Form::parse(query.as_bytes()).get(AS).is_empty());
        let longest = if is_file || here == "/uploads" { LONGEST_FILE } else { LONGEST };
        let answer = tokio::time::timeout(longest, next.run(request)).await;
        answer.unwrap_or_else(|_| Stop::TooLate.into_response())
    };
    if secure.0 {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
    // A token that was revoked ends the session it began.
    let ended = matches!(response.extensions().get(), Some(Stop::Refused(refused)) if refused.signs_out());
    if let (true, Some(number)) = (ended, number) {
        console.sessions.close(&number);
        return told(response, language, None, Here::NOWHERE);
    }
    let here = Here { back: if posts { "/" } else { &here }, asked: &here };
    told(response, language, visitor.as_ref(), here)
}

/// The name in the address bar.
fn host(request: &Request) -> Option<&str> {
    let mut named = request.headers().get_all(header::HOST).iter();
    match (named.next(), named.next(), request.uri().authority()) {
        (Some(host), None, None) => host.to_str().ok(),
        _ => None,
    }
}

/// Whether a form came from a page of this very console, as far as the browser tells.
fn is_from_here(headers: &HeaderMap, host: &str, secure: Secure) -> bool {
    let scheme = if secure.0 { "https" } else { "http" };
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    // A page that says no-referrer makes older browsers send `null` where the form stays on the site.
    let by_origin = match origin {
        None => true,
        Some(b"null") => site == Some(b"same-origin"),
        Some(origin) => origin.eq_ignore_ascii_case(format!("{scheme}://{host}").as_bytes()),
    };
    by_origin && site.is_none_or(|site| site == b"same-origin")
}

/// Draws the document around a page or a refusal, and sets the headers.
fn told(mut response: Response, language: Language, visitor: Option<&Visitor>, here: Here<'_>) -> Response {
    let page = match response.extensions_mut().remove::<Stop>() {
        Some(Stop::SignIn) => {
            let (mut parts, _) = response.into_parts();
            parts.status = StatusCode::SEE_OTHER;
            // Behind the form comes the page that was asked for.
            let back = if here.back == "/" { "" } else { here.back };
            let way = HeaderValue::from_str(&address("/sign-in", &[(BACK, back)]));
            parts.headers.insert(header::LOCATION, way.unwrap_or(HeaderValue::from_static("/sign-in")));
            response = Response::from_parts(parts, Body::empty());
            None
        }
        Some(stop) => Some(refusal::page(&stop, language, visitor.is_some())),
        None => response.extensions_mut().remove::<Page>().or_else(|| {
            // What the router itself refuses: a method that a page does not take, an address that is no text.
            let status = response.status();
            let page = || refusal::page(&Stop::NoPage, language, visitor.is_some()).with(status);
            status.is_client_error().then(page)
        }),
    };
    if let Some(page) = page {
        let drawn = Html(document(&page, language, visitor, here).into_string()).into_response();
        let (mut parts, body) = drawn.into_parts();
        parts.status = page.status;
        // What was set beside the page, such as cookies, stays.
        let beside = std::mem::take(response.headers_mut());
        parts.headers.extend(
            beside
                .into_iter()
                .filter_map(|(name, value)| Some((name?, value)))
                .filter(|(name, _)| *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH),
        );
        response = Response::from_parts(parts, body);
    }
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
