//! The record of an application: each of its steps with the position it was recorded at, and what they came to at any
//! position.

use super::bar::Bar;
use super::fact::{By, GroundKind};
use super::score::Judged;
use super::standard::Standard;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{AccountId, Code, OrganizationId, PersonId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Steps of one application (our own default): 50 items with the points of 99 judges, and some more.
pub const MAX_STEPS: usize = 6_000;

/// A step of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// It was made.
    Applied {
        /// By whom; `on` is the day of it.
        by: By,
    },
    /// It was taken back.
    Withdrawn {
        /// By whom.
        by: By,
    },
    /// The community verified it.
    Verified {
        /// Whether the community recommends it.
        recommended: bool,
        /// Whether the residence is confirmed.
        residence_confirmed: bool,
        /// SHA-256 of the stamped form.
        stamp: Digest32,
        /// By whom.
        by: By,
    },
    /// It was reviewed.
    Reviewed {
        /// Whether it goes on to the panel.
        passed: bool,
        /// By whom.
        by: By,
    },
    /// A judge gave points.
    Judged {
        /// The item.
        item: Code,
        /// The points.
        points: u32,
        /// The judge.
        judge: PersonId,
    },
    /// A ground against it was recorded.
    Recorded {
        /// The ground.
        ground: Code,
        /// What it does.
        kind: GroundKind,
        /// SHA-256 of the evidence.
        evidence: Digest32,
        /// By whom.
        by: By,
    },
    /// What it was held for is settled.
    Lifted {
        /// The ground.
        ground: Code,
        /// By whom.
        by: By,
    },
    /// Somebody objected to it.
    Objected {
        /// Why.
        ground: Code,
        /// By whom.
        by: By,
    },
    /// An objection was answered.
    Answered {
        /// The objection.
        objection: Position,
        /// Whether it is right.
        upheld: bool,
        /// Days that the answer came too late.
        days_late: u32,
        /// By whom.
        by: By,
    },
    /// Somebody appealed against an answer.
    Appealed {
        /// The objection.
        objection: Position,
        /// By whom.
        by: By,
    },
    /// The appeal was answered.
    AppealAnswered {
        /// The objection.
        objection: Position,
        /// Whether the objection is right in the end.
        upheld: bool,
        /// Days that the answer came too late.
        days_late: u32,
        /// By whom.
        by: By,
    },
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationRecord {
    /// Who applied.
    #[serde(with = "crate::id::as_path")]
    pub candidate: AccountId,
    /// The community it was made in.
    pub community: OrganizationId,
    /// Its steps, in order.
    pub steps: Vec<(Position, Done)>,
}

/// An answer to an objection or an appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Where it was given.
    pub at: Position,
    /// Whether the objection is right.
    pub upheld: bool,
    /// Days that it came too late.
    pub days_late: u32,
    /// By whom.
    pub by: &'a By,
}

/// An objection and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objected<'a> {
    /// Its number.
    pub objection: Position,
    /// Why.
    pub ground: &'a Code,
    /// Who raised it, and where it was taken in.
    pub by: &'a By,
    /// The answer.
    pub answer: Option<Answer<'a>>,
    /// The appeal against it.
    pub appeal: Option<(Position, &'a By)>,
    /// The last answer.
    pub appeal_answer: Option<Answer<'a>>,
}

impl Objected<'_> {
    /// Whether it is right, as far as it was answered.
    #[must_use]
    pub fn is_upheld(&self) -> bool {
        self.appeal_answer.or(self.answer).is_some_and(|answer| answer.upheld)
    }
}

/// A ground that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Against<'a> {
    /// The ground.
    pub ground: &'a Code,
    /// What it does.
    pub kind: GroundKind,
    /// Where it was recorded.
    pub at: Position,
    /// By whom.
    pub by: &'a By,
}

/// How the community verified an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification<'a> {
    /// Where.
    pub at: Position,
    /// Whether the community recommends it.
    pub recommended: bool,
    /// Whether the residence is confirmed.
    pub residence_confirmed: bool,
    /// SHA-256 of the stamped form.
    pub stamp: Digest32,
    /// By whom.
    pub by: &'a By,
}

