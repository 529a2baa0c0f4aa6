//! What the pure core costs: bytes of an event, one fold, one assessment. `cargo bench -p ledger-core`.
#![allow(clippy::unwrap_used, missing_docs)]

use divan::Bencher;
use ledger_core::account::{Bucket, BucketScope, Line};
use ledger_core::date::OccurredOn;
use ledger_core::entry::{Detail, Entry};
use ledger_core::event::{self, Event, FORMAT_VERSION, Fact};
use ledger_core::id::{AccountId, LedgerId, OrganizationId, RequestId, ResidentId};
use ledger_core::policy::{DISTRICT_DEFAULT, Policy, Rulebook, summarize};
use ledger_core::quantity::{Minutes, Position};

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
