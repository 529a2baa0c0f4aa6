//! Evaluations and lists that cannot be made: documents that are no standard, candidates of another kind, wrong days.

use crate::row::{Row, row};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, name};
use ledger_core::Reason;
use ledger_core::selection::FAMILY_DEFAULT;
use tonic::Code::{InvalidArgument, NotFound};

fn evaluate(path: &str, yardstick: proto::Yardstick) -> proto::EvaluateHouseholdRequest {
    proto::EvaluateHouseholdRequest { name: name(path), yardstick: Some(yardstick), ..Default::default() }
}

fn by_document(document: impl Into<String>) -> proto::Yardstick {
    proto::Yardstick { document: document.into(), ..Default::default() }
}

fn by_standard(standard: &str) -> proto::Yardstick {
    proto::Yardstick { standard: standard.to_owned(), ..Default::default() }
}

fn in_days(from: &str, to: &str) -> proto::Yardstick {
    proto::Yardstick { window_from: from.to_owned(), window_to: to.to_owned(), ..Default::default() }
}

/// All of them.
pub fn rows() -> Vec<Row> {
    use Reason::{
        DateFormat, FieldInvalid, HouseholdNotFound, NotACandidate, ResourceNameInvalid, SelectionNotFound,
        StandardInvalid, StandardNotFound, TimeRange,
    };
    let h001 = "households/h001";
    let uneven = FAMILY_DEFAULT.replace("full_points = 100", "full_points = 99");
    let both = proto::Yardstick { document: "x".to_owned(), ..by_standard("family-default") };
    let nowhere = proto::Yardstick { selection: name("selections/nobody"), ..Default::default() };
    let elsewhere = proto::Yardstick { selection: "selections/x".to_owned(), ..Default::default() };
    let of_list = proto::RankHouseholdsRequest {
        parent: LEDGER.to_owned(),
        yardstick: Some(by_document(uneven.clone())),
        ..Default::default()
    };
    let verify = proto::VerifySelectionRequest { name: name("selections/nobody") };
    let document = "yardstick.document";
    [
        (
            "a standard whose points do not add up",
            evaluate(h001, by_document(uneven)).into(),
            InvalidArgument,
            StandardInvalid,
            document,
        ),
        (
            "a document that is no TOML",
            evaluate(h001, by_document("{")).into(),
            InvalidArgument,
            StandardInvalid,
            document,
        ),
        (
            "a document without end",
            evaluate(h001, by_document("#".repeat(300_000))).into(),
            InvalidArgument,
            StandardInvalid,
            document,
        ),
        ("a standard and a document", evaluate(h001, both).into(), InvalidArgument, FieldInvalid, document),
        (
            "an unknown standard",
            evaluate(h001, by_standard("nothing")).into(),
            NotFound,
            StandardNotFound,
            "yardstick.standard",
        ),
        (
            "a household by the standard of pupils",
            evaluate(h001, by_standard("practice-pupil")).into(),
            InvalidArgument,
            NotACandidate,
            "name",
        ),
        (
            "days that run backwards",
            evaluate(h001, in_days("2024-05-01", "2024-04-30")).into(),
            InvalidArgument,
            TimeRange,
            "yardstick.window_to",
        ),
        (
            "a day in words",
            evaluate(h001, in_days("May", "")).into(),
            InvalidArgument,
            DateFormat,
            "yardstick.window_from",
        ),
        (
            "an unknown household",
            evaluate("households/h999", proto::Yardstick::default()).into(),
            NotFound,
            HouseholdNotFound,
            "name",
        ),
        (
            "the applicants of an unknown selection",
            evaluate(h001, nowhere).into(),
            NotFound,
            SelectionNotFound,
            "yardstick.selection",
        ),
        (
            "a selection of no ledger",
            evaluate(h001, elsewhere).into(),
            InvalidArgument,
            ResourceNameInvalid,
            "yardstick.selection",
        ),
        (
            "a list by a standard whose points do not add up",
            of_list.into(),
            InvalidArgument,
            StandardInvalid,
            document,
        ),
        ("to verify an unknown selection", verify.into(), NotFound, SelectionNotFound, "name"),
    ]
    .into_iter()
    .map(|(what, request, code, reason, field): (_, crate::request::Request, _, _, _)| {
        row(what, request, code, reason).at(field)
    })
    .collect()
}
