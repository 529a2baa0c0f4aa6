//! Credit is redeemed: once, from the lots that expire first, and never at the cost of a level.

use creditbank_grpc::proto;
use creditbank_ledger::Limits;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_with, draft, fresh, lecture, name, reason, still};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use proto::entry::Detail;
use std::sync::Arc;

/// Noon of a day in November in Shanghai: the window of redemption is open.
async fn november(store: Arc<dyn Store>, year: i32) -> Clients {
    let at = format!("{year}-11-10T04:00:00Z").parse().unwrap();
    let bank = bank_with(store, still(at), Limits::default()).await;
    Clients::of(&bank).await
}

async fn sqlite(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap())
}

fn redemption(centi_credits: i64) -> proto::RedeemCreditsRequest {
    proto::RedeemCreditsRequest {
        name: name("residents/r0001"),
        request_id: fresh(),
        organization: name("organizations/college"),
        reward: "training-place".to_owned(),
        centi_credits,
    }
}

async fn redeem(clients: &Clients, centi_credits: i64) -> proto::RedeemCreditsResponse {
    clients.redemptions.clone().redeem_credits(redemption(centi_credits)).await.unwrap().into_inner()
}

async fn redeemable(clients: &Clients, as_of_position: u64) -> proto::GetRedeemableBalanceResponse {
    let request = proto::GetRedeemableBalanceRequest {
        name: name("residents/r0001"),
        as_of_position,
        ..Default::default()
    };
    clients.redemptions.clone().get_redeemable_balance(request).await.unwrap().into_inner()
}

async fn balance(clients: &Clients) -> proto::Balance {
    let request = proto::GetBalanceRequest { name: name("residents/r0001"), ..Default::default() };
    clients.accounts.clone().get_balance(request).await.unwrap().into_inner().balance.unwrap()
}

async fn post(clients: &Clients, request: proto::PostEntryRequest) -> u64 {
    clients.ledger.clone().post_entry(request).await.unwrap().into_inner().position
}

async fn verify(store: &Arc<dyn Store>) {
    let ledger = LedgerId::parse("district").unwrap();
    let clean = creditbank_ledger::verify(Arc::clone(store), &ledger, |_| {}).await.unwrap();
    assert!(clean.is_clean(), "{clean:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lots_are_drawn_in_the_order_they_expire_and_levels_stay() {
    let folder = tempfile::tempdir().unwrap();
    for store in [sqlite(&folder).await, Arc::new(MemoryStore::default())] {
        let clients = november(Arc::clone(&store), 2026).await;
        District::build(&clients, 2).await;
        // Two credits each in 2023, 2024 and 2025, and a certificate of 40 in 2026.
        for year in [2023, 2024, 2025] {
            post(&clients, lecture(1, &format!("{year}-05-10"))).await;
        }
        let certificate = Detail::Certificate(proto::Certificate { number_sha256: "07".repeat(32) });
        let entry = Some(draft(1, "2026-03-01", 0, certificate));
        let request = proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry };
        let certified = post(&clients, request).await;
        let before = redeemable(&clients, 0).await;
        assert!(before.open);
        assert_eq!((before.opens_on.as_str(), before.closes_on.as_str()), ("2026-11-01", "2026-11-30"));
        let lots: Vec<_> = before.lots.iter().map(|lot| (lot.year, lot.left_centi_credits)).collect();
        assert_eq!(lots, [(2023, 0), (2024, 200), (2025, 200), (2026, 4_000)], "2023 expired with 2025");
        assert_eq!(before.lots[1].expires_on, "2026-12-31");
        assert_eq!(before.centi_credits, 4_400);
        let earned = balance(&clients).await;
        assert_eq!(earned.centi_credits, 4_600, "what was earned never expires");

        let redeemed = redeem(&clients, 350).await;
        let draws: Vec<_> = redeemed.redemption.as_ref().unwrap().draws.iter().collect();
        let draws: Vec<_> = draws.iter().map(|draw| (draw.year, draw.centi_credits)).collect();
        assert_eq!(draws, [(2024, 200), (2025, 150)]);
        let after = redeemable(&clients, 0).await;
        assert_eq!(after.centi_credits, 4_050);
        assert_eq!(balance(&clients).await, earned, "credit, levels and stars are as they were");
        assert_eq!(redeemable(&clients, redeemed.position - 1).await.lots, before.lots, "as it was then");

        // All of the other years' and a part of the certificate, which counts once in a lifetime.
        let rest = redeem(&clients, 100).await.redemption.unwrap();
        let draws: Vec<_> = rest.draws.iter().map(|draw| (draw.year, draw.centi_credits)).collect();
        assert_eq!(draws, [(2025, 50), (2026, 50)]);

        // The same request again is the same redemption.
        let request = redemption(50);
        let mut door = clients.redemptions.clone();
        let first = door.redeem_credits(request.clone()).await.unwrap().into_inner();
        let again = door.redeem_credits(request).await.unwrap().into_inner();
        assert!(again.replayed && again.redemption == first.redemption);
        assert_eq!(redeemable(&clients, 0).await.centi_credits, 3_900);
        let list = |page_token: String| proto::ListRedemptionsRequest {
            parent: name("residents/r0001"),
            page_size: 1,
            page_token,
            ..Default::default()
        };
        let page = door.list_redemptions(list(String::new())).await.unwrap().into_inner();
        assert_eq!(page.redemptions, [redeemed.redemption.unwrap()]);
        let page = door.list_redemptions(list(page.next_page_token)).await.unwrap().into_inner();
        assert_eq!(page.redemptions, [rest]);
        let page = door.list_redemptions(list(page.next_page_token)).await.unwrap().into_inner();
        assert_eq!((page.redemptions, page.next_page_token.as_str()), (vec![first.redemption.unwrap()], ""));

        // The district takes away the certificate: what was redeemed of it is owed, and the balance is not below 0.
        let reversal = proto::ReverseEntryRequest {
            name: name(&format!("entries/{certified}")),
            request_id: fresh(),
            organization: name("organizations/district"),
            reason: "false_record".to_owned(),
        };
        clients.ledger.clone().reverse_entry(reversal).await.unwrap();
        let owed = redeemable(&clients, 0).await;
        assert_eq!((owed.centi_credits, owed.uncovered_centi_credits), (0, 100));
        post(&clients, lecture(1, "2026-06-01")).await;
        let made_up = redeemable(&clients, 0).await;
        assert_eq!((made_up.centi_credits, made_up.uncovered_centi_credits), (100, 0));
        let earned = balance(&clients).await;
        verify(&store).await;

        // Three years later all of it has expired, and the levels stand.
        let later = november(Arc::clone(&store), 2029).await;
        assert_eq!(redeemable(&later, 0).await.centi_credits, 0);
        assert_eq!(balance(&later).await.honours, earned.honours);
        let ledger = LedgerId::parse("district").unwrap();
        creditbank_ledger::rebuild(Arc::clone(&store), &ledger, |_| {}).await.unwrap();
        assert_eq!(redeemable(&later, after.position).await.lots.len(), 4);
        verify(&store).await;
    }
}

