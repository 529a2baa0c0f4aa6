//! Small conversions that every service needs.

use chrono::{DateTime, Utc};
use ledger_core::date::OccurredOn;
use ledger_core::id::{Code, PersonId};
use ledger_core::{Reason, Refusal};
use prost_types::Timestamp;

/// The same refusal at the field of the request that holds the faulty value.
#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
pub(crate) fn at(refusal: Refusal, field: &str) -> Refusal {
    let moved = Refusal::field(refusal.reason(), field, refusal.message());
    refusal.metadata().iter().fold(moved, |moved, (key, value)| moved.with(key, value))
}

/// The core names fields by its own nouns, a method by its own: `fields` gives the one for the other.
pub(crate) fn rename(refusal: Refusal, fields: &[(&str, &str)]) -> Refusal {
    let path = refusal.field_path();
    match fields.iter().find(|(core, _)| path == Some(core)) {
        Some((_, field)) => at(refusal, field),
        None => refusal,
    }
}

pub(crate) fn optional<T>(
    raw: &str,
    parse: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<Option<T>, Refusal> {
    if raw.is_empty() { Ok(None) } else { parse(raw).map(Some) }
}

pub(crate) fn optional_date(raw: &str, field: &str) -> Result<Option<OccurredOn>, Refusal> {
    optional(raw, |raw| OccurredOn::parse(raw, field))
}

pub(crate) fn optional_code(raw: &str, field: &str) -> Result<Option<Code>, Refusal> {
    optional(raw, |raw| Code::parse(raw, field))
}

/// Someone who acts: the number of a post or an account.
pub(crate) fn person(raw: &str, field: &str) -> Result<PersonId, Refusal> {
    PersonId::parse(raw).map_err(|refusal| at(refusal, field))
}

pub(crate) fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: at.timestamp(), nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or(0) }
}

/// An instant of a request.
pub(crate) fn instant(at: Timestamp, field: &str) -> Result<DateTime<Utc>, Refusal> {
    let instant = u32::try_from(at.nanos).ok().and_then(|nanos| DateTime::from_timestamp(at.seconds, nanos));
    instant.ok_or_else(|| {
        Refusal::field(
            Reason::FieldInvalid,
            field,
            format!("{field} 不是一個時刻，請查對。{field} is no instant: check it."),
        )
    })
}

pub(crate) fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
