//! Who calls, as a method sees it.

use creditbank_access::{FRESH, Gate, Presented, Principal};
use ledger_core::id::PersonId;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;

/// Who calls.
#[derive(Clone)]
pub(crate) enum Caller {
    /// Whoever has the database: the program's own command line, in its own process.
    Owner,
    /// Somebody who shows nothing, where nothing is asked for.
    Stranger,
    /// The holder of a credential.
    Holder { principal: Arc<Principal>, presented: Arc<Presented>, gate: Arc<Gate> },
}

impl Caller {
    /// The holder; none for whoever has the database, or shows nothing.
    pub(crate) fn holder(&self) -> Option<&Principal> {
        match self {
            Caller::Owner | Caller::Stranger => None,
            Caller::Holder { principal, .. } => Some(principal),
        }
    }

    /// Whose name goes into the log.
    pub(crate) fn person(&self) -> Option<&PersonId> {
        self.holder().map(|holder| &holder.person)
    }

    /// Resolves when the credential holds no more, with the refusal that a call would get: what goes on for long ends
    /// with it.
    pub(crate) async fn until_it_holds_no_more(&self) -> Refusal {
        let Caller::Holder { presented, gate, .. } = self else { return std::future::pending().await };
        loop {
            tokio::time::sleep(FRESH).await;
            match gate.holder(presented).await {
                Err(refusal) if refusal.reason() == Reason::CredentialInvalid => return refusal,
                // That the store does not answer says nothing about the credential.
                Ok(_) | Err(_) => {}
            }
        }
    }
}
