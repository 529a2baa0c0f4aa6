//! Bad input about how long personal data is kept.

use crate::request::Request;
use crate::row::{Expected, Row, row};
use crate::stage::Stage;
use creditbank_grpc::proto;
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, LEDGER, fresh, name};
use ledger_core::Reason;
use std::sync::Arc;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied};

/// Reasons that the journeys of this file see.
pub const REASONS: [Reason; 1] = [Reason::RetentionRuleNotSet];

fn set(months: u32) -> proto::SetRetentionRuleRequest {
    proto::SetRetentionRuleRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: "officer-01".to_owned(),
        months,
    }
}

fn due(change: impl FnOnce(&mut proto::ListRetentionDueRequest)) -> proto::ListRetentionDueRequest {
    let mut request = proto::ListRetentionDueRequest { parent: LEDGER.to_owned(), ..Default::default() };
    change(&mut request);
    request
}

fn propose(on: &str, residents: &[&str]) -> proto::ProposeRetentionRequest {
    proto::ProposeRetentionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: "officer-01".to_owned(),
        on: on.to_owned(),
        residents: residents.iter().map(|id| name(&format!("residents/{id}"))).collect(),
    }
}

fn approve(proposed_at: u64, sha256: &str) -> proto::ApproveRetentionRequest {
    proto::ApproveRetentionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: "officer-02".to_owned(),
        proposed_at,
        sha256: sha256.to_owned(),
    }
}

/// Prepares the stage: a rule of twelve months, under which nobody is due.
pub async fn prepare(clients: &Clients) {
    clients.retention.clone().set_retention_rule(set(12)).await.unwrap();
}

/// All of them.
pub fn rows() -> Vec<Row> {
    let other = "0".repeat(64);
    let mut by_a_school = set(36);
    by_a_school.organization = name("organizations/school");
    let mut anonymous = set(36);
    anonymous.person.clear();
    let mut of_a_school = propose("2026-06-01", &["r0008"]);
    of_a_school.organization = name("organizations/school");
    vec![
        row("a rule of eleven months", set(11), InvalidArgument, Reason::FieldInvalid).at("months"),
        row("a rule of 601 months", set(601), InvalidArgument, Reason::FieldInvalid).at("months"),
        row("a rule that a school sets", by_a_school, PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row("a rule that nobody sets", anonymous, InvalidArgument, Reason::FieldRequired).at("person"),
        row(
            "who is due tomorrow",
            due(|r| r.on = "2026-06-02".to_owned()),
            OutOfRange,
            Reason::OccurredInFuture,
        )
        .at("on"),
        row(
            "who is due on a day of another calendar",
            due(|r| r.on = "115-06-01".to_owned()),
            InvalidArgument,
            Reason::DateFormat,
        )
        .at("on"),
        row("a page of 1,001", due(|r| r.page_size = 1_001), InvalidArgument, Reason::FieldInvalid)
            .at("page_size"),
        row(
            "a token of another list",
            due(|r| r.page_token = "p1".to_owned()),
            InvalidArgument,
            Reason::PageTokenInvalid,
        )
        .at("page_token"),
        row(
            "a token that is no id",
            due(|r| r.page_token = "a!".to_owned()),
            InvalidArgument,
            Reason::PageTokenInvalid,
        )
        .at("page_token"),
        row("nobody to erase", propose("2026-06-01", &[]), InvalidArgument, Reason::BatchSize)
            .at("residents"),
        row("1,001 to erase", propose("2026-06-01", &["r0008"; 1_001]), InvalidArgument, Reason::BatchSize)
            .at("residents"),
        row("no day", propose("", &["r0008"]), InvalidArgument, Reason::FieldRequired).at("on"),
        row("a day to come", propose("2026-06-02", &["r0008"]), OutOfRange, Reason::OccurredInFuture)
            .at("on"),
        row("somebody who is none", propose("2026-06-01", &["r9999"]), NotFound, Reason::ResidentNotFound)
            .at("residents[0]"),
        row("who was erased", propose("2026-06-01", &["r0011"]), FailedPrecondition, Reason::ResidentErased)
            .at("residents[0]"),
        row("who is not due", propose("2026-06-01", &["r0008"]), FailedPrecondition, Reason::RetentionNotDue)
            .at("residents[0]"),
        row("a proposal of a school", of_a_school, PermissionDenied, Reason::SchoolScope).at("organization"),
        row("an approval of nothing", approve(1, &other), NotFound, Reason::ErasureNotFound)
            .at("proposed_at"),
        row("an approval of what never was", approve(u64::MAX, &other), NotFound, Reason::ErasureNotFound)
            .at("proposed_at"),
        row("an approval of no digest", approve(1, ""), InvalidArgument, Reason::FieldInvalid).at("sha256"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_rule_nobody_is_proposed() {
    let stage = Stage::on(Arc::new(MemoryStore::default())).await;
    stage.clients.retention.clone().set_retention_rule(set(0)).await.unwrap();
    let request = Request::from(propose("2026-06-01", &["r0008"]));
    let refused = request.send(&stage.clients).await.unwrap_err();
    let expected = Expected::new(FailedPrecondition, Reason::RetentionRuleNotSet);
    assert_eq!(expected.differences(&refused), Vec::<String>::new());
}
