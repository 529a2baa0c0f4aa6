//! Entries: facts that touch an account.

mod detail;

pub use detail::{Award, Degree, Detail, Digest32, Form};

use crate::correction::Corrects;
use crate::date::{LocalTime, OccurredOn};
use crate::id::{AccountId, BatchId, Code, OrganizationId, SessionId, TeamId};
use crate::quantity::{Minutes, Position};
use serde::{Deserialize, Serialize};

/// One learning, service, award or head-count, as it is kept in the log.
///
/// It has no free text and no personal data: ids, codes, dates, counts and the digest of evidence kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose account.
    pub account: AccountId,
    /// The organisation that posted it (誰組織誰記錄, `DOMAIN.md` VOL-2).
    pub organization: OrganizationId,
    /// The kind in the code list `kinds`; decides the credit rule.
    pub kind: Code,
    /// What was done, by form.
    #[serde(flatten)]
    pub detail: Detail,
    /// Local date of the learning; of a course with a span, its last day.
    pub occurred_on: OccurredOn,
    /// First day, where the learning spans several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<OccurredOn>,
    /// Local start time on `occurred_on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<LocalTime>,
    /// Local end time on `occurred_on`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<LocalTime>,
    /// Minutes attended or served; of an online course its nominal length.
    pub minutes: Minutes,
    /// Which of several sessions; with the activity it tells duplicates from repetitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The organisation that attests it, where it is not the poster: a venue, the community of residence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested_by: Option<OrganizationId>,
    /// SHA-256 of the evidence: a scanned sign-in sheet, a certificate, a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest32>,
    /// Code of the list `subjects`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Code>,
    /// Code of the list `audiences`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Code>,
    /// Code of the list `campaigns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Code>,
    /// Code of the list `programmes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<Code>,
    /// The reversed entry that this one restores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<Position>,
    /// The batch it came with: a file, say. A label, so that the whole of it can be found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// The correction that recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Corrects>,
}

impl Entry {
    /// The days the learning spans, at least 1.
    #[must_use]
    pub fn span_days(&self) -> u32 {
        let days = self.started_on.map_or(1, |start| self.occurred_on.days_from(start));
        u32::try_from(days).unwrap_or(1).max(1)
    }

    /// Minutes between the start and the end time, where both are given.
    #[must_use]
    pub fn clock_minutes(&self) -> Option<u32> {
        let (start, end) = (self.start_time?, self.end_time?);
        Some(u32::from(end.minutes().saturating_sub(start.minutes())))
    }
}

/// Why an entry is reversed (`DOMAIN.md` §6.1, Correction).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    /// 輸錯: typed wrong.
    InputError,
    /// 錯人: the wrong person.
    WrongPerson,
    /// 重複: posted twice.
    Duplicate,
    /// 未出席: did not attend.
    Absent,
    /// 認定變更: recognition changed.
    RecognitionChanged,
    /// 虛假: false record.
    FalseRecord,
    /// 申訴成立: an appeal was upheld.
    AppealUpheld,
}

impl ReversalReason {
    /// All reasons with their codes.
    pub const ALL: [(ReversalReason, &'static str); 7] = [
        (ReversalReason::InputError, "input_error"),
        (ReversalReason::WrongPerson, "wrong_person"),
        (ReversalReason::Duplicate, "duplicate"),
        (ReversalReason::Absent, "absent"),
        (ReversalReason::RecognitionChanged, "recognition_changed"),
        (ReversalReason::FalseRecord, "false_record"),
        (ReversalReason::AppealUpheld, "appeal_upheld"),
    ];

    /// The reason in 繁體中文.
    #[must_use]
    pub fn hant(self) -> &'static str {
        match self {
            ReversalReason::InputError => "輸錯",
            ReversalReason::WrongPerson => "錯人",
            ReversalReason::Duplicate => "重複",
            ReversalReason::Absent => "未出席",
            ReversalReason::RecognitionChanged => "認定變更",
            ReversalReason::FalseRecord => "虛假",
            ReversalReason::AppealUpheld => "申訴成立",
        }
    }
}

/// The only correction: it names the entry and why. What the fold needs of the entry is repeated here, so that a
/// reversal can be folded without reading the entry again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// The reversed entry.
    pub entry: Position,
    /// The organisation that reversed it.
    pub organization: OrganizationId,
    /// Why.
    pub reason: ReversalReason,
    /// The entry's account.
    pub account: AccountId,
    /// The entry's poster.
    pub posted_by: OrganizationId,
    /// The entry's kind.
    pub kind: Code,
    /// The entry's form.
    pub form: Form,
    /// The entry's date.
    pub occurred_on: OccurredOn,
    /// The entry's minutes.
    pub minutes: Minutes,
    /// The entry's persons, of a head-count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub persons: u32,
    /// The entry's volunteer team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The entry's batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// The correction that reversed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Corrects>,
}

impl Reversal {
    /// The reversal of the entry at a position.
    #[must_use]
    pub fn of(
        position: Position,
        entry: &Entry,
        organization: &OrganizationId,
        reason: ReversalReason,
    ) -> Reversal {
        Reversal {
            entry: position,
            organization: organization.clone(),
            reason,
            account: entry.account.clone(),
            posted_by: entry.organization.clone(),
            kind: entry.kind.clone(),
            form: entry.detail.form(),
            occurred_on: entry.occurred_on,
            minutes: entry.minutes,
            persons: entry.detail.persons(),
            team: entry.detail.team().cloned(),
            batch: entry.batch.clone(),
            corrects: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}
