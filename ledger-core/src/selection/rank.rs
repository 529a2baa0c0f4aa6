//! The order of all candidates, and who of them is chosen.
//!
//! The order is total: points, then what the standard says decides between equal points, then the account's id, which
//! decides nothing but where equals stand in the list. It depends on the candidates alone, not on the order in which
//! they come.

use super::bar::Bar;
use super::record::CandidateYear;
use super::score::ScoreSheet;
use super::standard::{OtherTie, Standard, StillEqual, Tie};
use super::vote::{OpenTie, Votes};
use crate::date::OccurredOn;
use crate::id::{AccountId, OrganizationId};
use crate::quantity::Position;
use serde::Serialize;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// A candidate as it is ranked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its account.
    pub account: AccountId,
    /// Its community.
    pub community: OrganizationId,
    /// Its record.
    pub year: CandidateYear,
    /// Its score.
    pub sheet: ScoreSheet,
    /// The day on which it applied; none where it did not.
    pub applied_on: Option<OccurredOn>,
    /// Where its application stands in the log.
    pub applied_at: Option<Position>,
    /// What keeps it from being named.
    pub bars: Vec<Bar>,
}

impl Candidate {
    /// Whether it can be chosen.
    #[must_use]
    pub fn qualifies(&self) -> bool {
        self.bars.is_empty() && self.sheet.is_passed()
    }
}

/// How it went for a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Chosen by its rank.
    Chosen,
    /// Chosen as one of its community's first.
    ChosenForCommunity,
    /// Equal with others at the edge of the quota: the panel votes.
    Tied,
    /// It qualifies, and the quota is full.
    BeyondQuota,
    /// It does not reach the pass mark.
    BelowPass,
    /// Something keeps it from being named.
    Barred,
}

impl Outcome {
    /// Its code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Chosen => "chosen",
            Outcome::ChosenForCommunity => "chosen_for_community",
            Outcome::Tied => "tied",
            Outcome::BeyondQuota => "beyond_quota",
            Outcome::BelowPass => "below_pass",
            Outcome::Barred => "barred",
        }
    }

    /// Whether it is named, if nothing comes between.
    #[must_use]
    pub fn is_chosen(self) -> bool {
        matches!(self, Outcome::Chosen | Outcome::ChosenForCommunity)
    }
}

/// A candidate in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Its rank among those who qualify: equals share one, and the next is counted on. None for those who do not.
    pub rank: Option<u32>,
    /// How it went.
    pub outcome: Outcome,
    /// The candidate.
    pub candidate: Candidate,
}

/// Compares `a` of `n` members with `b` of `m`, without dividing. Nobody has the least.
fn per_member(a: u64, n: u64, b: u64, m: u64) -> Ordering {
    match (n, m) {
        (0, 0) => Ordering::Equal,
        (0, _) => Ordering::Less,
        (_, 0) => Ordering::Greater,
        _ => (u128::from(a) * u128::from(m)).cmp(&(u128::from(b) * u128::from(n))),
    }
}

impl Tie {
    /// The better one is the greater.
    fn compare(self, a: &Candidate, b: &Candidate) -> Ordering {
        let (x, y) = (&a.year, &b.year);
        match self {
            Tie::Measure(measure) if measure.is_per_member() => {
                per_member(x.value(measure), x.members, y.value(measure), y.members)
            }
            Tie::Measure(measure) => x.value(measure).cmp(&y.value(measure)),
            Tie::Other(OtherTie::ShareTakingPart) => {
                per_member(x.taking_part, x.members, y.taking_part, y.members)
            }
            Tie::Other(OtherTie::EarlierApplication) => {
                // Who did not apply stands behind who did.
                let day = |candidate: &Candidate| candidate.applied_on.map(Reverse);
                day(a).cmp(&day(b))
            }
        }
    }
}

/// The places that votes gave to candidates: those that name no tie, then those on the ties of this list.
type Voted<'a> = [&'a BTreeMap<AccountId, u32>; 2];

