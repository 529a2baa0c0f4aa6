//! The policies, and what a draft would change.

use super::balance::AccountBalance;
use super::pass::{Accounts, Met};
use super::question::AsOf;
use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::account::Bucket;
use ledger_core::date::OccurredOn;
use ledger_core::event::{PolicyProposed, PolicyPublished};
use ledger_core::id::{AccountId, ResidentId};
use ledger_core::policy::{Policy, Rulebook, assess_account, summarize_account};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Census, Key, State};
use ledger_core::quantity::{CentiCredits, Position};
use ledger_core::selection::{
    CandidateYear, FAMILY_DEFAULT, Judged, MemberYear, Reading, ScoreSheet, Standard, Window,
};
use ledger_core::{Reason, Refusal};
use rustc_hash::FxHashMap;

/// States read at a time.
const PAGE: u32 = 1_024;
/// Families read at a time.
const FAMILIES: usize = 64;
/// Accounts that a simulation names.
const LARGEST: usize = 20;

/// The policies of a ledger.
#[derive(Debug, Clone)]
pub struct Policies {
    /// Published, oldest first.
    pub published: Vec<(Position, PolicyPublished)>,
    /// Proposed and waiting, oldest first.
    pub proposed: Vec<(Position, PolicyProposed)>,
    /// The position the answer is true at.
    pub position: Position,
}

/// An account that a draft would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedAccount {
    /// The account.
    pub account: AccountId,
    /// Its credit by today.
    pub before: CentiCredits,
    /// The same under the draft.
    pub after: CentiCredits,
}

/// What a draft would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simulation {
    /// The position it is true at.
    pub position: Position,
    /// Accounts with entries.
    pub accounts: u64,
    /// Those whose credit would be higher.
    pub raised: u64,
    /// Those whose credit would be lower.
    pub lowered: u64,
    /// Credit of all accounts by today.
    pub before: CentiCredits,
    /// The same under the draft.
    pub after: CentiCredits,
    /// How many accounts have reached each level, from none on.
    pub levels_before: Vec<u64>,
    /// The same under the draft.
    pub levels_after: Vec<u64>,
    /// Households that can become learning families by the standard that ships: what was measured of their year
    /// suffices, if the judges give all they may.
    pub families_before: u64,
    /// The same under the draft.
    pub families_after: u64,
    /// The accounts that would change most, the greatest change first.
    pub largest: Vec<SimulatedAccount>,
}

impl Simulation {
    fn take_up(&mut self, account: &AccountId, before: &AccountBalance, after: &AccountBalance) {
        let (old, new) = (before.credit(), after.credit());
        self.accounts += 1;
        self.raised += u64::from(new > old);
        self.lowered += u64::from(new < old);
        self.before = self.before.saturating_add(old);
        self.after = self.after.saturating_add(new);
        count(&mut self.levels_before, before);
        count(&mut self.levels_after, after);
        if old != new {
            self.largest.push(SimulatedAccount { account: account.clone(), before: old, after: new });
            if self.largest.len() > 16 * LARGEST {
                self.keep_largest();
            }
        }
    }

    fn keep_largest(&mut self) {
        self.largest.sort_by_key(|change| std::cmp::Reverse(change.after.0.abs_diff(change.before.0)));
        self.largest.truncate(LARGEST);
    }
}

fn count(levels: &mut Vec<u64>, balance: &AccountBalance) {
    let level = balance.honours.map_or(0, |honours| honours.level.reached) as usize;
    if levels.len() <= level {
        levels.resize(level + 1, 0);
    }
    levels[level] += 1;
}

/// What is told under one rulebook.
struct Side {
    rulebook: Rulebook,
    /// Of each household what its members learned this year.
    households: Vec<CandidateYear>,
}

impl Side {
    fn take_up(
        &mut self,
        account: &AccountId,
        home: Option<usize>,
        buckets: &[Bucket],
        today: OccurredOn,
    ) -> AccountBalance {
        let assessed = assess_account(&self.rulebook, buckets);
        if let Some(household) = home.and_then(|home| self.households.get_mut(home)) {
            let reading = Reading {
                windows: &[Window::of_year(today.year())],
                policy: self.rulebook.district_on(today),
                community: None,
            };
            household.take_up(&MemberYear::of(&assessed, reading, None));
        }
        let summary = summarize_account(assessed);
        AccountBalance::of_summaries(account.clone(), &[summary], &self.rulebook, today)
    }

    fn families(&self, standard: &Standard) -> u64 {
        let eligible = self
            .households
            .iter()
            .filter(|year| ScoreSheet::of(standard, year, &Judged::default()).can_pass());
        eligible.count() as u64
    }
}

/// Both rulebooks, at one point of the log.
struct Trial {
    now: Side,
    draft: Side,
    /// In which household a resident lives today.
    homes: FxHashMap<ResidentId, usize>,
    today: OccurredOn,
    simulation: Simulation,
}

impl Trial {
    /// Tries an account; `ids` are all that answer in it.
    fn account<'a>(
        &mut self,
        account: &AccountId,
        mut ids: impl Iterator<Item = &'a ResidentId>,
        buckets: &[Bucket],
    ) {
        if buckets.iter().all(|bucket| bucket.lines().is_empty()) {
            // Its first entry came later.
            return;
        }
        let home = ids.find_map(|id| self.homes.get(id).copied());
        let before = self.now.take_up(account, home, buckets, self.today);
        let after = self.draft.take_up(account, home, buckets, self.today);
        self.simulation.take_up(account, &before, &after);
    }

    /// An account that answers alone.
    fn single(&mut self, account: &AccountId, buckets: &[Bucket]) {
        let id = match account {
            AccountId::Resident(id) => Some(id),
            _ => None,
        };
        self.account(account, id.into_iter(), buckets);
    }
}

