//! One entry as the fold keeps it: what policy, duplicate checks and day limits need, and no more.

use crate::date::{LocalTime, OccurredOn};
use crate::entry::{Award, Degree, Detail, Entry, Form};
use crate::id::{Code, OrganizationId};
use crate::quantity::{Minutes, Position};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The result that a rule of fixed credits looks up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// The form has none.
    None,
    /// A contest's result.
    Award(Award),
    /// A degree.
    Degree(Degree),
}

impl Grade {
    /// The grade's code in policy documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Grade::None => "any",
            Grade::Award(award) => award.as_str(),
            Grade::Degree(degree) => degree.as_str(),
        }
    }
}

/// One entry of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where the entry stands.
    pub position: Position,
    /// Its kind.
    pub kind: Code,
    /// Its form.
    pub form: Form,
    /// Its date; of a span its last day.
    pub occurred_on: OccurredOn,
    /// Days it spans, at least 1.
    pub span_days: u32,
    /// Local start time.
    pub start_time: Option<LocalTime>,
    /// Local end time.
    pub end_time: Option<LocalTime>,
    /// Minutes attended, served or nominal.
    pub minutes: Minutes,
    /// Minutes planned, for the attendance.
    pub planned_minutes: Option<Minutes>,
    /// Mark, 0–100.
    pub mark: Option<u8>,
    /// Books of a reading, else 0.
    pub units: u32,
    /// Result.
    pub grade: Grade,
    /// Identity of what counts once (course version, contest, certificate), 0 where nothing does.
    pub claim: u64,
    /// Identity of the session attended, 0 where it cannot be told.
    pub session: u64,
    /// A tag of the posting organisation.
    pub poster: PosterTag,
    /// A tag of the organisation that attested it, where another did than posted it.
    pub attester: Option<PosterTag>,
    /// The reversed entry that this one restores.
    pub restores: Option<Position>,
    /// The reversal's position, if it was reversed.
    pub reversed_at: Option<Position>,
}

/// Tells organisations apart in six bytes: of 10,000 organisations two share a tag once in five million districts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PosterTag([u8; 6]);

impl PosterTag {
    /// The tag of an organisation.
    #[must_use]
    pub fn of(organization: &OrganizationId) -> PosterTag {
        let [tag @ .., _, _] = identity(&["poster", organization.as_str()]).to_be_bytes();
        PosterTag(tag)
    }
}

/// A number that is the same for the same parts and no others: the first eight bytes of their SHA-256, never 0.
pub(crate) fn identity(parts: &[&str]) -> u64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first).max(1)
}

impl Line {
    /// The line of an entry at its position.
    #[must_use]
    pub fn of(position: Position, entry: &Entry) -> Line {
        let (planned_minutes, mark, units, grade) = match &entry.detail {
            Detail::OfflineCourse { planned_minutes, mark, .. } => (*planned_minutes, *mark, 0, Grade::None),
            Detail::OnlineCourse { mark, .. } => (None, *mark, 0, Grade::None),
            Detail::Reading { books } => (None, None, *books, Grade::None),
            Detail::Contest { award, .. } => (None, None, 0, Grade::Award(*award)),
            Detail::Degree { degree, .. } => (None, None, 0, Grade::Degree(*degree)),
            _ => (None, None, 0, Grade::None),
        };
        Line {
            position,
            kind: entry.kind.clone(),
            form: entry.detail.form(),
            occurred_on: entry.occurred_on,
            span_days: entry.span_days(),
            start_time: entry.start_time,
            end_time: entry.end_time,
            minutes: entry.minutes,
            planned_minutes,
            mark,
            units,
            grade,
            claim: Line::claim_of(&entry.detail),
            session: Line::session_of(entry),
            poster: PosterTag::of(&entry.organization),
            attester: entry.attested_by.as_ref().map(PosterTag::of),
            restores: entry.restores,
            reversed_at: None,
        }
    }

    /// Whether it still counts.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.reversed_at.is_none()
    }

    /// The identity of what counts once in a lifetime.
    #[must_use]
    pub fn claim_of(detail: &Detail) -> u64 {
        match detail {
            Detail::OfflineCourse { course, version, .. } | Detail::OnlineCourse { course, version, .. } => {
                identity(&["course", course.as_str(), version.as_str()])
            }
            Detail::Contest { contest, .. } => identity(&["contest", contest.as_str()]),
            Detail::Certificate { number_digest } => identity(&["certificate", &number_digest.to_string()]),
            Detail::Degree { number_digest, .. } => identity(&["degree", &number_digest.to_string()]),
            _ => 0,
        }
    }

    /// The identity of the session: courses, series and venues are known to the whole district, so two schools that
    /// post the same one meet here; a bare session id is known to its poster only.
    #[must_use]
    pub fn session_of(entry: &Entry) -> u64 {
        let form = entry.detail.form().as_str();
        let date = entry.occurred_on.to_string();
        let session = entry.session.as_ref().map_or("", |s| s.as_str());
        let time = entry.start_time.map(|t| t.to_string()).unwrap_or_default();
        let shared = |what: &str| identity(&["session", form, what, &date, session, &time]);
        match &entry.detail {
            Detail::OfflineCourse { course, version, .. } | Detail::OnlineCourse { course, version, .. } => {
                identity(&["session", form, course.as_str(), version.as_str(), &date, session, &time])
            }
            Detail::Lecture { series: Some(series) } => shared(series.as_str()),
            Detail::Visit { venue: Some(venue) } => shared(venue.as_str()),
            Detail::Contest { contest, award } => shared(&format!("{contest}/{}", award.as_str())),
            Detail::Certificate { number_digest } | Detail::Degree { number_digest, .. } => {
                shared(&number_digest.to_string())
            }
            _ if entry.session.is_some() => shared(entry.organization.as_str()),
            _ => 0,
        }
    }

    /// Whether two lines take the same clock time.
    #[must_use]
    pub fn overlaps(&self, other: &Line) -> bool {
        match (self.start_time, self.end_time, other.start_time, other.end_time) {
            (Some(start), Some(end), Some(other_start), Some(other_end)) => {
                self.occurred_on == other.occurred_on && start < other_end && other_start < end
            }
            _ => false,
        }
    }
}
