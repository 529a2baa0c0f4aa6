//! Refusals as gRPC statuses with `google.rpc` details (AIP-193).

use http::StatusCode;
use ledger_core::refusal::Class;
use ledger_core::{Reason, Refusal};
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of every reason.
pub const DOMAIN: &str = "creditbank";

/// After how long a retry may help; none where it cannot.
fn retry_after(reason: Reason) -> Option<Duration> {
    match reason {
        Reason::Overloaded | Reason::NotYetApplied => Some(Duration::from_millis(200)),
        Reason::RateLimited => Some(Duration::from_millis(100)),
        Reason::StorageUnavailable | Reason::OutcomeUnknown | Reason::ShuttingDown => {
            Some(Duration::from_secs(1))
        }
        Reason::StorageReadOnly | Reason::ClockUntrusted | Reason::LedgerArriving => {
            Some(Duration::from_secs(30))
        }
        _ => None,
    }
}

fn code(class: Class) -> Code {
    match class {
        Class::InvalidArgument => Code::InvalidArgument,
        Class::OutOfRange => Code::OutOfRange,
        Class::FailedPrecondition => Code::FailedPrecondition,
        Class::Aborted => Code::Aborted,
        Class::AlreadyExists => Code::AlreadyExists,
        Class::NotFound => Code::NotFound,
        Class::Unauthenticated => Code::Unauthenticated,
        Class::PermissionDenied => Code::PermissionDenied,
        Class::ResourceExhausted => Code::ResourceExhausted,
        Class::Unavailable => Code::Unavailable,
        Class::DataLoss => Code::DataLoss,
    }
}

/// The status of a refusal.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
pub fn status(refusal: Refusal) -> Status {
    let metadata: HashMap<String, String> =
        refusal.metadata().iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let mut details = ErrorDetails::with_error_info(refusal.reason().as_str(), DOMAIN, metadata);
    if let Some(field) = refusal.field_path() {
        details.add_bad_request_violation(field, refusal.message());
    }
    if let Some(delay) = retry_after(refusal.reason()) {
        details.set_retry_info(Some(delay));
    }
    Status::with_error_details(code(refusal.reason().class()), refusal.message(), details)
}

/// The reason and the field at fault that a status tells; the name of its code where it gives no reason, and no field where
/// none is at fault.
#[must_use]
pub fn told(status: &Status) -> (String, String) {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    let field = details.bad_request().and_then(|bad| bad.field_violations.first());
    let field = field.map(|violation| violation.field.clone()).unwrap_or_default();
    (reason.unwrap_or_else(|| format!("{:?}", status.code())), field)
}

/// The status of HTTP that says the same as a code of gRPC.
#[must_use]
pub fn http_status(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The same as a message, for verdicts inside an answer.
pub(crate) fn rpc_status(refusal: Refusal) -> tonic_types::Status {
    let status = status(refusal);
    let empty = || tonic_types::Status {
        code: status.code() as i32,
        message: status.message().to_owned(),
        details: Vec::new(),
    };
    prost::Message::decode(status.details()).unwrap_or_else(|_| empty())
}
