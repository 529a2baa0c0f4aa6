//! Ledgers that cannot be opened or limited, and postings that a sealed, arriving or full ledger refuses.

use crate::request::Request;
use crate::row::{Row, row};
use crate::stage::{Stage, ledger_id, snapshot, stores};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, lecture};
use ledger_core::Reason;
use ledger_core::ports::{Standing, Tenancy};
use tonic::Code::{
    AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted, Unavailable,
};

/// Reasons that the journeys of this file see.
pub const REASONS: [Reason; 3] = [Reason::LedgerSealed, Reason::LedgerArriving, Reason::QuotaExceeded];

/// All of them.
pub fn rows() -> Vec<Row> {
    let create = |id: &str, time_zone: &str, begins_on: &str| proto::CreateLedgerRequest {
        ledger_id: id.to_owned(),
        time_zone: time_zone.to_owned(),
        begins_on: begins_on.to_owned(),
    };
    let list = |page_size, token: &str| proto::ListLedgersRequest { page_size, page_token: token.to_owned() };
    let quota = |name: &str| proto::SetQuotaRequest { name: name.to_owned(), event_quota: Some(1) };
    let seal = |name: &str| proto::SealLedgerRequest { name: name.to_owned() };
    let unseal = |name: &str| proto::UnsealLedgerRequest { name: name.to_owned() };
    vec![
        row("a ledger without an id", create("", "", ""), InvalidArgument, Reason::FieldRequired)
            .at("ledger_id"),
        row("a ledger in capitals", create("Town", "", ""), InvalidArgument, Reason::NotCanonical)
            .at("ledger_id"),
        row(
            "a ledger in no time zone",
            create("town", "Asia/Nowhere", ""),
            InvalidArgument,
            Reason::TimeZone,
        )
        .at("time_zone"),
        row(
            "a ledger from no day on",
            create("town", "", "2025-02-30"),
            InvalidArgument,
            Reason::DateNotInCalendar,
        )
        .at("begins_on"),
        row("a ledger that is there", create("district", "UTC", ""), AlreadyExists, Reason::LedgerExists)
            .at("ledger_id"),
        row("too many ledgers", list(1_001, ""), InvalidArgument, Reason::FieldInvalid).at("page_size"),
        row("a strange page of ledgers", list(0, "x"), InvalidArgument, Reason::PageTokenInvalid)
            .at("page_token"),
        row(
            "a quota beyond all positions",
            proto::SetQuotaRequest { event_quota: Some(u64::MAX), ..quota(LEDGER) },
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("event_quota"),
        row("a page of ledgers behind none", list(0, "aTown"), InvalidArgument, Reason::PageTokenInvalid)
            .at("page_token"),
        row("a quota of no ledger", quota("ledgers/nowhere"), NotFound, Reason::LedgerNotFound),
        row(
            "a quota of a school",
            quota("ledgers/district/organizations/school"),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
        row("a seal on no ledger", seal("ledgers/nowhere"), NotFound, Reason::LedgerNotFound),
        row("a seal on nothing", seal(""), InvalidArgument, Reason::ResourceNameInvalid).at("name"),
        row("a seal taken off no ledger", unseal("ledgers/nowhere"), NotFound, Reason::LedgerNotFound),
        row("a seal taken off nothing", unseal("town"), InvalidArgument, Reason::ResourceNameInvalid)
            .at("name"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_takes_no_postings_says_why() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(std::sync::Arc::clone(&on)).await;
        let before = snapshot(&stage.clients).await;
        let position = on.head(&ledger_id()).await.unwrap().position.0;
        let moments = [
            (Standing::Sealed, None, FailedPrecondition, Reason::LedgerSealed),
            (Standing::Arriving, None, Unavailable, Reason::LedgerArriving),
            (Standing::Open, Some(position), ResourceExhausted, Reason::QuotaExceeded),
            (Standing::Open, Some(0), ResourceExhausted, Reason::QuotaExceeded),
        ];
        for (standing, quota, code, reason) in moments {
            let from = on.tenancy(&ledger_id()).await.unwrap();
            on.change_tenancy(&ledger_id(), from, Tenancy { standing, quota }).await.unwrap();
            let row = row(store, lecture(9, "2026-05-28"), code, reason);
            let row = if let Some(quota) = quota { row.with("quota", quota.to_string()) } else { row };
            let status = row.request.send(&stage.clients).await.unwrap_err();
            assert_eq!(row.refusal.differences(&status), Vec::<String>::new(), "{store}: {reason:?}");
            if standing != Standing::Arriving {
                assert_eq!(snapshot(&stage.clients).await, before, "{store}: {reason:?}: nothing changed");
            }
        }
        let none = proto::SetQuotaRequest { name: LEDGER.to_owned(), event_quota: None };
        stage.clients.deployment.clone().set_quota(none).await.unwrap();
        Request::from(lecture(9, "2026-05-28")).send(&stage.clients).await.unwrap();
    }
}
