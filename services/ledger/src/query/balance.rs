//! Balances: the summaries in front of an account's buckets, added up; of an organisation its tallies.

use super::kin::{self, Kin};
use super::page::{Page, PageRequest, id_token};
use super::question::{AccountThen, Question};
use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::account::{Bucket, BucketScope, Tally, YearTally};
use ledger_core::date::OccurredOn;
use ledger_core::decide::no_account;
use ledger_core::id::{AccountId, Code, ResidentId};
use ledger_core::identity::Family;
use ledger_core::policy::{
    Honours, Rulebook, Summary, SummaryCell, assess_account, balance_on, summarize, summarize_account,
};
use ledger_core::ports::{StateQuery, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::{CentiCredits, Position};
use ledger_core::{Reason, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// The figures of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindFigures {
    /// The kind.
    pub kind: Code,
    /// Credit that counts by today.
    pub credit: CentiCredits,
    /// Credit that limits cut off.
    pub capped: CentiCredits,
    /// Minutes of entries that stand.
    pub minutes: u64,
    /// Entries that stand.
    pub entries: u64,
    /// Heads without names.
    pub heads: u64,
}

/// The figures of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountBalance {
    /// The account.
    pub account: AccountId,
    /// By kind, in order of code.
    pub kinds: Vec<KindFigures>,
    /// Credit of later years.
    pub pending: CentiCredits,
    /// Entries reversed; of organisations.
    pub reversed: u64,
    /// Levels and stars, under the policy of the day; not of organisations.
    pub honours: Option<Honours>,
    /// The account that answers in its place, where it was merged or got another id.
    pub survivor: Option<ResidentId>,
    /// The other accounts whose lines are in the figures.
    pub includes: Vec<ResidentId>,
}

impl AccountBalance {
    /// Credit that counts by today.
    #[must_use]
    pub fn credit(&self) -> CentiCredits {
        self.kinds.iter().map(|kind| kind.credit).sum()
    }

    /// Minutes of entries that stand.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.minutes).sum()
    }

    /// Entries that stand (人次).
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.entries).sum()
    }

    /// Credit that limits cut off.
    #[must_use]
    pub fn capped(&self) -> CentiCredits {
        self.kinds.iter().map(|kind| kind.capped).sum()
    }

    /// The same, told of the accounts that answer as one.
    pub(super) fn of_family(mut self, family: &Family) -> AccountBalance {
        self.survivor = survivor(&self.account, family);
        self.includes = family.others.iter().map(|(id, _)| id.clone()).collect();
        self
    }

    pub(super) fn of_summaries(
        account: AccountId,
        summaries: &[Summary],
        rulebook: &Rulebook,
        today: OccurredOn,
    ) -> AccountBalance {
        let (cells, pending) = balance_on(summaries, today);
        let honours = rulebook.district_on(today).map(|policy| Honours::of(policy, &cells));
        let kinds = cells
            .into_iter()
            .map(|cell| KindFigures {
                kind: cell.kind,
                credit: cell.credit,
                capped: cell.capped,
                minutes: cell.minutes,
                entries: cell.entries,
                heads: 0,
            })
            .collect();
        AccountBalance { account, kinds, pending, reversed: 0, honours, survivor: None, includes: Vec::new() }
    }

    fn of_tallies(account: AccountId, years: &[YearTally]) -> AccountBalance {
        let mut by_kind: BTreeMap<&Code, Tally> = BTreeMap::new();
        for cell in years.iter().flat_map(|year| &year.cells) {
            let sum = by_kind.entry(&cell.kind).or_default();
            *sum = sum.plus(cell.tally);
        }
        let reversed = by_kind.values().map(|tally| tally.reversed).sum();
        let kinds = by_kind
            .into_iter()
            .map(|(kind, tally)| KindFigures {
                kind: kind.clone(),
                credit: CentiCredits::ZERO,
                capped: CentiCredits::ZERO,
                minutes: tally.minutes,
                entries: tally.entries,
                heads: tally.heads,
            })
            .collect();
        AccountBalance {
            account,
            kinds,
            pending: CentiCredits::ZERO,
            reversed,
            honours: None,
            survivor: None,
            includes: Vec::new(),
        }
    }
}

/// The account that answers in the place of the one asked about.
pub(super) fn survivor(asked: &AccountId, family: &Family) -> Option<ResidentId> {
    let other = !matches!(asked, AccountId::Resident(id) if *id == family.survivor);
    other.then(|| family.survivor.clone())
}

fn figures_query(account: &AccountId) -> StateQuery {
    let prefix = match account {
        AccountId::Organization(id) => format!("tallies/organizations/{id}/"),
        _ => Key::bucket_prefix(account),
    };
    StateQuery::Prefix { prefix, after: None, limit: u32::MAX }
}

