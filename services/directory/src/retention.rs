//! Who is due under the rule of retention, of those whose data is kept here; and the erasure of many at once.

use crate::directory::{Directory, submit};
use creditbank_ledger::{
    DueAmong, DueResident, Ledger, PageRequest, Receipt, bad_token, id_token, store_error,
};
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::id::{OrganizationId, PersonId, RequestId, ResidentId};
use ledger_core::quantity::Position;
use ledger_core::retention::RetentionAct;

/// Persons that one page looks at (our own default): their accounts are read from one snapshot.
const LOOKED_AT: u32 = 500;

impl Directory {
    /// A page of the residents who are due on a day under the rule of the ledger, in the order of their ids, and the token of
    /// the next. A page may hold few, or none, and not be the last: it looks at a bounded number of persons. Nothing is
    /// changed, and nothing personal is read.
    ///
    /// # Errors
    /// `OCCURRED_IN_FUTURE`, `FIELD_INVALID`, `PAGE_TOKEN_INVALID`, `NOT_YET_APPLIED`, or what the stores say.
    pub async fn retention_due(
        &self,
        ledger: &Ledger,
        on: OccurredOn,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<(DueAmong, String), Refusal> {
        let limit = page.limit()? as usize;
        let after = page.after_id()?.map(ResidentId::parse).transpose().map_err(|_| bad_token())?;
        let keys = self.persons().list_keys(ledger.id(), after.as_ref(), LOOKED_AT).await;
        let kept: Vec<ResidentId> =
            keys.map_err(store_error)?.into_iter().map(|(resident, _)| resident).collect();
        let mut among = ledger.due_among(&kept, on, min_position).await?;
        let next = if among.due.len() > limit {
            among.due.truncate(limit);
            among.due.last().map(|DueResident { kept, .. }| kept)
        } else {
            kept.last().filter(|_| among.months.is_some() && kept.len() == LOOKED_AT as usize)
        };
        let next_token = next.map(|id| id_token(id.as_str())).unwrap_or_default();
        Ok((among, next_token))
    }

    /// Approves the erasure of residents who are due and does it, as one of a single resident is done: it is answered once
    /// the register has all of them on disk and their rows are gone.
    ///
    /// # Errors
    /// What the log refuses, or where the register or the store cannot be written.
    pub async fn approve_retention(
        &self,
        ledger: &Ledger,
        (asking, request_id, request_digest): ((OrganizationId, Option<PersonId>), RequestId, [u8; 32]),
        (proposed_at, digest, approved_by): (Position, Digest32, PersonId),
    ) -> Result<Receipt, Refusal> {
        let _one_at_a_time = self.writing.lock().await;
        let (_, proposal) = ledger.retention_proposal(proposed_at).await?;
        let standards = ledger.standards_named().await?;
        let act = RetentionAct::Approve { proposed_at, proposal, standards, digest, approved_by };
        let action = Action::Retention(Box::new(act));
        let receipt = submit(ledger, asking, request_id, request_digest, action).await?;
        self.carry_out(ledger, &receipt).await?;
        Ok(receipt)
    }
}
