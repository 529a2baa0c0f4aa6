//! From the choice of a clerk to a mapping, in the language of docs/import.md.

use super::{Meaning, forms};
use crate::repair::Repair;
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// The name of every mapping that is made of a choice. Request ids begin with it, so that the same row is the same request
/// however its sheet was read.
pub const NAME: &str = "upload";

/// What stands for the account in the example of a template: 繁體中文, 简体中文, English. Such a row is skipped.
pub const EXAMPLE: [&str; 3] = ["範例", "范例", "Example"];

/// Formats of dates that nobody reads in two ways.
const DATE_FORMATS: [&str; 4] = ["YYYY-MM-DD", "YYYY/M/D", "YYYY.M.D", "YYYY年M月D日"];

/// What a sheet is, as somebody chose it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Who posts: an id.
    pub organization: String,
    /// `utf-8`, `gb18030` or `big5`; of no concern to a workbook.
    pub encoding: String,
    /// What divides cells; of no concern to a workbook.
    pub delimiter: String,
    /// The row of the headings.
    pub header_row: u64,
    /// Headings by what they mean.
    pub columns: BTreeMap<Meaning, String>,
    /// The form of all rows, where no column says it.
    pub form: String,
    /// `course/version` of all rows, where no column says it; empty where the form has none.
    pub course_version: String,
    /// Whether accounts are opened that are not there yet.
    pub opens_accounts: bool,
}

fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

