//! Retention: who is due, by what the log knows; and that a second person erases who was proposed and is due all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use chrono::TimeDelta;
use harness::selection::{District, SMALL, selection_id};
use harness::{Ledger, assert_folds, organization};
use ledger_core::account::{Bucket, BucketScope};
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::entry::{Digest32, Entry, Form, Reversal, ReversalReason};
use ledger_core::event::{self, Fact};
use ledger_core::id::{AccountId, Code, HouseholdId, PersonId, ResidentId, StandardId};
use ledger_core::identity::{Identity, MergeAct, Role};
use ledger_core::person::{Erasure, Field, Kept, PersonAct};
use ledger_core::projection::{Key, ResidentRecord, State};
use ledger_core::quantity::Position;
use ledger_core::registry::{InstitutionType, Resident};
use ledger_core::retention::{
    Activity, ActivityKind, RetentionAct, RetentionMonths, RetentionProposed, Standing, Traces, scopes_since,
};
use ledger_core::selection::{Title, TitleRecord};
use ledger_core::{Reason, Refusal};
use proptest::prelude::*;

fn resident(id: &str) -> ResidentId {
    ResidentId::parse(id).unwrap()
}

fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

fn date(raw: &str) -> OccurredOn {
    OccurredOn::parse(raw, "day").unwrap()
}

fn months(n: u32) -> RetentionMonths {
    RetentionMonths::parse(n, "months").unwrap()
}

fn reason(answer: Result<(), Refusal>) -> Reason {
    answer.unwrap_err().reason()
}

fn lecture(id: &str, day: &str) -> Entry {
    harness::lecture(id, OccurredOn::parse(day, "day").unwrap())
}

fn ask(ledger: &mut Ledger, act: RetentionAct) -> Result<(), Refusal> {
    ledger.ask(Some("school"), Action::Retention(Box::new(act)))
}

fn set(ledger: &mut Ledger, months: Option<RetentionMonths>) {
    ask(ledger, RetentionAct::Set { months, set_by: person("officer-01") }).unwrap();
}

fn post(ledger: &mut Ledger, id: &str, day: &str) -> Position {
    ledger.ask(Some("school"), Action::Post(vec![lecture(id, day)])).unwrap();
    Position(ledger.log.len() as u64)
}

/// The personal data of residents is recorded on a day.
fn put(ledger: &mut Ledger, ids: &[&str], day: &str) {
    let now = ledger.now;
    ledger.now = format!("{day}T04:00:00Z").parse().unwrap();
    for id in ids {
        let act = PersonAct::Record {
            resident: resident(id),
            fields: vec![Field::Name, Field::BirthDate],
            needs_guardian: false,
            recorded_by: person("clerk-01"),
        };
        ledger.ask(Some("school"), Action::Person(Box::new(act))).unwrap();
    }
    ledger.now = now;
}

/// The standards that the harness publishes.
fn standards(ledger: &Ledger) -> Vec<StandardId> {
    let all = ledger.states.0.iter().filter(|(_, state)| matches!(state, State::Standard(_)));
    all.map(|(key, _)| StandardId::parse(key.last_segment()).unwrap()).collect()
}

/// Proposes residents as of 2027-06-01.
fn propose(ledger: &mut Ledger, ids: &[&str]) -> Result<(), Refusal> {
    let standards = standards(ledger);
    let (on, residents) = (date("2027-06-01"), ids.iter().map(|id| resident(id)).collect());
    ask(ledger, RetentionAct::Propose { on, residents, standards, proposed_by: person("officer-01") })
}

/// Approves the newest proposal of the log.
fn approve(ledger: &mut Ledger, by: &str) -> Result<(), Refusal> {
    let (proposed_at, proposal) = newest(ledger);
    let digest = proposal.digest();
    let standards = standards(ledger);
    ask(ledger, RetentionAct::Approve { proposed_at, proposal, standards, digest, approved_by: person(by) })
}

fn newest(ledger: &Ledger) -> (Position, Box<RetentionProposed>) {
    let events = ledger.log.iter().rev().map(|bytes| event::decode(bytes).unwrap());
    let mut proposals = events.filter_map(|event| match event.fact {
        Fact::RetentionProposed(proposal) => Some((event.position, proposal)),
        _ => None,
    });
    proposals.next().unwrap()
}

fn erased(ledger: &Ledger, id: &str) -> bool {
    match ledger.states.0.get(&Key::resident(&resident(id))) {
        Some(State::Resident(record)) => record.erasure.erased_at.is_some(),
        _ => panic!("no {id}"),
    }
}