/// Two servers on one file, each with clients that redeem one credit at a time while others post and reverse: of ten
/// credits ten are redeemed, whoever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn racing_redemptions_never_redeem_a_credit_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(&folder).await;
    let first = november(Arc::clone(&store), 2026).await;
    District::build(&first, 2).await;
    for day in 1..=5 {
        post(&first, lecture(1, &format!("2026-05-{day:02}"))).await;
    }
    let second = november(sqlite(&folder).await, 2026).await;
    assert_eq!(redeemable(&second, 0).await.centi_credits, 1_000);
    let mut racing = tokio::task::JoinSet::new();
    for n in 0..60 {
        let clients = if n % 2 == 0 { first.clone() } else { second.clone() };
        racing.spawn(async move { clients.redemptions.clone().redeem_credits(redemption(100)).await });
    }
    // Batches on both sides: another resident's entries land between the redemptions, in the same commits.
    let mut posting = tokio::task::JoinSet::new();
    for n in 0..20 {
        let clients = if n % 2 == 0 { first.clone() } else { second.clone() };
        posting.spawn(async move {
            let requests =
                (0..5).map(|m| lecture(2, &format!("{}-0{}-{:02}", 2016 + n / 2, m + 1, n % 2 + 1)));
            let request = proto::BatchPostEntriesRequest {
                parent: LEDGER.to_owned(),
                requests: requests.collect(),
                atomic: n % 4 == 0,
                validate_only: false,
            };
            clients.ledger.clone().batch_post_entries(request).await.unwrap();
        });
    }
    let answers = racing.join_all().await;
    posting.join_all().await;
    let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).map(reason).collect();
    assert_eq!(refused, vec!["INSUFFICIENT_CREDIT"; 50]);
    let mut positions: Vec<u64> = answers
        .iter()
        .flatten()
        .map(|answer| {
            let name = &answer.get_ref().redemption.as_ref().unwrap().name;
            name.rsplit('/').next().unwrap().parse().unwrap()
        })
        .collect();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len(), 10, "each at a position of its own");
    let left = redeemable(&second, 0).await;
    assert_eq!((left.centi_credits, left.uncovered_centi_credits), (0, 0));
    assert_eq!(left.lots[0].redeemed_centi_credits, 1_000);
    verify(&store).await;
}

/// A redemption and the reversal of what it would redeem meet: one of them is refused, and nothing is uncovered.
#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_that_races_a_redemption_never_leaves_it_uncovered() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(&folder).await;
    let first = november(Arc::clone(&store), 2026).await;
    District::build(&first, 2).await;
    let second = november(sqlite(&folder).await, 2026).await;
    for day in 1..=20 {
        let entry = post(&first, lecture(1, &format!("2026-05-{day:02}"))).await;
        let reversal = proto::ReverseEntryRequest {
            name: name(&format!("entries/{entry}")),
            request_id: fresh(),
            organization: name("organizations/school"),
            reason: "absent".to_owned(),
        };
        let (here, there) = (first.clone(), second.clone());
        let one = tokio::spawn(async move { here.redemptions.clone().redeem_credits(redemption(200)).await });
        let other = tokio::spawn(async move { there.ledger.clone().reverse_entry(reversal).await });
        match (one.await.unwrap(), other.await.unwrap()) {
            (Ok(_), Err(status)) => {
                assert_eq!(reason(&status), "BALANCE_WOULD_GO_NEGATIVE");
            }
            (Err(status), Ok(_)) => {
                assert_eq!(reason(&status), "INSUFFICIENT_CREDIT");
            }
            (one, other) => panic!("day {day}: {one:?}, {other:?}"),
        }
        let now = redeemable(&first, 0).await;
        assert_eq!((now.centi_credits, now.uncovered_centi_credits), (0, 0), "day {day}");
    }
    verify(&store).await;
}
