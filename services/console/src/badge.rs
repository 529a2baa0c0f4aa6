//! Badges and transcripts as files, and the ways to them.

use crate::desk::id;
use crate::form::Form;
use crate::language::{Text, texts};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words;

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
    YEAR = "年度（空白為全部）", "年度（空白为全部）", "Year (empty: all)";
}

/// The two forms of a credential, as files end.
#[derive(Clone, Copy)]
enum As {
    Json,
    Jwt,
}

impl As {
    /// Of a file of a kind; nothing else is served.
    fn of(file: &str, kind: &str) -> Option<As> {
        match file.strip_prefix(kind)? {
            ".json" => Some(As::Json),
            ".jwt" => Some(As::Jwt),
            _ => None,
        }
    }

    /// A badge as a file. `name` is of ids that the ledger knows.
    fn file(self, name: &str, badge: proto::Badge) -> Result<Response, Stop> {
        let (media_type, extension, content) = match self {
            As::Json => ("application/vc", "json", badge.json),
            As::Jwt => ("application/vc+jwt", "jwt", badge.jwt),
        };
        let given = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{extension}\""));
        let mut response = content.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(header::CONTENT_DISPOSITION, given.map_err(|_| Stop::NoPage)?);
        Ok(response)
    }
}

/// `/entries/{position}/badge.json`, `….jwt`.
pub(crate) async fn of_entry(
    visitor: Visitor,
    Path((position, file)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let form = As::of(&file, "badge").ok_or(Stop::NoPage)?;
    let request = proto::GetEntryBadgeRequest { name: visitor.desk().name(&format!("entries/{position}")) };
    let badge = visitor.desk().badges().get_entry_badge(request).await?.into_inner();
    form.file(&format!("badge-{position}"), badge)
}

/// `/{collection}/{id}/badges/statement.json`, `transcript.json`, of one `year` or all, and both as `….jwt`.
pub(crate) async fn of_account(
    visitor: Visitor,
    Path((collection, account, file)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Stop> {
    let year = match form.get("year") {
        "" => 0,
        year => year.parse().map_err(|_| Stop::NoPage)?,
    };
    let name = visitor.desk().name(&format!("{collection}/{account}"));
    let mut badges = visitor.desk().badges();
    if let Some(form) = As::of(&file, "statement") {
        let request = proto::GetStatementBadgeRequest { name, year, as_of_position: 0 };
        return form
            .file(&format!("statement-{account}"), badges.get_statement_badge(request).await?.into_inner());
    }
    let form = As::of(&file, "transcript").ok_or(Stop::NoPage)?;
    let request = proto::GetTranscriptRequest { name, year, as_of_position: 0 };
    form.file(&format!("transcript-{account}"), badges.get_transcript(request).await?.into_inner())
}

/// `/households/{id}/titles/{selection}/badge.json`, `….jwt`.
pub(crate) async fn of_title(
    visitor: Visitor,
    Path((household, selection, file)): Path<(String, String, String)>,
) -> Result<Response, Stop> {
    let form = As::of(&file, "badge").ok_or(Stop::NoPage)?;
    let name = visitor.desk().name(&format!("households/{household}"));
    let file_name = format!("title-{household}-{selection}");
    let request = proto::GetTitleBadgeRequest { name, selection };
    form.file(&file_name, visitor.desk().badges().get_title_badge(request).await?.into_inner())
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

/// The ways to the badge of a statement and to its transcript, of a year or of all.
pub(crate) fn statement_links(visitor: &Visitor, account: &str) -> Markup {
    let button = |name: Text, file: &str, form: &str| {
        html! {
            button type="submit" formaction={ "/" (account) "/badges/" (file) } { (visitor.say(name)) " " (form) } " "
        }
    };
    html! {
        @if visitor.may(Method::BadgeGetTranscript) {
            form method="get" {
                label for="badge-year" { (visitor.say(YEAR)) }
                input #badge-year type="number" name="year" min="1900" max="2200";
                (button(BADGE, "statement.json", "JSON"))
                (button(BADGE, "statement.jwt", "JWT"))
                (button(TRANSCRIPT, "transcript.json", "JSON"))
                (button(TRANSCRIPT, "transcript.jwt", "JWT"))
            }
        }
    }
}

/// The titles of a household, each with the way to its badge while it holds.
pub(crate) async fn titles(visitor: &Visitor, household: &str) -> Result<Markup, Stop> {
    let request = proto::ListTitlesRequest { parent: household.to_owned(), min_position: 0 };
    let titles = visitor.desk().selections().list_titles(request).await?.into_inner().titles;
    if titles.is_empty() {
        return Ok(html! {});
    }
    let names = visitor.desk().codes("titles").await?;
    Ok(html! {
        h2 { (visitor.say(TITLES)) }
        @for title in &titles {
            @let selection = id(&title.selection);
            p {
                (words::kind(&names, &title.title, visitor.language)) " " (selection) "："
                (title.from) " " (visitor.say(UNTIL)) " " (title.until)
            }
            @if title.barred_until.is_empty() && visitor.may(Method::BadgeGetTitleBadge) {
                (forms(visitor, BADGE, &format!("/households/{}/titles/{selection}/badge", id(household))))
            }
        }
    })
}
