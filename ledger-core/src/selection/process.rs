//! What the steps of a selection have come to: the record of a selection, and that of a standard's versions.

use super::fact::{By, FreezeProposed, NamingProposed, SelectionOpened, StandardProposed, StandardPublished};
use super::standard::{Standard, StandardError};
use super::vote::Votes;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{AccountId, PersonId, ResidentId, SelectionId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// Judges of a selection (our own default).
pub const MAX_JUDGES: usize = 99;
/// Objections of a selection (our own default): they stand in its record.
pub const MAX_OBJECTIONS: usize = 1_000;
/// Candidates of one vote of the panel (our own default).
pub const MAX_TIED: usize = 1_000;
/// Candidates of all votes of a selection together (our own default): the votes stand in its record.
pub const MAX_VOTED: usize = 10_000;
/// Versions of a standard (our own default), as of an indicator.
pub const MAX_VERSIONS: usize = 100;
/// Selections by one standard that are open at once (our own default).
pub const MAX_OPEN: usize = 100;

/// The versions of a standard.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StandardRecord {
    /// Those published, oldest first.
    pub published: Vec<(Position, StandardPublished)>,
    /// The one that waits for approval.
    pub proposed: Option<(Position, StandardProposed)>,
    /// The selections that are not closed, with the year of each.
    pub open: Vec<(i32, SelectionId)>,
}

impl StandardRecord {
    /// A version that was published.
    #[must_use]
    pub fn version(&self, version: u32) -> Option<&StandardPublished> {
        self.published.iter().map(|(_, held)| held).find(|held| held.version == version)
    }
}

impl StandardPublished {
    /// What the document says.
    ///
    /// # Errors
    /// Never, for a document that was published by this program.
    pub fn parse(&self) -> Result<Standard, StandardError> {
        Standard::parse(&self.document)
    }
}

/// How far a selection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Candidates apply, are verified, reviewed and judged.
    Open,
    /// The list is frozen.
    Frozen,
    /// The list is shown to the public.
    Noticed,
    /// The candidates are named.
    Named,
    /// It is over.
    Closed,
}

impl Stage {
    /// All stages in order, with code, 繁體中文 and English.
    pub const ALL: [(Stage, &'static str, &'static str, &'static str); 5] = [
        (Stage::Open, "open", "申報與評審中", "open to applications and reviews"),
        (Stage::Frozen, "frozen", "名單已定", "frozen"),
        (Stage::Noticed, "noticed", "公示中", "on public notice"),
        (Stage::Named, "named", "已命名", "named"),
        (Stage::Closed, "closed", "已結束", "closed"),
    ];

    fn row(self) -> &'static (Stage, &'static str, &'static str, &'static str) {
        Self::ALL.iter().find(|row| row.0 == self).unwrap_or(&Self::ALL[0])
    }

    /// Its code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// In 繁體中文.
    #[must_use]
    pub fn hant(self) -> &'static str {
        self.row().2
    }

    /// In English.
    #[must_use]
    pub fn en(self) -> &'static str {
        self.row().3
    }

    /// The step that comes next, in 繁體中文 and English.
    #[must_use]
    pub fn next(self) -> (&'static str, &'static str) {
        match self {
            Stage::Open => (
                "申報、核實、初審、評分，然後定名單",
                "apply, verify, review and judge, then freeze the list",
            ),
            Stage::Frozen => ("公示名單", "publish the notice"),
            Stage::Noticed => {
                ("處理異議，公示期滿後命名", "answer objections, and name once the notice is over")
            }
            Stage::Named => ("結束評選", "close the selection"),
            Stage::Closed => ("開啟下一次評選", "open the next selection"),
        }
    }
}

/// A judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judge {
    /// Who.
    pub judge: PersonId,
    /// The judge's own account.
    pub resident: Option<ResidentId>,
    /// Where the judge was appointed.
    pub appointed_at: Position,
    /// By whom.
    pub by: By,
}

/// A vote of the panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Where it was recorded.
    pub voted_at: Position,
    /// SHA-256 of the tie it was cast for; none of a vote from before votes named it.
    pub tie: Option<Digest32>,
    /// The candidates, the first first.
    #[serde(with = "crate::id::as_paths")]
    pub order: Vec<AccountId>,
    /// SHA-256 of the minutes.
    pub minutes: Digest32,
}

/// A list that was proposed or is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// The position that the list is true at.
    pub at: Position,
    /// SHA-256 of the list.
    pub digest: Digest32,
    /// Places; none: as many as qualify.
    pub places: Option<u64>,
    /// How many are chosen.
    pub chosen: u32,
    /// SHA-256 over who is chosen.
    pub chosen_digest: Digest32,
    /// Where it was proposed: who is chosen stands there.
    pub proposed_at: Position,
    /// Who proposed it.
    pub proposed_by: By,
    /// Where it was approved, and by whom; none while it waits.
    pub approved: Option<(Position, By)>,
}

impl Freeze {
    pub(crate) fn of(proposed_at: Position, proposed: &FreezeProposed) -> Freeze {
        Freeze {
            at: proposed.at,
            digest: proposed.digest,
            places: proposed.places,
            chosen: u32::try_from(proposed.chosen.len()).unwrap_or(u32::MAX),
            chosen_digest: proposed.chosen_digest(),
            proposed_at,
            proposed_by: proposed.by.clone(),
            approved: None,
        }
    }
}

/// The public notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// Where it was published.
    pub published_at: Position,
    /// First day.
    pub from: OccurredOn,
    /// Last day.
    pub to: OccurredOn,
    /// By whom.
    pub by: By,
}

