//! The decision to reverse an entry.

use super::Desk;
use super::registry::scope;
use crate::account::BucketScope;
use crate::entry::{Entry, Reversal, ReversalReason};
use crate::event::Fact;
use crate::projection::{Key, State, States};
use crate::quantity::Position;
use crate::registry::OrganizationRecord;
use crate::{Reason, Refusal};

impl<S: States> Desk<'_, S> {
    pub(super) fn reverse(
        &self,
        position: Position,
        entry: &Entry,
        reason: ReversalReason,
    ) -> Result<Vec<Fact>, Refusal> {
        let acting = self.poster()?;
        let reversal = Reversal::of(position, entry, &acting.organization.organization, reason);
        self.reversible(acting, &reversal, "name")?;
        self.stays_covered(acting, &reversal)?;
        Ok(vec![Fact::EntryReversed(reversal)])
    }

    /// Whether an organisation that is open may reverse an entry now; `field` names the entry in the request.
    pub(super) fn reversible(
        &self,
        acting: &OrganizationRecord,
        reversal: &Reversal,
        field: &str,
    ) -> Result<(), Refusal> {
        let poster = self.organization(&reversal.posted_by, field)?;
        if !self.answers_to(poster, &acting.organization.organization) {
            return Err(scope(
                "只有原記帳機構、它的上級或承接機構可以沖正。\
                 Only the organisation that posted the entry, one above it, or its successor reverses it.",
            ));
        }
        let key = Key::bucket(&reversal.account, BucketScope::of(reversal.form, reversal.occurred_on));
        let line = match self.states.get(&key) {
            Some(State::Bucket(bucket)) => bucket.line(reversal.entry),
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
                field,
                format!(
                    "這筆記錄已由第 {reversed_at} 號事件沖正，不必再沖。\
                     Event {reversed_at} reversed this entry already."
                ),
            )
            .with("reversed_at", reversed_at));
        }
        self.reversal_approved(reversal.occurred_on)
    }
}
