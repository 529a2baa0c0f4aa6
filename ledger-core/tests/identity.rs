//! Properties of merges, unmerges and changes of id over random histories of entries and reversals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use harness::{Ledger, Memory, assert_folds, entry, organization};
use ledger_core::account::{Bucket, BucketScope};
use ledger_core::command::Action;
use ledger_core::correction::CorrectionProposed;
use ledger_core::entry::{Digest32, Entry, Reversal, ReversalReason};
use ledger_core::event::{self, Event, Fact};
use ledger_core::id::{AccountId, Code, PersonId, ResidentId};
use ledger_core::identity::{Family, MergeAct, family};
use ledger_core::policy::{assess_account, summarize_account};
use ledger_core::projection::{self, Key, ResidentRecord, State, States};
use ledger_core::quantity::{CentiCredits, Position};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;

/// Behind everything.
const NOW: Position = Position(u64::MAX);

fn resident(n: u8) -> ResidentId {
    ResidentId::parse(&format!("r{n}")).unwrap()
}

/// One thing that happens; much of it is refused.
#[derive(Debug, Clone)]
enum Step {
    Post(Box<Entry>),
    Reverse(Index),
    Merge(u8, u8),
    Unmerge(u8, bool),
    Rename(u8, u8),
    Redeem(u8, i64),
    Correct(Index, Box<Entry>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => entry().prop_map(|entry| Step::Post(Box::new(entry))),
        2 => any::<Index>().prop_map(Step::Reverse),
        2 => (1..6_u8, 1..6_u8).prop_map(|(a, b)| Step::Merge(a, b)),
        2 => (1..6_u8, any::<bool>()).prop_map(|(a, keep)| Step::Unmerge(a, keep)),
        1 => (1..6_u8, 1..6_u8).prop_map(|(a, b)| Step::Rename(a, b)),
        1 => (1..6_u8, 100..500_i64).prop_map(|(a, centi)| Step::Redeem(a, centi)),
        1 => (any::<Index>(), entry()).prop_map(|(index, entry)| Step::Correct(index, Box::new(entry))),
    ]
}

/// Plays the steps; what is refused changes nothing.
fn play(ledger: &mut Ledger, steps: &[Step]) {
    for step in steps {
        let before = ledger.states.clone();
        let asked = match step {
            Step::Post(entry) => ledger.ask(Some("school"), Action::Post(vec![Entry::clone(entry)])),
            Step::Reverse(index) => {
                let posted = entries(ledger);
                if posted.is_empty() {
                    continue;
                }
                let (position, entry) = posted[index.index(posted.len())].clone();
                let (entry, reason) = (Box::new(entry), ReversalReason::InputError);
                ledger.ask(Some("school"), Action::Reverse { position, entry, reason })
            }
            Step::Merge(a, b) => {
                let (merged, survivor) = (resident(*a), resident(*b));
                ledger.merge(MergeAct::Merge { merged, survivor })
            }
            Step::Unmerge(a, keep) => unmerge(ledger, &resident(*a), *keep),
            Step::Rename(a, b) => {
                let (resident, to) = (resident(*a), resident(*b));
                ledger.ask(Some("school"), Action::ChangeIdentifier { resident, to })
            }
            Step::Redeem(a, centi) => redeem(ledger, &resident(*a), *centi),
            Step::Correct(index, entry) => {
                let posted = entries(ledger);
                if posted.is_empty() {
                    continue;
                }
                let (position, wrong) = &posted[index.index(posted.len())];
                correct(ledger, (*position, wrong), entry)
            }
        };
        if asked.is_err() {
            assert_eq!(ledger.states, before, "a refusal changes nothing");
        }
    }
}

