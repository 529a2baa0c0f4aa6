//! A clock whose days a journey lets pass.

use creditbank_ledger::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The hands of a clock: days pass when a journey says so.
#[derive(Clone, Default)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    /// Lets the days pass until noon of one, in Shanghai.
    pub fn on(&self, day: &str) {
        let instant: chrono::DateTime<chrono::Utc> = format!("{day}T04:00:00Z").parse().unwrap();
        self.0.store(instant.timestamp_micros(), Ordering::Relaxed);
    }

    /// The clock that they stand on.
    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || chrono::DateTime::from_timestamp_micros(hands.0.load(Ordering::Relaxed)).unwrap())
    }
}
