//! What the figures of an indicator amount to: rates, targets, and whether those of the children add up.

use super::document::Indicator;
use super::measure::Figure;
use super::target::{StatedPopulation, Target};
use crate::date::OccurredOn;
use crate::report::{Period, Tree};

/// What people stated, for each node of the tree in its order.
#[derive(Debug, Clone, Default)]
pub struct Standings {
    /// Populations.
    pub populations: Vec<Option<StatedPopulation>>,
    /// Targets that were set for the organisation.
    pub targets: Vec<Option<Target>>,
}

/// Whether the targets of the organisations right below one reach its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Children {
    /// How many of them have a target.
    pub with_target: u64,
    /// How many have none, or of a rate no population.
    pub without: u64,
    /// What their targets come to, in the unit that is counted; of rates each share of its population, rounded up.
    pub sum: u64,
    /// What the target of the one above comes to; none of a rate without a population.
    pub wanted: Option<u64>,
    /// Whether `sum` reaches `wanted`; none where `wanted` is not known, or a child is without.
    pub add_up: Option<bool>,
}

/// Whether a window has its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As many as must be, or more.
    Met,
    /// Fewer, and the window is over.
    Missing,
    /// Fewer so far; the window is not over.
    Open,
}

/// One window of a frequency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowOutcome {
    /// The window.
    pub window: Period,
    /// Sessions.
    pub sessions: u64,
    /// Whether they are enough.
    pub verdict: Verdict,
}

/// What an indicator says of one organisation, with all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The node of the tree.
    pub node: u32,
    /// What was counted.
    pub figure: Figure,
    /// The population, where one is stated.
    pub population: Option<StatedPopulation>,
    /// Whether a rate is wanted and no population is stated.
    pub lacks_population: bool,
    /// The rate in hundredths of a percent, rounded down.
    pub basis_points: Option<u64>,
    /// The target.
    pub target: Option<Target>,
    /// Whether it is reached; none without a target, or without a population.
    pub reached: Option<bool>,
    /// How much of the target is done, in hundredths of a percent, rounded down.
    pub progress_basis_points: Option<u64>,
    /// The targets of the organisations right below it; none where it has no target, or nobody is below.
    pub children: Option<Children>,
    /// Of a frequency, each window of those who must hold the sessions.
    pub windows: Vec<WindowOutcome>,
}

/// `value` of `whole` in hundredths of a percent, rounded down.
fn basis_points(value: u64, whole: u128) -> Option<u64> {
    let points = (u128::from(value) * 10_000).checked_div(whole)?;
    Some(u64::try_from(points).unwrap_or(u64::MAX))
}

/// What a target comes to in the unit that is counted: of a share, so many of the population, rounded up.
fn wanted(target: Target, population: Option<&StatedPopulation>) -> Option<u64> {
    match target {
        Target::Count(count) => Some(count),
        Target::Share { numerator, denominator } => {
            let of = u128::from(population?.count) * u128::from(numerator);
            u64::try_from(of.div_ceil(u128::from(denominator.max(1)))).ok()
        }
    }
}

/// The outcomes of an indicator, one for each node of the tree in its order. `figures` holds those of each window.
#[must_use]
pub fn evaluate(
    indicator: &Indicator,
    tree: &Tree,
    (windows, figures): (&[Period], &[Vec<Figure>]),
    standings: &Standings,
    today: OccurredOn,
) -> Vec<Outcome> {
    let target = |node: u32| {
        let own = standings.targets.get(node as usize).copied().flatten();
        let of_level = tree.node(node).filter(|held| held.institution_type == indicator.level);
        own.or_else(|| of_level.and(indicator.target))
    };
    let population = |node: u32| standings.populations.get(node as usize)?.as_ref();
    let of_window = |window: usize, node: u32| -> Figure {
        figures.get(window).and_then(|nodes| nodes.get(node as usize)).copied().unwrap_or_default()
    };
    let outcome = |node: u32| {
        let figure = of_window(0, node);
        let (population_of, target_of) = (population(node), target(node));
        let wanted_of = target_of.and_then(|target| wanted(target, population_of));
        let children = target_of.and_then(|_| {
            let mut children =
                Children { with_target: 0, without: 0, sum: 0, wanted: wanted_of, add_up: None };
            for child in tree.children(node) {
                match target(child).and_then(|target| wanted(target, population(child))) {
                    Some(wanted) => {
                        children.with_target += 1;
                        children.sum = children.sum.saturating_add(wanted);
                    }
                    None => children.without += 1,
                }
            }
            let known = wanted_of.filter(|_| children.without == 0);
            children.add_up = known.map(|wanted| children.sum >= wanted);
            (children.with_target + children.without > 0).then_some(children)
        });
        let bound = indicator.frequency.as_ref().filter(|frequency| frequency.binds(tree, node));
        Outcome {
            node,
            figure,
            population: population_of.cloned(),
            lacks_population: indicator.denominator.is_some() && population_of.is_none(),
            basis_points: population_of.and_then(|all| basis_points(figure.value, u128::from(all.count))),
            target: target_of,
            reached: wanted_of.map(|wanted| figure.value >= wanted),
            progress_basis_points: wanted_of
                .and_then(|wanted| basis_points(figure.value, u128::from(wanted))),
            children,
            windows: bound.map_or_else(Vec::new, |frequency| {
                let each = windows.iter().enumerate();
                each.map(|(n, window)| {
                    let sessions = of_window(n, node).value;
                    let verdict = if sessions >= frequency.sessions_at_least {
                        Verdict::Met
                    } else if window.last().last_day() < today {
                        Verdict::Missing
                    } else {
                        Verdict::Open
                    };
                    WindowOutcome { window: *window, sessions, verdict }
                })
                .collect()
            }),
        }
    };
    let nodes = u32::try_from(tree.nodes().len()).unwrap_or(u32::MAX);
    (0..nodes).map(outcome).collect()
}
