//! The rows of a sheet, one batch after the other.

use crate::persist::persist;
use crate::verdict::{Counts, Told, Verdict};
use creditbank_grpc::proto::ledger_service_client::LedgerServiceClient;
use creditbank_grpc::proto::registry_service_client::RegistryServiceClient;
use creditbank_grpc::{Credentialed, proto};
use creditbank_import::{ImportError, Registration, Row, RowOutcome, Source};
use ledger_core::Reason;
use ledger_core::id::LedgerId;
use std::sync::Arc;
use tokio::sync::mpsc;
use tonic::Status;
use tonic_types::StatusExt;

/// Entries of one call: the most of `BatchPostEntries`.
const BATCH: usize = 1_000;
/// Batches of rows that are read ahead of those being posted (our own default).
const AHEAD: usize = 1;
/// Distinct reasons for skipped rows that are counted by themselves; sentences may hold what stands in the row (our own
/// default).
const REASONS: usize = 20;

/// What stands for all further reasons.
const OTHER_REASONS: &str = "其他原因 Other reasons";

/// The way to a ledger.
#[derive(Clone)]
pub struct Desk {
    parent: String,
    ledger: LedgerServiceClient<Credentialed>,
    registry: RegistryServiceClient<Credentialed>,
}

impl Desk {
    /// Of a ledger, `ledgers/{ledger}`.
    #[must_use]
    pub fn new(way: &Credentialed, parent: impl Into<String>) -> Desk {
        Desk {
            parent: parent.into(),
            ledger: LedgerServiceClient::new(way.clone()),
            registry: RegistryServiceClient::new(way.clone()),
        }
    }

    /// Registers what a sheet needs; gives the number of accounts that were opened.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn register(&self, needed: &Registration) -> Result<u64, Status> {
        for request in &needed.organizations {
            persist(|| {
                let mut registry = self.registry.clone();
                async move { registry.create_organization(request.clone()).await }
            })
            .await?;
        }
        for request in &needed.courses {
            persist(|| {
                let mut registry = self.registry.clone();
                async move { registry.create_course(request.clone()).await }
            })
            .await?;
        }
        for request in &needed.versions {
            persist(|| {
                let mut registry = self.registry.clone();
                async move { registry.create_course_version(request.clone()).await }
            })
            .await?;
        }
        for request in &needed.approvals {
            persist(|| {
                let mut registry = self.registry.clone();
                async move { registry.approve_course_version(request.clone()).await }
            })
            .await?;
        }
        let mut opened = 0;
        for request in &needed.residents {
            let answer = persist(|| {
                let mut registry = self.registry.clone();
                async move { registry.batch_create_residents(request.clone()).await }
            })
            .await?;
            opened += if answer.replayed { 0 } else { u64::from(answer.created) };
        }
        Ok(opened)
    }
}

/// What is heard of a sheet as it goes.
#[derive(Debug)]
pub enum Heard<'a> {
    /// A row, before it is sent.
    Read(&'a Row),
    /// What became of a row, with how many became what so far. Not in the order of the rows.
    Told(Told, &'a Counts),
}

/// What a rehearsal does not hold against a row, because it will be registered first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Registers {
    accounts: bool,
    rest: bool,
}

impl Registers {
    fn covers(self, reason: &str) -> bool {
        let is = |reasons: &[Reason]| reasons.iter().any(|known| known.as_str() == reason);
        self.accounts && is(&[Reason::ResidentNotFound])
            || self.rest
                && is(&[
                    Reason::CourseNotFound,
                    Reason::CourseVersionNotFound,
                    Reason::CourseNotApproved,
                    Reason::OrganizationNotFound,
                ])
    }
}

/// The rows of a sheet on their way into the ledger.
pub struct Posting {
    desk: Desk,
    /// What all entries of the sheet carry.
    batch: String,
    rehearses: Option<Registers>,
    waiting: Vec<(u64, proto::PostEntryRequest)>,
    /// How many rows became what, so far.
    pub counts: Counts,
}

impl Posting {
    /// Of a batch.
    #[must_use]
    pub fn new(desk: Desk, batch: String) -> Posting {
        Posting { desk, batch, rehearses: None, waiting: Vec::new(), counts: Counts::default() }
    }

    /// One that records nothing. `opens_accounts` and `registers` say what will be registered before rows are posted, and is
    /// therefore not missed.
    #[must_use]
    pub fn rehearsal(desk: Desk, opens_accounts: bool, registers: bool) -> Posting {
        let rehearses = Some(Registers { accounts: opens_accounts, rest: registers });
        Posting { rehearses, ..Posting::new(desk, String::new()) }
    }

