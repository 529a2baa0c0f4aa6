//! The steps of a selection as they are asked for, parsed and whole. Who asks for which organisation is the command's.

use super::fact::{FreezeProposed, GroundKind, NamingProposed, StandardProposed};
use super::record::Window;
use super::vote::OpenTie;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{AccountId, Code, PersonId, ResidentId, SelectionId, StandardId};
use crate::quantity::Position;

/// The most candidates of one list that are chosen, and named in one transaction (our own default).
pub const MAX_CHOSEN: usize = 10_000;

/// A step of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Propose a standard.
    ProposeStandard(StandardProposed),
    /// Publish a standard that was proposed.
    PublishStandard {
        /// Its id.
        standard: StandardId,
        /// Its version.
        version: u32,
        /// SHA-256 of the document that is approved.
        digest: Digest32,
        /// Who approves it.
        approved_by: PersonId,
    },
    /// Open a selection by the newest version of a standard.
    Open {
        /// Its id.
        selection: SelectionId,
        /// The civil year.
        year: i32,
        /// The standard.
        standard: StandardId,
        /// The days whose records are looked at.
        window: Window,
        /// The day whose members a household is taken to have.
        counted_on: OccurredOn,
        /// The last day of applications.
        apply_until: OccurredOn,
        /// Who opens it.
        person: PersonId,
    },
    /// A step of one application.
    Application {
        /// The selection.
        selection: SelectionId,
        /// The candidate.
        candidate: AccountId,
        /// What is done.
        act: ApplicationAct,
        /// Who does it.
        person: PersonId,
    },
    /// Appoint a judge.
    Appoint {
        /// The selection.
        selection: SelectionId,
        /// The judge.
        judge: PersonId,
        /// The judge's own account.
        resident: Option<ResidentId>,
        /// Who appoints.
        person: PersonId,
    },
    /// Record how the panel voted on candidates that are equal at the edge of the quota.
    VoteTie {
        /// The selection.
        selection: SelectionId,
        /// The position of the list that tells who is equal.
        at: Position,
        /// Who is equal in that list.
        open: Option<OpenTie>,
        /// SHA-256 of the tie that the panel saw.
        tie: Digest32,
        /// The candidates, the first first.
        order: Vec<AccountId>,
        /// SHA-256 of the minutes.
        minutes: Digest32,
        /// Who records it.
        person: PersonId,
    },
    /// Propose to freeze a ranked list.
    ProposeFreeze {
        /// The selection.
        selection: SelectionId,
        /// The position that the list is true at.
        at: Position,
        /// SHA-256 of the list.
        digest: Digest32,
        /// Places; none: as many as qualify.
        places: Option<u64>,
        /// Who is chosen, in order.
        chosen: Vec<AccountId>,
        /// Who is equal at the edge of the quota, and waits for the panel's vote.
        tied: Option<OpenTie>,
        /// Who proposes.
        person: PersonId,
    },
    /// Freeze the list that was proposed.
    ApproveFreeze {
        /// The selection.
        selection: SelectionId,
        /// SHA-256 of the list that is approved.
        digest: Digest32,
        /// Who approves.
        person: PersonId,
    },
    /// Show the frozen list to the public.
    PublishNotice {
        /// The selection.
        selection: SelectionId,
        /// First day.
        from: OccurredOn,
        /// Last day.
        to: OccurredOn,
        /// Who publishes.
        person: PersonId,
    },
    /// A step of an objection.
    Objection {
        /// The selection.
        selection: SelectionId,
        /// Its number.
        objection: Position,
        /// What is done.
        act: ObjectionAct,
        /// SHA-256 of what was submitted or answered.
        evidence: Digest32,
        /// Who does it.
        person: PersonId,
    },
    /// Note that the differences from the frozen list were seen.
    NoteDifferences {
        /// The selection.
        selection: SelectionId,
        /// The position that they are true at.
        at: Position,
        /// SHA-256 of them.
        digest: Digest32,
        /// How many there are.
        differences: u32,
        /// Who has seen them.
        person: PersonId,
    },
    /// Propose whom to name: all that were chosen but those that something rules out by now.
    ProposeNaming {
        /// The selection.
        selection: SelectionId,
        /// What was frozen. The caller has read it: events never change.
        frozen: Box<FreezeProposed>,
        /// SHA-256 of the differences from the frozen list; none where there are none.
        differences: Option<Digest32>,
        /// The day of the award.
        from: OccurredOn,
        /// Who proposes.
        person: PersonId,
    },
    /// Name those that were proposed, with an award to each household.
    ApproveNaming {
        /// The selection.
        selection: SelectionId,
        /// What was proposed. The caller has read it: events never change.
        proposal: Box<NamingProposed>,
        /// SHA-256 of the proposal that is approved.
        digest: Digest32,
        /// SHA-256 of the differences from the frozen list; none where there are none.
        differences: Option<Digest32>,
        /// Who approves.
        person: PersonId,
    },
    /// Close a selection.
    Close {
        /// The selection.
        selection: SelectionId,
        /// Who closes it.
        person: PersonId,
    },
    /// A step of a title that somebody holds.
    Title {
        /// Who holds it.
        candidate: AccountId,
        /// The title: a code of the list `titles`.
        title: Code,
        /// What is done.
        act: TitleAct,
        /// Who does it.
        person: PersonId,
    },
}

