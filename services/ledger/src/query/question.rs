//! What is asked of an account: as it is, as it was, or of some days only.

use super::balance::no_such_account;
use super::kin::Gathered;
use crate::error::damage;
use crate::ledger::Ledger;
use chrono::{DateTime, Utc};
use ledger_core::account::Bucket;
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, ResidentId};
use ledger_core::identity::Family;
use ledger_core::policy::Rulebook;
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::redemption::Redeemed;
use ledger_core::{Reason, Refusal};

/// The point of the log that a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsOf {
    /// As it is.
    #[default]
    Now,
    /// As it was when the log ended at a position.
    Position(Position),
    /// As it was at an instant: with all that had been recorded by then. Final once a later event stands.
    Instant(DateTime<Utc>),
}

/// A question about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Question {
    /// Answer only when the ledger has reached this position.
    pub min_position: Position,
    /// The point of the log.
    pub as_of: AsOf,
    /// Only learning on or after this day.
    pub from: Option<OccurredOn>,
    /// Only learning up to this day.
    pub to: Option<OccurredOn>,
}

impl Question {
    /// As it is, once the ledger has reached a position.
    #[must_use]
    pub fn at_least(min_position: Position) -> Question {
        Question { min_position, ..Question::default() }
    }

    /// Whether it is about everything, as it is: then the sums in store are the answer.
    pub(super) fn is_plain(&self) -> bool {
        self.as_of == AsOf::Now && self.from.is_none() && self.to.is_none()
    }

    /// Whether a day is asked about.
    pub(super) fn is_about(&self, day: OccurredOn) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    fn check(&self) -> Result<(), Refusal> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if to < from => Err(Refusal::field(
                Reason::TimeRange,
                "occurred_to",
                "期間的末日不能早於首日。The last day of a window is not before its first.",
            )),
            _ => Ok(()),
        }
    }
}

/// An account at a point of the log.
pub(super) struct AccountThen {
    /// All its buckets.
    pub(super) buckets: Vec<Bucket>,
    /// What was redeemed of its credit, or of that of the accounts that answered as one then.
    pub(super) redeemed: Redeemed,
    /// The policies then.
    pub(super) rulebook: Rulebook,
    /// The day of that point.
    pub(super) today: OccurredOn,
    /// The point.
    pub(super) position: Position,
    /// The accounts that answered as one then, where it is a resident's that was ever tied to another.
    pub(super) family: Option<Family>,
}

impl Ledger {
    /// An account's lines and rules at the point a question is about. A line tells where it was recorded and where it
    /// was reversed, so what was true at an earlier position is read off the lines of today.
    pub(super) async fn account_then(
        &self,
        account: &AccountId,
        question: &Question,
    ) -> Result<AccountThen, Refusal> {
        question.check()?;
        let mut queries = vec![
            StateQuery::Prefix { prefix: Key::bucket_prefix(account), after: None, limit: u32::MAX },
            StateQuery::Exactly(Key::account(account)),
        ];
        if let AccountId::Resident(id) = account {
            queries.push(StateQuery::Exactly(Key::redeemed(id)));
        }
        let (reached, rules, answers) = self.read_by_the_rules(question.min_position, queries).await?;
        let (mut registered_at, mut buckets, mut redeemed) = (None, Vec::new(), Redeemed::default());
        for stored in answers.into_iter().flatten() {
            match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Resident(record) if record.identity.is_tied() => {
                    return self.family_then(account, &record.resident.resident, question).await;
                }
                State::Resident(record) => registered_at = Some(record.registered_at),
                State::Household(record) => registered_at = Some(record.registered_at),
                State::Organization(record) => registered_at = Some(record.registered_at),
                State::Bucket(bucket) => buckets.push(bucket),
                State::Signpost(_) => {}
                State::Redeemed(of_account) => redeemed = of_account,
                _ => return Err(crate::error::damaged()),
            }
        }
        let registered_at = registered_at.ok_or_else(|| no_such_account(account))?;
        let position = self.resolve(question.as_of, reached).await?;
        if registered_at > position {
            return Err(no_such_account(account));
        }
        let buckets = buckets.iter().map(|bucket| bucket.as_of(position)).collect();
        let redeemed = redeemed.as_of(position);
        let today = self.today_at(question.as_of, position).await?;
        let rulebook = rules.rulebook.as_of(position);
        Ok(AccountThen { buckets, redeemed, rulebook, today, position, family: None })
    }

    /// The same of an account that answers, or answered, together with others.
    async fn family_then(
        &self,
        account: &AccountId,
        id: &ResidentId,
        question: &Question,
    ) -> Result<AccountThen, Refusal> {
        let asked = std::slice::from_ref(id);
        let Gathered { kin, rules, point, .. } =
            self.kin(asked, question.as_of, question.min_position, &[]).await?;
        let family = kin.family(id, point).map_err(|_| crate::error::damaged())?;
        if kin.record(id).is_none_or(|record| record.registered_at > point) {
            return Err(no_such_account(account));
        }
        Ok(AccountThen {
            buckets: kin.joined(&family, point),
            redeemed: kin.redeemed(&family, point),
            rulebook: rules.rulebook.as_of(point),
            today: self.today_at(question.as_of, point).await?,
            position: point,
            family: Some(family),
        })
    }

    /// The day of a point of the log.
    pub(super) async fn today_at(&self, as_of: AsOf, position: Position) -> Result<OccurredOn, Refusal> {
        match as_of {
            AsOf::Now => self.today().await,
            AsOf::Position(_) => self.day_of(self.recorded_at(position).await?).await,
            AsOf::Instant(at) => self.day_of(at).await,
        }
    }

    /// The position of a point of the log.
    pub(super) async fn resolve(&self, as_of: AsOf, reached: Position) -> Result<Position, Refusal> {
        match as_of {
            AsOf::Now => Ok(reached),
            AsOf::Position(position) if position <= reached && position.0 > 0 => Ok(position),
            AsOf::Position(_) => Err(Refusal::field(
                Reason::NotYetApplied,
                "as_of_position",
                format!(
                    "帳本目前到第 {reached} 號，請問 1 到 {reached} 之間的位置。\
                     The ledger has reached {reached}: ask about a position from 1 to that."
                ),
            )
            .with("position", reached)),
            AsOf::Instant(at) if at <= self.now() => self.last_recorded_by(at, reached).await,
            AsOf::Instant(_) => Err(Refusal::field(
                Reason::NotYetApplied,
                "as_of_time",
                "那個時刻還沒有到，請問現在或以前。That time has not come yet: ask about now or before.",
            )),
        }
    }

    /// The last event recorded by an instant: times never run back, so it is found by halving.
    async fn last_recorded_by(&self, at: DateTime<Utc>, reached: Position) -> Result<Position, Refusal> {
        let (mut low, mut high) = (0, reached.0);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.recorded_at(Position(middle)).await? <= at { low = middle } else { high = middle - 1 }
        }
        if low > 0 {
            return Ok(Position(low));
        }
        Err(Refusal::field(
            Reason::FieldInvalid,
            "as_of_time",
            "那時帳本還沒有開立。The ledger did not exist yet at that time.",
        ))
    }

    async fn recorded_at(&self, position: Position) -> Result<DateTime<Utc>, Refusal> {
        let event = self.read_events_at(vec![position]).await?.pop();
        Ok(event.ok_or_else(crate::error::damaged)?.recorded_at)
    }

    async fn day_of(&self, at: DateTime<Utc>) -> Result<OccurredOn, Refusal> {
        let zone = self.rules().await?.opened.time_zone;
        Ok(OccurredOn::new(at.with_timezone(&zone).date_naive()))
    }
}
