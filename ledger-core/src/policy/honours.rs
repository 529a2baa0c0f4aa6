//! What credit and volunteer hours have led to: levels and stars. They follow the figures: a reversal may take one
//! away again.

use super::document::Policy;
use super::summary::SummaryCell;

/// A place on a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rung {
    /// The rung reached, from 1; 0 = none yet.
    pub reached: u32,
    /// What is missing to the next, in the ladder's unit; none at the top.
    pub missing: Option<u64>,
}

impl Rung {
    fn on(ladder: impl Iterator<Item = u64>, height: u64) -> Rung {
        let mut rung = Rung::default();
        for threshold in ladder {
            if height < threshold {
                rung.missing = Some(threshold - height);
                break;
            }
            rung.reached += 1;
        }
        rung
    }
}

/// An account's honours under a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Honours {
    /// By hundredths of credit.
    pub level: Rung,
    /// The same on the ladder of pupils.
    pub junior_level: Rung,
    /// By minutes of volunteer service.
    pub volunteer_star: Rung,
    /// Those minutes.
    pub volunteer_minutes: u64,
}

impl Honours {
    /// The honours of the sums by kind.
    #[must_use]
    pub fn of(policy: &Policy, kinds: &[SummaryCell]) -> Honours {
        let ladders = &policy.ladders;
        let credit = kinds.iter().map(|cell| cell.credit.0).fold(0, i64::saturating_add);
        let credit = u64::try_from(credit).unwrap_or(0);
        let volunteer =
            kinds.iter().filter(|cell| ladders.volunteer_kinds.iter().any(|k| k == cell.kind.as_str()));
        let volunteer_minutes = volunteer.map(|cell| cell.minutes).fold(0, u64::saturating_add);
        let centi = |ladder: &'_ [i64]| {
            ladder.iter().map(|rung| u64::try_from(*rung).unwrap_or(0)).collect::<Vec<_>>()
        };
        Honours {
            level: Rung::on(centi(&ladders.levels_centi).into_iter(), credit),
            junior_level: Rung::on(centi(&ladders.junior_levels_centi).into_iter(), credit),
            volunteer_star: Rung::on(ladders.volunteer_stars_minutes.iter().copied(), volunteer_minutes),
            volunteer_minutes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_is_reached_at_its_threshold_and_the_top_misses_nothing() {
        let ladder = || [50, 100].into_iter();
        assert_eq!(Rung::on(ladder(), 49), Rung { reached: 0, missing: Some(1) });
        assert_eq!(Rung::on(ladder(), 50), Rung { reached: 1, missing: Some(50) });
        assert_eq!(Rung::on(ladder(), 1_000), Rung { reached: 2, missing: None });
        assert_eq!(Rung::on(std::iter::empty(), 7), Rung::default());
    }
}
