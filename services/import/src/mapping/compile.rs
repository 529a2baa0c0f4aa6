//! From the written mapping to the plan: names to slots, texts to templates. Goes on after a mistake, so that one
//! reading shows them all.

use super::document::{Document, FileDocument, LookupDocument, Scalar};
use super::names::{LookupColumns, Named, Names, check};
use super::plan::{DatePlan, Formula, LookupPlan, LookupSource, Plan};
use super::rules;
use crate::error::{MappingError, Mistake};
use crate::expression::date::DateFormat;
use crate::expression::filter::ValueMap;
use crate::expression::template::{Slot, Template};
use crate::expression::width::clean;
use crate::repair::Repair;
use crate::sheet::Format;
use crate::sheet::table::Table;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

/// The longest name of a mapping: with a date and 128 bits of a digest behind it a request id has 64 characters.
const MAX_MAPPING_ID: usize = 20;

/// What is being compiled, and the mistakes so far.
#[derive(Debug, Default)]
pub(super) struct Compiler {
    pub(super) names: Names,
    pub(super) mistakes: Vec<Mistake>,
}

impl Compiler {
    pub(super) fn mistake(&mut self, path: impl fmt::Display, message: impl Into<String>) {
        self.mistakes.push(Mistake { path: path.to_string(), message: message.into() });
    }

