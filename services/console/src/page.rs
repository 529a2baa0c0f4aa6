//! What every page has around it: the head with the ways through the console, the language switch, and the foot with the
//! position that its figures are true at.

use crate::form::{CSRF, address};
use crate::language::{Language, Text, texts};
use crate::out;
use crate::sign_in::BACK;
use crate::stop::Stop;
use crate::visitor::Visitor;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use creditbank_grpc::proto::Method;
use maud::{DOCTYPE, Markup, html};

texts! {
    NAME = "學分銀行", "学分银行", "Credit Bank";
    SKIP = "跳到內容", "跳到内容", "Skip to the content";
    WAYS = "功能", "功能", "Sections";
    LANGUAGES = "語言", "语言", "Language";
    SIGN_OUT = "登出", "退出登录", "Sign out";
    TRUE_AT = "以上數字截至帳本位置", "以上数字截至账本位置", "The figures above are true at ledger position";
    STILL = "停止自動更新", "停止自动更新", "Stop renewing this page";
    ANEW = "再自動更新", "再自动更新", "Renew this page by itself again";
    AS_FILE = "整份下載", "整份下载", "All of it as a file:";
    HOME = "首頁", "首页", "Home";
    SEARCH = "查帳戶", "查账户", "Accounts";
    UPLOADS = "上傳試算表", "上传表格", "Spreadsheets";
    CLASS_LIST = "記課堂名單", "记课堂名单", "Class list";
    ENTRIES = "記錄", "记录", "Entries";
    BATCHES = "批次", "批次", "Batches";
    ORGANIZATIONS = "機構", "机构", "Organisations";
    COURSES = "課程", "课程", "Courses";
    OVERVIEW = "總覽", "总览", "Overview";
    INDICATORS = "指標", "指标", "Indicators";
    APPROVALS = "待核准", "待核准", "Approvals";
    POLICIES = "學分規則", "学分规则", "Rules";
    MONTHS = "月結", "月结", "Months";
    SELECTIONS = "評選", "评选", "Selection";
    APPLY = "申報評選", "申报评选", "Apply";
    VERIFY = "查驗文件", "查验文件", "Check a paper";
    AUDIT = "稽核", "稽核", "Audit";
}

/// A way through the console: where it leads, what it is called, and the method without which it leads nowhere.
pub(crate) struct Way {
    pub(crate) path: &'static str,
    pub(crate) name: Text,
    pub(crate) needs: Method,
}

const fn way(path: &'static str, name: Text, needs: Method) -> Way {
    Way { path, name, needs }
}

/// All ways, in the order of the head.
pub(crate) const ALL_WAYS: [Way; 16] = [
    way("/search", SEARCH, Method::IdentityListMembers),
    way("/class-list", CLASS_LIST, Method::LedgerPostClassList),
    way("/uploads", UPLOADS, Method::LedgerBatchPostEntries),
    way("/entries", ENTRIES, Method::LedgerListEntries),
    way("/batches", BATCHES, Method::CorrectionListBatches),
    way("/organizations", ORGANIZATIONS, Method::ReportGetReport),
    way("/courses", COURSES, Method::RegistryCreateCourse),
    way("/overview", OVERVIEW, Method::ReportGetReport),
    way("/indicators", INDICATORS, Method::ReportEvaluateIndicator),
    way("/approvals", APPROVALS, Method::CorrectionListCorrections),
    way("/policies", POLICIES, Method::PolicySimulatePolicy),
    way("/months", MONTHS, Method::ReportListClosings),
    way("/applications", APPLY, Method::SelectionMakeApplication),
    way("/selections", SELECTIONS, Method::SelectionListSelections),
    way("/verify", VERIFY, Method::AccountGetStatement),
    way("/audit", AUDIT, Method::AccessListActs),
];

/// A page: its heading, the line that says what it is for, the position it is true at, and what stands on it.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) purpose: &'static str,
    /// 0 = nothing of the ledger is on it.
    pub(crate) position: u64,
    pub(crate) body: Markup,
    /// Whether the browser shall ask for it again by itself: work is under way.
    pub(crate) renews: bool,
}

impl Page {
    /// A page that shows what was asked for.
    pub(crate) fn new(title: impl Into<String>, purpose: &'static str, position: u64, body: Markup) -> Page {
        Page { status: StatusCode::OK, title: title.into(), purpose, position, body, renews: false }
    }

    /// The same with another status.
    pub(crate) fn with(self, status: StatusCode) -> Page {
        Page { status, ..self }
    }
}

