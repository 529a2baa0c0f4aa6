//! The steps of a selection as they are kept in the log: ids, days, codes, counts and digests, and nothing about a person
//! but the number of the post or account that acted.

use super::record::Window;
use crate::approval::PROPOSAL_DAYS;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::id::{AccountId, Code, OrganizationId, PersonId, ResidentId, SelectionId, StandardId};
use crate::quantity::Position;
use serde::{Deserialize, Serialize};

/// Who did a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// For which organisation.
    pub organization: OrganizationId,
    /// The person: the number of a post or an account, never a name.
    pub person: PersonId,
    /// The day, in the ledger's time zone.
    pub on: OccurredOn,
}

impl By {
    /// The last day to approve what was proposed by this.
    #[must_use]
    pub fn approvable_until(&self) -> OccurredOn {
        self.on.plus_days(PROPOSAL_DAYS)
    }
}

/// A standard was proposed: it waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardProposed {
    /// The document's id.
    pub standard: StandardId,
    /// Its version.
    pub version: u32,
    /// The document: TOML, byte for byte.
    pub document: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// The last day to approve it; none of those that were proposed before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<OccurredOn>,
}

impl StandardProposed {
    /// SHA-256 of the document: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        Digest32::of(self.document.as_bytes())
    }
}

/// A standard was published, kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardPublished {
    /// The document's id.
    pub standard: StandardId,
    /// Its version.
    pub version: u32,
    /// The document: TOML, byte for byte.
    pub document: String,
    /// Where it was proposed.
    pub proposed_at: Position,
    /// By whom.
    pub proposed_by: PersonId,
    /// Who approved it.
    pub approved_by: PersonId,
}

/// A selection was opened: from here on households apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionOpened {
    /// The selection.
    pub selection: SelectionId,
    /// The civil year it is held for.
    pub year: i32,
    /// The standard.
    pub standard: StandardId,
    /// Its version.
    pub version: u32,
    /// The days whose records are looked at.
    pub window: Window,
    /// The day whose members a household is taken to have.
    pub counted_on: OccurredOn,
    /// The last day of applications.
    pub apply_until: OccurredOn,
    /// Who opened it.
    pub by: By,
}

/// A candidate applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationMade {
    /// The selection.
    pub selection: SelectionId,
    /// Who applied.
    pub candidate: AccountId,
    /// The community it belongs to, which verifies it.
    pub community: OrganizationId,
    /// Who took the application in; `on` is the day of it.
    pub by: By,
}

/// An application was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationWithdrawn {
    /// The selection.
    pub selection: SelectionId,
    /// Who had applied.
    pub candidate: AccountId,
    /// The community it was made in.
    pub community: OrganizationId,
    /// Whether the community had recommended it: then it may recommend another.
    pub recommended: bool,
    /// Who took it back.
    pub by: By,
}

/// The community verified an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationVerified {
    /// The selection.
    pub selection: SelectionId,
    /// The candidate.
    pub candidate: AccountId,
    /// The community.
    pub community: OrganizationId,
    /// Whether the community recommends it.
    pub recommended: bool,
    /// Whether it works, studies or lives in the district for as long as the standard asks.
    pub residence_confirmed: bool,
    /// SHA-256 of the stamped form.
    pub stamp: Digest32,
    /// Who verified it.
    pub by: By,
}

/// The organisation above the community reviewed an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationReviewed {
    /// The selection.
    pub selection: SelectionId,
    /// The candidate.
    pub candidate: AccountId,
    /// Whether it goes on to the panel.
    pub passed: bool,
    /// Who reviewed it.
    pub by: By,
}

/// A judge was appointed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeAppointed {
    /// The selection.
    pub selection: SelectionId,
    /// The judge.
    pub judge: PersonId,
    /// The judge's own account, where there is one: nobody judges the own household.
    pub resident: Option<ResidentId>,
    /// Who appointed the judge.
    pub by: By,
}

/// A judge gave points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemJudged {
    /// The selection.
    pub selection: SelectionId,
    /// The candidate.
    pub candidate: AccountId,
    /// The item of the standard.
    pub item: Code,
    /// The points.
    pub points: u32,
    /// The judge.
    pub judge: PersonId,
    /// For which organisation they were recorded.
    pub organization: OrganizationId,
}

/// What a ground does to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroundKind {
    /// It rules the candidate out for the year.
    Veto,
    /// It keeps the candidate from being named until it is lifted.
    Hold,
}

