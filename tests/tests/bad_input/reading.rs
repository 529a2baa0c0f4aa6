//! Questions that cannot be answered: of unknown things, by bad names and tokens, at positions not reached.

use crate::request::Request;
use crate::row::{Row, row};
use crate::stage::{Places, Stage, stores};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, name};
use ledger_core::Reason;
use std::time::Duration;
use tonic::Code::{InvalidArgument, NotFound, Unavailable};

/// All of them.
pub fn rows(places: &Places) -> Vec<Row> {
    [unknown(places), misnamed(), pages(), ahead()].concat()
}

fn balance(path: &str) -> proto::GetBalanceRequest {
    proto::GetBalanceRequest { name: name(path), min_position: 0, ..Default::default() }
}

fn statement(path: &str) -> proto::GetStatementRequest {
    proto::GetStatementRequest { name: name(path), ..Default::default() }
}

fn balances(paths: &[&str]) -> proto::BatchGetBalancesRequest {
    let names = paths.iter().map(|path| name(path)).collect();
    proto::BatchGetBalancesRequest { parent: LEDGER.to_owned(), names, min_position: 0 }
}

fn entry(number: impl std::fmt::Display) -> proto::GetEntryRequest {
    proto::GetEntryRequest { name: name(&format!("entries/{number}")), min_position: 0 }
}

fn unknown(places: &Places) -> Vec<Row> {
    use Reason::{
        CodeNotFound, CourseNotFound, EntryNotFound, EventNotFound, HouseholdNotFound, LedgerNotFound,
        OrganizationNotFound, ResidentNotFound,
    };
    let course = proto::GetCourseRequest { name: name("courses/zither"), min_position: 0 };
    let school = proto::GetOrganizationRequest { name: name("organizations/nobody"), min_position: 0 };
    let resident = proto::GetResidentRequest { name: name("residents/r9999"), min_position: 0 };
    let codes = proto::ListCodesRequest { parent: name("codeLists/rooms"), ..Default::default() };
    let of_resident = proto::ListEntriesRequest {
        account: name("residents/r9999"),
        parent: LEDGER.to_owned(),
        ..Default::default()
    };
    let of_school = proto::ListEntriesRequest {
        organization: name("organizations/nobody"),
        parent: LEDGER.to_owned(),
        ..Default::default()
    };
    let request = proto::FindEntriesRequest {
        parent: LEDGER.to_owned(),
        organization: name("organizations/school"),
        request_id: "never-sent-before".to_owned(),
        min_position: 0,
    };
    let explain =
        proto::ExplainBalanceRequest { name: name("residents/r9999"), min_position: 0, ..Default::default() };
    let listed = balances(&["residents/r0001", "residents/r9999"]);
    let mut rows: Vec<Row> = [
        (
            "the balance of an unknown resident",
            Request::from(balance("residents/r9999")),
            ResidentNotFound,
            "name",
        ),
        ("the balance of an unknown household", balance("households/h999").into(), HouseholdNotFound, "name"),
        (
            "the balance of an unknown school",
            balance("organizations/nobody").into(),
            OrganizationNotFound,
            "name",
        ),
        ("balances with an unknown resident", listed.into(), ResidentNotFound, "names"),
        (
            "the statement of an unknown resident",
            statement("residents/r9999").into(),
            ResidentNotFound,
            "name",
        ),
        ("the reasons of an unknown resident", explain.into(), ResidentNotFound, "name"),
        ("the entries of an unknown resident", of_resident.into(), ResidentNotFound, "account"),
        ("the entries of an unknown school", of_school.into(), OrganizationNotFound, "organization"),
        ("an unknown request", request.into(), EntryNotFound, "request_id"),
        ("an unknown course", course.into(), CourseNotFound, "name"),
        ("an unknown school", school.into(), OrganizationNotFound, "name"),
        ("an unknown resident", resident.into(), ResidentNotFound, "name"),
        ("an unknown code list", codes.into(), CodeNotFound, "parent"),
        ("an entry to come", entry(999_999).into(), EventNotFound, "name"),
        ("entry zero", entry(0).into(), EventNotFound, "name"),
        ("the first event, which is no entry", entry(1).into(), EntryNotFound, "name"),
        ("a reversal, which is no entry", entry(places.reversal).into(), EntryNotFound, "name"),
    ]
    .into_iter()
    .map(|(what, request, reason, field)| row(what, request, NotFound, reason).at(field))
    .collect();

    let elsewhere = || "ledgers/elsewhere".to_owned();
    let below = |path: &str| format!("ledgers/elsewhere/{path}");
    let none = |what, request: Request| row(what, request, NotFound, LedgerNotFound);
    rows.extend([
        none("an unknown ledger", proto::GetLedgerRequest { name: elsewhere() }.into()),
        none(
            "the verification of an unknown ledger",
            proto::VerifyLedgerRequest { parent: elsewhere() }.into(),
        ),
        none(
            "a balance in an unknown ledger",
            proto::GetBalanceRequest {
                name: below("residents/r0001"),
                min_position: 0,
                ..Default::default()
            }
            .into(),
        ),
        none(
            "a list in an unknown ledger",
            proto::ListBalancesRequest { parent: elsewhere(), ..Default::default() }.into(),
        ),
        none(
            "schools of an unknown ledger",
            proto::ListOrganizationsRequest { parent: elsewhere(), ..Default::default() }.into(),
        ),
        none(
            "an unknown ledger to watch",
            proto::WatchEventsRequest { parent: elsewhere(), after_position: 0 }.into(),
        ),
    ]);
    rows
}

