//! How two policies differ, value by value.

use super::document::{Policy, PolicyError};
use std::collections::BTreeMap;
use toml::Value;

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where it stands: `kinds.OFF.per_year_centi`.
    pub path: String,
    /// In the first document; empty where it has none.
    pub before: String,
    /// In the second.
    pub after: String,
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, into);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (n, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{n}]"), item, into);
            }
        }
        value => {
            into.insert(path.to_owned(), value.to_string());
        }
    }
}

/// What differs between two documents, in order of path.
///
/// # Errors
/// If one of them is no policy.
pub fn differences(before: &str, after: &str) -> Result<Vec<Difference>, PolicyError> {
    let values = |document: &str| {
        Policy::parse(document)?;
        let mut values = BTreeMap::new();
        flatten("", &Value::Table(document.parse()?), &mut values);
        Ok::<_, PolicyError>(values)
    };
    let (before, after) = (values(before)?, values(after)?);
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    Ok(paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| Difference {
            path: path.clone(),
            before: before.get(path).cloned().unwrap_or_default(),
            after: after.get(path).cloned().unwrap_or_default(),
        })
        .collect())
}
