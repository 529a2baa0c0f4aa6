//! Statements that are read back.

use crate::Endpoint;
use crate::actor::Actor;
use crate::platform::Caller;
use crate::query::{Query, wrong};
use crate::reply::{Refused, VERSION, headers};
use crate::statement::{malformed, parse_id};
use crate::told;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset};
use chrono_tz::Tz;
use creditbank_grpc::proto;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Statements of a page where nothing is said, and at most (our own defaults).
const PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;
/// Pages of entries that are looked through for one answer (our own default); where more are left, `more` goes on.
const PAGES: usize = 10;

const KNOWN: [&str; 14] = [
    "statementId",
    "voidedStatementId",
    "agent",
    "verb",
    "activity",
    "since",
    "until",
    "limit",
    "ascending",
    "format",
    "attachments",
    "related_activities",
    "related_agents",
    "cursor",
];

/// `GET /xapi/about`: what is spoken here; nobody needs to be known for it.
pub(crate) async fn about() -> Response {
    (headers(), Json(json!({ "version": [VERSION, "1.0.2", "1.0.1", "1.0.0"] }))).into_response()
}

/// `GET /xapi/statements`: one by its id, or a page of those that fit.
pub(crate) async fn statements(
    State(endpoint): State<Arc<Endpoint>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let caller = Caller::of(&endpoint, &headers).await?;
    let query = Query::parse(query.as_deref(), &KNOWN)?;
    if !matches!(query.text("format"), None | Some("ids" | "exact" | "canonical")) {
        return Err(wrong("format", "請填 ids、exact 或 canonical。Write ids, exact or canonical."));
    }
    for parameter in ["attachments", "related_activities", "related_agents"] {
        if query.flag(parameter)? {
            return Err(wrong(
                parameter,
                "陳述的脈絡與附件不保存，請勿填 true。Context and attachments are not kept: leave it out.",
            ));
        }
    }
    let zone = caller.zone().await?;
    let by_id = (query.text("statementId"), query.text("voidedStatementId"));
    let answer = match by_id {
        (None, None) => list(&caller, zone, &query).await?,
        (Some(_), Some(_)) => {
            return Err(wrong(
                "statementId",
                "statementId 與 voidedStatementId 只填一個。Say one of the two.",
            ));
        }
        (Some(id), None) => one(&caller, zone, &query, ("statementId", id)).await?,
        (None, Some(id)) => one(&caller, zone, &query, ("voidedStatementId", id)).await?,
    };
    Ok((self::headers(), Json(answer)).into_response())
}

async fn one(caller: &Caller, zone: Tz, query: &Query, (name, id): (&str, &str)) -> Result<Value, Refused> {
    let beside = ["agent", "verb", "activity", "since", "until", "limit", "ascending", "cursor"];
    if let Some(other) = beside.into_iter().find(|other| query.text(other).is_some()) {
        return Err(wrong(
            other,
            "查單一陳述時不用這個參數。This is not taken where one statement is asked for.",
        ));
    }
    let id = parse_id(name, id)?;
    let found = caller.find(&id.to_string()).await?.ok_or_else(not_found)?;
    let voided = name == "voidedStatementId";
    let told = match (found.entries.first(), found.reversals.first()) {
        (Some(entry), _) if (entry.reversed_at != 0) == voided => told::completion(caller, zone, entry),
        (None, Some(reversal)) if !voided => match target(caller, reversal).await? {
            Some(target) => told::voiding(caller, id, target, reversal),
            None => None,
        },
        _ => None,
    };
    told.ok_or_else(not_found)
}

/// The statement that a reversal took back.
async fn target(caller: &Caller, reversal: &proto::Reversal) -> Result<Option<Uuid>, Refused> {
    let request = proto::GetEntryRequest { name: reversal.entry.clone(), min_position: 0 };
    let entry = caller.entries().get_entry(request).await?.into_inner().entry;
    Ok(entry.and_then(|entry| Uuid::parse_str(&entry.request_id).ok()))
}

fn not_found() -> Refused {
    Refused::of(
        StatusCode::NOT_FOUND,
        "XAPI_NOT_FOUND",
        "這個平台沒有這則陳述。There is no such statement of this platform.",
    )
}

/// What a list is narrowed to.
struct Filter {
    verb: Option<String>,
    activity: Option<String>,
    since: Option<DateTime<FixedOffset>>,
    until: Option<DateTime<FixedOffset>>,
}

impl Filter {
    fn parse(query: &Query) -> Result<Filter, Refused> {
        let instant = |name: &str| match query.text(name).map(DateTime::parse_from_rfc3339) {
            None => Ok(None),
            Some(Ok(instant)) => Ok(Some(instant)),
            Some(Err(_)) => Err(wrong(
                name,
                "請寫成 2026-03-05T09:30:00+08:00（+ 在網址裡寫成 %2B）。\
                 Write it like 2026-03-05T09:30:00+08:00, with + as %2B in an address.",
            )),
        };
        Ok(Filter {
            verb: query.text("verb").map(str::to_owned),
            activity: query.text("activity").map(str::to_owned),
            since: instant("since")?,
            until: instant("until")?,
        })
    }

