//! Verify: everything that can be computed from the log is computed anew and compared with what is served.

use crate::error::store_error;
use crate::refold::{Progress, Purpose, Refold};
use ledger_core::Refusal;
use ledger_core::event::Event;
use ledger_core::id::LedgerId;
use ledger_core::ports::{RequestKey, Store};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use std::collections::BTreeSet;
use std::sync::Arc;

/// States compared at a time.
const PAGE: u32 = 4_096;
/// Request keys looked up at a time.
const REQUESTS: usize = 2_048;
/// Findings that are listed; more are counted only.
const LISTED: usize = 1_000;

/// Something that is not as the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A served state differs from its fold.
    StateDiffers(Key),
    /// A state is served that the log does not give.
    StateTooMany(Key),
    /// The log gives a state that is not served.
    StateMissing(Key),
    /// A request of the log is not remembered, or at another position.
    RequestForgotten(Position),
    /// An event's time lies before its predecessor's.
    TimeRunsBack(Position),
}

/// What a verification found.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// Events folded.
    pub events: u64,
    /// States compared.
    pub states: u64,
    /// Requests looked up.
    pub requests: u64,
    /// What is not as the log says.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more_findings: u64,
}

impl Verification {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < LISTED { self.findings.push(finding) } else { self.more_findings += 1 }
    }
}

/// Folds the whole log anew and compares states and remembered requests, while others read and write.
///
/// # Errors
/// `LEDGER_DAMAGED` where the log itself has a hole or cannot be read; or what the store says.
pub async fn verify(
    store: Arc<dyn Store>,
    ledger: &LedgerId,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Verification, Refusal> {
    let mut report = Verification::default();
    let mut fold = Refold::begin(Arc::clone(&store), ledger.clone(), Purpose::Verify).await?;
    let head = store.head(ledger).await.map_err(store_error)?;
    let mut requests: Vec<(RequestKey, Position)> = Vec::new();
    let mut last = None;
    while fold.position < head.position {
        let to = head.position.min(fold.position.plus(u64::from(PAGE)));
        let (seen, findings) = (&mut requests, &mut report);
        fold.advance(
            to,
            |event| {
                inspect(event, &mut last, seen, findings);
                Ok(())
            },
            &mut progress,
        )
        .await?;
        look_up(store.as_ref(), ledger, &mut requests, &mut report, REQUESTS).await?;
    }
    look_up(store.as_ref(), ledger, &mut requests, &mut report, 1).await?;
    report.events = head.position.0;

    // First without a lock: what differs may only have moved on since. Then what differs, under the lock.
    let suspects = compare_all(store.as_ref(), ledger, &fold, &mut report).await?;
    confirm(store.as_ref(), ledger, &mut fold, suspects, &mut report, &mut progress).await?;
    fold.still_claims().await?;
    fold.drop_own().await?;
    Ok(report)
}

fn inspect(
    event: &Event,
    last: &mut Option<i64>,
    requests: &mut Vec<(RequestKey, Position)>,
    report: &mut Verification,
) {
    let micros = event.recorded_at.timestamp_micros();
    if last.is_some_and(|last| micros < last) {
        report.find(Finding::TimeRunsBack(event.position));
    }
    *last = Some(micros);
    let key = RequestKey { poster: event.poster.clone(), request_id: event.request_id.clone() };
    if requests.last().is_none_or(|(held, _)| *held != key) {
        requests.push((key, event.position));
    }
}

/// Looks up gathered requests once there are at least `least`.
async fn look_up(
    store: &dyn Store,
    ledger: &LedgerId,
    requests: &mut Vec<(RequestKey, Position)>,
    report: &mut Verification,
    least: usize,
) -> Result<(), Refusal> {
    if requests.len() < least {
        return Ok(());
    }
    let keys: Vec<RequestKey> = requests.iter().map(|(key, _)| key.clone()).collect();
    let records = store.find_requests(ledger, &keys).await.map_err(store_error)?;
    report.requests += records.len() as u64;
    for ((_, position), record) in requests.drain(..).zip(records) {
        let covers =
            |first: Position, events: u32| (first.0..first.0 + u64::from(events)).contains(&position.0);
        if !record.is_some_and(|record| covers(record.position, record.events)) {
            report.find(Finding::RequestForgotten(position));
        }
    }
    Ok(())
}

/// Compares every served state with its fold; gives the keys that differ.
async fn compare_all(
    store: &dyn Store,
    ledger: &LedgerId,
    fold: &Refold,
    report: &mut Verification,
) -> Result<BTreeSet<Key>, Refusal> {
    let generation = store.head(ledger).await.map_err(store_error)?.generation;
    let mut suspects = BTreeSet::new();
    let mut after: Option<Key> = None;
    loop {
        let served =
            store.scan_generation(ledger, generation, after.as_ref(), PAGE).await.map_err(store_error)?;
        let Some(last) = served.last() else { break };
        after = Some(last.key.clone());
        let keys: Vec<Key> = served.iter().map(|state| state.key.clone()).collect();
        let mut folded: std::collections::HashMap<Key, Vec<u8>> =
            fold.states(&keys).await?.into_iter().map(|state| (state.key, state.bytes)).collect();
        report.states += served.len() as u64;
        for state in served {
            let folded = folded.remove(&state.key);
            if folded.is_none_or(|folded| !State::same(&state.key, &folded, &state.bytes)) {
                suspects.insert(state.key);
            }
        }
    }
    // What the fold has and nobody serves: found by name, not by count.
    suspects.extend(fold.keys_not_in(generation).await?);
    Ok(suspects)
}

/// Under the lock of the head: folds what has come since, and compares the suspects again.
async fn confirm(
    store: &dyn Store,
    ledger: &LedgerId,
    fold: &mut Refold,
    suspects: BTreeSet<Key>,
    report: &mut Verification,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<(), Refusal> {
    if suspects.is_empty() {
        return Ok(());
    }
    let append = store.begin_append(ledger).await.map_err(store_error)?;
    let head = append.head();
    let result = async {
        fold.hold_all();
        fold.advance(head.position, |_| Ok(()), progress).await?;
        let keys: Vec<Key> = suspects.into_iter().collect();
        let served = store.load_generation(ledger, head.generation, &keys).await.map_err(store_error)?;
        let folded = fold.states(&keys).await?;
        for key in keys {
            let served = served.iter().find(|state| state.key == key).map(|state| &state.bytes);
            let folded = folded.iter().find(|state| state.key == key).map(|state| &state.bytes);
            match (served, folded) {
                (Some(served), Some(folded)) if State::same(&key, served, folded) => {}
                (Some(_), Some(_)) => report.find(Finding::StateDiffers(key)),
                (Some(_), None) => report.find(Finding::StateTooMany(key)),
                (None, Some(_)) => report.find(Finding::StateMissing(key)),
                (None, None) => {}
            }
        }
        Ok(())
    }
    .await;
    append.rollback().await;
    result
}
