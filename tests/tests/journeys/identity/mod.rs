//! Who is who: accounts are merged and taken apart again, ids change, people move from household to household; every
//! figure is right before, between and after, and every entry keeps its account.

mod desk;
mod household;

use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, name, reason};
use std::sync::Arc;
use tonic::Status;

use desk::{Desk, certificate, figures, resident, talk, told};

#[tokio::test(flavor = "multi_thread")]
async fn merged_accounts_answer_as_one_and_every_entry_keeps_its_account() {
    let desk = Desk::open().await;
    let first = desk.lecture(1, "2026-05-01", 360).await;
    let other = desk.lecture(2, "2026-05-01", 360).await;
    desk.lecture(2, "2025-05-02", 90).await;
    desk.post(certificate(1, 7)).await.unwrap();
    let mut again = certificate(2, 7);
    again.occurred_on = "2026-03-02".to_owned();
    let before = desk.post(again).await.unwrap();
    let apart = [desk.balance("r0001").await, desk.balance("r0002").await];
    assert_eq!(apart.iter().map(figures).collect::<Vec<_>>(), [(4_600, 360, 2), (4_800, 450, 3)]);
    let school = desk.school().await;

    let merged = desk.merge("r0002", "r0001").await.unwrap();
    assert_eq!(merged.identity.unwrap().includes[0].resident, resident("r0002"));
    let one = desk.balance("r0001").await;
    // A day earns 8, not 12; the certificate counts once; minutes and entries are those of both.
    assert_eq!(figures(&one), (800 + 200 + 4_000, 810, 5));
    assert_eq!((one.survivor.as_str(), &one.includes), ("", &vec![resident("r0002")]));
    let followed = desk.balance("r0002").await;
    assert_eq!((figures(&followed), followed.survivor.as_str()), (figures(&one), resident("r0001").as_str()));
    assert_eq!(followed.honours, one.honours);
    assert_eq!(desk.school().await, school, "who posted what is as it was");
    assert_eq!(desk.census().await.residents, 9, "a person is counted once");
    let listed = desk.listed().await;
    assert_eq!(listed.len(), 9, "and listed once");
    assert!(listed.iter().all(|balance| balance.account != resident("r0002")));

    let statement = desk.statement("r0002").await;
    assert_eq!(statement.survivor, resident("r0001"));
    let accounts: Vec<String> =
        statement.lines.iter().map(|line| line.entry.as_ref().unwrap().account.clone()).collect();
    let expected = ["r0001", "r0002", "r0002", "r0001", "r0002"].map(resident);
    assert_eq!(accounts, expected, "in order of position, each with the account it was posted to");

    for (entry, why) in [(talk(2, "2026-05-03", 60), "RESIDENT_MERGED"), (talk(1, "2026-05-03", 60), "")] {
        match desk.post(entry).await {
            Ok(at) => {
                assert_eq!(why, "", "the survivor takes entries");
                desk.reverse(at).await;
            }
            Err(status) => {
                assert_eq!((reason(&status).as_str(), told(&status, "survivor").as_str()), (why, "r0001"));
            }
        }
    }

    let reversal = desk.reverse(other).await;
    assert_eq!(desk.figures("r0001").await, (600 + 200 + 4_000, 450, 4), "a reversal books on the survivor");

    let back = desk.unmerge("r0002", &[]).await.unwrap();
    assert_eq!(back.identity.unwrap().survivor, "");
    assert_eq!(desk.figures("r0001").await, figures(&apart[0]));
    assert_eq!(desk.figures("r0002").await, (4_200, 90, 2), "as before, less what was reversed since");

    // What was true at each position, still.
    for (at, of_1, of_2) in [
        (first, (600, 360, 1), (0, 0, 0)),
        (before, figures(&apart[0]), figures(&apart[1])),
        (merged.position, figures(&one), figures(&one)),
        (reversal, (4_800, 450, 4), (4_800, 450, 4)),
        (back.position, figures(&apart[0]), (4_200, 90, 2)),
    ] {
        let then = [desk.balance_at("r0001", at).await.unwrap(), desk.balance_at("r0002", at).await.unwrap()];
        assert_eq!(then.iter().map(figures).collect::<Vec<_>>(), [of_1, of_2], "at {at}");
    }
    assert_eq!(desk.who("r0002", "", merged.position).await.survivor, resident("r0001"));
    assert_eq!(desk.who("r0002", "", before).await.survivor, "");
    assert_eq!(desk.census().await.residents, 10);
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_of_a_new_entry_meet_the_lines_of_all_that_answer_as_one() {
    let desk = Desk::open().await;
    let mut seen = talk(2, "2026-05-01", 60);
    seen.session = "evening".to_owned();
    let held = desk.post(seen.clone()).await.unwrap();
    desk.lecture(2, "2026-05-04", 1_000).await;
    desk.merge("r0002", "r0001").await.unwrap();
    seen.account = resident("r0001");
    let twice = desk.post(seen).await.unwrap_err();
    assert_eq!(
        (reason(&twice), told(&twice, "entry")),
        ("SESSION_ALREADY_CREDITED".to_owned(), held.to_string())
    );
    let long = desk.post(talk(1, "2026-05-04", 500)).await.unwrap_err();
    assert_eq!(reason(&long), "DAILY_CAP_EXCEEDED");
    // A reversed entry of the merged account is restored on the survivor.
    desk.reverse(held).await;
    let mut again = talk(1, "2026-05-01", 60);
    again.restores = name(&format!("entries/{held}"));
    desk.post(again).await.unwrap();
    assert_eq!(desk.figures("r0001").await.1, 1_060);
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_is_never_counted_twice_by_a_merge() {
    let desk = Desk::open().await;
    let mut at = Vec::new();
    for resident in [1, 2] {
        let mut entry = talk(resident, "2026-05-01", 60);
        entry.session = "evening".to_owned();
        at.push(desk.post(entry).await.unwrap());
    }
    let refused = desk.merge("r0002", "r0001").await.unwrap_err();
    assert_eq!(reason(&refused), "MERGE_DUPLICATE_SESSION");
    assert_eq!(told(&refused, "entries"), format!("{}={}", at[1], at[0]));
    desk.reverse(at[1]).await;
    desk.merge("r0002", "r0001").await.unwrap();
    assert_eq!(desk.figures("r0001").await, (100, 60, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmerge_asks_whose_the_new_entries_are() {
    let desk = Desk::open().await;
    desk.lecture(1, "2026-05-01", 60).await;
    desk.lecture(2, "2026-05-02", 60).await;
    desk.merge("r0002", "r0001").await.unwrap();
    let ours = desk.lecture(1, "2026-05-03", 60).await;
    let theirs = desk.lecture(1, "2026-05-04", 60).await;
    let refused = desk.unmerge("r0002", &[]).await.unwrap_err();
    assert_eq!(reason(&refused), "UNMERGE_AMBIGUOUS");
    assert_eq!(told(&refused, "entries"), format!("{ours},{theirs}"));
    assert_eq!(desk.figures("r0002").await, (400, 240, 4), "nothing changed");
    desk.reverse(theirs).await;
    desk.unmerge("r0002", &[ours]).await.unwrap();
    assert_eq!(desk.figures("r0001").await, (200, 120, 2));
    assert_eq!(desk.figures("r0002").await, (100, 60, 1));
    desk.lecture(2, "2026-05-04", 60).await;
    assert_eq!(desk.figures("r0002").await, (200, 120, 2), "it takes entries again");
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_an_id_took_for_a_while_are_asked_about_too() {
    let desk = Desk::open().await;
    desk.merge("r0002", "r0001").await.unwrap();
    desk.rename("r0001", "s2026-017").await.unwrap();
    let mut entry = talk(1, "2026-05-02", 60);
    entry.account = resident("s2026-017");
    let taken = desk.post(entry).await.unwrap();
    desk.rename("s2026-017", "r0001").await.unwrap();
    // What another account had before it was merged is its own.
    desk.lecture(3, "2026-05-05", 60).await;
    desk.merge("r0003", "r0001").await.unwrap();
    let refused = desk.unmerge("r0002", &[]).await.unwrap_err();
    assert_eq!(
        (reason(&refused), told(&refused, "entries")),
        ("UNMERGE_AMBIGUOUS".into(), taken.to_string())
    );
    desk.unmerge("r0002", &[taken]).await.unwrap();
    assert_eq!(desk.figures("r0001").await, (200, 120, 2));
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn merges_go_on_from_survivor_to_survivor_and_never_in_a_circle() {
    let desk = Desk::open().await;
    for resident in 1..=3 {
        desk.lecture(resident, &format!("2026-05-0{resident}"), 60).await;
    }
    desk.merge("r0003", "r0002").await.unwrap();
    desk.merge("r0002", "r0001").await.unwrap();
    for id in ["r0001", "r0002", "r0003"] {
        assert_eq!(desk.figures(id).await, (300, 180, 3), "{id}");
    }
    for (merged, survivor, why) in [
        ("r0001", "r0003", "MERGE_CYCLE"),
        ("r0001", "r0002", "MERGE_CYCLE"),
        ("r0003", "r0001", "RESIDENT_MERGED"),
        ("r0004", "r0003", "RESIDENT_MERGED"),
        ("r0004", "r0004", "MERGE_SELF"),
    ] {
        assert_eq!(reason(&desk.merge(merged, survivor).await.unwrap_err()), why, "{merged} into {survivor}");
    }
    let posted = desk.post(talk(3, "2026-05-09", 60)).await.unwrap_err();
    assert_eq!(told(&posted, "survivor"), "r0001", "the account that answers in the end");
    // The one in the middle of the way is taken out by itself, with what answers in it.
    desk.unmerge("r0002", &[]).await.unwrap();
    assert_eq!(desk.figures("r0001").await, (100, 60, 1));
    assert_eq!(desk.figures("r0003").await, (200, 120, 2));
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_new_id_is_the_same_account() {
    let desk = Desk::open().await;
    let before = desk.lecture(1, "2026-05-01", 60).await;
    let changed = desk.rename("r0001", "s2026-017").await.unwrap();
    assert_eq!(desk.figures("s2026-017").await, (100, 60, 1));
    let old = desk.balance("r0001").await;
    assert_eq!((figures(&old), old.survivor), ((100, 60, 1), resident("s2026-017")));
    let posted = desk.post(talk(1, "2026-05-02", 60)).await.unwrap_err();
    assert_eq!(
        (reason(&posted), told(&posted, "survivor")),
        ("IDENTIFIER_CHANGED".into(), "s2026-017".into())
    );
    let mut entry = talk(1, "2026-05-02", 60);
    entry.account = resident("s2026-017");
    desk.post(entry).await.unwrap();
    assert_eq!(desk.figures("s2026-017").await, (200, 120, 2));
    assert_eq!(desk.census().await.residents, 10, "nobody has come");
    let unknown = desk.balance_at("s2026-017", before).await.unwrap_err();
    assert_eq!(reason(&unknown), "RESIDENT_NOT_FOUND", "there was no such id then");
    assert_eq!(figures(&desk.balance_at("r0001", before).await.unwrap()), (100, 60, 1));
    let identity = desk.who("r0001", "", 0).await;
    assert_eq!((identity.survivor.clone(), identity.kind()), (resident("s2026-017"), proto::TieKind::Rename));

    assert_eq!(reason(&desk.rename("r0002", "r0003").await.unwrap_err()), "ALREADY_REGISTERED");
    assert_eq!(reason(&desk.unmerge("r0001", &[]).await.unwrap_err()), "NOT_MERGED");
    // Back to the id it had.
    desk.rename("s2026-017", "r0001").await.unwrap();
    assert_eq!(desk.figures("r0001").await, (200, 120, 2));
    desk.lecture(1, "2026-05-03", 60).await;
    assert_eq!(figures(&desk.balance("s2026-017").await), (300, 180, 3));
    assert_eq!(figures(&desk.balance_at("r0001", changed.position).await.unwrap()), (100, 60, 1));
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_are_found_with_what_speaks_for_them_until_someone_decides() {
    let desk = Desk::open().await;
    desk.register(&["p0l1", "p011", "q1"]).await;
    let session = |id: &str| {
        let mut entry = talk(1, "2026-05-01", 60);
        (entry.account, entry.session) = (resident(id), "evening".to_owned());
        entry
    };
    for id in ["p0l1", "p011", "r0003"] {
        desk.post(session(id)).await.unwrap();
    }
    let first = desk.post(certificate(4, 1)).await.unwrap();
    let second = desk.post(certificate(5, 1)).await.unwrap();
    let third = desk.post(certificate(6, 2)).await.unwrap();
    let found = desk.duplicates().await;
    let told: Vec<(&str, &str, Vec<&str>)> = found
        .iter()
        .map(|pair| {
            let evidence = pair.evidence.iter().map(|evidence| evidence.reason.as_str());
            (pair.resident.as_str(), pair.like.as_str(), evidence.collect())
        })
        .collect();
    let (p1, p2, r4, r5) = (resident("p0l1"), resident("p011"), resident("r0004"), resident("r0005"));
    let alike = (p2.as_str(), p1.as_str(), vec!["LOOKS_ALIKE", "SAME_SESSION"]);
    assert_eq!(told, [alike.clone(), (r5.as_str(), r4.as_str(), vec!["SAME_NUMBER"])]);
    let evidence = &found[1].evidence[0];
    assert_eq!(
        (&evidence.entry, &evidence.like_entry),
        (&name(&format!("entries/{second}")), &name(&format!("entries/{first}")),)
    );
    assert!(evidence.hant.contains("證書") && evidence.en.contains("certificate"));

    // A reversed certificate speaks for nothing; people told apart, and merged accounts, are no question any more.
    desk.reverse(second).await;
    assert_eq!(desk.duplicates().await.len(), 1);
    let request = proto::DistinguishResidentsRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/school"),
        resident: p1.clone(),
        other: p2.clone(),
    };
    desk.clients.identities.clone().distinguish_residents(request).await.unwrap();
    assert_eq!(desk.duplicates().await, []);
    desk.post(certificate(7, 2)).await.unwrap();
    assert_eq!(desk.duplicates().await.len(), 1);
    desk.reverse(third).await;
    desk.post(certificate(6, 2)).await.unwrap();
    assert_eq!(desk.duplicates().await.len(), 1, "each pair shows once");
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resident_is_in_one_household_at_a_time() {
    let desk = Desk::open().await;
    let request = proto::CreateHouseholdRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        household_id: "h002".to_owned(),
        organization: name("organizations/school"),
    };
    desk.clients.registry.clone().create_household(request).await.unwrap();
    let why = |status: Result<u64, Status>| reason(&status.unwrap_err());
    assert_eq!(why(desk.join("h001", "r0003", true, ("2024-09-01", "")).await), "HOUSEHOLD_NEEDS_ADULT");
    let joined = desk.join("h001", "r0001", false, ("2024-09-01", "")).await.unwrap();
    desk.join("h001", "r0003", true, ("2024-09-01", "")).await.unwrap();
    let second = desk.join("h002", "r0001", false, ("2025-01-01", "")).await.unwrap_err();
    assert_eq!((reason(&second), told(&second, "household")), ("ALREADY_IN_HOUSEHOLD".into(), "h001".into()));
    assert_eq!(why(desk.leave("h001", "r0001", "2024-08-31").await), "MEMBERSHIP_RANGE");
    assert_eq!(why(desk.leave("h001", "r0001", "2025-12-31").await), "HOUSEHOLD_NEEDS_ADULT");
    assert_eq!(why(desk.leave("h001", "r0002", "2025-12-31").await), "NOT_IN_HOUSEHOLD");
    desk.leave("h001", "r0003", "2025-12-31").await.unwrap();
    let left = desk.leave("h001", "r0001", "2025-12-31").await.unwrap();
    desk.join("h002", "r0001", false, ("2026-01-01", "")).await.unwrap();
    // Recorded late, it fits in before.
    desk.join("h002", "r0003", true, ("2026-02-01", "2026-02-28")).await.unwrap();
    let household = |identity: proto::Identity| identity.household;
    assert_eq!(household(desk.who("r0001", "2025-12-31", 0).await), name("households/h001"));
    assert_eq!(household(desk.who("r0001", "2026-01-01", 0).await), name("households/h002"));
    assert_eq!(household(desk.who("r0003", "2026-01-15", 0).await), "");
    assert_eq!(
        household(desk.who("r0001", "2026-01-01", joined).await),
        name("households/h001"),
        "as was known"
    );
    assert_eq!(desk.members("h001", "2025-06-01", 0).await.len(), 2);
    assert_eq!(desk.members("h001", "2026-06-01", 0).await.len(), 0);
    assert_eq!(desk.members("h001", "2026-06-01", left - 1).await.len(), 1);

    // Membership follows a merge, and two households at a time stop one.
    desk.join("h001", "r0002", false, ("2026-01-01", "")).await.unwrap();
    let clash = desk.merge("r0002", "r0001").await.unwrap_err();
    assert_eq!((reason(&clash), told(&clash, "household")), ("ALREADY_IN_HOUSEHOLD".into(), "h002".into()));
    desk.leave("h001", "r0002", "2026-01-01").await.unwrap();
    let clash = desk.merge("r0002", "r0001").await.unwrap_err();
    assert_eq!(reason(&clash), "ALREADY_IN_HOUSEHOLD", "one day is enough");
    desk.merge("r0001", "r0004").await.unwrap();
    assert_eq!(household(desk.who("r0004", "2026-03-01", 0).await), name("households/h002"));
    assert_eq!(desk.members("h002", "2026-03-01", 0).await[0].survivor, resident("r0004"));
    assert_eq!(why(desk.join("h001", "r0004", false, ("2026-03-01", "")).await), "ALREADY_IN_HOUSEHOLD");
    desk.leave("h002", "r0004", "2026-03-31").await.unwrap();
    desk.join("h001", "r0004", false, ("2026-04-01", "")).await.unwrap();
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postings_that_race_a_merge_are_in_it_or_refused() {
    let desk = Arc::new(Desk::open().await);
    let racing = Arc::clone(&desk);
    let mut calls = Vec::new();
    for n in 0..200 {
        let desk = Arc::clone(&desk);
        calls.push(tokio::spawn(async move {
            let mut entry = talk(n % 2 + 1, &format!("2026-05-{:02}", n / 2 % 28 + 1), 10);
            entry.session = format!("s{n}");
            desk.post(entry).await
        }));
        if n == 100 {
            let desk = Arc::clone(&racing);
            calls.push(tokio::spawn(
                async move { desk.merge("r0002", "r0001").await.map(|done| done.position) },
            ));
        }
    }
    let mut recorded = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => recorded += 1,
            Err(status) => assert_eq!(reason(&status), "RESIDENT_MERGED", "{status}"),
        }
    }
    // The merge is one of what was accepted.
    let (_, minutes, entries) = desk.figures("r0001").await;
    assert_eq!((minutes, entries), ((recorded - 1) * 10, recorded - 1), "nothing is lost or doubled");
    assert_eq!(desk.figures("r0002").await, desk.figures("r0001").await);
    desk.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_rules_is_tried_on_a_person_once() {
    let desk = Desk::open().await;
    for resident in 1..=3 {
        desk.lecture(resident, "2026-05-01", 360).await;
    }
    desk.merge("r0002", "r0001").await.unwrap();
    let request = proto::SimulatePolicyRequest {
        parent: LEDGER.to_owned(),
        document: ledger_core::policy::DISTRICT_DEFAULT.to_owned(),
    };
    let mut messages = desk.clients.policies.clone().simulate_policy(request).await.unwrap().into_inner();
    let mut result = None;
    while let Some(message) = messages.message().await.unwrap() {
        result = message.result.or(result);
    }
    let result = result.unwrap();
    assert_eq!((result.accounts, result.centi_credits_before), (2, 800 + 600));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_can_be_undone_whatever_the_survivor_answered_in_meanwhile() {
    let desk = Desk::open().await;
    desk.merge("r0002", "r0001").await.unwrap();
    desk.merge("r0001", "r0003").await.unwrap();
    desk.lecture(4, "2026-05-01", 60).await;
    desk.unmerge("r0001", &[]).await.unwrap();
    desk.merge("r0004", "r0001").await.unwrap();
    desk.unmerge("r0002", &[]).await.unwrap();
    assert_eq!(desk.figures("r0001").await, (100, 60, 1));
    assert_eq!(desk.figures("r0002").await, (0, 0, 0));
}
