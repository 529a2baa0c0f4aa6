//! The sums of assessed lines: what a balance is added up from. Those of a bucket grow with its new lines where that comes
//! to the same as assessing all of them.

use super::assess::{Assessment, assess_briefly, earned_alone};
use super::document::Policy;
use super::rulebook::Rulebook;
use crate::account::{Bucket, BucketScope, Line};
use crate::date::OccurredOn;
use crate::id::Code;
use crate::quantity::CentiCredits;
use serde::{Deserialize, Serialize};

/// The sums of a bucket under one policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// [`Rulebook::tag`] of the rulebook.
    pub policy_tag: u64,
    /// Cells in order of year and kind.
    pub cells: Vec<SummaryCell>,
}

/// The sums of a year and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryCell {
    /// The year the credit counts in.
    pub year: i32,
    /// The kind.
    pub kind: Code,
    /// Credit after all limits.
    pub credit: CentiCredits,
    /// Credit that limits cut off.
    pub capped: CentiCredits,
    /// Minutes of live entries.
    pub minutes: u64,
    /// Live entries.
    pub entries: u64,
}

/// The sums of assessed lines by year and kind.
fn cells<'a>(assessments: impl IntoIterator<Item = Assessment<'a>>) -> Vec<SummaryCell> {
    let mut cells: Vec<SummaryCell> = Vec::new();
    for assessment in assessments {
        let line = assessment.line;
        if !line.is_live() {
            continue;
        }
        let own = cell(&mut cells, line.occurred_on.year(), &line.kind);
        own.minutes = own.minutes.saturating_add(u64::from(line.minutes.0));
        own.entries = own.entries.saturating_add(1);
        for allocation in &assessment.allocations {
            let cell = cell(&mut cells, allocation.year, &line.kind);
            cell.credit = cell.credit.saturating_add(allocation.credit);
            let capped = CentiCredits(allocation.earned.0.saturating_sub(allocation.credit.0));
            cell.capped = cell.capped.saturating_add(capped);
        }
    }
    cells
}

/// The sums of a bucket: of [`assess`], nothing else.
#[must_use]
pub fn summarize(rulebook: &Rulebook, scope: BucketScope, bucket: &Bucket) -> Summary {
    Summary { policy_tag: rulebook.tag(scope), cells: cells(assess_briefly(rulebook, bucket)) }
}

/// Of more new lines than so many the sums are made anew (our own default): each looks at those before it.
const MOST_ADDED: usize = 16;

/// The sums of a bucket whose first lines, so many, were summed up before: as [`summarize`]. Where the new lines fit into
/// all their limits beside everything else, nobody is cut because of them, in whichever order lines are taken, and the
/// sums grow by what they earn; otherwise all lines are assessed.
#[must_use]
pub fn summarize_onto(
    rulebook: &Rulebook,
    scope: BucketScope,
    mut summary: Summary,
    summed: usize,
    bucket: &Bucket,
) -> Summary {
    let grown = || -> Option<Summary> {
        let BucketScope::Year(year) = scope else { return None };
        if bucket.lines().len().saturating_sub(summed) > MOST_ADDED {
            return None;
        }
        if summary.policy_tag != rulebook.tag(scope) {
            return None;
        }
        let policy = rulebook.only_policy_of(year)?;
        for next in summed..bucket.lines().len() {
            let (held, rest) = bucket.lines().split_at(next);
            add_uncut(policy, &mut summary.cells, held, rest.first()?)?;
        }
        Some(summary)
    };
    grown().unwrap_or_else(|| summarize(rulebook, scope, bucket))
}

