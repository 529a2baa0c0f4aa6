//! The score table (評分表) that an evidence pack follows: which entries prove which item, in the order of the table
//! (`DOMAIN.md` §7.1 plans 3, 9, 13; F-12).

use super::filter::Filter;
use serde::Deserialize;
use std::collections::BTreeSet;
use thiserror::Error;

/// The most items of a table (our own default).
pub const MAX_ITEMS: usize = 500;
/// The longest table, in bytes (our own default).
pub const MAX_TABLE_BYTES: usize = 256 << 10;
/// The longest number, title or section, in characters (our own default).
const MAX_TEXT: usize = 200;

/// A parsed score table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreTable {
    /// What it is called.
    pub title: String,
    /// The items, in its order.
    pub items: Vec<ScoreItem>,
}

/// An item of a score table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreItem {
    /// Its number, as in the table: `1.2`, 一（三）.
    pub number: String,
    /// What it asks for.
    pub title: String,
    /// The section it stands in.
    #[serde(default)]
    pub section: String,
    /// Which entries prove it; all where nothing is said.
    #[serde(default)]
    pub of: Filter,
}

/// Why a document is no score table.
#[derive(Debug, Error)]
pub enum ScoreTableError {
    /// Not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// Values that make no table: path and mistake of each.
    #[error("{}", .0.join("; "))]
    Values(Vec<String>),
}

impl ScoreTable {
    /// Parses and checks a document.
    ///
    /// # Errors
    /// With every mistake named by its path.
    pub fn parse(document: &str) -> Result<ScoreTable, ScoreTableError> {
        if document.len() > MAX_TABLE_BYTES {
            let mistake = format!("the document has more than {MAX_TABLE_BYTES} bytes");
            return Err(ScoreTableError::Values(vec![mistake]));
        }
        let table: ScoreTable = toml::from_str(document)?;
        let mistakes = table.mistakes();
        if mistakes.is_empty() { Ok(table) } else { Err(ScoreTableError::Values(mistakes)) }
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut text = |path: String, text: &str, may_be_empty: bool| {
            let length = text.chars().count();
            if length > MAX_TEXT || !may_be_empty && text.trim().is_empty() {
                mistakes.push(format!("{path}: has 1 to {MAX_TEXT} characters"));
            }
        };
        text("title".to_owned(), &self.title, false);
        for (n, item) in self.items.iter().enumerate() {
            text(format!("items[{n}].number"), &item.number, false);
            text(format!("items[{n}].title"), &item.title, false);
            text(format!("items[{n}].section"), &item.section, true);
        }
        if self.items.is_empty() || self.items.len() > MAX_ITEMS {
            mistakes.push(format!("items: a table has 1 to {MAX_ITEMS}"));
        }
        let mut numbers = BTreeSet::new();
        for (n, item) in self.items.iter().enumerate() {
            if !numbers.insert(&item.number) {
                mistakes.push(format!("items[{n}].number: {} stands in the table before", item.number));
            }
            let of = item.of.mistakes(&format!("items[{n}].of"));
            mistakes.extend(of.into_iter().map(|(path, what)| format!("{path}: {what}")));
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_order_and_names_every_mistake() {
        let table = ScoreTable::parse(
            "title = \"評分表\"\n[[items]]\nnumber = \"二\"\ntitle = \"講座\"\nof = { kinds = [\"LEC\"] }\n\
             [[items]]\nnumber = \"一\"\ntitle = \"全部\"\n",
        )
        .unwrap();
        let numbers: Vec<&str> = table.items.iter().map(|item| item.number.as_str()).collect();
        assert_eq!(numbers, ["二", "一"]);
        let error = ScoreTable::parse(
            "title = \"\"\n[[items]]\nnumber = \"1\"\ntitle = \"\"\nof = { kinds = [\"講座\"] }\n\
             [[items]]\nnumber = \"1\"\ntitle = \"x\"\nof = { organizations = [\"School\"] }\n",
        )
        .unwrap_err()
        .to_string();
        for path in [
            "title:",
            "items[0].title:",
            "items[0].of.kinds[0]:",
            "items[1].number:",
            "items[1].of.organizations[0]:",
        ] {
            assert!(error.contains(path), "{path} in {error}");
        }
        assert!(ScoreTable::parse("title = \"x\"\nitems = []").is_err());
        assert!(ScoreTable::parse("{").is_err());
    }
}
