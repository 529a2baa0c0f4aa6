//! The table. A method that is not in it does not compile; a role that is not in a row may not.

use crate::proto::Method;
use ledger_core::access::Role;
use ledger_core::access::Role::{Administrator, Approver, Auditor, Clerk, Officer, Platform, Resident};

/// What a method does to a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// Nothing, and whoever asks is told, with or without a credential.
    Shows,
    /// Something is recorded.
    Writes,
    /// Something of the deployment or its credentials is laid down; the caller's own ledger does not matter.
    Runs,
}

/// What of a message is held against the scope of a credential. That its ledger is the credential's own is always
/// checked. Paths lead to texts of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The organisation that acts is in the scope (`SCHOOL_SCOPE` else).
    Acts(&'static str),
    /// The same of an organisation that need not be named.
    ActsIfNamed(&'static str),
    /// What is named is to be seen from the scope; else it does not exist.
    Sees(&'static str),
    /// A list is narrowed to an organisation: the scope's own where none is named, else one that is to be seen.
    Within(&'static str),
    /// The person who acts is the credential's (`PERSON_MISMATCH` else); filled in where it is empty.
    Is(&'static str),
    /// The scope reaches the whole ledger (`ROLE_DENIED` else).
    Whole,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Who may call it.
    pub roles: &'static [Role],
    /// What it does.
    pub effect: Effect,
    /// What is held against the scope.
    pub checks: &'static [Check],
}

const EVERYONE: &[Role] = Role::ALL;
/// Who sees what a ledger lays down for all: codes, courses, policies, standards.
const SEEING: &[Role] = &[Clerk, Officer, Approver, Auditor, Resident, Platform];
/// Who looks into accounts.
const LOOKING: &[Role] = &[Clerk, Officer, Approver, Auditor];
/// The same, and the holder of the account.
const OWNING: &[Role] = &[Clerk, Officer, Approver, Auditor, Resident];
/// Who posts.
const POSTING: &[Role] = &[Clerk, Officer, Platform];
/// Who works at a desk.
const DESK: &[Role] = &[Clerk, Officer];
/// Who runs a district.
const OFFICE: &[Role] = &[Officer];
/// Who oversees a district.
const OVERSEEING: &[Role] = &[Officer, Approver, Auditor];
/// The second person.
const SECOND: &[Role] = &[Approver];
/// Who settles what was proposed, or takes it back.
const SETTLING: &[Role] = &[Clerk, Officer, Approver];
/// Who runs the deployment.
const RUNNING: &[Role] = &[Administrator];
/// Who looks into acts: those of a district, and those of the deployment.
const AUDITING: &[Role] = &[Officer, Approver, Auditor, Administrator];
/// Who issues credentials.
const ISSUING: &[Role] = &[Officer, Administrator];

const fn reads(roles: &'static [Role], checks: &'static [Check]) -> Rule {
    Rule { roles, effect: Effect::Reads, checks }
}

const fn shows() -> Rule {
    Rule { roles: EVERYONE, effect: Effect::Shows, checks: &[] }
}

const fn writes(roles: &'static [Role], checks: &'static [Check]) -> Rule {
    Rule { roles, effect: Effect::Writes, checks }
}

const fn runs(roles: &'static [Role], checks: &'static [Check]) -> Rule {
    Rule { roles, effect: Effect::Runs, checks }
}

/// Who may call a method, and what of its message is held against their scope.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one row per method")]
#[rustfmt::skip]
pub const fn rule(method: Method) -> Rule {
    use Check::{Acts, ActsIfNamed, Is, Sees, Whole, Within};
    match method {
        Method::LedgerPostEntry => writes(POSTING, &[Acts("entry.organization")]),
        Method::LedgerPostClassList => writes(POSTING, &[Acts("entry.organization")]),
        Method::LedgerBatchPostEntries => writes(POSTING, &[Acts("requests.entry.organization")]),
        Method::LedgerReverseEntry => writes(POSTING, &[Acts("organization"), Sees("name")]),
        Method::LedgerGetEntry => reads(OWNING_OR_PLATFORM, &[Sees("name")]),
        Method::LedgerFindEntries => reads(POSTING, &[Acts("organization")]),
        Method::LedgerListEntries => reads(OWNING_OR_PLATFORM, &[Sees("account"), Within("organization")]),
        Method::LedgerWatchEvents => reads(OVERSEEING, &[Whole]),
        Method::LedgerVerifyLedger => reads(OVERSEEING, &[Whole]),

        Method::AccountGetBalance => reads(OWNING, &[Sees("name")]),
        Method::AccountBatchGetBalances => reads(OWNING, &[Sees("names")]),
        Method::AccountListBalances => reads(OVERSEEING, &[Whole]),
        Method::AccountGetStatement => reads(OWNING, &[Sees("name")]),
        Method::AccountExplainBalance => reads(OWNING, &[Sees("name")]),

        Method::RegistryGetLedger => reads(SEEING, &[]),
        Method::RegistryCreateOrganization => writes(OFFICE, &[Acts("organization.parent")]),
        Method::RegistryChangeOrganizationState => writes(OFFICE, &[Acts("name"), ActsIfNamed("successor")]),
        Method::RegistryGetOrganization => reads(SEEING, &[]),
        Method::RegistryListOrganizations => reads(SEEING, &[]),
        Method::RegistryListInstitutionTypes => reads(EVERYONE, &[]),
        Method::RegistryCreateCourse => writes(DESK, &[Acts("course.organization")]),
        Method::RegistryCreateCourseVersion => writes(DESK, &[Acts("organization")]),
        Method::RegistryApproveCourseVersion => writes(OFFICE, &[Acts("organization")]),
        Method::RegistryGetCourse => reads(SEEING, &[]),
        Method::RegistryListCourses => reads(SEEING, &[]),
        Method::RegistryBatchCreateResidents => writes(DESK, &[Acts("organization")]),
        Method::RegistryGetResident => reads(OWNING, &[Sees("name")]),
        Method::RegistryCreateHousehold => writes(DESK, &[Acts("organization")]),
        Method::RegistryCreateTeam => writes(DESK, &[Acts("team.organization")]),
        Method::RegistryListTeams => reads(SEEING, &[]),
        Method::RegistryDefineCode => writes(OFFICE, &[Whole]),
        Method::RegistryListCodes => reads(SEEING, &[]),

        Method::PolicyProposePolicy => writes(OFFICE, &[Acts("organization"), Is("proposed_by")]),
        Method::PolicyPublishPolicy => writes(SECOND, &[Acts("organization"), Is("approved_by")]),
        Method::PolicyGetPolicy => reads(SEEING, &[]),
        Method::PolicyListPolicies => reads(SEEING, &[]),
        Method::PolicyListPolicyPresets => reads(EVERYONE, &[]),
        Method::PolicyDiffPolicies => reads(SEEING, &[]),
        Method::PolicySimulatePolicy => reads(OVERSEEING, &[Whole]),

        Method::IdentityProposeMerge => writes(OFFICE, &[Acts("organization"), Sees("merged"), Sees("survivor"), Is("person")]),
        Method::IdentityProposeUnmerge => writes(OFFICE, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::IdentityApproveMerge => writes(SECOND, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::IdentityChangeIdentifier => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::IdentityDistinguishResidents => writes(OFFICE, &[Acts("organization"), Sees("resident"), Sees("other")]),
        Method::IdentityGetIdentity => reads(OWNING, &[Sees("name")]),
        Method::IdentityListDuplicateCandidates => reads(OVERSEEING, &[Whole]),
        Method::IdentityJoinHousehold => writes(DESK, &[Acts("organization"), Sees("name"), Sees("resident")]),
        Method::IdentityLeaveHousehold => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::IdentityListMembers => reads(LOOKING, &[Sees("parent")]),

        Method::HouseholdMoveHousehold => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::HouseholdDissolveHousehold => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::HouseholdSplitHousehold => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::HouseholdNameGuardian => writes(DESK, &[Acts("organization"), Sees("name"), Sees("guardian")]),
        Method::HouseholdReleaseGuardian => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::HouseholdGiveConsent => writes(DESK, &[Acts("organization"), Sees("name"), Sees("given_by")]),
        Method::HouseholdWithdrawConsent => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::HouseholdGetHousehold => reads(LOOKING, &[Sees("name")]),

        Method::RedemptionRedeemCredits => writes(DESK, &[Acts("organization"), Sees("name")]),
        Method::RedemptionGetRedeemableBalance => reads(OWNING, &[Sees("name")]),
        Method::RedemptionListRedemptions => reads(OWNING, &[Sees("parent")]),

        Method::ReportCloseMonth => writes(OFFICE, &[Acts("organization"), Is("closed_by")]),
        Method::ReportListClosings => reads(SEEING, &[]),
        Method::ReportGetMonthlyReport => reads(LOOKING, &[Within("organization")]),
        Method::ReportGetReport => reads(LOOKING, &[Within("organization")]),
        Method::ReportListIndicators => reads(SEEING, &[]),
        Method::ReportDefineIndicator => writes(OFFICE, &[Acts("organization"), Is("defined_by")]),
        Method::ReportSetTarget => writes(OFFICE, &[Acts("organization"), Is("set_by")]),
        Method::ReportStatePopulation => writes(OFFICE, &[Acts("organization"), Is("stated_by")]),
        Method::ReportEvaluateIndicator => reads(LOOKING, &[Within("organization")]),
        Method::ReportGetEvidencePack => reads(LOOKING, &[Within("organization")]),

        Method::CorrectionProposeCorrection => writes(DESK, &[Acts("organization"), Acts("entries.organization"), Sees("reversals.entry"), Is("proposed_by")]),
        Method::CorrectionApproveCorrection => writes(SECOND, &[Acts("organization"), Sees("name"), Is("approved_by")]),
        Method::CorrectionRejectCorrection => writes(SETTLING, &[Acts("organization"), Sees("name"), Is("rejected_by")]),
        Method::CorrectionGetCorrection => reads(LOOKING, &[Sees("name")]),
        Method::CorrectionListCorrections => reads(OVERSEEING, &[Whole]),
        Method::CorrectionGetBatch => reads(POSTING_AND_OVERSEEING, &[Sees("name")]),
        Method::CorrectionListBatches => reads(POSTING_AND_OVERSEEING, &[Sees("parent")]),
        Method::CorrectionReverseBatch => writes(DESK, &[Acts("organization"), Sees("name")]),

        Method::EvaluationEvaluateHousehold => reads(OWNING, &[Sees("name")]),
        Method::EvaluationRankHouseholds => reads(OVERSEEING, &[Whole]),
        Method::EvaluationVerifySelection => reads(OVERSEEING, &[Whole]),
        Method::EvaluationListSelectionDifferences => reads(OVERSEEING, &[Whole]),
        Method::EvaluationListStandardPresets => reads(EVERYONE, &[]),

        Method::SelectionProposeStandard => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionPublishStandard => writes(SECOND, &[Acts("organization"), Is("person")]),
        Method::SelectionGetStandard => reads(SEEING, &[]),
        Method::SelectionListStandards => reads(SEEING, &[]),
        Method::SelectionOpenSelection => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionGetSelection => reads(OVERSEEING, &[Whole]),
        Method::SelectionListSelections => reads(OVERSEEING, &[Whole]),
        Method::SelectionMakeApplication => writes(DESK, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionWithdrawApplication => writes(DESK, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionVerifyApplication => writes(DESK, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionReviewApplication => writes(OFFICE, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionAppointJudge => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionJudgeItem => writes(SETTLING, &[Acts("organization"), Sees("name"), Is("judge")]),
        Method::SelectionRecordGround => writes(OFFICE, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionLiftGround => writes(OFFICE, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionVoteTie => writes(SETTLING, &[Acts("organization"), Is("person")]),
        Method::SelectionFreezeSelection => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionApproveFreeze => writes(SECOND, &[Acts("organization"), Is("person")]),
        Method::SelectionPublishNotice => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionGetNotice => shows(),
        Method::SelectionRaiseObjection => writes(DESK, &[Acts("organization"), Is("person")]),
        Method::SelectionAnswerObjection => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionRaiseAppeal => writes(DESK, &[Acts("organization"), Is("person")]),
        Method::SelectionAnswerAppeal => writes(&[Officer, Approver], &[Acts("organization"), Is("person")]),
        Method::SelectionNoteDifferences => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionNameFamilies => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionApproveNaming => writes(SECOND, &[Acts("organization"), Is("person")]),
        Method::SelectionGetNaming => reads(OVERSEEING, &[Whole]),
        Method::SelectionCloseSelection => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::SelectionGetApplication => reads(OWNING, &[Sees("name")]),
        Method::SelectionListApplications => reads(OVERSEEING, &[Whole]),
        Method::SelectionRecheckTitle => writes(OFFICE, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionProposeTitleWithdrawal => writes(OFFICE, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionApproveTitleWithdrawal => writes(SECOND, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::SelectionListTitles => reads(OWNING, &[Sees("parent")]),

        Method::DirectoryPutPerson => writes(DESK, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::DirectoryGetPerson => writes(DESK, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::DirectoryFindPerson => writes(DESK, &[Acts("organization"), Is("person")]),
        Method::DirectoryPutOrganizationCard => writes(DESK, &[Acts("organization"), Acts("name"), Is("person")]),
        Method::DirectoryGetOrganizationCard => reads(LOOKING, &[Sees("name")]),
        Method::DirectoryListPersonReads => reads(OWNING, &[Sees("parent")]),
        Method::DirectoryProposeErasure => writes(DESK, &[Acts("organization"), Sees("name"), Is("person")]),
        Method::DirectoryApproveErasure => writes(SECOND, &[Acts("organization"), Sees("name"), Is("person")]),

        Method::RetentionSetRetentionRule => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::RetentionGetRetentionRule => reads(SEEING, &[]),
        Method::RetentionGetRetentionProposal => reads(OVERSEEING, &[Whole]),
        Method::RetentionListRetentionDue => reads(OVERSEEING, &[Whole]),
        Method::RetentionProposeRetention => writes(OFFICE, &[Acts("organization"), Is("person")]),
        Method::RetentionApproveRetention => writes(SECOND, &[Acts("organization"), Is("person")]),

        Method::BadgeGetIssuer => shows(),
        Method::BadgeGetStatusList => shows(),
        Method::BadgeCheckBadge => shows(),
        Method::BadgeGetEntryBadge => reads(OWNING, &[Sees("name")]),
        Method::BadgeGetTitleBadge => reads(OWNING, &[Sees("name")]),
        Method::BadgeGetStatementBadge => reads(OWNING, &[Sees("name")]),
        Method::BadgeGetTranscript => reads(OWNING, &[Sees("name")]),

        Method::ProofGetCheckpoint => reads(SEEING, &[]),
        Method::ProofGetInclusionProof => reads(OWNING_OR_PLATFORM, &[Sees("name")]),
        Method::ProofGetProvenStatement => reads(OWNING, &[Sees("name")]),
        Method::ProofGetConsistencyProof => reads(SEEING, &[]),

        Method::AccessCreateToken => runs(ISSUING, &[]),
        Method::AccessCreateCertificateCredential => runs(ISSUING, &[]),
        Method::AccessCreateIdentityCredential => runs(ISSUING, &[]),
        Method::AccessListCredentials => runs(ISSUING, &[]),
        Method::AccessApproveCredential => runs(RUNNING, &[Is("approved_by")]),
        Method::AccessRevokeCredential => runs(EVERYONE, &[]),
        Method::AccessListActs => reads(AUDITING, &[Whole]),
        Method::AccessGetCaller => runs(EVERYONE, &[]),

        Method::DeploymentCreateLedger => runs(RUNNING, &[]),
        Method::DeploymentListLedgers => runs(RUNNING, &[]),
        Method::DeploymentSetQuota => runs(RUNNING, &[]),
        Method::DeploymentSealLedger => runs(RUNNING, &[]),
        Method::DeploymentUnsealLedger => runs(RUNNING, &[]),
    }
}

/// Who reads entries: the holder of the account, and the platform that posted them.
const OWNING_OR_PLATFORM: &[Role] = &[Clerk, Officer, Approver, Auditor, Resident, Platform];
/// Who looks at batches: who posts them, and who oversees.
const POSTING_AND_OVERSEEING: &[Role] = &[Clerk, Officer, Platform, Approver, Auditor];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_person_proposes_nothing_and_an_auditor_writes_nothing() {
        for method in Method::ALL {
            let rule = rule(*method);
            assert!(!rule.roles.is_empty(), "{method:?} opens for nobody");
            let may = |role| rule.roles.contains(&role);
            if rule.effect == Effect::Writes {
                for role in [Auditor, Resident, Administrator] {
                    assert!(!may(role), "{role} may call {method:?}");
                }
            }
            let named = format!("{method:?}");
            if named.contains("Approve") && named != "RegistryApproveCourseVersion"
                || named.contains("Publish") && named != "SelectionPublishNotice"
            {
                assert!(!may(Officer) && !may(Clerk), "{method:?} is for a second person");
            }
            if named.contains("Propose") {
                assert!(!may(Approver), "{method:?} is for the first person");
            }
        }
    }
}
