//! Statements, and why a balance is what it is.

use super::balance::{AccountBalance, balance_of, survivor};
use super::page::{Page, PageRequest, position_token};
use super::question::Question;
use crate::ledger::Ledger;
use ledger_core::account::Line;
use ledger_core::date::OccurredOn;
use ledger_core::event::{Event, Fact};
use ledger_core::id::{AccountId, ResidentId};
use ledger_core::policy::{Assessment, Language, assess_account, sentence};
use ledger_core::quantity::{CentiCredits, Position};
use ledger_core::{Reason, Refusal};

/// An entry of a statement.
#[derive(Debug, Clone)]
pub struct StatementLine {
    /// The event of the entry.
    pub event: Event,
    /// Where it was reversed, if it was.
    pub reversed_at: Option<Position>,
    /// The event of its reversal.
    pub reversal: Option<Event>,
    /// What it counts, in all years.
    pub credit: CentiCredits,
    /// What it earned before limits.
    pub earned: CentiCredits,
}

/// A page of a statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The lines, each with the account it was posted to.
    pub page: Page<StatementLine>,
    /// The account that answers in the place of the one asked about, where it was merged or got another id.
    pub survivor: Option<ResidentId>,
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
    /// The policy it falls under; empty where none applies.
    pub policy: String,
    /// Its version.
    pub policy_version: u32,
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
    /// The policy of the day for the whole district.
    pub policy: String,
    /// Its version.
    pub policy_version: u32,
    /// The position the answer is true at.
    pub position: Position,
}

fn earned(assessment: &Assessment<'_>) -> CentiCredits {
    assessment.allocations.iter().map(|allocation| allocation.earned).sum()
}

fn explain(today: OccurredOn, assessment: &Assessment<'_>) -> ExplainedLine {
    let part = |counts: bool| {
        let parts = assessment.allocations.iter().filter(|a| (a.year <= today.year()) == counts);
        parts.map(|allocation| allocation.credit).sum()
    };
    let rule = assessment.policy.and_then(|policy| policy.rule(assessment.line.kind.as_str()));
    ExplainedLine {
        line: assessment.line.clone(),
        credit: part(true),
        pending: part(false),
        earned: earned(assessment),
        policy: assessment.policy.map(|policy| policy.policy.to_string()).unwrap_or_default(),
        policy_version: assessment.policy.map_or(0, |policy| policy.version),
        rule_source: rule.map(|rule| rule.source.clone()).unwrap_or_default(),
        sentences: [Language::Hant, Language::Hans, Language::En].map(|l| sentence(l, assessment)),
    }
}

impl Ledger {
    /// A page of an account's entries with the credit of each, in order of position.
    ///
    /// # Errors
    /// As [`Ledger::balance`], and `PAGE_TOKEN_INVALID`.
    pub async fn statement(
        &self,
        account: &AccountId,
        question: &Question,
        page: &PageRequest,
    ) -> Result<Statement, Refusal> {
        let limit = page.limit()? as usize;
        let after = page.after_position()?;
        let then = self.account_then(account, question).await?;
        let mut lines: Vec<Assessment<'_>> = assess_account(&then.rulebook, &then.buckets)
            .into_iter()
            .filter(|assessment| assessment.line.position.0 > after)
            .filter(|assessment| question.is_about(assessment.line.occurred_on))
            .collect();
        let more = lines.len() > limit;
        lines.truncate(limit);
        let reversals = lines.iter().filter_map(|a| a.line.reversed_at);
        let positions: Vec<Position> = lines.iter().map(|a| a.line.position).chain(reversals).collect();
        let asked = positions.len();
        let mut events = self.read_events_at(positions).await?;
        if events.len() != asked {
            return Err(crate::error::damaged());
        }
        let mut reversals = events.split_off(lines.len()).into_iter();
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
                reversal: assessment.line.reversed_at.and_then(|_| reversals.next()),
                credit: assessment.credit(),
                earned: earned(assessment),
            })
            .collect();
        let survivor = then.family.as_ref().and_then(|family| survivor(account, family));
        Ok(Statement { page: Page { items, next_token, position: then.position }, survivor })
    }

    /// Why the balance is what it is. The sum of the lines is the balance: both come from the same assessment.
    ///
    /// # Errors
    /// As [`Ledger::balance`]; `FIELD_INVALID` for an organisation, whose figures are counts, not credit.
    pub async fn explain(&self, account: AccountId, question: &Question) -> Result<Explained, Refusal> {
        if matches!(account, AccountId::Organization(_)) {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "name",
                "機構帳戶只有次數，沒有學分可說明；請用 entries 查看記錄。\
                 An organisation has counts, not credit: list its entries instead.",
            ));
        }
        let then = self.account_then(&account, question).await?;
        let assessed = assess_account(&then.rulebook, &then.buckets).into_iter();
        let asked = assessed.filter(|assessment| question.is_about(assessment.line.occurred_on));
        let lines = asked.map(|assessment| explain(then.today, &assessment)).collect();
        let policy = then.rulebook.district_on(then.today);
        Ok(Explained {
            balance: balance_of(account, &then, question),
            lines,
            policy: policy.map(|policy| policy.policy.to_string()).unwrap_or_default(),
            policy_version: policy.map_or(0, |policy| policy.version),
            position: then.position,
        })
    }

    /// The entry at a position.
    ///
    /// # Errors
    /// `EVENT_NOT_FOUND`, or `ENTRY_NOT_FOUND` where the event is no entry.
    pub async fn entry_event(&self, position: Position) -> Result<Event, Refusal> {
        let Some(event) = self.read_events_at(vec![position]).await?.pop() else {
            return Err(no_such_event(position));
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

/// Nothing stands at a position.
#[must_use]
pub fn no_such_event(position: Position) -> Refusal {
    Refusal::field(
        Reason::EventNotFound,
        "name",
        format!("沒有第 {position} 號記錄，請查對號碼。There is no event {position}: check the number."),
    )
}
