//! The field: the candidates with whose members' records they are measured by.

use super::steps::{Stepped, Steps};
use super::{Evaluation, Point, Yardstick};
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use crate::query::balance::no_such_account;
use crate::query::question::AsOf;
use ledger_core::Refusal;
use ledger_core::account::PosterTag;
use ledger_core::id::{AccountId, HouseholdId, OrganizationId, ResidentId};
use ledger_core::identity::{Member, Purpose, Role, lacking_consent};
use ledger_core::ports::{StateQuery, StoredState};
use ledger_core::projection::{HouseholdRecord, Key, ResidentRecord, State};
use ledger_core::quantity::Position;
use ledger_core::selection::{
    Bar, Candidate, CandidateKind, CandidateYear, Eligibility, Evidence, MemberYear, ScoreSheet, Standard,
    Window,
};
use rustc_hash::FxHashMap;

/// States read at a time.
const PAGE: u32 = 4_096;
/// Households whose members' consent is looked at together: 20 members each at most.
const HOUSEHOLDS: usize = 64;

/// A candidate while its members' records are taken up.
pub(super) struct Entrant {
    pub(super) account: AccountId,
    pub(super) community: OrganizationId,
    pub(super) year: CandidateYear,
    /// Members whose records were not taken up yet.
    open: u64,
    bars: Vec<Bar>,
    pub(super) evidence: Option<Evidence>,
}

/// Which candidate an account's record counts for, and on which days.
pub(super) struct Part {
    pub(super) entrant: usize,
    pub(super) windows: Vec<Window>,
}

/// What a field keeps beside the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// Nothing: whoever applies consents then.
    Nothing,
    /// The households, whose members' consent is looked at.
    Consent,
    /// Those, and the entries behind every count.
    Evidence,
}

/// All candidates.
pub(super) struct Field {
    pub(super) kind: CandidateKind,
    pub(super) entrants: Vec<Entrant>,
    /// The residents that are members or candidates.
    pub(super) residents: FxHashMap<ResidentId, Part>,
    /// The organisations that are candidates.
    pub(super) organizations: FxHashMap<OrganizationId, usize>,
    /// The households whose members' consent is to be looked at.
    households: Vec<(usize, HouseholdRecord)>,
    keeps: Keeps,
}

impl Field {
    fn new(kind: CandidateKind, keeps: Keeps) -> Field {
        let (entrants, residents, organizations, households) = Default::default();
        Field { kind, entrants, residents, organizations, households, keeps }
    }

    /// The field of some accounts, in their order.
    pub(super) async fn of(
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
        accounts: Vec<AccountId>,
        keeps: Keeps,
    ) -> Result<Field, Refusal> {
        let mut field = Field::new(yardstick.standard.candidates, keeps);
        for some in accounts.chunks(PAGE as usize) {
            let queries = some.iter().map(|account| StateQuery::Exactly(Key::account(account))).collect();
            let (_, answers) = ledger.read_states(point.position, queries).await?;
            let mut records = Vec::with_capacity(some.len());
            for (account, stored) in some.iter().zip(answers) {
                let stored = stored.into_iter().next().ok_or_else(|| no_such_account(account))?;
                let state = State::decode(&stored.key, &stored.bytes).map_err(damage)?;
                if is_later(&state, point.position) {
                    return Err(no_such_account(account));
                }
                records.push(state);
            }
            let homes = ledger.homes_of(&records, point).await?;
            for state in records {
                field.enter(state, yardstick, point, &homes)?;
            }
        }
        Ok(field)
    }

    /// The field of all accounts of the standard's kind.
    pub(super) async fn of_all(
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
    ) -> Result<Field, Refusal> {
        let kind = yardstick.standard.candidates;
        let mut field = Field::new(kind, Keeps::Nothing);
        let mut homes = FxHashMap::default();
        if kind == CandidateKind::Resident {
            ledger
                .each_of("households/", |state| {
                    if let State::Household(record) = state {
                        homes.insert(record.household.household.clone(), record);
                    }
                    Ok(())
                })
                .await?;
        }
        ledger
            .each_of(prefix(kind), |state| {
                if is_later(&state, point.position) {
                    return Ok(());
                }
                field.enter(state, yardstick, point, &homes)
            })
            .await?;
        Ok(field)
    }

