//! Events: immutable facts at a position of a ledger, kept as the exact bytes that were written first.

mod codec;

pub use codec::{CodecError, decode, encode};

use crate::access::{CredentialApproved, CredentialIssued, CredentialRevoked};
use crate::approval::{Approval, PROPOSAL_DAYS};
use crate::correction::{CorrectionApproved, CorrectionProposed, CorrectionRejected};
use crate::date::OccurredOn;
use crate::entry::{Digest32, Entry, Reversal};
use crate::id::{AccountId, LedgerId, OrganizationId, PersonId, PolicyId, RequestId};
use crate::identity::{
    ConsentGiven, ConsentWithdrawn, GuardianNamed, GuardianReleased, HouseholdDissolved, HouseholdJoined,
    HouseholdLeft, HouseholdMoved, HouseholdRegistered, IdentifierChanged, MergeProposed,
    ResidentsDistinguished, ResidentsMerged, ResidentsUnmerged,
};
use crate::month::Month;
use crate::person::{CardRecorded, ErasureProposed, PersonRecorded, PersonalDataRead, ResidentErased};
use crate::quantity::Position;
use crate::redemption::Redemption;
use crate::registry::{
    Course, CourseApproval, CourseVersion, DefinedCode, Organization, OrganizationStatusChange, Resident,
    Team,
};
use crate::report::indicator::{IndicatorDefined, PopulationStated, TargetSet};
use crate::retention::{RetentionApproved, RetentionProposed, RetentionRuleSet};
use crate::selection::fact::{
    AppealAnswered, AppealRaised, ApplicationMade, ApplicationReviewed, ApplicationVerified,
    ApplicationWithdrawn, DifferencesNoted, FreezeProposed, GroundLifted, GroundRecorded, ItemJudged,
    JudgeAppointed, NamingProposed, NoticePublished, ObjectionAnswered, ObjectionRaised, SelectionClosed,
    SelectionFrozen, SelectionNamed, SelectionOpened, StandardProposed, StandardPublished, TieVoted,
    TitleRechecked, TitleWithdrawalProposed, TitleWithdrawn,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum Fact {
    /// The ledger began: always position 1.
    LedgerOpened(LedgerOpened),
    /// A credit policy was proposed: it waits for a second person.
    PolicyProposed(PolicyProposed),
    /// A credit policy was published.
    PolicyPublished(PolicyPublished),
    /// A code was defined.
    CodeDefined(DefinedCode),
    /// An organisation was registered.
    OrganizationRegistered(Organization),
    /// An organisation closed, merged or opened again.
    OrganizationStatusChanged(OrganizationStatusChange),
    /// A course was registered.
    CourseRegistered(Course),
    /// A version of a course was submitted.
    CourseVersionSubmitted(CourseVersion),
    /// A version of a course was approved.
    CourseVersionApproved(CourseApproval),
    /// A resident's account was opened.
    ResidentRegistered(Resident),
    /// A household's account was opened.
    HouseholdRegistered(HouseholdRegistered),
    /// A volunteer team was registered.
    TeamRegistered(Team),
    /// An entry was recorded.
    EntryRecorded(Box<Entry>),
    /// An entry was reversed.
    EntryReversed(Reversal),
    /// A merge, or the undoing of one, was proposed: it waits for a second person.
    MergeProposed(Box<MergeProposed>),
    /// Two residents' accounts were merged.
    ResidentsMerged(ResidentsMerged),
    /// A merge was undone.
    ResidentsUnmerged(ResidentsUnmerged),
    /// A resident's account got another id.
    IdentifierChanged(IdentifierChanged),
    /// Two accounts that look like one person's are not.
    ResidentsDistinguished(ResidentsDistinguished),
    /// A resident came into a household.
    HouseholdJoined(HouseholdJoined),
    /// A resident left a household.
    HouseholdLeft(HouseholdLeft),
    /// Credit was redeemed.
    CreditRedeemed(Redemption),
    /// A month was closed.
    MonthClosed(MonthClosed),
    /// A correction was proposed: it waits for a second person.
    CorrectionProposed(Box<CorrectionProposed>),
    /// A correction was approved; what it changes follows.
    CorrectionApproved(CorrectionApproved),
    /// A correction was rejected or withdrawn.
    CorrectionRejected(CorrectionRejected),
    /// An indicator was defined.
    IndicatorDefined(IndicatorDefined),
    /// An organisation got a target.
    TargetSet(TargetSet),
    /// An organisation's population was stated.
    PopulationStated(PopulationStated),
    /// A household moved to another community.
    HouseholdMoved(HouseholdMoved),
    /// A household was dissolved.
    HouseholdDissolved(HouseholdDissolved),
    /// A minor's guardian was named.
    GuardianNamed(GuardianNamed),
    /// A guardian was released.
    GuardianReleased(GuardianReleased),
    /// Somebody agreed to what a record is used for.
    ConsentGiven(ConsentGiven),
    /// Consent was withdrawn.
    ConsentWithdrawn(ConsentWithdrawn),
    /// A standard was proposed: it waits for a second person.
    StandardProposed(StandardProposed),
    /// A standard was published.
    StandardPublished(StandardPublished),
    /// A selection was opened.
    SelectionOpened(SelectionOpened),
    /// A candidate applied.
    ApplicationMade(ApplicationMade),
    /// An application was taken back.
    ApplicationWithdrawn(ApplicationWithdrawn),
    /// The community verified an application.
    ApplicationVerified(ApplicationVerified),
    /// An application was reviewed.
    ApplicationReviewed(ApplicationReviewed),
    /// A judge was appointed.
    JudgeAppointed(JudgeAppointed),
    /// A judge gave points.
    ItemJudged(ItemJudged),
    /// A ground against a candidate was found.
    GroundRecorded(GroundRecorded),
    /// What a candidate was held for is settled.
    GroundLifted(GroundLifted),
    /// The panel voted on candidates that were equal.
    TieVoted(TieVoted),
    /// A ranked list was proposed to be frozen: it waits for a second person.
    FreezeProposed(FreezeProposed),
    /// A ranked list was frozen.
    SelectionFrozen(SelectionFrozen),
    /// The list is shown to the public.
    NoticePublished(NoticePublished),
    /// Somebody objects to the list.
    ObjectionRaised(ObjectionRaised),
    /// An objection was answered.
    ObjectionAnswered(ObjectionAnswered),
    /// Somebody appeals against an answer.
    AppealRaised(AppealRaised),
    /// An appeal was answered.
    AppealAnswered(AppealAnswered),
    /// The differences from the frozen list were seen.
    DifferencesNoted(DifferencesNoted),
    /// Who is to be named was proposed: it waits for a second person.
    NamingProposed(NamingProposed),
    /// Candidates were named; the awards follow.
    SelectionNamed(SelectionNamed),
    /// A selection was closed.
    SelectionClosed(SelectionClosed),
    /// A title was looked at again.
    TitleRechecked(TitleRechecked),
    /// It was proposed to withdraw a title: it waits for a second person.
    TitleWithdrawalProposed(TitleWithdrawalProposed),
    /// A title was withdrawn.
    TitleWithdrawn(TitleWithdrawn),
    /// A credential was issued.
    CredentialIssued(Box<CredentialIssued>),
    /// A credential was approved.
    CredentialApproved(CredentialApproved),
    /// A credential was revoked.
    CredentialRevoked(CredentialRevoked),
    /// Personal data was recorded in the directory.
    PersonRecorded(PersonRecorded),
    /// An organisation's card was recorded in the directory.
    CardRecorded(CardRecorded),
    /// Personal data was read.
    PersonalDataRead(PersonalDataRead),
    /// It was proposed to erase a resident's personal data: it waits for a second person.
    ErasureProposed(ErasureProposed),
    /// A resident's personal data was erased.
    ResidentErased(ResidentErased),
    /// The rule of retention was set or lifted.
    RetentionRuleSet(RetentionRuleSet),
    /// It was proposed to erase residents who are due: it waits for a second person.
    RetentionProposed(Box<RetentionProposed>),
    /// Such a proposal was approved; the erasures follow.
    RetentionApproved(RetentionApproved),
}

impl Fact {
    /// Whether it is an act that is looked into afterwards: a rule, an approval, a step of a selection, who is who, a
    /// credential, personal data. What schools post day by day is none.
    #[must_use]
    pub fn is_act(&self) -> bool {
        !matches!(
            self,
            Fact::LedgerOpened(_)
                | Fact::CodeDefined(_)
                | Fact::CourseRegistered(_)
                | Fact::CourseVersionSubmitted(_)
                | Fact::ResidentRegistered(_)
                | Fact::HouseholdRegistered(_)
                | Fact::TeamRegistered(_)
                | Fact::EntryRecorded(_)
                | Fact::EntryReversed(_)
                | Fact::HouseholdJoined(_)
                | Fact::HouseholdLeft(_)
                | Fact::HouseholdMoved(_)
                | Fact::HouseholdDissolved(_)
                | Fact::CreditRedeemed(_)
                | Fact::ApplicationMade(_)
                | Fact::ApplicationWithdrawn(_)
        )
    }

    /// The account an entry or reversal touches.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Fact::EntryRecorded(entry) => Some(&entry.account),
            Fact::EntryReversed(reversal) => Some(&reversal.account),
            _ => None,
        }
    }

    /// The name of the fact's type, as in its bytes.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Fact::LedgerOpened(_) => "ledger_opened",
            Fact::PolicyProposed(_) => "policy_proposed",
            Fact::PolicyPublished(_) => "policy_published",
            Fact::CodeDefined(_) => "code_defined",
            Fact::OrganizationRegistered(_) => "organization_registered",
            Fact::OrganizationStatusChanged(_) => "organization_status_changed",
            Fact::CourseRegistered(_) => "course_registered",
            Fact::CourseVersionSubmitted(_) => "course_version_submitted",
            Fact::CourseVersionApproved(_) => "course_version_approved",
            Fact::ResidentRegistered(_) => "resident_registered",
            Fact::HouseholdRegistered(_) => "household_registered",
            Fact::TeamRegistered(_) => "team_registered",
            Fact::EntryRecorded(_) => "entry_recorded",
            Fact::EntryReversed(_) => "entry_reversed",
            Fact::MergeProposed(_) => "merge_proposed",
            Fact::ResidentsMerged(_) => "residents_merged",
            Fact::ResidentsUnmerged(_) => "residents_unmerged",
            Fact::IdentifierChanged(_) => "identifier_changed",
            Fact::ResidentsDistinguished(_) => "residents_distinguished",
            Fact::HouseholdJoined(_) => "household_joined",
            Fact::HouseholdLeft(_) => "household_left",
            Fact::CreditRedeemed(_) => "credit_redeemed",
            Fact::MonthClosed(_) => "month_closed",
            Fact::CorrectionProposed(_) => "correction_proposed",
            Fact::CorrectionApproved(_) => "correction_approved",
            Fact::CorrectionRejected(_) => "correction_rejected",
            Fact::IndicatorDefined(_) => "indicator_defined",
            Fact::TargetSet(_) => "target_set",
            Fact::PopulationStated(_) => "population_stated",
            Fact::HouseholdMoved(_) => "household_moved",
            Fact::HouseholdDissolved(_) => "household_dissolved",
            Fact::GuardianNamed(_) => "guardian_named",
            Fact::GuardianReleased(_) => "guardian_released",
            Fact::ConsentGiven(_) => "consent_given",
            Fact::ConsentWithdrawn(_) => "consent_withdrawn",
            Fact::StandardProposed(_) => "standard_proposed",
            Fact::StandardPublished(_) => "standard_published",
            Fact::SelectionOpened(_) => "selection_opened",
            Fact::ApplicationMade(_) => "application_made",
            Fact::ApplicationWithdrawn(_) => "application_withdrawn",
            Fact::ApplicationVerified(_) => "application_verified",
            Fact::ApplicationReviewed(_) => "application_reviewed",
            Fact::JudgeAppointed(_) => "judge_appointed",
            Fact::ItemJudged(_) => "item_judged",
            Fact::GroundRecorded(_) => "ground_recorded",
            Fact::GroundLifted(_) => "ground_lifted",
            Fact::TieVoted(_) => "tie_voted",
            Fact::FreezeProposed(_) => "freeze_proposed",
            Fact::SelectionFrozen(_) => "selection_frozen",
            Fact::NoticePublished(_) => "notice_published",
            Fact::ObjectionRaised(_) => "objection_raised",
            Fact::ObjectionAnswered(_) => "objection_answered",
            Fact::AppealRaised(_) => "appeal_raised",
            Fact::AppealAnswered(_) => "appeal_answered",
            Fact::DifferencesNoted(_) => "differences_noted",
            Fact::NamingProposed(_) => "naming_proposed",
            Fact::SelectionNamed(_) => "selection_named",
            Fact::SelectionClosed(_) => "selection_closed",
            Fact::TitleRechecked(_) => "title_rechecked",
            Fact::TitleWithdrawalProposed(_) => "title_withdrawal_proposed",
            Fact::TitleWithdrawn(_) => "title_withdrawn",
            Fact::CredentialIssued(_) => "credential_issued",
            Fact::CredentialApproved(_) => "credential_approved",
            Fact::CredentialRevoked(_) => "credential_revoked",
            Fact::PersonRecorded(_) => "person_recorded",
            Fact::CardRecorded(_) => "card_recorded",
            Fact::PersonalDataRead(_) => "personal_data_read",
            Fact::ErasureProposed(_) => "erasure_proposed",
            Fact::ResidentErased(_) => "resident_erased",
            Fact::RetentionRuleSet(_) => "retention_rule_set",
            Fact::RetentionProposed(_) => "retention_proposed",
            Fact::RetentionApproved(_) => "retention_approved",
        }
    }
}

