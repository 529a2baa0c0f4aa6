//! Decisions about indicators: documents of the district, targets that cascade down the tree, populations with a source.

use super::Desk;
use super::month::keeps_the_ledger;
use super::registry::scope;
use crate::event::Fact;
use crate::id::IndicatorId;
use crate::projection::{Key, State, States};
use crate::quantity::Position;
use crate::registry::OrganizationRecord;
use crate::report::indicator::{
    Indicator, IndicatorDefined, MAX_REVISIONS, PopulationStated, TargetSet, preset,
};
use crate::{Reason, Refusal};

/// Years that targets and populations are stated for (our own default): what lies outside was typed wrong.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// The codes that a document names: they must exist.
pub(super) fn named(defined: &IndicatorDefined) -> Vec<Key> {
    let Ok(indicator) = Indicator::parse(&defined.document) else { return Vec::new() };
    indicator.numerator.of.codes("numerator.of").map(|(list, code, _)| Key::code(list, code)).collect()
}

fn not_an_indicator(field: &str, error: impl std::fmt::Display) -> Refusal {
    Refusal::field(
        Reason::IndicatorInvalid,
        field,
        format!("指標文件有誤，請逐項更正：{error}。Not an indicator, correct each of these: {error}."),
    )
}

fn no_such_indicator(id: &IndicatorId) -> Refusal {
    Refusal::field(
        Reason::IndicatorNotFound,
        "indicator",
        format!(
            "沒有指標「{id}」，請查對名稱或先訂定。There is no indicator \"{id}\": check it, or define it first."
        ),
    )
}

impl<'a, S: States> Desk<'a, S> {
    fn defined(&self, id: &IndicatorId) -> &'a [(Position, IndicatorDefined)] {
        match self.states.get(&Key::indicator(id)) {
            Some(State::Indicator(defined)) => defined,
            _ => &[],
        }
    }

    /// The newest document of an indicator, or the shipped one.
    fn indicator(&self, id: &IndicatorId) -> Result<Indicator, Refusal> {
        match self.defined(id).last() {
            Some((_, defined)) => {
                Indicator::parse(&defined.document).map_err(|error| not_an_indicator("indicator", error))
            }
            None => preset(id).map(|(_, preset)| preset).ok_or_else(|| no_such_indicator(id)),
        }
    }

    pub(super) fn define_indicator(&self, defined: &IndicatorDefined) -> Result<Vec<Fact>, Refusal> {
        let indicator =
            Indicator::parse(&defined.document).map_err(|error| not_an_indicator("document", error))?;
        self.district("指標由區或區社區學院訂定。The district or its community college defines indicators.")?;
        for (list, code, path) in indicator.numerator.of.codes("numerator.of") {
            self.code(list, code, &format!("document.{path}"))?;
        }
        let held = self.defined(&defined.indicator);
        if held.last().is_some_and(|(_, held)| held == defined) {
            return Ok(vec![]);
        }
        room(held.len(), "document")?;
        let shipped = preset(&defined.indicator).map_or(0, |(_, preset)| preset.version);
        let next = held.last().map_or(shipped, |(_, held)| held.version) + 1;
        if indicator.version != next {
            return Err(Refusal::field(
                Reason::VersionMismatch,
                "document.version",
                format!(
                    "指標「{0}」的下一版是第 {next} 版。The next version of indicator \"{0}\" is {next}.",
                    defined.indicator
                ),
            )
            .with("expected", next));
        }
        Ok(vec![Fact::IndicatorDefined(defined.clone())])
    }

    pub(super) fn set_target(&self, set: &TargetSet) -> Result<Vec<Fact>, Refusal> {
        year_in_range(set.year)?;
        if !set.target.is_sound() {
            return Err(Refusal::field(
                Reason::AmountNotPositive,
                "target",
                "目標須大於零，比率不超過 1。A target is above 0, and a share at most the whole.",
            ));
        }
        let record = self.organization(&set.organization, "target_organization")?;
        self.above(record, "目標由上級機構訂定。An organisation above it, or the district, sets a target.")?;
        if !self.indicator(&set.indicator)?.fits(set.target) {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "target",
                "有分母的指標，目標是比率；沒有分母的，是數目；頻次指標不另訂目標。\
                 A rate has a share for its target, a count a count; a frequency has none.",
            ));
        }
        let held = match self.states.get(&Key::target(&set.indicator, set.year, &set.organization)) {
            Some(State::Target(held)) => held.as_slice(),
            _ => &[],
        };
        if held.last().is_some_and(|(_, held)| *held == set.target) {
            return Ok(vec![]);
        }
        room(held.len(), "target")?;
        Ok(vec![Fact::TargetSet(set.clone())])
    }

    pub(super) fn state_population(&self, new: &PopulationStated) -> Result<Vec<Fact>, Refusal> {
        year_in_range(new.year)?;
        if new.stated.count == 0 {
            return Err(Refusal::field(
                Reason::AmountNotPositive,
                "count",
                "人口數（分母）須大於零。A population is above 0.",
            ));
        }
        let record = self.organization(&new.organization, "population_organization")?;
        let poster = self.poster()?;
        if !record.answers_to(&poster.organization.organization) {
            self.above(
                record,
                "人口數由該機構或其上級填報。The organisation itself, or one above it, states its population.",
            )?;
        }
        let held = match self.states.get(&Key::population(new.population, new.year, &new.organization)) {
            Some(State::Population(held)) => held.as_slice(),
            _ => &[],
        };
        if held.last().is_some_and(|(_, held)| *held == new.stated) {
            return Ok(vec![]);
        }
        room(held.len(), "count")?;
        Ok(vec![Fact::PopulationStated(new.clone())])
    }

    /// Whether the organisation that asks stands above another, or is the district or its college.
    fn above(&self, record: &OrganizationRecord, else_say: &str) -> Result<(), Refusal> {
        let poster = self.poster()?;
        if keeps_the_ledger(poster) || record.ancestors.contains(&poster.organization.organization) {
            return Ok(());
        }
        Err(scope(else_say))
    }
}

fn year_in_range(year: i32) -> Result<(), Refusal> {
    if YEARS.contains(&year) {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::FieldInvalid,
        "year",
        format!(
            "year 須為西元 {} 至 {} 年。year lies between {} and {}.",
            YEARS.start(),
            YEARS.end(),
            YEARS.start(),
            YEARS.end()
        ),
    ))
}

fn room(held: usize, field: &str) -> Result<(), Refusal> {
    room_for(held, MAX_REVISIONS, field)
}

/// Refuses what was stated as often as the ledger keeps.
pub(super) fn room_for(held: usize, most: usize, field: &str) -> Result<(), Refusal> {
    if held < most {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::RevisionsFull,
        field,
        format!("這一項已改過 {most} 次，不再收。It was stated {most} times and takes no more."),
    ))
}