/// Three residents who were last heard of in January 2024, under a rule of 36 months; it is 2027-06-01.
fn quiet() -> Ledger {
    let mut ledger = Ledger::open();
    put(&mut ledger, &["r1", "r2", "r3"], "2024-01-15");
    set(&mut ledger, Some(months(36)));
    ledger
}

#[test]
fn without_a_rule_nobody_is_due() {
    let mut ledger = Ledger::open();
    put(&mut ledger, &["r1"], "2001-01-15");
    assert_eq!(reason(propose(&mut ledger, &["r1"])), Reason::RetentionRuleNotSet);
    set(&mut ledger, Some(months(12)));
    set(&mut ledger, None);
    assert_eq!(reason(propose(&mut ledger, &["r1"])), Reason::RetentionRuleNotSet, "it was lifted");
    assert_folds(&ledger);
}

#[test]
fn whoever_did_something_within_the_months_is_not_due() {
    let mut ledger = quiet();
    let home = HouseholdId::parse("h1").unwrap();
    let household =
        ledger_core::registry::Household { household: home.clone(), organization: organization("school") };
    ledger.ask(Some("school"), Action::RegisterHousehold(household)).unwrap();
    propose(&mut ledger, &["r1", "r2", "r3"]).unwrap();
    // The first day that keeps somebody is 2024-06-01.
    post(&mut ledger, "r1", "2024-05-31");
    propose(&mut ledger, &["r1"]).unwrap();
    let on_the_day = post(&mut ledger, "r1", "2024-06-01");
    assert_eq!(reason(propose(&mut ledger, &["r1"])), Reason::RetentionNotDue);
    let reverse = Action::Reverse {
        position: on_the_day,
        entry: Box::new(lecture("r1", "2024-06-01")),
        reason: ReversalReason::InputError,
    };
    ledger.ask(Some("school"), reverse).unwrap();
    propose(&mut ledger, &["r1"]).unwrap();
    let join = Action::JoinHousehold {
        household: home,
        resident: resident("r2"),
        role: Role::Adult,
        from: date("2024-06-01"),
        to: None,
    };
    ledger.ask(Some("school"), join).unwrap();
    assert_eq!(reason(propose(&mut ledger, &["r2"])), Reason::RetentionNotDue);
    put(&mut ledger, &["r3"], "2024-06-01");
    assert_eq!(reason(propose(&mut ledger, &["r3"])), Reason::RetentionNotDue);
    assert_folds(&ledger);
}

#[test]
fn who_keeps_no_data_is_not_due_and_a_day_to_come_is_refused() {
    let mut ledger = Ledger::open();
    set(&mut ledger, Some(months(36)));
    assert_eq!(reason(propose(&mut ledger, &["r1"])), Reason::RetentionNotDue);
    assert_eq!(reason(propose(&mut ledger, &[])), Reason::BatchSize);
    assert_eq!(reason(propose(&mut ledger, &["r9"])), Reason::ResidentNotFound);
    put(&mut ledger, &["r1"], "2024-01-15");
    assert_eq!(reason(propose(&mut ledger, &["r1", "r1"])), Reason::FieldInvalid);
    let tomorrow = RetentionAct::Propose {
        on: date("2027-06-02"),
        residents: vec![resident("r1")],
        standards: vec![],
        proposed_by: person("officer-01"),
    };
    assert_eq!(reason(ask(&mut ledger, tomorrow)), Reason::OccurredInFuture);
}

#[test]
fn a_second_person_erases_who_is_due_all_the_same() {
    let mut ledger = quiet();
    let figures = ledger.figures();
    assert_eq!(
        reason(ask(
            &mut ledger,
            RetentionAct::Approve {
                proposed_at: Position(1),
                proposal: Box::new(RetentionProposed {
                    months: months(36),
                    rule_set_at: Position(1),
                    on: date("2027-06-01"),
                    due: vec![],
                    organization: organization("school"),
                    proposed_by: person("officer-01"),
                    expires_on: date("2027-06-08"),
                }),
                standards: vec![],
                digest: Digest32([0; 32]),
                approved_by: person("officer-02"),
            }
        )),
        Reason::ErasureNotFound
    );
    propose(&mut ledger, &["r1", "r2", "r3"]).unwrap();
    assert_eq!(reason(approve(&mut ledger, "officer-0l")), Reason::SameActor);
    ledger.now += TimeDelta::days(7);
    // r2 came back meanwhile, r3 was merged into r1.
    post(&mut ledger, "r2", "2027-06-05");
    let merge = MergeAct::Merge { merged: resident("r3"), survivor: resident("r1") };
    ledger.merge(merge).unwrap();
    propose(&mut ledger, &["r1"]).unwrap();
    assert!(newest(&ledger).1.due[0].accounts.len() == 2, "a family is one");
    approve(&mut ledger, "officer-02").unwrap();
    assert_eq!(["r1", "r2", "r3"].map(|id| erased(&ledger, id)), [true, false, true]);
    let mut now = ledger.figures();
    now.retain(|place, _| figures.contains_key(place));
    assert_eq!(now, figures);
    assert_eq!(reason(approve(&mut ledger, "officer-02")), Reason::ErasureNotFound, "it is used once");
    assert_folds(&ledger);
}