fn table(pairs: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Table(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

impl Choice {
    /// The mapping as TOML.
    #[must_use]
    pub fn compose(&self) -> String {
        let columns = self.columns.iter();
        let columns: Table =
            columns.map(|(meaning, heading)| (meaning.key().to_owned(), text(heading.as_str()))).collect();
        let mut document = Table::new();
        document.insert("mapping".to_owned(), text(NAME));
        let file = table([
            ("encoding", text(self.encoding.as_str())),
            ("delimiter", text(self.delimiter.as_str())),
            ("header_row", Value::Integer(i64::try_from(self.header_row).unwrap_or(i64::MAX))),
        ]);
        document.insert("file".to_owned(), file);
        document.insert("columns".to_owned(), Value::Table(columns));
        if self.has(Meaning::Day) {
            let formats = DATE_FORMATS.map(text).to_vec();
            let day = table([("text", text("{day}")), ("formats", Value::Array(formats))]);
            document.insert("date".to_owned(), table([("occurred_on", day)]));
        }
        if let Some(product) = self.minutes() {
            let attended = table([("product", Value::Array(product))]);
            document.insert("number".to_owned(), table([("attended", attended)]));
        }
        if self.has(Meaning::Form) {
            document.insert(
                "map".to_owned(),
                Value::Table([("form".to_owned(), form_words())].into_iter().collect()),
            );
        }
        if self.has(Meaning::Account) {
            let skip = table([
                ("when", text("{account}")),
                ("is", Value::Array(EXAMPLE.map(text).to_vec())),
                ("reason", text("範本的範例列，不記。The example of the template: not recorded.")),
            ]);
            document.insert("skip".to_owned(), Value::Array(vec![skip]));
        }
        let residents = if self.opens_accounts { "posted" } else { "none" };
        document.insert("register".to_owned(), table([("residents", text(residents))]));
        document.insert("entry".to_owned(), self.entry());
        Table::to_string(&document)
    }

    fn has(&self, meaning: Meaning) -> bool {
        self.columns.contains_key(&meaning)
    }

    fn minutes(&self) -> Option<Vec<Value>> {
        if self.has(Meaning::Minutes) {
            return Some(vec![text("{minutes|without:分鐘|without:分钟|without:分}")]);
        }
        let hours = "{hours|without:小時|without:小时|without:時|without:时}";
        self.has(Meaning::Hours).then(|| vec![text(hours), Value::Integer(60)])
    }

    fn entry(&self) -> Value {
        let mut entry = Table::new();
        let mut put = |key: &str, value: &str| entry.insert(key.to_owned(), text(value));
        let form = if self.has(Meaning::Form) { "{form|map:form}" } else { self.form.as_str() };
        put("form", form);
        put("organization", &escaped(&self.organization));
        put("account", "residents/{account|lower|without:residents/}");
        put("occurred_on", "{occurred_on}");
        if self.minutes().is_some() {
            put("minutes", "{attended}");
        }
        let takes_courses =
            self.has(Meaning::Form) || ["offline_course", "online_course"].contains(&self.form.as_str());
        if takes_courses {
            let (course, version) = self.course();
            put("course", &course);
            put("version", &version);
        } else if self.form == "teaching" {
            put("course", &self.course().0);
        }
        for (meaning, key) in [
            (Meaning::Session, "session"),
            (Meaning::Attestor, "attested_by"),
            (Meaning::Kind, "kind"),
            (Meaning::Subject, "subject"),
            (Meaning::Campaign, "campaign"),
            (Meaning::Programme, "programme"),
        ] {
            if self.has(meaning) {
                put(key, &format!("{{{}}}", meaning.key()));
            }
        }
        for meaning in [Meaning::StartTime, Meaning::EndTime] {
            if self.has(meaning) {
                put(meaning.key(), &format!("{{{}|pad:5}}", meaning.key()));
            }
        }
        if self.has(Meaning::Evidence) {
            put("evidence_sha256", "{evidence|lower}");
        }
        Value::Table(entry)
    }

    /// Course and version, of a column each, of one column that holds both, or of the whole sheet.
    fn course(&self) -> (String, String) {
        if self.has(Meaning::Version) && self.has(Meaning::Course) {
            return ("{course}".to_owned(), "{version}".to_owned());
        }
        if self.has(Meaning::Course) {
            return ("{course|before:/}".to_owned(), "{course|after:/}".to_owned());
        }
        let (course, version) = self.course_version.split_once('/').unwrap_or((&self.course_version, ""));
        (escaped(course), escaped(version))
    }
}

/// A constant text of a template.
fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// What sheets write for a form, in all languages and as the code itself.
fn form_words() -> Value {
    let mut words = Table::new();
    for (code, names) in forms() {
        for word in names.iter().chain([code]) {
            words.insert((*word).to_owned(), text(*code));
        }
    }
    Value::Table(words)
}

/// A mapping with these repairs beside its own.
///
/// # Errors
/// The text as it is, where it is no TOML: [`crate::Mapping::parse`] says what is wrong with it.
pub fn with_repairs(mapping: &str, repairs: &BTreeSet<Repair>) -> Result<String, String> {
    let Ok(mut document) = mapping.parse::<Table>() else { return Err(mapping.to_owned()) };
    if repairs.is_empty() {
        return Ok(mapping.to_owned());
    }
    let file = document.entry("file").or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(file) = file else { return Err(mapping.to_owned()) };
    let mut wanted: BTreeSet<String> = repairs.iter().map(|repair| repair.key().to_owned()).collect();
    let own = file.get("repair").and_then(Value::as_array).into_iter().flatten();
    wanted.extend(own.filter_map(Value::as_str).map(str::to_owned));
    file.insert("repair".to_owned(), Value::Array(wanted.into_iter().map(Value::String).collect()));
    Ok(Table::to_string(&document))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mapping;

    fn choice(columns: &[Meaning], form: &str) -> Choice {
        Choice {
            organization: "school".to_owned(),
            encoding: "utf-8".to_owned(),
            delimiter: ",".to_owned(),
            header_row: 1,
            columns: columns.iter().map(|meaning| (*meaning, format!("「{}」\"", meaning.key()))).collect(),
            form: form.to_owned(),
            course_version: "tea/v1".to_owned(),
            opens_accounts: false,
        }
    }

    #[test]
    fn whatever_is_chosen_is_a_mapping_or_says_what_is_missing() {
        let least = [Meaning::Account, Meaning::Day, Meaning::Minutes];
        for (form, _) in forms() {
            let composed = choice(&least, form).compose();
            Mapping::parse(&composed).unwrap_or_else(|error| panic!("{form}: {error}\n{composed}"));
        }
        let composed = choice(&Meaning::ALL, "").compose();
        Mapping::parse(&composed).unwrap_or_else(|error| panic!("{error}\n{composed}"));
        let error = Mapping::parse(&choice(&[Meaning::Account], "lecture").compose()).unwrap_err();
        assert!(error.to_string().contains("occurred_on"), "{error}");
    }

    #[test]
    fn repairs_are_added_to_a_mapping_and_its_own_stay() {
        let composed = choice(&[Meaning::Account, Meaning::Day, Meaning::Minutes], "lecture").compose();
        let once = with_repairs(&composed, &[Repair::RocYears].into()).unwrap();
        let twice = with_repairs(&once, &[Repair::Readings].into()).unwrap();
        assert!(twice.contains("roc_years") && twice.contains("readings"), "{twice}");
        assert!(Mapping::parse(&twice).is_ok());
        assert!(with_repairs("mapping =", &[Repair::RocYears].into()).is_err());
    }
}