pub(super) fn no_such_account(account: &AccountId) -> Refusal {
    no_account(account, "name")
}

/// The figures of an account from its stored states.
fn figures(
    account: AccountId,
    states: &[StoredState],
    rulebook: &Rulebook,
    today: OccurredOn,
) -> Result<AccountBalance, Refusal> {
    if matches!(account, AccountId::Organization(_)) {
        let mut years = Vec::with_capacity(states.len());
        for stored in states {
            if let State::Tally(year) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                years.push(year);
            }
        }
        return Ok(AccountBalance::of_tallies(account, &years));
    }
    let mut summaries = Vec::with_capacity(states.len());
    for stored in states {
        let mut summary = State::decode_summary(&stored.key, &stored.bytes).map_err(damage)?;
        let scope = BucketScope::parse(stored.key.last_segment()).ok_or_else(crate::error::damaged)?;
        if summary.policy_tag != rulebook.tag(scope) {
            // Made before the newest policy.
            summary = summarize(rulebook, scope, &bucket(stored)?);
        }
        summaries.push(summary);
    }
    let across = |cell: &SummaryCell| rulebook.looks_across_years(cell.kind.as_str());
    if summaries.iter().flat_map(|summary| &summary.cells).any(across) {
        let buckets = states.iter().map(bucket).collect::<Result<Vec<_>, _>>()?;
        summaries = vec![summarize_account(assess_account(rulebook, &buckets))];
    }
    Ok(AccountBalance::of_summaries(account, &summaries, rulebook, today))
}

fn bucket(stored: &StoredState) -> Result<Bucket, Refusal> {
    match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
        State::Bucket(bucket) => Ok(bucket),
        _ => Err(crate::error::damaged()),
    }
}

/// The sums of an account's lines that are asked about. Limits look at all lines: those of other days have taken their
/// part too.
pub(super) fn balance_of(account: AccountId, then: &AccountThen, question: &Question) -> AccountBalance {
    let assessed = assess_account(&then.rulebook, &then.buckets);
    let asked = assessed.into_iter().filter(|assessment| question.is_about(assessment.line.occurred_on));
    let summary = summarize_account(asked);
    let mut balance = AccountBalance::of_summaries(account, &[summary], &then.rulebook, then.today);
    if question.from.is_some() || question.to.is_some() {
        // Levels are reached by everything, not by some days.
        balance.honours = None;
    }
    match &then.family {
        Some(family) => balance.of_family(family),
        None => balance,
    }
}

/// The figures of the accounts that answer as one.
fn family_balance(
    account: &AccountId,
    family: &Family,
    buckets: &[Bucket],
    rulebook: &Rulebook,
    today: OccurredOn,
) -> AccountBalance {
    let summary = summarize_account(assess_account(rulebook, buckets));
    AccountBalance::of_summaries(account.clone(), &[summary], rulebook, today).of_family(family)
}

/// Of the accounts asked about those with a signpost, whose figures are told together with others', and what was read
/// for them besides.
fn kin_of(
    accounts: &[AccountId],
    records: &[Vec<StoredState>],
    figures: &[Vec<StoredState>],
    (kept, of_kept): (&[ResidentId], &[Vec<StoredState>]),
) -> Result<Kin, Refusal> {
    let mut kin = Kin::default();
    for ((account, record), states) in accounts.iter().zip(records).zip(figures) {
        if let AccountId::Resident(id) = account
            && states.last().is_some_and(|last| last.key.is_signpost())
        {
            kin.take_up(id, record, states)?;
        }
    }
    for (id, pair) in kept.iter().zip(of_kept.chunks(2)) {
        if let [record, states] = pair {
            kin.take_up(id, record, states)?;
        }
    }
    Ok(kin)
}

impl Ledger {
    /// The balance of an account.
    ///
    /// # Errors
    /// `RESIDENT_NOT_FOUND` and its like, `NOT_YET_APPLIED`, `TIME_RANGE`, or what the store says; `FIELD_INVALID` for
    /// an organisation as it was or of some days.
    pub async fn balance(
        &self,
        account: AccountId,
        question: &Question,
    ) -> Result<(AccountBalance, Position), Refusal> {
        if !question.is_plain() {
            return self.balance_then(account, question).await;
        }
        let today = self.today().await?;
        let queries = vec![figures_query(&account)];
        let (position, rules, answers) = self.read_by_the_rules(question.min_position, queries).await?;
        let states = answers.into_iter().next().unwrap_or_default();
        if states.last().is_some_and(|last| last.key.is_signpost()) {
            let (balances, position) = self.balances(vec![account.clone()], position).await?;
            let balance = balances.into_iter().next().ok_or_else(|| no_such_account(&account))?;
            return Ok((balance, position));
        }
        if states.is_empty() {
            // Without entries an account has no figures; whether it exists its record tells. Both from one snapshot.
            let queries = vec![figures_query(&account), StateQuery::Exactly(Key::account(&account))];
            let (position, rules, mut answers) =
                self.read_by_the_rules(question.min_position, queries).await?;
            if answers.pop().is_none_or(|record| record.is_empty()) {
                return Err(no_such_account(&account));
            }
            let states = answers.pop().unwrap_or_default();
            return Ok((figures(account, &states, &rules.rulebook, today)?, position));
        }
        Ok((figures(account, &states, &rules.rulebook, today)?, position))
    }

