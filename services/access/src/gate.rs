//! The gate: knows the holders of credentials.

use crate::rate::Bucket;
use crate::{Issuer, Presented, Principal, Rate};
use creditbank_ledger::Bank;
use ledger_core::access::{CredentialRecord, Standing};
use ledger_core::id::{CredentialId, LedgerId};
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

/// How many calls all who show no credential may make together, where none is needed (our own default).
const STRANGERS: Rate = Rate { per_second: 200, burst: 400 };

/// A credential as it was read.
#[derive(Clone)]
struct Held {
    record: Arc<CredentialRecord>,
    principal: Arc<Principal>,
    calls: Arc<Bucket>,
    read: Instant,
}

/// Knows the holders of credentials.
pub struct Gate {
    bank: Arc<Bank>,
    rate: Rate,
    issuer: Option<Issuer>,
    held: Cache<(LedgerId, CredentialId), Held>,
    strangers: Bucket,
}

impl Gate {
    /// The gate of a bank; each credential makes so many calls.
    #[must_use]
    pub fn new(bank: Arc<Bank>, rate: Rate) -> Gate {
        let strangers = Bucket::full(STRANGERS, Instant::now());
        Gate { bank, rate, issuer: None, held: Cache::new(AT_HAND), strangers }
    }

    /// The same, where an issuer vouches for identities.
    #[must_use]
    pub fn with_issuer(self, issuer: Issuer) -> Gate {
        Gate { issuer: Some(issuer), ..self }
    }

    /// Who calls with this: one call is counted.
    ///
    /// # Errors
    /// As [`Gate::holder`]; `RATE_LIMITED` past the rate.
    pub async fn admit(&self, presented: &Presented) -> Result<Arc<Principal>, Refusal> {
        let held = self.proven(presented).await?;
        held.calls.take(self.rate, Instant::now()).map_err(too_many)?;
        Ok(held.principal)
    }

    /// Lets in who shows no credential, where none is needed: one call is counted.
    ///
    /// # Errors
    /// `RATE_LIMITED` past the rate of all of them together.
    pub fn admit_stranger(&self) -> Result<(), Refusal> {
        self.strangers.take(STRANGERS, Instant::now()).map_err(too_many)
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
        Ok(self.proven(presented).await?.principal)
    }

    async fn proven(&self, presented: &Presented) -> Result<Held, Refusal> {
        let held = self.held(presented).await?.ok_or_else(invalid)?;
        let now = self.bank.now();
        let lasts = presented.until.is_none_or(|until| now < until);
        let proven = presented.shown.proves(&held.record.issued);
        if !lasts || !proven || held.record.standing(now) != Standing::Active {
            return Err(invalid());
        }
        Ok(held)
    }

    async fn held(&self, presented: &Presented) -> Result<Option<Held>, Refusal> {
        let key = (presented.ledger.clone(), presented.credential.clone());
        let known = self.held.get(&key);
        if let Some(held) = &known
            && held.read.elapsed() < FRESH
        {
            return Ok(known);
        }
        let read = Instant::now();
        let ledger = match self.bank.ledger(&presented.ledger).await {
            Ok(ledger) => ledger,
            Err(refusal)
                if refusal.reason().class() == Class::NotFound
                    || refusal.reason() == Reason::LedgerArriving =>
            {
                return Ok(None);
            }
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
        let calls = known.map_or_else(|| Arc::new(Bucket::full(self.rate, read)), |held| held.calls);
        let held = Held { record: Arc::new(record), principal: Arc::new(principal), calls, read };
        self.held.insert(key, held.clone());
        Ok(Some(held))
    }
}

fn too_many(after: Duration) -> Refusal {
    Refusal::new(
        Reason::RateLimited,
        "這張憑證的呼叫太密，這次沒有辦；請稍候再送，或改用批次。\
         Too many calls come with this credential and this one was not looked at: wait a little, or send batches.",
    )
    .with("retry_after_milliseconds", after.as_millis().max(1))
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
