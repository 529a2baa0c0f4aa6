//! Properties of reports over random histories: the same in any order, equal to a replay, equal to the tallies, and
//! persons of an organisation are the union of those below it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use ledger_core::date::OccurredOn;
use ledger_core::entry::{Detail, Entry, Reversal, ReversalReason};
use ledger_core::event::{Event, FORMAT_VERSION, Fact};
use ledger_core::id::{AccountId, Code, LedgerId, OrganizationId, RequestId, ResidentId};
use ledger_core::identity::{TieChange, Ties};
use ledger_core::month::Month;
use ledger_core::name::Name;
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::registry::{InstitutionType, Organization};
use ledger_core::report::{Bounds, Cuts, Dimension, Figures, Report, Reported, TooLarge, Tree};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const BOUNDS: Bounds = Bounds { rows: 10_000, persons: 10_000, sessions: 10_000 };
/// Each with the organisation above it.
const TREE: [(&str, &str); 6] = [
    ("district", ""),
    ("town-a", "district"),
    ("school-1", "town-a"),
    ("school-2", "town-a"),
    ("town-b", "district"),
    ("school-3", "town-b"),
];

#[derive(Default)]
struct Memory(BTreeMap<Key, State>);

impl States for Memory {
    fn get(&self, key: &Key) -> Option<&State> {
        self.0.get(key)
    }

    fn entry(&mut self, key: &Key, make: fn() -> State) -> &mut State {
        self.0.entry(key.clone()).or_insert_with(make)
    }

    fn put(&mut self, key: Key, state: State) {
        self.0.insert(key, state);
    }
}

fn organization(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

fn event(position: u64, fact: Fact) -> Event {
    Event {
        v: FORMAT_VERSION,
        ledger: LedgerId::parse("district").unwrap(),
        position: Position(position),
        recorded_at: chrono::DateTime::UNIX_EPOCH,
        poster: None,
        by: None,
        request_id: RequestId::parse("0123456789abcdef").unwrap(),
        fact,
    }
}

/// A step of a history: who learned what where and when, and which earlier entry is reversed then.
type Step = (u8, u8, u8, u8, u32, Option<prop::sample::Index>);

fn history() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        1..=5_u8,
        2..6_u8,
        0..4_u8,
        0..90_u8,
        1..200_u32,
        proptest::option::weighted(0.3, any::<prop::sample::Index>()),
    );
    proptest::collection::vec(step, 1..60)
}

fn entry(&(who, place, what, day, minutes, _): &Step) -> Entry {
    let place = organization(TREE[usize::from(place)].0);
    let detail = match what {
        0 => Detail::Lecture { series: None },
        1 => Detail::Drill {},
        2 => Detail::Reading { books: 1 },
        _ => Detail::HeadCount { persons: minutes },
    };
    let account = match &detail {
        Detail::HeadCount { .. } => AccountId::Organization(place.clone()),
        _ => AccountId::Resident(ResidentId::parse(&format!("r{who}")).unwrap()),
    };
    let first = OccurredOn::parse("2026-01-01", "day").unwrap().date();
    Entry {
        account,
        organization: place,
        kind: detail.form().default_kind(),
        detail,
        occurred_on: OccurredOn::new(first + chrono::TimeDelta::days(i64::from(day))),
        started_on: None,
        start_time: None,
        end_time: None,
        minutes: Minutes(minutes),
        session: None,
        attested_by: None,
        evidence: None,
        subject: (who > 2).then(|| Code::constant("health")),
        audience: None,
        campaign: None,
        programme: None,
        restores: None,
        batch: None,
        corrects: None,
    }
}

/// The log of a history: the tree, then entries and reversals.
fn log(steps: &[Step]) -> Vec<Event> {
    let mut events = Vec::new();
    for (id, parent) in TREE {
        let new = Organization {
            organization: organization(id),
            parent: (!parent.is_empty()).then(|| organization(parent)),
            institution_type: InstitutionType::Community,
            display_name: Name::parse(id, "name").unwrap(),
            licensed_from: None,
        };
        events.push(event(events.len() as u64 + 1, Fact::OrganizationRegistered(new)));
    }
    let mut standing: Vec<(Position, Entry)> = Vec::new();
    for step in steps {
        let entry = entry(step);
        let position = events.len() as u64 + 1;
        standing.push((Position(position), entry.clone()));
        events.push(event(position, Fact::EntryRecorded(Box::new(entry))));
        let Some(index) = step.5 else { continue };
        let (reversed, entry) = standing.remove(index.index(standing.len()));
        let reason = ReversalReason::InputError;
        let reversal = Reversal::of(reversed, &entry, &entry.organization, reason);
        events.push(event(events.len() as u64 + 1, Fact::EntryReversed(reversal)));
    }
    events
}

