//! Entries between protobuf and the core.

use crate::convert::{optional, optional_code, optional_date, text, timestamp};
use crate::{names, proto};
use ledger_core::correction::Corrects;
use ledger_core::date::{LocalTime, OccurredOn};
use ledger_core::entry::{Award, Degree, Detail, Digest32, Entry, ReversalReason};
use ledger_core::event::{Event, Fact};
use ledger_core::id::{AccountId, BatchId, Code, LedgerId, SessionId};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::{Reason, Refusal};
use proto::entry::Detail as Wire;

fn missing(field: &str, what: &str) -> Refusal {
    Refusal::field(Reason::FieldRequired, field, format!("{field} 不可空白：{what}。Fill in {field}."))
}

pub(crate) fn digest(raw: &str, field: &str) -> Result<Digest32, Refusal> {
    Digest32::parse(raw).ok_or_else(|| {
        Refusal::field(
            Reason::FieldInvalid,
            field,
            format!(
                "{field} 須為 SHA-256 的 64 位十六進位。{field} is a SHA-256 digest of 64 hexadecimal digits."
            ),
        )
    })
}

fn choice<T>(parsed: Option<T>, field: &str, choices: &[&str]) -> Result<T, Refusal> {
    parsed.ok_or_else(|| {
        Refusal::field(
            Reason::FieldInvalid,
            field,
            format!("{field} 須為：{}。{field} is one of these.", choices.join("、")),
        )
    })
}

/// Parses an entry; its `account` may be given apart (a class list).
pub(crate) fn parse(
    ledger: &LedgerId,
    entry: proto::Entry,
    account: Option<AccountId>,
) -> Result<Entry, Refusal> {
    let account = match account {
        Some(account) => account,
        None if entry.account.is_empty() => return Err(missing("account", "記在誰的帳上")),
        None => names::account(ledger, &entry.account, "account")?,
    };
    let organization = names::organization(ledger, &entry.organization, "organization")?;
    let Some(detail) = entry.detail else { return Err(missing("detail", "做了什麼")) };
    let detail = parse_detail(ledger, detail)?;
    let kind = optional_code(&entry.kind, "kind")?.unwrap_or_else(|| detail.form().default_kind());
    if let Some(minutes) = entry.minutes.checked_sub(ledger_core::decide::MAX_MINUTES)
        && minutes > 0
    {
        return Err(Refusal::field(
            Reason::AmountAboveLimit,
            "minutes",
            format!(
                "minutes 最多 {}，請查對單位是否為分鐘。minutes is at most {}: check that the unit is minutes.",
                ledger_core::decide::MAX_MINUTES,
                ledger_core::decide::MAX_MINUTES
            ),
        ));
    }
    Ok(Entry {
        account,
        organization,
        kind,
        detail,
        occurred_on: OccurredOn::parse(&entry.occurred_on, "occurred_on")?,
        started_on: optional_date(&entry.started_on, "started_on")?,
        start_time: optional(&entry.start_time, |raw| LocalTime::parse(raw, "start_time"))?,
        end_time: optional(&entry.end_time, |raw| LocalTime::parse(raw, "end_time"))?,
        minutes: Minutes(entry.minutes),
        session: optional(&entry.session, SessionId::parse)?,
        attested_by: optional(&entry.attested_by, |raw| names::organization(ledger, raw, "attested_by"))?,
        evidence: optional(&entry.evidence_sha256, |raw| digest(raw, "evidence_sha256"))?,
        subject: optional_code(&entry.subject, "subject")?,
        audience: optional_code(&entry.audience, "audience")?,
        campaign: optional_code(&entry.campaign, "campaign")?,
        programme: optional_code(&entry.programme, "programme")?,
        restores: optional(&entry.restores, |raw| names::entry(ledger, raw, "restores"))?,
        batch: optional(&entry.batch, BatchId::parse)?,
        corrects: None,
    })
}

/// A mark as a byte; what does not fit is above every limit, and the decision says so.
fn mark(raw: Option<u32>) -> Option<u8> {
    raw.map(|mark| u8::try_from(mark).unwrap_or(u8::MAX))
}