    /// Takes a result's value, or keeps its mistake.
    pub(super) fn keep<T>(&mut self, path: impl fmt::Display, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.mistake(path, message)).ok()
    }

    /// Compiles a template; a mistaken one is empty.
    pub(super) fn template(&mut self, path: impl fmt::Display, text: impl fmt::Display) -> Template {
        let path = path.to_string();
        let parsed = Template::parse(&path, &text.to_string(), &mut self.names);
        self.keep(&path, parsed).unwrap_or(Template { path, pieces: vec![] })
    }

    pub(super) fn optional(&mut self, path: impl fmt::Display, text: Option<&Scalar>) -> Option<Template> {
        text.map(|text| self.template(path, text))
    }

    fn format(&mut self, path: &str, file: &FileDocument) -> Format {
        let encoding = file.encoding.as_deref().unwrap_or("utf-8");
        let delimiter = file.delimiter.as_deref().unwrap_or(",");
        let format = Format::new(encoding, delimiter, file.header_row.unwrap_or(1), file.sheet.clone());
        format.unwrap_or_else(|(key, message)| {
            self.mistake(format!("{path}.{key}"), message);
            Format::default()
        })
    }

    fn repairs(&mut self, keys: &[String]) -> BTreeSet<Repair> {
        let known = || Repair::ALL.map(Repair::key).join("、");
        let repair = |key: &String| {
            Repair::parse(key)
                .ok_or_else(|| format!("沒有「{key}」；有 {}。There is no repair \"{key}\".", known()))
        };
        keys.iter().filter_map(|key| self.keep("file.repair", repair(key))).collect()
    }

    fn columns(&mut self, columns: &BTreeMap<String, String>) -> Vec<String> {
        if columns.is_empty() {
            self.mistake("columns", "請至少寫一欄。Name at least one column.");
        }
        let mut headings = Vec::with_capacity(columns.len());
        for (name, heading) in columns {
            let declared = self.names.declare(name, Named::Column(headings.len()));
            self.keep(format!("columns.{name}"), declared);
            if heading.trim().is_empty() {
                self.mistake(format!("columns.{name}"), "請寫欄名。Write the column's heading.");
            }
            headings.push(clean(heading).into_owned());
        }
        headings
    }

    fn maps(&mut self, maps: BTreeMap<String, BTreeMap<String, Scalar>>) -> Vec<ValueMap> {
        let mut compiled = Vec::with_capacity(maps.len());
        for (name, values) in maps {
            let path = format!("map.{name}");
            let checked = check(&name);
            self.keep(&path, checked);
            self.names.maps.insert(name.clone(), compiled.len());
            let mut table = HashMap::with_capacity(values.len());
            for (from, to) in values {
                if table.insert(clean(&from).into_owned(), to.to_string()).is_some() {
                    self.mistake(
                        format!("{path}.{from}"),
                        "這個值已經列過（全形半形視為相同）。This value is listed before (widths count as the same).",
                    );
                }
            }
            compiled.push(ValueMap { name, values: table });
        }
        compiled
    }

    fn declare_lookups(&mut self, lookups: &[LookupDocument]) {
        for (index, lookup) in lookups.iter().enumerate() {
            let mut checked = check(&lookup.name);
            if self.names.lookups.iter().any(|earlier| earlier.name == lookup.name) {
                checked = Err("這個名字用了兩次。This name is used twice.".to_owned());
            }
            self.keep(format!("lookup[{index}].name"), checked);
            self.names.lookups.push(LookupColumns { name: lookup.name.clone(), taken: vec![] });
        }
    }

    fn lookup_keys(&mut self, index: usize, lookup: &LookupDocument) -> Vec<Template> {
        if lookup.on.is_empty() {
            self.mistake(
                format!("lookup[{index}].on"),
                "請寫以哪些欄查表。Write the columns of the key and their values.",
            );
        }
        lookup
            .on
            .iter()
            .map(|(column, text)| self.template(format!("lookup[{index}].on.{column}"), text))
            .collect()
    }

    fn lookup(&mut self, index: usize, document: LookupDocument, key: Vec<Template>) -> LookupPlan {
        let path = format!("lookup[{index}]");
        let taken = self.names.lookups.get(index).map(|lookup| lookup.taken.clone()).unwrap_or_default();
        let key_columns: Vec<String> = document.on.keys().map(|column| clean(column).into_owned()).collect();
        let source = match (document.file, document.rows) {
            (Some(name), None) => {
                if name.is_empty() || name.contains(['/', '\\']) || name == ".." {
                    self.mistake(
                        format!("{path}.file"),
                        "請只寫檔名，檔案放在資料檔旁邊。Write a bare file name: the file lies beside the sheet.",
                    );
                }
                let (encoding, delimiter) = (document.encoding, document.delimiter);
                let (header_row, sheet) = (document.header_row, document.sheet);
                let file = FileDocument { encoding, delimiter, header_row, sheet, repair: vec![] };
                LookupSource::File { name, format: self.format(&path, &file) }
            }
            (None, Some(rows)) => {
                let owned =
                    |(column, value): (String, Scalar)| (clean(&column).into_owned(), value.to_string());
                let rows: Vec<BTreeMap<String, String>> =
                    rows.into_iter().map(|row| row.into_iter().map(owned).collect()).collect();
                let table = Table::inline(&rows, &key_columns, &taken);
                LookupSource::Inline(self.keep(format!("{path}.rows"), table).unwrap_or_default())
            }
            _ => {
                self.mistake(&path, "請寫 file 或 rows 其中一個。Give either file or rows.");
                LookupSource::Inline(Table::default())
            }
        };
        LookupPlan { name: document.name, source, key_columns, key, taken }
    }

    fn date(&mut self, path: &str, document: &super::document::DateDocument) -> DatePlan {
        let written = document.formats.clone().unwrap_or_else(|| vec!["YYYY-MM-DD".to_owned()]);
        if written.is_empty() {
            self.mistake(format!("{path}.formats"), "請至少寫一種格式。Declare at least one format.");
        }
        let mut shapes = HashMap::new();
        let mut formats = Vec::with_capacity(written.len());
        for (index, text) in written.iter().enumerate() {
            let path = format!("{path}.formats[{index}]");
            let Some(format) = self.keep(&path, DateFormat::parse(text)) else { continue };
            if let Some(earlier) = shapes.insert(format.shape(), index) {
                self.mistake(
                    &path,
                    format!(
                        "和 formats[{earlier}] 讀同樣的文字，會分不清月和日，請留一個。\
                         It reads the same texts as formats[{earlier}]: keep one."
                    ),
                );
            }
            formats.push(format);
        }
        DatePlan {
            text: self.template(format!("{path}.text"), &document.text),
            formats,
            plus_days: self.optional(format!("{path}.plus_days"), document.plus_days.as_ref()),
        }
    }

    /// The recipes of `[text]`, `[number]` and `[date]`, by the slots of their names.
    fn recipes(&mut self, document: &Document) -> HashMap<Slot, Formula> {
        let mut recipes = HashMap::new();
        for (name, text) in &document.text {
            let template = self.template(format!("text.{name}"), text);
            recipes.extend(self.names.slot_of(name).map(|slot| (slot, Formula::Text(template))));
        }
        for (name, number) in &document.number {
            let path = format!("number.{name}.product");
            if number.product.is_empty() {
                self.mistake(&path, "請至少寫一個因數。Give at least one factor.");
            }
            let factors = number.product.iter().enumerate();
            let factors = factors.map(|(i, text)| self.template(format!("{path}[{i}]"), text)).collect();
            recipes.extend(self.names.slot_of(name).map(|slot| (slot, Formula::Number(factors))));
        }
        for (name, date) in &document.date {
            let plan = self.date(&format!("date.{name}"), date);
            recipes.extend(self.names.slot_of(name).map(|slot| (slot, Formula::Date(plan))));
        }
        recipes
    }

    fn formulas(&self, mut recipes: HashMap<Slot, Formula>) -> Vec<Formula> {
        let named = self.names.named.iter().enumerate();
        let formula = |(index, named): (usize, &Named)| match *named {
            Named::Column(column) => Formula::Column(column),
            Named::Cell { lookup, column } => Formula::Cell { lookup, column },
            Named::Computed => recipes
                .remove(&Slot(index))
                .unwrap_or(Formula::Text(Template { path: String::new(), pieces: vec![] })),
        };
        named.map(formula).collect()
    }
}

