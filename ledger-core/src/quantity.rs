//! Quantities: integers with a unit in their type. There is no float in the ledger.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A dense place in one ledger's log, from 1. Zero stands for "before the first event".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// The position `n` places later.
    #[must_use]
    pub fn plus(self, n: u64) -> Position {
        Position(self.0.saturating_add(n))
    }

    /// The next position.
    #[must_use]
    pub fn next(self) -> Position {
        self.plus(1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whole minutes, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minutes(pub u32);

/// The minutes of one civil day.
pub const MINUTES_PER_DAY: u32 = 24 * 60;

impl Minutes {
    /// Teaching hours (學時) of 45 minutes, in hundredths, rounded down: for reports only (`DOMAIN.md` CN-13).
    #[must_use]
    pub fn centi_class_hours(minutes: u64) -> u64 {
        minutes.saturating_mul(100) / 45
    }
}

/// Credit in hundredths (`100` = one 學分). Signed, because differences are credits too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CentiCredits(pub i64);

impl CentiCredits {
    /// No credit.
    pub const ZERO: CentiCredits = CentiCredits(0);

    /// Sum that stops at the limits of `i64` and never wraps.
    #[must_use]
    pub fn saturating_add(self, other: CentiCredits) -> CentiCredits {
        CentiCredits(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for CentiCredits {
    fn sum<I: Iterator<Item = CentiCredits>>(iter: I) -> CentiCredits {
        iter.fold(CentiCredits::ZERO, CentiCredits::saturating_add)
    }
}

impl fmt::Display for CentiCredits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", abs / 100, abs % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_prints_with_two_decimals_and_its_sign() {
        assert_eq!(CentiCredits(150).to_string(), "1.50");
        assert_eq!(CentiCredits(-5).to_string(), "-0.05");
        assert_eq!(CentiCredits(i64::MIN).to_string(), "-92233720368547758.08");
    }

    #[test]
    fn sums_stop_at_the_limit_and_never_wrap() {
        let sum: CentiCredits = [CentiCredits(i64::MAX), CentiCredits(1)].into_iter().sum();
        assert_eq!(sum, CentiCredits(i64::MAX));
        assert_eq!(Position(u64::MAX).next(), Position(u64::MAX));
    }
}