/// What is done with one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationAct {
    /// Make it.
    Apply,
    /// Take it back.
    Withdraw,
    /// The community verifies it.
    Verify {
        /// Whether the community recommends it.
        recommended: bool,
        /// Whether it confirms that the candidate works, studies or lives there long enough.
        residence_confirmed: bool,
        /// SHA-256 of the stamped form.
        stamp: Digest32,
    },
    /// The organisation above the community reviews it.
    Review {
        /// Whether it goes on to the panel.
        passed: bool,
    },
    /// A judge, who is the person that acts, gives points.
    Judge {
        /// The item.
        item: Code,
        /// The points.
        points: u32,
    },
    /// A ground against it is recorded.
    Record {
        /// The ground of the standard.
        ground: Code,
        /// What it does.
        kind: GroundKind,
        /// SHA-256 of the evidence.
        evidence: Digest32,
    },
    /// What it was held for is settled.
    Lift {
        /// The ground.
        ground: Code,
        /// SHA-256 of the evidence.
        evidence: Digest32,
    },
    /// Somebody objects to it.
    Object {
        /// Why: a code.
        ground: Code,
        /// SHA-256 of what was submitted.
        evidence: Digest32,
    },
}

/// What is done with an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectionAct {
    /// Answer it.
    Answer {
        /// Whether it is right.
        upheld: bool,
    },
    /// Appeal against the answer.
    Appeal,
    /// Answer the appeal.
    AnswerAppeal {
        /// Whether the objection is right in the end.
        upheld: bool,
    },
}

/// What is done with a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TitleAct {
    /// Look at it again.
    Recheck {
        /// The civil year.
        year: i32,
        /// Whether it is kept.
        kept: bool,
    },
    /// Propose to withdraw it.
    ProposeWithdrawal {
        /// Why: a code.
        ground: Code,
        /// SHA-256 of the evidence.
        evidence: Digest32,
    },
    /// Withdraw it.
    ApproveWithdrawal {
        /// SHA-256 of the proposal that is approved.
        digest: Digest32,
    },
}

impl Step {
    /// The most events it makes.
    #[must_use]
    pub fn most_events(&self) -> usize {
        match self {
            Step::ApproveNaming { proposal, .. } => proposal.named.len() + 1,
            _ => 1,
        }
    }

    /// The selection it is about.
    #[must_use]
    pub fn selection(&self) -> Option<&SelectionId> {
        match self {
            Step::ProposeStandard(_) | Step::PublishStandard { .. } | Step::Title { .. } => None,
            Step::Open { selection, .. }
            | Step::Application { selection, .. }
            | Step::Appoint { selection, .. }
            | Step::VoteTie { selection, .. }
            | Step::ProposeFreeze { selection, .. }
            | Step::ApproveFreeze { selection, .. }
            | Step::PublishNotice { selection, .. }
            | Step::Objection { selection, .. }
            | Step::NoteDifferences { selection, .. }
            | Step::ProposeNaming { selection, .. }
            | Step::ApproveNaming { selection, .. }
            | Step::Close { selection, .. } => Some(selection),
        }
    }
}
