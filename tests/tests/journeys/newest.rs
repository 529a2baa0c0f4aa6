//! Whoever looks at what was recorded last begins at the end.

use creditbank_grpc::proto;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_on, lecture, name};
use ledger_core::ports::Store;
use std::sync::Arc;

/// Residents and days: more entries than one window of a roll, or one page of a scan, has events.
const RESIDENTS: usize = 90;
const DAYS: usize = 50;

async fn list(clients: &Clients, organization: &str, page_size: u32, newest_first: bool) -> Vec<u64> {
    let (mut positions, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = proto::ListEntriesRequest {
            parent: LEDGER.to_owned(),
            organization: organization.to_owned(),
            page_size,
            page_token,
            newest_first,
            ..Default::default()
        };
        let page = clients.ledger.clone().list_entries(request).await.unwrap().into_inner();
        assert!(page.entries.len() <= page_size as usize);
        positions.extend(page.entries.iter().map(|entry| entry.position));
        if page.next_page_token.is_empty() {
            return positions;
        }
        page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_first_are_the_same_entries_from_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(sqlite), Arc::new(MemoryStore::default())];
    for store in stores {
        let clients = Clients::of(&bank_on(store).await).await;
        assert_eq!(list(&clients, "", 7, true).await, [0; 0], "an empty ledger");
        District::build(&clients, RESIDENTS).await;
        assert_eq!(list(&clients, "", 7, true).await, [0; 0], "no entry among the events");
        for day in 0..DAYS {
            let requests = (1..=RESIDENTS).map(|n| {
                let mut request = lecture(n, &format!("2026-{:02}-{:02}", day / 25 + 1, day % 25 + 1));
                if n % 30 == 0 {
                    request.entry.as_mut().unwrap().organization = name("organizations/other");
                }
                request
            });
            let batch = proto::BatchPostEntriesRequest {
                parent: LEDGER.to_owned(),
                requests: requests.collect(),
                atomic: true,
                validate_only: false,
            };
            clients.ledger.clone().batch_post_entries(batch).await.unwrap();
        }
        for (organization, count) in [
            (String::new(), RESIDENTS * DAYS),
            (name("organizations/other"), 3 * DAYS),
            (name("organizations/town"), 0),
        ] {
            let mut forwards = list(&clients, &organization, 1_000, false).await;
            forwards.reverse();
            assert_eq!(forwards.len(), count);
            for page_size in [1_000, 37] {
                assert_eq!(list(&clients, &organization, page_size, true).await, forwards, "{page_size}");
            }
        }
    }
}
