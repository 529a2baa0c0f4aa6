//! Papers over HTTP.

use super::{Paper, Press, Subject, Yard};
use crate::Console;
use crate::desk::id;
use crate::form::Form;
use crate::stop::Stop;
use crate::visitor::Visitor;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

type Served = Result<Response, Stop>;

impl Press {
    /// Of whoever is signed in, in the language of the session.
    pub(super) fn of(console: &Console, visitor: &Visitor) -> Press {
        Press { desk: visitor.desk().clone(), language: visitor.language, site: console.origins.public() }
    }
}

impl IntoResponse for Paper {
    fn into_response(self) -> Response {
        // ASCII for who knows no other, and the name in the paper's language (RFC 6266).
        let name: String = form_urlencoded::byte_serialize(self.title.as_bytes()).collect();
        let name = name.replace('+', "%20");
        let shown = format!("inline; filename=\"{0}.pdf\"; filename*=UTF-8''{name}-{0}.pdf", self.file);
        let mut response = Response::new(Body::from(self.printed.pdf));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
        if let Ok(shown) = HeaderValue::from_str(&shown) {
            headers.insert(header::CONTENT_DISPOSITION, shown);
        }
        response
    }
}

/// A number of an address: nothing is as good as 0, anything else but a number leads nowhere.
fn number<T: std::str::FromStr + Default>(form: &Form, name: &str) -> Result<T, Stop> {
    match form.get(name) {
        "" => Ok(T::default()),
        text => text.parse().map_err(|_| Stop::NoPage),
    }
}

async fn print(console: &Console, visitor: &Visitor, subject: Subject, at: u64) -> Served {
    Ok(Press::of(console, visitor).paper(&subject, at).await?.into_response())
}

/// `/{collection}/{id}/statement.pdf`, of one `year` or all.
pub(crate) async fn statement(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((collection, account)): Path<(String, String)>,
    form: Form,
) -> Served {
    let subject =
        Subject::Statement { account: format!("{collection}/{account}"), year: number(&form, "year")? };
    print(&console, &visitor, subject, number(&form, "at")?).await
}

/// `/{collection}/{id}/score.pdf`, by the same fields as the page.
pub(crate) async fn score(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path((collection, account)): Path<(String, String)>,
    form: Form,
) -> Served {
    let get = |name| form.get(name).to_owned();
    let by = match (get("selection"), get("standard")) {
        (selection, standard) if selection.is_empty() => Yard {
            selection,
            standard: if standard.is_empty() { crate::account::STANDARD.to_owned() } else { standard },
            from: get("window_from"),
            to: get("window_to"),
        },
        (selection, _) => Yard { selection, ..Yard::default() },
    };
    let subject = Subject::Score { account: format!("{collection}/{account}"), by };
    print(&console, &visitor, subject, number(&form, "at")?).await
}

/// `/selections/{id}/awards.pdf`.
pub(crate) async fn awards(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(selection): Path<String>,
    form: Form,
) -> Served {
    print(&console, &visitor, Subject::Awards { selection }, number(&form, "at")?).await
}

/// `/months/{period}/report.pdf`, of one `organization` or all of the visitor's scope.
pub(crate) async fn report(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(period): Path<String>,
    form: Form,
) -> Served {
    let own = id(&visitor.session.caller.organization);
    let organization = match form.get("organization") {
        "" => own.to_owned(),
        organization => organization.to_owned(),
    };
    print(&console, &visitor, Subject::Report { period, organization }, number(&form, "at")?).await
}
