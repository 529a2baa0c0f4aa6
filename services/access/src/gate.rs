//! The gate: knows the holders of credentials.

use crate::{Issuer, Presented, Principal};
use creditbank_ledger::Bank;
use ledger_core::access::{CredentialRecord, Standing};
use ledger_core::refusal::Class;
use ledger_core::{Reason, Refusal};
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a credential that was looked up is taken at its word. A revocation holds on every replica after it at the
/// latest (the promise is 5 seconds).
pub const FRESH: Duration = Duration::from_secs(2);

/// Credentials kept at hand (our own default); each takes some 500 bytes.
const AT_HAND: usize = 16_384;

/// A credential as it was read.
#[derive(Clone)]
struct Held {
    record: Arc<CredentialRecord>,
    principal: Arc<Principal>,
    read: Instant,
}

/// Knows the holders of credentials.
pub struct Gate {
    bank: Arc<Bank>,
    issuer: Option<Issuer>,
    held: Cache<(String, String), Held>,
}

impl Gate {
    /// The gate of a bank.
    #[must_use]
    pub fn new(bank: Arc<Bank>) -> Gate {
        Gate { bank, issuer: None, held: Cache::new(AT_HAND) }
    }

    /// The same, where an issuer vouches for identities.
    #[must_use]
    pub fn with_issuer(self, issuer: Issuer) -> Gate {
        Gate { issuer: Some(issuer), ..self }
    }

    /// What a bearer shows: a token of ours, or one of the issuer's.
    ///
    /// # Errors
    /// `CREDENTIAL_INVALID`, whatever is wrong with it.
    pub fn bearer(&self, text: &str) -> Result<Presented, Refusal> {
        let vouched = || self.issuer.as_ref()?.presented(text, self.bank.now());
        Presented::token(text).or_else(vouched).ok_or_else(invalid)
    }

    /// Who shows this.
    ///
    /// # Errors
    /// `CREDENTIAL_INVALID`, whatever is wrong with it; or what the store says.
    pub async fn holder(&self, presented: &Presented) -> Result<Arc<Principal>, Refusal> {
        let held = self.held(presented).await?.ok_or_else(invalid)?;
        let now = self.bank.now();
        let lasts = presented.until.is_none_or(|until| now < until);
        let proven = presented.shown.proves(&held.record.issued);
        if !lasts || !proven || held.record.standing(now) != Standing::Active {
            return Err(invalid());
        }
        Ok(held.principal)
    }

    async fn held(&self, presented: &Presented) -> Result<Option<Held>, Refusal> {
        let key = (presented.ledger.to_string(), presented.credential.to_string());
        if let Some(held) = self.held.get(&key)
            && held.read.elapsed() < FRESH
        {
            return Ok(Some(held));
        }
        let read = Instant::now();
        let ledger = match self.bank.ledger(&presented.ledger).await {
            Ok(ledger) => ledger,
            Err(refusal) if refusal.reason().class() == Class::NotFound => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let Some(record) = ledger.credential(&presented.credential).await? else { return Ok(None) };
        let principal = Principal {
            ledger: presented.ledger.clone(),
            credential: presented.credential.clone(),
            person: record.issued.person.clone(),
            role: record.issued.role,
            scope: record.issued.scope.clone(),
        };
        let held = Held { record: Arc::new(record), principal: Arc::new(principal), read };
        self.held.insert(key, held.clone());
        Ok(Some(held))
    }
}

/// One answer to every credential that does not hold, so that nobody learns which of them was nearly right.
#[must_use]
pub fn invalid() -> Refusal {
    Refusal::new(
        Reason::CredentialInvalid,
        "憑證無效、已到期或已撤銷，請向管理員申請新的。\
         The credential is not valid, has expired or was revoked: ask the administrator for a new one.",
    )
}
