//! Lots: what was earned in each year, what was redeemed of it, and what is left on a day.

use super::{Draw, Redeemed, RedemptionRules};
use crate::account::Bucket;
use crate::date::OccurredOn;
use crate::policy::{Rulebook, assess_account, summarize_account};
use crate::quantity::CentiCredits;
use std::collections::BTreeMap;

/// The credit of an account by the year it counts in: of its summary, nothing else.
#[must_use]
pub fn earned_by_year(rulebook: &Rulebook, buckets: &[Bucket]) -> BTreeMap<i32, CentiCredits> {
    let mut years: BTreeMap<i32, CentiCredits> = BTreeMap::new();
    for cell in summarize_account(assess_account(rulebook, buckets)).cells {
        let earned = years.entry(cell.year).or_default();
        *earned = earned.saturating_add(cell.credit);
    }
    years
}

/// A year's credit and what has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// The year of earning.
    pub year: i32,
    /// What counts of that year.
    pub earned: CentiCredits,
    /// What was redeemed of it.
    pub redeemed: CentiCredits,
    /// The last day it can be redeemed on.
    pub expires_on: OccurredOn,
    /// What can be redeemed of it today; nothing once it has expired.
    pub left: CentiCredits,
}

/// The redeemable balance of an account on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemable {
    /// The lots, oldest first.
    pub lots: Vec<Lot>,
    /// What the lots cannot cover: credit that was redeemed and does not count any more, because a policy or an entry
    /// of an earlier year came between. New credit makes it up before it can be redeemed.
    pub uncovered: CentiCredits,
}

impl Redeemable {
    /// The balance on a day, from what was earned by year and what was redeemed.
    ///
    /// Where less counts of a year than was redeemed of it, the difference is taken from the other lots, the first to
    /// expire first: nothing is redeemed twice.
    #[must_use]
    pub fn on(
        day: OccurredOn,
        rules: &RedemptionRules,
        earned: &BTreeMap<i32, CentiCredits>,
        redeemed: &Redeemed,
    ) -> Redeemable {
        let draws = redeemed.redemptions.iter().flat_map(|(_, redemption)| &redemption.draws);
        let mut years: BTreeMap<i32, (CentiCredits, CentiCredits)> =
            earned.iter().map(|(year, credit)| (*year, (*credit, CentiCredits::ZERO))).collect();
        for draw in draws {
            let (_, of_year) = years.entry(draw.year).or_default();
            *of_year = of_year.saturating_add(draw.credit);
        }
        let mut uncovered = 0_i64;
        let mut lots: Vec<Lot> = Vec::with_capacity(years.len());
        for (year, (earned, redeemed)) in years.into_iter().filter(|(year, _)| *year <= day.year()) {
            let rest = earned.0.saturating_sub(redeemed.0);
            uncovered = uncovered.saturating_add(rest.min(0).saturating_neg());
            let expires_on = rules.expires_on(year);
            let left = if day <= expires_on { rest.max(0) } else { 0 };
            lots.push(Lot { year, earned, redeemed, expires_on, left: CentiCredits(left) });
        }
        for lot in &mut lots {
            let made_up = lot.left.0.min(uncovered);
            lot.left.0 -= made_up;
            uncovered -= made_up;
        }
        Redeemable { lots, uncovered: CentiCredits(uncovered) }
    }

    /// What can be redeemed.
    #[must_use]
    pub fn balance(&self) -> CentiCredits {
        self.lots.iter().map(|lot| lot.left).sum()
    }

