//! Every request the API takes, as a value: a row of a table holds one, and both stores get the same.

use crate::wire;
use creditbank_grpc::proto;
use creditbank_tests::{Clients, LEDGER, draft, fresh, lecture, name};
use proto::entry::Detail;
use tonic::Status;

macro_rules! requests {
    ($($name:ident($message:ident) => $client:ident.$method:ident;)*) => {
        /// A request to one method.
        #[derive(Debug, Clone)]
        pub enum Request {
            $($name(Box<proto::$message>),)*
            /// Bytes in place of a message.
            Bytes(wire::Method, Vec<u8>),
            /// A body in place of a message in its frame.
            Body(wire::Method, String),
        }

        impl Request {
            /// Sends it; `Ok` where it was accepted.
            pub async fn send(self, clients: &Clients) -> Result<(), Status> {
                match self {
                    $(Request::$name(message) => {
                        clients.$client.clone().$method(*message).await.map(drop)
                    })*
                    Request::Bytes(method, bytes) => wire::send_bytes(clients, method, bytes).await,
                    Request::Body(method, body) => wire::send_body(clients, method, body).await,
                }
            }
        }

        $(impl From<proto::$message> for Request {
            fn from(message: proto::$message) -> Request {
                Request::$name(Box::new(message))
            }
        })*
    };
}