/// Undoes a merge; where `keep`, all that was posted since is the survivor's.
fn unmerge(ledger: &mut Ledger, merged: &ResidentId, keep: bool) -> Result<(), ledger_core::Refusal> {
    let ask = |ledger: &mut Ledger, kept| ledger.merge(MergeAct::Unmerge { merged: merged.clone(), kept });
    let refusal = match ask(ledger, Vec::new()) {
        Err(refusal) if keep => refusal,
        done => return done,
    };
    let named = refusal.metadata().iter().find(|(key, _)| *key == "entries").map(|(_, value)| value.clone());
    let kept = named.iter().flat_map(|named| named.split(',')).map(|at| Position(at.parse().unwrap()));
    ask(ledger, kept.collect())
}

/// Redeems in the window of the policy.
fn redeem(ledger: &mut Ledger, resident: &ResidentId, centi: i64) -> Result<(), ledger_core::Refusal> {
    let (resident, credit) = (resident.clone(), CentiCredits(centi));
    let reward = Code::constant("certificate");
    let june = std::mem::replace(&mut ledger.now, "2027-11-10T04:00:00Z".parse().unwrap());
    let asked = ledger.ask(Some("school"), Action::Redeem { resident, reward, credit });
    ledger.now = june;
    asked
}

/// Proposes the reversal of an entry with another one in its place, and approves it.
fn correct(
    ledger: &mut Ledger,
    (position, wrong): (Position, &Entry),
    right: &Entry,
) -> Result<(), ledger_core::Refusal> {
    let (school, reason) = (organization("school"), ReversalReason::WrongPerson);
    let proposal = Box::new(CorrectionProposed {
        organization: school.clone(),
        proposed_by: PersonId::parse("clerk-01").unwrap(),
        reason,
        evidence: None,
        reversals: vec![Reversal::of(position, wrong, &school, reason)],
        entries: vec![right.clone()],
        expires_on: None,
    });
    ledger.ask(Some("school"), Action::ProposeCorrection(proposal.clone()))?;
    let approve = Action::ApproveCorrection {
        proposed_at: Position(ledger.log.len() as u64),
        digest: waiting_correction(ledger),
        proposal,
        approved_by: PersonId::parse("officer-02").unwrap(),
    };
    ledger.ask(Some("school"), approve).unwrap();
    Ok(())
}

/// The digest of the correction that was proposed last.
fn waiting_correction(ledger: &Ledger) -> Digest32 {
    let key = Key::correction(Position(ledger.log.len() as u64));
    match ledger.states.get(&key) {
        Some(State::Correction(record)) => record.digest,
        _ => panic!("{key}"),
    }
}

/// All entries of the log with their positions.
fn entries(ledger: &Ledger) -> Vec<(Position, Entry)> {
    let events = ledger.log.iter().map(|bytes| event::decode(bytes).unwrap());
    events
        .filter_map(|event: Event| match event.fact {
            Fact::EntryRecorded(entry) => Some((event.position, *entry)),
            _ => None,
        })
        .collect()
}

fn record<'a>(states: &'a Memory, id: &ResidentId) -> Option<&'a ResidentRecord> {
    match states.get(&Key::resident(id)) {
        Some(State::Resident(record)) => Some(record),
        _ => None,
    }
}

/// The accounts that answer as one and their lines, as the states tell of a position.
fn told(states: &Memory, id: &ResidentId, at: Position) -> Option<(Family, Vec<Bucket>)> {
    record(states, id).filter(|record| record.registered_at <= at)?;
    let family = family(id, at, |id| record(states, id)).unwrap();
    let mut by_scope: BTreeMap<BucketScope, Vec<Bucket>> = BTreeMap::new();
    for member in family.members() {
        let prefix = Key::bucket_prefix(&AccountId::Resident(member.clone()));
        for (key, state) in states.0.iter().filter(|(key, _)| key.as_str().starts_with(&prefix)) {
            if let State::Bucket(bucket) = state {
                let scope = BucketScope::parse(key.last_segment()).unwrap();
                by_scope.entry(scope).or_default().push(bucket.as_of(at));
            }
        }
    }
    let joined = by_scope.values().map(Bucket::joined).filter(|bucket| !bucket.lines().is_empty());
    Some((family, joined.collect()))
}

