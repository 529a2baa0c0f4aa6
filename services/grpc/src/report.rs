//! Reports in the words of the API, and back.

use crate::{names, proto};
use creditbank_ledger::PeriodReport;
use ledger_core::id::LedgerId;
use ledger_core::report::{Correction, Counts, Dimension, Figures, Row, Tree};
use ledger_core::{Reason, Refusal};

/// The dimensions of a request, each once.
pub(crate) fn dimensions(raw: &[String], field: &str) -> Result<Vec<Dimension>, Refusal> {
    let mut asked = Vec::with_capacity(raw.len());
    for (n, text) in raw.iter().enumerate() {
        match Dimension::parse(text) {
            Some(dimension) if !asked.contains(&dimension) => asked.push(dimension),
            _ => {
                let all: Vec<&str> = Dimension::ALL.iter().map(|dimension| dimension.as_str()).collect();
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    format!("{field}[{n}]"),
                    format!("{field} 可用 {}，各一次。{field} takes each of these once.", all.join("、")),
                ));
            }
        }
    }
    Ok(asked)
}

pub(crate) fn figures(figures: &Figures) -> proto::Figures {
    proto::Figures {
        attendances: figures.attendances,
        persons: figures.persons,
        heads: figures.heads,
        sessions: figures.sessions,
        minutes: figures.minutes,
        centi_class_hours: figures.centi_class_hours(),
        reversed: figures.reversed,
    }
}

fn less(a: u64, b: u64) -> i64 {
    let difference = i128::from(a) - i128::from(b);
    i64::try_from(difference).unwrap_or(if difference > 0 { i64::MAX } else { i64::MIN })
}

fn changes(closed: &Figures, restated: &Figures) -> proto::FigureChanges {
    proto::FigureChanges {
        attendances: less(restated.attendances, closed.attendances),
        persons: less(restated.persons, closed.persons),
        heads: less(restated.heads, closed.heads),
        sessions: less(restated.sessions, closed.sessions),
        minutes: less(restated.minutes, closed.minutes),
        reversed: less(restated.reversed, closed.reversed),
    }
}

fn row(row: Row) -> proto::ReportRow {
    proto::ReportRow {
        values: row.values,
        closed: row.closed.as_ref().map(figures),
        changes: row.closed.as_ref().map(|closed| changes(closed, &row.restated)),
        restated: Some(figures(&row.restated)),
    }
}

fn counts(counts: Counts) -> proto::CorrectionCounts {
    proto::CorrectionCounts {
        entries: counts.entries,
        attendances: counts.attendances,
        heads: counts.heads,
        minutes: counts.minutes,
    }
}

pub(crate) fn organizations(ledger: &LedgerId, tree: &Tree) -> Vec<proto::ReportOrganization> {
    let base = names::ledger_name(ledger);
    let nodes = tree.nodes().iter().map(|node| proto::ReportOrganization {
        organization: format!("{base}/organizations/{}", node.organization),
        display_name: node.display_name.clone(),
        institution_type: node.institution_type.as_str().to_owned(),
        depth: node.depth,
    });
    nodes.collect()
}

/// A report that was grouped by some dimensions.
pub(crate) fn wire(ledger: &LedgerId, report: PeriodReport, group_by: Vec<String>) -> proto::Report {
    let months = report.months.iter().map(|state| proto::ReportMonth {
        month: state.month.to_string(),
        closed_at: state.closed_at.map_or(0, |at| at.0),
    });
    let corrections =
        report.corrections.months().map(|(month, Correction { late, reversed })| proto::MonthCorrection {
            month: month.to_string(),
            late: Some(counts(late)),
            reversed: Some(counts(reversed)),
        });
    proto::Report {
        period: report.period.to_string(),
        months: months.collect(),
        group_by,
        total: Some(row(report.reported.total)),
        rows: report.reported.rows.into_iter().map(row).collect(),
        corrections: corrections.collect(),
        organizations: organizations(ledger, &report.tree),
        position: report.position.0,
    }
}