#[test]
fn who_is_not_due_any_more_is_left_out_and_named() {
    let mut ledger = quiet();
    propose(&mut ledger, &["r1", "r2", "r3"]).unwrap();
    post(&mut ledger, "r2", "2027-05-30");
    let merge = MergeAct::Merge { merged: resident("r3"), survivor: resident("r2") };
    ledger.merge(merge).unwrap();
    approve(&mut ledger, "officer-02").unwrap();
    let events = ledger.log.iter().map(|bytes| event::decode(bytes).unwrap().fact);
    let mut left_out = events.filter_map(|fact| match fact {
        Fact::RetentionApproved(approved) => Some(approved.left_out),
        _ => None,
    });
    assert_eq!(left_out.next_back().unwrap(), ["r2", "r3"].map(resident));
    assert_eq!(["r1", "r2", "r3"].map(|id| erased(&ledger, id)), [true, false, false]);
    assert_folds(&ledger);
}

#[test]
fn an_approval_is_of_what_waits_under_the_same_rule_and_in_time() {
    let mut ledger = quiet();
    propose(&mut ledger, &["r1"]).unwrap();
    let (proposed_at, proposal) = newest(&ledger);
    propose(&mut ledger, &["r2"]).unwrap();
    let digest = proposal.digest();
    let approved_by = person("officer-02");
    let first = RetentionAct::Approve { proposed_at, proposal, standards: vec![], digest, approved_by };
    assert_eq!(reason(ask(&mut ledger, first)), Reason::ProposalChanged, "a later one took its place");
    set(&mut ledger, Some(months(36)));
    assert_eq!(reason(approve(&mut ledger, "officer-02")), Reason::ProposalChanged, "the rule was set anew");
    propose(&mut ledger, &["r2"]).unwrap();
    ledger.now += TimeDelta::days(8);
    assert_eq!(reason(approve(&mut ledger, "officer-02")), Reason::ProposalExpired);
    assert!(!erased(&ledger, "r1") && !erased(&ledger, "r2"));
}

#[test]
fn only_who_keeps_the_ledger_sees_to_it() {
    let mut district = District::with(SMALL);
    district.register("other", "town", InstitutionType::Community);
    let act = RetentionAct::Set { months: Some(months(36)), set_by: person("officer-01") };
    let asked = district.ledger.ask(Some("other"), Action::Retention(Box::new(act)));
    assert_eq!(reason(asked), Reason::SchoolScope);
}

#[test]
fn who_lives_in_a_household_that_stands_in_an_open_selection_is_not_due() {
    let mut district = District::with(SMALL);
    let ledger = &mut district.ledger;
    put(ledger, &["r1", "r2", "r3"], "2024-01-15");
    set(ledger, Some(months(36)));
    let join = |id: &str, to: Option<&str>| Action::JoinHousehold {
        household: HouseholdId::parse("h1").unwrap(),
        resident: resident(id),
        role: Role::Adult,
        from: date("2010-01-01"),
        to: to.map(date),
    };
    ledger.ask(Some("c1"), join("r1", None)).unwrap();
    ledger.ask(Some("c1"), join("r2", Some("2012-01-01"))).unwrap();
    propose(ledger, &["r1", "r2", "r3"]).unwrap();
    district.open().unwrap();
    district.apply("h1").unwrap();
    assert_eq!(reason(propose(&mut district.ledger, &["r1"])), Reason::RetentionNotDue, "of the household");
    propose(&mut district.ledger, &["r2"]).unwrap();
    district.withdraw("h1").unwrap();
    propose(&mut district.ledger, &["r1"]).unwrap();
    district.apply("h1").unwrap();
    assert_eq!(reason(propose(&mut district.ledger, &["r1"])), Reason::RetentionNotDue);
    approve(&mut district.ledger, "officer-02").unwrap();
    assert!(!erased(&district.ledger, "r1"), "who applied since the proposal is left out");
    assert_folds(&district.ledger);
}

