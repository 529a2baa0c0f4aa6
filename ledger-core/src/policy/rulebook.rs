//! The rulebook: all policies of a ledger. Which one an entry falls under depends on its date and on who posted it, so
//! a new version changes nothing of the days before it.

use super::document::{Policy, PolicyError};
use crate::account::{BucketScope, Line, PosterTag};
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::event::PolicyPublished;
use crate::quantity::Position;
use crate::redemption::RedemptionRules;

/// Policies in the order they were published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rulebook {
    policies: Vec<(Position, Policy)>,
    /// Of each policy's first day, the tag of all that begin by then, in order of day.
    tags: Vec<(OccurredOn, u64)>,
}

impl From<Policy> for Rulebook {
    /// The rulebook of a ledger that opened with a policy and published no other.
    fn from(policy: Policy) -> Rulebook {
        Rulebook::from_policies(vec![(Position(2), policy)])
    }
}

impl Rulebook {
    /// The rulebook of what was published.
    ///
    /// # Errors
    /// If a document is no policy, which no published one is.
    pub fn of(published: &[(Position, PolicyPublished)]) -> Result<Rulebook, PolicyError> {
        let policies = published.iter().map(|(at, policy)| Ok((*at, Policy::parse(&policy.document)?)));
        Ok(Rulebook::from_policies(policies.collect::<Result<_, PolicyError>>()?))
    }

    fn from_policies(policies: Vec<(Position, Policy)>) -> Rulebook {
        let mut begin: Vec<(OccurredOn, u64)> =
            policies.iter().map(|(_, policy)| (policy.effective_from, policy.tag)).collect();
        begin.sort_unstable();
        let mut bytes = Vec::new();
        let mut tags: Vec<(OccurredOn, u64)> = Vec::new();
        for (day, tag) in begin {
            bytes.extend_from_slice(&tag.to_be_bytes());
            let mut first = [0; 8];
            first.copy_from_slice(&Digest32::of(&bytes).0[..8]);
            tags.push((day, u64::from_be_bytes(first)));
        }
        Rulebook { policies, tags }
    }

    /// As it was at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Rulebook {
        let held = self.policies.iter().filter(|(at, _)| *at <= position).cloned();
        Rulebook::from_policies(held.collect())
    }

    /// With a draft in force, as if it were published.
    #[must_use]
    pub fn with_draft(&self, draft: Policy) -> Rulebook {
        let mut policies = self.policies.clone();
        policies.push((Position(u64::MAX), draft));
        Rulebook::from_policies(policies)
    }

    /// The policies, in the order they were published.
    #[must_use]
    pub fn policies(&self) -> &[(Position, Policy)] {
        &self.policies
    }

    /// The policy an organisation's entries of a day fall under: of the pilots it is in the newest that applies on
    /// the day, else the newest of all that is no pilot.
    #[must_use]
    pub fn policy_on(&self, day: OccurredOn, poster: PosterTag) -> Option<&Policy> {
        if let [(_, only)] = self.policies.as_slice()
            && only.posters.is_empty()
        {
            return only.applies_on(day).then_some(only);
        }
        self.policies
            .iter()
            .map(|(_, policy)| policy)
            .filter(|policy| policy.applies_on(day) && !self.is_succeeded(policy, day))
            .filter(|policy| policy.posters.is_empty() || policy.posters.contains(&poster))
            .max_by_key(|policy| (!policy.posters.is_empty(), policy.effective_from))
    }

    /// Whether a later version of a pilot has begun: it takes its place, also where it has other organisations or an end
    /// of its own.
    fn is_succeeded(&self, pilot: &Policy, day: OccurredOn) -> bool {
        let later = |other: &Policy| {
            other.policy == pilot.policy && other.version > pilot.version && other.effective_from <= day
        };
        !pilot.posters.is_empty() && self.policies.iter().any(|(_, other)| later(other))
    }

    /// The policy a line falls under.
    #[must_use]
    pub fn policy_of(&self, line: &Line) -> Option<&Policy> {
        self.policy_on(line.occurred_on, line.poster)
    }

    /// The policy that all entries of a year fall under, whoever posts them; none where they fall under several, or some
    /// under none.
    #[must_use]
    pub fn only_policy_of(&self, year: i32) -> Option<&Policy> {
        let (first, last) = (OccurredOn::first_of(year), OccurredOn::last_of(year));
        let mut only: Option<&Policy> = None;
        for (_, policy) in &self.policies {
            if policy.effective_from > last || policy.effective_to.is_some_and(|end| end < first) {
                continue;
            }
            if !policy.posters.is_empty() || !policy.applies_on(first) || !policy.applies_on(last) {
                return None;
            }
            // Of several the newest takes the place of the others.
            if only.is_none_or(|held| held.effective_from <= policy.effective_from) {
                only = Some(policy);
            }
        }
        only
    }

    /// The policy of the whole district on a day.
    #[must_use]
    pub fn district_on(&self, day: OccurredOn) -> Option<&Policy> {
        let all = self.policies.iter().map(|(_, policy)| policy);
        all.filter(|policy| policy.posters.is_empty() && policy.applies_on(day))
            .max_by_key(|policy| policy.effective_from)
    }

    /// The rules under which lots are counted on a day: those of the district's newest policy so far that has any. Where
    /// redemption has ended since, they still say what was redeemed of which lot.
    #[must_use]
    pub fn redemption_by(&self, day: OccurredOn) -> Option<&RedemptionRules> {
        let district =
            self.policies.iter().map(|(_, policy)| policy).filter(|policy| policy.posters.is_empty());
        let begun = district.filter(|policy| policy.effective_from <= day && policy.redemption.is_some());
        begun.max_by_key(|policy| policy.effective_from)?.redemption.as_ref()
    }

    /// The rules under which credit can be redeemed on a day; none where the policy of the day has none.
    #[must_use]
    pub fn redemption_on(&self, day: OccurredOn) -> Option<&RedemptionRules> {
        self.district_on(day)?.redemption.as_ref()
    }

    /// Names the policies that a bucket's summary depends on: those that begin by the end of its year. So a policy
    /// that begins next year leaves this year's summaries as they are.
    #[must_use]
    pub fn tag(&self, scope: BucketScope) -> u64 {
        let begun = match scope {
            BucketScope::Lifetime => self.tags.len(),
            BucketScope::Year(year) => self.tags.partition_point(|(day, _)| day.year() <= year),
        };
        begun.checked_sub(1).and_then(|last| self.tags.get(last)).map_or(0, |(_, tag)| *tag)
    }

    /// Whether a kind has rules, in any policy, that look at more than the entries of one year.
    #[must_use]
    pub fn looks_across_years(&self, kind: &str) -> bool {
        self.policies.iter().any(|(_, policy)| policy.looks_across_years(kind))
    }
}