/// The better candidate first; equal where nothing of the standard, nor a vote, decides.
fn merit(standard: &Standard, voted: Voted<'_>, a: &Candidate, b: &Candidate) -> Ordering {
    let mut order = b.sheet.points.cmp(&a.sheet.points);
    for tie in &standard.ties {
        order = order.then_with(|| tie.compare(b, a));
    }
    for places in voted {
        order = order.then_with(|| match (places.get(&a.account), places.get(&b.account)) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
    }
    order
}

/// Ranks candidates. `places` is how many are chosen, all who qualify where there is none. A tie at the edge of the quota
/// is decided by the vote that was cast for that very tie; behind it there may be another.
#[must_use]
pub fn rank(
    standard: &Standard,
    places: Option<u64>,
    votes: &Votes,
    candidates: Vec<Candidate>,
) -> Vec<Ranked> {
    let unplaced = |candidate| Ranked { rank: None, outcome: Outcome::BeyondQuota, candidate };
    let mut ranked: Vec<Ranked> = candidates.into_iter().map(unplaced).collect();
    let mut settled = BTreeMap::new();
    loop {
        place(standard, places, [&votes.unbound, &settled], &mut ranked);
        let tie = OpenTie::of(places, &ranked);
        let Some(order) = tie.as_ref().and_then(|tie| votes.on(tie)) else { return ranked };
        // No two candidates get the same place, of whichever tie, so none is tied again.
        for candidate in order {
            let place = u32::try_from(settled.len()).unwrap_or(u32::MAX);
            settled.insert(candidate.clone(), place);
        }
    }
}

/// Puts candidates in order, gives ranks, and chooses.
fn place(standard: &Standard, places: Option<u64>, voted: Voted<'_>, ranked: &mut [Ranked]) {
    for Ranked { rank, outcome, candidate } in ranked.iter_mut() {
        *rank = None;
        *outcome = match (candidate.bars.is_empty(), candidate.sheet.is_passed()) {
            (false, _) => Outcome::Barred,
            (true, false) => Outcome::BelowPass,
            (true, true) => Outcome::BeyondQuota,
        };
    }
    // Those who qualify, those below the mark, those that something bars.
    let by_merit = |a: &Ranked, b: &Ranked| merit(standard, voted, &a.candidate, &b.candidate);
    ranked.sort_unstable_by(|a, b| {
        let order = a.outcome.cmp(&b.outcome).then_with(|| by_merit(a, b));
        order.then_with(|| a.candidate.account.cmp(&b.candidate.account))
    });
    let qualified = ranked.partition_point(|ranked| ranked.outcome == Outcome::BeyondQuota);
    let mut equals = Vec::with_capacity(qualified);
    for place in 0..qualified {
        let equal = place > 0 && by_merit(&ranked[place - 1], &ranked[place]).is_eq();
        let first = if equal { equals[place - 1] } else { place };
        equals.push(first);
        ranked[place].rank = u32::try_from(first + 1).ok();
    }
    let places = places.map_or(qualified, |places| usize::try_from(places).unwrap_or(usize::MAX));
    choose(standard, &mut ranked[..qualified], &equals, places);
}

/// Chooses among those who qualify; `equals` has for each the place of the first one equal to it.
fn choose(standard: &Standard, ranked: &mut [Ranked], equals: &[usize], places: usize) {
    let least = standard.quota.community_at_least as usize;
    let mut of_community: BTreeMap<&OrganizationId, (usize, usize)> = BTreeMap::new();
    let mut first_of_theirs = vec![false; ranked.len()];
    for (place, held) in ranked.iter().enumerate() {
        let (taken, last) = of_community.entry(&held.candidate.community).or_insert((0, usize::MAX));
        if *taken < least || (least > 0 && equals[place] == *last) {
            (*taken, *last) = (*taken + 1, equals[place]);
            first_of_theirs[place] = true;
        }
    }
    let firsts: Vec<usize> = (0..ranked.len()).filter(|place| first_of_theirs[*place]).collect();
    let left = fill(standard, ranked, equals, &firsts, places, Outcome::ChosenForCommunity);
    let rest: Vec<usize> = (0..ranked.len()).filter(|place| !first_of_theirs[*place]).collect();
    fill(standard, ranked, equals, &rest, left, Outcome::Chosen);
    // By rank alone they would have been chosen too: then it is their rank that chose them.
    for place in firsts {
        if equals[place] < places && ranked[place].outcome == Outcome::ChosenForCommunity {
            ranked[place].outcome = Outcome::Chosen;
        }
    }
}

/// Gives places to some of the candidates, in order; how many places are left. Where the last place falls among equals
/// all of them are in, or none before the panel has voted.
fn fill(
    standard: &Standard,
    ranked: &mut [Ranked],
    equals: &[usize],
    some: &[usize],
    places: usize,
    outcome: Outcome,
) -> usize {
    let sure = places.min(some.len());
    let mut edge = sure;
    if sure > 0 && sure < some.len() && equals[some[sure]] == equals[some[sure - 1]] {
        let among = equals[some[sure]];
        edge = some.partition_point(|place| equals[*place] <= among);
        if standard.still_equal == StillEqual::Panel {
            let first = some.partition_point(|place| equals[*place] < among);
            for place in &some[first..edge] {
                ranked[*place].outcome = Outcome::Tied;
            }
            for place in &some[..first] {
                ranked[*place].outcome = outcome;
            }
            return 0;
        }
    }
    for place in &some[..edge] {
        ranked[*place].outcome = outcome;
    }
    places.saturating_sub(edge)
}