/// Adds a line to the sums of others where it fits into all its limits: what others have taken of a day or half a year is
/// estimated, never too low; what they have taken of a year is their credit.
fn add_uncut(policy: &Policy, cells: &mut Vec<SummaryCell>, held: &[Line], line: &Line) -> Option<()> {
    let (kind, year) = (line.kind.as_str(), line.occurred_on.year());
    let rule = policy.rule(kind)?;
    let counts_once = rule.once && line.claim != 0 && held.iter().any(|other| other.claim == line.claim);
    let spreads = rule.spread_years.get(line.grade.as_str()).is_some_and(|years| *years > 1);
    if !line.is_live() || line.span_days != 1 || counts_once || spreads {
        return None;
    }
    let want = earned_alone(rule, line);
    let fits = |taken: i64, cap: i64| taken.saturating_add(want) <= cap;
    let names = |kinds: &[String], kind: &str| kinds.iter().any(|named| named == kind);
    let of_lines = |when: &dyn Fn(OccurredOn) -> bool, of: &dyn Fn(&str) -> bool| -> i64 {
        let live = held.iter().filter(|other| when(other.occurred_on) && other.is_live());
        let asked = live.filter(|other| of(other.kind.as_str()));
        let rules = asked.filter_map(|other| Some((other, policy.rule(other.kind.as_str())?)));
        rules.map(|(other, rule)| earned_alone(rule, other)).fold(0, i64::saturating_add)
    };
    let on_day = |of: &dyn Fn(&str) -> bool| of_lines(&|day| day == line.occurred_on, of);
    let in_year = |of: &dyn Fn(&str) -> bool| -> i64 {
        let of_year = cells.iter().filter(|cell| cell.year == year && of(cell.kind.as_str()));
        of_year.map(|cell| cell.credit.0).fold(0, i64::saturating_add)
    };
    let of_kind = |other: &str| other == kind;
    let day = rule.per_day_centi.is_none_or(|cap| fits(on_day(&of_kind), cap));
    let days = policy
        .day_limits
        .iter()
        .filter(|limit| names(&limit.kinds, kind))
        .all(|limit| fits(on_day(&|other| names(&limit.kinds, other)), limit.per_day_centi));
    let its_year = rule.per_year_centi.is_none_or(|cap| fits(in_year(&of_kind), cap));
    let years = policy.year_limits.iter().filter(|limit| names(&limit.kinds, kind)).all(|limit| {
        let of_limit = |other: &str| names(&limit.kinds, other);
        let of_half = |day: OccurredOn| (day.month() > 6) == (line.occurred_on.month() > 6);
        let half = limit.per_half_year_centi.is_none_or(|cap| fits(of_lines(&of_half, &of_limit), cap));
        half && limit.per_year_centi.is_none_or(|cap| fits(in_year(&of_limit), cap))
    });
    if want < 0 || !(day && days && its_year && years) {
        return None;
    }
    let own = cell(cells, year, &line.kind);
    own.minutes = own.minutes.saturating_add(u64::from(line.minutes.0));
    own.entries = own.entries.saturating_add(1);
    own.credit = own.credit.saturating_add(CentiCredits(want));
    Some(())
}

/// The sums of an account: of [`assess_account`], nothing else.
#[must_use]
pub fn summarize_account<'a>(assessments: impl IntoIterator<Item = Assessment<'a>>) -> Summary {
    Summary { policy_tag: 0, cells: cells(assessments) }
}

fn cell<'a>(cells: &'a mut Vec<SummaryCell>, year: i32, kind: &Code) -> &'a mut SummaryCell {
    let index = match cells.binary_search_by(|cell| (cell.year, &cell.kind).cmp(&(year, kind))) {
        Ok(index) => index,
        Err(index) => {
            let empty = SummaryCell {
                year,
                kind: kind.clone(),
                credit: CentiCredits::ZERO,
                capped: CentiCredits::ZERO,
                minutes: 0,
                entries: 0,
            };
            cells.insert(index, empty);
            index
        }
    };
    &mut cells[index]
}

/// The cells of several summaries that count by `today`, added up by kind; and the credit of later years.
#[must_use]
pub fn balance_on(summaries: &[Summary], today: OccurredOn) -> (Vec<SummaryCell>, CentiCredits) {
    let mut by_kind: Vec<SummaryCell> = Vec::new();
    let mut pending = CentiCredits::ZERO;
    for cell in summaries.iter().flat_map(|summary| &summary.cells) {
        if cell.year > today.year() {
            pending = pending.saturating_add(cell.credit);
            continue;
        }
        match by_kind.binary_search_by(|held| held.kind.cmp(&cell.kind)) {
            Ok(index) => {
                let held = &mut by_kind[index];
                held.year = held.year.max(cell.year);
                held.credit = held.credit.saturating_add(cell.credit);
                held.capped = held.capped.saturating_add(cell.capped);
                held.minutes = held.minutes.saturating_add(cell.minutes);
                held.entries = held.entries.saturating_add(cell.entries);
            }
            Err(index) => by_kind.insert(index, cell.clone()),
        }
    }
    (by_kind, pending)
}
