//! A statement as it comes in: its shape is checked strictly (xAPI 1.0.3, Data 2.2), its meaning where it is placed.

use crate::actor::Actor;
use crate::reply::Refused;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

/// What a statement that takes another back says.
pub(crate) const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement {
    id: Option<String>,
    pub(crate) actor: Actor,
    pub(crate) verb: Verb,
    pub(crate) object: Object,
    pub(crate) result: Option<Outcome>,
    /// Where and with whom: not kept.
    #[serde(rename = "context")]
    _context: Option<serde_json::Map<String, Value>>,
    pub(crate) timestamp: Option<String>,
    /// Set by whoever stores it.
    #[serde(rename = "stored")]
    _stored: Option<String>,
    #[serde(rename = "authority")]
    _authority: Option<Value>,
    version: Option<String>,
    attachments: Option<Vec<Value>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verb {
    pub(crate) id: String,
    #[serde(rename = "display")]
    _display: Option<serde_json::Map<String, Value>>,
}

/// An activity, or the statement that is taken back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Object {
    object_type: Option<String>,
    pub(crate) id: String,
    #[serde(rename = "definition")]
    _definition: Option<serde_json::Map<String, Value>>,
}

/// How it went.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) score: Option<Score>,
    pub(crate) success: Option<bool>,
    pub(crate) completion: Option<bool>,
    /// What was answered: not kept.
    #[serde(rename = "response")]
    _response: Option<String>,
    pub(crate) duration: Option<String>,
    #[serde(rename = "extensions")]
    _extensions: Option<serde_json::Map<String, Value>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Score {
    /// From −1 to 1.
    pub(crate) scaled: Option<f64>,
    pub(crate) raw: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Statement {
    /// Parses a statement.
    ///
    /// # Errors
    /// What is no statement: a property that there is none of, one that is missing, null, or of another type.
    pub(crate) fn parse(text: &RawValue) -> Result<Statement, Refused> {
        let statement: Statement = serde_json::from_str(text.get()).map_err(|error| malformed(&error))?;
        let value: Value = serde_json::from_str(text.get()).map_err(|error| malformed(&error))?;
        if let Some(at) = null_in(&value, "") {
            return Err(Refused::bad(
                &at,
                "XAPI_STATEMENT",
                "沒有值的欄位請整個省去，不要填 null。Leave out what has no value instead of null.",
            ));
        }
        if statement.attachments.as_ref().is_some_and(|attached| !attached.is_empty()) {
            return Err(Refused::bad(
                "attachments",
                "XAPI_NOT_TAKEN",
                "不收附件，請不要附上。Attachments are not taken: leave them out.",
            ));
        }
        match statement.version.as_deref() {
            None | Some("1.0") => Ok(statement),
            Some(version) if version.starts_with("1.0.") => Ok(statement),
            Some(_) => Err(Refused::bad(
                "version",
                "XAPI_VERSION",
                "version 請填 1.0.0 或省去。Write version 1.0.0 or leave it out.",
            )),
        }
    }

    /// Its id, where it has one.
    ///
    /// # Errors
    /// Where it is no UUID.
    pub(crate) fn id(&self) -> Result<Option<Uuid>, Refused> {
        self.id.as_deref().map(|id| parse_id("id", id)).transpose()
    }

    /// The statement that this one takes back, where it is one that does.
    ///
    /// # Errors
    /// Where it names none.
    pub(crate) fn voids(&self) -> Result<Option<Uuid>, Refused> {
        if self.verb.id != VOIDED {
            return Ok(None);
        }
        if self.object.object_type.as_deref() != Some("StatementRef") {
            return Err(Refused::bad(
                "object.objectType",
                "XAPI_STATEMENT",
                "作廢的對象須是 StatementRef。What is voided must be a StatementRef.",
            ));
        }
        parse_id("object.id", &self.object.id).map(Some)
    }

    /// The id of the activity that it is about.
    ///
    /// # Errors
    /// Where it is about something else.
    pub(crate) fn activity(&self) -> Result<&str, Refused> {
        match self.object.object_type.as_deref() {
            None | Some("Activity") => Ok(&self.object.id),
            Some(_) => Err(Refused::bad(
                "object.objectType",
                "XAPI_ACTIVITY",
                "只收關於課程（Activity）的陳述。Only statements about an Activity are taken.",
            )),
        }
    }
}

/// A UUID as xAPI writes it: with hyphens.
pub(crate) fn parse_id(field: &str, text: &str) -> Result<Uuid, Refused> {
    match Uuid::parse_str(text) {
        Ok(id) if text.len() == 36 => Ok(id),
        _ => {
            Err(Refused::bad(field, "XAPI_STATEMENT", format!("{field} 須是 UUID。{field} must be a UUID.")))
        }
    }
}

/// Without the text at fault: it may be about a person.
pub(crate) fn malformed(error: &serde_json::Error) -> Refused {
    let what = match error.classify() {
        serde_json::error::Category::Data => {
            "不是 xAPI 1.0 的陳述：欄位缺少、多出、重複或型別不符。\
             This is no statement of xAPI 1.0: a property is missing, unknown, there twice or of another type."
        }
        _ => "不是 JSON。This is not JSON.",
    };
    let place = format!("{}:{}", error.line(), error.column());
    Refused::bad("", "XAPI_STATEMENT", format!("{what}（{place}）"))
}

/// Where a null stands, extensions aside (xAPI 1.0.3, Data 2.2).
fn null_in(value: &Value, at: &str) -> Option<String> {
    let below = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match value {
        Value::Null => Some(at.to_owned()),
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "extensions");
            members.into_iter().find_map(|(name, value)| null_in(value, &below(name)))
        }
        Value::Array(items) => items.iter().find_map(|item| null_in(item, at)),
        _ => None,
    }
}
