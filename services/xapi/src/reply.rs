//! Answers: of HTTP, in JSON, with the headers that xAPI asks for.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tonic::Status;

/// The version that is spoken (xAPI 1.0.3, Communication 3.3).
pub(crate) const VERSION: &str = "1.0.3";
/// Where a client says its version, and is told ours.
pub(crate) const VERSION_HEADER: HeaderName = HeaderName::from_static("x-experience-api-version");
/// Up to when what was stored is to be read: every answer is as the ledger is.
pub(crate) const THROUGH: HeaderName = HeaderName::from_static("x-experience-api-consistent-through");

/// Why something was not done; nothing was recorded.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    /// A reason of docs/errors.md.
    pub(crate) reason: String,
    /// The property at fault; empty where it is none.
    pub(crate) field: String,
    /// 繁體中文 first, then English.
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn of(status: StatusCode, reason: &str, message: impl Into<String>) -> Refused {
        Refused { status, reason: reason.to_owned(), field: String::new(), message: message.into() }
    }

    /// Of a statement, or of the way it was sent.
    pub(crate) fn bad(field: &str, reason: &str, message: impl Into<String>) -> Refused {
        Refused { field: field.to_owned(), ..Refused::of(StatusCode::BAD_REQUEST, reason, message) }
    }

    /// The statement of a list that is at fault.
    pub(crate) fn in_item(self, index: usize) -> Refused {
        let field =
            if self.field.is_empty() { format!("[{index}]") } else { format!("[{index}].{}", self.field) };
        Refused { field, ..self }
    }
}

/// What the door says, by its meaning; its words are kept.
impl From<Status> for Refused {
    fn from(status: Status) -> Refused {
        let (reason, field) = creditbank_grpc::told(&status);
        Refused {
            status: creditbank_grpc::http_status(status.code()),
            reason,
            field,
            message: status.message().to_owned(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "reason": self.reason, "field": self.field, "message": self.message });
        let mut response = (self.status, headers(), Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let asks = HeaderValue::from_static("Basic realm=\"creditbank\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, asks);
        }
        response
    }
}

/// The headers of every answer.
pub(crate) fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    if let Ok(now) = HeaderValue::from_str(&now) {
        headers.insert(THROUGH, now);
    }
    headers
}
