//! Rows that are no entries: reported with the mapping's reason, never dropped.

use super::cells::{Cells, Failed};
use crate::expression::decimal::Decimal;
use crate::mapping::plan::SkipTest;

/// The reason of the first rule that the row meets.
pub(super) fn reason(cells: &mut Cells<'_>) -> Result<Option<String>, Failed> {
    let plan = cells.plan;
    let mut text = String::new();
    for skip in &plan.skips {
        cells.render(&skip.when, &mut text)?;
        let is_met = match &skip.test {
            SkipTest::Is(list) => list.contains(&text),
            SkipTest::IsNot(list) => !list.contains(&text),
            SkipTest::Contains(list) => list.iter().any(|part| text.contains(part.as_str())),
            SkipTest::Below(_) if text.is_empty() => false,
            SkipTest::Below(limit) => match Decimal::parse(&text) {
                Ok(number) => number.is_below(*limit),
                Err(flaw) => return Err(cells.fail(&skip.when, flaw)),
            },
        };
        if is_met {
            return Ok(Some(cells.render_sentence(&skip.reason)));
        }
    }
    Ok(None)
}
