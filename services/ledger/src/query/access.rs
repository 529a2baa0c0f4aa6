//! What access asks of a ledger. It is asked of the primary: a standby may not know yet of a revocation.

use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::access::{CredentialRecord, Scope};
use ledger_core::decide::keeps_the_ledger;
use ledger_core::event::Fact;
use ledger_core::id::{AccountId, CredentialId, OrganizationId};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;

impl Ledger {
    /// A credential; none where there is no such.
    ///
    /// # Errors
    /// What the store says.
    pub async fn credential(&self, id: &CredentialId) -> Result<Option<CredentialRecord>, Refusal> {
        match self.newest(Key::credential(id)).await? {
            Some(State::Credential(record)) => Ok(Some(*record)),
            _ => Ok(None),
        }
    }

    /// Whether an organisation is in a scope: the scope's own, or one below it. One that does not exist is in none but the
    /// whole ledger's, where what was asked for will say so itself.
    ///
    /// # Errors
    /// What the store says.
    pub async fn has_in_scope(&self, scope: &Scope, organization: &OrganizationId) -> Result<bool, Refusal> {
        let top = match scope {
            Scope::Ledger => return Ok(true),
            Scope::Organization(top) => top,
            Scope::Resident(_) => return Ok(false),
        };
        if top == organization {
            return Ok(true);
        }
        match self.newest(Key::organization(organization)).await? {
            Some(State::Organization(record)) => Ok(record.ancestors.contains(top)),
            _ => Ok(false),
        }
    }

    /// Whether an account is to be seen from a scope: a resident's where an organisation of the scope opened it, a
    /// household's where its community is in the scope, an organisation's where that is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_seen(&self, scope: &Scope, account: &AccountId) -> Result<bool, Refusal> {
        if let Scope::Resident(own) = scope {
            return Ok(matches!(account, AccountId::Resident(id) if id == own));
        }
        if *scope == Scope::Ledger {
            return Ok(true);
        }
        let organization = match account {
            AccountId::Organization(id) => return self.has_in_scope(scope, id).await,
            AccountId::Resident(_) | AccountId::Household(_) => {
                match self.newest(Key::account(account)).await? {
                    Some(State::Resident(record)) => record.resident.organization,
                    Some(State::Household(record)) => record.community().clone(),
                    _ => return Ok(false),
                }
            }
        };
        self.has_in_scope(scope, &organization).await
    }

    /// Whether an entry, or another thing that stands at a position of the log, is to be seen from a scope: where an
    /// organisation of the scope posted it, or where its account is to be seen.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_event_seen(&self, scope: &Scope, position: Position) -> Result<bool, Refusal> {
        if *scope == Scope::Ledger {
            return Ok(true);
        }
        let Some(event) = self.read_events_at(vec![position]).await?.into_iter().next() else {
            return Ok(false);
        };
        if let Some(poster) = &event.poster
            && self.has_in_scope(scope, poster).await?
        {
            return Ok(true);
        }
        let account = match &event.fact {
            Fact::EntryRecorded(entry) => &entry.account,
            Fact::EntryReversed(reversal) => &reversal.account,
            _ => return Ok(false),
        };
        self.is_seen(scope, account).await
    }

    /// Whether a scope reaches all of the ledger: the ledger itself, or the district at the root of its tree, or the community
    /// college that stands in its place or directly below it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn is_whole(&self, scope: &Scope) -> Result<bool, Refusal> {
        match scope {
            Scope::Ledger => Ok(true),
            Scope::Resident(_) => Ok(false),
            Scope::Organization(top) => match self.newest(Key::organization(top)).await? {
                Some(State::Organization(record)) => Ok(keeps_the_ledger(&record)),
                _ => Ok(false),
            },
        }
    }
}
