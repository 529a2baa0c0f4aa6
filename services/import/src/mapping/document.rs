//! The shape of a mapping file, as serde reads it. Strict: a key that is not listed here is a mistake.

use super::field::Field;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// A text or an integer; decimals are written as text, for there is no float in the ledger.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a text in quotes or an integer (decimals too in quotes, such as \"1.5\")")]
pub(super) enum Scalar {
    Text(String),
    Integer(i64),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Text(text) => f.write_str(text),
            Scalar::Integer(integer) => write!(f, "{integer}"),
        }
    }
}

/// One text or a list of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a text, an integer or a list of them")]
pub(super) enum OneOrMany {
    One(Scalar),
    Many(Vec<Scalar>),
}

impl OneOrMany {
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            OneOrMany::One(scalar) => vec![scalar.to_string()],
            OneOrMany::Many(scalars) => scalars.iter().map(Scalar::to_string).collect(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) mapping: String,
    #[serde(default)]
    pub(super) file: FileDocument,
    pub(super) columns: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) text: BTreeMap<String, Scalar>,
    #[serde(default)]
    pub(super) number: BTreeMap<String, NumberDocument>,
    #[serde(default)]
    pub(super) date: BTreeMap<String, DateDocument>,
    #[serde(default)]
    pub(super) map: BTreeMap<String, BTreeMap<String, Scalar>>,
    #[serde(default)]
    pub(super) lookup: Vec<LookupDocument>,
    #[serde(default)]
    pub(super) skip: Vec<SkipDocument>,
    #[serde(default)]
    pub(super) register: RegisterDocument,
    pub(super) entry: BTreeMap<Field, Scalar>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileDocument {
    pub(super) encoding: Option<String>,
    pub(super) delimiter: Option<String>,
    pub(super) header_row: Option<u64>,
    pub(super) sheet: Option<String>,
    #[serde(default)]
    pub(super) repair: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberDocument {
    pub(super) product: Vec<Scalar>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DateDocument {
    pub(super) text: Scalar,
    pub(super) formats: Option<Vec<String>>,
    pub(super) plus_days: Option<Scalar>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookupDocument {
    pub(super) name: String,
    pub(super) file: Option<String>,
    pub(super) rows: Option<Vec<BTreeMap<String, Scalar>>>,
    pub(super) on: BTreeMap<String, Scalar>,
    pub(super) encoding: Option<String>,
    pub(super) delimiter: Option<String>,
    pub(super) header_row: Option<u64>,
    pub(super) sheet: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SkipDocument {
    pub(super) when: Scalar,
    pub(super) is: Option<OneOrMany>,
    pub(super) is_not: Option<OneOrMany>,
    pub(super) contains: Option<OneOrMany>,
    pub(super) below: Option<Scalar>,
    pub(super) reason: String,
}

/// Whose accounts to open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Residents {
    /// Of every row, also of those that are skipped or bad.
    All,
    /// Of rows that post.
    Posted,
    /// None: they are open already.
    #[default]
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterDocument {
    #[serde(default)]
    pub(super) residents: Residents,
    #[serde(default)]
    pub(super) organization: Vec<OrganizationDocument>,
    pub(super) course: Option<CourseDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationDocument {
    pub(super) id: Scalar,
    pub(super) display_name: Scalar,
    pub(super) institution_type: Scalar,
    pub(super) parent: Option<Scalar>,
    pub(super) licensed_from: Option<Scalar>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CourseDocument {
    pub(super) display_name: Scalar,
    pub(super) organization: Option<Scalar>,
    pub(super) nominal_minutes: Option<Scalar>,
    pub(super) approval: Option<ApprovalDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalDocument {
    pub(super) organization: Option<Scalar>,
    pub(super) valid_from: Option<Scalar>,
    pub(super) valid_to: Option<Scalar>,
}
