//! Properties of households over random histories: members that come and go, moves, splits and ends, guardians and
//! consent, with accounts that are merged in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use harness::{Ledger, Memory, assert_folds, day, organization};
use ledger_core::command::Action;
use ledger_core::entry::{Detail, Entry};
use ledger_core::event;
use ledger_core::id::{AccountId, Code, HouseholdId, OrganizationId, PersonId, ResidentId};
use ledger_core::identity::{MergeAct, Purpose, Role, answers_for, family, lacking_consent};
use ledger_core::name::Name;
use ledger_core::projection::{self, HouseholdRecord, Key, ResidentRecord, State, States};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::registry::{Household, InstitutionType, Organization, Resident};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

/// Behind everything.
const NOW: Position = Position(u64::MAX);
const RESIDENTS: u8 = 6;
const HOUSEHOLDS: u8 = 5;
const DAYS: i64 = 12;

fn resident(n: u8) -> ResidentId {
    ResidentId::parse(&format!("r{n}")).unwrap()
}

fn household(n: u8) -> HouseholdId {
    HouseholdId::parse(&format!("h{n}")).unwrap()
}

fn community(n: u8) -> OrganizationId {
    organization(if n == 0 { "east" } else { "west" })
}

/// A district `school` with the communities `east` and `west`, six residents and the households `h1` and `h2`.
fn open() -> Ledger {
    let mut ledger = Ledger::open();
    for id in ["east", "west"] {
        let new = Organization {
            organization: organization(id),
            parent: Some(organization("school")),
            institution_type: InstitutionType::Community,
            display_name: Name::parse("社區", "name").unwrap(),
            licensed_from: None,
        };
        ledger.ask(None, Action::RegisterOrganization(new)).unwrap();
    }
    let residents =
        (4..=RESIDENTS).map(|n| Resident { resident: resident(n), organization: organization("school") });
    ledger.ask(Some("school"), Action::RegisterResidents(residents.collect())).unwrap();
    for n in [1, 2] {
        let new = Household { household: household(n), organization: community(0) };
        ledger.ask(Some("school"), Action::RegisterHousehold(new)).unwrap();
    }
    ledger
}

fn award(n: u8, on: i64) -> Entry {
    let detail = Detail::HouseholdAward { title: Code::constant("model") };
    Entry {
        account: AccountId::Household(household(n)),
        organization: organization("school"),
        kind: detail.form().default_kind(),
        detail,
        occurred_on: day(on),
        started_on: None,
        start_time: None,
        end_time: None,
        minutes: Minutes(0),
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
    }
}

fn action() -> impl Strategy<Value = Action> {
    let who = || (1..=RESIDENTS).prop_map(resident);
    let house = || (1..=HOUSEHOLDS).prop_map(household);
    let on = || (0..DAYS).prop_map(day);
    let role = prop_oneof![3 => Just(Role::Adult), 2 => Just(Role::Minor)];
    let to = proptest::option::weighted(0.2, on());
    let purpose = Purpose::Selection;
    prop_oneof![
        8 => (house(), who(), role, on(), to).prop_map(|(household, resident, role, from, to)| {
            Action::JoinHousehold { household, resident, role, from, to }
        }),
        2 => (house(), who(), on()).prop_map(|(household, resident, last_day)| {
            Action::LeaveHousehold { household, resident, last_day }
        }),
        2 => (house(), 0..2_u8, on()).prop_map(|(household, n, from)| {
            Action::MoveHousehold { household, community: community(n), from }
        }),
        1 => (house(), on()).prop_map(|(household, last_day)| Action::DissolveHousehold { household, last_day }),
        3 => (house(), house(), proptest::collection::vec(who(), 1..3), proptest::option::of(0..2_u8), on()).prop_map(
            |(household, into, members, to, from)| {
                Action::SplitHousehold { household, into, members, community: to.map(community), from }
            }
        ),
        3 => (who(), who(), on()).prop_map(|(resident, guardian, from)| {
            Action::NameGuardian { resident, guardian, from }
        }),
        1 => (who(), who(), on()).prop_map(|(resident, guardian, last_day)| {
            Action::ReleaseGuardian { resident, guardian, last_day }
        }),
        4 => (who(), who(), on()).prop_map(move |(resident, given_by, from)| {
            Action::GiveConsent { resident, given_by, purpose, from }
        }),
        3 => (who(), on()).prop_map(move |(resident, from)| {
            Action::GiveConsent { given_by: resident.clone(), resident, purpose, from }
        }),
        1 => (who(), on()).prop_map(move |(resident, last_day)| {
            Action::WithdrawConsent { resident, purpose, last_day }
        }),
        1 => (who(), who()).prop_map(|(merged, survivor)| propose(MergeAct::Merge { merged, survivor })),
        1 => who().prop_map(|merged| propose(MergeAct::Unmerge { merged, kept: Vec::new() })),
        2 => (1..=HOUSEHOLDS, 0..DAYS).prop_map(|(n, on)| Action::Post(vec![award(n, on)])),
    ]
}

fn propose(act: MergeAct) -> Action {
    Action::ProposeMerge { act, proposed_by: PersonId::parse("clerk-01").unwrap() }
}

fn history() -> impl Strategy<Value = Vec<Action>> {
    proptest::collection::vec(action(), 1..60)
}

/// Asks for all; what is refused changes nothing.
fn play(ledger: &mut Ledger, actions: &[Action]) {
    for action in actions {
        let before = ledger.states.clone();
        let asked = match action {
            Action::ProposeMerge { act, .. } => ledger.merge(act.clone()),
            action => ledger.ask(Some("school"), action.clone()),
        };
        if asked.is_err() {
            assert_eq!(ledger.states, before, "a refusal changes nothing");
        }
    }
}

