//! Good requests in a bad moment: a slow clock, a full queue, a full account, a store that fails or is damaged.

use crate::request::{Request, batch, post, post_detail, posted};
use crate::row::Expected;
use crate::stage::{Stage, ledger_id, snapshot, stores};
use crate::store::{Failing, Fault};
use chrono::{DateTime, TimeDelta, Utc};
use creditbank_grpc::proto;
use creditbank_ledger::{Clock, Limits};
use creditbank_tests::{Clients, LEDGER, bank_on, draft, fresh, june_first_2026, lecture, name, still};
use ledger_core::Reason;
use ledger_core::account::{MAX_LINES, Tally, TallyCell, YearTally};
use ledger_core::date::OccurredOn;
use ledger_core::entry::Form;
use ledger_core::id::{AccountId, OrganizationId, ResidentId};
use ledger_core::policy::{DISTRICT_DEFAULT, Policy, Rulebook};
use ledger_core::ports::{AppendBatch, Store, StoreError, StoredEvent, StoredState};
use ledger_core::projection::{Key, State};
use proto::entry::Detail;
use std::sync::{Arc, Mutex};
use tonic::Code::{DataLoss, OutOfRange, ResourceExhausted, Unavailable};
use tonic::{Code, Status};

/// Reasons that the journeys of this file see: each asserts the whole refusal.
pub const REASONS: [Reason; 12] = [
    Reason::ProposalsFull,
    Reason::ReportTooLarge,
    Reason::RevisionsFull,
    Reason::ClockUntrusted,
    Reason::Overloaded,
    Reason::AccountFull,
    Reason::BalanceOverflow,
    Reason::LedgerDamaged,
    Reason::StorageReadOnly,
    Reason::StorageUnavailable,
    Reason::OutcomeUnknown,
    Reason::ShuttingDown,
];

/// Sends a request that must be refused like this, and leave everything as it is.
async fn refused(clients: &Clients, request: impl Into<Request>, expected: &Expected, what: &str) {
    let before = snapshot(clients).await;
    let status = request.into().send(clients).await.expect_err(what);
    assert_eq!(expected.differences(&status), Vec::<String>::new(), "{what}");
    assert_eq!(snapshot(clients).await, before, "{what}: nothing changed");
}

fn refusal(code: Code, reason: Reason, field: &str) -> Expected {
    let mut expected = Expected::new(code, reason);
    expected.field = (!field.is_empty()).then(|| field.to_owned());
    expected
}

/// A clock that the journey sets.
fn settable(now: &Arc<Mutex<DateTime<Utc>>>) -> Clock {
    let now = Arc::clone(now);
    Arc::new(move || *now.lock().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_runs_behind_the_ledger_is_not_trusted() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let now = Arc::new(Mutex::new(june_first_2026()));
        let stage = Stage::with(on, settable(&now), Limits::default()).await;
        *now.lock().unwrap() = june_first_2026() - TimeDelta::seconds(301);
        let expected = refusal(Unavailable, Reason::ClockUntrusted, "");
        let request = lecture(9, "2026-05-28");
        refused(&stage.clients, request.clone(), &expected, store).await;
        // Five minutes are smoothed over: what is recorded never goes back in time.
        *now.lock().unwrap() = june_first_2026() - TimeDelta::seconds(300);
        let answer = stage.clients.ledger.clone().post_entry(request).await.unwrap().into_inner();
        let recorded_at = answer.entry.unwrap().recorded_at.unwrap();
        assert_eq!(recorded_at.seconds, june_first_2026().timestamp(), "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn past_a_full_queue_calls_are_refused_and_what_was_taken_is_written() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let limits = Limits { queued_commands: 8, ..Default::default() };
        let stage = Stage::with(Arc::clone(&on), still(june_first_2026()), limits).await;
        let before = snapshot(&stage.clients).await;
        // Nothing is written while the head is locked: the first to come wait, the others find the queue full.
        let lock = on.begin_append(&ledger_id()).await.unwrap();
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (clients, request) = (stage.clients.clone(), lecture(9, "2026-05-28"));
            calls.spawn(async move { Request::from(request).send(&clients).await });
        }
        let expected = refusal(ResourceExhausted, Reason::Overloaded, "");
        let assert_overloaded = |status: Status| {
            assert_eq!(expected.differences(&status), Vec::<String>::new(), "{store}");
        };
        for _ in 0..8 {
            let call = calls.join_next().await.unwrap().unwrap();
            assert_overloaded(call.expect_err("eight wait at most, and nothing is written under the lock"));
        }
        lock.rollback().await;
        let mut written = 0;
        while let Some(call) = calls.join_next().await {
            match call.unwrap() {
                Ok(()) => written += 1,
                Err(status) => assert_overloaded(status),
            }
        }
        assert!((1..=8).contains(&written), "{store}: those that waited were written: {written}");
        assert_eq!(snapshot(&stage.clients).await.entries(), before.entries() + written, "{store}");
        let nine = batch((1..=9).map(|day| lecture(9, &format!("2026-05-0{day}"))).collect());
        refused(&stage.clients, nine, &expected, "more than the queue takes").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_takes_ten_thousand_entries_a_year_and_no_more() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let reading = || post_detail(Detail::Reading(proto::Reading { books: 1 }), 0);
        for _ in 0..MAX_LINES / 1_000 {
            let request = batch((0..1_000).map(|_| reading()).collect());
            stage.clients.ledger.clone().batch_post_entries(request).await.unwrap();
        }
        let expected = refusal(ResourceExhausted, Reason::AccountFull, "entry.account");
        refused(&stage.clients, reading(), &expected, store).await;
        let other_year = post(|entry| entry.occurred_on = "2025-05-28".to_owned());
        Request::from(other_year).send(&stage.clients).await.unwrap();
    }
}

