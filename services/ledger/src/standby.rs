//! Reads on hot standbys, which follow the primary a little behind. A read goes to one standby as long as that answers,
//! waits there for the position it must have reached, and goes to the primary where that takes too long or no standby
//! answers. No
//! such answer of a process is older than one it has given before.

use crate::budget::Budget;
use crate::reader::{Reader, Seen};
use ledger_core::id::LedgerId;
use ledger_core::ports::{StateQuery, Store, StoredState};
use ledger_core::quantity::Position;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How long standbys are left alone once none of them answers (our own default).
const LEFT_ALONE_MS: u64 = 5_000;
/// How often a standby is asked whether it has come to a position.
const POLL: Duration = Duration::from_millis(10);

/// The standbys of one ledger.
pub(crate) struct Standbys {
    readers: Vec<Reader>,
    /// Which one is read now.
    current: AtomicUsize,
    began: Instant,
    /// Until when none is asked, in milliseconds since the beginning.
    alone_until: AtomicU64,
    /// The newest position that was answered at.
    floor: AtomicU64,
}

impl Standbys {
    pub(crate) fn start(
        ledger: &LedgerId,
        stores: &[Arc<dyn Store>],
        room: usize,
        memory: &Arc<Budget>,
    ) -> Standbys {
        Standbys {
            readers: stores.iter().map(|store| Reader::start(ledger, store, room, memory)).collect(),
            // Programs that share standbys begin at different ones.
            current: AtomicUsize::new(std::process::id() as usize),
            began: Instant::now(),
            alone_until: AtomicU64::new(0),
            floor: AtomicU64::new(0),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What was answered by the primary counts too.
    pub(crate) fn answered(&self, position: Position) {
        if !self.readers.is_empty() {
            self.floor.fetch_max(position.0, Ordering::Relaxed);
        }
    }

    /// A standby's answer at a position or later; none where the primary is to be asked.
    pub(crate) async fn read(
        &self,
        min_position: Position,
        queries: &[StateQuery],
        wait: Duration,
    ) -> Option<(Seen, Vec<Vec<StoredState>>)> {
        if self.readers.is_empty() || self.elapsed_ms() < self.alone_until.load(Ordering::Relaxed) {
            return None;
        }
        let least = self.least(min_position).0;
        let (count, mut failed) = (self.readers.len(), 0);
        let share = wait / u32::try_from(count).unwrap_or(u32::MAX);
        for _ in 0..count {
            let current = self.current.load(Ordering::Relaxed);
            let reader = &self.readers[current % count];
            match ask(reader, least, queries, Instant::now() + share).await {
                Asked::Answered(seen, answers) => {
                    self.answered(seen.head.position);
                    return Some((seen, answers));
                }
                Asked::Lags => {}
                Asked::Fails => failed += 1,
            }
            self.go_on_from(current);
        }
        if failed == count {
            self.alone_until.store(self.elapsed_ms() + LEFT_ALONE_MS, Ordering::Relaxed);
            tracing::warn!("no standby answers: reading from the primary");
        }
        None
    }

    /// To the next one, unless somebody has gone on already.
    fn go_on_from(&self, current: usize) {
        let next = current.wrapping_add(1);
        let _ = self.current.compare_exchange(current, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The oldest position that may be answered at.
    pub(crate) fn least(&self, min_position: Position) -> Position {
        Position(min_position.0.max(self.floor.load(Ordering::Relaxed)))
    }
}

/// What came of asking a standby.
enum Asked {
    Answered(Seen, Vec<Vec<StoredState>>),
    /// It has not come to the position in time.
    Lags,
    Fails,
}

/// Asks one standby until it has come to a position. One that does not answer at all takes no more than its share of the
/// time: the others and the primary need theirs.
async fn ask(reader: &Reader, least: u64, queries: &[StateQuery], until: Instant) -> Asked {
    let mut lags = false;
    loop {
        match tokio::time::timeout_at(until, reader.read(queries.to_vec())).await {
            Ok(Ok((seen, answers))) if seen.head.position.0 >= least => {
                return Asked::Answered(seen, answers);
            }
            Ok(Ok(_)) => lags = true,
            Ok(Err(_)) => return Asked::Fails,
            Err(_) => return if lags { Asked::Lags } else { Asked::Fails },
        }
        tokio::time::sleep(POLL).await;
        if Instant::now() >= until {
            return Asked::Lags;
        }
    }
}
