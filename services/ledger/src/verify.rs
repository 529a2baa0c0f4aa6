//! Verify: everything that can be computed from the log is computed anew and compared with what is served.

use crate::error::store_error;
use crate::refold::{Comparison, Difference, FoldLimits, Origin, Progress, Refold, Stop};
use crate::tree::{TreeDifference, compare};
use ledger_core::Refusal;
use ledger_core::event::Event;
use ledger_core::id::LedgerId;
use ledger_core::merkle::TileId;
use ledger_core::ports::{Purpose, RequestKey, Store, StoreError};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use std::fmt;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pages of events that wait to be inspected.
const AHEAD: usize = 2;
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
    /// The served states are of the form of another program, with this number: they were not compared. A rebuild makes
    /// them anew.
    StatesOutdated(u32),
    /// A request of the log is not remembered, or at another position.
    RequestForgotten(Position),
    /// An event's time lies before its predecessor's.
    TimeRunsBack(Position),
    /// The Merkle tree is not that of the log.
    TreeDiffers(TreeDifference),
}

/// Its name, what it is about, and what that means.
impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::StateDiffers(key) => {
                write!(out, "StateDiffers {key}: 與記錄重算的不同 (not what the log gives)")
            }
            Finding::StateTooMany(key) => {
                write!(out, "StateTooMany {key}: 記錄中沒有依據 (nothing in the log gives it)")
            }
            Finding::StateMissing(key) => {
                write!(
                    out,
                    "StateMissing {key}: 記錄中有，卻沒有提供 (the log gives it, and it is not served)"
                )
            }
            Finding::StatesOutdated(form) => write!(
                out,
                "StatesOutdated {form}: 由另一版程式寫成，請重建 (written by another version of the program: rebuild)"
            ),
            Finding::RequestForgotten(position) => write!(
                out,
                "RequestForgotten {position}: 這一筆的請求編號沒有記住 (the request of this event is not remembered)"
            ),
            Finding::TimeRunsBack(position) => {
                write!(
                    out,
                    "TimeRunsBack {position}: 記錄時間早於前一筆 (recorded earlier than the event before)"
                )
            }
            Finding::TreeDiffers(TreeDifference::Tile(TileId { level, number })) => {
                write!(out, "TreeDiffers tile {level}/{number}: 雜湊樹與記錄不符 (not the tree of the log)")
            }
            Finding::TreeDiffers(TreeDifference::Edge(size)) => {
                write!(out, "TreeDiffers edge {size}: 雜湊樹與記錄不符 (not the tree of the log)")
            }
        }
    }
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
    /// What is served, and what was folded.
    pub comparison: Option<Comparison>,
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

    fn find_all(&mut self, comparison: &Comparison) {
        self.states = comparison.states;
        if let Some(format) = comparison.outdated {
            self.find(Finding::StatesOutdated(format));
        }
        for difference in &comparison.differences {
            self.find(match difference.clone() {
                Difference::Differs(key) => Finding::StateDiffers(key),
                Difference::TooMany(key) => Finding::StateTooMany(key),
                Difference::Missing(key) => Finding::StateMissing(key),
            });
        }
        self.more_findings += comparison.differing - comparison.differences.len() as u64;
    }
}

/// Folds the whole log anew and compares states and remembered requests, while others read and write; also other
/// verifications, each with a generation of its own.
///
/// # Errors
/// `LEDGER_DAMAGED` where the log itself has a hole or cannot be read; or what the store says.
pub async fn verify(
    store: Arc<dyn Store>,
    ledger: &LedgerId,
    progress: impl FnMut(Progress) + Send,
) -> Result<Verification, Refusal> {
    verify_within(store, ledger, FoldLimits::default(), progress).await
}

/// The same within other limits.
///
/// # Errors
/// As [`verify`].
pub async fn verify_within(
    store: Arc<dyn Store>,
    ledger: &LedgerId,
    limits: FoldLimits,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Verification, Refusal> {
    // What is kept for the next run of a rebuild, the next verification would not trust.
    let limits = FoldLimits { checkpoint_events: u64::MAX, ..limits };
    let (purpose, stop) = (Purpose::Verify, Stop::default());
    let mut fold =
        Refold::begin(Arc::clone(&store), ledger.clone(), purpose, Origin::Log, limits, stop).await?;
    let snapshot = store.snapshot(ledger).await.map_err(store_error)?;
    let head = snapshot.head().position;
    let (folded, events) = mpsc::channel(AHEAD);
    let inspection = tokio::spawn(inspect_all(Arc::clone(&store), ledger.clone(), events));
    let (tree_store, tree_ledger) = (Arc::clone(&store), ledger.clone());
    let tree = tokio::spawn(async move { compare(&*tree_store, &tree_ledger).await });
    fold.hand_on(Some(folded));
    let advanced = fold.advance(head, &mut progress).await;
    fold.hand_on(None);
    let compared = match advanced {
        Ok(()) => fold.write_out(snapshot, false, &mut progress).await,
        Err(refusal) => Err(refusal),
    };
    let given_up = fold.give_up().await;
    let comparison = compared?;
    given_up?;
    let inspected = inspection.await;
    let mut report = inspected.map_err(|error| store_error(StoreError::Unavailable(error.to_string())))??;
    let tree = tree.await.map_err(|error| store_error(StoreError::Unavailable(error.to_string())))?;
    for difference in tree.map_err(store_error)? {
        report.find(Finding::TreeDiffers(difference));
    }
    report.events = head.0;
    if let Some(comparison) = comparison {
        report.find_all(&comparison);
        report.comparison = Some(comparison);
    }
    Ok(report)
}

/// Looks at times and requests of all events, in a task beside the fold.
async fn inspect_all(
    store: Arc<dyn Store>,
    ledger: LedgerId,
    mut pages: mpsc::Receiver<Vec<Event>>,
) -> Result<Verification, Refusal> {
    let mut report = Verification::default();
    let mut last_us = i64::MIN;
    let mut last_request: Option<RequestKey> = None;
    while let Some(events) = pages.recv().await {
        let mut requests = Vec::with_capacity(events.len());
        for event in events {
            let micros = event.recorded_at.timestamp_micros();
            if micros < last_us {
                report.find(Finding::TimeRunsBack(event.position));
            }
            last_us = micros;
            let request = RequestKey { poster: event.poster, request_id: event.request_id };
            if last_request.as_ref() != Some(&request) {
                last_request = Some(request.clone());
                requests.push((request, event.position));
            }
        }
        look_up(&*store, &ledger, requests, &mut report).await?;
    }
    Ok(report)
}

async fn look_up(
    store: &dyn Store,
    ledger: &LedgerId,
    requests: Vec<(RequestKey, Position)>,
    report: &mut Verification,
) -> Result<(), Refusal> {
    let (keys, positions): (Vec<RequestKey>, Vec<Position>) = requests.into_iter().unzip();
    let records = store.find_requests(ledger, &keys).await.map_err(store_error)?;
    report.requests += records.len() as u64;
    for (position, record) in positions.into_iter().zip(records) {
        let covers =
            |first: Position, events: u32| (first.0..first.0 + u64::from(events)).contains(&position.0);
        if !record.is_some_and(|record| covers(record.position, record.events)) {
            report.find(Finding::RequestForgotten(position));
        }
    }
    Ok(())
}
