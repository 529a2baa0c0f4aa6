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
    /// The last day of the lot: it can be redeemed in the windows up to then.
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
    /// Where less counts of a year than was redeemed of it, the lots that had not expired when it was redeemed make it
    /// up, the first to expire first: nothing is redeemed twice, and nothing is made up for twice.
    #[must_use]
    pub fn on(
        day: OccurredOn,
        rules: &RedemptionRules,
        earned: &BTreeMap<i32, CentiCredits>,
        redeemed: &Redeemed,
    ) -> Redeemable {
        let mut lots: BTreeMap<i32, Lot> = BTreeMap::new();
        let lot = |year| Lot {
            year,
            earned: CentiCredits::ZERO,
            redeemed: CentiCredits::ZERO,
            expires_on: rules.expires_on(year),
            left: CentiCredits::ZERO,
        };
        for (year, credit) in earned.range(..=day.year()) {
            lots.entry(*year).or_insert_with(|| lot(*year)).earned = *credit;
        }
        // Of each year the last day on which it was drawn from.
        let mut drawn_on: BTreeMap<i32, OccurredOn> = BTreeMap::new();
        for (_, redemption) in &redeemed.redemptions {
            for draw in &redemption.draws {
                let lot = lots.entry(draw.year).or_insert_with(|| lot(draw.year));
                lot.redeemed = lot.redeemed.saturating_add(draw.credit);
                drawn_on.insert(draw.year, redemption.redeemed_on);
            }
        }
        let mut lots: Vec<Lot> = lots.into_values().collect();
        let mut missing: Vec<(OccurredOn, i64)> = Vec::new();
        for lot in &mut lots {
            let rest = lot.earned.0.saturating_sub(lot.redeemed.0);
            lot.left = CentiCredits(rest.max(0));
            if let (true, Some(on)) = (rest < 0, drawn_on.get(&lot.year)) {
                missing.push((*on, rest.saturating_neg()));
            }
        }
        let mut uncovered = 0_i64;
        for (on, mut short) in missing {
            for lot in lots.iter_mut().filter(|lot| lot.expires_on >= on) {
                let made_up = lot.left.0.min(short);
                lot.left.0 -= made_up;
                short -= made_up;
            }
            uncovered = uncovered.saturating_add(short);
        }
        for lot in lots.iter_mut().filter(|lot| lot.expires_on < day) {
            lot.left = CentiCredits::ZERO;
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
        assert_eq!(
            on(2025, &Redeemed::default()).lots.len(),
            2,
            "what counts from a later year on is no lot yet"
        );
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

    #[test]
    fn what_was_made_up_for_once_is_not_made_up_for_again_when_lots_expire() {
        let mut redeemed = Redeemed::default();
        let draws = vec![Draw { year: 2024, credit: CentiCredits(200) }];
        redeemed.record(Position(9), &redemption(draws, day(2026)));
        // The entry of 2024 was reversed; that of 2025 makes up for it, and has expired since.
        let mut earned: BTreeMap<_, _> = [(2024, 0), (2025, 200)].map(|(y, c)| (y, CentiCredits(c))).into();
        for year in [2026, 2028] {
            let now = Redeemable::on(day(year), &rules(), &earned, &redeemed);
            assert_eq!((now.balance().0, now.uncovered.0), (0, 0), "{year}");
        }
        earned.insert(2028, CentiCredits(200));
        assert_eq!(Redeemable::on(day(2028), &rules(), &earned, &redeemed).balance(), CentiCredits(200));
        // What had expired before the redemption makes up for nothing.
        let expired = [(2021, 900), (2024, 0)].map(|(y, c)| (y, CentiCredits(c))).into();
        let now = Redeemable::on(day(2026), &rules(), &expired, &redeemed);
        assert_eq!((now.balance().0, now.uncovered.0), (0, 200));
    }

    proptest! {
        #[test]
        fn what_stops_counting_is_made_up_for_once(
            earned in prop::collection::btree_map(2020_i32..2030, 0_i64..2_000, 1..8),
            redeemed in prop::collection::vec((2020_i32..2030, 1_i64..1_500), 0..6),
            lost in prop::collection::vec((2020_i32..2030, 0_i64..2_000), 0..6),
            on in 2024_i32..2032,
        ) {
            let mut earned: BTreeMap<_, _> = earned.into_iter().map(|(y, c)| (y, CentiCredits(c))).collect();
            let mut held = Redeemed::default();
            let mut redeemed = redeemed;
            redeemed.sort_unstable();
            for (n, (year, credit)) in redeemed.into_iter().filter(|(year, _)| *year <= on).enumerate() {
                let now = Redeemable::on(day(year), &rules(), &earned, &held);
                if let Some(draws) = now.draw(CentiCredits(credit)) {
                    held.record(Position(n as u64 + 1), &redemption(draws, day(year)));
                }
            }
            for (year, credit) in lost {
                if let Some(held) = earned.get_mut(&year) {
                    held.0 = (held.0 - credit).max(0);
                }
            }
            let now = Redeemable::on(day(on), &rules(), &earned, &held);
            let sum = |of: fn(&Lot) -> i64| now.lots.iter().map(of).sum::<i64>();
            let (all, spent) = (sum(|lot| lot.earned.0), sum(|lot| lot.redeemed.0));
            prop_assert!(now.lots.iter().all(|lot| lot.left.0 >= 0));
            prop_assert!(now.balance().0 <= (all - spent + now.uncovered.0).max(0), "nothing is there twice");
            // As time goes by nothing comes to be missing.
            let later = Redeemable::on(day(on + 5), &rules(), &earned, &held);
            prop_assert!(later.uncovered <= now.uncovered);
        }

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
