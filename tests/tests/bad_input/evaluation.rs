//! Evaluations and lists that cannot be made: documents that are no standard, candidates of another kind, wrong days.

use crate::row::{Row, row};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, name};
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
    [evaluations(), steps()].concat()
}

/// What is wrong with a step of a selection whatever its stage.
fn steps() -> Vec<Row> {
    use Reason::{
        DateFormat, FieldInvalid, FieldRequired, NotCanonical, ResourceNameInvalid, SelectionNotFound,
        StandardInvalid, StandardNotFound,
    };
    let (parent, organization) = (LEDGER.to_owned(), name("organizations/district"));
    let nobody = name("selections/nobody");
    let freeze = |name: &str, organization: &str, person: &str| proto::FreezeSelectionRequest {
        name: name.to_owned(),
        request_id: fresh(),
        organization: organization.to_owned(),
        person: person.to_owned(),
    };
    let propose = |document: String| proto::ProposeStandardRequest {
        parent: parent.clone(),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-01".to_owned(),
        document,
    };
    let publish = |sha256: &str| proto::PublishStandardRequest {
        name: name("standards/nothing"),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-02".to_owned(),
        version: 1,
        sha256: sha256.to_owned(),
    };
    let open = |from: &str, standard: &str| proto::OpenSelectionRequest {
        parent: parent.clone(),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-01".to_owned(),
        selection_id: "families-2024".to_owned(),
        year: 2024,
        standard: name(standard),
        from: from.to_owned(),
        to: "2024-12-31".to_owned(),
        counted_on: "2024-09-30".to_owned(),
        apply_until: "2024-12-01".to_owned(),
    };
    let apply = |path: &str| proto::MakeApplicationRequest {
        name: name(path),
        request_id: fresh(),
        organization: organization.clone(),
        person: "clerk-01".to_owned(),
    };
    let verify = proto::VerifyApplicationRequest {
        name: name("selections/nobody/applications/households/h001"),
        request_id: fresh(),
        organization: organization.clone(),
        person: "clerk-01".to_owned(),
        recommended: true,
        residence_confirmed: true,
        evidence_sha256: "00".to_owned(),
    };
    let judge = proto::JudgeItemRequest {
        name: name("selections/nobody/applications/households/h001"),
        request_id: fresh(),
        organization: organization.clone(),
        judge: "Judge 1".to_owned(),
        item: "habit".to_owned(),
        points: 1,
    };
    let approve = proto::ApproveFreezeRequest {
        name: nobody.clone(),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-02".to_owned(),
        sha256: "nothing".to_owned(),
    };
    let note = proto::NoteDifferencesRequest {
        name: nobody.clone(),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-02".to_owned(),
        sha256: "0".repeat(64),
    };
    let named = |awarded_on: &str| proto::NameFamiliesRequest {
        name: nobody.clone(),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-01".to_owned(),
        awarded_on: awarded_on.to_owned(),
    };
    let approve_naming = proto::ApproveNamingRequest {
        name: nobody.clone(),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-02".to_owned(),
        sha256: "0".repeat(64),
    };
    let answer = proto::AnswerObjectionRequest {
        name: name("selections/nobody/objections/first"),
        request_id: fresh(),
        organization: organization.clone(),
        person: "officer-01".to_owned(),
        upheld: true,
        evidence_sha256: "0".repeat(64),
    };
    let digest = "0".repeat(64);
    [
        (
            "to freeze an unknown selection",
            freeze(&nobody, &organization, "officer-01").into(),
            NotFound,
            SelectionNotFound,
            "name",
        ),
        (
            "to freeze what is no selection",
            freeze(&name("households/h001"), &organization, "officer-01").into(),
            InvalidArgument,
            ResourceNameInvalid,
            "name",
        ),
        (
            "to freeze without saying for whom",
            freeze(&nobody, "", "officer-01").into(),
            InvalidArgument,
            FieldRequired,
            "organization",
        ),
        (
            "to freeze without saying who",
            freeze(&nobody, &organization, "").into(),
            InvalidArgument,
            FieldRequired,
            "person",
        ),
        (
            "to propose a standard whose points do not add up",
            propose(FAMILY_DEFAULT.replace("full_points = 100", "full_points = 99")).into(),
            InvalidArgument,
            StandardInvalid,
            "document",
        ),
        ("to publish an unknown standard", publish(&digest).into(), NotFound, StandardNotFound, "name"),
        ("to publish by no digest", publish("").into(), InvalidArgument, FieldInvalid, "sha256"),
        (
            "to open by an unknown standard",
            open("2024-01-01", "standards/nothing").into(),
            NotFound,
            StandardNotFound,
            "standard",
        ),
        (
            "to open from a day in words",
            open("spring", "standards/nothing").into(),
            InvalidArgument,
            DateFormat,
            "from",
        ),
        (
            "to apply nowhere",
            apply("selections/nobody/applications/households/h001").into(),
            NotFound,
            SelectionNotFound,
            "name",
        ),
        (
            "to apply for nobody",
            apply("selections/nobody/applications/h001").into(),
            InvalidArgument,
            ResourceNameInvalid,
            "name",
        ),
        (
            "to verify by a stamp that is no digest",
            verify.into(),
            InvalidArgument,
            FieldInvalid,
            "evidence_sha256",
        ),
        ("a judge with a name", judge.into(), InvalidArgument, NotCanonical, "judge"),
        ("to approve a list by no digest", approve.into(), InvalidArgument, FieldInvalid, "sha256"),
        ("to note differences of an unknown selection", note.into(), NotFound, SelectionNotFound, "name"),
        ("to name on a day in words", named("October").into(), InvalidArgument, DateFormat, "awarded_on"),
        ("to name in an unknown selection", named("2024-11-01").into(), NotFound, SelectionNotFound, "name"),
        (
            "to approve a naming of an unknown selection",
            approve_naming.into(),
            NotFound,
            SelectionNotFound,
            "name",
        ),
        (
            "to answer an objection without a number",
            answer.into(),
            InvalidArgument,
            ResourceNameInvalid,
            "name",
        ),
        (
            "who is named in an unknown selection",
            proto::GetNamingRequest { name: nobody.clone() }.into(),
            NotFound,
            SelectionNotFound,
            "name",
        ),
    ]
    .into_iter()
    .map(|(what, request, code, reason, field): (_, crate::request::Request, _, _, _)| {
        row(what, request, code, reason).at(field)
    })
    .collect()
}

fn evaluations() -> Vec<Row> {
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