/// A ground against a candidate was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundRecorded {
    /// The selection.
    pub selection: SelectionId,
    /// The candidate.
    pub candidate: AccountId,
    /// The ground of the standard.
    pub ground: Code,
    /// What it does.
    pub kind: GroundKind,
    /// SHA-256 of the evidence.
    pub evidence: Digest32,
    /// Who recorded it.
    pub by: By,
}

/// What a candidate was held for is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundLifted {
    /// The selection.
    pub selection: SelectionId,
    /// The candidate.
    pub candidate: AccountId,
    /// The ground.
    pub ground: Code,
    /// SHA-256 of the evidence.
    pub evidence: Digest32,
    /// Who lifted it.
    pub by: By,
}

/// The panel voted on candidates that were equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieVoted {
    /// The selection.
    pub selection: SelectionId,
    /// SHA-256 of the tie it was cast for: it decides no other. None of a vote from before votes named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie: Option<Digest32>,
    /// The candidates, the first first.
    pub order: Vec<AccountId>,
    /// SHA-256 of the minutes of the vote.
    pub minutes: Digest32,
    /// Who recorded it.
    pub by: By,
}

/// A ranked list was proposed to be frozen: it waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeProposed {
    /// The selection.
    pub selection: SelectionId,
    /// The position that the list is true at.
    pub at: Position,
    /// SHA-256 of the list.
    pub digest: Digest32,
    /// Places; none: as many as qualify.
    pub places: Option<u64>,
    /// Who is chosen, in order.
    pub chosen: Vec<AccountId>,
    /// Who proposed it.
    pub by: By,
}

impl FreezeProposed {
    /// SHA-256 over who is chosen: tells a later step that it was given the list that was frozen.
    #[must_use]
    pub fn chosen_digest(&self) -> Digest32 {
        let lines: Vec<String> = self.chosen.iter().map(|account| format!("{account}\n")).collect();
        Digest32::of(lines.concat().as_bytes())
    }
}

/// A ranked list was frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionFrozen {
    /// The selection.
    pub selection: SelectionId,
    /// Where it was proposed.
    pub proposed_at: Position,
    /// SHA-256 of the list.
    pub digest: Digest32,
    /// Who approved it.
    pub by: By,
}

/// The list is shown to the public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticePublished {
    /// The selection.
    pub selection: SelectionId,
    /// First day.
    pub from: OccurredOn,
    /// Last day.
    pub to: OccurredOn,
    /// Who published it.
    pub by: By,
}

/// Somebody objects to the list. The objection's number is its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionRaised {
    /// The selection.
    pub selection: SelectionId,
    /// Against whom.
    pub candidate: AccountId,
    /// Why: a code.
    pub ground: Code,
    /// SHA-256 of what was submitted.
    pub evidence: Digest32,
    /// Who raised it, and where it was taken in.
    pub by: By,
}

/// An objection was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionAnswered {
    /// The selection.
    pub selection: SelectionId,
    /// The objection.
    pub objection: Position,
    /// Against whom it was.
    pub candidate: AccountId,
    /// Whether it is right.
    pub upheld: bool,
    /// Days that the answer came too late; 0 = in time.
    pub days_late: u32,
    /// The last day of an appeal.
    pub appeal_until: OccurredOn,
    /// SHA-256 of the written answer.
    pub evidence: Digest32,
    /// Who answered.
    pub by: By,
}

/// Somebody appeals against an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealRaised {
    /// The selection.
    pub selection: SelectionId,
    /// The objection.
    pub objection: Position,
    /// Against whom it was.
    pub candidate: AccountId,
    /// SHA-256 of what was submitted.
    pub evidence: Digest32,
    /// Who raised it, and where it was taken in.
    pub by: By,
}

/// An appeal was answered: that is the last word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealAnswered {
    /// The selection.
    pub selection: SelectionId,
    /// The objection.
    pub objection: Position,
    /// Against whom it was.
    pub candidate: AccountId,
    /// Whether the objection is right in the end.
    pub upheld: bool,
    /// Days that the answer came too late; 0 = in time.
    pub days_late: u32,
    /// SHA-256 of the written answer.
    pub evidence: Digest32,
    /// Who answered.
    pub by: By,
}

/// Somebody has seen what differs from the frozen list by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferencesNoted {
    /// The selection.
    pub selection: SelectionId,
    /// The position that the differences are true at.
    pub at: Position,
    /// SHA-256 of the list of differences.
    pub digest: Digest32,
    /// How many there are.
    pub differences: u32,
    /// Who has seen them.
    pub by: By,
}

