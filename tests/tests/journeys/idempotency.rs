//! The same request, however often and however concurrently, is one event with one answer.

use creditbank_grpc::proto;
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, fresh, lecture, name, reason};
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

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_recorded_is_found_by_its_id() {
    let bank = bank_on(Arc::new(creditbank_store::MemoryStore::default())).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 3).await;
    let find = async |organization: &str, request_id: &str| {
        let request = proto::FindEntriesRequest {
            parent: LEDGER.to_owned(),
            organization: name(organization),
            request_id: request_id.to_owned(),
            min_position: 0,
        };
        clients.ledger.clone().find_entries(request).await.map(tonic::Response::into_inner)
    };

    let request = lecture(1, "2026-05-28");
    let id = request.request_id.clone();
    let status = find("organizations/school", &id).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (tonic::Code::NotFound, "ENTRY_NOT_FOUND".to_owned()));
    let posted = clients.ledger.clone().post_entry(request).await.unwrap().into_inner().entry.unwrap();
    assert_eq!(posted.request_id, id);
    assert_eq!(find("organizations/school", &id).await.unwrap().entries, vec![posted.clone()]);
    let of_another = find("organizations/district", &id).await.unwrap_err();
    assert_eq!(reason(&of_another), "ENTRY_NOT_FOUND", "each poster has ids of its own");

    let reverse = proto::ReverseEntryRequest {
        name: posted.name.clone(),
        request_id: fresh(),
        organization: name("organizations/school"),
        reason: "input_error".to_owned(),
    };
    let reversal = clients.ledger.clone().reverse_entry(reverse.clone()).await.unwrap().into_inner();
    let found = find("organizations/school", &reverse.request_id).await.unwrap();
    assert_eq!((found.entries, found.reversals), (vec![], vec![reversal.reversal.unwrap()]));
    let entry = find("organizations/school", &id).await.unwrap().entries.remove(0);
    assert_eq!(entry.reversed_at, reversal.position, "what became of it since is told too");

    let list = proto::PostClassListRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        accounts: (1..=3).map(|n| name(&format!("residents/r{n:04}"))).collect(),
        entry: Some(proto::Entry { account: String::new(), ..lecture(1, "2026-05-29").entry.unwrap() }),
    };
    let listed = clients.ledger.clone().post_class_list(list.clone()).await.unwrap().into_inner();
    assert_eq!(find("organizations/school", &list.request_id).await.unwrap().entries, listed.entries);
}