impl Ledger {
    /// All policies.
    ///
    /// # Errors
    /// What the store says.
    pub async fn policies(&self, min_position: Position) -> Result<Policies, Refusal> {
        let queries = [Key::policies(), Key::proposals()].map(StateQuery::Exactly).to_vec();
        let (position, answers) = self.read_states(min_position, queries).await?;
        let mut policies = Policies { published: Vec::new(), proposed: Vec::new(), position };
        for stored in answers.into_iter().flatten() {
            match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Policies(published) => policies.published = published,
                State::Proposals(proposed) => policies.proposed = proposed,
                _ => return Err(crate::error::damaged()),
            }
        }
        Ok(policies)
    }

    /// What balances and levels would be under a draft. `progress` hears how many accounts were looked at, of how
    /// many; where it answers false, nobody listens any more and the simulation ends.
    ///
    /// # Errors
    /// `POLICY_INVALID`, or what the store says.
    pub async fn simulate(
        &self,
        document: &str,
        mut progress: impl FnMut(u64, u64) -> bool + Send,
    ) -> Result<Option<Simulation>, Refusal> {
        let draft = Policy::parse(document).map_err(|error| {
            Refusal::field(
                Reason::PolicyInvalid,
                "document",
                format!("學分規則有誤，請逐項更正：{error}。Not a policy, correct each of these: {error}."),
            )
        })?;
        let queries = vec![StateQuery::Exactly(Key::census())];
        let (position, rules, answers) = self.read_by_the_rules(Position(0), queries).await?;
        let census = match answers.into_iter().flatten().next() {
            Some(stored) => match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Census(census) => census,
                _ => return Err(crate::error::damaged()),
            },
            None => Census::default(),
        };
        let total = census.residents.saturating_add(census.households);
        let today_rules = rules.rulebook.as_of(position);
        let draft_rules = today_rules.with_draft(draft);
        let today = self.today().await?;
        let (homes, households) = self.homes(today, position).await?;
        let mut trial = Trial {
            now: Side { rulebook: today_rules, households: households.clone() },
            draft: Side { rulebook: draft_rules, households },
            homes,
            today,
            simulation: Simulation { position, ..Simulation::default() },
        };
        for collection in ["residents", "households"] {
            let mut accounts = Accounts::of(&self.store, self.id(), collection, position);
            while let Some(page) = accounts.next().await? {
                let mut tied = Vec::new();
                for met in page {
                    match met {
                        Met::Alone(account, buckets) => trial.single(&account, &buckets),
                        Met::Tied(id) => tied.push(id),
                    }
                }
                self.try_families(&mut trial, &tied, position).await?;
                if !progress(trial.simulation.accounts, total) {
                    return Ok(None);
                }
            }
        }
        trial.simulation.keep_largest();
        let standard = Standard::parse(FAMILY_DEFAULT).map_err(|error| {
            tracing::error!(%error, "the standard that ships");
            crate::error::damaged()
        })?;
        trial.simulation.families_before = trial.now.families(&standard);
        trial.simulation.families_after = trial.draft.families(&standard);
        Ok(Some(trial.simulation))
    }

    /// The households of a day: of each resident which, and of each how many members it has.
    async fn homes(
        &self,
        today: OccurredOn,
        position: Position,
    ) -> Result<(FxHashMap<ResidentId, usize>, Vec<CandidateYear>), Refusal> {
        let (mut homes, mut households) = (FxHashMap::default(), Vec::new());
        let mut after = None;
        loop {
            let query =
                StateQuery::Prefix { prefix: "households/".to_owned(), after: after.take(), limit: PAGE };
            let page = self.read_states(position, vec![query]).await?.1.pop().unwrap_or_default();
            let last = page.len() < PAGE as usize;
            after = page.last().map(|stored| stored.key.clone());
            for stored in page {
                let State::Household(record) = State::decode(&stored.key, &stored.bytes).map_err(damage)?
                else {
                    return Err(crate::error::damaged());
                };
                let members = record.members.iter().filter_map(|member| member.as_of(position));
                let before = homes.len();
                let living = members.filter(|member| member.membership.is_on(today));
                homes.extend(living.map(|member| (member.resident, households.len())));
                households.push(CandidateYear::of((homes.len() - before) as u64));
            }
            if last {
                return Ok((homes, households));
            }
        }
    }

    /// Accounts that answer as one are tried once, where they answer.
    async fn try_families(
        &self,
        trial: &mut Trial,
        tied: &[ResidentId],
        position: Position,
    ) -> Result<(), Refusal> {
        for some in tied.chunks(FAMILIES) {
            let gathered = self.kin(some, AsOf::Position(position), position, &[]).await?;
            for id in some {
                let family = gathered.kin.family(id, position).map_err(|_| crate::error::damaged())?;
                if family.survivor == *id {
                    let buckets = gathered.kin.joined(&family, position);
                    trial.account(&AccountId::Resident(id.clone()), family.members(), &buckets);
                }
            }
        }
        Ok(())
    }
}
