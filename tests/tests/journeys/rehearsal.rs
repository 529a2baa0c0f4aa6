//! A rehearsal says what posting would, and records nothing.

use creditbank_grpc::proto;
use creditbank_grpc::proto::entry::Detail;
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, draft, lecture, name};
use std::sync::Arc;

fn batch(requests: &[proto::PostEntryRequest], validate_only: bool) -> proto::BatchPostEntriesRequest {
    proto::BatchPostEntriesRequest {
        parent: LEDGER.to_owned(),
        requests: requests
            .iter()
            .map(|request| proto::PostEntryRequest { parent: String::new(), ..request.clone() })
            .collect(),
        atomic: false,
        validate_only,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_judges_as_posting_does_and_records_nothing() {
    let bank = bank_on(Arc::new(MemoryStore::default())).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 3).await;
    let mut ledger = clients.ledger.clone();
    let head = async || {
        let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
        clients.registry.clone().get_ledger(request).await.unwrap().into_inner().ledger.unwrap().position
    };
    let class = |minutes| proto::PostEntryRequest {
        entry: Some(draft(
            1,
            "2026-05-20",
            minutes,
            Detail::OfflineCourse(proto::OfflineCourse {
                course_version: name("courses/tea/versions/v1"),
                ..Default::default()
            }),
        )),
        ..lecture(1, "2026-05-20")
    };
    // The second is credited already, once the first is.
    let (good, twice) = (class(90), class(60));
    let (unknown, future) = (lecture(99, "2026-05-20"), lecture(2, "2027-05-20"));
    let requests = [good.clone(), twice, unknown, future];
    let before = head().await;
    let rehearsed = ledger.batch_post_entries(batch(&requests, true)).await.unwrap().into_inner();
    assert_eq!(head().await, before);
    let posted = ledger.batch_post_entries(batch(&requests, false)).await.unwrap().into_inner();
    let errors = |answer: &proto::BatchPostEntriesResponse| -> Vec<Option<String>> {
        answer.verdicts.iter().map(|verdict| verdict.error.clone().map(|error| error.message)).collect()
    };
    assert_eq!(errors(&rehearsed), errors(&posted));
    assert_eq!(errors(&rehearsed).iter().filter(|error| error.is_none()).count(), 1);
    assert_eq!((rehearsed.verdicts[0].position, rehearsed.verdicts[0].name.as_str()), (0, ""));
    // What was recorded is told as recorded.
    let again = ledger.batch_post_entries(batch(&[good], true)).await.unwrap().into_inner();
    assert!(again.verdicts[0].replayed);
    assert_eq!(again.verdicts[0].name, posted.verdicts[0].name);
}