/// The guard draws the rest around it.
impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What a handler of a page gives.
pub(crate) type Shown = Result<Page, Stop>;

/// Where a page stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Here<'a> {
    /// The address that the language switch comes back to: behind a form the first page.
    pub(crate) back: &'a str,
    /// The address that was asked for, also by a form.
    pub(crate) asked: &'a str,
}

impl Here<'_> {
    pub(crate) const NOWHERE: Here<'static> = Here { back: "/", asked: "/" };
}

/// The whole document.
pub(crate) fn document(page: &Page, language: Language, visitor: Option<&Visitor>, here: Here<'_>) -> Markup {
    let Here { back: here, asked } = here;
    let say = |text| language.say(text);
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (page.title) " · " (say(NAME)) }
                @if page.renews && !is_still(here) { meta http-equiv="refresh" content="2"; }
                link rel="stylesheet" href="/console.css";
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#content" { (say(SKIP)) }
                header {
                    p.name { a href="/" { (say(NAME)) } }
                    nav.languages aria-label=(say(LANGUAGES)) { (languages(language, here)) }
                    @if let Some(visitor) = visitor { (head(visitor, asked)) }
                }
                main id="content" {
                    h1 { (page.title) }
                    p.purpose { (page.purpose) }
                    (page.body)
                    @if page.renews { (renewal(language, here)) }
                    @if visitor.is_some() && here != "/" && out::has_tables(page) { (files(language, here)) }
                }
                @if page.position > 0 {
                    footer { p { (say(TRUE_AT)) " " strong { (page.position) } } }
                }
            }
        }
    }
}

/// The field of an address that asks for a page which does not renew itself.
const STANDS_STILL: (&str, &str) = ("still", "yes");

fn is_still(here: &str) -> bool {
    let (name, value) = STANDS_STILL;
    here.split_once('?').is_some_and(|(_, query)| {
        form_urlencoded::parse(query.as_bytes()).any(|field| field.0 == name && field.1 == value)
    })
}

/// Nobody is held to a page that changes under their eyes (WCAG 2.2, 2.2.1).
fn renewal(language: Language, here: &str) -> Markup {
    let path = here.split('?').next().unwrap_or(here);
    html! {
        p {
            @if is_still(here) {
                a href=(path) { (language.say(ANEW)) }
            } @else {
                a rel="nofollow" href=(address(path, &[STANDS_STILL])) { (language.say(STILL)) }
            }
        }
    }
}

/// The ways to what stands on a page as a file.
fn files(language: Language, here: &str) -> Markup {
    html! {
        p.files {
            (language.say(AS_FILE)) " "
            a href=(out::address(here, "xlsx")) { "XLSX" } " "
            a href=(out::address(here, "csv")) { "CSV" }
        }
    }
}

fn languages(language: Language, here: &str) -> Markup {
    html! {
        ul {
            @for other in Language::ALL {
                li {
                    @if other == language {
                        span aria-current="true" { (other.own_name()) }
                    } @else {
                        a lang=(other.tag()) hreflang=(other.tag())
                            href=(address(&format!("/language/{}", other.tag()), &[(BACK, here)])) {
                            (other.own_name())
                        }
                    }
                }
            }
        }
    }
}

fn head(visitor: &Visitor, here: &str) -> Markup {
    let caller = &visitor.session.caller;
    let at = here.split('?').next().unwrap_or(here);
    let current = |path: &str| (at == path).then_some("page");
    html! {
        nav.ways aria-label=(visitor.say(WAYS)) {
            ul {
                li { a href="/" aria-current=[current("/")] { (visitor.say(HOME)) } }
                @for way in ALL_WAYS.iter().filter(|way| visitor.may(way.needs)) {
                    li { a href=(way.path) aria-current=[current(way.path)] { (visitor.say(way.name)) } }
                }
            }
        }
        form.leave method="post" action="/sign-out" {
            span { (caller.person) " · " (visitor.say(crate::home::role_name(caller.role))) }
            (token(visitor))
            button.quiet type="submit" { (visitor.say(SIGN_OUT)) }
        }
    }
}

/// The hidden field that shows that a form was made for this session.
pub(crate) fn token(visitor: &Visitor) -> Markup {
    html! { input type="hidden" name=(CSRF) value=(visitor.session.csrf); }
}

/// A table that scrolls by itself where the window is narrow.
pub(crate) fn wide(caption: &str, table: &Markup) -> Markup {
    html! {
        div.wide role="region" aria-label=(caption) tabindex="0" {
            table { caption { (caption) } (table) }
        }
    }
}
