//! Terms: from which day to which something holds, and where in the log that was recorded. Both are often recorded later
//! than they happened.

use crate::date::OccurredOn;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// From which day to which something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// First day.
    pub from: OccurredOn,
    /// Last day; none while it lasts.
    pub to: Option<OccurredOn>,
    /// Where it was recorded.
    pub begun_at: Position,
    /// Where its last day was recorded; none where it lasts, or had one from the beginning.
    pub ended_at: Option<Position>,
}

impl Term {
    /// One that lasts.
    #[must_use]
    pub fn since(from: OccurredOn, begun_at: Position) -> Term {
        Term { from, to: None, begun_at, ended_at: None }
    }

    /// Whether it has no last day.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.to.is_none()
    }

    /// Gives it a last day, where it has none.
    pub fn end(&mut self, last_day: OccurredOn, at: Position) {
        if self.lasts() {
            self.to = Some(last_day);
            self.ended_at = Some(at);
        }
    }

    /// Whether it holds on a day.
    #[must_use]
    pub fn is_on(&self, day: OccurredOn) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether it shares a day with the days from one on, up to another.
    #[must_use]
    pub fn meets(&self, from: OccurredOn, to: Option<OccurredOn>) -> bool {
        self.to.is_none_or(|end| from <= end) && to.is_none_or(|end| self.from <= end)
    }

    /// As it was when the log ended at a position; none where it was not recorded yet.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Option<Term> {
        let ended_at = self.ended_at.filter(|at| *at <= position);
        let to = if ended_at == self.ended_at { self.to } else { None };
        (self.begun_at <= position).then_some(Term { to, ended_at, ..*self })
    }

    /// Whether it held on a day, as far as was known when the log ended at a position.
    #[must_use]
    pub fn held_on(&self, day: OccurredOn, position: Position) -> bool {
        self.as_of(position).is_some_and(|term| term.is_on(day))
    }
}
