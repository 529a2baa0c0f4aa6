//! Statements that come in: one by its id, or up to 1,000 at once, all or none of them.

use crate::Endpoint;
use crate::placed::Completion;
use crate::platform::Caller;
use crate::query::Query;
use crate::reply::{Refused, headers};
use crate::statement::{Statement, malformed, parse_id};
use crate::void;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use creditbank_grpc::proto;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Statements of one request (the ledger's own limit of a batch).
const MOST: usize = 1_000;

/// How long a request may take to come in (our own default).
const LONGEST: Duration = Duration::from_secs(30);

/// `PUT /xapi/statements?statementId=…`.
pub(crate) async fn one(
    State(endpoint): State<Arc<Endpoint>>,
    request: Request,
) -> Result<Response, Refused> {
    let caller = Caller::of(&endpoint, request.headers()).await?;
    let query = Query::parse(request.uri().query(), &["statementId"])?;
    let said = query.text("statementId").ok_or_else(|| {
        Refused::bad(
            "statementId",
            "XAPI_PARAMETER",
            "請在網址填 statementId。Say statementId in the address.",
        )
    })?;
    let id = parse_id("statementId", said)?;
    let body = json(&endpoint, request).await?;
    let text: &RawValue = serde_json::from_slice(&body).map_err(|error| malformed(&error))?;
    let statement = Statement::parse(text)?;
    if statement.id()?.is_some_and(|own| own != id) {
        return Err(Refused::bad(
            "id",
            "XAPI_STATEMENT",
            "陳述的 id 與網址的 statementId 不同。The statement's id is not the statementId of the address.",
        ));
    }
    record(&caller, &[(id, statement)]).await.map_err(of_one)?;
    Ok((StatusCode::NO_CONTENT, self::headers()).into_response())
}

/// `POST /xapi/statements`: a statement or a list of them.
pub(crate) async fn many(
    State(endpoint): State<Arc<Endpoint>>,
    request: Request,
) -> Result<Response, Refused> {
    let caller = Caller::of(&endpoint, request.headers()).await?;
    Query::parse(request.uri().query(), &[])?;
    let body = json(&endpoint, request).await?;
    let listed = body.trim_ascii_start().first() == Some(&b'[');
    let texts: Vec<&RawValue> = if listed {
        serde_json::from_slice(&body).map_err(|error| malformed(&error))?
    } else {
        vec![serde_json::from_slice(&body).map_err(|error| malformed(&error))?]
    };
    if texts.is_empty() || texts.len() > MOST {
        return Err(Refused::bad(
            "",
            "BATCH_SIZE",
            format!("一次須有 1–{MOST} 則陳述。Send 1 to {MOST} statements at once."),
        ));
    }
    let place = |index: usize, refused: Refused| if listed { refused.in_item(index) } else { refused };
    let mut statements = Vec::with_capacity(texts.len());
    for (index, text) in texts.into_iter().enumerate() {
        let read = Statement::parse(text).and_then(|statement| {
            let id = statement.id()?.unwrap_or_else(|| given(&statement, text));
            Ok((id, statement))
        });
        statements.push(read.map_err(|refused| place(index, refused))?);
    }
    record(&caller, &statements).await.map_err(|refused| if listed { refused } else { of_one(refused) })?;
    let ids: Vec<String> = statements.iter().map(|(id, _)| id.to_string()).collect();
    Ok((StatusCode::OK, self::headers(), Json(ids)).into_response())
}

/// The id of a statement that came without one: of its own bytes, so that sent again it is the same; where it does not say
/// when it was, nothing tells it from the next one.
fn given(statement: &Statement, text: &RawValue) -> Uuid {
    match statement.timestamp {
        Some(_) => Uuid::new_v5(&Uuid::NAMESPACE_OID, text.get().as_bytes()),
        None => Uuid::now_v7(),
    }
}

/// The body, where it is said to be JSON. It is read once it is known who sends it, of few at a time.
async fn json(endpoint: &Endpoint, request: Request) -> Result<Bytes, Refused> {
    let said = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = said.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(Refused::bad(
            "Content-Type",
            "XAPI_NOT_TAKEN",
            "只收 application/json，不收附件。Only application/json is taken, without attachments.",
        ));
    }
    let late = |_| {
        Refused::of(
            StatusCode::REQUEST_TIMEOUT,
            "XAPI_NOT_TAKEN",
            "內容沒有在 30 秒內收到，什麼也沒有記，請再送。\
             The request did not arrive within 30 seconds and nothing was recorded: send it again.",
        )
    };
    let read = async {
        let _room = endpoint.reading.acquire().await;
        Bytes::from_request(request, &()).await
    };
    let body = tokio::time::timeout(LONGEST, read).await.map_err(late)?;
    body.map_err(|rejected| {
        Refused::of(
            rejected.status(),
            "FRAME_TOO_LARGE",
            "一次送的內容太大，請分次送。The request is too large: send it in parts.",
        )
    })
}

