//! Many ledgers in one deployment: which there are, and what their operator has laid down for each.

use crate::bank::Bank;
use crate::error::store_error;
use crate::query::{PageRequest, bad_token, id_token};
use ledger_core::id::LedgerId;
use ledger_core::ports::{ListedLedger, Standing, Store, StoreError, Tenancy};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};

/// Whether postings may bring a ledger to a position.
///
/// # Errors
/// `LEDGER_SEALED`, `LEDGER_ARRIVING` or `QUOTA_EXCEEDED`.
pub(crate) fn check(tenancy: Tenancy, tip: Position) -> Result<(), Refusal> {
    match tenancy.standing {
        Standing::Sealed => Err(Refusal::new(
            Reason::LedgerSealed,
            "帳本已封存，不再記帳，查詢照常；請改用搬遷後的帳本，或請管理員解除封存。\
             The ledger is sealed and takes no more postings; reads go on. Post to where it was moved, or ask the operator.",
        )),
        Standing::Arriving | Standing::Discarded => Err(arriving()),
        Standing::Open => match tenancy.quota {
            Some(quota) if tip.0 > quota => Err(Refusal::new(
                Reason::QuotaExceeded,
                "帳本的事件數已達配額，這筆沒有記；請管理員提高配額後，用同一 request_id 重送。\
                 The ledger has as many events as its quota and nothing was recorded: ask the operator to raise it, \
                 then send the same request again.",
            )
            .with("quota", quota)),
            _ => Ok(()),
        },
    }
}

pub(crate) fn arriving() -> Refusal {
    Refusal::new(
        Reason::LedgerArriving,
        "帳本還在匯入，匯入完成後再查、再記。The ledger is being imported: try again when that is done.",
    )
}

impl Bank {
    /// Ledgers of districts in order of name, each at its own position. A page may be shorter and still not the last.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, `FIELD_INVALID`, or what the store says.
    pub async fn list_ledgers(&self, page: &PageRequest) -> Result<(Vec<ListedLedger>, String), Refusal> {
        let limit = page.limit()?;
        let after = page.after_id()?.map(LedgerId::parse).transpose().map_err(|_| bad_token())?;
        let mut listed = self.store().list_ledgers(after.as_ref(), limit + 1).await.map_err(store_error)?;
        let more = listed.len() > limit as usize;
        listed.truncate(limit as usize);
        let last = listed.last().filter(|_| more);
        let next = last.map_or(String::new(), |last| id_token(last.id.as_str()));
        listed.retain(|listed| listed.id != LedgerId::deployment());
        Ok((listed, next))
    }

    /// A ledger as the list shows it.
    ///
    /// # Errors
    /// `LEDGER_NOT_FOUND`, or what the store says.
    pub async fn listed_ledger(&self, id: &LedgerId) -> Result<ListedLedger, Refusal> {
        self.store().listed_ledger(id).await.map_err(store_error)
    }

    /// Lays down how many events a ledger may come to; none takes the limit away. A ledger that has more already keeps them
    /// and takes no more.
    ///
    /// # Errors
    /// `LEDGER_NOT_FOUND`, or what the store says.
    pub async fn set_quota(&self, id: &LedgerId, quota: Option<u64>) -> Result<ListedLedger, Refusal> {
        self.lay_down(id, |tenancy| Ok(Tenancy { quota, ..tenancy })).await
    }

    /// Seals a ledger: from the answer on nothing is recorded in it, and it is read as before. Postings that wait are
    /// refused.
    ///
    /// # Errors
    /// `LEDGER_NOT_FOUND`, `LEDGER_ARRIVING`, or what the store says.
    pub async fn seal(&self, id: &LedgerId) -> Result<ListedLedger, Refusal> {
        self.stand(id, Standing::Sealed).await
    }

    /// Takes postings again.
    ///
    /// # Errors
    /// As [`Bank::seal`].
    pub async fn unseal(&self, id: &LedgerId) -> Result<ListedLedger, Refusal> {
        self.stand(id, Standing::Open).await
    }

    async fn stand(&self, id: &LedgerId, standing: Standing) -> Result<ListedLedger, Refusal> {
        let stand = |tenancy: Tenancy| match tenancy.standing {
            Standing::Arriving | Standing::Discarded => Err(arriving()),
            Standing::Open | Standing::Sealed => Ok(Tenancy { standing, ..tenancy }),
        };
        self.lay_down(id, stand).await
    }

    async fn lay_down(
        &self,
        id: &LedgerId,
        change: impl Fn(Tenancy) -> Result<Tenancy, Refusal>,
    ) -> Result<ListedLedger, Refusal> {
        let change = |tenancy| change(tenancy).map(Some);
        lay_down(&**self.store(), id, change).await.map_err(store_error)??;
        self.listed_ledger(id).await
    }
}

/// Lays down for a ledger what `change` makes of what was laid down: nothing, where it gives none. It is asked again where
/// somebody else was first.
///
/// # Errors
/// What the store says; within, what `change` says.
pub async fn lay_down<E>(
    store: &dyn Store,
    ledger: &LedgerId,
    change: impl Fn(Tenancy) -> Result<Option<Tenancy>, E>,
) -> Result<Result<(), E>, StoreError> {
    loop {
        let from = store.tenancy(ledger).await?;
        let to = match change(from) {
            Ok(Some(to)) => to,
            Ok(None) => return Ok(Ok(())),
            Err(refused) => return Ok(Err(refused)),
        };
        // Also where that is the same: what an earlier call wrote may not be wherever it must be.
        match store.change_tenancy(ledger, from, to).await {
            Err(StoreError::Superseded) => {}
            changed => return changed.map(Ok),
        }
    }
}