requests! {
    PostEntry(PostEntryRequest) => ledger.post_entry;
    PostClassList(PostClassListRequest) => ledger.post_class_list;
    BatchPostEntries(BatchPostEntriesRequest) => ledger.batch_post_entries;
    ReverseEntry(ReverseEntryRequest) => ledger.reverse_entry;
    GetEntry(GetEntryRequest) => ledger.get_entry;
    FindEntries(FindEntriesRequest) => ledger.find_entries;
    ListEntries(ListEntriesRequest) => ledger.list_entries;
    WatchEvents(WatchEventsRequest) => ledger.watch_events;
    VerifyLedger(VerifyLedgerRequest) => ledger.verify_ledger;
    GetIssuer(GetIssuerRequest) => badges.get_issuer;
    GetStatusList(GetStatusListRequest) => badges.get_status_list;
    CheckBadge(CheckBadgeRequest) => badges.check_badge;
    GetEntryBadge(GetEntryBadgeRequest) => badges.get_entry_badge;
    GetTitleBadge(GetTitleBadgeRequest) => badges.get_title_badge;
    GetStatementBadge(GetStatementBadgeRequest) => badges.get_statement_badge;
    GetTranscript(GetTranscriptRequest) => badges.get_transcript;
    CreateLedger(CreateLedgerRequest) => deployment.create_ledger;
    PutPerson(PutPersonRequest) => directory.put_person;
    GetPerson(GetPersonRequest) => directory.get_person;
    FindPerson(FindPersonRequest) => directory.find_person;
    PutOrganizationCard(PutOrganizationCardRequest) => directory.put_organization_card;
    GetOrganizationCard(GetOrganizationCardRequest) => directory.get_organization_card;
    ListPersonReads(ListPersonReadsRequest) => directory.list_person_reads;
    ProposeErasure(ProposeErasureRequest) => directory.propose_erasure;
    ApproveErasure(ApproveErasureRequest) => directory.approve_erasure;
    SetRetentionRule(SetRetentionRuleRequest) => retention.set_retention_rule;
    ListRetentionDue(ListRetentionDueRequest) => retention.list_retention_due;
    ProposeRetention(ProposeRetentionRequest) => retention.propose_retention;
    ApproveRetention(ApproveRetentionRequest) => retention.approve_retention;
    ListLedgers(ListLedgersRequest) => deployment.list_ledgers;
    SetQuota(SetQuotaRequest) => deployment.set_quota;
    SealLedger(SealLedgerRequest) => deployment.seal_ledger;
    UnsealLedger(UnsealLedgerRequest) => deployment.unseal_ledger;
    GetBalance(GetBalanceRequest) => accounts.get_balance;
    BatchGetBalances(BatchGetBalancesRequest) => accounts.batch_get_balances;
    ListBalances(ListBalancesRequest) => accounts.list_balances;
    GetStatement(GetStatementRequest) => accounts.get_statement;
    ExplainBalance(ExplainBalanceRequest) => accounts.explain_balance;
    GetLedger(GetLedgerRequest) => registry.get_ledger;
    CreateOrganization(CreateOrganizationRequest) => registry.create_organization;
    ChangeOrganizationState(ChangeOrganizationStateRequest) => registry.change_organization_state;
    GetOrganization(GetOrganizationRequest) => registry.get_organization;
    ListOrganizations(ListOrganizationsRequest) => registry.list_organizations;
    CreateCourse(CreateCourseRequest) => registry.create_course;
    CreateCourseVersion(CreateCourseVersionRequest) => registry.create_course_version;
    ApproveCourseVersion(ApproveCourseVersionRequest) => registry.approve_course_version;
    GetCourse(GetCourseRequest) => registry.get_course;
    ListCourses(ListCoursesRequest) => registry.list_courses;
    BatchCreateResidents(BatchCreateResidentsRequest) => registry.batch_create_residents;
    GetResident(GetResidentRequest) => registry.get_resident;
    CreateHousehold(CreateHouseholdRequest) => registry.create_household;
    CreateTeam(CreateTeamRequest) => registry.create_team;
    ListTeams(ListTeamsRequest) => registry.list_teams;
    DefineCode(DefineCodeRequest) => registry.define_code;
    ListCodes(ListCodesRequest) => registry.list_codes;
    ProposePolicy(ProposePolicyRequest) => policies.propose_policy;
    PublishPolicy(PublishPolicyRequest) => policies.publish_policy;
    GetPolicy(GetPolicyRequest) => policies.get_policy;
    ListPolicies(ListPoliciesRequest) => policies.list_policies;
    DiffPolicies(DiffPoliciesRequest) => policies.diff_policies;
    SimulatePolicy(SimulatePolicyRequest) => policies.simulate_policy;
    ProposeStandard(ProposeStandardRequest) => selections.propose_standard;
    PublishStandard(PublishStandardRequest) => selections.publish_standard;
    OpenSelection(OpenSelectionRequest) => selections.open_selection;
    MakeApplication(MakeApplicationRequest) => selections.make_application;
    VerifyApplication(VerifyApplicationRequest) => selections.verify_application;
    JudgeItem(JudgeItemRequest) => selections.judge_item;
    FreezeSelection(FreezeSelectionRequest) => selections.freeze_selection;
    ApproveFreeze(ApproveFreezeRequest) => selections.approve_freeze;
    NoteDifferences(NoteDifferencesRequest) => selections.note_differences;
    NameFamilies(NameFamiliesRequest) => selections.name_families;
    ApproveNaming(ApproveNamingRequest) => selections.approve_naming;
    AnswerObjection(AnswerObjectionRequest) => selections.answer_objection;
    GetNaming(GetNamingRequest) => selections.get_naming;
    EvaluateHousehold(EvaluateHouseholdRequest) => evaluations.evaluate_household;
    RankHouseholds(RankHouseholdsRequest) => evaluations.rank_households;
    VerifySelection(VerifySelectionRequest) => evaluations.verify_selection;
    ListSelectionDifferences(ListSelectionDifferencesRequest) => evaluations.list_selection_differences;
    ProposeMerge(ProposeMergeRequest) => identities.propose_merge;
    ProposeUnmerge(ProposeUnmergeRequest) => identities.propose_unmerge;
    ApproveMerge(ApproveMergeRequest) => identities.approve_merge;
    ChangeIdentifier(ChangeIdentifierRequest) => identities.change_identifier;
    DistinguishResidents(DistinguishResidentsRequest) => identities.distinguish_residents;
    GetIdentity(GetIdentityRequest) => identities.get_identity;
    ListDuplicateCandidates(ListDuplicateCandidatesRequest) => identities.list_duplicate_candidates;
    JoinHousehold(JoinHouseholdRequest) => identities.join_household;
    LeaveHousehold(LeaveHouseholdRequest) => identities.leave_household;
    ListMembers(ListMembersRequest) => identities.list_members;
    MoveHousehold(MoveHouseholdRequest) => households.move_household;
    DissolveHousehold(DissolveHouseholdRequest) => households.dissolve_household;
    SplitHousehold(SplitHouseholdRequest) => households.split_household;
    NameGuardian(NameGuardianRequest) => households.name_guardian;
    ReleaseGuardian(ReleaseGuardianRequest) => households.release_guardian;
    GiveConsent(GiveConsentRequest) => households.give_consent;
    WithdrawConsent(WithdrawConsentRequest) => households.withdraw_consent;
    GetHousehold(GetHouseholdRequest) => households.get_household;
    RedeemCredits(RedeemCreditsRequest) => redemptions.redeem_credits;
    GetRedeemableBalance(GetRedeemableBalanceRequest) => redemptions.get_redeemable_balance;
    ListRedemptions(ListRedemptionsRequest) => redemptions.list_redemptions;
    CloseMonth(CloseMonthRequest) => reports.close_month;
    ListClosings(ListClosingsRequest) => reports.list_closings;
    ProposeCorrection(ProposeCorrectionRequest) => corrections.propose_correction;
    ApproveCorrection(ApproveCorrectionRequest) => corrections.approve_correction;
    RejectCorrection(RejectCorrectionRequest) => corrections.reject_correction;
    GetCorrection(GetCorrectionRequest) => corrections.get_correction;
    ListCorrections(ListCorrectionsRequest) => corrections.list_corrections;
    GetBatch(GetBatchRequest) => corrections.get_batch;
    ListBatches(ListBatchesRequest) => corrections.list_batches;
    ReverseBatch(ReverseBatchRequest) => corrections.reverse_batch;
    GetMonthlyReport(GetMonthlyReportRequest) => reports.get_monthly_report;
    GetReport(GetReportRequest) => reports.get_report;
    ListIndicators(ListIndicatorsRequest) => reports.list_indicators;
    DefineIndicator(DefineIndicatorRequest) => reports.define_indicator;
    SetTarget(SetTargetRequest) => reports.set_target;
    StatePopulation(StatePopulationRequest) => reports.state_population;
    EvaluateIndicator(EvaluateIndicatorRequest) => reports.evaluate_indicator;
    GetEvidencePack(GetEvidencePackRequest) => reports.get_evidence_pack;
}

