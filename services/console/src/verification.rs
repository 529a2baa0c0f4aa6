//! Whether everything that is served is what the log gives: the result of a verification, made beside the pages.

use crate::Console;
use crate::bar::bar;
use crate::desk::Desk;
use crate::form::Posted;
use crate::job::{Job, Standing};
use crate::language::texts;
use crate::page::{Page, Shown, token};
use crate::refusal;
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use axum::extract::State;
use axum::response::Redirect;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};
use std::sync::Arc;
use tonic::Status;

texts! {
    TITLE = "驗證帳本", "验证账本", "Verification of the ledger";
    PURPOSE = "從第一筆事件重算所有數字，與現在提供的逐一比較；不改任何記錄。", "从第一笔事件重算所有数字，与现在提供的逐一比较；不改任何记录。", "Computes everything anew from the first event and compares it with what is served; nothing is changed.";
    BEGIN = "開始驗證", "开始验证", "Verify now";
    COSTS = "帳本很大時要幾分鐘，期間照常記帳。", "账本很大时要几分钟，期间照常记账。", "A large ledger takes some minutes; posting goes on meanwhile.";
    UNDER_WAY = "正在驗證，可以離開這一頁。", "正在验证，可以离开这一页。", "It is being verified; you may leave this page.";
    CLEAN = "全部相符：沒有任何差異。", "全部相符：没有任何差异。", "Everything agrees: nothing differs.";
    DIFFERS = "有差異，請通知管理員，並保留這一頁。", "有差异，请通知管理员，并保留这一页。", "Something differs: tell the administrator and keep this page.";
    POSITION = "驗證到帳本位置", "验证到账本位置", "Verified up to ledger position";
    STATES = "比對的狀態", "比对的状态", "States compared";
    REQUESTS = "核對的請求", "核对的请求", "Requests looked up";
    FINDINGS = "差異", "差异", "Differences";
    MORE = "另有未列出", "另有未列出", "More that are not listed";
}

/// How far a verification has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verified {
    position: u64,
    head: u64,
    result: Option<proto::Verification>,
}

/// The way to it, for whoever may ask for it.
pub(crate) fn link(visitor: &Visitor) -> Markup {
    html! {
        @if visitor.may(Method::LedgerVerifyLedger) {
            p { a href="/audit/verification" { (visitor.say(TITLE)) } }
        }
    }
}

/// `/audit/verification`.
pub(crate) async fn page(visitor: Visitor, State(console): State<Arc<Console>>) -> Shown {
    let head = visitor.desk().head().await?;
    if !visitor.may(Method::LedgerVerifyLedger) {
        return Err(Stop::NoPage);
    }
    let job = console.verifications.find(&about(&visitor));
    let standing = job.map(|job| job.standing());
    let renews = matches!(standing, Some(Standing::Under(_)));
    let say = |text| visitor.say(text);
    let body = html! {
        @match standing {
            None => {}
            Some(Standing::Under(so_far)) => {
                p role="status" { (say(UNDER_WAY)) }
                p { (so_far.position) " / " (so_far.head) }
                (bar(so_far.position, so_far.head))
            }
            Some(Standing::Done(done)) => @if let Some(result) = &done.result { (told(&visitor, result)) },
            Some(Standing::Broken(refused, _)) => (refusal::told(&refused, visitor.language)),
        }
        @if !renews {
            p { (say(COSTS)) }
            form method="post" action="/audit/verification" {
                (token(&visitor))
                button type="submit" { (say(BEGIN)) }
            }
        }
    };
    Ok(Page { renews, ..Page::new(say(TITLE), say(PURPOSE), head.position, body) })
}

/// A verification is shown to who asked for it: whether they may, the door has said.
fn about(visitor: &Visitor) -> String {
    format!("{} {}", visitor.desk().parent, visitor.session.caller.person)
}

fn told(visitor: &Visitor, result: &proto::Verification) -> Markup {
    let say = |text| visitor.say(text);
    html! {
        @if result.findings.is_empty() { p.done role="status" { (say(CLEAN)) } }
        @else { div.refused role="alert" { p { (say(DIFFERS)) } } }
        dl.facts {
            dt { (say(POSITION)) } dd { (result.position) }
            dt { (say(STATES)) } dd { (result.states) }
            dt { (say(REQUESTS)) } dd { (result.requests) }
        }
        @if !result.findings.is_empty() {
            h2 { (say(FINDINGS)) }
            ul { @for finding in &result.findings { li { code { (finding) } } } }
            @if result.more_findings > 0 { p { (say(MORE)) " " (result.more_findings) } }
        }
    }
}

/// Begins one, where none is under way.
pub(crate) async fn posted(
    State(console): State<Arc<Console>>,
    Posted { visitor, .. }: Posted,
) -> Result<Redirect, Stop> {
    if !visitor.may(Method::LedgerVerifyLedger) {
        return Err(Stop::NoPage);
    }
    let desk = visitor.desk().clone();
    console.verifications.begin(&console.line, about(&visitor), move |job| verify(desk, job))?;
    Ok(Redirect::to("/audit/verification"))
}

async fn verify(desk: Desk, job: Arc<Job<Verified>>) -> Result<Verified, Refused> {
    let request = proto::VerifyLedgerRequest { parent: desk.parent.to_string() };
    let mut parts = desk.ledger().verify_ledger(request).await?.into_inner();
    while let Some(part) = parts.message().await? {
        let verified = Verified { position: part.position, head: part.head, result: part.result };
        if verified.result.is_some() {
            return Ok(verified);
        }
        job.note(verified);
    }
    Err(Status::unavailable("驗證沒有做完，請再試一次。The verification did not come to its end: try again.")
        .into())
}