    /// Takes a candidate in.
    fn enter(
        &mut self,
        state: State,
        yardstick: &Yardstick,
        point: &Point,
        homes: &FxHashMap<HouseholdId, HouseholdRecord>,
    ) -> Result<(), Refusal> {
        let place = self.entrants.len();
        let whole = vec![yardstick.window];
        let (account, community, members, bars) = match state {
            State::Household(record) => {
                let household = record.household.household.clone();
                let living = members(&record, point);
                let mut bars = eligible(&living, &yardstick.standard.eligibility);
                if record.is_dissolved_on(point.counted_on, point.position) {
                    bars.push(Bar::Dissolved);
                }
                let mut count = 0;
                for Member { resident, .. } in living {
                    // A member who left and came back has several stays.
                    let stays = record.members.iter().filter_map(|member| member.as_of(point.position));
                    let stays = stays.filter(|stay| stay.resident == resident);
                    let windows = stays.filter_map(|Member { membership, .. }| {
                        yardstick.window.within(membership.term.from, membership.term.to)
                    });
                    let part = Part { entrant: place, windows: windows.collect() };
                    count += u64::from(self.residents.insert(resident, part).is_none());
                }
                let community = record.community_on(point.counted_on, point.position).clone();
                if self.keeps != Keeps::Nothing {
                    self.households.push((place, record));
                }
                (AccountId::Household(household), community, count, bars)
            }
            State::Resident(record) => {
                let id = record.resident.resident.clone();
                let merged = record.identity.into_at(point.position).map(|tie| tie.other.clone());
                if merged.is_some() && !yardstick.is_of_frozen() {
                    // Another account answers for it.
                    return Ok(());
                }
                let community = home(&record, point).and_then(|home| homes.get(&home));
                let community = community
                    .map_or(&record.resident.organization, |record| {
                        record.community_on(point.counted_on, point.position)
                    })
                    .clone();
                let bars: Vec<Bar> = merged.map(|survivor| Bar::Merged { survivor }).into_iter().collect();
                // Where another account answers for it, its record is that account's.
                let members = u64::from(bars.is_empty());
                if members > 0 {
                    self.residents.insert(id.clone(), Part { entrant: place, windows: whole });
                }
                (AccountId::Resident(id), community, members, bars)
            }
            State::Organization(record) => {
                let id = record.organization.organization.clone();
                let community = record.organization.parent.unwrap_or_else(|| id.clone());
                self.organizations.insert(id.clone(), place);
                (AccountId::Organization(id), community, 1, Vec::new())
            }
            _ => return Err(damaged()),
        };
        let evidence = (self.keeps == Keeps::Evidence).then(Evidence::default);
        let year = CandidateYear::of(members);
        self.entrants.push(Entrant { account, community, year, open: members, bars, evidence });
        Ok(())
    }

    /// Looks whether everyone who must has consented, where the standard asks for it.
    pub(super) async fn check_consent(
        &mut self,
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
    ) -> Result<(), Refusal> {
        if !yardstick.standard.eligibility.consent {
            return Ok(());
        }
        let households = std::mem::take(&mut self.households);
        for some in households.chunks(HOUSEHOLDS) {
            let members = some.iter().flat_map(|(_, record)| members(record, point));
            let ids: Vec<ResidentId> = members.map(|member| member.resident).collect();
            let as_of = AsOf::Position(point.position);
            let gathered = ledger.kin_records(&ids, as_of, point.position, &[]).await?;
            let of_kin = |id: &ResidentId| gathered.kin.record(id);
            for (entrant, record) in some {
                let (day, purpose) = (point.counted_on, Purpose::Selection);
                let lacking = lacking_consent(record, purpose, day, point.position, of_kin);
                let members = lacking.map_err(|_| damaged())?;
                if !members.is_empty() {
                    self.entrants[*entrant].bars.push(Bar::ConsentMissing { members });
                }
            }
        }
        Ok(())
    }

    /// What the record of a resident counts for. Where several accounts are one person's, they are one member.
    pub(super) fn parts<'i>(&mut self, ids: impl Iterator<Item = &'i ResidentId>) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for id in ids {
            let Some(part) = self.residents.remove(id) else { continue };
            match parts.iter_mut().find(|held| held.entrant == part.entrant) {
                Some(held) => {
                    held.windows.extend(part.windows);
                    let entrant = &mut self.entrants[part.entrant];
                    entrant.year.members -= 1;
                    entrant.open -= 1;
                }
                None => parts.push(part),
            }
        }
        parts
    }

    /// Takes up the record of a member.
    pub(super) fn take_up(&mut self, entrant: usize, member: &MemberYear) {
        let entrant = &mut self.entrants[entrant];
        entrant.year.take_up(member);
        entrant.open = entrant.open.saturating_sub(1);
        if entrant.open == 0 {
            entrant.year.close();
        }
    }

    /// The tag of a candidate's community.
    pub(super) fn community(&self, entrant: usize) -> PosterTag {
        PosterTag::of(&self.entrants[entrant].community)
    }

    /// The candidates with their scores. Of a list that is tried out, those without anyone or anything are left out.
    pub(super) fn candidates(self, standard: &Standard, point: &Point, steps: &Steps) -> Vec<Candidate> {
        let there = |entrant: &Entrant| match (self.keeps, self.kind) {
            (Keeps::Nothing, CandidateKind::Household) => entrant.year.members > 0,
            (Keeps::Nothing, _) => entrant.year.taking_part > 0,
            _ => true,
        };
        let entrants = self.entrants.into_iter().filter(there);
        entrants.map(|entrant| entrant.scored(standard, point, steps).0).collect()
    }

    /// The candidates with their scores and the entries behind them.
    pub(super) fn evaluations(self, standard: &Standard, point: &Point, steps: &Steps) -> Vec<Evaluation> {
        let told = self.entrants.into_iter().map(|entrant| {
            let (candidate, evidence) = entrant.scored(standard, point, steps);
            let entries = evidence.map(Evidence::settled).unwrap_or_default();
            let (counted_on, position) = (point.counted_on, point.position);
            Evaluation { candidate, entries, counted_on, position }
        });
        told.collect()
    }
}