    /// Takes all rows of a sheet; they are read beside, in a thread that may wait for the disk. Gives what the
    /// rows need to be registered.
    ///
    /// # Errors
    /// What the file, the ledger or `hear` says. Rows of which nothing was told may be recorded: the same sheet again tells.
    pub async fn run<E>(
        &mut self,
        source: &Arc<Source>,
        ledger: &LedgerId,
        mut hear: impl FnMut(Heard<'_>) -> Result<(), E>,
    ) -> Result<Registration, E>
    where
        E: From<ImportError> + From<Status>,
    {
        let (ahead, mut rows) = mpsc::channel(AHEAD);
        let (reader, id) = (Arc::clone(source), ledger.clone());
        let reading = tokio::task::spawn_blocking(move || read(&reader, &id, &ahead));
        while let Some(some) = rows.recv().await {
            for row in some {
                hear(Heard::Read(&row))?;
                for told in self.take(row).await? {
                    hear(Heard::Told(told, &self.counts))?;
                }
            }
        }
        for told in self.send().await? {
            hear(Heard::Told(told, &self.counts))?;
        }
        let read = reading.await.map_err(|_| Status::internal("the reader of the sheet has stopped"))?;
        Ok(read?)
    }

    async fn take(&mut self, row: Row) -> Result<Vec<Told>, Status> {
        self.counts.rows += 1;
        let verdict = match row.outcome {
            RowOutcome::Post(mut request) => {
                self.counts.to_post += 1;
                if let Some(entry) = &mut request.entry {
                    entry.batch.clone_from(&self.batch);
                }
                self.waiting.push((row.number, *request));
                return if self.waiting.len() == BATCH { self.send().await } else { Ok(Vec::new()) };
            }
            RowOutcome::Skipped { reason } => {
                let known = self.counts.skipped.len() < REASONS || self.counts.skipped.contains_key(&reason);
                let counted = if known { reason.clone() } else { OTHER_REASONS.to_owned() };
                *self.counts.skipped.entry(counted).or_default() += 1;
                Verdict::Skipped { reason }
            }
            RowOutcome::Bad { problems } => {
                self.counts.bad += 1;
                Verdict::Bad { problems }
            }
        };
        Ok(vec![Told { row: row.number, verdict }])
    }

    async fn send(&mut self) -> Result<Vec<Told>, Status> {
        if self.waiting.is_empty() {
            return Ok(Vec::new());
        }
        let (numbers, requests): (Vec<u64>, Vec<_>) = self.waiting.drain(..).unzip();
        let batch = proto::BatchPostEntriesRequest {
            parent: self.desk.parent.clone(),
            requests,
            atomic: false,
            validate_only: self.rehearses.is_some(),
        };
        let answer = persist(|| {
            let (mut ledger, batch) = (self.desk.ledger.clone(), batch.clone());
            async move { ledger.batch_post_entries(batch).await }
        })
        .await?;
        let told = numbers.into_iter().zip(answer.verdicts);
        Ok(told.map(|(row, verdict)| Told { row, verdict: self.judge(verdict) }).collect())
    }

    fn judge(&mut self, verdict: proto::EntryVerdict) -> Verdict {
        let position = verdict.position;
        let Some(error) = verdict.error else {
            if verdict.replayed {
                self.counts.already += 1;
                return Verdict::Already { position };
            }
            self.counts.recorded += 1;
            return Verdict::Recorded { position };
        };
        let reason = reason_of(&error);
        if self.rehearses.is_some_and(|registers| registers.covers(&reason)) {
            self.counts.recorded += 1;
            return Verdict::Recorded { position: 0 };
        }
        self.counts.refused += 1;
        Verdict::Refused { reason, message: error.message }
    }
}

/// Reads the rows in parts; ends where nobody takes them any more.
fn read(
    source: &Source,
    ledger: &LedgerId,
    ahead: &mpsc::Sender<Vec<Row>>,
) -> Result<Registration, ImportError> {
    let mut rows = source.rows(ledger)?;
    loop {
        let some = rows.by_ref().take(BATCH).collect::<Result<Vec<_>, _>>()?;
        if some.is_empty() || ahead.blocking_send(some).is_err() {
            return Ok(rows.registration());
        }
    }
}

fn reason_of(error: &tonic_types::Status) -> String {
    let bytes = prost::Message::encode_to_vec(error);
    let status = Status::with_details(tonic::Code::from_i32(error.code), &error.message, bytes.into());
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}