fn fold(events: &[Event]) -> Memory {
    let mut states = Memory::default();
    for event in events {
        projection::apply(&mut states, event).unwrap();
    }
    states
}

fn tree(states: &Memory, root: Option<&str>, at: Position) -> Tree {
    let records = states.0.values().filter_map(|state| match state {
        State::Organization(record) => Some(record.clone()),
        _ => None,
    });
    Tree::of(records.collect(), root.map(organization).as_ref(), at)
}

/// What the month rolls of a fold find: entries with where they were reversed, as a reader takes them up.
fn found(states: &Memory, events: &[Event]) -> Vec<(Position, Entry, Option<Position>)> {
    let mut found = Vec::new();
    for month in ["2026-01", "2026-02", "2026-03"] {
        let prefix = Key::month_prefix(Month::parse(month, "month").unwrap());
        let rolls = || {
            states.0.iter().filter(|(key, _)| key.as_str().starts_with(&prefix)).filter_map(|(key, state)| {
                match state {
                    State::MonthRoll(roll) => Some((key.last_segment().parse().unwrap(), roll)),
                    _ => None,
                }
            })
        };
        let reversed: BTreeMap<Position, Position> = rolls()
            .flat_map(|(window, roll)| {
                roll.reversals(window).map(|(at, entry)| (entry, at)).collect::<Vec<_>>()
            })
            .collect();
        for (window, roll) in rolls() {
            for position in roll.entries(window) {
                let place = usize::try_from(position.0).unwrap() - 1;
                let Fact::EntryRecorded(entry) = &events[place].fact else {
                    panic!("{position} is no entry")
                };
                assert_eq!(Month::of(entry.occurred_on).to_string(), month);
                found.push((position, (**entry).clone(), reversed.get(&position).copied()));
            }
        }
    }
    found
}

fn report(
    tree: &Tree,
    cuts: Cuts,
    by: &[Dimension],
    entries: &[(Position, Entry, Option<Position>)],
) -> Reported {
    let ties = Ties::default();
    let mut report = Report::new(tree, &ties, cuts, by, BOUNDS);
    for (position, entry, reversed) in entries {
        report.record(*position, entry, *reversed).unwrap();
    }
    report.finish().unwrap()
}

fn open(now: usize) -> Cuts {
    Cuts::open(Position(now as u64))
}

fn row<'a>(reported: &'a Reported, values: &[&str]) -> Option<&'a Figures> {
    reported.rows.iter().find(|row| row.values == values).map(|row| &row.restated)
}

