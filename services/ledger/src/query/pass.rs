//! A pass over all accounts of a collection at a position, in order of name. One task reads pages ahead, another decodes
//! them; whoever passes over them waits for neither as long as they keep up. No transaction stays open: what comes after
//! the position takes no part, and what was there by then never changes.

use crate::error::{damage, damaged, store_error};
use ledger_core::Refusal;
use ledger_core::account::Bucket;
use ledger_core::id::{AccountId, LedgerId, ResidentId};
use ledger_core::ports::{StateQuery, Store, StoreError, StoredState};
use ledger_core::projection::State;
use ledger_core::quantity::Position;
use std::sync::Arc;
use tokio::sync::mpsc;

/// States of a page.
const PAGE: u32 = 2_048;
/// Pages that wait between two tasks.
const AHEAD: usize = 2;

/// An account that a pass meets.
pub(super) enum Met {
    /// One that answers for itself alone, with its buckets. One without lines is not met.
    Alone(AccountId, Vec<Bucket>),
    /// One whose figures are told together with those of others.
    Tied(ResidentId),
}

/// A page; none behind the last.
type Decoded = Result<Option<Vec<Met>>, Refusal>;
type Stored = Result<Vec<StoredState>, StoreError>;

/// The accounts of a collection, page by page.
pub(super) struct Accounts(mpsc::Receiver<Decoded>);

impl Accounts {
    /// Begins to read. Both tasks end when this is dropped.
    pub(super) fn of(
        store: &Arc<dyn Store>,
        ledger: &LedgerId,
        collection: &str,
        position: Position,
    ) -> Accounts {
        let (read, stored) = mpsc::channel(AHEAD);
        let (decoded, pages) = mpsc::channel(AHEAD);
        let prefix = format!("accounts/{collection}/");
        tokio::spawn(read_all(Arc::clone(store), ledger.clone(), prefix, read));
        tokio::spawn(decode_all(position, stored, decoded));
        Accounts(pages)
    }

    /// The next page; none where all were given.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Met>>, Refusal> {
        // A task that ended before the last page must not pass for the end.
        self.0.recv().await.unwrap_or_else(|| {
            Err(store_error(StoreError::OutcomeUnknown("the accounts were not read to their end".to_owned())))
        })
    }
}

async fn read_all(store: Arc<dyn Store>, ledger: LedgerId, prefix: String, read: mpsc::Sender<Stored>) {
    let mut after = None;
    loop {
        let query = StateQuery::Prefix { prefix: prefix.clone(), after: after.take(), limit: PAGE };
        let page = store.read_states(&ledger, &[query]).await;
        let page = page.map(|(_, mut answers)| answers.pop().unwrap_or_default());
        after = page.as_ref().ok().and_then(|page| page.last()).map(|stored| stored.key.clone());
        let last = page.as_ref().map_or(true, |page| page.len() < PAGE as usize);
        // Nobody may want it any more.
        if read.send(page).await.is_err() {
            return;
        }
        if last {
            let _ = read.send(Ok(Vec::new())).await;
            return;
        }
    }
}

async fn decode_all(position: Position, mut stored: mpsc::Receiver<Stored>, decoded: mpsc::Sender<Decoded>) {
    let mut gathering = Gathering { position, open: None };
    while let Some(page) = stored.recv().await {
        let page = page.map_err(store_error);
        let ended = page.as_ref().is_ok_and(Vec::is_empty);
        let page = page.and_then(|page| gathering.take_up(page));
        let failed = page.is_err();
        if decoded.send(page.map(Some)).await.is_err() || failed {
            return;
        }
        if ended {
            let _ = decoded.send(Ok(gathering.close())).await;
            let _ = decoded.send(Ok(None)).await;
            return;
        }
    }
}

/// Buckets of one account stand together, not always in one page.
struct Gathering {
    position: Position,
    open: Option<(AccountId, Vec<Bucket>)>,
}

impl Gathering {
    fn take_up(&mut self, page: Vec<StoredState>) -> Result<Vec<Met>, Refusal> {
        let mut met = Vec::new();
        for stored in page {
            let path = stored.key.as_str().strip_prefix("accounts/").unwrap_or_default();
            let name = path.rsplit_once('/').unwrap_or_default().0;
            if self.open.as_ref().is_none_or(|(account, _)| !account.is_path(name)) {
                let account = AccountId::parse_path(name)?;
                met.extend(self.open.replace((account, Vec::new())).and_then(alone));
            }
            match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Bucket(bucket) => {
                    let bucket = bucket.into_as_of(self.position);
                    if let Some((_, buckets)) = self.open.as_mut().filter(|_| !bucket.lines().is_empty()) {
                        buckets.push(bucket);
                    }
                }
                // The last of its account.
                State::Signpost(_) => {
                    if let Some((AccountId::Resident(id), _)) = self.open.take() {
                        met.push(Met::Tied(id));
                    }
                }
                _ => return Err(damaged()),
            }
        }
        Ok(met)
    }

    fn close(&mut self) -> Option<Vec<Met>> {
        Some(self.open.take().and_then(alone).into_iter().collect())
    }
}

fn alone((account, buckets): (AccountId, Vec<Bucket>)) -> Option<Met> {
    (!buckets.is_empty()).then_some(Met::Alone(account, buckets))
}
