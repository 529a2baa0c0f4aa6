//! A frozen list, years later: made anew from the log, and what has changed in the record since.

use super::{AsOf, Question, digest_of};
use crate::error::damaged;
use crate::ledger::Ledger;
use ledger_core::entry::Digest32;
use ledger_core::event::Fact;
use ledger_core::id::SelectionId;
use ledger_core::quantity::Position;
use ledger_core::selection::fact::{FreezeProposed, NamingProposed};
use ledger_core::selection::{
    Freeze, RankedDifference, RankedList, Standard, differences, digest_of_differences,
};
use ledger_core::{Reason, Refusal};

/// A frozen list beside the same list made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionVerified {
    /// What was frozen.
    pub frozen: Freeze,
    /// SHA-256 of the list as it is made from the log now.
    pub recomputed: Digest32,
    /// The list.
    pub list: RankedList,
}

impl SelectionVerified {
    /// Whether it is the same, byte for byte.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.frozen.digest == self.recomputed
    }
}

/// What has changed in the record since a list was frozen: late entries, reversals, merges, members who came and went.
/// Steps of the selection and policies count as they did then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectionDifferences {
    /// The standard the candidates are measured by.
    pub standard: Standard,
    /// Whoever stands otherwise by now, in order of the frozen list.
    pub rows: Vec<RankedDifference>,
    /// SHA-256 of the differences; none where there are none. The same differences have the same digest at any position.
    pub digest: Option<Digest32>,
    /// The position they are true at.
    pub position: Position,
}

impl Ledger {
    /// Makes a frozen list anew from the log.
    ///
    /// # Errors
    /// `SELECTION_NOT_FOUND`, `STAGE_ORDER` where nothing is frozen, or what the store says.
    pub async fn verify_selection(&self, id: &SelectionId) -> Result<SelectionVerified, Refusal> {
        let (yardstick, record) = self.selection_yardstick(id).await?;
        let (frozen, ..) = record.frozen().ok_or_else(|| not_frozen(id))?;
        let question = Question { as_of: AsOf::Position(frozen.at), ..Question::default() };
        let list = self.rank(&yardstick, &question).await?;
        let recomputed = digest_of(&list)?;
        Ok(SelectionVerified { frozen: frozen.clone(), recomputed, list })
    }

    /// What has changed in the record since a list was frozen.
    ///
    /// # Errors
    /// As [`Ledger::verify_selection`]; `LEDGER_DAMAGED` where the frozen list cannot be made anew.
    pub async fn selection_differences(
        &self,
        id: &SelectionId,
        question: &Question,
    ) -> Result<SelectionDifferences, Refusal> {
        let verified = self.verify_selection(id).await?;
        if !verified.is_same() {
            return Err(damaged());
        }
        let (mut yardstick, _) = self.selection_yardstick(id).await?;
        yardstick.steps_until = Some(verified.frozen.at);
        let now = self.rank(&yardstick, question).await?;
        let position = now.basis.position;
        if position < verified.frozen.at {
            return Err(not_frozen(id));
        }
        let rows = differences(verified.list, now);
        let digest = digest_of_differences(self.id(), id, verified.frozen.digest, &rows);
        let digest = digest.map_err(|_| damaged())?;
        Ok(SelectionDifferences { standard: yardstick.standard, rows, digest, position })
    }
}

impl Ledger {
    /// The list that is frozen, as it was proposed: who is chosen stands there.
    ///
    /// # Errors
    /// As [`Ledger::verify_selection`].
    pub async fn frozen_list(&self, id: &SelectionId) -> Result<FreezeProposed, Refusal> {
        let (record, _) = self.selection(id, Position(0)).await?;
        let (frozen, ..) = record.frozen().ok_or_else(|| not_frozen(id))?;
        match self.fact_at(frozen.proposed_at).await? {
            Fact::FreezeProposed(proposed) => Ok(proposed),
            _ => Err(damaged()),
        }
    }

    /// The naming that was proposed last.
    ///
    /// # Errors
    /// `SELECTION_NOT_FOUND`, `STAGE_ORDER` where none was proposed, or what the store says.
    pub async fn proposed_naming(&self, id: &SelectionId) -> Result<NamingProposed, Refusal> {
        let (record, _) = self.selection(id, Position(0)).await?;
        let naming = record.naming.as_ref().ok_or_else(|| {
            Refusal::field(
                Reason::StageOrder,
                "selection",
                format!("評選「{id}」還沒有提出命名，請先提出。No naming of \"{id}\" was proposed yet: propose it first."),
            )
        })?;
        match self.fact_at(naming.proposed_at).await? {
            Fact::NamingProposed(proposed) => Ok(proposed),
            _ => Err(damaged()),
        }
    }

    async fn fact_at(&self, position: Position) -> Result<Fact, Refusal> {
        let event = self.read_events_at(vec![position]).await?.pop();
        Ok(event.ok_or_else(damaged)?.fact)
    }
}

fn not_frozen(id: &SelectionId) -> Refusal {
    Refusal::field(
        Reason::StageOrder,
        "selection",
        format!(
            "評選「{id}」的名單還沒有定，請先定名單。The list of \"{id}\" is not frozen yet: freeze it first."
        ),
    )
}
