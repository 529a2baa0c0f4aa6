//! A mapping as it runs: every name a slot, every text a template, nothing left to parse.

use super::document::Residents;
use super::field::Field;
use crate::expression::date::DateFormat;
use crate::expression::decimal::Decimal;
use crate::expression::filter::ValueMap;
use crate::expression::template::{Slot, Template};
use crate::repair::Repair;
use crate::sheet::Format;
use crate::sheet::table::Table;
use std::collections::BTreeSet;

/// How a slot gets its value.
#[derive(Debug, Clone)]
pub(crate) enum Formula {
    /// The cell of a column, by its place in [`Plan::columns`].
    Column(usize),
    /// `[text]`.
    Text(Template),
    /// `[number]`: the exact product of its factors, which must be whole.
    Number(Vec<Template>),
    /// `[date]`.
    Date(DatePlan),
    /// A cell of a look-up table, by table and column.
    Cell { lookup: usize, column: usize },
}

/// A date of the sheet, and perhaps days after it.
#[derive(Debug, Clone)]
pub(crate) struct DatePlan {
    pub(crate) text: Template,
    pub(crate) formats: Vec<DateFormat>,
    pub(crate) plus_days: Option<Template>,
}

/// A look-up table: where it comes from, its key as its own columns and as templates over the row, and what is taken.
#[derive(Debug, Clone)]
pub(crate) struct LookupPlan {
    pub(crate) name: String,
    pub(crate) source: LookupSource,
    pub(crate) key_columns: Vec<String>,
    pub(crate) key: Vec<Template>,
    pub(crate) taken: Vec<String>,
}

/// Where a look-up table comes from.
#[derive(Debug, Clone)]
pub(crate) enum LookupSource {
    /// A file beside the sheet.
    File { name: String, format: Format },
    /// Rows in the mapping.
    Inline(Table),
}

/// A rule that reports a row instead of posting it.
#[derive(Debug, Clone)]
pub(crate) struct SkipPlan {
    pub(crate) when: Template,
    pub(crate) test: SkipTest,
    pub(crate) reason: Template,
}

/// What a value is held against; texts are compared as [`crate::expression::width::clean`] leaves them.
#[derive(Debug, Clone)]
pub(crate) enum SkipTest {
    Is(Vec<String>),
    IsNot(Vec<String>),
    Contains(Vec<String>),
    Below(Decimal),
}

/// What to register before posting.
#[derive(Debug, Clone)]
pub(crate) struct RegisterPlan {
    pub(crate) residents: Residents,
    pub(crate) organizations: Vec<OrganizationPlan>,
    pub(crate) course: Option<CoursePlan>,
}

/// An organisation to register.
#[derive(Debug, Clone)]
pub(crate) struct OrganizationPlan {
    pub(crate) id: Template,
    pub(crate) display_name: Template,
    pub(crate) institution_type: Template,
    pub(crate) parent: Option<Template>,
    pub(crate) licensed_from: Option<Template>,
}

/// The course, version and approval to register; their ids are those of the entry.
#[derive(Debug, Clone)]
pub(crate) struct CoursePlan {
    pub(crate) organization: Template,
    pub(crate) display_name: Template,
    pub(crate) nominal_minutes: Option<Template>,
    pub(crate) approval: Option<ApprovalPlan>,
}

/// The approval of the version.
#[derive(Debug, Clone)]
pub(crate) struct ApprovalPlan {
    pub(crate) organization: Template,
    pub(crate) valid_from: Option<Template>,
    pub(crate) valid_to: Option<Template>,
}

/// The whole mapping.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The mapping's name, the beginning of its request ids.
    pub(crate) id: String,
    pub(crate) format: Format,
    /// What is mended in reading.
    pub(crate) repairs: BTreeSet<Repair>,
    /// The headings of `[columns]`, as [`crate::expression::width::clean`] leaves them.
    pub(crate) columns: Vec<String>,
    pub(crate) formulas: Vec<Formula>,
    pub(crate) maps: Vec<ValueMap>,
    pub(crate) lookups: Vec<LookupPlan>,
    pub(crate) skips: Vec<SkipPlan>,
    pub(crate) register: RegisterPlan,
    /// The templates of `[entry]`, by the field's place in [`Field::ALL`].
    pub(crate) fields: Vec<Option<Template>>,
}

impl Plan {
    /// The template of a field, where the mapping gives one.
    pub(crate) fn field(&self, field: Field) -> Option<&Template> {
        self.fields.get(field as usize)?.as_ref()
    }

    /// The slots a slot reads.
    pub(crate) fn reads(&self, slot: Slot) -> Vec<Slot> {
        match self.formulas.get(slot.0) {
            None | Some(Formula::Column(_)) => vec![],
            Some(Formula::Text(template)) => template.slots().collect(),
            Some(Formula::Number(factors)) => factors.iter().flat_map(Template::slots).collect(),
            Some(Formula::Date(date)) => {
                date.text.slots().chain(date.plus_days.iter().flat_map(Template::slots)).collect()
            }
            Some(Formula::Cell { lookup, .. }) => {
                self.lookups.get(*lookup).into_iter().flat_map(|l| &l.key).flat_map(Template::slots).collect()
            }
        }
    }
}
