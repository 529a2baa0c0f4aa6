//! Refusals: why a command changes nothing. The reason is what a client's program sees, the message is what its
//! clerk reads.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of refusal it is; a door maps it to its own status (gRPC codes carry the same names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Wrong whatever the state of the ledger.
    InvalidArgument,
    /// May become right with time, or passes a limit of the scale.
    OutOfRange,
    /// The state must change first; do not retry as it is.
    FailedPrecondition,
    /// Retry the whole read-decide-write.
    Aborted,
    /// It exists already, with other content.
    AlreadyExists,
    /// It is not there, or not for you.
    NotFound,
    /// Nobody knows who you are.
    Unauthenticated,
    /// You may not.
    PermissionDenied,
    /// A quota, a rate or a queue is full; retry later.
    ResourceExhausted,
    /// The service cannot serve now, or the outcome is unknown; retry with the same request id.
    Unavailable,
    /// Stored data is damaged.
    DataLoss,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $class:ident;)*) => {
        /// Every reason a client can see, with its class. The text is `google.rpc.ErrorInfo.reason`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// All reasons, in the order of the documentation.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// The reason in UPPER_SNAKE_CASE.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $text,)* }
            }

            /// The class that decides the status.
            #[must_use]
            pub fn class(self) -> Class {
                match self { $(Reason::$variant => Class::$class,)* }
            }
        }
    };
}

