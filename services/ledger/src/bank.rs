//! The ledgers of a deployment.

use crate::budget::Budget;
use crate::error::store_error;
use crate::ledger::{Ledger, Limits};
use crate::rebuild::rebuild;
use crate::refold::check_form;
use crate::tenancy::arriving;
use crate::tree::{SignedBefore, bring_up};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use creditbank_proof::CheckpointKey;
use ledger_core::command::{Action, Command};
use ledger_core::date::OccurredOn;
use ledger_core::event::{LedgerOpened, PolicyPublished};
use ledger_core::id::{LedgerId, RequestId};
use ledger_core::policy::{DISTRICT_DEFAULT, Policy};
use ledger_core::ports::{Store, StoreError};
use ledger_core::registry::default_codes;
use ledger_core::{Reason, Refusal};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, watch};

/// The instant now. The core has no clock; this is where time comes from.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The clock of the machine.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Utc::now)
}

/// How a ledger begins.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// The civil time zone of its dates.
    pub time_zone: Tz,
    /// First day whose learning it takes.
    pub begins_on: OccurredOn,
}

impl LedgerSettings {
    /// The time zone where none is said.
    pub const TIME_ZONE: &str = "Asia/Shanghai";
    /// The first day where none is said (our own default).
    pub const BEGINS_ON: &str = "2000-01-01";

    /// Settings as they are written; what is empty is the default.
    ///
    /// # Errors
    /// `TIME_ZONE`, or what is wrong with the day.
    pub fn parse(time_zone: &str, begins_on: &str) -> Result<LedgerSettings, Refusal> {
        fn said<'a>(text: &'a str, default: &'a str) -> &'a str {
            if text.is_empty() { default } else { text }
        }
        let zone = said(time_zone, LedgerSettings::TIME_ZONE);
        let time_zone = zone.parse().map_err(|_| {
            Refusal::field(
                Reason::TimeZone,
                "time_zone",
                "沒有這個時區，例如 Asia/Shanghai。There is no such time zone: write one like Asia/Shanghai.",
            )
        })?;
        let begins_on = OccurredOn::parse(said(begins_on, LedgerSettings::BEGINS_ON), "begins_on")?;
        Ok(LedgerSettings { time_zone, begins_on })
    }
}

/// What the ledgers of a deployment share.
pub(crate) struct Deployment {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) standbys: Vec<Arc<dyn Store>>,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    /// Memory for the states of all writers.
    pub(crate) cache: Arc<Budget>,
    /// Memory for what the readers of all ledgers remember.
    pub(crate) remembered: Arc<Budget>,
    /// Set once a commit's outcome is unknown.
    pub(crate) fatal: watch::Sender<bool>,
    /// Signs the checkpoints of all ledgers.
    pub(crate) checkpoint_key: Option<(Arc<CheckpointKey>, Arc<SignedBefore>)>,
}

/// The ledgers of a deployment, each with its writer and readers, started when first asked for.
pub struct Bank {
    deployment: Deployment,
    running: RwLock<HashMap<LedgerId, Arc<Ledger>>>,
    /// One ledger starts at a time.
    starting: Mutex<()>,
}

