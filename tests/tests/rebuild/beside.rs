//! Rebuilds and verifications beside each other, and beside policies that are published meanwhile.

use crate::dying::Dying;
use crate::resume::{SMALL, assert_as_served};
use crate::{district, ledger, post, publish, stores};
use creditbank_ledger::{Outcome, Rebuild, Stage, Stop, verify_within};
use creditbank_tests::{Clients, bank_on};
use ledger_core::Reason;
use ledger_core::ports::{Generation, Purpose, Store};
use ledger_core::quantity::Position;
use std::sync::Arc;
use std::time::Duration;

/// Waits in a callback for what another task does.
fn wait_for<T>(what: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(what))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rebuild_that_begins_later_takes_over_and_the_earlier_one_says_so() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 40, 100).await;
        let (later, mut other) = (Arc::clone(&store), None);
        let (done, over) = tokio::sync::oneshot::channel();
        let mut done = Some(done);
        let first = Rebuild::new(Arc::clone(&store), &ledger()).with_limits(SMALL);
        let refused = first
            .run(move |progress| {
                if progress.kept.0 >= 60 && other.is_none() {
                    let second = Rebuild::new(Arc::clone(&later), &ledger()).with_limits(SMALL);
                    let outcome = wait_for(second.run(|_| {})).unwrap();
                    let Outcome::Served(rebuilt) = outcome else { panic!("{outcome:?}") };
                    other = Some(());
                    let _ = done.take().unwrap().send(rebuilt);
                }
            })
            .await
            .unwrap_err();
        assert_eq!(refused.reason(), Reason::WriterFenced);
        let rebuilt = over.await.unwrap();
        assert!(rebuilt.began.0 >= 60, "it went on from there");
        assert_as_served(&store, &rebuilt).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_comes_while_sums_are_made_is_in_them() {
    let (_folder, stores) = stores().await;
    for store in stores {
        for from_the_log in [true, false] {
            let store: Arc<dyn Store> = match from_the_log {
                true => Arc::clone(&store),
                false => Arc::new(creditbank_store::MemoryStore::default()),
            };
            let bank = bank_on(Arc::clone(&store)).await;
            let clients = Clients::of(&bank).await;
            district(&clients, 40, 100).await;
            publish(&clients, &clients, 2, "2026-03-01").await;
            let rebuild = Rebuild::new(Arc::clone(&store), &ledger());
            let rebuild = if from_the_log { rebuild } else { rebuild.of_what_is_served() };
            let (publishing, mut published) = (clients.clone(), false);
            let outcome = rebuild
                .run(move |progress| {
                    if progress.stage == Stage::Comparing && !published {
                        published = true;
                        wait_for(async {
                            publish(&publishing, &publishing, 3, "2026-04-01").await;
                            post(&publishing, 7).await;
                        });
                    }
                })
                .await
                .unwrap();
            let Outcome::Served(rebuilt) = outcome else { panic!("{outcome:?}") };
            assert!(rebuilt.comparison.older_sums > 0 && rebuilt.comparison.differing == 0, "{rebuilt:?}");
            let report = creditbank_ledger::verify(Arc::clone(&store), &ledger(), |_| {}).await.unwrap();
            assert!(report.is_clean(), "{report:?}");
            assert_eq!(report.comparison.unwrap().older_sums, 0, "every sum knows the third version");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verifications_at_once_each_have_a_generation_of_their_own() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 60, 300).await;
        let id = ledger();
        let verify = || verify_within(Arc::clone(&store), &id, SMALL, |_| {});
        let posts = async {
            for n in 0..20 {
                post(&clients, n).await;
            }
        };
        let (one, other, third, ()) = tokio::join!(verify(), verify(), verify(), posts);
        for report in [one, other, third] {
            let report = report.unwrap();
            assert!(report.is_clean() && report.events > 300, "{report:?}");
        }
        assert_eq!(store.stored_generations(&ledger()).await.unwrap().len(), 1, "nothing is left behind");
        assert_eq!(store.generations(&ledger()).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_was_taken_over_drops_no_part_of_the_one_that_took_over() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 40, 300).await;
        // The first has put its parts together and is about to drop them. Another goes on from there, puts some aside
        // under the same numbers, and is stopped.
        let later = Arc::clone(&store);
        let meanwhile = Box::pin(async move {
            let stop = Stop::default();
            let (asking, mut began) = (stop.clone(), None);
            let second = Rebuild::new(later, &ledger()).with_limits(SMALL).stopped_by(stop);
            let outcome = second.run(move |progress| {
                if progress.kept.0 >= began.get_or_insert(progress.kept).0 + 36 {
                    asking.ask();
                }
            });
            assert!(matches!(outcome.await.unwrap(), Outcome::Stopped(_)));
        });
        let stalled: Arc<dyn Store> = Arc::new(Dying::stalled(&store, meanwhile));
        let refused = Rebuild::new(stalled, &ledger()).with_limits(SMALL).run(|_| {}).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::WriterFenced);
        let outcome =
            Rebuild::new(Arc::clone(&store), &ledger()).with_limits(SMALL).run(|_| {}).await.unwrap();
        let Outcome::Served(rebuilt) = outcome else { panic!("{outcome:?}") };
        assert!(rebuilt.began > Position(0), "it went on from where the second was stopped");
        assert_as_served(&store, &rebuilt).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_another_makes_anew_are_left_to_it_as_long_as_it_is_heard_of() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 40, 100).await;
        publish(&clients, &clients, 2, "2026-03-01").await;
        let renewal = || Rebuild::new(Arc::clone(&store), &ledger()).of_what_is_served();
        let (mut other, at) = (Some(renewal()), Arc::clone(&store));
        let (told, was) = tokio::sync::oneshot::channel();
        let mut told = Some(told);
        let outcome = renewal()
            .run(move |progress| {
                if progress.stage == Stage::Comparing
                    && let Some(other) = other.take()
                {
                    let refused = wait_for(other.run(|_| {})).unwrap_err();
                    assert_eq!(refused.reason(), Reason::WriterFenced);
                    // It writes nothing, and is heard of.
                    let begun = wait_for(making(&at));
                    std::thread::sleep(Duration::from_secs(3));
                    assert!(wait_for(making(&at)).heard_of_us > begun.heard_of_us);
                    let _ = told.take().unwrap().send(begun);
                }
            })
            .await
            .unwrap();
        let Outcome::Served(rebuilt) = outcome else { panic!("{outcome:?}") };
        assert!(rebuilt.comparison.older_sums > 0 && rebuilt.comparison.differing == 0, "{rebuilt:?}");

        // One that died is not waited for for ever.
        let begun = was.await.unwrap();
        let dead = Generation { number: 512, heard_of_us: begun.heard_of_us - 61_000_000, ..begun };
        store.claim_generation(&ledger(), &dead, None).await.unwrap();
        let outcome = renewal().run(|_| {}).await.unwrap();
        assert!(matches!(outcome, Outcome::Served(_)), "{outcome:?}");
        assert_eq!(store.generations(&ledger()).await.unwrap().len(), 1, "nothing is left of it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_stopped_half_way_are_let_go_of_and_the_next_need_not_wait() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 40, 100).await;
        publish(&clients, &clients, 2, "2026-03-01").await;
        let renewal = || Rebuild::new(Arc::clone(&store), &ledger()).of_what_is_served();
        let stop = Stop::default();
        let asking = stop.clone();
        let outcome = renewal().stopped_by(stop).run(move |_| asking.ask()).await.unwrap();
        assert!(matches!(outcome, Outcome::Stopped(_)), "{outcome:?}");
        let outcome = renewal().run(|_| {}).await.unwrap();
        assert!(matches!(outcome, Outcome::Served(_)), "{outcome:?}");
        assert_eq!(store.stored_generations(&ledger()).await.unwrap().len(), 1, "nothing is left behind");
    }
}

/// The generation that is being made.
async fn making(store: &Arc<dyn Store>) -> Generation {
    let kept = store.generations(&ledger()).await.unwrap();
    kept.into_iter().find(|kept| kept.purpose == Purpose::Rebuild).unwrap()
}
