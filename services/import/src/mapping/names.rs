//! The names a template may use: columns, computed values and cells of look-up tables, each with a slot.

use crate::expression::template::{Resolve, Slot};
use crate::expression::width::clean;
use std::collections::{BTreeMap, HashMap};

/// What a slot holds, while templates are being compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A column of the sheet, by its place in `[columns]`.
    Column(usize),
    /// A computed value: its recipe is compiled once every name is known.
    Computed,
    /// A column of a look-up table, by their places.
    Cell { lookup: usize, column: usize },
}

/// A look-up table's name and the columns that templates asked for, in order of their first use.
#[derive(Debug, Default)]
pub(super) struct LookupColumns {
    pub(super) name: String,
    pub(super) taken: Vec<String>,
}

/// All names of a mapping.
#[derive(Debug, Default)]
pub(super) struct Names {
    slots: HashMap<String, Slot>,
    pub(super) named: Vec<Named>,
    pub(super) lookups: Vec<LookupColumns>,
    pub(super) maps: HashMap<String, usize>,
}

impl Names {
    /// Declares a name.
    ///
    /// # Errors
    /// The sentence that tells why it cannot be one.
    pub(super) fn declare(&mut self, name: &str, named: Named) -> Result<Slot, String> {
        check(name)?;
        let slot = Slot(self.named.len());
        if self.slots.insert(name.to_owned(), slot).is_some() {
            return Err(format!(
                "「{name}」用了兩次，請改名。The name \"{name}\" is used twice: rename one."
            ));
        }
        self.named.push(named);
        Ok(slot)
    }

    /// The slots by name.
    pub(super) fn slot_of(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    fn cell(&mut self, full: &str, lookup: &str, column: &str) -> Result<Slot, String> {
        let Some((index, table)) =
            self.lookups.iter_mut().enumerate().find(|(_, table)| table.name == lookup)
        else {
            return Err(format!(
                "沒有名為「{lookup}」的 [[lookup]]。There is no [[lookup]] named \"{lookup}\"."
            ));
        };
        if column.is_empty() {
            return Err("點號後要寫欄名。After the dot comes a column of the look-up table.".to_owned());
        }
        table.taken.push(clean(column).into_owned());
        let slot = Slot(self.named.len());
        self.named.push(Named::Cell { lookup: index, column: table.taken.len() - 1 });
        self.slots.insert(full.to_owned(), slot);
        Ok(slot)
    }
}

impl Resolve for Names {
    fn slot(&mut self, name: &str) -> Result<Slot, String> {
        if let Some(slot) = self.slot_of(name) {
            return Ok(slot);
        }
        if let Some((lookup, column)) = name.split_once('.') {
            return self.cell(name, lookup, column);
        }
        let known: BTreeMap<&String, Slot> = self.slots.iter().map(|(name, slot)| (name, *slot)).collect();
        let known: Vec<&str> = known.into_keys().map(String::as_str).collect();
        Err(format!(
            "沒有「{name}」這個名字；有：{}。There is no name \"{name}\": declare it in [columns], [text], [number] or [date].",
            known.join("、")
        ))
    }

    fn maps(&self) -> &HashMap<String, usize> {
        &self.maps
    }
}

/// Letters of any script, digits, `_` and `-`: what cannot be mistaken for a filter, a table or a brace.
pub(super) fn check(name: &str) -> Result<(), String> {
    if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return Ok(());
    }
    Err(format!(
        "「{name}」不能當名字，請只用字母、漢字、數字、_ 和 -。\
         \"{name}\" cannot be a name: use letters, digits, _ and -."
    ))
}