impl Entrant {
    fn scored(mut self, standard: &Standard, point: &Point, steps: &Steps) -> (Candidate, Option<Evidence>) {
        self.year.close();
        let Stepped { applied, judged, bars } = steps.for_candidate(&self.account, standard, point);
        let sheet = ScoreSheet::of(standard, &self.year, &judged);
        let Entrant { account, community, year, bars: mut all, evidence, .. } = self;
        all.extend(bars);
        all.sort();
        let (applied_on, applied_at) = applied.unzip();
        (Candidate { account, community, year, sheet, applied_on, applied_at, bars: all }, evidence)
    }
}

/// Whether an account was opened only behind a position.
pub(super) fn is_later(state: &State, position: Position) -> bool {
    let registered_at = match state {
        State::Household(record) => record.registered_at,
        State::Resident(record) => record.registered_at,
        State::Organization(record) => record.registered_at,
        _ => return false,
    };
    registered_at > position
}

/// What the names of all accounts of a kind begin with.
pub(super) fn prefix(kind: CandidateKind) -> &'static str {
    match kind {
        CandidateKind::Household => "households/",
        CandidateKind::Resident => "residents/",
        CandidateKind::Organization => "organizations/",
    }
}

/// Who lives in a household on the day that counts, each once.
fn members(record: &HouseholdRecord, point: &Point) -> Vec<Member> {
    let mut living: Vec<Member> = record.members_on(point.counted_on, point.position).collect();
    living.sort_by(|a, b| a.resident.cmp(&b.resident));
    living.dedup_by(|a, b| a.resident == b.resident);
    living
}

fn eligible(living: &[Member], eligibility: &Eligibility) -> Vec<Bar> {
    let adults = living.iter().filter(|member| member.membership.role == Role::Adult).count();
    let (adults, least) = (u32::try_from(adults).unwrap_or(u32::MAX), eligibility.adults_at_least);
    let few = !living.is_empty() && adults < least;
    few.then_some(Bar::TooFewAdults { adults, least }).into_iter().collect()
}

/// The household in which a resident lives on the day that counts.
fn home(record: &ResidentRecord, point: &Point) -> Option<HouseholdId> {
    let stays = record.identity.as_of(point.position).stays;
    let on: Option<_> = stays.into_iter().find(|stay| stay.membership.is_on(point.counted_on));
    on.map(|stay| stay.household)
}

impl Ledger {
    /// The households in which some residents live.
    async fn homes_of(
        &self,
        records: &[State],
        point: &Point,
    ) -> Result<FxHashMap<HouseholdId, HouseholdRecord>, Refusal> {
        let homes = records.iter().filter_map(|state| match state {
            State::Resident(record) => home(record, point),
            _ => None,
        });
        let queries: Vec<_> = homes.map(|home| StateQuery::Exactly(Key::household(&home))).collect();
        if queries.is_empty() {
            return Ok(FxHashMap::default());
        }
        let (_, answers) = self.read_states(point.position, queries).await?;
        let mut homes = FxHashMap::default();
        for stored in answers.into_iter().flatten() {
            if let State::Household(record) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                homes.insert(record.household.household.clone(), record);
            }
        }
        Ok(homes)
    }

    /// Every state whose name begins so, in order of name.
    pub(super) async fn each_of(
        &self,
        prefix: &str,
        mut each: impl FnMut(State) -> Result<(), Refusal> + Send,
    ) -> Result<(), Refusal> {
        let mut after = None;
        loop {
            let query = StateQuery::Prefix { prefix: prefix.to_owned(), after: after.take(), limit: PAGE };
            let (_, mut answers) =
                self.store.read_states(self.id(), &[query]).await.map_err(crate::error::store_error)?;
            let page: Vec<StoredState> = answers.pop().unwrap_or_default();
            let last = page.len() < PAGE as usize;
            after = page.last().map(|stored| stored.key.clone());
            for stored in page {
                each(State::decode(&stored.key, &stored.bytes).map_err(damage)?)?;
            }
            if last {
                return Ok(());
            }
        }
    }
}