proptest! {
    #[test]
    fn a_report_is_the_same_in_any_order(steps in history(), seed in any::<u64>()) {
        let events = log(&steps);
        let states = fold(&events);
        let all = tree(&states, None, Position(u64::MAX));
        let by = [Dimension::Organization, Dimension::Kind, Dimension::Subject];
        let mut entries = found(&states, &events);
        let straight = report(&all, open(events.len()), &by, &entries);
        let mut state = seed;
        for n in (1..entries.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            entries.swap(n, usize::try_from(state >> 33).unwrap() % (n + 1));
        }
        prop_assert_eq!(report(&all, open(events.len()), &by, &entries), straight);
    }

    #[test]
    fn a_report_as_of_a_position_is_that_of_the_log_cut_there(
        steps in history(),
        cut in any::<prop::sample::Index>(),
        closing in any::<prop::sample::Index>(),
    ) {
        let events = log(&steps);
        let cut = TREE.len() + cut.index(events.len() - TREE.len() + 1);
        let closing = closing.index(cut) + 1;
        let by = [Dimension::Month, Dimension::Organization, Dimension::Mode];
        let states = fold(&events);
        let replayed = fold(&events[..cut]);
        let all = tree(&states, None, Position(cut as u64));
        let month = |text: &str| Month::parse(text, "month").unwrap();
        let january = (month("2026-01"), Some(Position(closing as u64)));
        let months = [january, (month("2026-02"), None), (month("2026-03"), None)];
        let cuts = || Cuts::of(Position(cut as u64), months);
        let then = report(&all, cuts(), &by, &found(&states, &events));
        prop_assert_eq!(&then, &report(&all, cuts(), &by, &found(&replayed, &events)));
        // The closed column of the closed month is the open report of the log that ends at its closing.
        let at_closing = fold(&events[..closing]);
        let snapshot = report(&all, open(closing), &by, &found(&at_closing, &events));
        for held in then.rows.iter().filter(|row| row.values[0] == "2026-01") {
            let values: Vec<&str> = held.values.iter().map(String::as_str).collect();
            let expected = row(&snapshot, &values).copied().unwrap_or_default();
            prop_assert_eq!(held.closed, Some(expected));
        }
    }

    #[test]
    fn the_persons_of_an_organisation_are_the_union_of_those_below_it(steps in history()) {
        let events = log(&steps);
        let states = fold(&events);
        let all = tree(&states, None, Position(u64::MAX));
        let entries = found(&states, &events);
        let reported = report(&all, open(events.len()), &[Dimension::Organization], &entries);
        for (id, _) in TREE {
            let number = all.number(&organization(id)).unwrap();
            let below = |entry: &Entry| all.upwards(all.number(&entry.organization).unwrap()).any(|n| n == number);
            let live = || entries.iter().filter(|(_, entry, reversed)| reversed.is_none() && below(entry));
            let persons: BTreeSet<&AccountId> = live()
                .map(|(_, entry, _)| &entry.account)
                .filter(|account| matches!(account, AccountId::Resident(_)))
                .collect();
            let figures = row(&reported, &[id]).copied().unwrap_or_default();
            prop_assert_eq!(figures.persons, persons.len() as u64, "{}", id);
            let named = live().filter(|(_, entry, _)| entry.detail.persons() == 0).count();
            prop_assert_eq!(figures.attendances, named as u64);
            // Asked about by itself, an organisation has the same figures as in the tree.
            let alone = tree(&states, Some(id), Position(u64::MAX));
            prop_assert_eq!(report(&alone, open(events.len()), &[], &entries).total.restated, figures);
        }
    }

    #[test]
    fn a_report_says_what_the_tallies_of_each_organisation_say(steps in history()) {
        let events = log(&steps);
        let states = fold(&events);
        let entries = found(&states, &events);
        for (id, _) in TREE.iter().filter(|(id, _)| id.starts_with("school")) {
            let alone = tree(&states, Some(id), Position(u64::MAX));
            let by = [Dimension::Month, Dimension::Kind];
            let reported = report(&alone, open(events.len()), &by, &entries);
            let Some(State::Tally(tallies)) = states.get(&Key::organization_year(&organization(id), 2026)) else {
                prop_assert!(reported.rows.is_empty());
                continue;
            };
            prop_assert_eq!(tallies.cells.len(), reported.rows.len());
            for cell in &tallies.cells {
                let month = format!("2026-{:02}", cell.month);
                let figures = row(&reported, &[&month, cell.kind.as_str()]).unwrap();
                let tally = cell.tally;
                prop_assert_eq!(
                    (figures.attendances, figures.heads, figures.minutes, figures.reversed),
                    (tally.entries, tally.heads, tally.minutes, tally.reversed)
                );
            }
        }
    }
}

#[test]
fn a_report_past_its_bounds_says_so_and_holds_no_more() {
    let steps: Vec<Step> = (1..=5).map(|who| (who, 2, 0, who, 60, None)).collect();
    let events = log(&steps);
    let states = fold(&events);
    let all = tree(&states, None, Position(u64::MAX));
    let entries = found(&states, &events);
    let ties = Ties::default();
    let take = |bounds: Bounds, by: &[Dimension]| {
        let mut report = Report::new(&all, &ties, open(events.len()), by, bounds);
        entries
            .iter()
            .try_for_each(|(position, entry, reversed)| report.record(*position, entry, *reversed))?;
        report.finish().map(|reported| reported.rows.len())
    };
    let bounds = |rows, persons, sessions| Bounds { rows, persons, sessions };
    assert_eq!(take(bounds(10, 4, 9), &[]), Err(TooLarge::Persons(4)));
    // Five lectures, each on a day of its own.
    assert_eq!(take(bounds(10, 9, 4), &[]), Err(TooLarge::Sessions(4)));
    assert_eq!(take(bounds(1, 9, 9), &[Dimension::Subject]), Err(TooLarge::Rows(1)));
    // One school has two organisations above it: three rows when it is rolled up.
    assert_eq!(take(bounds(2, 9, 9), &[Dimension::Organization]), Err(TooLarge::Rows(2)));
    assert_eq!(take(bounds(3, 9, 9), &[Dimension::Organization]), Ok(3));
}