impl Bank {
    /// A bank on a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Clock, limits: Limits) -> Bank {
        let cache = Budget::of(limits.cache_bytes);
        let remembered = Budget::of(limits.remembered_bytes);
        let fatal = watch::Sender::new(false);
        let standbys = Vec::new();
        let checkpoint_key = None;
        let deployment =
            Deployment { store, standbys, clock, limits, cache, remembered, fatal, checkpoint_key };
        Bank { deployment, running: RwLock::new(HashMap::new()), starting: Mutex::new(()) }
    }

    /// The same, which reads on standbys of the store where it can.
    #[must_use]
    pub fn with_standbys(mut self, standbys: Vec<Arc<dyn Store>>) -> Bank {
        self.deployment.standbys = standbys;
        self
    }

    /// The same, which signs checkpoints with the key of a file, and remembers beside it what was signed.
    #[must_use]
    pub fn with_checkpoint_key(mut self, key: CheckpointKey, file: &Path) -> Bank {
        let before = Arc::new(SignedBefore::beside(file));
        self.deployment.checkpoint_key = Some((Arc::new(key), before));
        self
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.deployment.store
    }

    /// The instant now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.deployment.clock)()
    }

    /// Becomes true when a commit's outcome is unknown: the process should end, and look again when it starts.
    #[must_use]
    pub fn fatal(&self) -> watch::Receiver<bool> {
        self.deployment.fatal.subscribe()
    }

    /// A ledger that exists.
    ///
    /// # Errors
    /// `LEDGER_NOT_FOUND`, or what the store says.
    pub async fn ledger(&self, id: &LedgerId) -> Result<Arc<Ledger>, Refusal> {
        if let Some(ledger) = self.running(id) {
            return Ok(ledger);
        }
        let _one_at_a_time = self.starting.lock().await;
        if let Some(ledger) = self.running(id) {
            return Ok(ledger);
        }
        let mut head = self.deployment.store.head(id).await.map_err(store_error)?;
        if !self.deployment.store.tenancy(id).await.map_err(store_error)?.standing.is_served() {
            return Err(arriving());
        }
        let form = check_form(&*self.deployment.store, id, head.generation).await;
        if let Err(StoreError::OtherForm(_)) = form {
            // Nobody can use the ledger before that.
            tracing::info!(ledger = %id, "the states are of another program: folding them anew");
            rebuild(Arc::clone(&self.deployment.store), id, |_| {}).await?;
            head = self.deployment.store.head(id).await.map_err(store_error)?;
        } else {
            form.map_err(store_error)?;
        }
        // A log that was written without its tree. Where the tree cannot be brought up, the log is read all the same.
        if let Err(error) = bring_up(&*self.deployment.store, id).await {
            tracing::error!(ledger = %id, %error, "the tree is not that of the log");
        }
        let ledger = Arc::new(Ledger::start(id.clone(), head, &self.deployment));
        let mut running = self.running.write().unwrap_or_else(PoisonError::into_inner);
        running.insert(id.clone(), Arc::clone(&ledger));
        Ok(ledger)
    }

    fn running(&self, id: &LedgerId) -> Option<Arc<Ledger>> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Opens a new ledger with the default policy and code lists; one that is open stays as it is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open_ledger(
        &self,
        id: &LedgerId,
        settings: &LedgerSettings,
    ) -> Result<Arc<Ledger>, Refusal> {
        match self.deployment.store.create_ledger(id).await {
            Ok(()) | Err(StoreError::LedgerExists) => {}
            Err(error) => return Err(store_error(error)),
        }
        let ledger = self.ledger(id).await?;
        if ledger.head().position.0 > 0 {
            return Ok(ledger);
        }
        let shipped = |what: &str, error: String| {
            tracing::error!(%error, "the shipped {what} is malformed");
            Refusal::new(Reason::LedgerDamaged, format!("the shipped {what} is malformed: {error}"))
        };
        let policy = Policy::parse(DISTRICT_DEFAULT).map_err(|error| shipped("policy", error.to_string()))?;
        let policy = PolicyPublished {
            policy: policy.policy,
            version: policy.version,
            document: DISTRICT_DEFAULT.to_owned(),
            approval: None,
        };
        let codes = default_codes().map_err(|error| shipped("code lists", error.to_string()))?;
        let opened = LedgerOpened { time_zone: settings.time_zone, begins_on: settings.begins_on };
        let command = Command {
            poster: None,
            by: None,
            request_id: RequestId::parse("creditbank-open-ledger")?,
            digest: [0; 32],
            action: Action::Open { opened, policy, codes },
        };
        match ledger.submit_one(command).await {
            // Another process may have opened it in the meantime.
            Ok(_) => Ok(ledger),
            Err(refusal) if refusal.reason() == Reason::LedgerExists => Ok(ledger),
            Err(refusal) => Err(refusal),
        }
    }

    /// Ledgers whose states another program wrote in a form of its own. They are folded anew when they are first used,
    /// without a word; who wants to show how it goes on does it before ([`rebuild`]).
    ///
    /// # Errors
    /// What the store says.
    pub async fn outdated(&self) -> Result<Vec<LedgerId>, Refusal> {
        let mut outdated = Vec::new();
        for listed in self.deployment.store.list_ledgers(None, u32::MAX).await.map_err(store_error)? {
            // What is not all there yet has no states.
            if !listed.tenancy.standing.is_served() {
                continue;
            }
            let id = listed.id;
            let generation = self.deployment.store.head(&id).await.map_err(store_error)?.generation;
            match check_form(&*self.deployment.store, &id, generation).await {
                Ok(()) => {}
                Err(StoreError::OtherForm(_)) => outdated.push(id),
                Err(error) => return Err(store_error(error)),
            }
        }
        Ok(outdated)
    }

    /// The ledgers that were asked for since the program began.
    #[must_use]
    pub fn running_ledgers(&self) -> Vec<Arc<Ledger>> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Ledgers that are running.
    pub(crate) fn all_running(&self) -> Vec<LedgerId> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The ledgers of districts.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ledgers(&self) -> Result<Vec<LedgerId>, Refusal> {
        let mut ledgers = self.deployment.store.ledgers().await.map_err(store_error)?;
        ledgers.retain(|id| *id != LedgerId::deployment());
        Ok(ledgers)
    }

    /// The ledger of the deployment itself, opened where there is none yet.
    ///
    /// # Errors
    /// What the store says.
    pub async fn own_ledger(&self) -> Result<Arc<Ledger>, Refusal> {
        self.open_ledger(&LedgerId::deployment(), &LedgerSettings::parse("", "")?).await
    }

    /// Takes no more commands and waits until all that were taken are written and answered.
    pub async fn shut_down(&self) {
        let ledgers: Vec<_> = {
            let mut running = self.running.write().unwrap_or_else(PoisonError::into_inner);
            running.drain().map(|(_, ledger)| ledger).collect()
        };
        for ledger in ledgers {
            ledger.shut_down().await;
        }
    }
}
