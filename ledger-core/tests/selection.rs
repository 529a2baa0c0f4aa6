//! The selection as pure functions: what a score sheet says, and the order of all candidates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use ledger_core::account::{Bucket, BucketScope};
use ledger_core::date::OccurredOn;
use ledger_core::entry::{Award, Detail, Digest32, Entry};
use ledger_core::id::{
    AccountId, Code, CourseId, HouseholdId, OrganizationId, ResidentId, SessionId, VersionId,
};
use ledger_core::policy::{Policy, Rulebook, assess_account_briefly};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::selection::{
    Bar, Candidate, CandidateYear, FAMILY_DEFAULT, Judged, Measure, MemberYear, OpenTie, Outcome, Ranked,
    Reading, ScoreSheet, Standard, Votes, Window, rank,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn standard() -> Standard {
    Standard::parse(FAMILY_DEFAULT).unwrap()
}

fn year(members: &[MemberYear]) -> CandidateYear {
    let mut year = CandidateYear::of(members.len() as u64);
    members.iter().for_each(|member| year.take_up(member));
    year.close();
    year
}

fn busy() -> MemberYear {
    MemberYear {
        effective: 12,
        learning_minutes: 1_300,
        books: 5,
        volunteer_occasions: 1,
        volunteer_minutes: 180,
        sessions: vec![1, 2, 3],
        ..MemberYear::default()
    }
}

fn judged(items: &[(&str, &[u32])]) -> Judged {
    let of = |(item, points): &(&str, &[u32])| (Code::parse(item, "item").unwrap(), points.to_vec());
    Judged(items.iter().map(of).collect())
}

#[test]
fn a_household_sees_its_points_and_what_is_still_missing() {
    // Two members: 2,600 minutes (10 of 15 points; 2,400 a member would be 4,800), three sessions together.
    let sheet = ScoreSheet::of(&standard(), &year(&[busy(), busy()]), &Judged::default());
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
    assert_eq!((sheet.points, sheet.most, sheet.can_pass(), sheet.is_passed()), (50, 80, true, false));
    let missing = |item: usize| sheet.items[item].next.iter().map(|need| need.missing()).collect::<Vec<_>>();
    assert_eq!((missing(1), missing(2), missing(4)), (vec![2_200], vec![1], vec![]));
    let said = sheet.items[1].next[0].sentences().unwrap();
    assert_eq!(said[0], "還差 36 小時 40 分鐘學習");
}

#[test]
fn judges_points_count_as_their_mean_once_enough_have_judged() {
    let year = year(&[busy(), busy()]);
    let of = |judged: &Judged| {
        let sheet = ScoreSheet::of(&standard(), &year, judged);
        (sheet.points, sheet.most)
    };
    assert_eq!(of(&judged(&[("habit", &[10, 10])])), (50, 80), "two judges are too few");
    // 7 + 8 + 8 = 23, 23 / 3 = 7.67 → 8; the two points that were not given are gone.
    assert_eq!(of(&judged(&[("habit", &[7, 8, 8])])), (58, 78));
    // 7 + 8 = 15 of two would be 7.5; four judges: 30 / 4 = 7.5 → 8.
    assert_eq!(of(&judged(&[("habit", &[7, 8, 7, 8])])), (58, 78));
    // An item that is measured or judged gives the better of both.
    assert_eq!(of(&judged(&[("example", &[3, 3, 3])])), (53, 78));
    // What is measured only takes no judge's points.
    assert_eq!(of(&judged(&[("hours", &[15, 15, 15])])), (50, 80));
}

#[test]
fn a_household_of_one_takes_part_with_one_and_one_without_members_reaches_nothing() {
    let sheet = ScoreSheet::of(&standard(), &year(&[busy()]), &Judged::default());
    assert_eq!(sheet.items[0].points, 10);
    let sheet = ScoreSheet::of(&standard(), &year(&[]), &Judged::default());
    assert_eq!((sheet.points, sheet.most, sheet.can_pass()), (0, 30, false));
}

#[test]
fn a_session_of_three_members_is_one_session() {
    let year = year(&[busy(), busy(), busy()]);
    assert_eq!(year.value(Measure::SessionsTogether), 3);
}

fn candidate(name: &str, community: &str, points: u32, minutes: u64) -> Candidate {
    let standard = standard();
    let member = MemberYear { learning_minutes: minutes, effective: 1, ..MemberYear::default() };
    let year = year(&[member]);
    let mut sheet = ScoreSheet::of(&standard, &year, &Judged::default());
    sheet.points = points;
    Candidate {
        account: AccountId::Household(HouseholdId::parse(name).unwrap()),
        community: OrganizationId::parse(community).unwrap(),
        year,
        sheet,
        applied_on: None,
        applied_at: None,
        bars: Vec::new(),
    }
}

fn told(ranked: &[Ranked]) -> Vec<(String, Option<u32>, Outcome)> {
    let id = |account: &AccountId| account.path().rsplit('/').next().unwrap().to_owned();
    ranked.iter().map(|r| (id(&r.candidate.account), r.rank, r.outcome)).collect()
}

#[test]
fn each_community_with_a_qualified_household_gets_its_place_before_the_rest_are_ranked() {
    let candidates = vec![
        candidate("a1", "north", 99, 10),
        candidate("a2", "north", 98, 10),
        candidate("a3", "north", 97, 10),
        candidate("b1", "south", 81, 10),
        candidate("c1", "west", 79, 10),
    ];
    let ranked = rank(&standard(), Some(3), &Votes::default(), candidates);
    assert_eq!(
        told(&ranked),
        [
            ("a1".into(), Some(1), Outcome::Chosen),
            ("a2".into(), Some(2), Outcome::Chosen),
            ("a3".into(), Some(3), Outcome::BeyondQuota),
            ("b1".into(), Some(4), Outcome::ChosenForCommunity),
            ("c1".into(), None, Outcome::BelowPass),
        ]
    );
}

#[test]
fn equal_points_are_decided_in_order_and_full_equals_at_the_edge_are_all_in_or_voted_on() {
    let tied = || {
        vec![
            candidate("a1", "north", 90, 20),
            candidate("a2", "north", 90, 30),
            candidate("a3", "north", 90, 20),
            candidate("a4", "north", 80, 20),
        ]
    };
    let ranked = rank(&standard(), Some(2), &Votes::default(), tied());
    assert_eq!(
        told(&ranked),
        [
            ("a2".into(), Some(1), Outcome::Chosen),
            ("a1".into(), Some(2), Outcome::Chosen),
            ("a3".into(), Some(2), Outcome::Chosen),
            ("a4".into(), Some(4), Outcome::BeyondQuota),
        ]
    );
    let panel = panel();
    let ranked = rank(&panel, Some(2), &Votes::default(), tied());
    let outcomes: Vec<_> = ranked.iter().map(|r| r.outcome).collect();
    assert_eq!(outcomes, [Outcome::Chosen, Outcome::Tied, Outcome::Tied, Outcome::BeyondQuota]);
    let account = |name| AccountId::Household(HouseholdId::parse(name).unwrap());
    // A vote from before votes named their tie.
    let mut votes = Votes::default();
    votes.take_up(None, &[account("a3"), account("a1")]);
    let ranked = rank(&panel, Some(2), &votes, tied());
    assert_eq!(told(&ranked)[1], ("a3".into(), Some(2), Outcome::Chosen));
    assert_eq!(told(&ranked)[2], ("a1".into(), Some(3), Outcome::BeyondQuota));
}

/// By a standard whose equals the panel votes on.
fn panel() -> Standard {
    Standard::parse(&FAMILY_DEFAULT.replace("\"all_in\"", "\"panel\"")).unwrap()
}

fn households(names: &[&str]) -> Vec<AccountId> {
    names.iter().map(|name| AccountId::Household(HouseholdId::parse(name).unwrap())).collect()
}

#[test]
fn a_vote_decides_the_tie_it_was_cast_for_and_no_other() {
    let field = |minutes: u64| {
        vec![
            candidate("a1", "north", 95, 20),
            candidate("a2", "north", 90, minutes),
            candidate("a3", "north", 90, minutes),
            candidate("a4", "north", 90, minutes),
        ]
    };
    let tie_of = |places, field: Vec<Candidate>| {
        OpenTie::of(Some(places), &rank(&panel(), Some(places), &Votes::default(), field))
    };
    let open = tie_of(2, field(20)).unwrap();
    assert_eq!(open.candidates, households(&["a2", "a3", "a4"]));
    let mut votes = Votes::default();
    votes.take_up(Some(open.digest), &households(&["a4", "a2", "a3"]));
    let ranked = rank(&panel(), Some(2), &votes, field(20));
    assert_eq!(told(&ranked)[1], ("a4".into(), Some(2), Outcome::Chosen));
    assert_eq!(told(&ranked)[2], ("a2".into(), Some(3), Outcome::BeyondQuota));
    assert_eq!(OpenTie::of(Some(2), &ranked), None);
    // One more place, one candidate less, one more, or other figures: the panel has not seen that tie.
    let less = field(20).into_iter().filter(|candidate| candidate.account != households(&["a3"])[0]);
    let more = field(20).into_iter().chain([candidate("a5", "north", 90, 20)]);
    for (places, field) in [(3, field(20)), (2, less.collect()), (2, more.collect()), (2, field(21))] {
        let other = tie_of(places, field.clone()).unwrap();
        assert_ne!(other.digest, open.digest);
        let ranked = rank(&panel(), Some(places), &votes, field);
        assert_eq!(OpenTie::of(Some(places), &ranked), Some(other), "it waits for a vote of its own");
    }
    // Of two votes on one tie the later counts.
    votes.take_up(Some(open.digest), &households(&["a3", "a2", "a4"]));
    assert_eq!(told(&rank(&panel(), Some(2), &votes, field(20)))[1].0, "a3");
}

#[test]
fn who_is_barred_has_no_rank_whatever_its_points() {
    let mut barred = candidate("a1", "north", 100, 90);
    barred.bars.push(Bar::Vetoed { ground: Code::parse("illegal-act", "g").unwrap() });
    let ranked = rank(&standard(), None, &Votes::default(), vec![barred, candidate("a2", "north", 80, 1)]);
    assert_eq!(
        told(&ranked),
        [("a2".into(), Some(1), Outcome::Chosen), ("a1".into(), None, Outcome::Barred)]
    );
}

fn member() -> impl Strategy<Value = MemberYear> {
    let counts = (0_u64..30, 0_u64..4_000, 0_u64..20, 0_u64..5, 0_u64..400, 0_u64..3, 0_u64..2, 0_u64..200);
    (counts, prop::collection::btree_set(0_u64..12, 0..8)).prop_map(|(counts, sessions)| {
        let (
            effective,
            learning_minutes,
            books,
            volunteer_occasions,
            volunteer_minutes,
            results,
            taught,
            practice_minutes,
        ) = counts;
        MemberYear {
            effective,
            learning_minutes,
            books,
            volunteer_occasions,
            volunteer_minutes,
            results,
            taught,
            practice_minutes,
            sessions: sessions.into_iter().collect(),
        }
    })
}

/// What somebody did: kind, day of the year, minutes, session, books or mark.
type Did = (u8, u32, u32, Option<u8>, u32);

fn did() -> impl Strategy<Value = Did> {
    (0_u8..8, 0_u32..365, 10_u32..400, prop::option::of(0_u8..4), 1_u32..6)
}

fn entry(resident: &str, (kind, day, minutes, session, n): Did) -> Entry {
    let digest = |n: u32| Digest32::of(&n.to_be_bytes());
    let detail = match kind {
        0 => Detail::Lecture { series: None },
        1 => Detail::VolunteerService { team: None },
        2 => Detail::Reading { books: n },
        3 => Detail::Certificate { number_digest: digest(n) },
        4 => Detail::Teaching { course: None },
        5 => Detail::Contest {
            contest: Code::constant("chess"),
            award: if n > 3 { Award::Participation } else { Award::District },
        },
        // The same few courses again and again: of what counts once the highest counts.
        6 => Detail::OnlineCourse {
            course: CourseId::parse("tea").unwrap(),
            version: VersionId::parse("v1").unwrap(),
            mark: Some(u8::try_from(n * 20).unwrap()),
        },
        _ => Detail::OfflineCourse {
            course: CourseId::parse("tea").unwrap(),
            version: VersionId::parse("v2").unwrap(),
            planned_minutes: Some(Minutes(n * 100)),
            mark: None,
        },
    };
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    Entry {
        account: AccountId::Resident(ResidentId::parse(resident).unwrap()),
        organization: OrganizationId::parse("school").unwrap(),
        kind: detail.form().default_kind(),
        detail,
        occurred_on: OccurredOn::new(first + chrono::Days::new(day.into())),
        started_on: None,
        start_time: None,
        end_time: None,
        minutes: Minutes(minutes),
        session: session.map(|n| SessionId::parse(&format!("s{n}")).unwrap()),
        attested_by: None,
        evidence: None,
        subject: None,
        audience: None,
        campaign: None,
        programme: None,
        restores: None,
        batch: None,
        corrects: None,
    }
}

/// The score of two members who did all this.
fn score(rulebook: &Rulebook, members: &[Vec<Did>]) -> ScoreSheet {
    let mut year = CandidateYear::of(members.len() as u64);
    let windows = [Window::of_year(2026)];
    for did in members {
        let mut buckets: BTreeMap<BucketScope, Bucket> = BTreeMap::new();
        for (n, did) in did.iter().enumerate() {
            let entry = entry("r0001", *did);
            let scope = BucketScope::of(entry.detail.form(), entry.occurred_on);
            buckets.entry(scope).or_default().record(Position(n as u64 + 1), &entry);
        }
        let buckets: Vec<Bucket> = buckets.into_values().collect();
        let assessed = assess_account_briefly(rulebook, &buckets);
        let policy = rulebook.district_on(OccurredOn::parse("2026-12-31", "day").unwrap());
        year.take_up(&MemberYear::of(
            &assessed,
            Reading { windows: &windows, policy, community: None },
            None,
        ));
    }
    ScoreSheet::of(&standard(), &year, &Judged::default())
}

fn field() -> impl Strategy<Value = Vec<Candidate>> {
    let one = (0_usize..4, 70_u32..100, 0_u64..4, 0_u32..4, any::<bool>());
    prop::collection::vec(one, 0..40).prop_map(|drawn| {
        let of = |(n, (community, points, minutes, day, barred)): (usize, (usize, u32, u64, u32, bool))| {
            let community = ["north", "south", "west", "east"][community];
            let mut candidate = candidate(&format!("h{n:03}"), community, points / 10 * 10, minutes);
            candidate.applied_on =
                OccurredOn::parse(&format!("2026-04-{:02}", day + 1), "day").ok().filter(|_| day > 0);
            if barred {
                candidate.bars.push(Bar::NotVerified);
            }
            candidate
        };
        drawn.into_iter().enumerate().map(of).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_members_and_more_learning_never_lower_a_score(
        members in prop::collection::vec(member(), 1..6), which in any::<prop::sample::Index>(),
    ) {
        let standard = standard();
        let of = |members: &[MemberYear]| ScoreSheet::of(&standard, &year(members), &Judged::default());
        let sheet = of(&members);
        let mut turned = members.clone();
        turned.reverse();
        prop_assert_eq!(&of(&turned), &sheet);
        let mut more = members;
        let place = which.index(more.len());
        more[place].effective += 1;
        more[place].learning_minutes += 60;
        more[place].books += 1;
        more[place].volunteer_occasions += 1;
        let better = of(&more);
        for (before, after) in sheet.items.iter().zip(&better.items) {
            prop_assert!(after.points >= before.points);
        }
        prop_assert!(better.most >= sheet.most && better.most <= standard.full_points);
    }

    #[test]
    fn another_entry_never_lowers_a_score(
        members in prop::collection::vec(prop::collection::vec(did(), 0..24), 1..4),
        which in any::<prop::sample::Index>(), more in did(),
    ) {
        for (_, document) in ledger_core::policy::PRESETS {
            let rulebook = Rulebook::from(Policy::parse(document).unwrap());
            let before = score(&rulebook, &members);
            let mut members = members.clone();
            let which = which.index(members.len());
            members[which].push(more);
            let after = score(&rulebook, &members);
            for (before, after) in before.items.iter().zip(&after.items) {
                prop_assert!(after.points >= before.points, "{:?} {:?}", before, after);
                for (before, after) in before.needs.iter().zip(&after.needs) {
                    prop_assert!(after.has >= before.has, "{:?} {:?}", before, after);
                }
            }
        }
    }

    #[test]
    fn ranking_does_not_depend_on_the_order_in_which_candidates_come(
        (field, shuffled) in field().prop_flat_map(|field| (Just(field.clone()), Just(field).prop_shuffle())),
        places in prop::option::of(0_u64..20), panel in any::<bool>(), least in 0_u32..3,
    ) {
        let mut standard = standard();
        standard.quota.community_at_least = least;
        if panel {
            standard.still_equal = ledger_core::selection::StillEqual::Panel;
        }
        let (quota, again) = (places, field.clone());
        let ranked = rank(&standard, places, &Votes::default(), field);
        prop_assert_eq!(&rank(&standard, places, &Votes::default(), shuffled), &ranked);
        // Those who qualify come first, and nobody else has a rank.
        let qualified = ranked.iter().filter(|r| r.candidate.qualifies()).count();
        prop_assert!(ranked.iter().enumerate().all(|(n, r)| r.rank.is_some() == (n < qualified)));
        prop_assert!(ranked.iter().all(|r| !r.outcome.is_chosen() || r.candidate.qualifies()));
        // No place is given away, and none is left empty while somebody qualifies.
        let chosen = ranked.iter().filter(|r| r.outcome.is_chosen()).count() as u64;
        let tied = ranked.iter().filter(|r| r.outcome == Outcome::Tied).count() as u64;
        let places = places.unwrap_or(u64::MAX).min(qualified as u64);
        prop_assert!(chosen + tied >= places);
        if panel {
            prop_assert!(chosen <= places);
        }
        // Once each tie was voted on, every place is given to one, and no equals are left at the edge.
        let (mut votes, mut ranked) = (Votes::default(), ranked);
        let all = places;
        while let Some(open) = OpenTie::of(quota, &ranked) {
            let order: Vec<AccountId> = open.candidates.iter().rev().cloned().collect();
            votes.take_up(Some(open.digest), &order);
            ranked = rank(&standard, quota, &votes, again.clone());
        }
        if panel {
            prop_assert_eq!(ranked.iter().filter(|r| r.outcome.is_chosen()).count() as u64, all);
        }
        // A better household of the same community is never passed over.
        for (n, better) in ranked[..qualified].iter().enumerate() {
            for worse in &ranked[n..qualified] {
                if worse.outcome.is_chosen() && worse.candidate.community == better.candidate.community {
                    prop_assert!(better.outcome != Outcome::BeyondQuota);
                }
            }
        }
    }
}
