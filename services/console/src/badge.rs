//! Badges and transcripts as files, and the ways to them.

use crate::desk::id;
use crate::form::Form;
use crate::language::{Text, texts};
use crate::stop::Stop;
use crate::visitor::Visitor;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

texts! {
    BADGE = "數位徽章（Open Badges 3.0）", "数字徽章（Open Badges 3.0）", "Badge (Open Badges 3.0)";
    TRANSCRIPT = "學習歷程（CLR 2.0）", "学习历程（CLR 2.0）", "Transcript (CLR 2.0)";
    TITLES = "稱號", "称号", "Titles";
    UNTIL = "至", "至", "until";
}

/// A file in one of the two forms of a credential.
fn file(name: &str, badge: proto::Badge) -> Result<Response, Stop> {
    let (media_type, content) = match name.rsplit_once('.') {
        Some((_, "json")) => ("application/vc", badge.json),
        Some((_, "jwt")) => ("application/vc+jwt", badge.jwt),
        _ => return Err(Stop::NoPage),
    };
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let given = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    headers.insert(header::CONTENT_DISPOSITION, given.map_err(|_| Stop::NoPage)?);
    Ok(response)
}

/// `/entries/{position}/badge.json`, `….jwt`.
pub(crate) async fn of_entry(
    visitor: Visitor,
    Path((position, name)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let extension = name.strip_prefix("badge.").ok_or(Stop::NoPage)?;
    let request = proto::GetEntryBadgeRequest { name: visitor.desk().name(&format!("entries/{position}")) };
    let badge = visitor.desk().badges().get_entry_badge(request).await?.into_inner();
    file(&format!("badge-{position}.{extension}"), badge)
}

/// `/{collection}/{id}/badges/statement.json`, `transcript.json`, of one `year` or all, and both as `….jwt`.
pub(crate) async fn of_account(
    visitor: Visitor,
    Path((collection, account, name)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Stop> {
    let year = match form.get("year") {
        "" => 0,
        year => year.parse().map_err(|_| Stop::NoPage)?,
    };
    let (kind, extension) = name.split_once('.').ok_or(Stop::NoPage)?;
    let of = visitor.desk().name(&format!("{collection}/{account}"));
    let mut badges = visitor.desk().badges();
    let badge = match kind {
        "statement" => {
            let request = proto::GetStatementBadgeRequest { name: of, year, as_of_position: 0 };
            badges.get_statement_badge(request).await?
        }
        "transcript" => {
            let request = proto::GetTranscriptRequest { name: of, year, as_of_position: 0 };
            badges.get_transcript(request).await?
        }
        _ => return Err(Stop::NoPage),
    };
    file(&format!("{kind}-{account}.{extension}"), badge.into_inner())
}

/// `/households/{id}/titles/{selection}/badge.json`, `….jwt`.
pub(crate) async fn of_title(
    visitor: Visitor,
    Path((household, selection, name)): Path<(String, String, String)>,
) -> Result<Response, Stop> {
    let extension = name.strip_prefix("badge.").ok_or(Stop::NoPage)?;
    let of = visitor.desk().name(&format!("households/{household}"));
    let file_name = format!("title-{household}-{selection}.{extension}");
    let request = proto::GetTitleBadgeRequest { name: of, selection };
    file(&file_name, visitor.desk().badges().get_title_badge(request).await?.into_inner())
}

/// Both forms of a file.
fn forms(visitor: &Visitor, name: Text, path: &str) -> Markup {
    html! {
        p { (visitor.say(name)) " " a href={ (path) ".json" } { "JSON" } " " a href={ (path) ".jwt" } { "JWT" } }
    }
}

/// The way to the badge of an entry.
pub(crate) fn entry_link(visitor: &Visitor, position: u64) -> Markup {
    html! {
        @if visitor.may(Method::BadgeGetEntryBadge) {
            (forms(visitor, BADGE, &format!("/entries/{position}/badge")))
        }
    }
}

/// The ways to the badge of a statement and to its transcript.
pub(crate) fn statement_links(visitor: &Visitor, account: &str) -> Markup {
    html! {
        @if visitor.may(Method::BadgeGetTranscript) {
            (forms(visitor, BADGE, &format!("/{account}/badges/statement")))
            (forms(visitor, TRANSCRIPT, &format!("/{account}/badges/transcript")))
        }
    }
}

/// The titles of a household, each with the way to its badge while it holds.
pub(crate) async fn titles(visitor: &Visitor, household: &str) -> Result<Markup, Stop> {
    let request = proto::ListTitlesRequest { parent: household.to_owned(), min_position: 0 };
    let titles = visitor.desk().selections().list_titles(request).await?.into_inner().titles;
    Ok(html! {
        @if !titles.is_empty() {
            h2 { (visitor.say(TITLES)) }
            @for title in &titles {
                @let selection = id(&title.selection);
                p { (title.title) " " (selection) "：" (title.from) " " (visitor.say(UNTIL)) " " (title.until) }
                @if title.barred_until.is_empty() && visitor.may(Method::BadgeGetTitleBadge) {
                    (forms(visitor, BADGE, &format!("/households/{}/titles/{selection}/badge", id(household))))
                }
            }
        }
    })
}
