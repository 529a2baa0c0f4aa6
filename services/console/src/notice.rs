//! The public notice of a selection: for everybody, signed in or not, and for the wall of the community's office.

use crate::Console;
use crate::desk::id;
use crate::language::{Language, texts};
use crate::page::{Page, Shown};
use crate::public::desk;
use crate::visitor::Visitor;
use axum::Extension;
use axum::extract::{Path, State};
use creditbank_grpc::proto;
use maud::{Markup, html};
use std::sync::Arc;

texts! {
    TITLE = "學習型家庭評選公示", "学习型家庭评选公示", "Public notice: learning families";
    PURPOSE = "本年度評選的入選名單；公示期內任何人可以提出異議。", "本年度评选的入选名单；公示期内任何人可以提出异议。", "Who is chosen this year; anybody may object during the days of the notice.";
    YEAR = "年度", "年度", "Year";
    DAYS = "公示期間", "公示期间", "Days of the notice";
    CHOSEN = "入選", "入选", "Chosen";
    ONLY_IDS = "為保護個人資料，只列家庭帳戶號碼。", "为保护个人资料，只列家庭账户号码。", "Only the ids of accounts are listed, so that nobody's data is shown.";
    OBJECT = "有異議請於公示期間向社區或任何學習點提出，附上憑據；主管須逐件答覆。", "有异议请于公示期间向社区或任何学习点提出，附上凭据；主管须逐件答复。", "To object, go to the community or any place of learning during these days and bring evidence; the district answers each objection.";
    LIST = "名單摘要 SHA-256", "名单摘要 SHA-256", "SHA-256 of the list";
    AT = "名單截至帳本位置", "名单截至账本位置", "The list is true at ledger position";
    SEE = "公示頁（不需登入，可列印）", "公示页（不需登录，可打印）", "The public notice (no sign-in, can be printed)";
}

/// The way to it, for whoever runs the selection.
pub(crate) fn link(visitor: &Visitor, selection: &str) -> Markup {
    let ledger = id(&visitor.desk().parent);
    html! { p { a href={ "/notices/" (ledger) "/" (selection) } { (visitor.say(SEE)) } } }
}

/// `/notices/{ledger}/{selection}`. Nobody is asked who they are.
pub(crate) async fn page(
    State(console): State<Arc<Console>>,
    Extension(language): Extension<Language>,
    Path((ledger, selection)): Path<(String, String)>,
) -> Shown {
    let desk = desk(&console.door, &ledger);
    let name = desk.name(&format!("selections/{selection}"));
    let request = proto::GetNoticeRequest { name, min_position: 0 };
    let notice = desk.selections().get_notice(request).await?.into_inner();
    let say = |text| language.say(text);
    let body = html! {
        dl.facts {
            dt { (say(YEAR)) } dd { (notice.year) }
            dt { (say(DAYS)) } dd { (notice.from) "–" (notice.to) }
            dt { (say(CHOSEN)) } dd { (notice.chosen.len()) }
            dt { (say(AT)) } dd { (notice.list_position) }
            dt { (say(LIST)) } dd { code { (notice.sha256) } }
        }
        p { (say(ONLY_IDS)) }
        ol.notice { @for account in &notice.chosen { li { (id(account)) } } }
        p { (say(OBJECT)) }
    };
    Ok(Page::new(format!("{} {}", say(TITLE), notice.year), say(PURPOSE), notice.position, body))
}
