//! What outsiders' software asks of a ledger, without signing in: who issues its badges, and which were taken back.

use crate::desk::Desk;
use crate::stop::Stop;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use creditbank_grpc::{Bearer, proto};
use tonic::transport::Channel;

/// How long a DID document may be kept (our own default).
const KEPT: u32 = 3_600;

/// The addresses that badges name; the console's guard, which is for browsers, is not before them.
pub fn public(door: Channel) -> Router {
    Router::new()
        .route("/ledgers/{ledger}/did.json", get(document))
        .route("/ledgers/{ledger}/badges/status/{list}", get(of_entries))
        .route("/ledgers/{ledger}/badges/status/of/{handle}", get(of_one))
        .with_state(door)
}

/// The way to a ledger for whoever asks.
pub(crate) fn desk(door: &Channel, ledger: &str) -> Desk {
    Desk::new(Bearer::default().on(door.clone()), format!("ledgers/{ledger}"))
}

fn served(media_type: &'static str, seconds: u32, content: String) -> Response {
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_TYPE, media_type.to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={seconds}")),
        // It is for everybody, also for verifiers in browsers.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, content).into_response()
}

/// In words, for a person who came here.
fn refused(stop: &Stop) -> Response {
    let text = match stop {
        Stop::Refused(refused) => refused.text.clone(),
        _ => "這裡沒有這一頁。There is nothing here.".to_owned(),
    };
    (stop.status(), format!("{text}\n")).into_response()
}

/// `/ledgers/{ledger}/did.json`: where `did:web` looks.
async fn document(State(door): State<Channel>, Path(ledger): Path<String>) -> Response {
    let desk = desk(&door, &ledger);
    let request = proto::GetIssuerRequest { name: desk.parent.to_string() };
    match desk.badges().get_issuer(request).await {
        Ok(issuer) => served("application/did+json", KEPT, issuer.into_inner().document),
        Err(status) => refused(&status.into()),
    }
}

async fn list(desk: Desk, request: proto::GetStatusListRequest) -> Response {
    let media_type = match request.form() {
        proto::BadgeForm::Jwt => "application/vc+jwt",
        _ => "application/vc",
    };
    match desk.badges().get_status_list(request).await.map(tonic::Response::into_inner) {
        Ok(list) => served(media_type, list.max_age_seconds, list.content),
        Err(status) => refused(&status.into()),
    }
}

/// The name of a list, and its form.
fn form_of(name: &str) -> (&str, proto::BadgeForm) {
    match name.strip_suffix(".jwt") {
        Some(name) => (name, proto::BadgeForm::Jwt),
        None => (name, proto::BadgeForm::Json),
    }
}

/// `/ledgers/{ledger}/badges/status/{list}`.
async fn of_entries(State(door): State<Channel>, Path((ledger, name)): Path<(String, String)>) -> Response {
    let (number, form) = form_of(&name);
    let Ok(number) = number.parse() else { return refused(&Stop::NoPage) };
    let desk = desk(&door, &ledger);
    let parent = desk.parent.to_string();
    list(desk, proto::GetStatusListRequest { parent, list: number, form: form.into(), ..Default::default() })
        .await
}

/// `/ledgers/{ledger}/badges/status/of/{handle}`.
async fn of_one(State(door): State<Channel>, Path((ledger, name)): Path<(String, String)>) -> Response {
    let (handle, form) = form_of(&name);
    let desk = desk(&door, &ledger);
    let (parent, handle) = (desk.parent.to_string(), handle.to_owned());
    list(desk, proto::GetStatusListRequest { parent, handle, form: form.into(), ..Default::default() }).await
}