/// How a ledger began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerOpened {
    /// The civil time zone of its dates.
    pub time_zone: Tz,
    /// The first day whose learning it takes (`OCCURRED_TOO_OLD` before).
    pub begins_on: OccurredOn,
}

/// A policy document that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyProposed {
    /// The document's id.
    pub policy: PolicyId,
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

impl PolicyProposed {
    /// SHA-256 of the document: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        Digest32::of(self.document.as_bytes())
    }

    /// Whether a newer proposal takes its place: one of the same policy, or one made when nobody could approve this one any
    /// more.
    #[must_use]
    pub fn gives_way_to(&self, newer: &PolicyProposed) -> bool {
        let in_time =
            |last: OccurredOn| newer.expires_on.is_none_or(|end| last.plus_days(PROPOSAL_DAYS) >= end);
        self.policy == newer.policy || !self.expires_on.is_none_or(in_time)
    }
}

/// A policy document, kept whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyPublished {
    /// The document's id.
    pub policy: PolicyId,
    /// Its version.
    pub version: u32,
    /// The document: TOML, byte for byte.
    pub document: String,
    /// Who answers for it; none of the policy a ledger opens with.
    #[serde(default)]
    pub approval: Option<Approval>,
}

/// A month was closed: what was learned in it changes by an approved correction only. The month's closed figures are the
/// fold of the log up to this event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthClosed {
    /// The month; of the first closing also everything before it.
    pub month: Month,
    /// Who closed it.
    pub closed_by: PersonId,
    /// For which organisation: the district or its community college.
    pub organization: OrganizationId,
}

/// An event: a fact with its place, time and author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The version of the byte format.
    pub v: u32,
    /// The ledger.
    pub ledger: LedgerId,
    /// Its place.
    pub position: Position,
    /// The UTC instant of the append, in microseconds; never decreases with position.
    pub recorded_at: DateTime<Utc>,
    /// Who asked for it; none for what the program itself wrote when the ledger began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<OrganizationId>,
    /// Whose credential it came with; none of what whoever has the database wrote, and of events older than credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// The client's name for the request.
    pub request_id: RequestId,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// The version of the byte format that this program writes.
pub const FORMAT_VERSION: u32 = 1;
