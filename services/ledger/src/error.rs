//! What a store's errors mean to a client.

use ledger_core::ports::StoreError;
use ledger_core::projection::StateError;
use ledger_core::{Reason, Refusal};

/// The refusal a client sees for a store's error.
#[must_use]
pub fn refuse(error: &StoreError) -> Refusal {
    match error {
        StoreError::NoLedger => Refusal::new(
            Reason::LedgerNotFound,
            "沒有這個帳本，請查對帳本名稱。There is no such ledger: check its name.",
        ),
        StoreError::LedgerExists => Refusal::new(
            Reason::LedgerExists,
            "帳本已經存在，直接使用即可。The ledger exists already: use it.",
        ),
        StoreError::ReadOnly(_) => Refusal::new(
            Reason::StorageReadOnly,
            "磁碟已滿或唯讀，這筆沒有記；請通知管理員，處理後用同一 request_id 重送。\
             The disk is full or read-only and nothing was recorded: tell the operator, then send the same request again.",
        ),
        StoreError::OtherForm(_) => Refusal::new(
            Reason::ShuttingDown,
            "帳本正由另一版程式服務，這筆沒有記；請重新啟動本程式，再用同一 request_id 重送。\
             Another version of the program serves the ledger and nothing was recorded: start this one again, \
             then send the same request again.",
        ),
        StoreError::Superseded => Refusal::new(
            Reason::WriterFenced,
            "另一個程式接手了這次重算，這裡的停下，帳本照常；等它做完即可。\
             Another process has taken this over and this one stopped; the ledger is as it was: let the other finish.",
        ),
        // Of the first two only the writer hears, and decides again.
        StoreError::HeadMoved | StoreError::RequestKnown | StoreError::Unavailable(_) => Refusal::new(
            Reason::StorageUnavailable,
            "資料庫暫時沒有回應，這筆沒有記；請用同一 request_id 重送。\
             The store does not answer and nothing was recorded: send the same request again.",
        ),
        StoreError::OutcomeUnknown(_) => Refusal::new(
            Reason::OutcomeUnknown,
            "不能確定這筆是否已記；請用同一 request_id 重送，不會重複。\
             Whether it was recorded is not known: send the same request again, it will not be doubled.",
        ),
        StoreError::Damaged(_) => damaged(),
    }
}

pub(crate) fn damaged() -> Refusal {
    Refusal::new(
        Reason::LedgerDamaged,
        "帳本資料有損壞，已停止記帳；請管理員執行 verify。\
         Stored data is damaged: the operator should run verify.",
    )
}

/// A state that cannot be read or folded is damage; what exactly goes to the log of the program.
pub(crate) fn damage(error: StateError) -> Refusal {
    tracing::error!(%error, "a stored state does not fit");
    damaged()
}

/// As [`refuse`], with the store's own words in the log of the program.
#[must_use]
pub fn store_error(error: StoreError) -> Refusal {
    match &error {
        StoreError::NoLedger | StoreError::LedgerExists | StoreError::Superseded => {}
        other => tracing::error!(error = %other, "the store failed"),
    }
    refuse(&error)
}
