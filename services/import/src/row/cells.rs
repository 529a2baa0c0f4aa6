//! A row's memory: each named value is worked out when it is first asked for, and once. So a column that only posted
//! rows need is never at fault in a skipped one, and a fault is told once however many fields use the value.

use super::{Note, Problem};
use crate::expression::date::{self, ReadDate};
use crate::expression::decimal::Decimal;
use crate::expression::template::{Piece, Slot, Template};
use crate::expression::{Flaw, width};
use crate::mapping::plan::{DatePlan, Formula, Plan};
use crate::reason;
use crate::repair::{self, Suggestion};
use crate::sheet::Record;
use crate::sheet::table::{KEY_DIVIDER, Table};
use crate::workbook;
use chrono::{NaiveDate, TimeDelta};
use ledger_core::{Reason, Refusal};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The most days `plus_days` takes: a hundred years (our own default).
const MAX_PLUS_DAYS: i64 = 36_525;

/// A value could not be made; the problem is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memo {
    Unasked,
    Known,
    Failed,
}

/// The row under judgement.
pub(crate) struct Cells<'s> {
    pub(crate) plan: &'s Plan,
    /// The row as read.
    pub(crate) record: Record,
    pub(crate) problems: Vec<Problem>,
    pub(crate) notes: Vec<Note>,
    pub(crate) suggestions: Vec<Suggestion>,
    tables: &'s [Table],
    /// Where each column of the mapping is in the sheet.
    places: &'s [usize],
    values: Vec<String>,
    memos: Vec<Memo>,
}

