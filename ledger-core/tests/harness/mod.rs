//! A ledger in memory, and random histories of it, for the properties.
#![allow(dead_code)]

pub mod selection;

use chrono::{DateTime, NaiveDate, Utc};
use ledger_core::account::{Bucket, BucketScope};
use ledger_core::command::{Action, Command};
use ledger_core::date::OccurredOn;
use ledger_core::decide::{Context, decide, needs, needs_more};
use ledger_core::entry::{Award, Degree, Detail, Digest32, Entry, Form, ReversalReason};
use ledger_core::event::{self, Event, FORMAT_VERSION, LedgerOpened, PolicyPublished};
use ledger_core::id::{
    AccountId, Code, CourseId, LedgerId, OrganizationId, PersonId, RequestId, ResidentId, VersionId,
};
use ledger_core::identity::MergeAct;
use ledger_core::name::Name;
use ledger_core::policy::{DISTRICT_DEFAULT, Policy, Rulebook, summarize};
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::registry::{
    Course, CourseVersion, DefinedCode, InstitutionType, Names, Organization, Resident, default_codes,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default, Clone, PartialEq, Debug)]
pub struct Memory(pub BTreeMap<Key, State>);

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

pub fn organization(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

pub fn day(n: i64) -> OccurredOn {
    OccurredOn::new(NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::TimeDelta::days(n))
}

/// An hour of a talk.
pub fn lecture(id: &str, occurred_on: OccurredOn) -> Entry {
    Entry {
        account: AccountId::Resident(ResidentId::parse(id).unwrap()),
        organization: organization("school"),
        kind: Form::Lecture.default_kind(),
        detail: Detail::Lecture { series: None },
        occurred_on,
        started_on: None,
        start_time: None,
        end_time: None,
        minutes: Minutes(60),
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

/// A ledger in memory: what was decided, folded and written.
pub struct Ledger {
    pub states: Memory,
    pub log: Vec<Vec<u8>>,
    pub policy: Policy,
    pub rulebook: Rulebook,
    pub requests: u64,
    /// The instant of what is asked.
    pub now: DateTime<Utc>,
}

impl Ledger {
    pub fn open() -> Ledger {
        let policy = Policy::parse(DISTRICT_DEFAULT).unwrap();
        let rulebook = Rulebook::from(policy.clone());
        let now = "2027-06-01T04:00:00Z".parse().unwrap();
        let (states, log) = (Memory::default(), Vec::new());
        let mut ledger = Ledger { states, log, policy, rulebook, requests: 0, now };
        let opened = LedgerOpened {
            time_zone: chrono_tz::Asia::Shanghai,
            begins_on: OccurredOn::parse("2000-01-01", "d").unwrap(),
        };
        let policy = PolicyPublished {
            policy: ledger.policy.policy.clone(),
            version: 1,
            document: DISTRICT_DEFAULT.to_owned(),
            approval: None,
        };
        ledger.ask(None, Action::Open { opened, policy, codes: default_codes().unwrap() }).unwrap();
        let school = organization("school");
        let name = |text: &str| Name::parse(text, "name").unwrap();
        let new = Organization {
            organization: school.clone(),
            parent: None,
            institution_type: InstitutionType::District,
            display_name: name("示範區"),
            licensed_from: None,
        };
        ledger.ask(None, Action::RegisterOrganization(new)).unwrap();
        let residents = (1..=3).map(|n| Resident {
            resident: ResidentId::parse(&format!("r{n}")).unwrap(),
            organization: school.clone(),
        });
        ledger.ask(Some("school"), Action::RegisterResidents(residents.collect())).unwrap();
        let chess = DefinedCode {
            list: ledger_core::registry::CodeList::Contests,
            code: Code::constant("chess"),
            names: Names { hant: name("棋"), hans: name("棋"), en: name("chess") },
            form: None,
        };
        ledger.ask(None, Action::DefineCode(chess)).unwrap();
        let course = CourseId::parse("tea").unwrap();
        let new =
            Course { course: course.clone(), organization: school.clone(), display_name: name("茶藝") };
        ledger.ask(Some("school"), Action::RegisterCourse(new)).unwrap();
        for version in ["v1", "v2"] {
            let version = VersionId::parse(version).unwrap();
            let new = CourseVersion {
                course: course.clone(),
                version: version.clone(),
                organization: school.clone(),
                nominal_minutes: None,
            };
            ledger.ask(Some("school"), Action::SubmitVersion(new)).unwrap();
            let approve = Action::ApproveVersion {
                course: course.clone(),
                version,
                valid_from: Some(day(0)),
                valid_to: Some(day(2_000)),
            };
            ledger.ask(Some("school"), approve).unwrap();
        }
        ledger
    }

    /// Proposes a merge, or the undoing of one, and approves it.
    pub fn merge(&mut self, act: MergeAct) -> Result<(), ledger_core::Refusal> {
        let merged = act.merged().clone();
        let person = |id: &str| PersonId::parse(id).unwrap();
        self.ask(Some("school"), Action::ProposeMerge { act, proposed_by: person("clerk-01") })?;
        let Some(State::Resident(record)) = self.states.get(&Key::resident(&merged)) else {
            panic!("{merged} has a record");
        };
        let digest = record.merge.as_ref().unwrap().proposed.digest();
        let approve = Action::ApproveMerge { merged, digest, approved_by: person("officer-02") };
        self.ask(Some("school"), approve)
    }

    pub fn ask(&mut self, poster: Option<&str>, action: Action) -> Result<(), ledger_core::Refusal> {
        self.requests += 1;
        let now = self.now;
        let command = Command {
            poster: poster.map(organization),
            by: None,
            request_id: RequestId::parse(&format!("request-{:016}", self.requests)).unwrap(),
            digest: [0; 32],
            action,
        };
        let (first, last) = (Position(self.log.len() as u64 + 1), Position(self.log.len() as u64 + 2_000));
        let named = self.named(&command, now, first, last);
        let context = Context { now, rulebook: Some(&self.rulebook) };
        let decided = decide(&named, context, &command);
        assert_eq!(
            decided,
            decide(&self.states, context, &command),
            "a decision reads what it names, no more"
        );
        let facts = decided?;
        let stood: BTreeSet<Key> = self.states.0.keys().cloned().collect();
        for fact in facts {
            let event = Event {
                v: FORMAT_VERSION,
                ledger: LedgerId::parse("district").unwrap(),
                position: Position(self.log.len() as u64 + 1),
                recorded_at: now,
                poster: command.poster.clone(),
                by: None,
                request_id: command.request_id.clone(),
                fact,
            };
            // What an earlier fact of the same command made is at hand without being read.
            for key in projection::keys(&event).iter().filter(|key| stood.contains(*key)) {
                assert!(named.0.contains_key(key), "{key} is folded into but was not read");
            }
            projection::apply(&mut self.states, &event).unwrap();
            self.log.push(event::encode(&event).unwrap());
        }
        Ok(())
    }

    /// The states that a writer would load for a command: those it names, and what those tell.
    fn named(&self, command: &Command, now: DateTime<Utc>, first: Position, last: Position) -> Memory {
        let mut named = Memory::default();
        let mut keys = needs(command, first, last);
        loop {
            let held =
                keys.into_iter().filter_map(|key| Some((key.clone(), self.states.0.get(&key)?.clone())));
            let before = named.0.len();
            named.0.extend(held);
            if named.0.len() == before {
                return named;
            }
            keys = needs_more(&named, command, now);
        }
    }

    pub fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.states.0.values().filter_map(|state| match state {
            State::Bucket(bucket) => Some(bucket),
            _ => None,
        })
    }

    /// Credit, minutes and entries of every account, year and kind.
    pub fn figures(&self) -> BTreeMap<(String, i32, String), (i64, u64, u64)> {
        let mut figures = BTreeMap::new();
        for (key, state) in &self.states.0 {
            let State::Bucket(bucket) = state else { continue };
            let scope = BucketScope::parse(key.last_segment()).unwrap();
            for cell in summarize(&self.rulebook, scope, bucket).cells {
                let place = (key.to_string(), cell.year, cell.kind.to_string());
                figures.insert(place, (cell.credit.0, cell.minutes, cell.entries));
            }
        }
        figures
    }
}

pub fn detail() -> impl Strategy<Value = Detail> {
    let version = prop_oneof![Just("v1"), Just("v2")].prop_map(|v| VersionId::parse(v).unwrap());
    let course = || CourseId::parse("tea").unwrap();
    prop_oneof![
        (version.clone(), proptest::option::of(1_u32..600)).prop_map(move |(version, planned)| {
            Detail::OfflineCourse {
                course: course(),
                version,
                planned_minutes: planned.map(Minutes),
                mark: None,
            }
        }),
        (version, proptest::option::of(0_u8..=100)).prop_map(move |(version, mark)| Detail::OnlineCourse {
            course: course(),
            version,
            mark
        }),
        Just(Detail::Lecture { series: None }),
        Just(Detail::Drill {}),
        Just(Detail::VolunteerService { team: None }),
        (1_u32..5).prop_map(|books| Detail::Reading { books }),
        Just(Detail::Visit { venue: None }),
        prop::sample::select(Award::ALL)
            .prop_map(|award| Detail::Contest { contest: Code::constant("chess"), award }),
        (0_u8..3).prop_map(|n| Detail::Certificate { number_digest: Digest32::of(&[n]) }),
        (prop::sample::select(Degree::ALL), 0_u8..3)
            .prop_map(|(degree, n)| Detail::Degree { degree, number_digest: Digest32::of(&[n]) }),
        Just(Detail::Teaching { course: None }),
        Just(Detail::EarlyEducation {}),
        Just(Detail::YouthPractice { practice: None }),
    ]
}

pub fn entry() -> impl Strategy<Value = Entry> {
    (1_u8..=3, detail(), 0_i64..40, 1_u32..150, 0_u32..1_000_000).prop_map(
        |(who, detail, on, minutes, session)| {
            Entry {
                account: AccountId::Resident(ResidentId::parse(&format!("r{who}")).unwrap()),
                organization: organization("school"),
                kind: detail.form().default_kind(),
                detail,
                // Days around a new year, so that yearly limits meet.
                occurred_on: day(345 + on),
                started_on: None,
                start_time: None,
                end_time: None,
                minutes: Minutes(minutes),
                session: Some(ledger_core::id::SessionId::parse(&format!("s{session}")).unwrap()),
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
        },
    )
}

/// Posts entries; after some of them reverses an earlier one. Gives what was accepted.
pub fn play(ledger: &mut Ledger, steps: &[(Entry, Option<prop::sample::Index>)]) -> Vec<Entry> {
    let mut standing: Vec<(Position, Entry)> = Vec::new();
    for (entry, reverse) in steps {
        if ledger.ask(Some("school"), Action::Post(vec![entry.clone()])).is_ok() {
            standing.push((Position(ledger.log.len() as u64), entry.clone()));
        }
        if let Some(index) = reverse
            && !standing.is_empty()
        {
            let (position, entry) = standing.remove(index.index(standing.len()));
            let action =
                Action::Reverse { position, entry: Box::new(entry), reason: ReversalReason::InputError };
            ledger.ask(Some("school"), action).unwrap();
        }
    }
    standing.into_iter().map(|(_, entry)| entry).collect()
}

pub fn history() -> impl Strategy<Value = Vec<(Entry, Option<prop::sample::Index>)>> {
    proptest::collection::vec(
        (entry(), proptest::option::weighted(0.25, any::<prop::sample::Index>())),
        1..60,
    )
}

/// Every state that an event of the log touches is named by its keys; folded anew the states are the same, and they
/// survive their bytes.
pub fn assert_folds(ledger: &Ledger) {
    let mut states = Memory::default();
    for bytes in &ledger.log {
        let event = event::decode(bytes).unwrap();
        assert_eq!(&event::encode(&event).unwrap(), bytes, "an event keeps its bytes");
        let before = states.clone();
        projection::apply(&mut states, &event).unwrap();
        let named = projection::keys(&event);
        for (key, state) in &states.0 {
            assert!(
                before.0.get(key) == Some(state) || named.contains(key),
                "{key} changed but is not named"
            );
        }
    }
    assert_eq!(states, ledger.states);
    for (key, state) in &states.0 {
        let bytes = state.encode(key, &ledger.rulebook).unwrap();
        assert_eq!(&State::decode(key, &bytes).unwrap(), state, "states survive their bytes");
    }
}
