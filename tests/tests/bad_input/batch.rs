//! Batches and class lists: their own faults, and every bad posting again inside a batch.

use crate::request::{Request, batch, class_list, post};
use crate::row::{Row, row};
use crate::stage::{Stage, snapshot, stores};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, lecture, name};
use ledger_core::Reason;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound};

/// All of them.
pub fn rows() -> Vec<Row> {
    [batches(), class_lists()].concat()
}

fn good() -> proto::PostEntryRequest {
    lecture(8, "2026-05-28")
}

fn batches() -> Vec<Row> {
    let in_parts = |requests| proto::BatchPostEntriesRequest { atomic: false, ..batch(requests) };
    let twice = good();
    let elsewhere =
        proto::BatchPostEntriesRequest { parent: "ledgers/elsewhere".to_owned(), ..batch(vec![good()]) };
    let nowhere = proto::BatchPostEntriesRequest { parent: String::new(), ..batch(vec![good()]) };
    let tried = proto::BatchPostEntriesRequest { validate_only: true, ..batch(vec![good()]) };
    vec![
        row("an empty batch", batch(vec![]), InvalidArgument, Reason::BatchSize).at("requests"),
        row("an empty batch that is not atomic", in_parts(vec![]), InvalidArgument, Reason::BatchSize)
            .at("requests"),
        row(
            "a batch of 1,001",
            batch((0..1_001).map(|_| good()).collect()),
            InvalidArgument,
            Reason::BatchSize,
        )
        .at("requests"),
        row(
            "one id twice in a batch",
            batch(vec![twice.clone(), good(), twice.clone()]),
            InvalidArgument,
            Reason::DuplicateKeyInBatch,
        )
        .at("requests[2].request_id")
        .with("index", 2),
        row(
            "one id twice in a batch that is not atomic",
            in_parts(vec![twice.clone(), twice]),
            InvalidArgument,
            Reason::DuplicateKeyInBatch,
        )
        .at("requests[1].request_id")
        .with("index", 1),
        row("a batch that is tried out and atomic", tried, InvalidArgument, Reason::FieldInvalid)
            .at("validate_only"),
        row("a batch for an unknown ledger", elsewhere, NotFound, Reason::LedgerNotFound),
        row("a batch for no ledger", nowhere, InvalidArgument, Reason::ResourceNameInvalid).at("parent"),
    ]
}

fn class_lists() -> Vec<Row> {
    let of = |edit: fn(&mut proto::PostClassListRequest)| {
        let mut request = class_list(&["residents/r0007", "residents/r0008"]);
        edit(&mut request);
        request
    };
    let numbered: Vec<String> = (0..1_001).map(|n| format!("residents/r{n:04}")).collect();
    let too_many: Vec<&str> = numbered.iter().map(String::as_str).collect();
    let full_day = class_list(&["residents/r0008", "residents/r0003", "residents/r0007"]);
    let full_day = proto::PostClassListRequest {
        entry: Some(proto::Entry { occurred_on: "2026-05-22".to_owned(), ..full_day.entry.clone().unwrap() }),
        ..full_day
    };
    vec![
        row("a class list of nobody", class_list(&[]), InvalidArgument, Reason::BatchSize).at("accounts"),
        row("a class list of 1,001", class_list(&too_many), InvalidArgument, Reason::BatchSize)
            .at("accounts"),
        row(
            "one account twice on a class list",
            class_list(&["residents/r0007", "residents/r0008", "residents/r0007"]),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("accounts[2]"),
        row(
            "a class list without an id",
            of(|list| list.request_id.clear()),
            InvalidArgument,
            Reason::IdempotencyKeyInvalid,
        )
        .at("request_id"),
        row("a class list of nothing", of(|list| list.entry = None), InvalidArgument, Reason::FieldRequired)
            .at("entry"),
        row(
            "a class list with a name that is none",
            of(|list| list.accounts[1] = "r0008".to_owned()),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("accounts[1]"),
        row(
            "a class list with a household",
            class_list(&["residents/r0007", "households/h001"]),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("accounts[1]"),
        row(
            "a class list of no minutes",
            of(|list| list.entry.as_mut().unwrap().minutes = 0),
            InvalidArgument,
            Reason::AmountNotPositive,
        )
        .at("entry.minutes"),
        row(
            "a class list of no minutes for one",
            of(|list| {
                list.accounts.truncate(1);
                list.entry.as_mut().unwrap().minutes = 0;
            }),
            InvalidArgument,
            Reason::AmountNotPositive,
        )
        .at("entry.minutes"),
        row(
            "a class list in another zone",
            of(|list| list.entry.as_mut().unwrap().time_zone = "Asia/Tokyo".to_owned()),
            InvalidArgument,
            Reason::TimeZone,
        )
        .at("entry.time_zone"),
        row(
            "a class list with someone whose day is full",
            full_day,
            FailedPrecondition,
            Reason::DailyCapExceeded,
        )
        .at("entry.minutes")
        .with("account_index", 1),
    ]
}

/// Rows that post one entry to the stage's ledger, with their requests.
fn postings(stage: &Stage) -> Vec<(Row, proto::PostEntryRequest)> {
    let rows = crate::rows(&stage.places, &stage.erasure).into_iter();
    rows.filter_map(|row| match &row.request {
        Request::PostEntry(request)
            if request.parent == LEDGER && row.refusal.reason != Reason::MessageTooLarge =>
        {
            Some((row.clone(), (**request).clone()))
        }
        _ => None,
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_item_stops_an_atomic_batch_and_is_named() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let before = snapshot(&stage.clients).await;
        for (row, bad) in postings(&stage) {
            let mut expected = row.refusal.clone();
            expected.field = Some(match &expected.field {
                Some(field) => format!("requests[1].{field}"),
                None => "requests[1]".to_owned(),
            });
            expected.metadata.push(("index", "1".to_owned()));
            let request = batch(vec![good(), bad, good()]);
            let status = stage.clients.ledger.clone().batch_post_entries(request).await.unwrap_err();
            assert_eq!(expected.differences(&status), Vec::<String>::new(), "{store}: {}", row.what);
            assert_eq!(snapshot(&stage.clients).await, before, "{store}: {} changed something", row.what);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_items_of_a_batch_get_the_verdict_they_would_get_alone_and_stop_nobody_else() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let before = snapshot(&stage.clients).await;
        // Rows that reuse one request id would be refused as a batch.
        let mut seen = std::collections::HashSet::new();
        let mut items = postings(&stage);
        items.retain(|(_, request)| seen.insert(request.request_id.clone()));
        assert!(items.len() > 100, "{store}: {} rows post an entry", items.len());
        let mut requests: Vec<_> = items.iter().map(|(_, request)| request.clone()).collect();
        requests.push(post(|entry| entry.account = name("residents/r0010")));
        let request = proto::BatchPostEntriesRequest { atomic: false, ..batch(requests) };
        let answer = stage.clients.ledger.clone().batch_post_entries(request).await.unwrap().into_inner();
        let (good, bad) = answer.verdicts.split_last().unwrap();
        assert_eq!(good.error, None, "{store}: the good item was recorded");
        for ((row, _), verdict) in items.iter().zip(bad) {
            let error = verdict.error.clone().unwrap_or_default();
            assert_eq!(row.refusal.differences(&error), Vec::<String>::new(), "{store}: {}", row.what);
            assert_eq!((verdict.name.as_str(), verdict.position), ("", 0), "{store}: {}", row.what);
        }
        assert_eq!(
            snapshot(&stage.clients).await.entries(),
            before.entries() + 1,
            "{store}: one was recorded"
        );
    }
}