    /// The lots that a redemption draws from, the first to expire first; none where they do not suffice.
    #[must_use]
    pub fn draw(&self, credit: CentiCredits) -> Option<Vec<Draw>> {
        let mut missing = credit.0;
        let mut draws = Vec::new();
        for lot in &self.lots {
            let part = lot.left.0.min(missing);
            if part > 0 {
                draws.push(Draw { year: lot.year, credit: CentiCredits(part) });
                missing -= part;
            }
        }
        (missing == 0).then_some(draws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Code, OrganizationId, ResidentId};
    use crate::quantity::Position;
    use crate::redemption::{MonthDay, Redemption};
    use proptest::prelude::*;

    fn rules() -> RedemptionRules {
        let (opens, closes) = (MonthDay::parse("01-01").unwrap(), MonthDay::parse("12-31").unwrap());
        let source = "a test".to_owned();
        RedemptionRules { opens, closes, years_after_earning: 2, least_centi: 0, source }
    }

    fn day(year: i32) -> OccurredOn {
        OccurredOn::parse(&format!("{year:04}-06-01"), "day").unwrap()
    }

    fn redemption(draws: Vec<Draw>, on: OccurredOn) -> Redemption {
        Redemption {
            resident: ResidentId::parse("r0001").unwrap(),
            organization: OrganizationId::parse("college").unwrap(),
            reward: Code::constant("certificate"),
            credit: draws.iter().map(|draw| draw.credit).sum(),
            draws,
            redeemed_on: on,
        }
    }

    #[test]
    fn the_first_to_expire_is_drawn_first_and_what_expired_is_gone() {
        let earned = [(2023, 300), (2024, 500), (2026, 700)].map(|(y, c)| (y, CentiCredits(c))).into();
        let on = |year, redeemed: &Redeemed| Redeemable::on(day(year), &rules(), &earned, redeemed);
        let now = on(2026, &Redeemed::default());
        assert_eq!(now.balance(), CentiCredits(1_200), "2023 expired with 2025");
        let draws = now.draw(CentiCredits(600)).unwrap();
        let parts: Vec<_> = draws.iter().map(|draw| (draw.year, draw.credit.0)).collect();
        assert_eq!(parts, [(2024, 500), (2026, 100)]);
        assert_eq!(now.draw(CentiCredits(1_201)), None);
        let mut redeemed = Redeemed::default();
        redeemed.record(Position(9), &redemption(draws, day(2026)));
        assert_eq!(on(2026, &redeemed).balance(), CentiCredits(600));
        assert_eq!(on(2025, &redeemed).lots.len(), 2, "what counts from a later year on is no lot yet");
        assert_eq!(on(2029, &redeemed).balance(), CentiCredits::ZERO);
    }

    #[test]
    fn what_a_lot_no_longer_covers_is_taken_from_the_others() {
        let mut redeemed = Redeemed::default();
        let draws = vec![Draw { year: 2025, credit: CentiCredits(500) }];
        redeemed.record(Position(9), &redemption(draws, day(2026)));
        let earned = [(2025, 200), (2026, 400)].map(|(y, c)| (y, CentiCredits(c))).into();
        let now = Redeemable::on(day(2026), &rules(), &earned, &redeemed);
        assert_eq!((now.balance().0, now.uncovered.0), (100, 0));
        let less = [(2025, 200), (2026, 100)].map(|(y, c)| (y, CentiCredits(c))).into();
        let now = Redeemable::on(day(2026), &rules(), &less, &redeemed);
        assert_eq!((now.balance().0, now.uncovered.0), (0, 200));
    }

    proptest! {
        #[test]
        fn nothing_is_redeemed_that_was_not_earned(
            steps in prop::collection::vec((2020_i32..2030, 0_i64..2_000, any::<bool>()), 1..60),
        ) {
            let mut earned: BTreeMap<i32, CentiCredits> = BTreeMap::new();
            let mut redeemed = Redeemed::default();
            let mut steps = steps;
            steps.sort_by_key(|(year, ..)| *year);
            for (n, (year, credit, earns)) in steps.into_iter().enumerate() {
                let now = Redeemable::on(day(year), &rules(), &earned, &redeemed);
                let before = now.balance();
                if earns {
                    *earned.entry(year).or_default() = earned.get(&year).copied().unwrap_or_default()
                        .saturating_add(CentiCredits(credit));
                    let now = Redeemable::on(day(year), &rules(), &earned, &redeemed);
                    prop_assert_eq!(now.balance().0, before.0 + credit);
                } else if let Some(draws) = now.draw(CentiCredits(credit)) {
                    prop_assert!(credit <= before.0);
                    prop_assert_eq!(draws.iter().map(|draw| draw.credit.0).sum::<i64>(), credit);
                    redeemed.record(Position(n as u64 + 1), &redemption(draws, day(year)));
                    let now = Redeemable::on(day(year), &rules(), &earned, &redeemed);
                    prop_assert_eq!(now.balance().0, before.0 - credit);
                } else {
                    prop_assert!(credit > before.0);
                }
                let now = Redeemable::on(day(year), &rules(), &earned, &redeemed);
                prop_assert_eq!(now.uncovered, CentiCredits::ZERO);
                for lot in &now.lots {
                    prop_assert!(lot.redeemed <= lot.earned && lot.left.0 >= 0);
                }
            }
        }
    }
}