    /// By when it was stored, after `since` and up to `until`.
    fn takes(&self, statement: &Value) -> bool {
        let stored = statement["stored"].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        self.verb.as_deref().is_none_or(|verb| statement["verb"]["id"] == verb)
            && self.activity.as_deref().is_none_or(|activity| statement["object"]["id"] == activity)
            && self.since.is_none_or(|since| stored.is_some_and(|stored| stored > since))
            && self.until.is_none_or(|until| stored.is_some_and(|stored| stored <= until))
    }
}

async fn list(caller: &Caller, zone: Tz, query: &Query) -> Result<Value, Refused> {
    let filter = Filter::parse(query)?;
    let limit = match query.text("limit").map(str::parse) {
        None | Some(Ok(0)) => PAGE,
        Some(Ok(limit)) => u32::min(limit, LARGEST_PAGE),
        Some(Err(_)) => return Err(wrong("limit", "請填整數。Write a whole number.")),
    };
    let ascending = query.flag("ascending")?;
    let account = match query.text("agent") {
        None => String::new(),
        Some(agent) => {
            let agent: Actor = serde_json::from_str(agent).map_err(|error| malformed(&error))?;
            let resident = agent.resident("agent", &caller.platform.home_page)?;
            format!("{}/residents/{resident}", caller.ledger)
        }
    };
    let (entries, next) = if account.is_empty() {
        of_platform(caller, query.text("cursor"), limit, ascending, |entry| {
            told::completion(caller, zone, entry).filter(|told| filter.takes(told))
        })
        .await?
    } else {
        let all = of_account(caller, account).await?;
        page_of(all, query.text("cursor"), limit, ascending, |entry| {
            told::completion(caller, zone, entry).filter(|told| filter.takes(told))
        })?
    };
    let more = next.map(|cursor| query.more(&cursor)).unwrap_or_default();
    Ok(json!({ "statements": entries, "more": more }))
}

/// A page of what the platform posted; its last page of entries may give fewer statements than were asked for.
async fn of_platform(
    caller: &Caller,
    cursor: Option<&str>,
    limit: u32,
    ascending: bool,
    told: impl Fn(&proto::Entry) -> Option<Value>,
) -> Result<(Vec<Value>, Option<String>), Refused> {
    let mut token = cursor.unwrap_or_default().to_owned();
    let mut statements = Vec::new();
    for _ in 0..PAGES {
        let request = proto::ListEntriesRequest {
            parent: caller.ledger.clone(),
            organization: caller.organization(),
            page_size: limit,
            page_token: token,
            newest_first: !ascending,
            ..Default::default()
        };
        let page = caller.entries().list_entries(request).await?.into_inner();
        statements.extend(page.entries.iter().filter(|entry| entry.reversed_at == 0).filter_map(&told));
        token = page.next_page_token;
        if token.is_empty() || !statements.is_empty() {
            break;
        }
    }
    Ok((statements, Some(token).filter(|token| !token.is_empty())))
}

/// All that the platform posted to an account and still stands, in order of position.
async fn of_account(caller: &Caller, account: String) -> Result<Vec<proto::Entry>, Refused> {
    let (mut token, mut entries) = (String::new(), Vec::new());
    for _ in 0..PAGES {
        let request = proto::ListEntriesRequest {
            parent: caller.ledger.clone(),
            account: account.clone(),
            organization: caller.organization(),
            page_size: LARGEST_PAGE,
            page_token: token,
            ..Default::default()
        };
        let page = caller.entries().list_entries(request).await?.into_inner();
        entries.extend(page.entries.into_iter().filter(|entry| entry.reversed_at == 0));
        token = page.next_page_token;
        if token.is_empty() {
            return Ok(entries);
        }
    }
    Err(wrong(
        "agent",
        "這個帳戶的記錄太多，請不要以 agent 查。This account has too many entries: leave agent out.",
    ))
}

/// A page of them, after the position of the page before.
fn page_of(
    mut entries: Vec<proto::Entry>,
    cursor: Option<&str>,
    limit: u32,
    ascending: bool,
    told: impl Fn(&proto::Entry) -> Option<Value>,
) -> Result<(Vec<Value>, Option<String>), Refused> {
    let after: Option<u64> = cursor
        .map(|cursor| {
            cursor.parse().map_err(|_| wrong("cursor", "請照 more 的網址。Follow the address of more."))
        })
        .transpose()?;
    if !ascending {
        entries.reverse();
    }
    let left = entries.iter().filter(|entry| match after {
        Some(after) if ascending => entry.position > after,
        Some(after) => entry.position < after,
        None => true,
    });
    let mut told = left.filter_map(|entry| Some((entry.position, told(entry)?))).peekable();
    let mut page = Vec::new();
    let mut last = None;
    while page.len() < limit as usize {
        let Some((position, statement)) = told.next() else { break };
        last = Some(position.to_string());
        page.push(statement);
    }
    Ok((page, told.peek().and(last)))
}