/// Where an objection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It waits for an answer.
    Raised,
    /// It was answered, and may be appealed against up to a day.
    Answered {
        /// The last day of an appeal.
        appeal_until: OccurredOn,
    },
    /// It waits for the answer to the appeal.
    Appealed,
    /// It was answered for good.
    Settled,
}

/// An objection, as the selection's record keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Its number: where it was raised.
    pub objection: Position,
    /// Against whom.
    #[serde(with = "crate::id::as_path")]
    pub candidate: AccountId,
    /// Where it stands.
    pub standing: Standing,
}

impl Objection {
    /// Whether nothing more can come of it on a day.
    #[must_use]
    pub fn is_over(&self, today: OccurredOn) -> bool {
        match self.standing {
            Standing::Settled => true,
            Standing::Answered { appeal_until } => appeal_until < today,
            Standing::Raised | Standing::Appealed => false,
        }
    }
}

/// Differences that were seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Where that was recorded.
    pub noted_at: Position,
    /// The position that they are true at.
    pub at: Position,
    /// SHA-256 of them.
    pub digest: Digest32,
    /// How many there are.
    pub differences: u32,
    /// Who has seen them.
    pub by: By,
}

/// A naming that was proposed or is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Naming {
    /// Where it was proposed: who is named stands there.
    pub proposed_at: Position,
    /// SHA-256 of the proposal.
    pub digest: Digest32,
    /// SHA-256 of the differences from the frozen list.
    pub differences: Option<Digest32>,
    /// How many are named.
    pub named: u32,
    /// How many were chosen and are not named.
    pub excluded: u32,
    /// The day of the award.
    pub from: OccurredOn,
    /// The title's last day.
    pub until: OccurredOn,
    /// Who proposed it.
    pub proposed_by: By,
    /// Where it was approved, and by whom; none while it waits.
    pub approved: Option<(Position, By)>,
}

impl Naming {
    pub(crate) fn of(proposed_at: Position, proposed: &NamingProposed) -> Naming {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Naming {
            proposed_at,
            digest: proposed.digest(),
            differences: proposed.differences,
            named: count(proposed.named.len()),
            excluded: count(proposed.excluded.len()),
            from: proposed.from,
            until: proposed.until,
            proposed_by: proposed.by.clone(),
            approved: None,
        }
    }
}

/// A selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionRecord {
    /// As it was opened.
    pub opened: SelectionOpened,
    /// Where.
    pub opened_at: Position,
    /// The last step of it, of whichever candidate.
    pub changed_at: Position,
    /// Candidates that have applied, those that withdrew among them.
    pub applications: u32,
    /// The judges, in the order they were appointed.
    pub judges: Vec<Judge>,
    /// The votes of the panel, oldest first.
    pub votes: Vec<Vote>,
    /// The list that was last proposed to be frozen.
    pub freeze: Option<Freeze>,
    /// The public notice.
    pub notice: Option<Noticed>,
    /// The objections, oldest first.
    pub objections: Vec<Objection>,
    /// The differences that were last seen.
    pub differences: Option<Noted>,
    /// The naming that was last proposed.
    pub naming: Option<Naming>,
    /// Where it was closed, and by whom.
    pub closed: Option<(Position, By)>,
}

impl SelectionRecord {
    pub(crate) fn of(opened_at: Position, opened: &SelectionOpened) -> SelectionRecord {
        SelectionRecord {
            opened: opened.clone(),
            opened_at,
            changed_at: opened_at,
            applications: 0,
            judges: Vec::new(),
            votes: Vec::new(),
            freeze: None,
            notice: None,
            objections: Vec::new(),
            differences: None,
            naming: None,
            closed: None,
        }
    }

    /// What is frozen.
    #[must_use]
    pub fn frozen(&self) -> Option<(&Freeze, Position, &By)> {
        let freeze = self.freeze.as_ref()?;
        freeze.approved.as_ref().map(|(at, by)| (freeze, *at, by))
    }

    /// Who was named.
    #[must_use]
    pub fn named(&self) -> Option<(&Naming, Position, &By)> {
        let naming = self.naming.as_ref()?;
        naming.approved.as_ref().map(|(at, by)| (naming, *at, by))
    }

    /// The first day on which its list may be frozen: nobody can apply any more, the days that are looked at are over, and
    /// the day whose members count has come.
    #[must_use]
    pub fn freezes_on(&self) -> OccurredOn {
        let SelectionOpened { apply_until, window, counted_on, .. } = &self.opened;
        (*apply_until).max(window.to).plus_days(1).max(*counted_on)
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        if self.closed.is_some() {
            Stage::Closed
        } else if self.named().is_some() {
            Stage::Named
        } else if self.notice.is_some() {
            Stage::Noticed
        } else if self.frozen().is_some() {
            Stage::Frozen
        } else {
            Stage::Open
        }
    }

    /// Where a stage was reached, and by whom; none where it was not.
    #[must_use]
    pub fn reached(&self, stage: Stage) -> Option<(Position, &By)> {
        match stage {
            Stage::Open => Some((self.opened_at, &self.opened.by)),
            Stage::Frozen => self.frozen().map(|(_, at, by)| (at, by)),
            Stage::Noticed => self.notice.as_ref().map(|notice| (notice.published_at, &notice.by)),
            Stage::Named => self.named().map(|(_, at, by)| (at, by)),
            Stage::Closed => self.closed.as_ref().map(|(at, by)| (*at, by)),
        }
    }

    /// The votes of the panel up to a position.
    #[must_use]
    pub fn votes(&self, at: Position) -> Votes {
        let mut votes = Votes::default();
        for vote in self.votes.iter().filter(|vote| vote.voted_at <= at) {
            votes.take_up(vote.tie, &vote.order);
        }
        votes
    }
}
