//! The selection: all households evaluated and ranked in one pass, beside the same fold over records that lie in memory
//! decoded; and the evaluation of one household beside a balance read.
//!
//! The states are those that the projection makes of some twenty entries a resident. The entries themselves are not
//! written to the log, which nothing here reads; their positions begin anew with each household.

use crate::closed_loop::{calls_per_second, channels};
use crate::floor::Memory;
use crate::table::Table;
use crate::{CONNECTIONS, ROUNDS, ledger, median, seconds, url};
use creditbank_grpc::proto;
use creditbank_ledger::{Limits, Question, Yardstick, system_clock};
use creditbank_store::SqliteStore;
use ledger_core::account::{Bucket, PosterTag};
use ledger_core::date::OccurredOn;
use ledger_core::entry::{Detail, Entry};
use ledger_core::event::{Event, FORMAT_VERSION, Fact};
use ledger_core::id::{AccountId, Code, HouseholdId, OrganizationId, RequestId, ResidentId, SessionId};
use ledger_core::identity::{HouseholdJoined, HouseholdRegistered, Role};
use ledger_core::policy::{Policy, Rulebook, assess_account_briefly};
use ledger_core::ports::{Generation, GenerationWrite, Purpose, StateQuery, Store, StoredState};
use ledger_core::projection::{self, Key, STATE_FORMAT, State};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::registry::Resident;
use ledger_core::selection::{
    Candidate, CandidateYear, FAMILY_DEFAULT, Judged, MemberYear, Reading, ScoreSheet, Votes, Window, rank,
};
use proto::account_service_client::AccountServiceClient;
use proto::evaluation_service_client::EvaluationServiceClient;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Entries of a resident.
const ENTRIES: usize = 20;
/// States of one write.
const PART: usize = 8_192;

fn households() -> usize {
    std::env::var("CREDITBANK_BENCH_HOUSEHOLDS").map_or(30_000, |n| n.parse().unwrap())
}

/// Of ten households one has two members, eight have three to four, one has five: a million in 300,000.
fn members(household: usize) -> usize {
    [2, 3, 3, 3, 3, 3, 3, 4, 4, 5][household % 10]
}

fn day(text: &str) -> OccurredOn {
    OccurredOn::parse(text, "day").unwrap()
}

/// What a community of one household records.
struct Maker {
    events: Vec<Fact>,
    school: OrganizationId,
    kinds: [Code; 3],
    days: Vec<OccurredOn>,
}

impl Maker {
    fn new() -> Maker {
        let days = (2025..=2026).flat_map(|year| {
            (1..=12).flat_map(move |month| [3, 17].map(|d| day(&format!("{year}-{month:02}-{d:02}"))))
        });
        Maker {
            events: Vec::new(),
            school: OrganizationId::parse("school-01").unwrap(),
            kinds: ["LEC", "VOL", "RDG"].map(|kind| Code::parse(kind, "kind").unwrap()),
            days: days.collect(),
        }
    }