/// Puts states into a store behind the ledger's back.
async fn plant(store: &Arc<dyn Store>, states: Vec<StoredState>, events: Vec<StoredEvent>) {
    let append = store.begin_append(&ledger_id()).await.unwrap();
    let recorded_at_us = append.head().recorded_at_us;
    append.commit(AppendBatch { states, events, recorded_at_us, ..Default::default() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yearly_sum_never_passes_the_scale() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(Arc::clone(&on)).await;
        let school = OrganizationId::parse("school").unwrap();
        let key = Key::organization_year(&school, 2025);
        let full = Tally { heads: 1_000_000_000_000_000, ..Default::default() };
        let cell = TallyCell { month: 5, kind: Form::HeadCount.default_kind(), tally: full };
        let rulebook = Rulebook::from(Policy::parse(DISTRICT_DEFAULT).unwrap());
        let bytes = State::Tally(YearTally { cells: vec![cell] }).encode(&key, &rulebook).unwrap();
        plant(&on, vec![StoredState { key, bytes }], Vec::new()).await;
        let heads = Detail::HeadCount(proto::HeadCount { persons: 1 });
        let one_more =
            proto::Entry { account: name("organizations/school"), ..draft(9, "2025-05-28", 0, heads) };
        let expected = refusal(OutOfRange, Reason::BalanceOverflow, "entry");
        refused(&stage.clients, posted(one_more), &expected, store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_told_apart_from_every_other_failure_and_never_folded_over() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(Arc::clone(&on)).await;
        let expected = refusal(DataLoss, Reason::LedgerDamaged, "");
        let resident = AccountId::Resident(ResidentId::parse("r0011").unwrap());
        let may = OccurredOn::parse("2026-05-28", "day").unwrap();
        let key = Key::bucket(&resident, ledger_core::account::BucketScope::of(Form::Lecture, may));
        plant(&on, vec![StoredState { key, bytes: vec![0xFF; 9] }], Vec::new()).await;
        refused(&stage.clients, lecture(11, "2026-05-28"), &expected, "to post on a damaged state").await;
        let balance =
            proto::GetBalanceRequest { name: name("residents/r0011"), min_position: 0, ..Default::default() };
        refused(&stage.clients, balance, &expected, "to read a damaged state").await;
        Request::from(lecture(9, "2026-05-28")).send(&stage.clients).await.unwrap();

        let head = stage.bank.ledger(&ledger_id()).await.unwrap().head().position;
        let event = StoredEvent { position: head.next(), bytes: b"{}".to_vec() };
        plant(&on, Vec::new(), vec![event]).await;
        let entry =
            proto::GetEntryRequest { name: name(&format!("entries/{}", head.next())), min_position: 0 };
        refused(&stage.clients, entry, &expected, "to read a damaged event").await;
        let watch = proto::WatchEventsRequest { parent: LEDGER.to_owned(), after_position: head.0 };
        let mut events = stage.clients.ledger.clone().watch_events(watch).await.unwrap().into_inner();
        let status = events.message().await.expect_err("to watch a damaged event");
        assert_eq!(expected.differences(&status), Vec::<String>::new(), "{store}: to watch a damaged event");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_takes_no_writes_is_named_and_the_same_request_succeeds_later() {
    let (_folder, stores) = stores().await;
    for (name, on) in stores {
        let store = Arc::new(Failing::new(on));
        let stage = Stage::on(Arc::clone(&store) as Arc<dyn Store>).await;
        for (error, code, reason) in [
            (StoreError::ReadOnly("told to".to_owned()), Unavailable, Reason::StorageReadOnly),
            (StoreError::Unavailable("told to".to_owned()), Unavailable, Reason::StorageUnavailable),
            (StoreError::Damaged("told to".to_owned()), DataLoss, Reason::LedgerDamaged),
        ] {
            let mut expected = refusal(code, reason, "");
            expected.secrets.push("told to");
            let request = lecture(9, "2026-05-28");
            store.fail(Fault::Begin(error));
            refused(&stage.clients, request.clone(), &expected, name).await;
            let answer = stage.clients.ledger.clone().post_entry(request).await.unwrap().into_inner();
            assert!(!answer.replayed, "{name}: nothing was remembered of the refusal");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_commit_of_unknown_outcome_nothing_is_taken_until_someone_has_looked() {
    for (fault, written) in [(Fault::CommitLost, false), (Fault::CommitDone, true)] {
        let (_folder, stores) = stores().await;
        for (name, on) in stores {
            let store = Arc::new(Failing::new(on));
            let stage = Stage::on(Arc::clone(&store) as Arc<dyn Store>).await;
            let before = snapshot(&stage.clients).await;
            let request = lecture(9, "2026-05-28");
            store.fail(fault.clone());
            let status = Request::from(request.clone()).send(&stage.clients).await.unwrap_err();
            let unknown = refusal(Unavailable, Reason::OutcomeUnknown, "");
            assert_eq!(unknown.differences(&status), Vec::<String>::new(), "{name}");
            let going_down = refusal(Unavailable, Reason::ShuttingDown, "");
            refused(&stage.clients, request.clone(), &going_down, "the same request, too early").await;
            // The process ends here and starts again: it looks at the store anew.
            let bank = bank_on(Arc::clone(&store) as Arc<dyn Store>).await;
            let clients = Clients::of(&bank).await;
            let answer = clients.ledger.clone().post_entry(request).await.unwrap().into_inner();
            assert_eq!(answer.replayed, written, "{name}: the answer tells whether it was recorded");
            assert_eq!(snapshot(&clients).await.entries(), before.entries() + 1, "{name}: once");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_shut_down_takes_nothing_more() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let ledger = stage.bank.ledger(&ledger_id()).await.unwrap();
        stage.bank.shut_down().await;
        let refusal_of = ledger.submit(Vec::new(), false).await.expect_err(store);
        let status = creditbank_grpc::status(refusal_of);
        let expected = refusal(Unavailable, Reason::ShuttingDown, "");
        assert_eq!(expected.differences(&status), Vec::<String>::new(), "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_policies_may_wait_and_no_more() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let propose = |n: usize| proto::ProposePolicyRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/college"),
            proposed_by: "officer-01".to_owned(),
            document: DISTRICT_DEFAULT
                .replace("policy = \"district-default\"", &format!("policy = \"draft-{n}\""))
                .replace("1900-01-01", "2026-07-01"),
        };
        // One waits on the stage already.
        for n in 1..8 {
            stage.clients.policies.clone().propose_policy(propose(n)).await.unwrap();
        }
        let status = stage.clients.policies.clone().propose_policy(propose(8)).await.unwrap_err();
        let mut expected = Expected::new(Code::ResourceExhausted, Reason::ProposalsFull);
        expected.field = Some("document.policy".to_owned());
        assert_eq!(expected.differences(&status), Vec::<String>::new(), "{store}");
        stage
            .clients
            .policies
            .clone()
            .propose_policy(propose(7))
            .await
            .expect("one that waits may be proposed anew");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_past_its_bounds_is_refused() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let report = ledger_core::report::Bounds { rows: 3, persons: 100, sessions: 100 };
        let stage = Stage::with(on, still(june_first_2026()), Limits { report, ..Default::default() }).await;
        let by = |group_by: &str| proto::GetReportRequest {
            parent: LEDGER.to_owned(),
            period: "2026".to_owned(),
            group_by: vec![group_by.to_owned()],
            ..Default::default()
        };
        let expected = refusal(ResourceExhausted, Reason::ReportTooLarge, "");
        refused(&stage.clients, by("organization"), &expected, store).await;
        assert!(stage.clients.reports.clone().get_report(by("mode")).await.is_ok(), "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_changes_without_end_is_refused() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::with(on, still(june_first_2026()), Limits::default()).await;
        let set = |count| proto::SetTargetRequest {
            name: name("indicators/lecture-sessions"),
            request_id: fresh(),
            organization: name("organizations/town"),
            set_by: "officer-01".to_owned(),
            target_organization: name("organizations/school"),
            year: 2026,
            target: Some(proto::Target { value: Some(proto::target::Value::Count(count)) }),
        };
        for count in 1..=100 {
            stage.clients.reports.clone().set_target(set(count)).await.unwrap();
        }
        // What holds already changes nothing.
        stage.clients.reports.clone().set_target(set(100)).await.unwrap();
        refused(
            &stage.clients,
            set(101),
            &refusal(ResourceExhausted, Reason::RevisionsFull, "target"),
            store,
        )
        .await;
    }
}
