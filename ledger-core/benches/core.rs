//! What the pure core costs: bytes of an event, one fold, one assessment. `cargo bench -p ledger-core`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a measurement that fails ends here")]

use divan::Bencher;
use ledger_core::account::{Bucket, BucketScope, Line, ROLL_WINDOW, Roll};
use ledger_core::date::OccurredOn;
use ledger_core::entry::{Detail, Entry};
use ledger_core::event::{self, Event, FORMAT_VERSION, Fact};
use ledger_core::id::{AccountId, LedgerId, OrganizationId, RequestId, ResidentId};
use ledger_core::month::Month;
use ledger_core::policy::{DISTRICT_DEFAULT, Policy, Rulebook, summarize};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::report::MonthRoll;
use std::collections::BTreeMap;

fn main() {
    divan::main();
}

fn lecture(n: u64) -> Event {
    let detail = Detail::Lecture { series: None };
    let day = format!("2026-{:02}-{:02}", n % 12 + 1, n % 28 + 1);
    let entry = Entry {
        account: AccountId::Resident(ResidentId::parse("r0001").unwrap()),
        organization: OrganizationId::parse("jinma-school").unwrap(),
        kind: detail.form().default_kind(),
        detail,
        occurred_on: OccurredOn::parse(&day, "day").unwrap(),
        started_on: None,
        start_time: None,
        end_time: None,
        minutes: Minutes(90),
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
    Event {
        v: FORMAT_VERSION,
        ledger: LedgerId::parse("district").unwrap(),
        position: Position(n),
        recorded_at: chrono::DateTime::UNIX_EPOCH,
        poster: Some(entry.organization.clone()),
        by: None,
        request_id: RequestId::parse("01890000-0000-7000-8000-000000000001").unwrap(),
        fact: Fact::EntryRecorded(Box::new(entry)),
    }
}

#[divan::bench]
fn encode_event(bencher: Bencher<'_, '_>) {
    let event = lecture(1);
    bencher.bench(|| event::encode(divan::black_box(&event)).unwrap());
}

#[divan::bench]
fn decode_event(bencher: Bencher<'_, '_>) {
    let bytes = event::encode(&lecture(1)).unwrap();
    bencher.bench(|| event::decode(divan::black_box(&bytes)).unwrap());
}

#[divan::bench]
fn line_of_entry(bencher: Bencher<'_, '_>) {
    let Fact::EntryRecorded(entry) = lecture(1).fact else { return };
    bencher.bench(|| Line::of(Position(1), divan::black_box(&entry)));
}

#[divan::bench(args = [1, 20, 200])]
fn summarize_bucket(bencher: Bencher<'_, '_>, lines: u64) {
    let rulebook = Rulebook::from(Policy::parse(DISTRICT_DEFAULT).unwrap());
    let mut bucket = Bucket::default();
    for n in 1..=lines {
        if let Fact::EntryRecorded(entry) = lecture(n).fact {
            bucket.record(Position(n), &entry);
        }
    }
    bencher
        .bench(|| summarize(divan::black_box(&rulebook), BucketScope::Year(2026), divan::black_box(&bucket)));
}

/// What one posting adds to the rolls: that of its organisation, and that of its month.
#[divan::bench]
fn roll_of_organization(bencher: Bencher<'_, '_>) {
    let id = OrganizationId::parse("jinma-school").unwrap();
    rolled(
        bencher,
        |n| Key::roll(&id, n / ROLL_WINDOW),
        || State::Roll(Roll::default()),
        |state, at| {
            if let State::Roll(roll) = state {
                roll.record(at);
            }
        },
    );
}

#[divan::bench]
fn roll_of_month(bencher: Bencher<'_, '_>) {
    let month = Month::parse("2026-05", "month").unwrap();
    rolled(
        bencher,
        |n| Key::month_roll(month, n / ROLL_WINDOW),
        || State::MonthRoll(MonthRoll::default()),
        |state, at| {
            if let State::MonthRoll(roll) = state {
                roll.record(at);
            }
        },
    );
}

/// A round of 256 postings: names, folds, and the bytes of what was touched.
fn rolled(
    bencher: Bencher<'_, '_>,
    key: impl Fn(u64) -> Key + Sync,
    make: fn() -> State,
    record: impl Fn(&mut State, Position) + Sync,
) {
    let rulebook = Rulebook::from(Policy::parse(DISTRICT_DEFAULT).unwrap());
    bencher.counter(divan::counter::ItemsCount::new(256_u32)).bench(|| {
        let mut states: BTreeMap<Key, State> = BTreeMap::new();
        for n in 2_000..2_256 {
            record(states.entry(key(n)).or_insert_with(make), Position(n));
        }
        states.iter().map(|(key, state)| state.encode(key, &rulebook).unwrap().len()).sum::<usize>()
    });
}
