//! Small conversions that every service needs.

use ledger_core::Refusal;
use ledger_core::date::OccurredOn;
use ledger_core::id::Code;
use prost_types::Timestamp;

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

pub(crate) fn timestamp(at: chrono::DateTime<chrono::Utc>) -> Timestamp {
    Timestamp { seconds: at.timestamp(), nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or(0) }
}

pub(crate) fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
