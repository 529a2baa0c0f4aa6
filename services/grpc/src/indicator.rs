//! Indicators in the words of the API, and back.

use crate::{names, proto, report};
use creditbank_ledger::{Evaluated, HeldIndicator};
use ledger_core::id::{LedgerId, PersonId};
use ledger_core::report::Tree;
use ledger_core::report::indicator::{
    Children, Indicator, IndicatorDefined, Outcome, Population, StatedPopulation, Target, Verdict,
};
use ledger_core::{Reason, Refusal};

/// A document as a fact.
pub(crate) fn defined(document: String, defined_by: PersonId) -> Result<IndicatorDefined, Refusal> {
    let indicator = Indicator::parse(&document).map_err(|error| {
        Refusal::field(
            Reason::IndicatorInvalid,
            "document",
            format!("指標文件有誤，請逐項更正：{error}。Not an indicator, correct each of these: {error}."),
        )
    })?;
    Ok(IndicatorDefined { indicator: indicator.indicator, version: indicator.version, document, defined_by })
}

/// A target of a request.
pub(crate) fn target(raw: Option<&proto::Target>, field: &str) -> Result<Target, Refusal> {
    match raw.and_then(|target| target.value.as_ref()) {
        Some(proto::target::Value::Share(share)) => {
            Ok(Target::Share { numerator: share.numerator, denominator: share.denominator })
        }
        Some(proto::target::Value::Count(count)) => Ok(Target::Count(*count)),
        None => Err(Refusal::field(
            Reason::FieldRequired,
            field,
            format!("{field} 不可空白，請填比率或數目。Fill in {field}: a share or a count."),
        )),
    }
}

/// A population of a request.
pub(crate) fn population(raw: &str, field: &str) -> Result<Population, Refusal> {
    Population::parse(raw).ok_or_else(|| {
        let all: Vec<&str> = Population::ALL.iter().map(|row| row.1).collect();
        let reason = if raw.is_empty() { Reason::FieldRequired } else { Reason::FieldInvalid };
        Refusal::field(reason, field, format!("{field} 可用 {}。{field} takes one of these.", all.join("、")))
    })
}

fn wire_target(target: Target) -> proto::Target {
    let value = match target {
        Target::Share { numerator, denominator } => {
            proto::target::Value::Share(proto::Share { numerator, denominator })
        }
        Target::Count(count) => proto::target::Value::Count(count),
    };
    proto::Target { value: Some(value) }
}

/// An indicator.
pub(crate) fn wire(ledger: &LedgerId, held: &HeldIndicator) -> proto::Indicator {
    let indicator = &held.indicator;
    proto::Indicator {
        name: format!("{}/indicators/{}", names::ledger_name(ledger), indicator.indicator),
        version: indicator.version,
        names: Some(proto::LocalizedText {
            hant: indicator.names.hant.to_string(),
            hans: indicator.names.hans.to_string(),
            en: indicator.names.en.to_string(),
        }),
        source: indicator.source.clone(),
        window: indicator.window.as_str().to_owned(),
        level: indicator.level.as_str().to_owned(),
        count: indicator.numerator.count.as_str().to_owned(),
        population: crate::convert::text(indicator.denominator),
        target: indicator.target.map(wire_target),
        sessions_at_least: indicator.frequency.as_ref().map_or(0, |frequency| frequency.sessions_at_least),
        document: held.document.clone(),
        position: held.defined_at.map_or(0, |at| at.0),
    }
}

fn stated(population: StatedPopulation) -> proto::StatedPopulation {
    proto::StatedPopulation { count: population.count, source: population.source.to_string() }
}

fn children(children: Children) -> proto::ChildTargets {
    proto::ChildTargets {
        with_target: children.with_target,
        without: children.without,
        sum: children.sum,
        wanted: children.wanted.unwrap_or(0),
        add_up: children.add_up,
    }
}

fn outcome(ledger: &LedgerId, tree: &Tree, outcome: Outcome) -> proto::IndicatorOutcome {
    let base = names::ledger_name(ledger);
    let windows = outcome.windows.iter().map(|window| proto::WindowOutcome {
        window: window.window.to_string(),
        sessions: window.sessions,
        verdict: match window.verdict {
            Verdict::Met => "met",
            Verdict::Missing => "missing",
            Verdict::Open => "open",
        }
        .to_owned(),
    });
    proto::IndicatorOutcome {
        organization: tree
            .node(outcome.node)
            .map(|node| format!("{base}/organizations/{}", node.organization))
            .unwrap_or_default(),
        value: outcome.figure.value,
        heads: outcome.figure.heads,
        windows: windows.collect(),
        population: outcome.population.map(stated),
        lacks_population: outcome.lacks_population,
        basis_points: outcome.basis_points,
        target: outcome.target.map(wire_target),
        reached: outcome.reached,
        progress_basis_points: outcome.progress_basis_points,
        children: outcome.children.map(children),
    }
}

/// What an indicator says.
pub(crate) fn wire_evaluated(ledger: &LedgerId, evaluated: Evaluated) -> proto::EvaluateIndicatorResponse {
    let Evaluated { indicator, period, tree, outcomes, position } = evaluated;
    proto::EvaluateIndicatorResponse {
        indicator: Some(wire(ledger, &indicator)),
        period: period.to_string(),
        outcomes: outcomes.into_iter().map(|held| outcome(ledger, &tree, held)).collect(),
        organizations: report::organizations(ledger, &tree),
        position: position.0,
    }
}