fn parse_detail(ledger: &LedgerId, detail: Wire) -> Result<Detail, Refusal> {
    Ok(match detail {
        Wire::OfflineCourse(wire) => {
            let (course, version) =
                names::course_version(ledger, &wire.course_version, "offline_course.course_version")?;
            let planned_minutes = (wire.planned_minutes > 0).then_some(Minutes(wire.planned_minutes));
            Detail::OfflineCourse { course, version, planned_minutes, mark: mark(wire.mark) }
        }
        Wire::OnlineCourse(wire) => {
            let (course, version) =
                names::course_version(ledger, &wire.course_version, "online_course.course_version")?;
            Detail::OnlineCourse { course, version, mark: mark(wire.mark) }
        }
        Wire::Lecture(wire) => Detail::Lecture { series: optional_code(&wire.series, "lecture.series")? },
        Wire::Drill(_) => Detail::Drill {},
        Wire::VolunteerService(wire) => Detail::VolunteerService {
            team: optional(&wire.team, |raw| names::team(ledger, raw, "volunteer_service.team"))?,
        },
        Wire::Reading(wire) => Detail::Reading { books: wire.books },
        Wire::Visit(wire) => Detail::Visit { venue: optional_code(&wire.venue, "visit.venue")? },
        Wire::Contest(wire) => Detail::Contest {
            contest: Code::parse(&wire.contest, "contest.contest")?,
            award: choice(Award::parse(&wire.award), "contest.award", &Award::ALL.map_str())?,
        },
        Wire::Certificate(wire) => {
            Detail::Certificate { number_digest: digest(&wire.number_sha256, "certificate.number_sha256")? }
        }
        Wire::Degree(wire) => Detail::Degree {
            degree: choice(Degree::parse(&wire.degree), "degree.degree", &Degree::ALL.map_str())?,
            number_digest: digest(&wire.number_sha256, "degree.number_sha256")?,
        },
        Wire::Teaching(wire) => Detail::Teaching {
            course: optional(&wire.course, |raw| names::course(ledger, raw, "teaching.course"))?,
        },
        Wire::EarlyEducation(_) => Detail::EarlyEducation {},
        Wire::YouthPractice(wire) => {
            Detail::YouthPractice { practice: optional_code(&wire.practice, "youth_practice.practice")? }
        }
        Wire::HouseholdAward(wire) => {
            Detail::HouseholdAward { title: Code::parse(&wire.title, "household_award.title")? }
        }
        Wire::HeadCount(wire) => Detail::HeadCount { persons: wire.persons },
    })
}

trait MapStr {
    fn map_str(&self) -> Vec<&'static str>;
}

impl MapStr for [Award] {
    fn map_str(&self) -> Vec<&'static str> {
        self.iter().map(|value| value.as_str()).collect()
    }
}

impl MapStr for [Degree] {
    fn map_str(&self) -> Vec<&'static str> {
        self.iter().map(|value| value.as_str()).collect()
    }
}

pub(crate) fn parse_reason(raw: &str) -> Result<ReversalReason, Refusal> {
    let codes: Vec<&str> = ReversalReason::ALL.iter().map(|(_, code)| *code).collect();
    choice(
        ReversalReason::ALL.iter().find(|(_, code)| *code == raw).map(|(reason, _)| *reason),
        "reason",
        &codes,
    )
}

/// The code of a reason.
pub(crate) fn reason_code(reason: ReversalReason) -> String {
    let row = ReversalReason::ALL.iter().find(|(held, _)| *held == reason);
    row.map(|(_, code)| (*code).to_owned()).unwrap_or_default()
}

/// The zone of an entry's times must be the ledger's.
pub(crate) fn check_zone(entry: &proto::Entry, zone: chrono_tz::Tz) -> Result<(), Refusal> {
    if entry.time_zone.is_empty() || entry.time_zone == zone.name() {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::TimeZone,
        "time_zone",
        format!(
            "帳本的時區是 {}，請換算成當地日期時間再記。The ledger's zone is {}: convert dates and times to it.",
            zone.name(),
            zone.name()
        ),
    ))
}

/// An entry as recorded; `None` where the event is none.
pub(crate) fn wire(event: &Event, reversed_at: Option<Position>) -> Option<proto::Entry> {
    let Fact::EntryRecorded(entry) = &event.fact else { return None };
    let base = names::ledger_name(&event.ledger);
    Some(proto::Entry {
        name: format!("{base}/entries/{}", event.position),
        recorded_at: Some(timestamp(event.recorded_at)),
        position: event.position.0,
        reversed_at: reversed_at.map_or(0, |position| position.0),
        request_id: event.request_id.to_string(),
        ..wire_draft(&event.ledger, entry)
    })
}