/// Why a candidate that was chosen is not named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Exclusion {
    /// An objection was upheld.
    Objection {
        /// Its number.
        objection: Position,
    },
    /// A veto was recorded.
    Vetoed {
        /// On this ground.
        ground: Code,
    },
    /// Something is not settled.
    Held {
        /// On this ground.
        ground: Code,
    },
    /// It has taken its application back.
    Withdrawn,
    /// The household was dissolved before the day of the award.
    Dissolved {
        /// Its last day.
        last_day: OccurredOn,
    },
    /// Another account answers for the resident by now.
    Merged {
        /// Which.
        #[serde(rename = "into")]
        survivor: ResidentId,
    },
    /// The organisation is closed, or was merged into another.
    Closed {
        /// Its last day.
        last_day: OccurredOn,
    },
    /// Consent to be named does not stand any more.
    ConsentMissing {
        /// Whose: by account.
        members: Vec<ResidentId>,
    },
    /// It holds the title by now.
    HoldsTitle {
        /// Its last day.
        until: OccurredOn,
    },
    /// A title of it was withdrawn.
    Barred {
        /// The last day on which it cannot be named.
        until: OccurredOn,
    },
}

impl Exclusion {
    /// Its code and particulars as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A candidate that was chosen and is not named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Who.
    pub candidate: AccountId,
    /// Why.
    #[serde(flatten)]
    pub why: Exclusion,
}

/// Who is to be named was proposed: it waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamingProposed {
    /// The selection.
    pub selection: SelectionId,
    /// Who is named, in the order of the list.
    pub named: Vec<AccountId>,
    /// Who was chosen and is not named.
    pub excluded: Vec<Excluded>,
    /// SHA-256 of the differences from the frozen list; none where there are none.
    pub differences: Option<Digest32>,
    /// The title: a code of the list `titles`.
    pub title: Code,
    /// The day of the award.
    pub from: OccurredOn,
    /// The title's last day.
    pub until: OccurredOn,
    /// Years for which nobody is named again whose title is withdrawn.
    pub barred_years: u32,
    /// Who proposed it.
    pub by: By,
}

impl NamingProposed {
    /// SHA-256 of its bytes: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        digest_of(self)
    }
}

/// SHA-256 of the bytes of a proposal.
fn digest_of(proposal: &impl Serialize) -> Digest32 {
    // Every value of these types can be written as JSON.
    Digest32::of(&serde_json::to_vec(proposal).unwrap_or_default())
}

/// Candidates were named; the award of each household is an entry behind this event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionNamed {
    /// The selection.
    pub selection: SelectionId,
    /// Where it was proposed.
    pub proposed_at: Position,
    /// Who was named.
    pub named: Vec<AccountId>,
    /// The title.
    pub title: Code,
    /// Its first day.
    pub from: OccurredOn,
    /// Its last day.
    pub until: OccurredOn,
    /// Years for which nobody is named again whose title is withdrawn.
    pub barred_years: u32,
    /// Who approved it.
    pub by: By,
}

/// A selection was closed: nothing comes behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionClosed {
    /// The selection.
    pub selection: SelectionId,
    /// Its standard, which can be opened for the year anew.
    pub standard: StandardId,
    /// Who closed it.
    pub by: By,
}

/// Who holds a title was looked at again, once a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleRechecked {
    /// Who holds it.
    pub candidate: AccountId,
    /// The title.
    pub title: Code,
    /// The civil year.
    pub year: i32,
    /// Whether it keeps the title; if not, the title lapses on that day.
    pub kept: bool,
    /// Who looked.
    pub by: By,
}

/// It was proposed to withdraw a title: it waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleWithdrawalProposed {
    /// Who holds it.
    pub candidate: AccountId,
    /// The title.
    pub title: Code,
    /// Why: a code.
    pub ground: Code,
    /// SHA-256 of the evidence.
    pub evidence: Digest32,
    /// Who proposed it.
    pub by: By,
}

impl TitleWithdrawalProposed {
    /// SHA-256 of its bytes: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        digest_of(self)
    }
}

/// A title was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TitleWithdrawn {
    /// Who held it.
    pub candidate: AccountId,
    /// The title.
    pub title: Code,
    /// Why: a code.
    pub ground: Code,
    /// Where it was proposed.
    pub proposed_at: Position,
    /// The last day on which the candidate cannot be named.
    pub barred_until: OccurredOn,
    /// Who approved it.
    pub by: By,
}