#[test]
fn who_was_renamed_between_two_closings_is_one_person_of_both_months() {
    // 居民 r1 learns in January; then r1 gets the id r9, and learns in February. r2 learns in January.
    let lecture = |who: u8, day: u8| entry(&(who, 2, 0, day, 60, None));
    let entries = [(10, lecture(1, 3)), (11, lecture(2, 4)), (21, lecture(9, 40))]
        .map(|(at, entry)| (Position(at), entry));
    let resident = |id: &str| ResidentId::parse(id).unwrap();
    let renamed = TieChange { at: Position(15), resident: resident("r1"), into: Some(resident("r9")) };
    let merged = TieChange { at: Position(25), resident: resident("r2"), into: Some(resident("r9")) };
    let ties: Ties = [renamed, merged].into_iter().collect();
    let states = fold(&log(&[]));
    let all = tree(&states, None, Position(u64::MAX));
    let month = |text: &str| Month::parse(text, "month").unwrap();
    // January was closed at 12, February at 22, and the answer is that of 30.
    let months = [(month("2026-01"), Some(Position(12))), (month("2026-02"), Some(Position(22)))];
    let persons = |months: &[(Month, Option<Position>)], by: &[Dimension]| {
        let cuts = Cuts::of(Position(30), months.iter().copied());
        let mut report = Report::new(&all, &ties, cuts, by, BOUNDS);
        for (position, entry) in &entries {
            if months.iter().any(|(month, _)| *month == Month::of(entry.occurred_on)) {
                report.record(*position, entry, None).unwrap();
            }
        }
        let reported = report.finish().unwrap();
        let rows = std::iter::once(&reported.total).chain(&reported.rows);
        rows.map(|row| (row.closed.unwrap().persons, row.restated.persons)).collect::<Vec<_>>()
    };
    // At the closing of February r1 and r9 were one person, r2 another; by now all are one.
    assert_eq!(persons(&months, &[]), [(2, 1)]);
    assert_eq!(persons(&months, &[Dimension::Kind]), [(2, 1), (2, 1)]);
    // A row of a month is what that month's own report says.
    assert_eq!(persons(&months, &[Dimension::Month]), [(2, 1), (2, 1), (1, 1)]);
    assert_eq!(persons(&months[..1], &[]), [(2, 1)]);
    // Where a month is open, the figures that span it are of the answer.
    assert_eq!(persons(&[months[0], (month("2026-02"), None)], &[]), [(1, 1)]);
}

#[test]
fn a_carer_guided_at_two_stations_counts_in_the_town_above_both() {
    use ledger_core::report::Period;
    use ledger_core::report::indicator::{Indicator, Measure, preset};
    let (_, carers): (_, Indicator) =
        preset(&ledger_core::id::IndicatorId::parse("carers-0-3").unwrap()).unwrap();
    // Carer 1: three times at one station, once at the other. Carer 2: three times. What else they learn is not counted.
    let guided = |who: u8, place: u8, day: u8| Entry {
        detail: Detail::EarlyEducation {},
        kind: Code::constant("ECE"),
        ..entry(&(who, place, 0, day, 30, None))
    };
    let mut entries: Vec<Entry> = (0..3).flat_map(|day| [guided(1, 2, day), guided(2, 2, day)]).collect();
    entries.push(guided(1, 3, 9));
    entries.push(entry(&(2, 2, 0, 10, 30, None)));
    let states = fold(&log(&[]));
    let all = tree(&states, None, Position(u64::MAX));
    let windows = [Period::parse("2026", "period").unwrap()];
    let ties = Ties::default();
    let mut measure = Measure::new(&all, &ties, &carers, &windows, Position(1_000), BOUNDS);
    for (position, entry) in (100..).zip(&entries) {
        measure.record(Position(position), entry, None).unwrap();
    }
    let figures = measure.finish().remove(0);
    let of = |id: &str| figures[all.number(&organization(id)).unwrap() as usize].value;
    assert_eq!([of("school-1"), of("school-2"), of("town-a"), of("town-b"), of("district")], [0, 0, 1, 0, 1]);
}
