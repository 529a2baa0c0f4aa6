//! Policies that are refused, drafts that are none, and questions about a past that never was.

use crate::row::{Row, row};
use crate::stage::{PILOT, Places, pilot};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, name};
use ledger_core::Reason;
use ledger_core::entry::Digest32;
use ledger_core::policy::DISTRICT_DEFAULT;
use tonic::Code::{Aborted, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, Unavailable};

/// All of them.
pub fn rows(places: &Places) -> Vec<Row> {
    [proposing(), publishing(), trying(), asking(places)].concat()
}

/// The next version of the district's policy, spoiled by one replacement.
fn next(from: &str, to: &str) -> String {
    let next = DISTRICT_DEFAULT
        .replace("version = 1", "version = 2")
        .replace("effective_from = \"1900-01-01\"", "effective_from = \"2026-07-01\"");
    let spoiled = next.replace(from, to);
    assert!(from.is_empty() || spoiled != next, "nothing was spoiled: {from}");
    spoiled
}

fn propose(document: String) -> proto::ProposePolicyRequest {
    proto::ProposePolicyRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/college"),
        proposed_by: "officer-01".to_owned(),
        document,
    }
}

fn proposing() -> Vec<Row> {
    let by = |organization: &str| proto::ProposePolicyRequest {
        organization: name(&format!("organizations/{organization}")),
        ..propose(next("", ""))
    };
    let invalid =
        |what, document| row(what, propose(document), InvalidArgument, Reason::PolicyInvalid).at("document");
    let invalid_at = |what, document, field: &str| {
        row(what, propose(document), InvalidArgument, Reason::PolicyInvalid).at(field)
    };
    vec![
        invalid("a policy that is no TOML", "學分規則".to_owned()),
        invalid("a policy with a field of its own", next("max_minutes_per_day", "most_minutes")),
        invalid(
            "a share above one",
            next("numerator = 2, denominator = 3", "numerator = 4, denominator = 3"),
        ),
        invalid(
            "a policy that ends by itself",
            next("max_minutes", "effective_to = \"2026-12-31\"\nmax_minutes"),
        ),
        invalid("a policy of a novel's length", next("# 學分", &"#".repeat(300 << 10))),
        row(
            "a policy with an unknown kind",
            propose(next(
                "[kinds.HDC]",
                "[kinds.YOGA]\nearn = { type = \"nothing\" }\nsource = \"x\"\n[kinds.HDC]",
            )),
            NotFound,
            Reason::CodeNotFound,
        )
        .at("document.kinds.YOGA"),
        row(
            "a pilot of an unknown school",
            propose(next("max_minutes", "organizations = [\"nobody\"]\nmax_minutes")),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("document.organizations[0]"),
        invalid_at(
            "a lesson that counts once",
            next("[kinds.TCH]", "[kinds.TCH]\nonce = true"),
            "document.kinds.TCH",
        ),
        invalid_at(
            "a lifetime's kind under a limit of the day",
            next("kinds = [\"OFF\", \"LEC\"", "kinds = [\"OFF\", \"CRT\", \"LEC\"")
                .replace("any = 4000 } }\nonce = true", "any = 4000 } }"),
            "document.kinds.CRT",
        ),
        invalid("lectures over two years", next("[kinds.LEC]", "[kinds.LEC]\nspread_years = { any = 2 }")),
        row(
            "a policy by nobody",
            proto::ProposePolicyRequest { proposed_by: String::new(), ..propose(next("", "")) },
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at("proposed_by"),
        row(
            "a policy by a name",
            proto::ProposePolicyRequest { proposed_by: "王小明".to_owned(), ..propose(next("", "")) },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("proposed_by"),
        row("a policy of a school's own", by("school"), PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row(
            "a version that was skipped",
            propose(next("version = 2", "version = 3")),
            Aborted,
            Reason::VersionMismatch,
        )
        .at("document.version")
        .with("expected", 2),
        row(
            "a policy for a year that is closed",
            propose(next("2026-07-01", "2025-12-31")),
            FailedPrecondition,
            Reason::PolicyRetroactive,
        )
        .at("document.effective_from")
        .with("earliest", "2026-01-01"),
        row(
            "a pilot on days that another pilot of the school has",
            propose(pilot("second-pilot", "2026-06-15")),
            FailedPrecondition,
            Reason::PolicyOverlap,
        )
        .at("document.effective_from")
        .with("after", "2026-08-31"),
    ]
}

fn publishing() -> Vec<Row> {
    let digest = Digest32::of(next("", "").as_bytes()).to_string();
    let proposed = format!("{PILOT}/versions/2");
    let publish = |policy: &str, approved_by: &str, sha256: &str| proto::PublishPolicyRequest {
        name: name(&format!("policies/{policy}")),
        request_id: fresh(),
        organization: name("organizations/college"),
        approved_by: approved_by.to_owned(),
        sha256: sha256.to_owned(),
    };
    let waiting =
        Digest32::of(pilot(PILOT, "2026-07-01").replace("version = 1", "version = 2").as_bytes()).to_string();
    vec![
        row(
            "what was never proposed",
            publish("district-default/versions/2", "officer-02", &digest),
            NotFound,
            Reason::PolicyNotFound,
        )
        .at("name"),
        row(
            "what is published already",
            publish(&format!("{PILOT}/versions/1"), "officer-02", &digest),
            NotFound,
            Reason::PolicyNotFound,
        )
        .at("name"),
        row(
            "another document than the proposal",
            publish(&proposed, "officer-02", &digest),
            Aborted,
            Reason::ProposalChanged,
        )
        .at("sha256")
        .with("sha256", &waiting),
        row(
            "one's own proposal",
            publish(&proposed, "officer-01", &waiting),
            PermissionDenied,
            Reason::SameActor,
        )
        .at("approved_by"),
        row("approval by nobody", publish(&proposed, "", &waiting), InvalidArgument, Reason::FieldRequired)
            .at("approved_by"),
        row(
            "approval of no document",
            publish(&proposed, "officer-02", ""),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("sha256"),
        row(
            "a policy without a version",
            publish(PILOT, "officer-02", &waiting),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
        row(
            "a version with a leading zero",
            publish(&format!("{PILOT}/versions/02"), "officer-02", &waiting),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
        row(
            "a policy that nobody knows",
            proto::GetPolicyRequest { name: name("policies/nothing/versions/1") },
            NotFound,
            Reason::PolicyNotFound,
        )
        .at("name"),
    ]
}

fn trying() -> Vec<Row> {
    let simulate = proto::SimulatePolicyRequest { parent: LEDGER.to_owned(), document: "x".to_owned() };
    let diff = |before: &str, after: &str| proto::DiffPoliciesRequest {
        before: before.to_owned(),
        after: after.to_owned(),
    };
    vec![
        row("a draft that is none", simulate, InvalidArgument, Reason::PolicyInvalid).at("document"),
        row(
            "a draft in an unknown ledger",
            proto::SimulatePolicyRequest { parent: "ledgers/elsewhere".to_owned(), document: next("", "") },
            NotFound,
            Reason::LedgerNotFound,
        ),
        row("a comparison with nothing", diff(DISTRICT_DEFAULT, ""), InvalidArgument, Reason::PolicyInvalid)
            .at("after"),
        row("a comparison of nothing", diff("", DISTRICT_DEFAULT), InvalidArgument, Reason::PolicyInvalid)
            .at("before"),
    ]
}

fn asking(places: &Places) -> Vec<Row> {
    let balance = || proto::GetBalanceRequest { name: name("residents/r0001"), ..Default::default() };
    let at = |position| proto::GetBalanceRequest { as_of_position: position, ..balance() };
    let time = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
    vec![
        row("a balance of the future", at(999_999), Unavailable, Reason::NotYetApplied).at("as_of_position"),
        row("a balance before the account was opened", at(3), NotFound, Reason::ResidentNotFound).at("name"),
        row(
            "a balance before the ledger was opened",
            proto::GetBalanceRequest { as_of_time: time(0, 0), ..balance() },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("as_of_time"),
        row(
            "a balance of tomorrow",
            proto::GetBalanceRequest { as_of_time: time(1_900_000_000, 0), ..balance() },
            Unavailable,
            Reason::NotYetApplied,
        )
        .at("as_of_time"),
        row(
            "a time that is none",
            proto::GetBalanceRequest { as_of_time: time(0, -1), ..balance() },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("as_of_time"),
        row(
            "two points of the log at once",
            proto::GetBalanceRequest { as_of_time: time(1_900_000_000, 0), ..at(places.lecture) },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("as_of_time"),
        row(
            "a window that ends before it begins",
            proto::GetBalanceRequest {
                occurred_from: "2026-05-02".to_owned(),
                occurred_to: "2026-05-01".to_owned(),
                ..balance()
            },
            InvalidArgument,
            Reason::TimeRange,
        )
        .at("occurred_to"),
        row(
            "a window of the republic's years",
            proto::ExplainBalanceRequest {
                name: name("residents/r0001"),
                occurred_from: "115-05-01".to_owned(),
                ..Default::default()
            },
            InvalidArgument,
            Reason::DateFormat,
        )
        .at("occurred_from"),
        row(
            "a window that ends on no day",
            proto::GetStatementRequest {
                name: name("residents/r0001"),
                occurred_to: "2026-02-30".to_owned(),
                ..Default::default()
            },
            InvalidArgument,
            Reason::DateNotInCalendar,
        )
        .at("occurred_to"),
        row(
            "an organisation as it was",
            proto::GetBalanceRequest {
                name: name("organizations/school"),
                as_of_position: places.lecture,
                ..Default::default()
            },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("name"),
    ]
}