/// Credit, minutes and entries that stand.
fn figures(ledger: &Ledger, id: &ResidentId) -> (i64, u64, u64) {
    let (_, buckets) = told(&ledger.states, id, NOW).unwrap();
    let cells = summarize_account(assess_account(&ledger.rulebook, &buckets)).cells;
    let sum = |of: fn(&ledger_core::policy::SummaryCell) -> u64| cells.iter().map(of).sum::<u64>();
    (cells.iter().map(|cell| cell.credit.0).sum(), sum(|cell| cell.minutes), sum(|cell| cell.entries))
}

fn replay(ledger: &Ledger, upto: usize) -> Memory {
    let mut states = Memory::default();
    for bytes in &ledger.log[..upto] {
        projection::apply(&mut states, &event::decode(bytes).unwrap()).unwrap();
    }
    states
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn with_merges_too_incremental_is_rebuilt(steps in proptest::collection::vec(step(), 1..60)) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        assert_folds(&ledger);
    }

    #[test]
    fn who_answered_with_which_lines_is_read_off_the_states_of_today(
        steps in proptest::collection::vec(step(), 1..60),
        at in any::<Index>(),
    ) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        let at = at.index(ledger.log.len()) + 1;
        let then = replay(&ledger, at);
        for id in (1..6).map(resident) {
            let today = told(&ledger.states, &id, Position(at as u64));
            prop_assert_eq!(today, told(&then, &id, NOW), "{} at {}", id, at);
        }
    }

    #[test]
    fn a_merge_adds_up_under_the_limits_and_its_undoing_restores_both(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        let (a, b) = (resident(1), resident(2));
        let apart = [figures(&ledger, &a), figures(&ledger, &b)];
        let lines = [told(&ledger.states, &a, NOW), told(&ledger.states, &b, NOW)];
        let merge = MergeAct::Merge { merged: a.clone(), survivor: b.clone() };
        if ledger.merge(merge).is_err() {
            return Ok(());
        }
        let (credit, minutes, count) = figures(&ledger, &b);
        prop_assert!(credit <= apart[0].0 + apart[1].0, "limits look over all lines");
        prop_assert_eq!((minutes, count), (apart[0].1 + apart[1].1, apart[0].2 + apart[1].2));
        prop_assert_eq!(figures(&ledger, &a), (credit, minutes, count), "reads of the merged account follow");
        ledger.merge(MergeAct::Unmerge { merged: a.clone(), kept: Vec::new() }).unwrap();
        prop_assert_eq!([figures(&ledger, &a), figures(&ledger, &b)], apart);
        prop_assert_eq!([told(&ledger.states, &a, NOW), told(&ledger.states, &b, NOW)], lines);
    }

    #[test]
    fn every_line_is_in_one_family_and_keeps_its_account(steps in proptest::collection::vec(step(), 1..60)) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        let mut standing = 0_u64;
        let mut lines = 0;
        for id in (1..6).map(resident) {
            let Some((family, buckets)) = told(&ledger.states, &id, NOW) else { continue };
            if family.survivor == id {
                standing += 1;
                lines += buckets.iter().map(|bucket| bucket.lines().len()).sum::<usize>();
            }
        }
        let posted = entries(&ledger);
        prop_assert_eq!(lines, posted.len(), "no line is lost or counted twice");
        for (position, entry) in posted {
            let AccountId::Resident(id) = &entry.account else { continue };
            let scope = BucketScope::of(entry.detail.form(), entry.occurred_on);
            let key = Key::bucket(&AccountId::Resident(id.clone()), scope);
            let Some(State::Bucket(bucket)) = ledger.states.get(&key) else { panic!("{key}") };
            prop_assert!(bucket.line(position).is_some());
        }
        let Some(State::Census(census)) = ledger.states.get(&Key::census()) else { panic!("no census") };
        prop_assert_eq!(census.residents, standing, "a person is counted once");
    }
}
