//! Watching: every event once, in order, first what is there, then what comes.

use creditbank_grpc::proto;
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, lecture};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_every_event_once_and_in_order_while_schools_post() {
    let bank = bank_on(Arc::new(MemoryStore::default())).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 40).await;
    let posting = clients.clone();
    let posts = tokio::spawn(async move {
        for n in 0..400 {
            let request = lecture(n % 40 + 1, &format!("2026-04-{:02}", n / 40 + 1));
            posting.ledger.clone().post_entry(request).await.unwrap();
        }
    });
    let request = proto::WatchEventsRequest { parent: LEDGER.to_owned(), after_position: 5 };
    let mut events = clients.ledger.clone().watch_events(request).await.unwrap().into_inner();
    let (mut next, mut entries) = (6, 0);
    while entries < 400 {
        for event in events.message().await.unwrap().unwrap().events {
            assert_eq!(event.position, next);
            next += 1;
            entries += usize::from(event.r#type == "entry_recorded");
        }
    }
    posts.await.unwrap();
}