fn misnamed() -> Vec<Row> {
    let named = |name: &str| proto::GetBalanceRequest {
        name: name.to_owned(),
        min_position: 0,
        ..Default::default()
    };
    let wrong = |what, request: Request, field| {
        row(what, request, InvalidArgument, Reason::ResourceNameInvalid).at(field)
    };
    let mixed = proto::BatchGetBalancesRequest {
        names: vec![name("residents/r0001"), "ledgers/elsewhere/residents/r0001".to_owned()],
        ..balances(&[])
    };
    let organization = proto::GetOrganizationRequest { name: name("residents/r0001"), min_position: 0 };
    let ledger = proto::GetLedgerRequest { name: "district".to_owned() };
    let watch = proto::WatchEventsRequest { parent: String::new(), after_position: 0 };
    let counts = proto::ExplainBalanceRequest {
        name: name("organizations/school"),
        min_position: 0,
        ..Default::default()
    };
    let people = proto::ListBalancesRequest {
        parent: LEDGER.to_owned(),
        collection: "people".to_owned(),
        ..Default::default()
    };
    let numbered: Vec<String> = (0..1_001).map(|n| format!("residents/r{n:04}")).collect();
    let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
    vec![
        wrong("a balance of no name", named("").into(), "name"),
        wrong("a balance of a ledger", named(LEDGER).into(), "name"),
        wrong("a balance of a course", balance("courses/tea").into(), "name"),
        wrong("a balance of a resident's part", balance("residents/r0001/entries").into(), "name"),
        wrong("balances of two ledgers", mixed.into(), "names[1]"),
        wrong("a resident for a school", organization.into(), "name"),
        wrong("a ledger by its id alone", ledger.into(), "name"),
        wrong("no ledger to watch", watch.into(), "parent"),
        wrong("an entry without a number", entry("last").into(), "name"),
        wrong("an entry with a sign", entry("+1").into(), "name"),
        wrong("an entry with leading zeros", entry("01").into(), "name"),
        wrong("a number past the ledger's scale", entry(u64::MAX).into(), "name"),
        row(
            "a ledger in capitals",
            proto::GetLedgerRequest { name: "ledgers/District".to_owned() },
            InvalidArgument,
            Reason::NotCanonical,
        )
        .at("name")
        .with("canonical", "district"),
        row("a resident in capitals", balance("residents/R0001"), InvalidArgument, Reason::NotCanonical)
            .at("name")
            .with("canonical", "r0001"),
        row("the credit of a school", counts, InvalidArgument, Reason::FieldInvalid).at("name"),
        row("balances of an unknown collection", people, InvalidArgument, Reason::FieldInvalid)
            .at("collection"),
        row("no balances", balances(&[]), InvalidArgument, Reason::BatchSize).at("names"),
        row("1,001 balances", balances(&numbered), InvalidArgument, Reason::BatchSize).at("names"),
    ]
}