impl<'s> Cells<'s> {
    pub(crate) fn new(plan: &'s Plan, tables: &'s [Table], places: &'s [usize]) -> Cells<'s> {
        let slots = plan.formulas.len();
        Cells {
            plan,
            record: Record::default(),
            problems: Vec::new(),
            notes: Vec::new(),
            suggestions: Vec::new(),
            tables,
            places,
            values: vec![String::new(); slots],
            memos: vec![Memo::Unasked; slots],
        }
    }

    /// Forgets the row before.
    pub(crate) fn forget(&mut self) {
        self.memos.fill(Memo::Unasked);
        self.problems.clear();
        self.notes.clear();
        self.suggestions.clear();
    }

    /// The value of a slot.
    fn value(&mut self, slot: Slot) -> Result<&str, Failed> {
        match self.memos.get(slot.0) {
            Some(Memo::Known) => {}
            Some(Memo::Unasked) => {
                // The buffer is taken out, so that its memory is used again row after row.
                let mut text = self.values.get_mut(slot.0).map(std::mem::take).unwrap_or_default();
                text.clear();
                let worked_out = self.work_out(slot, &mut text);
                let memo = if worked_out.is_ok() { Memo::Known } else { Memo::Failed };
                if let (Some(value), Some(held)) = (self.values.get_mut(slot.0), self.memos.get_mut(slot.0)) {
                    (*value, *held) = (text, memo);
                }
                worked_out?;
            }
            _ => return Err(Failed),
        }
        self.values.get(slot.0).map(String::as_str).ok_or(Failed)
    }

    fn work_out(&mut self, slot: Slot, into: &mut String) -> Result<(), Failed> {
        let plan = self.plan;
        match plan.formulas.get(slot.0) {
            Some(Formula::Column(column)) => self.column(*column, into)?,
            Some(Formula::Text(template)) => {
                self.render(template, into)?;
            }
            Some(Formula::Number(factors)) => self.product(factors, into)?,
            Some(Formula::Date(date)) => self.date(date, into)?,
            Some(Formula::Cell { lookup, column }) => self.look_up(slot, *lookup, *column, into)?,
            None => return Err(Failed),
        }
        Ok(())
    }

    fn column(&mut self, column: usize, into: &mut String) -> Result<(), Failed> {
        let heading = || self.plan.columns.get(column).cloned().unwrap_or_default();
        let raw = match self.places.get(column).map(|place| self.record.cell(*place)) {
            Some(Ok(raw)) => raw.into_owned(),
            Some(Err(flaw)) => {
                self.problem(heading(), flaw);
                return Err(Failed);
            }
            None => return Err(Failed),
        };
        if let Some(flaw) = workbook::lost_digits(&raw) {
            self.problem(heading(), flaw);
            return Err(Failed);
        }
        let raw = self.repaired(column, raw);
        let value = width::half_width(&raw);
        into.push_str(&value);
        if matches!(value, Cow::Owned(_)) {
            let message =
                format!("全形已改半形：「{raw}」→「{value}」。Full-width characters were made half-width.");
            self.notes.push(Note { column: heading(), message });
        }
        Ok(())
    }

    /// The text of a column with the repairs that the mapping makes; the others are suggested.
    fn repaired(&mut self, column: usize, mut raw: String) -> String {
        let Some(heading) = self.plan.columns.get(column) else { return raw };
        for (repair, to) in repair::texts(&raw) {
            if self.plan.repairs.contains(&repair) {
                // Each begins with what the one before left.
                let to = repair::texts(&raw).find(|(again, _)| *again == repair).map_or(to, |(_, to)| to);
                let message =
                    format!("已清理：「{raw}」→「{to}」。What does not belong there was taken out.");
                self.notes.push(Note { column: heading.clone(), message });
                raw = to;
            } else {
                self.suggestions.push(Suggestion { column: heading.clone(), repair, from: raw.clone(), to });
            }
        }
        raw
    }

    /// The day of a text that is of no declared format, where the mapping repairs it; else the repair is suggested.
    fn repaired_date(&mut self, template: &Template, text: &str) -> Option<NaiveDate> {
        let (repair, date) = repair::date(text)?;
        if self.plan.repairs.contains(&repair) {
            let message = format!("已換成西元日期：「{text}」→ {date}。It was converted into a civil date.");
            self.note(template, message);
            return Some(date);
        }
        let (column, from, to) = (self.column_of(template), text.to_owned(), date.to_string());
        self.suggestions.push(Suggestion { column, repair, from, to });
        None
    }

    fn product(&mut self, factors: &[Template], into: &mut String) -> Result<(), Failed> {
        let mut product = Decimal::ONE;
        let mut text = String::new();
        for factor in factors {
            self.render(factor, &mut text)?;
            if text.is_empty() {
                return Ok(());
            }
            let multiplied = Decimal::parse(&text).and_then(|number| product.times(number));
            product = multiplied.map_err(|flaw| self.fail(factor, flaw))?;
        }
        let Some(first) = factors.first() else { return Ok(()) };
        let whole = product.whole().map_err(|flaw| self.fail(first, flaw))?;
        into.push_str(&whole.to_string());
        Ok(())
    }

    fn date(&mut self, plan: &DatePlan, into: &mut String) -> Result<(), Failed> {
        let mut text = String::new();
        self.render(&plan.text, &mut text)?;
        if text.is_empty() {
            return Ok(());
        }
        let ReadDate { mut date, from_roc } = match date::read(&text, &plan.formats) {
            Ok(read) => read,
            Err(flaw) => match self.repaired_date(&plan.text, &text) {
                Some(date) => ReadDate { date, from_roc: false },
                None => return Err(self.fail(&plan.text, flaw)),
            },
        };
        if from_roc {
            let message =
                format!("民國年已換成西元：「{text}」→ {date}。The year of the Republic was converted.");
            self.note(&plan.text, message);
        }
        if let Some(template) = &plan.plus_days {
            self.render(template, &mut text)?;
            if text.is_empty() {
                return Ok(());
            }
            let days =
                Decimal::parse(&text).and_then(Decimal::whole).map_err(|flaw| self.fail(template, flaw))?;
            let later = TimeDelta::try_days(days)
                .filter(|_| days.abs() <= MAX_PLUS_DAYS)
                .and_then(|days| date.checked_add_signed(days));
            date = later.ok_or_else(|| {
                let message = format!("「{text}」天太長，請查對。\"{text}\" days are too many: check them.");
                self.fail(template, Flaw::new(Reason::AmountAboveLimit, message))
            })?;
        }
        into.push_str(&date.to_string());
        Ok(())
    }

    fn look_up(&mut self, slot: Slot, lookup: usize, column: usize, into: &mut String) -> Result<(), Failed> {
        let (plan, tables) = (self.plan, self.tables);
        let (Some(lookup_plan), Some(table)) = (plan.lookups.get(lookup), tables.get(lookup)) else {
            return Err(Failed);
        };
        let mut key = String::new();
        let mut part = String::new();
        for (index, template) in lookup_plan.key.iter().enumerate() {
            self.render(template, &mut part)?;
            if part.is_empty() {
                return Ok(());
            }
            if index > 0 {
                key.push(KEY_DIVIDER);
            }
            key.push_str(&part);
        }
        if let Some(row) = table.row(&key) {
            into.push_str(table.cell(row, column));
            return Ok(());
        }
        let name = &lookup_plan.name;
        let key = key.replace(KEY_DIVIDER, "、");
        let message = format!(
            "查表 {name} 沒有「{key}」，請查對這一格，或補上查表。\
             The look-up table {name} has no \"{key}\": mend the cell, or add it to the table."
        );
        let column = self.headings([slot]);
        self.problem(column, Flaw::of_import(reason::LOOKUP_NOT_FOUND, message));
        Err(Failed)
    }

    /// Renders a template. Where one of its placeholders is empty, so is the whole: then its slot is given.
    pub(crate) fn render(&mut self, template: &Template, into: &mut String) -> Result<Option<Slot>, Failed> {
        into.clear();
        for piece in &template.pieces {
            let length = into.len();
            match piece {
                Piece::Text(text) => into.push_str(text),
                Piece::Value { slot, .. } => {
                    self.render_piece(piece, into)?;
                    if into.len() == length {
                        into.clear();
                        return Ok(Some(*slot));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Renders a sentence: here an empty placeholder leaves a gap, and one that failed too.
    pub(crate) fn render_sentence(&mut self, template: &Template) -> String {
        let mut sentence = String::new();
        for piece in &template.pieces {
            // A failure is recorded where it matters; the sentence is for reading.
            let _ = self.render_piece(piece, &mut sentence);
        }
        sentence
    }

    fn render_piece(&mut self, piece: &Piece, into: &mut String) -> Result<(), Failed> {
        let (slot, filters) = match piece {
            Piece::Text(text) => {
                into.push_str(text);
                return Ok(());
            }
            Piece::Value { slot, filters } => (*slot, filters),
        };
        let plan = self.plan;
        let mut text = Cow::Borrowed(self.value(slot)?);
        for filter in filters {
            text = match filter.apply(text, &plan.maps) {
                Ok(text) => text,
                Err(flaw) => {
                    let column = self.headings([slot]);
                    self.problem(column, flaw);
                    return Err(Failed);
                }
            };
        }
        into.push_str(&text);
        Ok(())
    }

    /// Reads a template's text with one of the ledger's parsers; `None` where it is empty. What the ledger would
    /// only take in another writing (`R0001` for `r0001`) is rewritten and noted.
    pub(crate) fn read<T>(
        &mut self,
        template: &Template,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Failed> {
        let mut text = String::new();
        self.render(template, &mut text)?;
        if text.is_empty() {
            return Ok(None);
        }
        let refusal = match parse(&text) {
            Ok(value) => return Ok(Some(value)),
            Err(refusal) => refusal,
        };
        let canonical = refusal.metadata().iter().find(|(key, _)| *key == "canonical");
        if let Some((_, canonical)) = canonical.filter(|_| refusal.reason() == Reason::NotCanonical)
            && let Ok(value) = parse(canonical)
        {
            let message =
                format!("已改成代碼的寫法：「{text}」→「{canonical}」。Written as ids are written.");
            self.note(template, message);
            return Ok(Some(value));
        }
        Err(self.fail(template, refusal.into()))
    }

    /// The same where the value must be there.
    pub(crate) fn require<T>(
        &mut self,
        template: &Template,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Result<T, Failed> {
        match self.read(template, parse)? {
            Some(value) => Ok(value),
            None => {
                let blank = self.render(template, &mut String::new())?;
                let heading = blank.map_or_else(|| template.path.clone(), |slot| self.headings([slot]));
                let message = format!(
                    "空白，{} 需要它，請補上。It is blank, and {} needs it: fill it in.",
                    template.path, template.path
                );
                self.problem(heading, Flaw::new(Reason::FieldRequired, message));
                Err(Failed)
            }
        }
    }

    /// Records a problem of a template.
    pub(crate) fn fail(&mut self, template: &Template, flaw: Flaw) -> Failed {
        let column = self.column_of(template);
        self.problem(column, flaw);
        Failed
    }

    /// Records a problem, once: two cells of one look-up row are missing together.
    pub(crate) fn problem(&mut self, column: String, flaw: Flaw) {
        let problem = Problem { column, reason: flaw.reason, message: flaw.message };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn note(&mut self, template: &Template, message: String) {
        let note = Note { column: self.column_of(template), message };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The headings that a template reads, or its path where it reads none.
    fn column_of(&self, template: &Template) -> String {
        let headings = self.headings(template.slots());
        if headings.is_empty() { template.path.clone() } else { headings }
    }

    /// The headings behind some slots, in order of the sheet. Only for verdicts: it walks the formulas.
    fn headings(&self, slots: impl IntoIterator<Item = Slot>) -> String {
        let mut open: Vec<Slot> = slots.into_iter().collect();
        let mut found = BTreeSet::new();
        while let Some(slot) = open.pop() {
            if let Some(Formula::Column(column)) = self.plan.formulas.get(slot.0) {
                found.insert((self.places.get(*column), *column));
            }
            open.extend(self.plan.reads(slot));
        }
        let headings = found.into_iter().filter_map(|(_, column)| self.plan.columns.get(column));
        headings.map(String::as_str).collect::<Vec<_>>().join("、")
    }
}