/// What an application had come to at a position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Application<'a> {
    /// Where it was made, and by whom.
    pub applied: Option<(Position, &'a By)>,
    /// Where it was taken back, and by whom.
    pub withdrawn: Option<(Position, &'a By)>,
    /// How the community verified it.
    pub verified: Option<Verification<'a>>,
    /// How it was reviewed.
    pub reviewed: Option<(Position, bool, &'a By)>,
    /// The points of each item by judge, with the position of each.
    pub scores: BTreeMap<&'a Code, BTreeMap<&'a PersonId, (u32, Position)>>,
    /// The grounds that stand against it.
    pub grounds: Vec<Against<'a>>,
    /// The objections, oldest first.
    pub objections: Vec<Objected<'a>>,
}

impl<'a> Application<'a> {
    fn take_up(&mut self, at: Position, step: &'a Done) {
        match step {
            // Made again after it was taken back, it begins anew; what was found against it stays.
            Done::Applied { by } => {
                let (grounds, objections) =
                    (std::mem::take(&mut self.grounds), std::mem::take(&mut self.objections));
                *self =
                    Application { applied: Some((at, by)), grounds, objections, ..Application::default() };
            }
            Done::Withdrawn { by } => self.withdrawn = Some((at, by)),
            Done::Verified { recommended, residence_confirmed, stamp, by } => {
                self.verified = Some(Verification {
                    at,
                    recommended: *recommended,
                    residence_confirmed: *residence_confirmed,
                    stamp: *stamp,
                    by,
                });
            }
            Done::Reviewed { passed, by } => self.reviewed = Some((at, *passed, by)),
            Done::Judged { item, points, judge } => {
                self.scores.entry(item).or_default().insert(judge, (*points, at));
            }
            Done::Recorded { ground, kind, by, .. } => {
                self.grounds.push(Against { ground, kind: *kind, at, by });
            }
            Done::Lifted { ground, .. } => {
                self.grounds.retain(|held| held.kind == GroundKind::Veto || held.ground != ground);
            }
            Done::Objected { ground, by } => self.objections.push(Objected {
                objection: at,
                ground,
                by,
                answer: None,
                appeal: None,
                appeal_answer: None,
            }),
            Done::Answered { objection, upheld, days_late, by } => {
                let answer = Answer { at, upheld: *upheld, days_late: *days_late, by };
                self.objection(*objection, |held| held.answer = Some(answer));
            }
            Done::Appealed { objection, by } => {
                self.objection(*objection, |held| held.appeal = Some((at, by)));
            }
            Done::AppealAnswered { objection, upheld, days_late, by } => {
                let answer = Answer { at, upheld: *upheld, days_late: *days_late, by };
                self.objection(*objection, |held| held.appeal_answer = Some(answer));
            }
        }
    }

    fn objection(&mut self, objection: Position, change: impl FnOnce(&mut Objected<'a>)) {
        self.objections.iter_mut().find(|held| held.objection == objection).map(change);
    }

    /// Whether it was made and not taken back.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.applied.is_some() && self.withdrawn.is_none()
    }
}

impl ApplicationRecord {
    /// What it had come to when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, at: Position) -> Application<'_> {
        let mut then = Application::default();
        for (position, step) in self.steps.iter().filter(|(position, _)| *position <= at) {
            then.take_up(*position, step);
        }
        then
    }

    /// The day of the application, where it stood at a position, and where it was recorded.
    #[must_use]
    pub fn applied_on(&self, at: Position) -> Option<(OccurredOn, Position)> {
        let then = self.as_of(at);
        then.applied.filter(|_| then.stands()).map(|(position, by)| (by.on, position))
    }

    /// What the judges had given at a position.
    #[must_use]
    pub fn judged(&self, at: Position) -> Judged {
        let then = self.as_of(at);
        let points =
            |of: BTreeMap<&PersonId, (u32, Position)>| of.into_values().map(|(points, _)| points).collect();
        Judged(then.scores.into_iter().map(|(item, of)| (item.clone(), points(of))).collect())
    }

    /// What of the steps kept it from being named at a position.
    #[must_use]
    pub fn bars(&self, standard: &Standard, at: Position) -> Vec<Bar> {
        let then = self.as_of(at);
        let mut bars = Vec::new();
        if then.applied.is_none() {
            return vec![Bar::NotApplied];
        }
        if then.withdrawn.is_some() {
            bars.push(Bar::Withdrawn);
        }
        match (&then.verified, then.reviewed) {
            (None, _) => bars.push(Bar::NotVerified),
            (Some(verified), _) if !verified.recommended => bars.push(Bar::NotRecommended),
            (_, None) => bars.push(Bar::NotReviewed),
            (_, Some((_, false, _))) => bars.push(Bar::ReviewFailed),
            (_, Some((_, true, _))) => {
                let judges = standard.panel.judges_at_least as usize;
                let judged = |item: &Code| then.scores.get(item).map_or(0, BTreeMap::len) >= judges;
                let open =
                    standard.items.iter().filter(|item| item.judged().is_some() && !judged(&item.item));
                bars.extend(open.map(|item| Bar::NotJudged { item: item.item.clone() }));
            }
        }
        bars.extend(then.grounds.iter().map(|against| match against.kind {
            GroundKind::Veto => Bar::Vetoed { ground: against.ground.clone() },
            GroundKind::Hold => Bar::Held { ground: against.ground.clone() },
        }));
        bars
    }
}
