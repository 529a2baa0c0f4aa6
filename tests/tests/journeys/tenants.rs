//! Many ledgers in one deployment: opened, listed, limited, sealed.

use creditbank_grpc::proto;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_on, lecture, name, reason, whole_log};
use ledger_core::ports::Store;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

async fn stores() -> (tempfile::TempDir, Vec<Arc<dyn Store>>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let file = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, vec![Arc::new(MemoryStore::default()), Arc::new(file)])
}

fn create(id: &str) -> proto::CreateLedgerRequest {
    proto::CreateLedgerRequest { ledger_id: id.to_owned(), ..Default::default() }
}

async fn quota(clients: &Clients, events: Option<u64>) -> proto::Tenant {
    let request = proto::SetQuotaRequest { name: LEDGER.to_owned(), event_quota: events };
    clients.deployment.clone().set_quota(request).await.unwrap().into_inner().ledger.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ledgers_are_opened_and_listed() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let clients = Clients::of(&bank_on(store).await).await;
        let mut deployment = clients.deployment.clone();
        for n in 1..=5 {
            let answer = deployment.create_ledger(create(&format!("town-{n}"))).await.unwrap().into_inner();
            let ledger = answer.ledger.unwrap();
            assert_eq!(ledger.state(), proto::LedgerState::LedgerOpen);
            assert!(ledger.position > 0 && ledger.event_quota.is_none());
        }
        // The same again is the same ledger; with other settings it is another's id.
        deployment.create_ledger(create("town-1")).await.unwrap();
        let other = proto::CreateLedgerRequest { begins_on: "2020-01-01".to_owned(), ..create("town-1") };
        assert_eq!(reason(&deployment.create_ledger(other).await.unwrap_err()), "LEDGER_EXISTS");
        let nowhere = proto::CreateLedgerRequest { time_zone: "Mars/Base".to_owned(), ..create("town-9") };
        assert_eq!(reason(&deployment.create_ledger(nowhere).await.unwrap_err()), "TIME_ZONE");

        let (mut names, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = proto::ListLedgersRequest { page_size: 2, page_token };
            let page = deployment.list_ledgers(request).await.unwrap().into_inner();
            assert!(page.ledgers.len() <= 2);
            names.extend(page.ledgers.into_iter().map(|ledger| ledger.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let expected = ["district", "town-1", "town-2", "town-3", "town-4", "town-5"];
        assert_eq!(names, expected.map(|id| format!("ledgers/{id}")));
        let stranger = proto::ListLedgersRequest { page_token: "p7".to_owned(), page_size: 0 };
        assert_eq!(reason(&deployment.list_ledgers(stranger).await.unwrap_err()), "PAGE_TOKEN_INVALID");

        // A ledger knows nothing of its neighbours.
        District::build(&clients, 1).await;
        let neighbour = proto::GetBalanceRequest {
            name: "ledgers/town-1/residents/r0001".to_owned(),
            ..Default::default()
        };
        let status = clients.accounts.clone().get_balance(neighbour).await.unwrap_err();
        assert_eq!(reason(&status), "RESIDENT_NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_refuses_what_would_pass_it_and_nothing_else() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let clients = Clients::of(&bank_on(store).await).await;
        District::build(&clients, 20).await;
        let first = lecture(1, "2026-05-01");
        let at = clients.ledger.clone().post_entry(first.clone()).await.unwrap().into_inner().position;
        assert_eq!(quota(&clients, Some(at + 2)).await.event_quota, Some(at + 2));

        // Three at once do not fit, as one atomic batch: none is recorded; by themselves two do.
        let requests: Vec<_> = (2..5).map(|n| lecture(n, "2026-05-01")).collect();
        let batch = |requests: &[proto::PostEntryRequest], atomic| proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: requests.to_vec(),
            atomic,
            validate_only: false,
        };
        let status = clients.ledger.clone().batch_post_entries(batch(&requests, true)).await.unwrap_err();
        assert_eq!(
            (reason(&status).as_str(), status.code()),
            ("QUOTA_EXCEEDED", tonic::Code::ResourceExhausted)
        );
        let verdicts = clients.ledger.clone().batch_post_entries(batch(&requests, false)).await.unwrap();
        let refused: Vec<bool> =
            verdicts.into_inner().verdicts.iter().map(|verdict| verdict.error.is_some()).collect();
        assert_eq!(refused, [false, false, true]);

        // What was recorded before is answered as before.
        let again = clients.ledger.clone().post_entry(first).await.unwrap().into_inner();
        assert!(again.replayed);
        let late = clients.ledger.clone().post_entry(requests[2].clone()).await.unwrap_err();
        assert_eq!(reason(&late), "QUOTA_EXCEEDED");
        quota(&clients, None).await;
        let answer = clients.ledger.clone().post_entry(requests[2].clone()).await.unwrap().into_inner();
        assert_eq!(
            (answer.position, answer.replayed),
            (at + 3, false),
            "the same request, once there is room"
        );
    }
}

/// A seal comes between two postings: what was acknowledged before it is there, and nothing behind its position.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_behind_a_seal() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let clients = Clients::of(&bank_on(store).await).await;
        District::build(&clients, 40).await;
        let stop = Arc::new(AtomicBool::new(false));
        let posting: Vec<_> = (0..8)
            .map(|n| {
                let (mut client, stop) = (clients.ledger.clone(), Arc::clone(&stop));
                tokio::spawn(async move {
                    let (mut acknowledged, mut sealed) = (Vec::new(), Vec::new());
                    for k in 0_usize.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let request = lecture(
                            (n * 5 + k) % 40 + 1,
                            &format!("2026-0{}-{:02}", k / 28 % 4 + 1, k % 28 + 1),
                        );
                        match client.post_entry(request.clone()).await {
                            Ok(answer) => {
                                acknowledged.push((request, answer.into_inner().entry.unwrap().position));
                            }
                            Err(status) if reason(&status) == "LEDGER_SEALED" => sealed.push(request),
                            Err(status) => assert_eq!(reason(&status), "DAILY_CAP_EXCEEDED", "{status}"),
                        }
                    }
                    (acknowledged, sealed)
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        let seal = proto::SealLedgerRequest { name: LEDGER.to_owned() };
        let sealed_at =
            clients.deployment.clone().seal_ledger(seal.clone()).await.unwrap().into_inner().ledger.unwrap();
        assert_eq!(sealed_at.state(), proto::LedgerState::LedgerSealed);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        stop.store(true, Ordering::Relaxed);
        let (mut acknowledged, mut sealed) = (Vec::new(), Vec::new());
        for posting in posting {
            let (answered, refused) = posting.await.unwrap();
            acknowledged.extend(answered);
            sealed.extend(refused);
        }
        println!(
            "{} acknowledged up to {}, {} refused",
            acknowledged.len(),
            sealed_at.position,
            sealed.len()
        );
        assert!(!acknowledged.is_empty() && !sealed.is_empty(), "the test does what it says");
        let log = whole_log(&clients).await;
        assert_eq!(log.len(), acknowledged.len());
        for (request, position) in &acknowledged {
            assert!(*position <= sealed_at.position);
            assert_eq!(log[&request.request_id], *position);
        }
        // It is read as before, also what was asked before is answered again.
        let balance = proto::GetBalanceRequest { name: name("residents/r0001"), ..Default::default() };
        let read = clients.accounts.clone().get_balance(balance).await.unwrap().into_inner();
        assert_eq!(read.position, sealed_at.position);
        let again = clients.ledger.clone().post_entry(acknowledged[0].0.clone()).await.unwrap().into_inner();
        assert!(again.replayed);
        clients.deployment.clone().seal_ledger(seal).await.unwrap();
        let unseal = proto::UnsealLedgerRequest { name: LEDGER.to_owned() };
        clients.deployment.clone().unseal_ledger(unseal).await.unwrap();
        let answer = clients.ledger.clone().post_entry(sealed[0].clone()).await.unwrap().into_inner();
        assert_eq!((answer.replayed, answer.position), (false, sealed_at.position + 1));
    }
}
