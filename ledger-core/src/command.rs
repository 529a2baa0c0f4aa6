//! Commands: what a client asks for, parsed and whole.

use crate::access::CredentialIssued;
use crate::correction::CorrectionProposed;
use crate::date::OccurredOn;
use crate::entry::{Digest32, Entry, ReversalReason};
use crate::event::{LedgerOpened, MonthClosed, PolicyProposed, PolicyPublished};
use crate::id::{
    Code, CourseId, CredentialId, HouseholdId, OrganizationId, PersonId, PolicyId, RequestId, ResidentId,
    VersionId,
};
use crate::identity::{MergeAct, Purpose, Role};
use crate::person::PersonAct;
use crate::quantity::{CentiCredits, Position};
use crate::registry::{
    Course, CourseVersion, DefinedCode, Household, Organization, OrganizationStatusChange, Resident, Team,
};
use crate::report::indicator::{IndicatorDefined, PopulationStated, TargetSet};
use crate::retention::RetentionAct;
use crate::selection::step::Step;

/// The most entries one command may make: a class list (our own default).
pub const MAX_GROUP: usize = 1_000;

/// The most commands of one batch (`RELIABILITY.md` §6, BATCH_SIZE).
pub const MAX_BATCH: usize = 1_000;

/// A request to change the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Who asks; none for the program itself when a ledger begins.
    pub poster: Option<OrganizationId>,
    /// Whose credential it came with; none of whoever has the database.
    pub by: Option<PersonId>,
    /// The client's name for the request.
    pub request_id: RequestId,
    /// SHA-256 of the request as the door received it, without its id: the same id with another digest is refused.
    pub digest: [u8; 32],
    /// What to do.
    pub action: Action,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Begin a ledger with its policy and codes.
    Open {
        /// How it begins.
        opened: LedgerOpened,
        /// Its policy.
        policy: PolicyPublished,
        /// Its code lists.
        codes: Vec<DefinedCode>,
    },
    /// Propose a policy.
    ProposePolicy(PolicyProposed),
    /// Publish a policy that was proposed.
    PublishPolicy {
        /// Its id.
        policy: PolicyId,
        /// Its version.
        version: u32,
        /// SHA-256 of the document that is approved.
        digest: Digest32,
        /// Who approves it.
        approved_by: PersonId,
    },
    /// Define a code.
    DefineCode(DefinedCode),
    /// Register an organisation.
    RegisterOrganization(Organization),
    /// Close, merge or reopen an organisation.
    ChangeOrganization(OrganizationStatusChange),
    /// Register a course.
    RegisterCourse(Course),
    /// Submit a version of a course.
    SubmitVersion(CourseVersion),
    /// Approve a version.
    ApproveVersion {
        /// The course.
        course: CourseId,
        /// The version.
        version: VersionId,
        /// First day; none = the day of the approval.
        valid_from: Option<OccurredOn>,
        /// Last day; none = three years.
        valid_to: Option<OccurredOn>,
    },
    /// Open residents' accounts; those that are open already stay as they are.
    RegisterResidents(Vec<Resident>),
    /// Open a household's account.
    RegisterHousehold(Household),
    /// Register a volunteer team.
    RegisterTeam(Team),
    /// Record entries: one, or a class list that stands or falls together.
    Post(Vec<Entry>),
    /// Reverse an entry. The door has read the entry: events never change, so what it read is still true.
    Reverse {
        /// Where the entry stands.
        position: Position,
        /// The entry.
        entry: Box<Entry>,
        /// Why.
        reason: ReversalReason,
    },
    /// Propose that one resident's account answers in another, as they are one person's, or that it does no more.
    ProposeMerge {
        /// Which of both, and of which accounts.
        act: MergeAct,
        /// Who proposes it.
        proposed_by: PersonId,
    },
    /// Approve what was proposed for an account.
    ApproveMerge {
        /// The account that was or is to be merged.
        merged: ResidentId,
        /// SHA-256 of what is approved.
        digest: Digest32,
        /// Who approves it.
        approved_by: PersonId,
    },
    /// Give a resident's account another id.
    ChangeIdentifier {
        /// The old id.
        resident: ResidentId,
        /// The new id.
        to: ResidentId,
    },
    /// Say that two accounts are two persons'.
    DistinguishResidents {
        /// One account.
        resident: ResidentId,
        /// The other.
        other: ResidentId,
    },
    /// Record that a resident came into a household.
    JoinHousehold {
        /// The household.
        household: HouseholdId,
        /// The resident.
        resident: ResidentId,
        /// Of what age.
        role: Role,
        /// First day.
        from: OccurredOn,
        /// Last day, of a membership that is over already.
        to: Option<OccurredOn>,
    },
    /// Record that a resident left a household.
    LeaveHousehold {
        /// The household.
        household: HouseholdId,
        /// The resident.
        resident: ResidentId,
        /// The last day.
        last_day: OccurredOn,
    },
    /// Redeem credit.
    Redeem {
        /// Whose.
        resident: ResidentId,
        /// For what: a code of the list `rewards`.
        reward: Code,
        /// How much.
        credit: CentiCredits,
    },
    /// Propose a correction. The door has read the entries to reverse: events never change.
    ProposeCorrection(Box<CorrectionProposed>),
    /// Approve a correction, which the door has read.
    ApproveCorrection {
        /// Where it was proposed.
        proposed_at: Position,
        /// What was proposed there.
        proposal: Box<CorrectionProposed>,
        /// SHA-256 of what is approved.
        digest: Digest32,
        /// Who approves it.
        approved_by: PersonId,
    },
    /// Reject a correction, or take it back.
    RejectCorrection {
        /// Where it was proposed.
        proposed_at: Position,
        /// What was proposed there.
        proposal: Box<CorrectionProposed>,
        /// Who rejects it.
        rejected_by: PersonId,
    },
    /// Close a month.
    CloseMonth(MonthClosed),
    /// Define an indicator.
    DefineIndicator(IndicatorDefined),
    /// Set an organisation's target.
    SetTarget(TargetSet),
    /// State an organisation's population.
    StatePopulation(PopulationStated),
    /// Record that a household belongs to another community.
    MoveHousehold {
        /// The household.
        household: HouseholdId,
        /// The community.
        community: OrganizationId,
        /// First day there.
        from: OccurredOn,
    },
    /// Record that a household is no more.
    DissolveHousehold {
        /// The household.
        household: HouseholdId,
        /// Its last day.
        last_day: OccurredOn,
    },
    /// Let some members of a household live in a new one.
    SplitHousehold {
        /// The household.
        household: HouseholdId,
        /// The new one.
        into: HouseholdId,
        /// Who lives there.
        members: Vec<ResidentId>,
        /// The community of the new one; none = that of the old one.
        community: Option<OrganizationId>,
        /// First day there.
        from: OccurredOn,
    },
    /// Name a minor's guardian.
    NameGuardian {
        /// The minor.
        resident: ResidentId,
        /// The guardian.
        guardian: ResidentId,
        /// First day.
        from: OccurredOn,
    },
    /// Release a minor's guardian.
    ReleaseGuardian {
        /// The minor.
        resident: ResidentId,
        /// The guardian.
        guardian: ResidentId,
        /// The last day.
        last_day: OccurredOn,
    },
    /// Record that somebody agreed to what a resident's record is used for.
    GiveConsent {
        /// Whose record.
        resident: ResidentId,
        /// Who agreed.
        given_by: ResidentId,
        /// To what.
        purpose: Purpose,
        /// First day.
        from: OccurredOn,
    },
    /// Record that consent was withdrawn.
    WithdrawConsent {
        /// Whose record.
        resident: ResidentId,
        /// To what.
        purpose: Purpose,
        /// The last day.
        last_day: OccurredOn,
    },
    /// Do a step of a selection.
    Selection(Box<Step>),
    /// Issue a credential.
    IssueCredential(Box<CredentialIssued>),
    /// Approve a credential that waits for a second person.
    ApproveCredential {
        /// Which.
        credential: CredentialId,
        /// SHA-256 of what is approved.
        digest: Digest32,
        /// Who approves it.
        approved_by: PersonId,
    },
    /// Revoke a credential.
    RevokeCredential {
        /// Which.
        credential: CredentialId,
        /// Who revokes it; none for whoever has the database.
        revoked_by: Option<PersonId>,
    },
    /// Record what becomes of a person's data outside the log.
    Person(Box<PersonAct>),
    /// Set the rule of retention, or erase who is due under it.
    Retention(Box<RetentionAct>),
}

