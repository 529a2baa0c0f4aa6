//! Every reason is tested or says why not, and is explained to users.

use crate::request::{Request, post};
use crate::stage::{Places, Stage};
use creditbank_store::MemoryStore;
use ledger_core::Reason;
use ledger_core::refusal::Class;
use std::collections::BTreeSet;
use std::sync::Arc;
use tonic_types::StatusExt;

/// Reasons that no request of today's API can meet.
const UNTESTED: [(Reason, &str); 3] = [
    (
        Reason::BatchAborted,
        "inside the program only: an atomic batch answers with the reason of the item at fault",
    ),
    (
        Reason::AmountPrecision,
        "amounts of the API are whole numbers; the import of files gives it, and tests it there",
    ),
    (
        Reason::WriterFenced,
        "no method rebuilds; `tests/rebuild.rs` has one rebuild take over another's, on both stores",
    ),
];

/// Reasons of access, which no request of whoever has the database meets: `tests/access` has them.
const ELSEWHERE: [Reason; 7] = [
    Reason::RateLimited,
    Reason::CredentialMissing,
    Reason::CredentialInvalid,
    Reason::RoleDenied,
    Reason::PersonMismatch,
    Reason::CredentialNotFound,
    Reason::CredentialSettled,
];

#[test]
fn every_reason_is_tested_or_says_why_not() {
    let rows = crate::rows(&Places::default(), "");
    println!("{} rows; {} reasons in journeys of their own", rows.len(), crate::situation::REASONS.len());
    let mut tested: BTreeSet<&str> = rows.iter().map(|row| row.refusal.reason.as_str()).collect();
    tested.extend(crate::situation::REASONS.map(Reason::as_str));
    tested.extend(crate::redemption::REASONS.map(Reason::as_str));
    tested.extend(crate::selection::REASONS.map(Reason::as_str));
    tested.extend(crate::deployment::REASONS.map(Reason::as_str));
    tested.extend(ELSEWHERE.map(Reason::as_str));
    tested.extend(crate::proof::REASONS.map(Reason::as_str));
    tested.extend(crate::directory::REASONS.map(Reason::as_str));
    tested.extend(crate::retention::REASONS.map(Reason::as_str));
    let untested: BTreeSet<&str> = UNTESTED.iter().map(|(reason, _)| reason.as_str()).collect();
    let stale: Vec<_> = untested.intersection(&tested).collect();
    assert!(stale.is_empty(), "tested after all: {stale:?}");
    assert!(UNTESTED.iter().all(|(_, why)| !why.is_empty()));
    let forgotten: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| !tested.contains(reason.as_str()) && !untested.contains(reason.as_str()))
        .collect();
    assert!(forgotten.is_empty(), "neither tested nor excused: {forgotten:?}");
}

/// The page for users.
const PAGE: &str = include_str!("../../../docs/errors.md");

/// The name of the gRPC status of a class, as `docs/errors.md` writes it.
fn status_name(class: Class) -> &'static str {
    match class {
        Class::InvalidArgument => "INVALID_ARGUMENT",
        Class::OutOfRange => "OUT_OF_RANGE",
        Class::FailedPrecondition => "FAILED_PRECONDITION",
        Class::Aborted => "ABORTED",
        Class::AlreadyExists => "ALREADY_EXISTS",
        Class::NotFound => "NOT_FOUND",
        Class::Unauthenticated => "UNAUTHENTICATED",
        Class::PermissionDenied => "PERMISSION_DENIED",
        Class::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Class::Unavailable => "UNAVAILABLE",
        Class::DataLoss => "DATA_LOSS",
    }
}

#[test]
fn every_reason_has_its_row_in_the_users_page() {
    let (_, table) = PAGE.split_once("## All reasons").expect("the heading of the table");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let documented: Vec<(&str, &str)> =
        rows.iter().map(|cells| (cells[0].trim_matches('`'), cells[1])).collect();
    let expected: Vec<(&str, &str)> =
        Reason::ALL.iter().map(|reason| (reason.as_str(), status_name(reason.class()))).collect();
    let missing: Vec<_> = expected.iter().filter(|row| !documented.contains(row)).collect();
    assert!(missing.is_empty(), "docs/errors.md has no row, or another status, for {missing:?}");
    assert_eq!(documented, expected, "one row for each reason, in their order");
    for cells in rows {
        assert_eq!(cells.len(), 4, "{}: reason, status, meaning, what to do", cells[0]);
        for text in &cells[2..] {
            let (hant, english) = text.split_once("<br>").expect("繁體中文<br>English");
            let chinese = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
            assert!(hant.chars().any(chinese), "{}: {hant}", cells[0]);
            assert!(!english.is_empty() && !english.chars().any(chinese), "{}: {english}", cells[0]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_the_users_page_is_what_the_server_answers() {
    let stage = Stage::on(Arc::new(MemoryStore::default())).await;
    let status = Request::from(post(|entry| entry.minutes = 0)).send(&stage.clients).await.unwrap_err();
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    let field = &details.bad_request().unwrap().field_violations[0].field;
    for line in [
        "status   INVALID_ARGUMENT".to_owned(),
        format!("message  {}", status.message()),
        format!("ErrorInfo  {{ reason: {:?}, domain: {:?} }}", info.reason, info.domain),
        format!("BadRequest {{ field_violations: [{{ field: {field:?} }}] }}"),
    ] {
        assert!(PAGE.contains(&line), "docs/errors.md has no {line:?}");
    }
    assert_eq!((status.code(), info.metadata.len()), (tonic::Code::InvalidArgument, 0));
}
