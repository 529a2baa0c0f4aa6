//! Properties of decisions, folds and policy over random histories with reversals.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use harness::{Ledger, Memory, assert_folds, day, history, organization, play};
use ledger_core::Reason;
use ledger_core::account::{Bucket, BucketScope};
use ledger_core::command::Action;
use ledger_core::correction::{CorrectionProposed, Corrects};
use ledger_core::date::OccurredOn;
use ledger_core::decide::MAX_MINUTES;
use ledger_core::entry::{Detail, Entry, Reversal, ReversalReason};
use ledger_core::event::{self, Fact, MonthClosed};
use ledger_core::id::{AccountId, BatchId, CourseId, PersonId, ResidentId, VersionId};
use ledger_core::month::Month;
use ledger_core::policy::{
    DISTRICT_DEFAULT, PRESETS, Policy, Rulebook, assess, assess_account, summarize, summarize_account,
};
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::{Minutes, Position};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn lecture(on: i64) -> Entry {
    Entry { batch: Some(BatchId::parse("a-file").unwrap()), ..harness::lecture("r1", day(on)) }
}

#[test]
fn closings_corrections_and_batches_name_what_they_touch_and_fold_anew() {
    let person = |id: &str| PersonId::parse(id).unwrap();
    let mut ledger = Ledger::open();
    ledger.ask(Some("school"), Action::Post(vec![lecture(1)])).unwrap();
    let posted = Position(ledger.log.len() as u64);
    let month = Month::of(day(1));
    let closing =
        MonthClosed { month, closed_by: person("officer-01"), organization: organization("school") };
    ledger.ask(Some("school"), Action::CloseMonth(closing)).unwrap();
    let proposal = CorrectionProposed {
        organization: organization("school"),
        proposed_by: person("clerk-01"),
        reason: ReversalReason::InputError,
        evidence: None,
        reversals: vec![Reversal::of(
            posted,
            &lecture(1),
            &organization("school"),
            ReversalReason::InputError,
        )],
        entries: vec![lecture(2)],
        expires_on: None,
    };
    ledger.ask(Some("school"), Action::ProposeCorrection(Box::new(proposal.clone()))).unwrap();
    let proposed_at = Position(ledger.log.len() as u64);
    let Some(State::Correction(waiting)) = ledger.states.get(&Key::correction(proposed_at)) else {
        panic!("no correction")
    };
    let approve = Action::ApproveCorrection {
        proposed_at,
        digest: waiting.digest,
        proposal: Box::new(proposal.clone()),
        approved_by: person("officer-02"),
    };
    ledger.ask(Some("school"), approve.clone()).unwrap();
    assert_eq!(ledger.log.len() as u64, proposed_at.0 + 3, "the approval, the reversal, the entry");
    assert_eq!(ledger.ask(Some("school"), approve).unwrap_err().reason(), Reason::CorrectionSettled);
    ledger.ask(Some("school"), Action::ProposeCorrection(Box::new(proposal))).unwrap_err();
    assert_folds(&ledger);
    let batch = Key::batch(&organization("school"), &BatchId::parse("a-file").unwrap());
    let Some(State::Batch(batch)) = ledger.states.get(&batch) else { panic!("no batch") };
    assert_eq!((batch.entries, batch.reversed), (2, 1));
    let corrected = event::decode(ledger.log.last().unwrap()).unwrap();
    let Fact::EntryRecorded(entry) = corrected.fact else { panic!("no entry") };
    assert_eq!(entry.corrects, Some(Corrects { correction: proposed_at, month: Some(month) }));
}