/// Compiles a mapping.
pub(super) fn compile(document: Document) -> Result<Plan, MappingError> {
    let mut compiler = Compiler::default();
    let id = document.mapping.clone();
    let is_id = (1..=MAX_MAPPING_ID).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_id {
        compiler.mistake(
            "mapping",
            format!(
                "請給對照檔一個 1–{MAX_MAPPING_ID} 字的名字，只用小寫字母、數字和連字號。\
                 A mapping's name has 1 to {MAX_MAPPING_ID} lower-case letters, digits and hyphens."
            ),
        );
    }
    let format = compiler.format("file", &document.file);
    let repairs = compiler.repairs(&document.file.repair);
    let columns = compiler.columns(&document.columns);
    let computed = [
        ("text", document.text.keys().collect::<Vec<_>>()),
        ("number", document.number.keys().collect()),
        ("date", document.date.keys().collect()),
    ];
    for (section, names) in computed {
        for name in names {
            let declared = compiler.names.declare(name, Named::Computed);
            compiler.keep(format!("{section}.{name}"), declared);
        }
    }
    compiler.declare_lookups(&document.lookup);
    let maps = compiler.maps(document.map.clone());
    let recipes = compiler.recipes(&document);
    let lookups: Vec<_> = document.lookup.into_iter().enumerate().collect();
    let keys: Vec<_> = lookups.iter().map(|(index, lookup)| compiler.lookup_keys(*index, lookup)).collect();
    let fields = rules::fields(&mut compiler, &document.entry);
    let register = rules::register(&mut compiler, &document.register, &fields);
    let skips = rules::skips(&mut compiler, &document.skip);
    let lookups =
        lookups.into_iter().zip(keys).map(|((i, lookup), key)| compiler.lookup(i, lookup, key)).collect();
    let formulas = compiler.formulas(recipes);
    let plan = Plan { id, format, repairs, columns, formulas, maps, lookups, skips, register, fields };
    if compiler.mistakes.is_empty() {
        refuse_circles(&mut compiler, &plan);
    }
    if compiler.mistakes.is_empty() { Ok(plan) } else { Err(MappingError { mistakes: compiler.mistakes }) }
}

/// A value may use others, but never itself.
fn refuse_circles(compiler: &mut Compiler, plan: &Plan) {
    let mut done = HashSet::new();
    for start in (0..plan.formulas.len()).map(Slot) {
        if reaches(plan, start, &mut vec![], &mut done) {
            let path = match &plan.formulas.get(start.0) {
                Some(Formula::Text(template)) => template.path.clone(),
                Some(Formula::Number(factors)) => factors.first().map(|t| t.path.clone()).unwrap_or_default(),
                Some(Formula::Date(date)) => date.text.path.clone(),
                _ => "lookup".to_owned(),
            };
            compiler.mistake(
                path,
                "這個值繞了一圈又用到自己，請拆開。This value is made from itself: break the circle.",
            );
            return;
        }
    }
}

fn reaches(plan: &Plan, slot: Slot, above: &mut Vec<Slot>, done: &mut HashSet<Slot>) -> bool {
    if above.contains(&slot) {
        return true;
    }
    if !done.insert(slot) {
        return false;
    }
    above.push(slot);
    let circle = plan.reads(slot).into_iter().any(|next| reaches(plan, next, above, done));
    above.pop();
    circle
}
