//! How a fold works, how far it has come, and how it is asked to stop.

use ledger_core::quantity::Position;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a fold works (our own defaults).
#[derive(Debug, Clone, Copy)]
pub struct FoldLimits {
    /// Bytes of states held in memory, about; past it half of them are left to the store. 1 GiB: those of 5 million
    /// entries of 100,000 residents.
    pub memory_bytes: u64,
    /// Events between two checkpoints: what a kill costs at most. 1,000,000.
    pub checkpoint_events: u64,
    /// Rests as long as it works, so that others come first.
    pub gently: bool,
}

impl Default for FoldLimits {
    fn default() -> FoldLimits {
        FoldLimits { memory_bytes: 1 << 30, checkpoint_events: 1_000_000, gently: false }
    }
}

/// What a fold is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Folds the log.
    Folding,
    /// Compares what it folded with what is served; a rebuild writes it.
    Comparing,
    /// Is about to serve it.
    Switching,
}

impl Stage {
    /// The stage in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Folding => "folding",
            Stage::Comparing => "comparing",
            Stage::Switching => "switching",
        }
    }
}

/// How far a fold has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// Where it began: behind 0 where it goes on with what an earlier one had begun.
    pub began: Position,
    /// Folded up to here.
    pub position: Position,
    /// A kill from now on goes on from here.
    pub kept: Position,
    /// Of so many.
    pub head: Position,
    /// States compared.
    pub states: u64,
}

/// Asks a fold to stop: it keeps how far it has come and ends.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