impl Action {
    /// Whether its decision reads states that only those it names tell, also where no accounts are tied. The others look
    /// further where they meet accounts that answer as one.
    #[must_use]
    pub fn reads_further(&self) -> bool {
        self.stands_alone()
            || matches!(
                self,
                Action::Person(_)
                    | Action::Retention(_)
                    | Action::Redeem { .. }
                    | Action::Reverse { .. }
                    | Action::ProposeCorrection(_)
                    | Action::ApproveCorrection { .. }
            )
    }

    /// Whether it is about who is who, or a step of a selection. What is decided after it may need other states than
    /// before, so nothing else is loaded together with it.
    #[must_use]
    pub fn stands_alone(&self) -> bool {
        matches!(
            self,
            Action::ProposeMerge { .. }
                | Action::ApproveMerge { .. }
                | Action::ChangeIdentifier { .. }
                | Action::DistinguishResidents { .. }
                | Action::JoinHousehold { .. }
                | Action::LeaveHousehold { .. }
                | Action::MoveHousehold { .. }
                | Action::DissolveHousehold { .. }
                | Action::SplitHousehold { .. }
                | Action::NameGuardian { .. }
                | Action::ReleaseGuardian { .. }
                | Action::GiveConsent { .. }
                | Action::WithdrawConsent { .. }
                | Action::Selection(_)
                | Action::Retention(_)
        )
    }
}