reasons! {
    /// The bytes are not a message of this API (bad protobuf, bad UTF-8).
    MalformedMessage = "MALFORMED_MESSAGE", InvalidArgument;
    /// The message is larger than the server takes.
    MessageTooLarge = "MESSAGE_TOO_LARGE", ResourceExhausted;
    /// The request id is missing or not 16–64 visible ASCII characters.
    IdempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID", InvalidArgument;
    /// The request id was used before with other content.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", AlreadyExists;
    /// Two items of one batch carry the same request id.
    DuplicateKeyInBatch = "DUPLICATE_KEY_IN_BATCH", InvalidArgument;
    /// A batch is empty or longer than the limit.
    BatchSize = "BATCH_SIZE", InvalidArgument;
    /// An item of an atomic batch was not applied because another item was refused.
    BatchAborted = "BATCH_ABORTED", Aborted;
    /// A required field is missing.
    FieldRequired = "FIELD_REQUIRED", InvalidArgument;
    /// A field has a value of the wrong form.
    FieldInvalid = "FIELD_INVALID", InvalidArgument;
    /// A resource name is not of the documented pattern.
    ResourceNameInvalid = "RESOURCE_NAME_INVALID", InvalidArgument;
    /// Minutes, books, persons: zero or unset where something must be counted.
    AmountNotPositive = "AMOUNT_NOT_POSITIVE", InvalidArgument;
    /// More decimals than the unit has, or not a number.
    AmountPrecision = "AMOUNT_PRECISION", InvalidArgument;
    /// More than one entry may carry.
    AmountAboveLimit = "AMOUNT_ABOVE_LIMIT", InvalidArgument;
    /// More minutes than lie between start and end, or than the days have.
    HoursExceedDuration = "HOURS_EXCEED_DURATION", InvalidArgument;
    /// With what is booked already, the day would have more minutes than the policy takes.
    DailyCapExceeded = "DAILY_CAP_EXCEEDED", FailedPrecondition;
    /// A sum would pass the ledger's scale.
    BalanceOverflow = "BALANCE_OVERFLOW", OutOfRange;
    /// The account holds as many entries in one bucket as the ledger keeps.
    AccountFull = "ACCOUNT_FULL", ResourceExhausted;
    /// A date the calendar does not have.
    DateNotInCalendar = "DATE_NOT_IN_CALENDAR", InvalidArgument;
    /// A date that is not written `YYYY-MM-DD`.
    DateFormat = "DATE_FORMAT", InvalidArgument;
    /// A time zone that is not the ledger's.
    TimeZone = "TIME_ZONE", InvalidArgument;
    /// A local time the ledger's time zone skipped.
    LocalTimeNonexistent = "LOCAL_TIME_NONEXISTENT", InvalidArgument;
    /// The end is not after the start.
    TimeRange = "TIME_RANGE", InvalidArgument;
    /// The learning lies after today in the ledger's time zone.
    OccurredInFuture = "OCCURRED_IN_FUTURE", OutOfRange;
    /// The learning lies before the ledger's scheme began.
    OccurredTooOld = "OCCURRED_TOO_OLD", OutOfRange;
    /// The course version was not approved on that day.
    CourseNotRunning = "COURSE_NOT_RUNNING", FailedPrecondition;
    /// The course version has not been approved yet.
    CourseNotApproved = "COURSE_NOT_APPROVED", FailedPrecondition;
    /// The organisation did not exist or might not post on that day.
    SchoolNotLicensed = "SCHOOL_NOT_LICENSED", FailedPrecondition;
    /// The same organisation credited this session under another request id.
    SessionAlreadyCredited = "SESSION_ALREADY_CREDITED", AlreadyExists;
    /// Another organisation credited this session.
    SessionCreditedElsewhere = "SESSION_CREDITED_ELSEWHERE", AlreadyExists;
    /// Volunteer hours that overlap hours already booked.
    TimeOverlap = "TIME_OVERLAP", FailedPrecondition;
    /// No such ledger.
    LedgerNotFound = "LEDGER_NOT_FOUND", NotFound;
    /// No such organisation.
    OrganizationNotFound = "ORGANIZATION_NOT_FOUND", NotFound;
    /// No such resident.
    ResidentNotFound = "RESIDENT_NOT_FOUND", NotFound;
    /// No such household.
    HouseholdNotFound = "HOUSEHOLD_NOT_FOUND", NotFound;
    /// No such course.
    CourseNotFound = "COURSE_NOT_FOUND", NotFound;
    /// No such version of the course.
    CourseVersionNotFound = "COURSE_VERSION_NOT_FOUND", NotFound;
    /// No such volunteer team.
    TeamNotFound = "TEAM_NOT_FOUND", NotFound;
    /// No such code in the code list.
    CodeNotFound = "CODE_NOT_FOUND", NotFound;
    /// No event at that position.
    EventNotFound = "EVENT_NOT_FOUND", NotFound;
    /// The event at that position is no entry.
    EntryNotFound = "ENTRY_NOT_FOUND", NotFound;
    /// It is registered already with other content.
    AlreadyRegistered = "ALREADY_REGISTERED", AlreadyExists;
    /// The ledger exists already.
    LedgerExists = "LEDGER_EXISTS", AlreadyExists;
    /// A code that reads like an existing one.
    CodeConfusable = "CODE_CONFUSABLE", AlreadyExists;
    /// An organisation acts on what belongs to another.
    SchoolScope = "SCHOOL_SCOPE", PermissionDenied;
    /// The organisation is closed.
    SchoolClosed = "SCHOOL_CLOSED", FailedPrecondition;
    /// The organisation was merged into another.
    SchoolMerged = "SCHOOL_MERGED", FailedPrecondition;
    /// A parent that would make the tree a circle or too deep.
    OrganizationTree = "ORGANIZATION_TREE", FailedPrecondition;
    /// A reversal cannot be reversed, nor can an event that is no entry.
    NotReversible = "NOT_REVERSIBLE", FailedPrecondition;
    /// The entry was reversed before.
    AlreadyReversed = "ALREADY_REVERSED", FailedPrecondition;
    /// The entry a new one claims to restore was not reversed.
    NotReversed = "NOT_REVERSED", FailedPrecondition;
    /// The entry a new one claims to restore was restored before.
    AlreadyRestored = "ALREADY_RESTORED", FailedPrecondition;
    /// The resident's account was merged into another, which takes the entries.
    ResidentMerged = "RESIDENT_MERGED", FailedPrecondition;
    /// The resident's account has another id by now.
    IdentifierChanged = "IDENTIFIER_CHANGED", FailedPrecondition;
    /// The resident's personal data was erased; nothing more is recorded of the account.
    ResidentErased = "RESIDENT_ERASED", FailedPrecondition;
    /// An account cannot be merged into itself.
    MergeSelf = "MERGE_SELF", InvalidArgument;
    /// The account that would answer answers in the other already.
    MergeCycle = "MERGE_CYCLE", FailedPrecondition;
    /// Merged, one session would count twice for one person.
    MergeDuplicateSession = "MERGE_DUPLICATE_SESSION", FailedPrecondition;
    /// More accounts would answer as one, or were tied and untied, than the ledger keeps.
    MergeLimit = "MERGE_LIMIT", ResourceExhausted;
    /// No merge of the account, nor its undoing, waits for approval.
    MergeNotFound = "MERGE_NOT_FOUND", NotFound;
    /// The account was not merged into another.
    NotMerged = "NOT_MERGED", FailedPrecondition;
    /// Entries were posted since the merge and nobody said whose they are, or credit was redeemed since.
    UnmergeAmbiguous = "UNMERGE_AMBIGUOUS", FailedPrecondition;
    /// The resident is in a household on these days.
    AlreadyInHousehold = "ALREADY_IN_HOUSEHOLD", FailedPrecondition;
    /// The resident is not in this household.
    NotInHousehold = "NOT_IN_HOUSEHOLD", FailedPrecondition;
    /// The last day of a membership lies before its first.
    MembershipRange = "MEMBERSHIP_RANGE", InvalidArgument;
    /// The household would have only minors.
    HouseholdNeedsAdult = "HOUSEHOLD_NEEDS_ADULT", FailedPrecondition;
    /// The household has as many members as the ledger takes.
    HouseholdFull = "HOUSEHOLD_FULL", FailedPrecondition;
    /// The household was dissolved before that day.
    HouseholdDissolved = "HOUSEHOLD_DISSOLVED", FailedPrecondition;
    /// Something of the household is recorded on a day after the last one that was named.
    DissolvedTooEarly = "DISSOLVED_TOO_EARLY", FailedPrecondition;
    /// No household has the resident as a minor on that day.
    NotAMinor = "NOT_A_MINOR", FailedPrecondition;
    /// The guardian would be the minor, or a minor.
    GuardianNotEligible = "GUARDIAN_NOT_ELIGIBLE", FailedPrecondition;
    /// The resident has no such guardian now.
    NotGuardian = "NOT_GUARDIAN", FailedPrecondition;
    /// Only a guardian consents for a minor.
    GuardianConsentRequired = "GUARDIAN_CONSENT_REQUIRED", FailedPrecondition;
    /// Who is of age consents in person.
    ConsentIsPersonal = "CONSENT_IS_PERSONAL", FailedPrecondition;
    /// There is no consent that could be withdrawn.
    ConsentNotGiven = "CONSENT_NOT_GIVEN", FailedPrecondition;
    /// The policy of the day has no rules of redemption.
    RedemptionNotOffered = "REDEMPTION_NOT_OFFERED", FailedPrecondition;
    /// The yearly window of redemption is not open today.
    RedemptionClosed = "REDEMPTION_CLOSED", FailedPrecondition;
    /// Less can be redeemed than was asked for.
    InsufficientCredit = "INSUFFICIENT_CREDIT", FailedPrecondition;
    /// Credit that a reversal would take away has been redeemed.
    BalanceWouldGoNegative = "BALANCE_WOULD_GO_NEGATIVE", FailedPrecondition;
    /// Learning of a month that is closed.
    PeriodClosed = "PERIOD_CLOSED", FailedPrecondition;
    /// A reversal in a month that is closed, without a second person.
    ApprovalRequired = "APPROVAL_REQUIRED", FailedPrecondition;
    /// The month was closed before.
    MonthClosed = "MONTH_CLOSED", AlreadyExists;
    /// The month cannot be closed yet.
    MonthNotOver = "MONTH_NOT_OVER", FailedPrecondition;
    /// A month before it is still open.
    MonthOrder = "MONTH_ORDER", FailedPrecondition;
    /// No such correction.
    CorrectionNotFound = "CORRECTION_NOT_FOUND", NotFound;
    /// The correction was approved or rejected before.
    CorrectionSettled = "CORRECTION_SETTLED", FailedPrecondition;
    /// No such batch.
    BatchNotFound = "BATCH_NOT_FOUND", NotFound;
    /// The version of the object is another than expected.
    VersionMismatch = "VERSION_MISMATCH", Aborted;
    /// A document is no policy; every mistake is named by its path.
    PolicyInvalid = "POLICY_INVALID", InvalidArgument;
    /// A policy does not exist.
    PolicyNotFound = "POLICY_NOT_FOUND", NotFound;
    /// A policy's first day is not behind that of the policy it would follow.
    PolicyOverlap = "POLICY_OVERLAP", FailedPrecondition;
    /// A policy would change a year that is closed.
    PolicyRetroactive = "POLICY_RETROACTIVE", FailedPrecondition;
    /// The months of a report have not come yet.
    PeriodInFuture = "PERIOD_IN_FUTURE", OutOfRange;
    /// A report would have more rows or persons than the ledger puts into one.
    ReportTooLarge = "REPORT_TOO_LARGE", ResourceExhausted;
    /// A document is no indicator; every mistake is named by its path.
    IndicatorInvalid = "INDICATOR_INVALID", InvalidArgument;
    /// No such indicator.
    IndicatorNotFound = "INDICATOR_NOT_FOUND", NotFound;
    /// Something was stated too often: a target or population, a move, guardians or consents.
    RevisionsFull = "REVISIONS_FULL", ResourceExhausted;
    /// The standard names accounts of another kind.
    NotACandidate = "NOT_A_CANDIDATE", InvalidArgument;
    /// A document is no score table; every mistake is named by its path.
    ScoreTableInvalid = "SCORE_TABLE_INVALID", InvalidArgument;
    /// A document is no standard; every mistake is named by its path.
    StandardInvalid = "STANDARD_INVALID", InvalidArgument;
    /// No such standard, or no such version of it.
    StandardNotFound = "STANDARD_NOT_FOUND", NotFound;
    /// No such selection.
    SelectionNotFound = "SELECTION_NOT_FOUND", NotFound;
    /// A selection by the standard is open for the year.
    SelectionOpen = "SELECTION_OPEN", AlreadyExists;
    /// The candidate has not applied.
    ApplicationNotFound = "APPLICATION_NOT_FOUND", NotFound;
    /// The last day of applications has passed.
    ApplicationClosed = "APPLICATION_CLOSED", FailedPrecondition;
    /// The step does not come at this stage.
    StageOrder = "STAGE_ORDER", FailedPrecondition;
    /// The step was done before.
    StageDone = "STAGE_DONE", AlreadyExists;
    /// The step belongs to another organisation.
    NotYourStep = "NOT_YOUR_STEP", PermissionDenied;
    /// The community recommends as many as it may.
    RecommendationsFull = "RECOMMENDATIONS_FULL", FailedPrecondition;
    /// The person is no judge of the selection.
    JudgeNotFound = "JUDGE_NOT_FOUND", NotFound;
    /// Nobody judges the household that one is or was a member of.
    JudgeConflict = "JUDGE_CONFLICT", PermissionDenied;
    /// The standard has no such item that people judge.
    ItemNotFound = "ITEM_NOT_FOUND", NotFound;
    /// More points than judges may give for the item.
    ScoreAboveItem = "SCORE_ABOVE_ITEM", InvalidArgument;
    /// The standard has no such ground, or it does not stand.
    GroundNotFound = "GROUND_NOT_FOUND", NotFound;
    /// A candidate that cannot be chosen.
    NotQualified = "NOT_QUALIFIED", FailedPrecondition;
    /// Something of the selection was recorded since.
    SelectionChanged = "SELECTION_CHANGED", Aborted;
    /// The tie that stands is another than was voted on.
    TieChanged = "TIE_CHANGED", Aborted;
    /// Applications, or the days that a selection looks at, are not over.
    FreezeTooEarly = "FREEZE_TOO_EARLY", FailedPrecondition;
    /// What was approved is not the list that is proposed.
    SelectionStale = "SELECTION_STALE", Aborted;
    /// The public notice is not over.
    NoticeNotOver = "NOTICE_NOT_OVER", FailedPrecondition;
    /// No such objection.
    ObjectionNotFound = "OBJECTION_NOT_FOUND", NotFound;
    /// The time to object or to appeal has not begun, or is over.
    ObjectionDeadline = "OBJECTION_DEADLINE", FailedPrecondition;
    /// An objection is not settled, or may still be appealed against.
    ObjectionOpen = "OBJECTION_OPEN", FailedPrecondition;
    /// The differences from the frozen list were not seen.
    DifferencesUnseen = "DIFFERENCES_UNSEEN", FailedPrecondition;
    /// The candidate does not hold the title.
    TitleNotHeld = "TITLE_NOT_HELD", FailedPrecondition;
    /// More steps, judges, votes or objections than the ledger keeps of one selection.
    SelectionFull = "SELECTION_FULL", ResourceExhausted;
    /// What was approved is not what is proposed now.
    ProposalChanged = "PROPOSAL_CHANGED", Aborted;
    /// Too many policies or corrections wait for approval.
    ProposalsFull = "PROPOSALS_FULL", ResourceExhausted;
    /// Who proposes may not approve.
    SameActor = "SAME_ACTOR", PermissionDenied;
    /// The call carries no credential.
    CredentialMissing = "CREDENTIAL_MISSING", Unauthenticated;
    /// The credential is not one that opens this door: unknown, expired, revoked, of another ledger, or forged.
    CredentialInvalid = "CREDENTIAL_INVALID", Unauthenticated;
    /// The credential's role may not do this.
    RoleDenied = "ROLE_DENIED", PermissionDenied;
    /// The request names another person than the credential does.
    PersonMismatch = "PERSON_MISMATCH", PermissionDenied;
    /// More calls come with one credential than it may make.
    RateLimited = "RATE_LIMITED", ResourceExhausted;
    /// No such credential.
    CredentialNotFound = "CREDENTIAL_NOT_FOUND", NotFound;
    /// The credential does not wait for approval.
    CredentialSettled = "CREDENTIAL_SETTLED", FailedPrecondition;
    /// A code has full-width characters, capitals or spaces.
    NotCanonical = "NOT_CANONICAL", InvalidArgument;
    /// A name has control, direction or invisible characters.
    NameForbiddenChar = "NAME_FORBIDDEN_CHAR", InvalidArgument;
    /// A name is empty or longer than 64 characters.
    NameLength = "NAME_LENGTH", InvalidArgument;
    /// A name has a private-use character that other systems show differently.
    NamePrivateUse = "NAME_PRIVATE_USE", InvalidArgument;
    /// An ID number or code of another form, or with a date in it that is none.
    IdFormat = "ID_FORMAT", InvalidArgument;
    /// The check digit of an ID number or code does not fit.
    IdChecksum = "ID_CHECKSUM", InvalidArgument;
    /// The birth date is not the one in the ID number.
    IdBirthdateMismatch = "ID_BIRTHDATE_MISMATCH", InvalidArgument;
    /// Another resident has the ID number.
    ResidentExists = "RESIDENT_EXISTS", AlreadyExists;
    /// The directory has nothing of the person.
    PersonNotFound = "PERSON_NOT_FOUND", NotFound;
    /// A minor's data is not read without a second person.
    AccessApprovalRequired = "ACCESS_APPROVAL_REQUIRED", FailedPrecondition;
    /// No erasure waits for approval.
    ErasureNotFound = "ERASURE_NOT_FOUND", NotFound;
    /// The last day to approve it has passed.
    ProposalExpired = "PROPOSAL_EXPIRED", FailedPrecondition;
    /// The ledger has no rule of retention.
    RetentionRuleNotSet = "RETENTION_RULE_NOT_SET", FailedPrecondition;
    /// The resident's personal data is not due for erasure.
    RetentionNotDue = "RETENTION_NOT_DUE", FailedPrecondition;
    /// The program runs without the key file of the directory, or with another one.
    DirectoryClosed = "DIRECTORY_CLOSED", FailedPrecondition;
    /// The program runs without a key to sign checkpoints with.
    CheckpointsClosed = "CHECKPOINTS_CLOSED", FailedPrecondition;
    /// A page token that this list did not give.
    PageTokenInvalid = "PAGE_TOKEN_INVALID", InvalidArgument;
    /// The queue is full.
    Overloaded = "OVERLOADED", ResourceExhausted;
    /// The disk is full or read-only.
    StorageReadOnly = "STORAGE_READ_ONLY", Unavailable;
    /// The store does not answer.
    StorageUnavailable = "STORAGE_UNAVAILABLE", Unavailable;
    /// The commit may or may not have happened; ask again with the same request id.
    OutcomeUnknown = "OUTCOME_UNKNOWN", Unavailable;
    /// The clock runs behind the ledger.
    ClockUntrusted = "CLOCK_UNTRUSTED", Unavailable;
    /// The log or a state cannot be what the program wrote.
    LedgerDamaged = "LEDGER_DAMAGED", DataLoss;
    /// The ledger has not reached the asked-for position.
    NotYetApplied = "NOT_YET_APPLIED", Unavailable;
    /// The server is going down.
    ShuttingDown = "SHUTTING_DOWN", Unavailable;
    /// Another process has taken over what this one was making, or was first to change something.
    WriterFenced = "WRITER_FENCED", Aborted;
    /// The ledger was moved to another deployment, or is about to be.
    LedgerSealed = "LEDGER_SEALED", FailedPrecondition;
    /// The ledger is being imported.
    LedgerArriving = "LEDGER_ARRIVING", Unavailable;
    /// The ledger has as many events as its quota.
    QuotaExceeded = "QUOTA_EXCEEDED", ResourceExhausted;
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refused command or query: nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    reason: Reason,
    field: Option<String>,
    message: String,
    metadata: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal with the sentence that tells a clerk what to do.
    pub fn new(reason: Reason, message: impl Into<String>) -> Refusal {
        Refusal(Box::new(Inner { reason, field: None, message: message.into(), metadata: Vec::new() }))
    }

    /// A refusal of one field of the request.
    pub fn field(reason: Reason, field: impl Into<String>, message: impl Into<String>) -> Refusal {
        let mut refusal = Refusal::new(reason, message);
        refusal.0.field = Some(field.into());
        refusal
    }

    /// The same refusal with one more fact for programs.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Refusal {
        self.0.metadata.push((key, value.to_string()));
        self
    }

    /// The same refusal with its field path put under `prefix` (`requests[3]`, say).
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Refusal {
        self.0.field = Some(match self.0.field.take() {
            Some(field) => format!("{prefix}.{field}"),
            None => prefix.to_owned(),
        });
        self
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The path of the field at fault, if one is.
    #[must_use]
    pub fn field_path(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The sentence for a person.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Facts for programs.
    #[must_use]
    pub fn metadata(&self) -> &[(&'static str, String)] {
        &self.0.metadata
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.reason, self.0.message)
    }
}

impl std::error::Error for Refusal {}
