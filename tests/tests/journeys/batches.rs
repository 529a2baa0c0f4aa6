//! A file that was wrong as a whole is taken back as a whole, also where it is cut off in the middle.

use creditbank_grpc::proto;
use creditbank_ledger::Limits;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, Program, bank_on, bank_with, fresh, lecture, name, still};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::sync::Arc;
use tonic::Status;

const BATCH: &str = "may-list";

async fn stores() -> (tempfile::TempDir, Vec<Arc<dyn Store>>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, vec![Arc::new(sqlite), Arc::new(MemoryStore::default())])
}

fn batched(n: usize, day: &str) -> proto::PostEntryRequest {
    let mut request = lecture(n, day);
    request.entry.as_mut().unwrap().batch = BATCH.to_owned();
    request
}

async fn post(clients: &Clients, requests: &[proto::PostEntryRequest]) -> Vec<proto::EntryVerdict> {
    let mut verdicts = Vec::new();
    for chunk in requests.chunks(1_000) {
        let request = proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: chunk.to_vec(),
            atomic: true,
            validate_only: false,
        };
        let answer = clients.ledger.clone().batch_post_entries(request).await.unwrap().into_inner();
        verdicts.extend(answer.verdicts);
    }
    verdicts
}

/// A list of `residents` people on some days of a month.
fn days(residents: usize, month: &str, days: usize) -> Vec<proto::PostEntryRequest> {
    let of_day = |day: usize| (1..=residents).map(move |n| batched(n, &format!("{month}-{day:02}")));
    (1..=days).flat_map(of_day).collect()
}

async fn batch(clients: &Clients) -> proto::Batch {
    let request = proto::GetBatchRequest { name: name(&format!("organizations/school/batches/{BATCH}")) };
    clients.corrections.clone().get_batch(request).await.unwrap().into_inner().batch.unwrap()
}

fn reversal(by: &str) -> proto::ReverseBatchRequest {
    proto::ReverseBatchRequest {
        name: name(&format!("organizations/school/batches/{BATCH}")),
        request_id: fresh(),
        organization: name(&format!("organizations/{by}")),
        reason: "input_error".to_owned(),
    }
}

/// Reads a reversal to its end; the last message, and all entries it named.
async fn reverse(
    clients: &Clients,
    request: proto::ReverseBatchRequest,
) -> Result<(proto::ReverseBatchResponse, Vec<String>), Status> {
    let mut messages = clients.corrections.clone().reverse_batch(request).await?.into_inner();
    let (mut last, mut closed) = (proto::ReverseBatchResponse::default(), Vec::new());
    while let Some(message) = messages.message().await? {
        closed.extend(message.closed_entries.iter().cloned());
        last = message;
    }
    Ok((last, closed))
}

