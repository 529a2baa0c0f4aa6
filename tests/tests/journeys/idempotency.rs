//! The same request, however often and however concurrently, is one event with one answer.

use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, bank_on, lecture, name, reason};
use std::collections::HashSet;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_a_thousand_times_is_one_event_with_a_thousand_equal_answers() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let store = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let bank = bank_on(store).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 2).await;
    let before =
        bank.ledger(&ledger_core::id::LedgerId::parse("district").unwrap()).await.unwrap().head().position;

    let request = lecture(1, "2026-05-28");
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let (mut client, request) = (clients.ledger.clone(), request.clone());
            tokio::spawn(async move { client.post_entry(request).await.unwrap().into_inner() })
        })
        .collect();
    let mut entries = HashSet::new();
    let mut first_answers = 0;
    for call in calls {
        let answer = call.await.unwrap();
        first_answers += usize::from(!answer.replayed);
        entries.insert(format!("{:?}", answer.entry.unwrap()));
    }
    assert_eq!(entries.len(), 1, "a thousand equal answers");
    assert_eq!(first_answers, 1, "one of them made the event");
    let head =
        bank.ledger(&ledger_core::id::LedgerId::parse("district").unwrap()).await.unwrap().head().position;
    assert_eq!(head.0, before.0 + 1, "one event, one position");

    let mut other = request;
    other.entry.as_mut().unwrap().minutes = 60;
    let status = clients.ledger.clone().post_entry(other).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status)),
        (tonic::Code::AlreadyExists, "IDEMPOTENCY_KEY_REUSED".to_owned())
    );
    use tonic_types::StatusExt;
    assert_eq!(status.get_details_error_info().unwrap().metadata["differing_fields"], "minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_remembered() {
    let bank = bank_on(Arc::new(creditbank_store::MemoryStore::default())).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 1).await;
    let request = lecture(7, "2026-05-28");
    let status = clients.ledger.clone().post_entry(request.clone()).await.unwrap_err();
    assert_eq!(reason(&status), "RESIDENT_NOT_FOUND");
    let open = creditbank_grpc::proto::BatchCreateResidentsRequest {
        parent: creditbank_tests::LEDGER.to_owned(),
        request_id: creditbank_tests::fresh(),
        organization: name("organizations/school"),
        resident_ids: vec!["r0007".to_owned()],
    };
    clients.registry.clone().batch_create_residents(open).await.unwrap();
    let answer = clients.ledger.clone().post_entry(request).await.unwrap().into_inner();
    assert!(!answer.replayed, "the same request succeeds once its cause is mended");
}
