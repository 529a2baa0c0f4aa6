//! The report of a month, a half-year, a year or any months.

use super::ground::{Ground, ReportQuestion};
use crate::ledger::Ledger;
use ledger_core::event::Fact;
use ledger_core::month::Month;
use ledger_core::quantity::Position;
use ledger_core::report::{Corrections, Cuts, Dimension, Period, Report, Reported, TooLarge, Tree};
use ledger_core::{Reason, Refusal};

/// A month of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthState {
    /// The month.
    pub month: Month,
    /// Where it was closed; none while it is open.
    pub closed_at: Option<Position>,
}

/// A report.
#[derive(Debug, Clone)]
pub struct PeriodReport {
    /// The months asked about.
    pub period: Period,
    /// Each of them.
    pub months: Vec<MonthState>,
    /// The organisations, as they were at the position.
    pub tree: Tree,
    /// Its rows.
    pub reported: Reported,
    /// 更正以前月份: what was recorded or reversed of earlier months while those of this report were current.
    pub corrections: Corrections,
    /// The position it is true at.
    pub position: Position,
}

pub(crate) fn too_large(error: TooLarge) -> Refusal {
    Refusal::new(
        Reason::ReportTooLarge,
        format!(
            "報表太大（{error}），請縮短期間、減少分組，或只查一個機構。\
             The report is too large ({error}): ask about fewer months, groups or organisations."
        ),
    )
}

impl Ledger {
    /// A report of some months, grouped by some dimensions.
    ///
    /// # Errors
    /// `PERIOD_IN_FUTURE`, `ORGANIZATION_NOT_FOUND`, `NOT_YET_APPLIED`, `REPORT_TOO_LARGE`, `OVERLOADED`, or what the
    /// store says.
    pub async fn report(
        &self,
        question: &ReportQuestion,
        group_by: &[Dimension],
    ) -> Result<PeriodReport, Refusal> {
        let _room = self.report_room().await?;
        let ground = self.report_ground(question).await?;
        let closed = |month: Month| ground.closings.of(month).map(|closing| closing.closed_at);
        let months: Vec<MonthState> =
            question.period.months().map(|month| MonthState { month, closed_at: closed(month) }).collect();
        let cuts = Cuts::of(ground.position, months.iter().map(|state| (state.month, state.closed_at)));
        let mut report = Report::new(&ground.tree, &ground.ties, cuts, group_by, self.limits().report);
        for state in &months {
            let index = self.month_index(state.month, ground.position).await?;
            self.each_entry(&index, |event, reversed| match &event.fact {
                Fact::EntryRecorded(entry) => {
                    report.record(event.position, entry, reversed).map_err(too_large)
                }
                _ => Err(crate::error::damaged()),
            })
            .await?;
        }
        let reported = report.finish().map_err(too_large)?;
        let corrections = self.corrections_of_earlier_months(&ground, question.period).await?;
        let Ground { position, tree, .. } = ground;
        Ok(PeriodReport { period: question.period, months, tree, reported, corrections, position })
    }

    /// What was recorded or reversed of months before a period, from the closing of the month right before it to the
    /// closing of its last month, or up to the answer. So every correction stands in one month's report.
    async fn corrections_of_earlier_months(
        &self,
        ground: &Ground,
        period: Period,
    ) -> Result<Corrections, Refusal> {
        let mut corrections = Corrections::default();
        let Some(before) = ground.closings.of(period.first().previous()) else { return Ok(corrections) };
        let upto = ground.closings.of(period.last()).map_or(ground.position, |closing| closing.closed_at);
        let earlier = std::iter::successors(Some(ground.begins), |month| Some(month.next()));
        let earlier = earlier.take_while(|month| *month < period.first());
        self.each_change(earlier, (before.closed_at, upto), |event| match &event.fact {
            Fact::EntryRecorded(entry) if ground.tree.number(&entry.organization).is_some() => {
                corrections.record(entry);
            }
            Fact::EntryReversed(reversal) if ground.tree.number(&reversal.posted_by).is_some() => {
                corrections.reverse(reversal);
            }
            _ => {}
        })
        .await?;
        Ok(corrections)
    }
}
