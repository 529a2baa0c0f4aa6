//! Rebuilds that are killed and go on, on both stores.

use crate::dying::{Dying, Last};
use crate::{district, ledger, post, stores};
use creditbank_ledger::{FoldLimits, Outcome, Rebuild, Rebuilt, Stop};
use creditbank_tests::{Clients, bank_on};
use ledger_core::ports::{Purpose, Store};
use ledger_core::quantity::Position;
use std::sync::Arc;

/// A checkpoint every few events, and memory for some dozens of states.
pub const SMALL: FoldLimits = FoldLimits { memory_bytes: 64 << 10, checkpoint_events: 12, gently: false };

async fn served(rebuild: Rebuild) -> Rebuilt {
    match rebuild.run(|_| {}).await.unwrap() {
        Outcome::Served(rebuilt) => *rebuilt,
        Outcome::Stopped(position) => panic!("stopped at {position}"),
    }
}

/// What was folded is, byte for byte, what the writer had folded post by post.
pub async fn assert_as_served(store: &Arc<dyn Store>, rebuilt: &Rebuilt) {
    let comparison = &rebuilt.comparison;
    assert_eq!(comparison.served, comparison.folded, "{comparison:?}");
    assert!(comparison.differing == 0 && comparison.differences.is_empty() && comparison.states > 50);
    let report = creditbank_ledger::verify(Arc::clone(store), &ledger(), |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let generation = store.head(&ledger()).await.unwrap().generation;
    assert_eq!(store.stored_generations(&ledger()).await.unwrap(), [generation], "nothing is left behind");
    assert_eq!(store.generations(&ledger()).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_killed_at_any_write_goes_on_and_gives_the_same_bytes() {
    let (_folder, [sqlite, memory]) = stores().await;
    // Each write to a disk takes its time: there not every one of them is the last.
    for (store, step) in [(sqlite, 7), (memory, 1)] {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 20, 60).await;
        let (mut kills, mut resumed) = (0, 0);
        for last in [Last::Nothing, Last::Half, Last::All] {
            for writes in (1..).step_by(step) {
                let dying: Arc<Dying> = Arc::new(Dying::after(&store, writes, last));
                let before = store.head(&ledger()).await.unwrap();
                let killed = Rebuild::new(dying.clone(), &ledger()).with_limits(SMALL).run(|_| {}).await;
                let after = store.head(&ledger()).await.unwrap();
                assert_eq!(after.position, before.position);
                if !dying.has_died() {
                    killed.unwrap();
                    break;
                }
                kills += 1;
                post(&clients, writes).await;
                let rebuilt = served(Rebuild::new(Arc::clone(&store), &ledger()).with_limits(SMALL)).await;
                resumed += u32::from(rebuilt.began > Position(0));
                assert_as_served(&store, &rebuilt).await;
            }
        }
        println!("{kills} kills, {resumed} rebuilds that went on");
        assert!(kills > 9 && resumed > kills / 2, "{kills} kills, {resumed} went on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_stopped_or_dropped_keeps_how_far_it_has_come() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 40, 100).await;
        let before = store.head(&ledger()).await.unwrap();
        let stop = Stop::default();
        let asking = stop.clone();
        let rebuild = Rebuild::new(Arc::clone(&store), &ledger()).with_limits(SMALL).stopped_by(stop);
        let outcome = rebuild
            .run(move |progress| {
                if progress.position.0 >= 60 {
                    asking.ask();
                }
            })
            .await
            .unwrap();
        let Outcome::Stopped(position) = outcome else { panic!("{outcome:?}") };
        assert!(position >= Position(60) && position < before.position);
        assert_eq!(store.head(&ledger()).await.unwrap(), before, "what is served is as it was");

        // A call that is dropped ends as if it had been asked to.
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let (aborted, until_aborted) = std::sync::mpsc::channel::<()>();
        let rebuild = Rebuild::new(Arc::clone(&store), &ledger()).with_limits(SMALL);
        let dropped = tokio::spawn(rebuild.run(move |progress| {
            let _ = told.send(progress);
            // It gets no further until it is dropped.
            let _ = until_aborted.recv();
        }));
        let first = heard.recv().await.unwrap();
        assert_eq!(first.began, position, "it goes on where the stopped one had got to");
        dropped.abort();
        assert!(dropped.await.unwrap_err().is_cancelled());
        drop(aborted);
        let mut last = first;
        while let Some(progress) = heard.recv().await {
            last = progress;
        }
        assert!(last.position < before.position, "it did not run to its end");
        post(&clients, 1).await;
        let rebuilt = served(Rebuild::new(Arc::clone(&store), &ledger())).await;
        assert!(rebuilt.began >= last.kept && rebuilt.began > position, "{:?} {last:?}", rebuilt.began);
        assert_as_served(&store, &rebuilt).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_with_another_form_or_is_damaged_or_discarded_begins_anew() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(Arc::clone(&store)).await;
        let clients = Clients::of(&bank).await;
        district(&clients, 40, 100).await;
        for change in ["discard", "form", "checkpoint", "nothing"] {
            let stop = Stop::default();
            let asking = stop.clone();
            let rebuild = Rebuild::new(Arc::clone(&store), &ledger()).with_limits(SMALL).stopped_by(stop);
            let outcome = rebuild
                .run(move |progress| {
                    if progress.position.0 >= 60 {
                        asking.ask();
                    }
                })
                .await
                .unwrap();
            assert!(matches!(outcome, Outcome::Stopped(_)));
            let begun = store.generations(&ledger()).await.unwrap();
            let begun = begun.iter().find(|kept| kept.purpose == Purpose::Rebuild).unwrap().clone();
            let mut changed = begun.clone();
            match change {
                "discard" => {
                    assert_eq!(creditbank_ledger::discard(&*store, &ledger()).await.unwrap(), 1);
                    assert_eq!(store.stored_generations(&ledger()).await.unwrap().len(), 1);
                }
                "form" => changed.format += 1,
                "checkpoint" => changed.checkpoint[9] ^= 1,
                _ => {}
            }
            if changed != begun {
                store.release_generation(&ledger(), begun.claim()).await.unwrap();
                store.claim_generation(&ledger(), &changed, None).await.unwrap();
            }
            let rebuilt = served(Rebuild::new(Arc::clone(&store), &ledger()).with_limits(SMALL)).await;
            assert_eq!(rebuilt.began > Position(0), change == "nothing", "{change}");
            assert_as_served(&store, &rebuilt).await;
        }
    }
}
