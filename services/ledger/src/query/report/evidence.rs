//! Evidence packs: the entries that prove each item of a score table, in its order.

use super::ground::ReportQuestion;
use super::period::too_large;
use crate::ledger::Ledger;
use ledger_core::event::{Event, Fact};
use ledger_core::quantity::Position;
use ledger_core::report::{Bounds, Cuts, Figures, Report, ScoreTable, TooLarge, Tree};
use ledger_core::{Reason, Refusal};
use tokio::sync::OwnedSemaphorePermit;

/// The most rows of a pack: a sheet of a workbook has 1,048,576, and a few are headings.
const MAX_ROWS: usize = 1_000_000;

/// What proves the items of a score table. Eight bytes for each row; the entries are read when they are wanted. As long
/// as it is kept it takes the room of a report, so packs that nobody reads are few.
#[derive(Debug)]
pub struct EvidencePack {
    /// Of each item, the entries that stand, in order.
    pub entries: Vec<Vec<Position>>,
    /// Of each item, what they come to.
    pub totals: Vec<Figures>,
    /// The organisations.
    pub tree: Tree,
    /// The position it is true at.
    pub position: Position,
    _room: OwnedSemaphorePermit,
}

impl Ledger {
    /// Finds the entries of each item of a score table.
    ///
    /// # Errors
    /// As [`Ledger::report`]; `ORGANIZATION_NOT_FOUND` where the table names one that is not there.
    pub async fn evidence_pack(
        &self,
        table: &ScoreTable,
        question: &ReportQuestion,
    ) -> Result<EvidencePack, Refusal> {
        let room = self.report_room().await?;
        let ground = self.report_ground(question).await?;
        for (n, item) in table.items.iter().enumerate() {
            for (m, organization) in item.of.organizations.iter().enumerate() {
                if ground.tree.number(organization).is_none() {
                    return Err(Refusal::field(
                        Reason::OrganizationNotFound,
                        format!("score_table.items[{n}].of.organizations[{m}]"),
                        format!(
                            "所查的機構之下沒有「{organization}」，請查對評分表。\
                             There is no \"{organization}\" among the organisations asked about: check the table."
                        ),
                    ));
                }
            }
        }
        let bounds = Bounds { rows: 1, ..self.limits().report };
        let cuts = || Cuts::open(ground.position);
        let mut totals: Vec<Report<'_>> = table
            .items
            .iter()
            .map(|_| Report::new(&ground.tree, &ground.ties, cuts(), &[], bounds))
            .collect();
        let mut entries = vec![Vec::new(); table.items.len()];
        let mut rows = 0;
        for month in question.period.months() {
            let index = self.month_index(month, ground.position).await?;
            self.each_entry(&index, |event, reversed| {
                let Fact::EntryRecorded(entry) = &event.fact else { return Err(crate::error::damaged()) };
                let Some(poster) = ground.tree.number(&entry.organization) else { return Ok(()) };
                if reversed.is_some() {
                    return Ok(());
                }
                for (n, item) in table.items.iter().enumerate() {
                    if item.of.takes(entry, &ground.tree, poster) {
                        rows += 1;
                        entries[n].push(event.position);
                        totals[n].record(event.position, entry, None).map_err(too_large)?;
                    }
                }
                if rows > MAX_ROWS { Err(too_large(TooLarge::Rows(MAX_ROWS))) } else { Ok(()) }
            })
            .await?;
        }
        let totals = totals.into_iter().map(|total| Ok(total.finish()?.total.restated));
        let totals = totals.collect::<Result<_, TooLarge>>().map_err(too_large)?;
        entries.iter_mut().for_each(|positions: &mut Vec<Position>| positions.sort_unstable());
        let tree = ground.tree.clone();
        Ok(EvidencePack { entries, totals, position: ground.position, tree, _room: room.made() })
    }

    /// Entries of a pack, at most a few hundred at a time.
    ///
    /// # Errors
    /// What the store says.
    pub async fn evidence_entries(&self, positions: &[Position]) -> Result<Vec<Event>, Refusal> {
        self.events_of_roll(positions).await
    }
}
