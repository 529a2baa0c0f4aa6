//! How fields that are not plain look in `--json`.

use crate::proto::{ConsentPurpose, CorrectionState, LedgerState, MemberRole, OrganizationState, TieKind};
use prost_types::Timestamp;
use serde::Serializer;
use serde::ser::SerializeStruct;

pub(crate) fn timestamp<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    let instant = at
        .as_ref()
        .and_then(|at| chrono::DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).unwrap_or(0)));
    match instant {
        Some(instant) => to.serialize_str(&instant.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
        None => to.serialize_none(),
    }
}

pub(crate) fn text<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&String::from_utf8_lossy(bytes))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn state<S: Serializer>(state: &i32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(OrganizationState::try_from(*state).unwrap_or_default().as_str_name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn ledger_state<S: Serializer>(state: &i32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(LedgerState::try_from(*state).unwrap_or_default().as_str_name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn tie<S: Serializer>(kind: &i32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(TieKind::try_from(*kind).unwrap_or_default().as_str_name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn role<S: Serializer>(role: &i32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(MemberRole::try_from(*role).unwrap_or_default().as_str_name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn purpose<S: Serializer>(purpose: &i32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(ConsentPurpose::try_from(*purpose).unwrap_or_default().as_str_name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
pub(crate) fn correction_state<S: Serializer>(state: &i32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(CorrectionState::try_from(*state).unwrap_or_default().as_str_name())
}

pub(crate) fn error<S: Serializer>(error: &Option<tonic_types::Status>, to: S) -> Result<S::Ok, S::Error> {
    let Some(error) = error else { return to.serialize_none() };
    let mut out = to.serialize_struct("error", 2)?;
    out.serialize_field("code", &error.code)?;
    out.serialize_field("message", &error.message)?;
    out.end()
}