fn record(on: Option<OccurredOn>) -> ResidentRecord {
    ResidentRecord {
        merge: None,
        resident: Resident { resident: resident("r1"), organization: organization("school") },
        registered_at: Position(1),
        identity: Identity::default(),
        kept: Some(Kept { on }),
        erasure: Erasure::default(),
    }
}

#[test]
fn what_an_older_log_does_not_tell_is_not_taken_for_old() {
    let told = record(Some(date("2001-01-01")));
    let untold = record(None);
    let standing = |records: Vec<&ResidentRecord>| {
        let bucket = Bucket::default();
        let traces = Traces { records, buckets: vec![&bucket], ..Traces::default() };
        traces.standing(date("2024-06-01"), date("2027-06-01"), Position(u64::MAX))
    };
    let last = Activity { on: date("2001-01-01"), kind: ActivityKind::PersonRecorded };
    assert_eq!(standing(vec![&told]), Standing::Due(last));
    assert_eq!(standing(vec![&told, &untold]), Standing::Active);
    let nothing = ResidentRecord { kept: None, ..told.clone() };
    assert_eq!(standing(vec![&nothing]), Standing::NothingKept);
    let gone = Erasure { requested: None, erased_at: Some(Position(9)) };
    assert_eq!(standing(vec![&ResidentRecord { erasure: gone, ..told }]), Standing::NothingKept);
}

#[test]
fn whoever_holds_a_title_is_not_due_until_it_ends() {
    let title = Title {
        title: Code::constant("learning-family"),
        selection: selection_id(),
        named_at: Position(5),
        from: date("2023-01-01"),
        until: date("2027-06-01"),
        barred_years: 3,
        rechecks: Vec::new(),
        withdrawal: None,
    };
    let titles = TitleRecord { candidate: AccountId::Resident(resident("r1")), titles: vec![title] };
    let kept = record(Some(date("2001-01-01")));
    let traces = Traces { records: vec![&kept], titles: vec![&titles], ..Traces::default() };
    let standing = |today| traces.standing(date("2024-06-01"), date(today), Position(9));
    assert_eq!(standing("2027-06-01"), Standing::Held);
    assert!(matches!(standing("2027-06-02"), Standing::Due(_)));
}

proptest! {
    /// Due is who did nothing that stands on the first day that keeps or later, whatever the order; and the buckets of the
    /// years since then tell it as all of them do.
    #[test]
    fn the_last_line_that_stands_decides(
        lines in proptest::collection::vec((0_i64..3_000, any::<bool>()), 0..20),
        from in 0_i64..3_000,
    ) {
        let today = harness::day(3_000);
        let from = harness::day(from);
        let mut by_year: std::collections::BTreeMap<BucketScope, Bucket> = Default::default();
        for (n, (day, stands)) in lines.iter().enumerate() {
            let day = harness::day(*day);
            let mut entry = lecture("r1", "2025-01-01");
            entry.occurred_on = day;
            let bucket = by_year.entry(BucketScope::of(Form::Lecture, day)).or_default();
            let at = Position(n as u64 + 10);
            bucket.record(at, &entry);
            if !stands {
                let school = entry.organization.clone();
                let reversal = Reversal::of(at, &entry, &school, ReversalReason::InputError);
                bucket.reverse(Position(999), &reversal);
            }
        }
        let kept = record(Some(harness::day(-1)));
        let judge = |buckets: Vec<&Bucket>| {
            Traces { records: vec![&kept], buckets, ..Traces::default() }.standing(from, today, Position(u64::MAX))
        };
        let all = judge(by_year.values().rev().collect());
        prop_assert_eq!(all, judge(by_year.values().collect()));
        let last = lines.iter().filter(|(_, stands)| *stands).map(|(day, _)| harness::day(*day)).max();
        let expected = match last {
            Some(on) if on >= from => Standing::Active,
            Some(on) => Standing::Due(Activity { on, kind: ActivityKind::Entry }),
            None => Standing::Due(Activity { on: harness::day(-1), kind: ActivityKind::PersonRecorded }),
        };
        prop_assert_eq!(all, expected);
        let since: Vec<&Bucket> = scopes_since(from, today).filter_map(|scope| by_year.get(&scope)).collect();
        let is_due = |standing| matches!(standing, Standing::Due(_));
        prop_assert_eq!(is_due(judge(since)), is_due(all));
    }
}