async fn assert_clean(store: Arc<dyn Store>) {
    let ledger = LedgerId::parse("district").unwrap();
    let report = creditbank_ledger::verify(store, &ledger, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_stands_of_a_batch_is_reversed_and_what_is_closed_is_named() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 300).await;
        let april = post(&clients, &[batched(1, "2026-04-10"), batched(2, "2026-04-10")]).await;
        let posted = post(&clients, &days(300, "2026-05", 5)).await;
        post(&clients, &[lecture(1, "2026-05-20")]).await;
        let told = batch(&clients).await;
        assert_eq!((told.entries, told.standing), (1_502, 1_502));
        let one = proto::ReverseEntryRequest {
            name: posted[0].name.clone(),
            request_id: fresh(),
            organization: name("organizations/school"),
            reason: "absent".to_owned(),
        };
        clients.ledger.clone().reverse_entry(one).await.unwrap();
        assert_eq!(batch(&clients).await.standing, 1_501);
        let closing = proto::CloseMonthRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            month: "2026-04".to_owned(),
            organization: name("organizations/college"),
            closed_by: "officer-01".to_owned(),
        };
        clients.reports.clone().close_month(closing).await.unwrap();

        let request = reversal("town");
        let (end, closed) = reverse(&clients, request.clone()).await.unwrap();
        assert!(end.done);
        assert_eq!((end.entries, end.seen), (1_502, 1_502));
        assert_eq!((end.reversed, end.already_reversed, end.closed), (1_499, 1, 2));
        assert_eq!(closed, april.iter().map(|verdict| verdict.name.clone()).collect::<Vec<_>>());
        assert_eq!(batch(&clients).await.standing, 2);
        let (again, _) = reverse(&clients, request).await.unwrap();
        assert_eq!((again.reversed, again.already_reversed, again.closed), (0, 1_500, 2));

        let balance = proto::GetBalanceRequest { name: name("residents/r0001"), ..Default::default() };
        let balance = clients.accounts.clone().get_balance(balance).await.unwrap().into_inner().balance;
        assert_eq!(balance.unwrap().entries, 2, "of April, and what came without the batch");
        let list = proto::ListBatchesRequest { parent: name("organizations/school"), ..Default::default() };
        let listed = clients.corrections.clone().list_batches(list).await.unwrap().into_inner().batches;
        assert_eq!(listed, [batch(&clients).await]);
        assert_clean(Arc::clone(&store)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_redeemed_of_a_batch_is_named_and_the_rest_is_reversed() {
    let (_folder, stores) = stores().await;
    for store in stores {
        // The window of redemption is open.
        let november = still("2026-11-10T04:00:00Z".parse().unwrap());
        let bank = bank_with(Arc::clone(&store), november, Limits::default()).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 3).await;
        let posted = post(&clients, &days(3, "2026-05", 2)).await;
        // Of the four credits of resident 1 two are redeemed: one of the two entries can go.
        let redemption = proto::RedeemCreditsRequest {
            name: name("residents/r0001"),
            request_id: fresh(),
            organization: name("organizations/college"),
            reward: "training-place".to_owned(),
            centi_credits: 200,
        };
        clients.redemptions.clone().redeem_credits(redemption).await.unwrap();
        let mut messages =
            clients.corrections.clone().reverse_batch(reversal("school")).await.unwrap().into_inner();
        let first = messages.message().await.unwrap().unwrap();
        assert_eq!((first.seen, first.reversed, first.uncovered), (6, 5, 1));
        assert_eq!(first.uncovered_entries, [posted[3].name.clone()], "the second of resident 1");
        assert!(messages.message().await.unwrap().unwrap().done, "it went on to the end");
        assert_eq!(batch(&clients).await.standing, 1);
        let (again, _) = reverse(&clients, reversal("school")).await.unwrap();
        assert_eq!((again.reversed, again.already_reversed, again.uncovered), (0, 5, 1));
        let (by_the_district, _) = reverse(&clients, reversal("district")).await.unwrap();
        assert_eq!((by_the_district.reversed, by_the_district.uncovered), (1, 0), "which may decide so");
        assert_clean(Arc::clone(&store)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_label_of_a_batch_takes_no_part_in_telling_requests_apart() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 1).await;
        let first = batched(1, "2026-05-10");
        let mut longer = first.clone();
        longer.entry.as_mut().unwrap().batch = "the-file-with-more-rows".to_owned();
        let mut bare = first.clone();
        bare.entry.as_mut().unwrap().batch.clear();
        let posted = post(&clients, &[first]).await;
        for again in [longer, bare] {
            let told = post(&clients, &[again]).await;
            assert!(told[0].replayed);
            assert_eq!(told[0].position, posted[0].position);
        }
        assert_eq!(batch(&clients).await.entries, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_of_a_batch_goes_on_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    let mut program = Program::serve(&database, &[]);
    let clients = program.clients().await;
    District::build(&clients, 500).await;
    post(&clients, &days(500, "2026-05", 12)).await;
    let request = reversal("school");
    let mut messages = clients.corrections.clone().reverse_batch(request.clone()).await.unwrap().into_inner();
    let first = messages.message().await.unwrap().unwrap();
    assert!(!first.done && first.reversed > 0);
    program.kill();
    drop(messages);

    let mut program = Program::serve(&database, &[]);
    let clients = program.clients().await;
    let before = batch(&clients).await;
    println!("{} of {} stood after the kill", before.standing, before.entries);
    assert!(0 < before.standing && before.standing < 6_000, "the kill hit it in the middle");
    let (end, _) = reverse(&clients, request).await.unwrap();
    assert_eq!((end.reversed, end.already_reversed), (before.standing, 6_000 - before.standing));
    assert_eq!(batch(&clients).await.standing, 0);
    let census = proto::GetLedgerRequest { name: LEDGER.to_owned() };
    let census = clients.registry.clone().get_ledger(census).await.unwrap().into_inner().ledger.unwrap();
    assert_eq!(census.census.unwrap().reversals, 6_000, "none was reversed twice");
    assert!(program.terminate().success());
    assert!(Program::run(&database, &["verify"]).status.success());
}
