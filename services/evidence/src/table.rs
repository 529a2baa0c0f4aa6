//! A score table from a CSV, as schools keep it: one line an item, lists with `;` between.

use crate::error::EvidenceError;
use serde::Serialize;
use std::io::Read;

/// The columns; the first two must be there.
const COLUMNS: [&str; 10] = [
    "number",
    "title",
    "section",
    "kinds",
    "subjects",
    "audiences",
    "campaigns",
    "programmes",
    "institution_types",
    "organizations",
];

#[derive(Serialize, Default)]
struct Table {
    title: String,
    items: Vec<Item>,
}

#[derive(Serialize, Default)]
struct Item {
    number: String,
    title: String,
    section: String,
    of: Of,
}

#[derive(Serialize, Default)]
struct Of {
    kinds: Vec<String>,
    subjects: Vec<String>,
    audiences: Vec<String>,
    campaigns: Vec<String>,
    programmes: Vec<String>,
    institution_types: Vec<String>,
    organizations: Vec<String>,
}

fn list(cell: &str) -> Vec<String> {
    cell.split([';', '；']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The TOML document of a score table that is kept as CSV (UTF-8, with a header). What its values are worth is for the
/// ledger to say.
///
/// # Errors
/// Where it is no CSV, a column is missing or unknown, or a row has another number of cells.
pub fn score_table_of_csv(title: &str, csv: impl Read) -> Result<String, EvidenceError> {
    let mut reader = csv::Reader::from_reader(csv);
    let header: Vec<String> =
        reader.headers()?.iter().map(|name| name.trim().trim_start_matches('\u{FEFF}').to_owned()).collect();
    let known = header.iter().all(|name| COLUMNS.contains(&name.as_str()));
    if !known || COLUMNS[..2].iter().any(|name| !header.iter().any(|held| held == name)) {
        return Err(EvidenceError::Table(format!(
            "評分表的欄位須有 number、title，可有 {}。The columns are number and title, and any of these.",
            COLUMNS[2..].join("、")
        )));
    }
    let mut table = Table { title: title.to_owned(), items: Vec::new() };
    for record in reader.records() {
        let record = record?;
        let mut item = Item::default();
        for (name, cell) in header.iter().zip(&record) {
            match name.as_str() {
                "number" => cell.trim().clone_into(&mut item.number),
                "title" => cell.trim().clone_into(&mut item.title),
                "section" => cell.trim().clone_into(&mut item.section),
                "kinds" => item.of.kinds = list(cell),
                "subjects" => item.of.subjects = list(cell),
                "audiences" => item.of.audiences = list(cell),
                "campaigns" => item.of.campaigns = list(cell),
                "programmes" => item.of.programmes = list(cell),
                "institution_types" => item.of.institution_types = list(cell),
                _ => item.of.organizations = list(cell),
            }
        }
        table.items.push(item);
    }
    Ok(toml::to_string(&table)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::report::ScoreTable;

    #[test]
    fn a_table_kept_as_csv_is_the_same_as_toml() {
        let csv = "\u{FEFF}number,title,section,kinds,organizations\n一,講座,教學,LEC;DRL,town\n二,全部,,,\n";
        let table = ScoreTable::parse(&score_table_of_csv("評分表", csv.as_bytes()).unwrap()).unwrap();
        assert_eq!(table.title, "評分表");
        assert_eq!(table.items[0].section, "教學");
        assert_eq!(table.items[0].of.kinds.len(), 2);
        assert_eq!(table.items[0].of.organizations[0].as_str(), "town");
        assert_eq!(table.items[1].of, Default::default());
    }

    #[test]
    fn columns_that_are_missing_or_unknown_are_refused() {
        for csv in ["number\n1\n", "number,title,name\n1,x,y\n", "number,title\n1\n"] {
            assert!(score_table_of_csv("x", csv.as_bytes()).is_err(), "{csv}");
        }
    }
}