/// A good lecture for resident 9, spoiled by `edit`.
pub fn post(edit: impl FnOnce(&mut proto::Entry)) -> proto::PostEntryRequest {
    let mut request = lecture(9, "2026-05-28");
    edit(request.entry.as_mut().unwrap());
    request
}

/// The same with something else done, in so many minutes.
pub fn post_detail(detail: Detail, minutes: u32) -> proto::PostEntryRequest {
    posted(draft(9, "2026-05-28", minutes, detail))
}

/// A request to record an entry, under a fresh id.
pub fn posted(entry: proto::Entry) -> proto::PostEntryRequest {
    proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) }
}

/// A class list of a good lecture.
pub fn class_list(accounts: &[&str]) -> proto::PostClassListRequest {
    let mut entry = lecture(9, "2026-05-28").entry;
    entry.as_mut().unwrap().account.clear();
    proto::PostClassListRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        entry,
        accounts: accounts.iter().map(|account| name(account)).collect(),
    }
}

/// An atomic batch.
pub fn batch(requests: Vec<proto::PostEntryRequest>) -> proto::BatchPostEntriesRequest {
    proto::BatchPostEntriesRequest { parent: LEDGER.to_owned(), requests, atomic: true, validate_only: false }
}

/// A good reversal by `school` of the entry at a position.
pub fn reverse(position: impl std::fmt::Display) -> proto::ReverseEntryRequest {
    proto::ReverseEntryRequest {
        name: name(&format!("entries/{position}")),
        request_id: fresh(),
        organization: name("organizations/school"),
        reason: "input_error".to_owned(),
    }
}
