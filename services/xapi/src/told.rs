//! Statements as the ledger tells them: of what it keeps, and no more.

use crate::platform::Caller;
use crate::statement::VOIDED;
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use creditbank_grpc::proto;
use prost_types::Timestamp;
use proto::entry::Detail;
use serde_json::{Value, json};
use uuid::Uuid;

/// An entry as the statement it came as; none of an entry that came another way.
pub(crate) fn completion(caller: &Caller, zone: Tz, entry: &proto::Entry) -> Option<Value> {
    let id = Uuid::parse_str(&entry.request_id).ok()?;
    let Some(Detail::OnlineCourse(online)) = &entry.detail else { return None };
    let course = caller.platform.course_of(&caller.ledger, &online.course_version)?;
    let resident = entry.account.rsplit('/').next()?;
    let mut result = json!({ "completion": true, "duration": format!("PT{}M", entry.minutes) });
    if let (Some(mark), Some(members)) = (online.mark, result.as_object_mut()) {
        members.insert("score".to_owned(), json!({ "raw": mark, "min": 0, "max": 100 }));
    }
    // Of when it was, the ledger keeps the day.
    let day: NaiveDate = entry.occurred_on.parse().ok()?;
    let began = zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
    let timestamp = began.map(|began| began.to_rfc3339_opts(SecondsFormat::Secs, false));
    Some(json!({
        "id": id.to_string(),
        "actor": agent(&caller.platform.home_page, resident),
        "verb": { "id": course.verbs.first()? },
        "object": { "objectType": "Activity", "id": course.activity },
        "result": result,
        "timestamp": timestamp,
        "stored": stored(entry.recorded_at)?,
        "authority": authority(caller),
        "version": "1.0.0",
    }))
}

/// A reversal as the statement that voids another.
pub(crate) fn voiding(caller: &Caller, id: Uuid, target: Uuid, reversal: &proto::Reversal) -> Option<Value> {
    let at = stored(reversal.recorded_at)?;
    Some(json!({
        "id": id.to_string(),
        "actor": authority(caller),
        "verb": { "id": VOIDED },
        "object": { "objectType": "StatementRef", "id": target.to_string() },
        "timestamp": at,
        "stored": at,
        "authority": authority(caller),
        "version": "1.0.0",
    }))
}

fn agent(home_page: &str, name: &str) -> Value {
    json!({ "objectType": "Agent", "account": { "homePage": home_page, "name": name } })
}

/// Who vouches for it: the organisation whose token it came with.
fn authority(caller: &Caller) -> Value {
    agent(&caller.platform.home_page, &caller.platform.organization)
}

fn stored(at: Option<Timestamp>) -> Option<String> {
    let at = at?;
    let instant: DateTime<Utc> = DateTime::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?)?;
    Some(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
}
