//! Months that cannot be closed, and what a closed month keeps out.

use crate::request::{Request, batch, class_list, post, posted, reverse};
use crate::row::{Row, row};
use crate::stage::Places;
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, draft, fresh, lecture, name};
use ledger_core::Reason;
use proto::entry::Detail;
use tonic::Code::{
    AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied, Unavailable,
};

/// All of them.
pub fn rows(places: &Places) -> Vec<Row> {
    [form(), state(places), kept_out(places)].concat()
}

/// A request of the college to close a month.
pub fn close(month: &str) -> proto::CloseMonthRequest {
    proto::CloseMonthRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        month: month.to_owned(),
        organization: name("organizations/college"),
        closed_by: "officer-01".to_owned(),
    }
}

fn form() -> Vec<Row> {
    let month = "month";
    let elsewhere = proto::CloseMonthRequest { parent: "ledgers/elsewhere".to_owned(), ..close("2025-01") };
    let no_id = proto::CloseMonthRequest { request_id: String::new(), ..close("2025-01") };
    let by = |who: &str| proto::CloseMonthRequest { closed_by: who.to_owned(), ..close("2025-01") };
    let nobody = proto::CloseMonthRequest { organization: String::new(), ..close("2025-01") };
    let ahead = proto::ListClosingsRequest { parent: LEDGER.to_owned(), min_position: 999_999 };
    vec![
        row("a closing of no month", close(""), InvalidArgument, Reason::FieldRequired).at(month),
        row("a month of the republic's years", close("114-05"), InvalidArgument, Reason::DateFormat)
            .at(month),
        row("a day in place of a month", close("2025-01-01"), InvalidArgument, Reason::DateFormat).at(month),
        row("a thirteenth month", close("2025-13"), InvalidArgument, Reason::DateNotInCalendar).at(month),
        row("a month before the ledger began", close("1999-12"), OutOfRange, Reason::OccurredTooOld)
            .at(month),
        row("a closing without an id", no_id, InvalidArgument, Reason::IdempotencyKeyInvalid)
            .at("request_id"),
        row("a closing by nobody", by(""), InvalidArgument, Reason::FieldRequired).at("closed_by"),
        row("a closing by someone with a name", by("王小明"), InvalidArgument, Reason::FieldInvalid)
            .at("closed_by"),
        row("a closing for nobody", nobody, InvalidArgument, Reason::FieldRequired).at("organization"),
        row("a closing in an unknown ledger", elsewhere, NotFound, Reason::LedgerNotFound),
        row("closings of the future", ahead, Unavailable, Reason::NotYetApplied),
    ]
}

fn state(places: &Places) -> Vec<Row> {
    let by = |organization: &str| proto::CloseMonthRequest {
        organization: name(&format!("organizations/{organization}")),
        ..close("2025-01")
    };
    let scope = |what, who| row(what, by(who), PermissionDenied, Reason::SchoolScope).at("organization");
    let closed = |what, month| {
        row(what, close(month), AlreadyExists, Reason::MonthClosed)
            .at("month")
            .with("closed_at", places.closing)
    };
    let early = |what, month, day: &str| {
        row(what, close(month), FailedPrecondition, Reason::MonthNotOver).at("month").with("closes_on", day)
    };
    vec![
        row("a closing by an unknown office", by("nobody"), NotFound, Reason::OrganizationNotFound)
            .at("organization"),
        scope("a closing by a school", "school"),
        scope("a closing by the town", "town"),
        closed("a second closing of a month", "2024-12"),
        closed("a closing of a month that was closed with a later one", "2023-01"),
        early("a closing of a month that is not over", "2026-06", "2026-07-05"),
        early("a closing before day 5", "2026-05", "2026-06-05"),
        row("a closing that leaves a month out", close("2025-02"), FailedPrecondition, Reason::MonthOrder)
            .at("month")
            .with("next", "2025-01"),
    ]
}

fn kept_out(places: &Places) -> Vec<Row> {
    let on = |day: &str| {
        let day = day.to_owned();
        post(|entry| entry.occurred_on = day)
    };
    let late = |what, request: Request, field: &'static str| {
        row(what, request, FailedPrecondition, Reason::PeriodClosed)
            .at(field)
            .with("month", "2024-12")
            .with("use", "ProposeCorrection")
    };
    let heads = Detail::HeadCount(proto::HeadCount { persons: 500 });
    let heads = proto::Entry { account: name("organizations/school"), ..draft(9, "2024-12-30", 0, heads) };
    let mut list = class_list(&["residents/r0008", "residents/r0009"]);
    list.entry.as_mut().unwrap().occurred_on = "2024-12-30".to_owned();
    let spanning = post(|entry| {
        entry.started_on = "2024-11-20".to_owned();
        entry.occurred_on = "2024-12-02".to_owned();
    });
    let mixed = batch(vec![lecture(8, "2025-01-02"), on("2024-12-01")]);
    let day = "entry.occurred_on";
    vec![
        late("a lecture of a closed month", on("2024-12-30").into(), day),
        late("a course that ended in a closed month", spanning.into(), day),
        late("a head-count of a closed month", posted(heads).into(), day),
        late("a class list of a closed month", list.into(), day).with("account_index", 0),
        late("a batch with a closed month", mixed.into(), "requests[1].entry.occurred_on"),
        row(
            "a lecture of a month closed with a later one",
            on("2001-02-03"),
            FailedPrecondition,
            Reason::PeriodClosed,
        )
        .at(day)
        .with("month", "2001-02"),
        row(
            "a reversal in a closed month",
            reverse(places.closed),
            FailedPrecondition,
            Reason::ApprovalRequired,
        )
        .at("name")
        .with("month", "2024-12")
        .with("use", "ProposeCorrection"),
    ]
}
