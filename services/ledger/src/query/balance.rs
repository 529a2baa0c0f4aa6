//! Balances: the summaries in front of an account's buckets, added up; of an organisation its tallies.

use super::page::{Page, PageRequest, id_token};
use super::question::{AccountThen, Question};
use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::account::{Bucket, BucketScope, Tally, YearTally};
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, Code};
use ledger_core::policy::{
    Honours, Rulebook, Summary, SummaryCell, assess_account, balance_on, summarize, summarize_account,
};
use ledger_core::ports::{StateQuery, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::{CentiCredits, Position};
use ledger_core::{Reason, Refusal};
use std::collections::BTreeMap;

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
}

impl AccountBalance {
    /// Credit that counts by today.
    #[must_use]
    pub fn credit(&self) -> CentiCredits {
        self.kinds.iter().map(|kind| kind.credit).sum()
    }

    /// Credit that limits cut off.
    #[must_use]
    pub fn capped(&self) -> CentiCredits {
        self.kinds.iter().map(|kind| kind.capped).sum()
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
        AccountBalance { account, kinds, pending, reversed: 0, honours }
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
        AccountBalance { account, kinds, pending: CentiCredits::ZERO, reversed, honours: None }
    }
}

fn figures_query(account: &AccountId) -> StateQuery {
    let prefix = match account {
        AccountId::Organization(id) => format!("tallies/organizations/{id}/"),
        _ => Key::bucket_prefix(account),
    };
    StateQuery::Prefix { prefix, after: None, limit: u32::MAX }
}

pub(super) fn no_such_account(account: &AccountId) -> Refusal {
    let reason = match account {
        AccountId::Resident(_) => Reason::ResidentNotFound,
        AccountId::Household(_) => Reason::HouseholdNotFound,
        AccountId::Organization(_) => Reason::OrganizationNotFound,
    };
    Refusal::field(
        reason,
        "name",
        format!("找不到帳戶「{account}」，請查對號碼。There is no account \"{account}\": check it."),
    )
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
    balance
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
        let records = accounts.iter().map(|account| StateQuery::Exactly(Key::account(account)));
        let queries = records.chain(accounts.iter().map(figures_query)).collect();
        let (position, rules, answers) = self.read_by_the_rules(min_position, queries).await?;
        let (records, states) = answers.split_at(accounts.len());
        let mut balances = Vec::with_capacity(accounts.len());
        for ((account, record), states) in accounts.into_iter().zip(records).zip(states) {
            if record.is_empty() {
                return Err(no_such_account(&account));
            }
            balances.push(figures(account, states, &rules.rulebook, today)?);
        }
        Ok((balances, position))
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
            self.balances(accounts, position).await?
        };
        Ok(Page { items, next_token: next_token.unwrap_or_default(), position })
    }
}
