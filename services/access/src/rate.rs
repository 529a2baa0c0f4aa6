//! How many calls a credential may make: a bucket of tokens each, kept with the credential while it is at hand.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many calls a credential may make.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// In a second, over time.
    pub per_second: u32,
    /// At once, after a rest.
    pub burst: u32,
}

impl Rate {
    /// Our own default: a school that posts a class list a second uses a hundredth of it, and one client cannot take all
    /// that two cores serve.
    pub const DEFAULT: Rate = Rate { per_second: 1_000, burst: 4_000 };
}

/// Parts of a call that are counted: so that nothing is rounded away between calls.
const PARTS: u128 = 1_000_000_000;

/// What is left of a credential's calls.
pub(crate) struct Bucket(Mutex<Level>);

struct Level {
    /// In parts of a call.
    left: u128,
    at: Instant,
}

impl Bucket {
    pub(crate) fn full(rate: Rate, now: Instant) -> Bucket {
        Bucket(Mutex::new(Level { left: u128::from(rate.burst) * PARTS, at: now }))
    }

    /// Takes one call; else says after how long there is one.
    pub(crate) fn take(&self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let mut level = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.saturating_duration_since(level.at).as_nanos();
        let most = u128::from(rate.burst) * PARTS;
        level.left = most.min(level.left.saturating_add(since.saturating_mul(u128::from(rate.per_second))));
        level.at = level.at.max(now);
        match level.left.checked_sub(PARTS) {
            Some(left) => {
                level.left = left;
                Ok(())
            }
            None => {
                let lacks = (PARTS - level.left).div_ceil(u128::from(rate.per_second.max(1)));
                Err(Duration::from_nanos(u64::try_from(lacks).unwrap_or(u64::MAX)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_served_then_the_rate_and_a_rest_fills_it_again() {
        let (rate, start) = (Rate { per_second: 10, burst: 5 }, Instant::now());
        let bucket = Bucket::full(rate, start);
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        for _ in 0..5 {
            assert_eq!(bucket.take(rate, at(0)), Ok(()));
        }
        assert_eq!(bucket.take(rate, at(0)), Err(Duration::from_millis(100)));
        assert_eq!(bucket.take(rate, at(40)), Err(Duration::from_millis(60)));
        assert_eq!(bucket.take(rate, at(100)), Ok(()));
        assert!(bucket.take(rate, at(100)).is_err());
        // Never more than the burst.
        for _ in 0..5 {
            assert_eq!(bucket.take(rate, at(60_000)), Ok(()));
        }
        assert!(bucket.take(rate, at(60_000)).is_err());
        // A clock that goes back gives nothing.
        assert!(bucket.take(rate, at(0)).is_err());
    }
}
