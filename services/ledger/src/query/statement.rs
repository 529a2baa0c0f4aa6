//! Statements, and why a balance is what it is.

use super::balance::{AccountBalance, no_such_account};
use super::page::{Page, PageRequest, position_token};
use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::account::{Bucket, Line};
use ledger_core::date::OccurredOn;
use ledger_core::event::{Event, Fact};
use ledger_core::id::AccountId;
use ledger_core::policy::{Assessment, Language, Policy, assess, sentence, summarize};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::{CentiCredits, Position};
use ledger_core::{Reason, Refusal};

/// An entry of a statement.
#[derive(Debug, Clone)]
pub struct StatementLine {
    /// The event of the entry.
    pub event: Event,
    /// Where it was reversed, if it was.
    pub reversed_at: Option<Position>,
    /// What it counts, in all years.
    pub credit: CentiCredits,
    /// What it earned before limits.
    pub earned: CentiCredits,
}

/// A line with its reasons.
#[derive(Debug, Clone)]
pub struct ExplainedLine {
    /// The line.
    pub line: Line,
    /// What it counts by today.
    pub credit: CentiCredits,
    /// What counts from a later year on.
    pub pending: CentiCredits,
    /// What it earned before limits.
    pub earned: CentiCredits,
    /// Where the rule's numbers come from.
    pub rule_source: String,
    /// 繁體中文, 简体中文, English.
    pub sentences: [String; 3],
}

/// A balance with its reasons.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The balance.
    pub balance: AccountBalance,
    /// Every line, in order of position.
    pub lines: Vec<ExplainedLine>,
    /// The policy.
    pub policy: String,
    /// Its version.
    pub policy_version: u32,
    /// The position the answer is true at.
    pub position: Position,
}

fn earned(assessment: &Assessment<'_>) -> CentiCredits {
    assessment.allocations.iter().map(|allocation| allocation.earned).sum()
}

fn explain(policy: &Policy, today: OccurredOn, assessment: &Assessment<'_>) -> ExplainedLine {
    let part = |counts: bool| {
        let parts = assessment.allocations.iter().filter(|a| (a.year <= today.year()) == counts);
        parts.map(|allocation| allocation.credit).sum()
    };
    ExplainedLine {
        line: assessment.line.clone(),
        credit: part(true),
        pending: part(false),
        earned: earned(assessment),
        rule_source: policy.rule(assessment.line.kind.as_str()).map(|r| r.source.clone()).unwrap_or_default(),
        sentences: [Language::Hant, Language::Hans, Language::En].map(|l| sentence(l, policy, assessment)),
    }
}

impl Ledger {
    async fn buckets(
        &self,
        account: &AccountId,
        min_position: Position,
    ) -> Result<(Vec<Bucket>, Position), Refusal> {
        let queries = vec![
            StateQuery::Prefix { prefix: Key::bucket_prefix(account), after: None, limit: u32::MAX },
            StateQuery::Exactly(Key::account(account)),
        ];
        let (position, mut answers) = self.read_states(min_position, queries).await?;
        if answers.pop().is_none_or(|record| record.is_empty()) {
            return Err(no_such_account(account));
        }
        let mut buckets = Vec::new();
        for stored in answers.into_iter().flatten() {
            if let State::Bucket(bucket) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                buckets.push(bucket);
            }
        }
        Ok((buckets, position))
    }

    /// A page of an account's entries with the credit of each, in order of position.
    ///
    /// # Errors
    /// As [`Ledger::balance`], and `PAGE_TOKEN_INVALID`.
    pub async fn statement(
        &self,
        account: &AccountId,
        year: Option<i32>,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<StatementLine>, Refusal> {
        let limit = page.limit()? as usize;
        let after = page.after_position()?;
        let policy = &self.rules().await?.policy;
        let (buckets, position) = self.buckets(account, min_position).await?;
        let mut lines: Vec<Assessment<'_>> = buckets
            .iter()
            .flat_map(|bucket| assess(policy, bucket))
            .filter(|assessment| assessment.line.position.0 > after)
            .filter(|assessment| year.is_none_or(|year| assessment.line.occurred_on.year() == year))
            .collect();
        lines.sort_unstable_by_key(|assessment| assessment.line.position);
        let more = lines.len() > limit;
        lines.truncate(limit);
        let events = self.read_events_at(lines.iter().map(|a| a.line.position).collect()).await?;
        if events.len() != lines.len() {
            return Err(crate::error::damaged());
        }
        let next_token = match lines.last() {
            Some(last) if more => position_token(last.line.position.0),
            _ => String::new(),
        };
        let items = lines
            .iter()
            .zip(events)
            .map(|(assessment, event)| StatementLine {
                event,
                reversed_at: assessment.line.reversed_at,
                credit: assessment.credit(),
                earned: earned(assessment),
            })
            .collect();
        Ok(Page { items, next_token, position })
    }

    /// Why the balance is what it is. The sum of the lines is the balance: both come from the same assessment.
    ///
    /// # Errors
    /// As [`Ledger::balance`]; `FIELD_INVALID` for an organisation, whose figures are counts, not credit.
    pub async fn explain(&self, account: AccountId, min_position: Position) -> Result<Explained, Refusal> {
        if matches!(account, AccountId::Organization(_)) {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "name",
                "機構帳戶只有次數，沒有學分可說明；請用 entries 查看記錄。\
                 An organisation has counts, not credit: list its entries instead.",
            ));
        }
        let policy = &self.rules().await?.policy;
        let today = self.today().await?;
        let (buckets, position) = self.buckets(&account, min_position).await?;
        let summaries: Vec<_> = buckets.iter().map(|bucket| summarize(policy, bucket)).collect();
        let balance = AccountBalance::of_summaries(account, &summaries, today);
        let assessed = buckets.iter().flat_map(|bucket| assess(policy, bucket));
        let mut lines: Vec<ExplainedLine> = assessed.map(|a| explain(policy, today, &a)).collect();
        lines.sort_unstable_by_key(|line| line.line.position);
        Ok(Explained {
            balance,
            lines,
            policy: policy.policy.clone(),
            policy_version: policy.version,
            position,
        })
    }

    /// The entry at a position.
    ///
    /// # Errors
    /// `EVENT_NOT_FOUND`, or `ENTRY_NOT_FOUND` where the event is no entry.
    pub async fn entry_event(&self, position: Position) -> Result<Event, Refusal> {
        let Some(event) = self.read_events_at(vec![position]).await?.pop() else {
            return Err(Refusal::field(
                Reason::EventNotFound,
                "name",
                format!(
                    "沒有第 {position} 號記錄，請查對號碼。There is no event {position}: check the number."
                ),
            ));
        };
        if matches!(event.fact, Fact::EntryRecorded(_) | Fact::EntryReversed(_)) {
            return Ok(event);
        }
        Err(Refusal::field(
            Reason::EntryNotFound,
            "name",
            format!("第 {position} 號不是學習記錄。Event {position} is no entry."),
        ))
    }
}
