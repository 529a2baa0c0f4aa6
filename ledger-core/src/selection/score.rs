//! The score sheet of a household: for each item its points, what was measured, and what is still missing.

use super::record::HouseholdYear;
use super::standard::{Item, Measure, Standard, Step, Take};
use crate::id::Code;

/// A measure beside what a step needs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The measure.
    pub measure: Measure,
    /// What the household has; per member, all members together.
    pub has: u64,
    /// What the step needs, in the same unit.
    pub needs: u64,
}

/// An item of a score sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemScore {
    /// The item.
    pub item: Code,
    /// Points for what was measured.
    pub points: u32,
    /// Points that judges may still add.
    pub open: u32,
    /// What the next step that is measured needs; empty where every one is reached.
    pub next: Vec<Need>,
}

/// A household's score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreSheet {
    /// The items, in the order of the standard.
    pub items: Vec<ItemScore>,
    /// The points of what was measured.
    pub points: u32,
    /// With all that judges may add.
    pub most: u32,
    /// The points from which a household qualifies.
    pub pass_points: u32,
}

impl ScoreSheet {
    /// Scores what was measured of a household's year.
    #[must_use]
    pub fn of(standard: &Standard, year: &HouseholdYear) -> ScoreSheet {
        let items: Vec<ItemScore> = standard.items.iter().map(|item| score(item, year)).collect();
        let points = items.iter().map(|item| item.points).sum();
        let open: u32 = items.iter().map(|item| item.open).sum();
        ScoreSheet { items, points, most: points + open, pass_points: standard.pass_points }
    }

    /// Whether the household can qualify: what was measured suffices if the judges give all they may.
    #[must_use]
    pub fn is_eligible(&self) -> bool {
        self.most >= self.pass_points
    }
}

fn needs<'a>(step: &'a Step, year: &'a HouseholdYear) -> impl Iterator<Item = Need> + 'a {
    step.need.iter().map(|(measure, least)| Need {
        measure: *measure,
        has: year.value(*measure),
        needs: year.needed(*measure, *least),
    })
}

/// A household without members has reached nothing.
fn is_reached(step: &Step, year: &HouseholdYear) -> bool {
    !step.judged && year.members > 0 && needs(step, year).all(|need| need.has >= need.needs)
}

fn score(item: &Item, year: &HouseholdYear) -> ItemScore {
    let reached = item.steps.iter().filter(|step| is_reached(step, year)).map(|step| step.points);
    let judged = item.steps.iter().filter(|step| step.judged).map(|step| step.points);
    let (points, open) = match item.take {
        Take::Sum => (reached.sum(), judged.sum()),
        Take::Highest => {
            let points = reached.max().unwrap_or(0);
            (points, judged.max().unwrap_or(0).saturating_sub(points))
        }
    };
    let next = item.steps.iter().find(|step| !step.judged && !is_reached(step, year));
    let next = next.map(|step| needs(step, year).filter(|need| need.has < need.needs).collect());
    ItemScore { item: item.item.clone(), points, open, next: next.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::{FAMILY_DEFAULT, MemberYear};
    use proptest::prelude::*;

    fn standard() -> Standard {
        Standard::parse(FAMILY_DEFAULT).unwrap()
    }

    fn household(members: &[MemberYear]) -> HouseholdYear {
        let mut year = HouseholdYear::of(members.len() as u64);
        members.iter().for_each(|member| year.take_up(member));
        year
    }

    fn busy() -> MemberYear {
        MemberYear {
            effective: 12,
            learning_minutes: 1_300,
            books: 5,
            volunteer_occasions: 1,
            volunteer_minutes: 180,
            results: 0,
            taught: 0,
            sessions: vec![1, 2, 3],
        }
    }

    #[test]
    fn a_household_sees_its_points_and_what_is_still_missing() {
        // Two members: 2,600 minutes (10 of 15 points; 2,400 a member would be 4,800), three sessions together.
        let sheet = ScoreSheet::of(&standard(), &household(&[busy(), busy()]));
        let points: Vec<_> =
            sheet.items.iter().map(|item| (item.item.as_str(), item.points, item.open)).collect();
        assert_eq!(
            points,
            [
                ("taking-part", 10, 0),
                ("hours", 10, 0),
                ("together", 5, 0),
                ("reading", 10, 5),
                ("volunteering", 15, 0),
                ("results", 0, 0),
                ("habit", 0, 10),
                ("harmony", 0, 10),
                ("example", 0, 5),
            ]
        );
        assert_eq!((sheet.points, sheet.most, sheet.is_eligible()), (50, 80, true));
        let missing =
            |item: usize| sheet.items[item].next.iter().map(|need| need.needs - need.has).collect::<Vec<_>>();
        assert_eq!((missing(1), missing(2), missing(4)), (vec![2_200], vec![1], vec![]));
    }

    #[test]
    fn a_household_of_one_takes_part_with_one_and_one_without_members_reaches_nothing() {
        let sheet = ScoreSheet::of(&standard(), &household(&[busy()]));
        assert_eq!(sheet.items[0].points, 10);
        let sheet = ScoreSheet::of(&standard(), &household(&[]));
        assert_eq!((sheet.points, sheet.most, sheet.is_eligible()), (0, 30, false));
    }

    fn member() -> impl Strategy<Value = MemberYear> {
        let counts = (0_u64..30, 0_u64..4_000, 0_u64..20, 0_u64..5, 0_u64..400, 0_u64..3, 0_u64..2);
        (counts, prop::collection::btree_set(0_u64..12, 0..8)).prop_map(|(counts, sessions)| {
            let (effective, learning_minutes, books, volunteer_occasions, volunteer_minutes, results, taught) = counts;
            MemberYear {
                effective,
                learning_minutes,
                books,
                volunteer_occasions,
                volunteer_minutes,
                results,
                taught,
                sessions: sessions.into_iter().collect(),
            }
        })
    }

    proptest! {
        #[test]
        fn the_order_of_members_and_more_learning_never_lower_a_score(
            members in prop::collection::vec(member(), 1..6), which in any::<prop::sample::Index>(),
        ) {
            let standard = standard();
            let sheet = ScoreSheet::of(&standard, &household(&members));
            let mut turned = members.clone();
            turned.reverse();
            prop_assert_eq!(&ScoreSheet::of(&standard, &household(&turned)), &sheet);
            let mut more = members;
            let member = which.get(&more).clone();
            let place = more.iter().position(|held| *held == member).unwrap_or(0);
            more[place].effective += 1;
            more[place].learning_minutes += 60;
            more[place].books += 1;
            more[place].volunteer_occasions += 1;
            let better = ScoreSheet::of(&standard, &household(&more));
            for (before, after) in sheet.items.iter().zip(&better.items) {
                prop_assert!(after.points >= before.points);
            }
            prop_assert!(better.most >= sheet.most && better.most <= standard.full_points);
        }
    }
}
