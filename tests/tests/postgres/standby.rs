//! Reads on a hot standby: at the position they must have reached, and never on an older one than before.

use creditbank_grpc::proto::{GetBalanceRequest, GetBalanceResponse};
use creditbank_ledger::{Bank, Limits};
use creditbank_tests::postgres::{Cluster, connect};
use creditbank_tests::{Clients, District, bank_on, june_first_2026, lecture, name, still};
use ledger_core::ports::Store;
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn balance(clients: &Clients, min_position: u64) -> GetBalanceResponse {
    let request = GetBalanceRequest { name: name("residents/r0001"), min_position, ..Default::default() };
    clients.accounts.clone().get_balance(request).await.unwrap().into_inner()
}

async fn run(url: &str, text: &'static str) {
    sqlx::query(text).execute(&mut connect(url).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_for_the_standby_goes_to_the_primary_or_on_without_it() {
    let (primary, standby) = tokio::task::spawn_blocking(|| {
        let primary = Cluster::start(&[], None);
        let standby = Cluster::start(&[], Some(&primary));
        (primary, standby)
    })
    .await
    .unwrap();
    let store = creditbank_store::open(&primary.url("postgres")).await.unwrap();
    District::build(&Clients::of(&bank_on(Arc::clone(&store)).await).await, 5).await;
    let gone = "postgres://postgres@localhost/postgres?host=/nowhere";
    let standbys: Vec<Arc<dyn Store>> = [gone.to_owned(), standby.url("postgres")]
        .iter()
        .map(|url| creditbank_store::open_standby(url).unwrap())
        .collect();
    let limits = Limits { position_wait: Duration::from_secs(4), ..Limits::default() };
    let bank = Bank::new(Arc::clone(&store), still(june_first_2026()), limits).with_standbys(standbys);
    let clients = Clients::of(&Arc::new(bank)).await;
    let post = |day: &'static str| {
        let mut client = clients.ledger.clone();
        async move { client.post_entry(lecture(1, day)).await.unwrap().into_inner().entry.unwrap().position }
    };

    // One that is not there is passed by; a read that must have seen a posting has seen it.
    for day in ["2026-03-01", "2026-03-02", "2026-03-03"] {
        let position = post(day).await;
        assert!(balance(&clients, position).await.position >= position);
    }
    let credited = balance(&clients, 0).await;

    // The standby stands still: who asks for no position reads it as it is, who does is answered by the primary.
    run(&standby.url("postgres"), "select pg_wal_replay_pause()").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let ahead = post("2026-03-04").await;
    assert_eq!(balance(&clients, 0).await, credited, "from the standby, true at its position");
    let asked = Instant::now();
    let fresh = balance(&clients, ahead).await;
    assert!(
        fresh.position >= ahead && asked.elapsed() > Duration::from_millis(400),
        "it waited for the standby"
    );
    // From then on nothing older is told.
    assert!(balance(&clients, 0).await.position >= ahead);
    run(&standby.url("postgres"), "select pg_wal_replay_resume()").await;

    // Without the standby, the primary answers; without the primary, the standby.
    let caught_up = creditbank_store::open_standby(&standby.url("postgres")).unwrap();
    let ledger = ledger_core::id::LedgerId::parse("district").unwrap();
    while caught_up.head(&ledger).await.unwrap().position.0 < ahead {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    primary.freeze(true);
    let without_primary =
        tokio::time::timeout(Duration::from_secs(5), balance(&clients, ahead)).await.unwrap();
    assert!(without_primary.position >= ahead);
    primary.freeze(false);
    standby.kill();
    let position = post("2026-03-05").await;
    assert!(balance(&clients, position).await.position >= position);
}