    fn entry(&self, resident: &ResidentId, household: usize, n: usize) -> Entry {
        let seed = household * 7 + n * 13;
        // Every third lecture is one that the whole household hears.
        let (kind, detail, minutes, session) = match n % 4 {
            0 => (1, Detail::VolunteerService { team: None }, 60 + (seed % 3) as u32 * 30, None),
            1 => (2, Detail::Reading { books: 1 + (seed % 2) as u32 }, 60, None),
            _ => {
                let together = n.is_multiple_of(3).then(|| SessionId::parse(&format!("s{n:02}")).unwrap());
                (0, Detail::Lecture { series: None }, 60 + (seed % 4) as u32 * 30, together)
            }
        };
        Entry {
            account: AccountId::Resident(resident.clone()),
            organization: self.school.clone(),
            kind: self.kinds[kind].clone(),
            detail,
            occurred_on: self.days[(n * 2 + usize::from(session.is_none()) * (seed % 2)) % self.days.len()],
            started_on: None,
            start_time: None,
            end_time: None,
            minutes: Minutes(minutes),
            session,
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

    /// The states of a household and of all who live there, made by the projection.
    fn household(&mut self, household: usize, first_resident: usize) -> Vec<(Key, State)> {
        let organization = OrganizationId::parse(&format!("community-{:03}", household % 200)).unwrap();
        let id = HouseholdId::parse(&format!("h{household:07}")).unwrap();
        let mut facts = std::mem::take(&mut self.events);
        facts.push(Fact::HouseholdRegistered(HouseholdRegistered {
            household: id.clone(),
            organization: organization.clone(),
            split_from: None,
        }));
        for member in 0..members(household) {
            let resident = ResidentId::parse(&format!("r{:08}", first_resident + member)).unwrap();
            facts.push(Fact::ResidentRegistered(Resident {
                resident: resident.clone(),
                organization: self.school.clone(),
            }));
            facts.push(Fact::HouseholdJoined(HouseholdJoined {
                household: id.clone(),
                resident: resident.clone(),
                role: if member < 2 { Role::Adult } else { Role::Minor },
                from: day("2024-01-01"),
                to: None,
                organization: organization.clone(),
            }));
            facts.extend(
                (0..ENTRIES).map(|n| Fact::EntryRecorded(Box::new(self.entry(&resident, household, n)))),
            );
        }
        let mut memory = Memory::default();
        for (n, fact) in facts.drain(..).enumerate() {
            let event = Event {
                v: FORMAT_VERSION,
                ledger: ledger(),
                position: Position(n as u64 + 1),
                recorded_at: chrono::DateTime::UNIX_EPOCH,
                poster: None,
                by: None,
                request_id: RequestId::parse("bench-00000000000").unwrap(),
                fact,
            };
            projection::apply(&mut memory, &event).unwrap();
        }
        self.events = facts;
        let kept = ["households/", "residents/", "accounts/"];
        let mut states: Vec<_> = memory
            .0
            .into_iter()
            .filter(|(key, _)| kept.iter().any(|prefix| key.as_str().starts_with(prefix)))
            .collect();
        states.sort_by(|(a, _), (b, _)| a.cmp(b));
        states
    }
}

/// Writes a district into a generation of its own and serves it.
async fn fill(store: &Arc<dyn Store>, rulebook: &Rulebook) -> (usize, usize) {
    let claim = Generation {
        number: 0x100,
        format: STATE_FORMAT,
        purpose: Purpose::Rebuild,
        holder: 1,
        heard_of_us: 0,
        checkpoint: Vec::new(),
    };
    store.claim_generation(&ledger(), &claim, None).await.unwrap();
    let everything = StateQuery::Prefix { prefix: String::new(), after: None, limit: u32::MAX };
    let (_, mut base) = store.read_states(&ledger(), &[everything]).await.unwrap();
    let mut part = base.pop().unwrap();
    let (mut maker, mut residents, mut entries) = (Maker::new(), 0, 0);
    for household in 0..households() {
        for (key, state) in maker.household(household, residents) {
            let bytes = state.encode(&key, rulebook).unwrap();
            part.push(StoredState { key, bytes });
        }
        residents += members(household);
        entries += members(household) * ENTRIES;
        if part.len() >= PART || household + 1 == households() {
            let states = std::mem::take(&mut part);
            let (claim, number) = (claim.claim(), claim.number);
            let write =
                GenerationWrite { claim, heard_of_us: 0, number, states, checkpoint: None, at_once: true };
            store.write_generation(&ledger(), write).await.unwrap();
        }
    }
    let append = store.begin_append(&ledger()).await.unwrap();
    append.switch_generation(claim.claim(), Vec::new(), Vec::new()).await.unwrap();
    (residents, entries)
}

/// The most memory since the last call, in bytes; none where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    Some(kib << 10)
}

/// The same fold over records that lie in memory, decoded: assessed, counted, scored and ranked. Entries a second.
async fn in_memory(
    store: &Arc<dyn Store>,
    rulebook: &Rulebook,
    yardstick: &Yardstick,
    entries: usize,
) -> f64 {
    let mut districts: Vec<(AccountId, Vec<Vec<Bucket>>)> = Vec::new();
    let mut resident = 0;
    for household in 0..households() {
        let account = AccountId::Household(HouseholdId::parse(&format!("h{household:07}")).unwrap());
        let mut records = Vec::new();
        let of_member = |n: usize| StateQuery::Prefix {
            prefix: format!("accounts/residents/r{n:08}/"),
            after: None,
            limit: u32::MAX,
        };
        let queries: Vec<_> = (resident..resident + members(household)).map(of_member).collect();
        let (_, answers) = store.read_states(&ledger(), &queries).await.unwrap();
        for stored in answers {
            let buckets =
                stored.iter().filter_map(|stored| match State::decode(&stored.key, &stored.bytes).unwrap() {
                    State::Bucket(bucket) => Some(bucket),
                    _ => None,
                });
            records.push(buckets.collect());
        }
        resident += members(household);
        districts.push((account, records));
    }
    let counted_on = day("2026-11-01");
    let began = Instant::now();
    let policy = rulebook.district_on(counted_on);
    let candidates = districts.into_iter().enumerate().map(|(n, (account, records))| {
        let community = OrganizationId::parse(&format!("community-{:03}", n % 200)).unwrap();
        let windows = [Window::of_year(2026)];
        let reading = Reading { windows: &windows, policy, community: Some(PosterTag::of(&community)) };
        let mut year = CandidateYear::of(records.len() as u64);
        for buckets in &records {
            year.take_up(&MemberYear::of(&assess_account_briefly(rulebook, buckets), reading, None));
        }
        year.close();
        let sheet = ScoreSheet::of(&yardstick.standard, &year, &Judged::default());
        let (applied_on, applied_at, bars) = (None, None, Vec::new());
        Candidate { account, community, year, sheet, applied_on, applied_at, bars }
    });
    let ranked = rank(&yardstick.standard, Some(60), &Votes::default(), candidates.collect());
    assert_eq!(ranked.len(), households());
    entries as f64 / began.elapsed().as_secs_f64()
}

/// Fills a district and ranks it.
pub(crate) async fn ranking(table: &mut Table, folder: &Path) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url(folder), Default::default()).await.unwrap());
    let bank = creditbank_tests::bank_with(Arc::clone(&store), system_clock(), Limits::default()).await;
    let district = bank.ledger(&ledger()).await.unwrap();
    let policies = district.policies(Position(0)).await.unwrap();
    let rulebook = Rulebook::from(Policy::parse(&policies.published[0].1.document).unwrap());
    let began = Instant::now();
    let (residents, entries) = fill(&store, &rulebook).await;
    eprintln!("{:>10.1?} filled with {residents} residents", began.elapsed());
    drop((district, bank));
    let bank = creditbank_tests::bank_with(Arc::clone(&store), system_clock(), Limits::default()).await;
    let district = bank.ledger(&ledger()).await.unwrap();
    let yardstick = Yardstick::of_year(FAMILY_DEFAULT, 2026).unwrap();
    let _ = peak();
    let before = peak();
    let began = Instant::now();
    let list = district.rank(&yardstick, &Question::default()).await.unwrap();
    let rate = entries as f64 / began.elapsed().as_secs_f64();
    let most = peak().zip(before).map_or(0, |(most, before)| most.saturating_sub(before));
    eprintln!("{:>10.1?} ranked; it took {} MiB more at most", began.elapsed(), most >> 20);
    assert_eq!(list.ranked.len(), households());
    drop(list);
    let fold = in_memory(&store, &rulebook, &yardstick, entries).await;
    let what = format!("{} households ranked, entries", households());
    table.row(&what, rate, "the same fold in memory", fold);
}

/// One household evaluated, beside a balance read of one of its members.
pub(crate) async fn evaluations(table: &mut Table, server: &crate::Served) {
    let channels = channels(server.address, &server.bearer, CONNECTIONS).await;
    let (mut balances, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let balance = |channel, n: usize| {
            let name = creditbank_tests::name(&format!("residents/r{:08}", n * 31 % (households() * 2)));
            let request = proto::GetBalanceRequest { name, ..Default::default() };
            let mut client = AccountServiceClient::new(channel);
            async move { client.get_balance(request).await.map(|_| ()) }
        };
        balances.push(calls_per_second(&channels, 16, seconds(), balance).await);
        let evaluate = |channel, n: usize| {
            let name = creditbank_tests::name(&format!("households/h{:07}", n * 31 % households()));
            let request = proto::EvaluateHouseholdRequest { name, ..Default::default() };
            let mut client = EvaluationServiceClient::new(channel);
            async move { client.evaluate_household(request).await.map(|_| ()) }
        };
        rates.push(calls_per_second(&channels, 16, seconds(), evaluate).await);
    }
    table.row("household evaluated, 16 in flight", median(rates), "balance read", median(balances));
}
