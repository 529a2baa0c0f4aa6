//! The badge of a title: it holds as long as the title does.

use super::district::{Desk, SELECTION, house, organization, sheet};
use chrono::{DateTime, Utc};
use creditbank_badge::{Believed, Fault};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, issuers, reason};
use ledger_core::id::LedgerId;

const TITLE: &str = "learning-family";

async fn badge(desk: &Desk, id: &str) -> Result<proto::Badge, tonic::Status> {
    let request = proto::GetTitleBadgeRequest { name: house(id), selection: SELECTION.to_owned() };
    desk.clients.badges.clone().get_title_badge(request).await.map(tonic::Response::into_inner)
}

async fn said(desk: &Desk, text: &str) -> String {
    let request = proto::CheckBadgeRequest { parent: LEDGER.to_owned(), text: text.to_owned() };
    desk.clients.badges.clone().check_badge(request).await.unwrap().into_inner().reason
}

/// `named` holds the title, `other` was not given it.
pub async fn holds_until_the_title_is_withdrawn(desk: &Desk, named: &str, other: &str) {
    assert_eq!(reason(&badge(desk, other).await.unwrap_err()), "TITLE_NOT_HELD");
    let given = badge(desk, named).await.unwrap();
    for text in [&given.json, &given.jwt, &given.seal] {
        assert_eq!(said(desk, text).await, "");
    }
    let key = issuers().of(&LedgerId::parse("district").unwrap()).key();
    let instant = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
    // The last day ends at midnight in the ledger's time zone; clocks may differ by a minute.
    Believed::read(&given.json, &key, instant("2029-12-31T15:59:59Z")).unwrap();
    let late = Believed::read(&given.json, &key, instant("2029-12-31T16:01:01Z"));
    assert!(matches!(late, Err(Fault::Expired(_))), "{late:?}");

    let propose = proto::ProposeTitleWithdrawalRequest {
        name: house(named),
        request_id: fresh(),
        organization: organization("district"),
        person: "officer-01".to_owned(),
        title: TITLE.to_owned(),
        ground: "false_material".to_owned(),
        evidence_sha256: sheet(),
    };
    let proposed =
        desk.clients.selections.clone().propose_title_withdrawal(propose).await.unwrap().into_inner();
    assert_eq!(said(desk, &given.json).await, "", "one person alone takes nothing back");
    let approve = proto::ApproveTitleWithdrawalRequest {
        name: house(named),
        request_id: fresh(),
        organization: organization("district"),
        person: "officer-02".to_owned(),
        title: TITLE.to_owned(),
        sha256: proposed.titles.last().unwrap().withdrawal_sha256.clone(),
    };
    desk.clients.selections.clone().approve_title_withdrawal(approve).await.unwrap();
    for text in [&given.json, &given.jwt, &given.seal] {
        assert_eq!(said(desk, text).await, "REVOKED");
    }
    assert_eq!(reason(&badge(desk, named).await.unwrap_err()), "TITLE_NOT_HELD");
}
