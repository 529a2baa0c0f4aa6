//! Bad input: every mistake a client can make is refused with its own reason, in words a clerk understands, by both
//! stores alike, and changes nothing (`RELIABILITY.md` §6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod batch;
mod catalogue;
mod correction;
mod damage;
mod deadline;
mod deployment;
mod directory;
mod disk;
mod evaluation;
mod form;
mod household;
mod identity;
mod month;
mod policy;
mod proof;
mod reading;
mod redemption;
mod reference;
mod registry;
mod report;
mod request;
mod retention;
mod reversal;
mod row;
mod selection;
mod situation;
mod stage;
mod state;
mod store;
mod wire;

use row::{Refused, Row};
use stage::{Places, Stage, snapshot, stores};

/// All rows; the digest is that of an erasure that waits.
fn rows(places: &Places, sha256: &str) -> Vec<Row> {
    [
        form::rows(),
        reference::rows(),
        state::rows(places),
        batch::rows(),
        reversal::rows(places),
        registry::rows(),
        reading::rows(places),
        policy::rows(places),
        identity::rows(places),
        evaluation::rows(),
        household::rows(),
        redemption::rows(),
        month::rows(places),
        correction::rows(places),
        report::rows(),
        deployment::rows(),
        directory::rows(sha256),
        retention::rows(),
        wire::rows(),
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_input_is_refused_with_its_reason_and_changes_nothing() {
    let (_folder, stores) = stores().await;
    let mut answers: Vec<Vec<(&str, String)>> = Vec::new();
    let mut wrong = Vec::new();
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let mut before = snapshot(&stage.clients).await;
        let mut of_store = Vec::new();
        for row in rows(&stage.places, &stage.erasure) {
            match row.request.send(&stage.clients).await {
                Ok(()) => wrong.push(format!("{store}: {} was accepted", row.what)),
                Err(status) => {
                    let differences = row.refusal.differences(&status);
                    wrong.extend(
                        differences
                            .iter()
                            .map(|difference| format!("{store}: {}: expected: {difference}", row.what)),
                    );
                    of_store.push((row.what, describe(&status)));
                }
            }
            let after = snapshot(&stage.clients).await;
            if after != before {
                wrong.push(format!("{store}: {} changed something", row.what));
                before = after;
            }
        }
        println!("{store}: {} bad inputs", of_store.len());
        answers.push(of_store);
    }
    assert!(wrong.is_empty(), "{} flaws:\n{}", wrong.len(), wrong.join("\n"));
    let (sqlite, memory) = (&answers[0], &answers[1]);
    for (on_sqlite, in_memory) in sqlite.iter().zip(memory) {
        assert_eq!(on_sqlite, in_memory, "both stores give the same answer, word for word");
    }
}

/// A refusal with all its details, in a fixed order.
fn describe(status: &tonic::Status) -> String {
    let Refused { code, message, details } = status.into();
    let (reason, metadata) = details.error_info().map(|info| (&info.reason, &info.metadata)).unzip();
    let metadata: std::collections::BTreeMap<_, _> = metadata.into_iter().flatten().collect();
    format!("{code:?} {reason:?} {message} {metadata:?} {:?}", details.bad_request())
}