/// An entry as it would be recorded, without name, time and place.
pub(crate) fn wire_draft(ledger: &LedgerId, entry: &Entry) -> proto::Entry {
    let base = names::ledger_name(ledger);
    let under = |collection: &str, id: &str| format!("{base}/{collection}/{id}");
    proto::Entry {
        account: format!("{base}/{}", entry.account),
        organization: under("organizations", entry.organization.as_str()),
        kind: entry.kind.to_string(),
        occurred_on: entry.occurred_on.to_string(),
        started_on: text(entry.started_on),
        start_time: text(entry.start_time),
        end_time: text(entry.end_time),
        minutes: entry.minutes.0,
        session: text(entry.session.as_ref()),
        attested_by: entry
            .attested_by
            .as_ref()
            .map(|id| under("organizations", id.as_str()))
            .unwrap_or_default(),
        evidence_sha256: text(entry.evidence),
        subject: text(entry.subject.as_ref()),
        audience: text(entry.audience.as_ref()),
        campaign: text(entry.campaign.as_ref()),
        programme: text(entry.programme.as_ref()),
        restores: entry.restores.map(|position| format!("{base}/entries/{position}")).unwrap_or_default(),
        batch: text(entry.batch.as_ref()),
        detail: Some(wire_detail(&base, &entry.detail)),
        correction: correction_name(&base, entry.corrects),
        corrects_month: text(entry.corrects.and_then(|corrects| corrects.month)),
        ..proto::Entry::default()
    }
}

fn correction_name(base: &str, corrects: Option<Corrects>) -> String {
    corrects.map(|corrects| format!("{base}/corrections/{}", corrects.correction)).unwrap_or_default()
}

fn wire_detail(base: &str, detail: &Detail) -> Wire {
    let course_version = |course: &str, version: &str| format!("{base}/courses/{course}/versions/{version}");
    match detail {
        Detail::OfflineCourse { course, version, planned_minutes, mark } => {
            Wire::OfflineCourse(proto::OfflineCourse {
                course_version: course_version(course.as_str(), version.as_str()),
                planned_minutes: planned_minutes.map_or(0, |minutes| minutes.0),
                mark: mark.map(u32::from),
            })
        }
        Detail::OnlineCourse { course, version, mark } => Wire::OnlineCourse(proto::OnlineCourse {
            course_version: course_version(course.as_str(), version.as_str()),
            mark: mark.map(u32::from),
        }),
        Detail::Lecture { series } => Wire::Lecture(proto::Lecture { series: text(series.as_ref()) }),
        Detail::Drill {} => Wire::Drill(proto::Drill {}),
        Detail::VolunteerService { team } => Wire::VolunteerService(proto::VolunteerService {
            team: team.as_ref().map(|team| format!("{base}/teams/{team}")).unwrap_or_default(),
        }),
        Detail::Reading { books } => Wire::Reading(proto::Reading { books: *books }),
        Detail::Visit { venue } => Wire::Visit(proto::Visit { venue: text(venue.as_ref()) }),
        Detail::Contest { contest, award } => {
            Wire::Contest(proto::Contest { contest: contest.to_string(), award: award.as_str().to_owned() })
        }
        Detail::Certificate { number_digest } => {
            Wire::Certificate(proto::Certificate { number_sha256: number_digest.to_string() })
        }
        Detail::Degree { degree, number_digest } => Wire::Degree(proto::Degree {
            degree: degree.as_str().to_owned(),
            number_sha256: number_digest.to_string(),
        }),
        Detail::Teaching { course } => Wire::Teaching(proto::Teaching {
            course: course.as_ref().map(|course| format!("{base}/courses/{course}")).unwrap_or_default(),
        }),
        Detail::EarlyEducation {} => Wire::EarlyEducation(proto::EarlyEducation {}),
        Detail::YouthPractice { practice } => {
            Wire::YouthPractice(proto::YouthPractice { practice: text(practice.as_ref()) })
        }
        Detail::HouseholdAward { title } => {
            Wire::HouseholdAward(proto::HouseholdAward { title: title.to_string() })
        }
        Detail::HeadCount { persons } => Wire::HeadCount(proto::HeadCount { persons: *persons }),
    }
}

/// A reversal as recorded; `None` where the event is none.
pub(crate) fn wire_reversal(event: &Event) -> Option<proto::Reversal> {
    let Fact::EntryReversed(reversal) = &event.fact else { return None };
    let base = names::ledger_name(&event.ledger);
    Some(proto::Reversal {
        entry: format!("{base}/entries/{}", reversal.entry),
        organization: format!("{base}/organizations/{}", reversal.organization),
        reason: reason_code(reversal.reason),
        recorded_at: Some(timestamp(event.recorded_at)),
        position: event.position.0,
        correction: correction_name(&base, reversal.corrects),
        corrects_month: text(reversal.corrects.and_then(|corrects| corrects.month)),
    })
}
