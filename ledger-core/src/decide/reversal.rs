//! The decision to reverse an entry.

use super::registry::scope;
use super::{Desk, open};
use crate::account::BucketScope;
use crate::entry::{Entry, Reversal, ReversalReason};
use crate::event::Fact;
use crate::projection::{Key, State, States};
use crate::quantity::Position;
use crate::{Reason, Refusal};

impl<S: States> Desk<'_, S> {
    pub(super) fn reverse(
        &self,
        position: Position,
        entry: &Entry,
        reason: ReversalReason,
    ) -> Result<Vec<Fact>, Refusal> {
        let acting = self.poster()?;
        let poster = self.organization(&entry.organization, "name")?;
        let acting_id = &acting.organization.organization;
        if !poster.answers_to(acting_id) {
            return Err(scope(
                "只有原記帳機構、它的上級或承接機構可以沖正。\
                 Only the organisation that posted the entry, one above it, or its successor reverses it.",
            ));
        }
        open(acting, "organization")?;
        let key = Key::bucket(&entry.account, BucketScope::of(entry.detail.form(), entry.occurred_on));
        let line = match self.states.get(&key) {
            Some(State::Bucket(bucket)) => bucket.line(position),
            _ => None,
        };
        let Some(line) = line else {
            return Err(Refusal::new(
                Reason::LedgerDamaged,
                "記錄不在它的帳戶裡，請執行 verify。The entry is not in its account: run verify.",
            ));
        };
        if let Some(reversed_at) = line.reversed_at {
            return Err(Refusal::field(
                Reason::AlreadyReversed,
                "name",
                format!(
                    "這筆記錄已由第 {reversed_at} 號事件沖正，不必再沖。\
                     Event {reversed_at} reversed this entry already."
                ),
            )
            .with("reversed_at", reversed_at));
        }
        self.reversal_approved(entry.occurred_on)?;
        Ok(vec![Fact::EntryReversed(Reversal {
            entry: position,
            organization: acting_id.clone(),
            reason,
            account: entry.account.clone(),
            posted_by: entry.organization.clone(),
            kind: entry.kind.clone(),
            form: entry.detail.form(),
            occurred_on: entry.occurred_on,
            minutes: entry.minutes,
            persons: entry.detail.persons(),
            team: entry.detail.team().cloned(),
        })])
    }
}
