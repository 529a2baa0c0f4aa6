//! The rule of a ledger, and what waits for a second person under it.

use super::fact::{RetentionProposed, RetentionRuleSet};
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{OrganizationId, PersonId};
use crate::quantity::Position;
use crate::{Reason, Refusal};
use serde::{Deserialize, Serialize};

/// After how many months without activity personal data is due for erasure, 12–600 (our own default: a year, because the
/// yearly selection looks at one; fifty, because it is about a lifetime).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RetentionMonths(u32);

impl RetentionMonths {
    /// The fewest.
    pub const LEAST: u32 = 12;
    /// The most.
    pub const MOST: u32 = 600;

    /// Months within the bounds.
    ///
    /// # Errors
    /// `FIELD_INVALID`.
    pub fn parse(months: u32, field: &str) -> Result<RetentionMonths, Refusal> {
        if (RetentionMonths::LEAST..=RetentionMonths::MOST).contains(&months) {
            return Ok(RetentionMonths(months));
        }
        let (least, most) = (RetentionMonths::LEAST, RetentionMonths::MOST);
        Err(Refusal::field(
            Reason::FieldInvalid,
            field,
            format!(
                "保存期限為 {least} 至 {most} 個月；填 0 取消規則。\
                 Retention is {least} to {most} months; 0 lifts the rule."
            ),
        ))
    }

    /// How many.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The day so many months before another: whoever did nothing on it or later is due on the other.
    #[must_use]
    pub fn before(self, day: OccurredOn) -> OccurredOn {
        day.minus_months(self.0)
    }
}

/// The rule that was set last, or lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRule {
    /// Where.
    pub set_at: Position,
    /// After how many months; none where the rule was lifted.
    pub months: Option<RetentionMonths>,
    /// For which organisation.
    pub organization: OrganizationId,
    /// By whom.
    pub set_by: PersonId,
}

impl RetentionRule {
    /// What was set at a position.
    #[must_use]
    pub fn of(set_at: Position, set: &RetentionRuleSet) -> RetentionRule {
        let RetentionRuleSet { months, organization, set_by } = set.clone();
        RetentionRule { set_at, months, organization, set_by }
    }
}

/// A proposal that waits. What was proposed stays in the log; a later proposal takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionRequest {
    /// Where.
    pub proposed_at: Position,
    /// What an approval names.
    pub digest: Digest32,
}

impl RetentionRequest {
    /// What was proposed at a position.
    #[must_use]
    pub fn of(proposed_at: Position, proposed: &RetentionProposed) -> RetentionRequest {
        RetentionRequest { proposed_at, digest: proposed.digest() }
    }
}

/// What a ledger knows of retention.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RetentionRecord {
    /// The rule that was set last; none where none ever was.
    pub rule: Option<RetentionRule>,
    /// What waits for a second person.
    pub proposed: Option<RetentionRequest>,
}

impl RetentionRecord {
    /// The rule in force, and where it was set.
    #[must_use]
    pub fn in_force(&self) -> Option<(RetentionMonths, Position)> {
        let rule = self.rule.as_ref()?;
        Some((rule.months?, rule.set_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_have_bounds_and_end_with_the_month() {
        for (months, ok) in
            [(0, false), (11, false), (12, true), (600, true), (601, false), (u32::MAX, false)]
        {
            assert_eq!(RetentionMonths::parse(months, "months").is_ok(), ok, "{months}");
        }
        let day = |raw| OccurredOn::parse(raw, "day").unwrap();
        let before = |months, raw| RetentionMonths::parse(months, "months").unwrap().before(day(raw));
        assert_eq!(before(12, "2024-02-29"), day("2023-02-28"));
        assert_eq!(before(18, "2026-08-31"), day("2025-02-28"));
        assert_eq!(before(600, "0001-01-01"), day("0001-01-01"), "the calendar begins there");
    }
}
