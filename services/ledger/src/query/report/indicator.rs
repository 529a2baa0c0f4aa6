//! Indicators: which there are, and what they say of a part of the tree.

use super::ground::ReportQuestion;
use super::period::too_large;
use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::event::Fact;
use ledger_core::id::IndicatorId;
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::report::indicator::{
    Indicator, IndicatorDefined, Measure, Outcome, Standings, StatedPopulation, Target, as_of, evaluate,
    preset, presets,
};
use ledger_core::report::{Period, Tree};
use ledger_core::{Reason, Refusal};

/// An indicator of a ledger.
#[derive(Debug, Clone)]
pub struct HeldIndicator {
    /// The parsed document.
    pub indicator: Indicator,
    /// The document.
    pub document: String,
    /// Where the district defined it; none of one that ships.
    pub defined_at: Option<Position>,
}

/// What an indicator says.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The indicator.
    pub indicator: HeldIndicator,
    /// The months it is about.
    pub period: Period,
    /// The organisations.
    pub tree: Tree,
    /// One for each organisation, in their order.
    pub outcomes: Vec<Outcome>,
    /// The position it is true at.
    pub position: Position,
}

fn held(document: &str, defined_at: Option<Position>) -> Result<HeldIndicator, Refusal> {
    let indicator = Indicator::parse(document).map_err(|error| {
        tracing::error!(%error, "a defined indicator is none");
        crate::error::damaged()
    })?;
    Ok(HeldIndicator { indicator, document: document.to_owned(), defined_at })
}

fn defined(state: State, position: Position) -> Result<Option<HeldIndicator>, Refusal> {
    let State::Indicator(versions) = state else { return Err(crate::error::damaged()) };
    let then = versions.iter().rev().find(|(at, _)| *at <= position);
    then.map(|(at, IndicatorDefined { document, .. })| held(document, Some(*at))).transpose()
}

impl Ledger {
    /// The indicators: those that ship, each as the district defined it where it did, and the district's own; in order of
    /// id.
    ///
    /// # Errors
    /// What the store says.
    pub async fn indicators(
        &self,
        min_position: Position,
    ) -> Result<(Vec<HeldIndicator>, Position), Refusal> {
        let query = StateQuery::Prefix { prefix: "indicators/".to_owned(), after: None, limit: u32::MAX };
        let (position, answers) = self.read_states(min_position, vec![query]).await?;
        let mut all = presets().map(|document| held(document, None)).collect::<Result<Vec<_>, _>>()?;
        for stored in answers.into_iter().flatten() {
            let state = State::decode(&stored.key, &stored.bytes).map_err(damage)?;
            if let Some(new) = defined(state, position)? {
                all.retain(|old| old.indicator.indicator != new.indicator.indicator);
                all.push(new);
            }
        }
        all.sort_unstable_by(|a, b| a.indicator.indicator.cmp(&b.indicator.indicator));
        Ok((all, position))
    }

    async fn indicator(&self, id: &IndicatorId, position: Position) -> Result<HeldIndicator, Refusal> {
        let (_, state) = self.read_state(position, Key::indicator(id)).await?;
        if let Some(state) = state
            && let Some(held) = defined(state, position)?
        {
            return Ok(held);
        }
        if let Some((document, _)) = preset(id) {
            return held(document, None);
        }
        Err(Refusal::field(
            Reason::IndicatorNotFound,
            "indicator",
            format!("沒有指標「{id}」，請查對名稱。There is no indicator \"{id}\": check it."),
        ))
    }

    /// What an indicator says of a period and a part of the tree. The period is one of its windows; of a frequency, any
    /// number of them.
    ///
    /// # Errors
    /// As [`Ledger::report`]; `INDICATOR_NOT_FOUND`; `TIME_RANGE` where the period is no window of the indicator.
    pub async fn evaluate_indicator(
        &self,
        id: &IndicatorId,
        question: &ReportQuestion,
    ) -> Result<Evaluated, Refusal> {
        let _room = self.report_room().await?;
        let ground = self.report_ground(question).await?;
        let held = self.indicator(id, ground.position).await?;
        let indicator = &held.indicator;
        let windows = indicator.window.split(question.period);
        let Some(windows) = windows.filter(|windows| indicator.frequency.is_some() || windows.len() == 1)
        else {
            return Err(Refusal::field(
                Reason::TimeRange,
                "period",
                format!(
                    "指標「{id}」以 {0} 為期，請照這個期間查詢。Indicator \"{id}\" is about a {0}: ask about one.",
                    indicator.window.as_str()
                ),
            ));
        };
        let bounds = self.limits().report;
        let mut measure =
            Measure::new(&ground.tree, &ground.ties, indicator, &windows, ground.position, bounds);
        for month in question.period.months() {
            let index = self.month_index(month, ground.position).await?;
            self.each_entry(&index, |event, reversed| match &event.fact {
                Fact::EntryRecorded(entry) => {
                    measure.record(event.position, entry, reversed).map_err(too_large)
                }
                _ => Err(crate::error::damaged()),
            })
            .await?;
        }
        let figures = measure.finish();
        let year = question.period.first().first_day().year();
        let standings = self.standings(indicator, year, &ground.tree, ground.position).await?;
        let outcomes = evaluate(indicator, &ground.tree, (&windows, &figures), &standings, ground.today);
        Ok(Evaluated {
            period: question.period,
            tree: ground.tree.clone(),
            outcomes,
            position: ground.position,
            indicator: held.clone(),
        })
    }

    /// The populations and targets of a year that held at a position.
    async fn standings(
        &self,
        indicator: &Indicator,
        year: i32,
        tree: &Tree,
        position: Position,
    ) -> Result<Standings, Refusal> {
        let mut prefixes = vec![Key::target_prefix(&indicator.indicator, year)];
        prefixes.extend(indicator.denominator.map(|population| Key::population_prefix(population, year)));
        let query = |prefix: String| StateQuery::Prefix { prefix, after: None, limit: u32::MAX };
        let (_, answers) = self.read_states(position, prefixes.into_iter().map(query).collect()).await?;
        let nodes = tree.nodes().len();
        let mut standings = Standings { populations: vec![None; nodes], targets: vec![None; nodes] };
        for stored in answers.into_iter().flatten() {
            let organization = ledger_core::id::OrganizationId::parse(stored.key.last_segment())?;
            let Some(node) = tree.number(&organization) else { continue };
            match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Target(held) => {
                    let then: Option<&Target> = as_of(&held, position);
                    standings.targets[node as usize] = then.copied();
                }
                State::Population(held) => {
                    let then: Option<&StatedPopulation> = as_of(&held, position);
                    standings.populations[node as usize] = then.cloned();
                }
                _ => return Err(crate::error::damaged()),
            }
        }
        Ok(standings)
    }
}
