//! What is counted, and which entries count in which way.

use crate::account::identity;
use crate::entry::{Detail, Entry, Form};
use crate::quantity::{Minutes, Position};
use std::fmt;

/// The figures of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Named attendances, 人次: entries of residents and households that stand.
    pub attendances: u64,
    /// Different residents with an entry that stands, 人數. Rows do not add up: who learned at two schools is one person
    /// of their town.
    pub persons: u64,
    /// Heads counted without names, 無名單人次.
    pub heads: u64,
    /// Different sessions, 場次.
    pub sessions: u64,
    /// Minutes of named attendances.
    pub minutes: u64,
    /// Entries that were reversed and count no more.
    pub reversed: u64,
}

impl Figures {
    /// 學時 of 45 minutes in hundredths, of the sum of minutes, rounded down.
    #[must_use]
    pub fn centi_class_hours(&self) -> u64 {
        Minutes::centi_class_hours(self.minutes)
    }
}

/// How an entry stands when the log ends at some position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was not recorded yet.
    Absent,
    /// It counts.
    Live,
    /// It was reversed.
    Reversed,
}

impl Standing {
    /// How an entry stands at `cut`.
    #[must_use]
    pub fn at(cut: Position, recorded: Position, reversed: Option<Position>) -> Standing {
        match reversed {
            _ if recorded > cut => Standing::Absent,
            Some(reversed) if reversed <= cut => Standing::Reversed,
            _ => Standing::Live,
        }
    }
}

/// How learning was delivered, as far as its form tells (`DOMAIN.md` §7.1 plan 9 has six modes; the log keeps none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// 線下: in person, or by a document.
    Offline,
    /// 線上: online.
    Online,
    /// 無名單: counted by heads.
    HeadCount,
}

impl Mode {
    /// All modes.
    pub const ALL: [Mode; 3] = [Mode::Offline, Mode::Online, Mode::HeadCount];

    /// The mode of a form.
    #[must_use]
    pub fn of(form: Form) -> Mode {
        match form {
            Form::OnlineCourse => Mode::Online,
            Form::HeadCount => Mode::HeadCount,
            _ => Mode::Offline,
        }
    }

    /// The mode's code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Offline => "offline",
            Mode::Online => "online",
            Mode::HeadCount => "head_count",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Forms that are held as sessions: people come together at a time. What is taught is the session of those who learn.
fn is_held(form: Form) -> bool {
    match form {
        Form::OfflineCourse
        | Form::Lecture
        | Form::Drill
        | Form::VolunteerService
        | Form::Visit
        | Form::Contest
        | Form::EarlyEducation
        | Form::YouthPractice
        | Form::HeadCount => true,
        Form::OnlineCourse
        | Form::Reading
        | Form::Certificate
        | Form::Degree
        | Form::Teaching
        | Form::HouseholdAward => false,
    }
}

/// The identity of the session (場) an entry belongs to; none where its form has no sessions. Entries of one
/// organisation, kind, day and activity with the same session id, or without one the same start time and subject, are
/// one session. A head-count without a session id is a session of its own.
#[must_use]
pub fn session_of(position: Position, entry: &Entry) -> Option<u64> {
    let form = entry.detail.form();
    if !is_held(form) {
        return None;
    }
    let what = match &entry.detail {
        Detail::OfflineCourse { course, version, .. } => format!("{course}/{version}"),
        Detail::Lecture { series: Some(code) }
        | Detail::Visit { venue: Some(code) }
        | Detail::Contest { contest: code, .. }
        | Detail::YouthPractice { practice: Some(code) } => code.to_string(),
        Detail::VolunteerService { team: Some(team) } => team.to_string(),
        _ => String::new(),
    };
    let (organization, kind) = (entry.organization.as_str(), entry.kind.as_str());
    let day = entry.occurred_on.to_string();
    if let Some(session) = &entry.session {
        return Some(identity(&["held", organization, kind, &day, &what, session.as_str()]));
    }
    if form == Form::HeadCount {
        return Some(identity(&["held", organization, &position.to_string()]));
    }
    let time = entry.start_time.map(|time| time.to_string()).unwrap_or_default();
    let subject = entry.subject.as_ref().map_or("", |subject| subject.as_str());
    Some(identity(&["held", organization, kind, &day, &what, &time, subject, "without id"]))
}
