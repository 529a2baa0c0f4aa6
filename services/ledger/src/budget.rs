//! Memory that the ledgers of a deployment share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What all caches of one sort hold together at most: each ledger that uses its cache has an equal part.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: u64,
    parts: AtomicU64,
}

impl Budget {
    pub(crate) fn of(bytes: u64) -> Arc<Budget> {
        Arc::new(Budget { bytes, parts: AtomicU64::new(0) })
    }
}

/// The part of one ledger, given back when it is dropped.
pub(crate) struct Part(Arc<Budget>);

impl Part {
    pub(crate) fn of(budget: &Arc<Budget>) -> Part {
        budget.parts.fetch_add(1, Ordering::Relaxed);
        Part(Arc::clone(budget))
    }

    /// How many bytes that is now: others come and go.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.bytes / self.0.parts.load(Ordering::Relaxed).max(1)
    }

    /// How many bytes a cache that may hold so many may hold from now on, where that is another number. It lets go of no
    /// more than `most` at once.
    pub(crate) fn another_capacity(&self, held: u64, most: u64) -> Option<u64> {
        let bytes = self.bytes();
        (bytes != held).then(|| bytes.max(held.saturating_sub(most)))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.0.parts.fetch_sub(1, Ordering::Relaxed);
    }
}
