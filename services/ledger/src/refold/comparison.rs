//! What is served, held against what was folded: state by state in order of key, from one snapshot.

use crate::error::store_error;
use ledger_core::Refusal;
use ledger_core::entry::Digest32;
use ledger_core::ports::{Snapshot, StoreError, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

/// States read at a time.
const PAGE: u32 = 4_096;
/// Pages read ahead.
const AHEAD: usize = 2;
/// Differences that are listed; more are counted only.
const LISTED: usize = 1_000;

/// What is not as the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A served state differs from its fold.
    Differs(Key),
    /// A state is served that the log does not give.
    TooMany(Key),
    /// The log gives a state that is not served.
    Missing(Key),
}

/// Two generations at one position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The position both are true at.
    pub position: Position,
    /// States that were folded.
    pub states: u64,
    /// SHA-256 over the served states in order of key: of each the length of its key in four bytes, its key, the
    /// length of its bytes in eight, its bytes.
    pub served: Digest32,
    /// The same over the folded ones.
    pub folded: Digest32,
    /// Buckets whose sums are of an older policy than the newest. They are made anew whenever they are read: no damage.
    pub older_sums: u64,
    /// States that differ, without those.
    pub differing: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
    /// The form of the served states, where it is another than this program's: they were not compared.
    pub outdated: Option<u32>,
}

/// The digest of the states of a generation.
#[derive(Default)]
struct States {
    digest: Sha256,
    count: u64,
}

impl States {
    fn add(&mut self, key: &Key, bytes: &[u8]) {
        let name = key.as_str().as_bytes();
        self.digest.update(u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.digest.update(name);
        self.digest.update((bytes.len() as u64).to_be_bytes());
        self.digest.update(bytes);
        self.count += 1;
    }

    fn finish(self) -> Digest32 {
        Digest32(self.digest.finalize().into())
    }
}

/// A comparison under way.
pub(super) struct Comparing {
    position: Position,
    pages: mpsc::Receiver<Result<Vec<StoredState>, StoreError>>,
    page: std::vec::IntoIter<StoredState>,
    /// Whether the last page has come.
    ended: bool,
    /// The next served state.
    next: Option<StoredState>,
    outdated: Option<u32>,
    served: States,
    folded: States,
    older_sums: u64,
    differing: u64,
    differences: Vec<Difference>,
}

impl Comparing {
    /// Begins with a snapshot of what is served; `outdated` is its form where that is another than this program's.
    pub(super) async fn with(
        mut snapshot: Box<dyn Snapshot>,
        outdated: Option<u32>,
    ) -> Result<Comparing, Refusal> {
        let position = snapshot.head().position;
        let (read, pages) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            let mut after: Option<Key> = None;
            loop {
                let page = snapshot.scan(after.as_ref(), PAGE).await;
                after = page.as_ref().ok().and_then(|page| page.last()).map(|state| state.key.clone());
                // Nobody may want it any more.
                if read.send(page).await.is_err() || after.is_none() {
                    return;
                }
            }
        });
        let mut comparing = Comparing {
            position,
            pages,
            page: Vec::new().into_iter(),
            ended: false,
            next: None,
            outdated,
            served: States::default(),
            folded: States::default(),
            older_sums: 0,
            differing: 0,
            differences: Vec::new(),
        };
        comparing.read().await?;
        Ok(comparing)
    }

    async fn read(&mut self) -> Result<(), Refusal> {
        self.next = self.page.next();
        if self.next.is_some() || self.ended {
            return Ok(());
        }
        // The last page is empty: a reader that ended without it did not come to the end.
        let cut_off = || StoreError::Damaged("the served states were not read to their end".to_owned());
        let page = self.pages.recv().await.ok_or_else(|| store_error(cut_off()))?.map_err(store_error)?;
        self.ended = page.is_empty();
        self.page = page.into_iter();
        self.next = self.page.next();
        Ok(())
    }

    /// The next served state, which stays.
    pub(super) fn served(&self) -> Option<&StoredState> {
        self.next.as_ref()
    }

    fn find(&mut self, difference: Difference) {
        if self.outdated.is_some() {
            return;
        }
        self.differing += 1;
        if self.differences.len() < LISTED {
            self.differences.push(difference);
        }
    }

    /// Holds the next folded state against what is served.
    pub(super) async fn meet(&mut self, key: &Key, bytes: &[u8]) -> Result<(), Refusal> {
        self.folded.add(key, bytes);
        while let Some(served) = self.next.take_if(|served| served.key < *key) {
            self.served.add(&served.key, &served.bytes);
            self.find(Difference::TooMany(served.key));
            self.read().await?;
        }
        match self.next.take_if(|served| served.key == *key) {
            None => self.find(Difference::Missing(key.clone())),
            Some(served) => {
                self.served.add(&served.key, &served.bytes);
                if served.bytes != bytes {
                    match State::same(key, bytes, &served.bytes) {
                        true => self.older_sums += 1,
                        false => self.find(Difference::Differs(served.key)),
                    }
                }
                self.read().await?;
            }
        }
        Ok(())
    }

    /// All folded states have been met.
    pub(super) async fn finish(mut self) -> Result<Comparison, Refusal> {
        while let Some(served) = self.next.take() {
            self.served.add(&served.key, &served.bytes);
            self.find(Difference::TooMany(served.key));
            self.read().await?;
        }
        Ok(Comparison {
            position: self.position,
            states: self.folded.count,
            served: self.served.finish(),
            folded: self.folded.finish(),
            older_sums: self.older_sums,
            differing: self.differing,
            differences: self.differences,
            outdated: self.outdated,
        })
    }
}