/// The policies that are shipped, some whose limits are soon reached, one that changes in the middle of a year, one that ends
/// with it, and one beside a pilot.
fn rulebooks() -> Vec<Rulebook> {
    let shipped = PRESETS.iter().map(|(_, document)| Rulebook::from(Policy::parse(document).unwrap()));
    let parse = |document: &str| Policy::parse(document).unwrap();
    let strict = DISTRICT_DEFAULT
        .replace("[kinds.LEC]", "[kinds.LEC]\nper_day_centi = 100\nper_year_centi = 300")
        .replace("per_day_centi = 800", "per_day_centi = 200");
    let version = |from: &str| {
        strict
            .replace("version = 1", "version = 2")
            .replace("effective_from = \"1900-01-01\"", &format!("effective_from = \"{from}\""))
    };
    let pilot = strict
        .replace("policy = \"district-default\"", "policy = \"pilot\"\norganizations = [\"school\"]")
        .replace("effective_from = \"1900-01-01\"", "effective_from = \"2025-12-20\"");
    let default = || Rulebook::from(parse(DISTRICT_DEFAULT));
    // Limits of a year, and of half a year, that are reached before any of a day.
    let yearly = DISTRICT_DEFAULT
        .replace("[kinds.LEC]", "[kinds.LEC]\nper_year_centi = 300")
        .replace("[kinds.DRL]", "[kinds.DRL]\nper_year_centi = 100");
    let shared = |limit: &str| {
        let limit = format!(
            "[[year_limits]]\nkinds = [\"LEC\", \"VIS\"]\n{limit}\nsource = \"a test\"\n\n[[day_limits]]"
        );
        Rulebook::from(parse(&DISTRICT_DEFAULT.replace("[[day_limits]]", &limit)))
    };
    let once = DISTRICT_DEFAULT
        .replace("[\"OFF\", \"LEC\"", "[\"LEC\"")
        .replace("[kinds.OFF]", "[kinds.OFF]\nonce = true");
    let others = [
        Rulebook::from(parse(&strict)),
        Rulebook::from(parse(&yearly)),
        Rulebook::from(parse(&once)),
        shared("per_year_centi = 400"),
        shared("per_half_year_centi = 300"),
        default().with_draft(parse(&version("2025-12-20"))),
        default().with_draft(parse(&version("2026-01-01"))),
        default().with_draft(parse(&pilot)),
    ];
    shipped.chain(others).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn incremental_is_rebuilt_is_as_of(steps in history(), at in any::<prop::sample::Index>()) {
        let mut ledger = Ledger::open();
        let mut snapshots = vec![(ledger.log.len(), ledger.states.clone())];
        for step in &steps {
            play(&mut ledger, std::slice::from_ref(step));
            snapshots.push((ledger.log.len(), ledger.states.clone()));
        }
        let (as_of, incremental) = &snapshots[at.index(snapshots.len())];
        for (upto, expected) in [(*as_of, incremental), (ledger.log.len(), &ledger.states)] {
            let mut rebuilt = Memory::default();
            for bytes in &ledger.log[..upto] {
                projection::apply(&mut rebuilt, &event::decode(bytes).unwrap()).unwrap();
            }
            prop_assert_eq!(&rebuilt, expected);
            for (key, state) in &rebuilt.0 {
                let bytes = state.encode(key, &ledger.rulebook).unwrap();
                prop_assert_eq!(&State::decode(key, &bytes).unwrap(), state, "states survive their bytes");
            }
        }
    }

    #[test]
    fn what_was_true_at_a_position_is_read_off_the_lines_of_today(steps in history(), at in any::<proptest::sample::Index>()) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        let at = at.index(ledger.log.len()) + 1;
        let mut replayed = Memory::default();
        for bytes in &ledger.log[..at] {
            projection::apply(&mut replayed, &event::decode(bytes).unwrap()).unwrap();
        }
        for (key, state) in &ledger.states.0 {
            let State::Bucket(bucket) = state else { continue };
            let then = bucket.as_of(Position(at as u64));
            match replayed.0.get(key) {
                Some(State::Bucket(expected)) => prop_assert_eq!(&then, expected),
                _ => prop_assert!(then.lines().is_empty()),
            }
        }
    }

    #[test]
    fn rules_across_years_keep_their_limits_and_lines_add_up(steps in history(), cap in 0..3_000_i64) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        let strict = DISTRICT_DEFAULT
            .replace("[kinds.LEC]", &format!("[kinds.LEC]\nper_lifetime_centi = {cap}"))
            .replace("[kinds.VIS]", "[kinds.VIS]\nrequires = { kind = \"LEC\", entries_at_least = 2 }");
        let rulebook = Rulebook::from(Policy::parse(&strict).unwrap());
        let mut accounts: BTreeMap<String, Vec<Bucket>> = BTreeMap::new();
        for (key, state) in &ledger.states.0 {
            if let State::Bucket(bucket) = state {
                let (account, _) = key.as_str().rsplit_once('/').unwrap();
                accounts.entry(account.to_owned()).or_default().push(bucket.clone());
            }
        }
        for buckets in accounts.values() {
            let assessed = assess_account(&rulebook, buckets);
            let lectures: i64 =
                assessed.iter().filter(|a| a.line.kind.as_str() == "LEC").map(|a| a.credit().0).sum();
            prop_assert!(lectures <= cap);
            for visit in assessed.iter().filter(|a| a.line.kind.as_str() == "VIS" && a.credit().0 > 0) {
                let year = visit.line.occurred_on.year();
                let held = assessed.iter().filter(|a| {
                    a.line.is_live() && a.line.kind.as_str() == "LEC" && a.line.occurred_on.year() == year
                });
                prop_assert!(held.count() >= 2);
            }
            let lines: i64 = assessed.iter().map(|a| a.credit().0).sum();
            let cells = summarize_account(assess_account(&rulebook, buckets)).cells;
            prop_assert_eq!(lines, cells.iter().map(|cell| cell.credit.0).sum::<i64>());
        }
    }

    #[test]
    fn every_state_an_event_touches_is_named_by_its_keys(steps in history()) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        let mut states = Memory::default();
        for bytes in &ledger.log {
            let event = event::decode(bytes).unwrap();
            let before = states.clone();
            projection::apply(&mut states, &event).unwrap();
            let named = projection::keys(&event);
            for (key, state) in &states.0 {
                if before.0.get(key) != Some(state) {
                    prop_assert!(named.contains(key), "{key} changed but is not named");
                }
            }
        }
    }

    #[test]
    fn what_is_encoded_onto_earlier_bytes_is_what_is_encoded_anew(
        steps in history(),
        kept in proptest::collection::vec(0..3_u8, 60),
        (which, then) in (0..rulebooks().len(), 0..rulebooks().len()),
        change in 0..60_usize,
    ) {
        let rulebooks = rulebooks();
        let mut ledger = Ledger::open();
        let mut states = Memory::default();
        let mut folded = 0;
        for (n, (step, kept)) in steps.iter().zip(kept).enumerate() {
            let rulebook = &rulebooks[if n < change { which } else { then }];
            play(&mut ledger, std::slice::from_ref(step));
            for bytes in &ledger.log[folded..] {
                projection::apply(&mut states, &event::decode(bytes).unwrap()).unwrap();
            }
            folded = ledger.log.len();
            for (key, state) in &mut states.0 {
                if !matches!(state, State::Bucket(_)) {
                    continue;
                }
                let onto = state.encode(key, rulebook).unwrap();
                let read = State::decode(key, &onto).unwrap();
                prop_assert_eq!(&read, &*state);
                prop_assert_eq!(&read.encode(key, rulebook).unwrap(), &onto);
                prop_assert_eq!(read.encode_aside(key).unwrap(), state.encode_aside(key).unwrap());
                match kept {
                    0 => drop(state.encode_and_keep(key, rulebook).unwrap()),
                    1 => *state = State::decode_and_keep(key, onto).unwrap(),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn the_order_of_posting_does_not_change_a_balance(steps in history(), seed in any::<u64>()) {
        let mut ledger = Ledger::open();
        let mut standing = play(&mut ledger, &steps);
        // The same entries, posted in another order and without the reversed ones.
        let mut state = seed;
        for n in (1..standing.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            standing.swap(n, usize::try_from(state >> 33).unwrap() % (n + 1));
        }
        let mut other = Ledger::open();
        for entry in standing {
            other.ask(Some("school"), Action::Post(vec![entry])).unwrap();
        }
        prop_assert_eq!(ledger.figures(), other.figures());
    }

    #[test]
    fn the_order_of_posting_does_not_change_a_balance_under_a_pilot(
        entries in proptest::collection::vec((0..3_i64, 1..4_u32, any::<bool>()), 1..12),
        seed in any::<u64>(),
    ) {
        let pilot = DISTRICT_DEFAULT
            .replace("policy = \"district-default\"", "policy = \"pilot\"\norganizations = [\"other\"]")
            .replace("[kinds.LEC]\nearn = { type = \"minutes\", minutes_per_unit = 60, centi_per_unit = 100",
                "[kinds.LEC]\nper_day_centi = 300\nper_year_centi = 500\nearn = { type = \"minutes\", minutes_per_unit = 60, centi_per_unit = 200");
        let strict = DISTRICT_DEFAULT.replace("[kinds.LEC]", "[kinds.LEC]\nper_day_centi = 100\nper_year_centi = 400");
        let rulebook = Rulebook::from(Policy::parse(&strict).unwrap()).with_draft(Policy::parse(&pilot).unwrap());
        let mut order: Vec<usize> = (0..entries.len()).collect();
        let mut sums = Vec::new();
        let mut state = seed;
        for _ in 0..2 {
            let mut bucket = Bucket::default();
            for (position, index) in order.iter().enumerate() {
                let (on, hours, piloted) = entries[*index];
                let poster = organization(if piloted { "other" } else { "school" });
                let lecture = Entry {
                    organization: poster,
                    minutes: Minutes(60 * hours),
                    ..harness::lecture("r1", day(on))
                };
                bucket.record(Position(position as u64 + 1), &lecture);
            }
            sums.push(summarize(&rulebook, BucketScope::Year(2025), &bucket).cells);
            for n in (1..order.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                order.swap(n, usize::try_from(state >> 33).unwrap() % (n + 1));
            }
        }
        prop_assert_eq!(&sums[0], &sums[1]);
    }

    #[test]
    fn caps_are_never_exceeded_and_lines_add_up(steps in history()) {
        let mut ledger = Ledger::open();
        play(&mut ledger, &steps);
        for bucket in ledger.buckets() {
            let mut kind_day: BTreeMap<(String, OccurredOn), i64> = BTreeMap::new();
            let mut kind_year: BTreeMap<(String, i32), i64> = BTreeMap::new();
            let mut shared_day: BTreeMap<OccurredOn, i64> = BTreeMap::new();
            let mut claims: BTreeMap<(String, u64), u32> = BTreeMap::new();
            for assessment in assess(&ledger.rulebook, bucket) {
                let line = assessment.line;
                let kind = line.kind.to_string();
                let rule = ledger.policy.rule(&kind).unwrap();
                prop_assert!(line.is_live() || assessment.credit().0 == 0, "a reversed line earns nothing");
                for allocation in &assessment.allocations {
                    prop_assert!(0 <= allocation.credit.0 && allocation.credit <= allocation.earned);
                    *kind_year.entry((kind.clone(), allocation.year)).or_default() += allocation.credit.0;
                }
                if line.span_days == 1 {
                    *kind_day.entry((kind.clone(), line.occurred_on)).or_default() += assessment.credit().0;
                    if ledger.policy.day_limits[0].kinds.contains(&kind) {
                        *shared_day.entry(line.occurred_on).or_default() += assessment.credit().0;
                    }
                }
                if rule.once && assessment.credit().0 > 0 {
                    *claims.entry((kind, line.claim)).or_default() += 1;
                }
            }
            for ((kind, _), credit) in &kind_day {
                let cap = ledger.policy.rule(kind).unwrap().per_day_centi;
                prop_assert!(cap.is_none_or(|cap| *credit <= cap), "{kind} {credit}");
            }
            for ((kind, _), credit) in &kind_year {
                let cap = ledger.policy.rule(kind).unwrap().per_year_centi;
                prop_assert!(cap.is_none_or(|cap| *credit <= cap), "{kind} {credit}");
            }
            prop_assert!(shared_day.values().all(|credit| *credit <= 800));
            prop_assert!(claims.values().all(|count| *count == 1), "what counts once counts once");
            let lines: i64 = kind_year.values().sum();
            let summary: i64 = summarize(&ledger.rulebook, BucketScope::Lifetime, bucket).cells.iter().map(|cell| cell.credit.0).sum();
            prop_assert_eq!(lines, summary, "the sum of lines is the balance");
        }
    }

    #[test]
    fn integers_never_wrap(minutes in proptest::collection::vec(MAX_MINUTES - 10..=MAX_MINUTES, 1..40)) {
        let mut ledger = Ledger::open();
        let course = CourseId::parse("tea").unwrap();
        for (n, minutes) in minutes.iter().enumerate() {
            let detail = Detail::OfflineCourse {
                course: course.clone(),
                version: VersionId::parse("v1").unwrap(),
                planned_minutes: Some(Minutes(MAX_MINUTES)),
                mark: None,
            };
            let on = day(500 + i64::try_from(n).unwrap());
            let entry = Entry {
                account: AccountId::Resident(ResidentId::parse("r1").unwrap()),
                organization: organization("school"),
                kind: detail.form().default_kind(),
                detail,
                occurred_on: on,
                started_on: Some(day(0)),
                start_time: None,
                end_time: None,
                minutes: Minutes(*minutes),
                session: None,
                attested_by: None,
                evidence: None,
                subject: None,
                audience: None,
                campaign: None,
                programme: None,
                restores: None,
                batch: None,
                corrects: None,
            };
            // 500 days have 720,000 minutes: all fit.
            ledger.ask(Some("school"), Action::Post(vec![entry])).unwrap();
        }
        let expected: u64 = minutes.iter().map(|m| u64::from(*m)).sum();
        let total: u64 = ledger.figures().values().map(|(_, minutes, _)| *minutes).sum();
        prop_assert_eq!(total, expected);
        prop_assert!(ledger.figures().values().all(|(credit, _, _)| *credit >= 0));
    }
}
