//! Why a page is not shown.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ledger_core::Reason;
use tonic::{Code, Status};

/// Why a page is not shown.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// Nobody is signed in.
    SignIn,
    /// The form is not one of this session's.
    Forged,
    /// The name in the address is not served here.
    OtherHost,
    /// There is no such page.
    NoPage,
    /// The form has more in it than is taken.
    TooLarge,
    /// The file is larger than is taken.
    LargeFile,
    /// What was sent broke off.
    Torn,
    /// All room for uploads is worked on.
    Busy,
    /// There is no such upload, or it is somebody else's, or gone.
    NoUpload,
    /// The disk takes or gives nothing.
    NoRoom,
    /// A list is longer than is given out as a file.
    LongList,
    /// A table of a page cannot be read off it.
    Garbled,
    /// It took too long; whether something was recorded is not known.
    TooLate,
    /// The machine has no randomness.
    NoRandomness,
    /// The ledger refused.
    Refused(Refused),
}

/// A refusal of the ledger, in its own words.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    code: Code,
    /// The reason of docs/errors.md.
    pub(crate) reason: String,
    /// The field at fault, as in `entry.occurred_on`; empty where it is none.
    pub(crate) field: String,
    /// 繁體中文 first, then English.
    pub(crate) text: String,
}

impl Refused {
    /// Of a field that cannot even be sent, in the console's own words.
    pub(crate) fn here(field: &str, text: &str) -> Refused {
        Refused {
            code: Code::InvalidArgument,
            reason: Reason::FieldInvalid.as_str().to_owned(),
            field: field.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The same with a reason of its own.
    pub(crate) fn because(self, reason: String) -> Refused {
        Refused { reason, ..self }
    }

    /// The same at another field.
    pub(crate) fn at(self, field: &str) -> Refused {
        Refused { field: field.to_owned(), ..self }
    }

    /// Whether it is not known if something was recorded.
    pub(crate) fn leaves_unknown(&self) -> bool {
        use Code::{Aborted, Cancelled, DeadlineExceeded, Internal, Unavailable, Unknown};
        matches!(self.code, Aborted | Cancelled | DeadlineExceeded | Internal | Unavailable | Unknown)
    }

    /// Whether the credential does not hold any more.
    pub(crate) fn signs_out(&self) -> bool {
        self.code == Code::Unauthenticated
    }

    /// The name of the field without where it stands: `occurred_on` of `entry.occurred_on`, `accounts` of `accounts[3]`.
    pub(crate) fn field_name(&self) -> &str {
        let last = self.field.rsplit('.').next().unwrap_or_default();
        last.split('[').next().unwrap_or(last)
    }

    /// The number of the item at fault, from 0: 3 of `accounts[3]`.
    pub(crate) fn item(&self) -> Option<usize> {
        self.field.split_once('[')?.1.split_once(']')?.0.parse().ok()
    }
}

impl From<Status> for Refused {
    fn from(status: Status) -> Refused {
        let (reason, field) = creditbank_grpc::told(&status);
        Refused { code: status.code(), reason, field, text: status.message().to_owned() }
    }
}

impl From<Status> for Stop {
    fn from(status: Status) -> Stop {
        Stop::Refused(status.into())
    }
}

impl Stop {
    /// Of what the disk said, which is told in the log.
    pub(crate) fn no_room(error: impl std::fmt::Display) -> Stop {
        tracing::error!(%error, "a file of the console failed");
        Stop::NoRoom
    }

    /// The status of HTTP that says the same.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Stop::SignIn => StatusCode::UNAUTHORIZED,
            Stop::Forged => StatusCode::FORBIDDEN,
            Stop::OtherHost => StatusCode::MISDIRECTED_REQUEST,
            Stop::NoPage => StatusCode::NOT_FOUND,
            Stop::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Stop::LargeFile => StatusCode::PAYLOAD_TOO_LARGE,
            Stop::Torn => StatusCode::BAD_REQUEST,
            Stop::Garbled => StatusCode::INTERNAL_SERVER_ERROR,
            Stop::LongList => StatusCode::UNPROCESSABLE_ENTITY,
            Stop::Busy => StatusCode::TOO_MANY_REQUESTS,
            Stop::NoUpload => StatusCode::NOT_FOUND,
            Stop::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
            Stop::TooLate => StatusCode::GATEWAY_TIMEOUT,
            Stop::NoRandomness => StatusCode::SERVICE_UNAVAILABLE,
            Stop::Refused(refused) => refused.status(),
        }
    }
}

impl Refused {
    /// The status of HTTP that says the same.
    pub(crate) fn status(&self) -> StatusCode {
        creditbank_grpc::http_status(self.code)
    }
}

/// Put into words by the guard, which knows the language.
impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
