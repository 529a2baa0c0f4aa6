//! A district closes its months: what was learned in them changes by corrections only, and the figures at the closing
//! stay as they were.

use creditbank_grpc::proto;
use creditbank_ledger::{Bank, Limits};
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_on, bank_with, fresh, lecture, name, reason, still};
use ledger_core::id::LedgerId;
use ledger_core::policy::DISTRICT_DEFAULT;
use ledger_core::ports::Store;
use std::sync::Arc;
use std::time::Duration;
use tonic_types::StatusExt;

async fn stores() -> (tempfile::TempDir, Vec<Arc<dyn Store>>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, vec![Arc::new(sqlite), Arc::new(MemoryStore::default())])
}

fn closing(month: &str) -> proto::CloseMonthRequest {
    proto::CloseMonthRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        month: month.to_owned(),
        organization: name("organizations/college"),
        closed_by: "officer-01".to_owned(),
    }
}

async fn close(clients: &Clients, month: &str) -> proto::Closing {
    let answer = clients.reports.clone().close_month(closing(month)).await.unwrap().into_inner();
    answer.closing.unwrap()
}

async fn closings(clients: &Clients) -> Vec<(String, u64)> {
    let request = proto::ListClosingsRequest { parent: LEDGER.to_owned(), min_position: 0 };
    let listed = clients.reports.clone().list_closings(request).await.unwrap().into_inner().closings;
    listed.into_iter().map(|closing| (closing.month, closing.closed_at)).collect()
}

async fn district(store: &Arc<dyn Store>, residents: usize) -> (Arc<Bank>, Clients) {
    let bank = bank_on(Arc::clone(store)).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, residents).await;
    (bank, clients)
}

async fn assert_clean(store: &Arc<dyn Store>) {
    let ledger = LedgerId::parse("district").unwrap();
    let report = creditbank_ledger::verify(Arc::clone(store), &ledger, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn months_close_in_order_and_the_first_closes_all_before_it() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store, 4).await;
        assert_eq!(closings(&clients).await, []);
        let march = closing("2026-03");
        let first = clients.reports.clone().close_month(march.clone()).await.unwrap().into_inner();
        let again = clients.reports.clone().close_month(march).await.unwrap().into_inner();
        assert!(again.replayed && !first.replayed);
        assert_eq!(again.closing, first.closing);
        let april = close(&clients, "2026-04").await;
        assert_eq!((april.month.as_str(), april.closed_by.as_str()), ("2026-04", "officer-01"));
        let expected = [
            ("2026-03".to_owned(), first.closing.unwrap().closed_at),
            ("2026-04".to_owned(), april.closed_at),
        ];
        assert_eq!(closings(&clients).await, expected);
        for day in ["2026-04-30", "2026-03-01", "2019-07-01"] {
            let late = clients.ledger.clone().post_entry(lecture(1, day)).await.unwrap_err();
            assert_eq!(reason(&late), "PERIOD_CLOSED", "{day}");
        }
        clients.ledger.clone().post_entry(lecture(1, "2026-05-01")).await.unwrap();
        assert_clean(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_can_be_closed_from_day_5_of_the_next_in_the_ledgers_zone() {
    // The last minute of 4 June in Shanghai, and the first of 5 June; in UTC both are 4 June.
    for (now, expected) in [("2026-06-04T15:59:00Z", "MONTH_NOT_OVER"), ("2026-06-04T16:00:00Z", "")] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let bank = bank_with(store, still(now.parse().unwrap()), Limits::default()).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 1).await;
        let told = clients.reports.clone().close_month(closing("2026-05")).await;
        assert_eq!(told.err().map(|status| reason(&status)).unwrap_or_default(), expected, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rule_reaches_back_into_a_closed_month() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store, 1).await;
        let draft = |from: &str| proto::ProposePolicyRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/college"),
            proposed_by: "officer-01".to_owned(),
            document: DISTRICT_DEFAULT.replace("version = 1", "version = 2").replace("1900-01-01", from),
        };
        let pilot = |from: &str| {
            let mut request = draft(from);
            request.document = request
                .document
                .replace("version = 2", "version = 1")
                .replace("policy = \"district-default\"", "policy = \"pilot\"\norganizations = [\"school\"]");
            request
        };
        let proposed = clients.policies.clone().propose_policy(draft("2026-04-15")).await.unwrap();
        close(&clients, "2026-04").await;
        // Proposed while April was open: it is checked again when it is to be published.
        let proposed = proposed.into_inner().policy.unwrap();
        let publish = proto::PublishPolicyRequest {
            name: proposed.name,
            request_id: fresh(),
            organization: name("organizations/district"),
            approved_by: "officer-02".to_owned(),
            sha256: proposed.sha256,
        };
        let refused = clients.policies.clone().publish_policy(publish).await.unwrap_err();
        assert_eq!(reason(&refused), "POLICY_RETROACTIVE");
        for request in [draft("2026-04-30"), pilot("2026-04-30")] {
            let refused = clients.policies.clone().propose_policy(request).await.unwrap_err();
            assert_eq!(reason(&refused), "POLICY_RETROACTIVE");
            assert_eq!(refused.get_details_error_info().unwrap().metadata["earliest"], "2026-05-01");
        }
        clients.policies.clone().propose_policy(draft("2026-05-01")).await.unwrap();
        clients.policies.clone().propose_policy(pilot("2026-05-01")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_post_lands_in_a_month_behind_its_closing() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store, 40).await;
        let posts: Vec<_> = (1..=40)
            .map(|n| {
                let mut client = clients.ledger.clone();
                tokio::spawn(async move {
                    let mut told = Vec::new();
                    for day in 1..=15 {
                        told.push(client.post_entry(lecture(n, &format!("2026-04-{day:02}"))).await);
                    }
                    told
                })
            })
            .collect();
        let closer = clients.clone();
        let closed = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(15)).await;
            close(&closer, "2026-04").await.closed_at
        });
        let (mut recorded, mut late) = (Vec::new(), 0);
        for posts in posts {
            for told in posts.await.unwrap() {
                match told {
                    Ok(answer) => recorded.push(answer.into_inner().entry.unwrap().position),
                    Err(status) => {
                        assert_eq!(reason(&status), "PERIOD_CLOSED");
                        late += 1;
                    }
                }
            }
        }
        let closed = closed.await.unwrap();
        println!("{} before the closing at {closed}, {late} refused", recorded.len());
        assert!(recorded.iter().all(|position| *position < closed));
        assert_eq!(recorded.len() + late, 600);
        assert_clean(&store).await;
    }
}