fn pages() -> Vec<Row> {
    let parent = || LEDGER.to_owned();
    let entries = |size: u32, token: &str| {
        Request::from(proto::ListEntriesRequest {
            parent: parent(),
            page_size: size,
            page_token: token.to_owned(),
            ..Default::default()
        })
    };
    // Each list that goes by id.
    let lists = |page_size: u32, page_token: &str| {
        let (parent, page_token) = (parent(), page_token.to_owned());
        let (list, page) = (name("codeLists/kinds"), || (parent.clone(), page_token.clone()));
        let organizations = {
            let (parent, page_token) = page();
            proto::ListOrganizationsRequest { parent, page_size, page_token }
        };
        let courses = {
            let (parent, page_token) = page();
            proto::ListCoursesRequest { parent, page_size, page_token }
        };
        let teams = {
            let (parent, page_token) = page();
            proto::ListTeamsRequest { parent, page_size, page_token }
        };
        let codes = proto::ListCodesRequest { parent: list, page_size, page_token: page_token.clone() };
        let balances = proto::ListBalancesRequest { parent, page_size, page_token, ..Default::default() };
        [Request::from(organizations), courses.into(), teams.into(), codes.into(), balances.into()]
    };
    let long_statement = proto::GetStatementRequest { page_size: 1_001, ..statement("residents/r0001") };
    let strange_statement =
        proto::GetStatementRequest { page_token: "ar0001".to_owned(), ..statement("residents/r0001") };
    let newest_of_resident = proto::ListEntriesRequest {
        parent: parent(),
        account: name("residents/r0001"),
        newest_first: true,
        ..Default::default()
    };
    let (size, token) = ("page_size", "page_token");
    let mut rows = vec![
        row("the newest of an account", newest_of_resident, InvalidArgument, Reason::FieldInvalid)
            .at("newest_first"),
        row("a page of 1,001 entries", entries(1_001, ""), InvalidArgument, Reason::FieldInvalid).at(size),
        row("the greatest page", entries(u32::MAX, ""), InvalidArgument, Reason::FieldInvalid).at(size),
        row("a statement's page of 1,001", long_statement, InvalidArgument, Reason::FieldInvalid).at(size),
        row("an invented token", entries(10, "next"), InvalidArgument, Reason::PageTokenInvalid).at(token),
        row(
            "a token of a list by id for entries",
            entries(10, "ar0001"),
            InvalidArgument,
            Reason::PageTokenInvalid,
        )
        .at(token),
        row(
            "a token of a list by id for a statement",
            strange_statement,
            InvalidArgument,
            Reason::PageTokenInvalid,
        )
        .at(token),
    ];
    for list in lists(1_001, "") {
        rows.push(
            row("a page of 1,001 of a list by id", list, InvalidArgument, Reason::FieldInvalid).at(size),
        );
    }
    for list in lists(10, "p17") {
        rows.push(
            row("a token of entries for a list by id", list, InvalidArgument, Reason::PageTokenInvalid)
                .at(token),
        );
    }
    for list in lists(10, "a../x") {
        rows.push(row("a token with a slash", list, InvalidArgument, Reason::PageTokenInvalid).at(token));
    }
    rows
}

fn ahead() -> Vec<Row> {
    [999_999, u64::MAX]
        .into_iter()
        .flat_map(|min_position| {
            [
                Request::from(proto::GetBalanceRequest { min_position, ..balance("residents/r0001") }),
                proto::BatchGetBalancesRequest { min_position, ..balances(&["residents/r0001"]) }.into(),
                proto::ListBalancesRequest { parent: LEDGER.to_owned(), min_position, ..Default::default() }
                    .into(),
                proto::GetStatementRequest { min_position, ..statement("residents/r0001") }.into(),
                proto::ExplainBalanceRequest {
                    name: name("residents/r0001"),
                    min_position,
                    ..Default::default()
                }
                .into(),
                proto::GetEntryRequest { min_position, ..entry(1) }.into(),
                proto::ListEntriesRequest { parent: LEDGER.to_owned(), min_position, ..Default::default() }
                    .into(),
                proto::GetOrganizationRequest { name: name("organizations/school"), min_position }.into(),
                proto::GetCourseRequest { name: name("courses/tea"), min_position }.into(),
                proto::GetResidentRequest { name: name("residents/r0001"), min_position }.into(),
            ]
        })
        .map(|request| row("a position not reached yet", request, Unavailable, Reason::NotYetApplied))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn to_watch_from_a_position_to_come_is_to_wait() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        for after_position in [999_999, u64::MAX] {
            let request = proto::WatchEventsRequest { parent: LEDGER.to_owned(), after_position };
            let mut events = stage.clients.ledger.clone().watch_events(request).await.unwrap().into_inner();
            let waited = tokio::time::timeout(Duration::from_millis(200), events.message()).await;
            assert!(waited.is_err(), "{store}: after {after_position}: {waited:?}");
        }
    }
}