/// Of a request with one statement, the place in a list says nothing.
fn of_one(refused: Refused) -> Refused {
    let field = refused.field.strip_prefix("[0].").or_else(|| refused.field.strip_prefix("[0]"));
    Refused { field: field.unwrap_or(&refused.field).to_owned(), ..refused }
}

/// Records all statements or none.
async fn record(caller: &Caller, statements: &[(Uuid, Statement)]) -> Result<(), Refused> {
    for (index, (id, statement)) in statements.iter().enumerate() {
        let Some(target) = statement.voids().map_err(|refused| refused.in_item(index))? else { continue };
        if statements.len() > 1 {
            return Err(Refused::bad(
                "verb.id",
                "XAPI_NOT_TAKEN",
                "作廢請一則一則單獨送。Send each statement that voids another by itself.",
            )
            .in_item(index));
        }
        return void::statement(caller, *id, target).await;
    }
    let zone = caller.zone().await?;
    let mut nominal = HashMap::new();
    let mut requests = Vec::with_capacity(statements.len());
    for (index, (id, statement)) in statements.iter().enumerate() {
        let place = |refused: Refused| refused.in_item(index);
        let completion = Completion::of(caller, statement).map_err(place)?;
        let day = match completion.day(zone).map_err(place)? {
            Some(day) => day,
            // Sent again on another day it is still the same.
            None => {
                first_day(caller, *id).await?.unwrap_or_else(|| Utc::now().with_timezone(&zone).date_naive())
            }
        };
        let version = completion.course.version_name(&caller.ledger);
        let minutes = match nominal.get(&version) {
            Some(minutes) => *minutes,
            None => *nominal.entry(version.clone()).or_insert(nominal_minutes(caller, &version).await?),
        };
        let entry = completion.entry(caller, day, minutes).map_err(place)?;
        requests.push(proto::PostEntryRequest {
            parent: String::new(),
            request_id: id.to_string(),
            entry: Some(entry),
        });
    }
    let request = proto::BatchPostEntriesRequest {
        parent: caller.ledger.clone(),
        requests,
        atomic: true,
        validate_only: false,
    };
    caller.entries().batch_post_entries(request).await.map_err(|status| at_statement(status.into()))?;
    Ok(())
}

/// The day under which a statement was recorded before, if it was.
async fn first_day(caller: &Caller, id: Uuid) -> Result<Option<chrono::NaiveDate>, Refused> {
    let found = caller.find(&id.to_string()).await?;
    Ok(found.and_then(|found| found.entries.first()?.occurred_on.parse().ok()))
}

/// The nominal length of a course version, 0 where it has none.
async fn nominal_minutes(caller: &Caller, version: &str) -> Result<u32, Refused> {
    let course = version.split_once("/versions/").map_or(version, |(course, _)| course);
    let request = proto::GetCourseRequest { name: course.to_owned(), min_position: 0 };
    let answer = caller.registry().get_course(request).await?.into_inner();
    let versions = answer.course.unwrap_or_default().versions;
    // What the ledger does not know it refuses itself, in words.
    Ok(versions.into_iter().find(|held| held.name == version).map_or(0, |held| held.nominal_minutes))
}

/// A refusal of the door names the field of an entry: said of the statement instead.
fn at_statement(refused: Refused) -> Refused {
    let Some((index, field)) = refused.field.strip_prefix("requests[").and_then(|rest| rest.split_once(']'))
    else {
        return refused;
    };
    let last = field.rsplit('.').next().unwrap_or_default();
    let property = match last {
        "account" => "actor.account.name",
        "occurred_on" => "timestamp",
        "minutes" => "result.duration",
        "mark" => "result.score",
        "request_id" => "id",
        _ => "object.id",
    };
    Refused { field: format!("[{index}].{property}"), ..refused }
}
