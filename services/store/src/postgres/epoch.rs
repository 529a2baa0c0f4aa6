//! Primaries that came one after the other.

use ledger_core::ports::StoreError;
use std::sync::{Mutex, PoisonError};

/// A system, by its identifier, and its timeline: a standby that is promoted goes on on a new one.
pub(super) type Timeline = (i64, i64);

/// The newest timeline that this program has seen of a system: what a primary of an older one says is not believed any
/// more. A system that was restored from a dump is another one and begins anew.
#[derive(Debug, Default)]
pub(super) struct Epoch(Mutex<Timeline>);

impl Epoch {
    /// Notes the timeline of a server, and refuses one whose system has gone on to a newer one.
    pub(super) fn check(&self, (server, timeline): Timeline) -> Result<(), StoreError> {
        let newest = self.see((server, timeline));
        if timeline >= newest {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!(
            "this server is of timeline {timeline}, but another took its place with timeline {newest}"
        )))
    }

    /// The same, of a server where `written` wrote last.
    pub(super) fn check_ledger(&self, timeline: Timeline, written: Timeline) -> Result<(), StoreError> {
        if written.0 == timeline.0 {
            self.see(written);
        }
        self.check(timeline)
    }

    /// Notes a timeline; gives the newest of that system.
    fn see(&self, (server, timeline): Timeline) -> i64 {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = if seen.0 == server { (server, seen.1.max(timeline)) } else { (server, timeline) };
        seen.1
    }
}
