//! Households: to which community one belongs, from when on, and until when there is one.

use super::Member;
use crate::date::OccurredOn;
use crate::id::OrganizationId;
use crate::projection::HouseholdRecord;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// The most moves that one household's record keeps (our own default).
pub const MAX_MOVES: usize = 100;

/// A household belongs to another community from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The community.
    pub community: OrganizationId,
    /// First day there.
    pub from: OccurredOn,
    /// Where it was recorded.
    pub moved_at: Position,
}

/// A household is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dissolution {
    /// Its last day.
    pub last_day: OccurredOn,
    /// Where it was recorded.
    pub dissolved_at: Position,
}

impl HouseholdRecord {
    /// The community it belongs to on a day, as was known when the log ended at a position. Of two moves of one day the
    /// one that was recorded later counts.
    #[must_use]
    pub fn community_on(&self, day: OccurredOn, position: Position) -> &OrganizationId {
        let known = self.moves.iter().filter(|moved| moved.moved_at <= position && moved.from <= day);
        let last = known.max_by_key(|moved| (moved.from, moved.moved_at));
        last.map_or(&self.household.organization, |moved| &moved.community)
    }

    /// The community it belongs to as it is: no move lies in the future.
    #[must_use]
    pub fn community(&self) -> &OrganizationId {
        self.community_on(OccurredOn::LAST, Position(u64::MAX))
    }

    /// Whether it was no more on a day, as was known when the log ended at a position.
    #[must_use]
    pub fn is_dissolved_on(&self, day: OccurredOn, position: Position) -> bool {
        self.dissolved.is_some_and(|end| end.dissolved_at <= position && end.last_day < day)
    }

    /// Its memberships of a day, as was known when the log ended at a position, in the order they were recorded.
    pub fn members_on(&self, day: OccurredOn, position: Position) -> impl Iterator<Item = Member> {
        let known = self.members.iter().filter_map(move |member| member.as_of(position));
        known.filter(move |member| member.membership.is_on(day))
    }
}