    async fn balance_then(
        &self,
        account: AccountId,
        question: &Question,
    ) -> Result<(AccountBalance, Position), Refusal> {
        if matches!(account, AccountId::Organization(_)) {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "name",
                "機構帳戶只有目前的次數；過去的數字請查月報。\
                 An organisation's account has its counts of today: look up earlier ones in the reports.",
            ));
        }
        let then = self.account_then(&account, question).await?;
        Ok((balance_of(account, &then, question), then.position))
    }

    /// The balances of several accounts at one position, in their order.
    ///
    /// # Errors
    /// As [`Ledger::balance`]; one unknown account refuses the whole question.
    pub async fn balances(
        &self,
        accounts: Vec<AccountId>,
        min_position: Position,
    ) -> Result<(Vec<AccountBalance>, Position), Refusal> {
        let today = self.today().await?;
        let mut kept: Vec<ResidentId> = Vec::new();
        loop {
            let records = accounts.iter().map(|account| StateQuery::Exactly(Key::account(account)));
            let own = records.chain(accounts.iter().map(figures_query));
            let queries = own.chain(kept.iter().flat_map(kin::queries)).collect();
            let (position, rules, answers) = self.read_by_the_rules(min_position, queries).await?;
            let (records, rest) = answers.split_at(accounts.len());
            let (figures, of_kept) = rest.split_at(accounts.len());
            let kin = kin_of(&accounts, records, figures, (&kept, of_kept))?;
            // Who belongs to whom stands in the records: read on until no one is missing.
            let tied = kin.residents().filter(|id| !kept.contains(id));
            let missing: BTreeSet<ResidentId> =
                tied.filter_map(|id| kin.family(id, position).err()).flatten().collect();
            if missing.iter().any(|id| kept.contains(id)) {
                return Err(crate::error::damaged());
            }
            if !missing.is_empty() {
                kept.extend(missing);
                continue;
            }
            let mut balances = Vec::with_capacity(accounts.len());
            for ((account, record), states) in accounts.iter().zip(records).zip(figures) {
                if record.is_empty() {
                    return Err(no_such_account(account));
                }
                let family = match account {
                    AccountId::Resident(id) => kin.family(id, position).ok(),
                    _ => None,
                };
                balances.push(match family {
                    Some(family) => {
                        let buckets = kin.joined(&family, position);
                        family_balance(account, &family, &buckets, &rules.rulebook, today)
                    }
                    None => self::figures(account.clone(), states, &rules.rulebook, today)?,
                });
            }
            return Ok((balances, position));
        }
    }

    /// A page of all balances of a collection (`residents`, `households`, `organizations`), in order of id.
    ///
    /// # Errors
    /// `FIELD_INVALID`, `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn list_balances(
        &self,
        collection: &str,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<AccountBalance>, Refusal> {
        if !matches!(collection, "residents" | "households" | "organizations") {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "collection",
                "collection 須為 residents、households 或 organizations。\
                 collection is residents, households or organizations.",
            ));
        }
        let limit = page.limit()?;
        let after = page.after_id()?.map(|id| Key::from_stored(&format!("{collection}/{id}")));
        let query = StateQuery::Prefix { prefix: format!("{collection}/"), after, limit };
        let (position, mut answers) = self.read_states(min_position, vec![query]).await?;
        let records = answers.pop().unwrap_or_default();
        let accounts: Vec<AccountId> = records
            .iter()
            .map(|record| AccountId::parse_path(record.key.as_str()))
            .collect::<Result<_, _>>()?;
        let full = records.len() == limit as usize;
        let next_token = if full { records.last().map(|r| id_token(r.key.last_segment())) } else { None };
        let (items, position) = if accounts.is_empty() {
            (Vec::new(), position)
        } else {
            // The balances are read after the list: at its position or a later one, which is the answer's.
            let (balances, position) = self.balances(accounts, position).await?;
            // An account that was merged answers in another, which has its own place: nobody is listed twice.
            (balances.into_iter().filter(|balance| balance.survivor.is_none()).collect(), position)
        };
        Ok(Page { items, next_token: next_token.unwrap_or_default(), position })
    }
}