fn record<'a>(states: &'a Memory, id: &ResidentId) -> Option<&'a ResidentRecord> {
    match states.get(&Key::resident(id)) {
        Some(State::Resident(record)) => Some(record),
        _ => None,
    }
}

fn households(states: &Memory) -> impl Iterator<Item = &HouseholdRecord> {
    (1..=HOUSEHOLDS).filter_map(|n| match states.get(&Key::household(&household(n))) {
        Some(State::Household(record)) => Some(record),
        _ => None,
    })
}

/// What the states tell of a household on a day, as was known at a position.
fn told(states: &Memory, held: &HouseholdRecord, on: i64, at: Position) -> impl PartialEq + std::fmt::Debug {
    let lacking = lacking_consent(held, Purpose::Selection, day(on), at, |id| record(states, id)).unwrap();
    (
        held.community_on(day(on), at).clone(),
        held.is_dissolved_on(day(on), at),
        held.members_on(day(on), at).collect::<Vec<_>>(),
        lacking,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn with_households_too_incremental_is_rebuilt(actions in history()) {
        let mut ledger = open();
        play(&mut ledger, &actions);
        assert_folds(&ledger);
    }

    #[test]
    fn what_was_known_of_a_day_at_a_position_is_read_off_the_states_of_today(
        actions in history(),
        at in any::<Index>(),
    ) {
        let mut ledger = open();
        play(&mut ledger, &actions);
        let at = at.index(ledger.log.len()) + 1;
        let mut then = Memory::default();
        for bytes in &ledger.log[..at] {
            projection::apply(&mut then, &event::decode(bytes).unwrap()).unwrap();
        }
        let at = Position(at as u64);
        let today: Vec<_> = households(&ledger.states).filter(|held| held.registered_at <= at).collect();
        prop_assert_eq!(today.len(), households(&then).count());
        for (today, before) in today.into_iter().zip(households(&then)) {
            for on in 0..DAYS {
                prop_assert_eq!(told(&ledger.states, today, on, at), told(&then, before, on, NOW));
            }
        }
        for id in (1..=RESIDENTS).map(resident) {
            let Some(before) = record(&then, &id) else { continue };
            prop_assert_eq!(&record(&ledger.states, &id).unwrap().identity.as_of(at), &before.identity);
        }
    }

    #[test]
    fn a_person_is_in_one_household_a_day_and_a_minor_never_without_an_adult(actions in history()) {
        let mut ledger = open();
        play(&mut ledger, &actions);
        let states = &ledger.states;
        for on in 0..DAYS {
            let mut seen = BTreeSet::new();
            for held in households(states) {
                let members: Vec<_> = held.members_on(day(on), NOW).collect();
                let adults = members.iter().filter(|member| member.membership.role == Role::Adult).count();
                prop_assert!(members.is_empty() || adults > 0, "{:?} on {}", members, day(on));
                prop_assert!(members.is_empty() || !held.is_dissolved_on(day(on), NOW));
                let persons: BTreeSet<_> = members
                    .iter()
                    .map(|member| answers_for(&member.resident, NOW, &|id| record(states, id)).unwrap())
                    .collect();
                for person in persons {
                    prop_assert!(seen.insert(person.clone()), "{} twice on {}", person, day(on));
                }
            }
        }
    }

    #[test]
    fn nothing_of_a_household_is_dated_after_its_last_day(actions in history()) {
        let mut ledger = open();
        play(&mut ledger, &actions);
        for held in households(&ledger.states) {
            let Some(end) = held.dissolved else { continue };
            let id = AccountId::Household(held.household.household.clone());
            let awards = ledger.states.0.iter().filter_map(|(key, state)| match state {
                State::Bucket(bucket) if key.as_str().starts_with(&Key::bucket_prefix(&id)) => Some(bucket),
                _ => None,
            });
            prop_assert!(awards.flat_map(|bucket| bucket.live()).all(|line| line.occurred_on <= end.last_day));
            prop_assert!(held.moves.iter().all(|moved| moved.from <= end.last_day));
            for member in &held.members {
                prop_assert!(member.membership.term.to.is_some_and(|to| to <= end.last_day));
            }
        }
    }

    #[test]
    fn consent_of_an_adult_is_their_own_and_that_of_a_minor_somebody_elses(actions in history()) {
        let mut ledger = open();
        play(&mut ledger, &actions);
        let states = &ledger.states;
        for held in households(states) {
            for on in 0..DAYS {
                let lacking =
                    lacking_consent(held, Purpose::Selection, day(on), NOW, |id| record(states, id)).unwrap();
                for member in held.members_on(day(on), NOW) {
                    let family = family(&member.resident, NOW, |id| record(states, id)).unwrap();
                    // Where accounts answer as one the newest membership says of what age.
                    let twice = held.members_on(day(on), NOW).filter(|other| family.has(&other.resident)).count();
                    if twice > 1 || lacking.contains(&family.survivor) {
                        continue;
                    }
                    let own = member.membership.role == Role::Adult;
                    let given = family.members().filter_map(|id| record(states, id)).any(|record| {
                        record.identity.consents.iter().any(|consent| {
                            consent.term.is_on(day(on)) && family.has(&consent.given_by) == own
                        })
                    });
                    prop_assert!(given, "{} on {}", member.resident, day(on));
                }
            }
        }
    }
}
