//! What keeps a selection in order when it is done over the API.

use super::district::{SELECTION, desks, organization, selection, sheet};
use super::many::STANDARD;
use creditbank_grpc::proto;
use creditbank_tests::{fresh, name, reason};
use ledger_core::selection::FAMILY_DEFAULT;

fn freeze() -> proto::FreezeSelectionRequest {
    proto::FreezeSelectionRequest {
        name: selection(),
        request_id: fresh(),
        organization: organization("district"),
        person: "officer-01".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn naming_without_a_frozen_list_is_refused_and_a_list_is_frozen_by_two() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        desk.open(FAMILY_DEFAULT).await;
        let early = desk.name_families("2026-04-01").await.unwrap_err();
        assert_eq!(reason(&early), "STAGE_ORDER");
        desk.household("f01", "north", &[(1, true, "2025-01-01"), (2, true, "2025-01-01")]).await;
        desk.usual(1, 2).await;
        desk.apply("f01", "north").await;
        let mut selections = desk.clients.selections.clone();
        let early = selections.freeze_selection(freeze()).await.unwrap_err();
        assert_eq!(reason(&early), "FREEZE_TOO_EARLY");
        desk.on("2026-09-30");
        let request = freeze();
        let proposed = selections.freeze_selection(request.clone()).await.unwrap().into_inner();
        let replayed = selections.freeze_selection(request).await.unwrap().into_inner();
        assert!(replayed.replayed && !proposed.replayed);
        let list = proposed.selection.unwrap().list.unwrap();
        let approve = |person: &str| proto::ApproveFreezeRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: person.to_owned(),
            sha256: list.sha256.clone(),
        };
        let same = selections.approve_freeze(approve("officer-01")).await.unwrap_err();
        assert_eq!(reason(&same), "SAME_ACTOR");
        // Something of the selection changes before the second person approves.
        desk.verify_and_review("f01", "north").await;
        let stale = selections.approve_freeze(approve("officer-02")).await.unwrap_err();
        assert_eq!(reason(&stale), "SELECTION_CHANGED");
        assert_eq!(desk.freeze().await.chosen, 0, "nobody has judged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clerks_who_freeze_at_once_freeze_one_list() {
    let (_folder, desks) = desks().await;
    for desk in &desks {
        desk.open(FAMILY_DEFAULT).await;
        desk.on("2026-09-30");
        let mut selections = desk.clients.selections.clone();
        let proposed = selections.freeze_selection(freeze()).await.unwrap().into_inner().selection.unwrap();
        let sha256 = proposed.list.unwrap().sha256;
        let approvals = ["officer-02", "officer-03"].map(|person| {
            let mut selections = desk.clients.selections.clone();
            let request = proto::ApproveFreezeRequest {
                name: selection(),
                request_id: fresh(),
                organization: organization("district"),
                person: person.to_owned(),
                sha256: sha256.clone(),
            };
            tokio::spawn(async move { selections.approve_freeze(request).await })
        });
        let mut outcomes = Vec::new();
        for approval in approvals {
            outcomes.push(approval.await.unwrap().map(drop).map_err(|status| reason(&status)));
        }
        outcomes.sort();
        assert_eq!(outcomes, [Ok(()), Err("STAGE_DONE".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_counts_for_the_tie_that_the_panel_saw_and_no_other() {
    let (_folder, desks) = desks().await;
    let standard = FAMILY_DEFAULT.replace("\"all_in\"", "\"panel\"").replace("number = 60 ", "number = 1 ");
    for desk in &desks {
        desk.open(&standard).await;
        for (id, a) in [("f01", 1), ("f02", 3)] {
            desk.household(id, "north", &[(a, true, "2025-01-01"), (a + 1, true, "2025-01-01")]).await;
            desk.usual(a, a + 1).await;
            desk.apply(id, "north").await;
        }
        desk.on("2026-09-30");
        let early = desk.vote(&sheet(), &["f01", "f02"]).await.unwrap_err();
        assert_eq!(reason(&early), "TIE_CHANGED", "nobody is equal before anybody qualifies");
        desk.appoint_judges().await;
        for id in ["f01", "f02"] {
            desk.verify_and_review(id, "north").await;
            desk.judge(id).await;
        }
        let seen = desk.open_tie().await;
        let waits = desk.clients.selections.clone().freeze_selection(freeze()).await.unwrap_err();
        assert_eq!(reason(&waits), "STAGE_ORDER");
        desk.vote(&seen, &["f02", "f01"]).await.unwrap();
        assert_eq!((desk.open_tie().await, desk.list(0).await[0].2.as_str()), (String::new(), "f02"));
        // Both learn an hour more: they are equal again, with other figures.
        for member in [1, 3] {
            desk.lecture(&[member], "2026-03-14", 60).await;
        }
        let now = desk.open_tie().await;
        assert!(!now.is_empty() && now != seen, "the vote was cast on other figures");
        let stale = desk.vote(&seen, &["f02", "f01"]).await.unwrap_err();
        assert_eq!(reason(&stale), "TIE_CHANGED");
        desk.vote(&now, &["f01", "f02"]).await.unwrap();
        assert_eq!(desk.freeze().await.chosen, 1);
        assert_eq!(desk.list(0).await[0].2, "f01");
        assert!(desk.verify().await.same);
        // Late entries on both: what the vote decided is open again, for people to see.
        for member in [1, 3] {
            desk.lecture(&[member], "2026-03-21", 60).await;
        }
        let (_, differences) = desk.differences().await;
        let is = differences.iter().map(|pair| pair.is.as_ref().unwrap().outcome.as_str());
        assert_eq!(is.collect::<Vec<_>>(), ["tied", "tied"]);
        assert!(desk.verify().await.same, "the frozen list is as it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resident_merged_away_after_the_freeze_is_a_difference_and_is_not_named() {
    let (_folder, desks) = desks().await;
    let residents = STANDARD.replace("source =", "candidates = \"resident\"\nsource =");
    for desk in &desks {
        desk.open(&residents).await;
        for (member, day) in [(1, "2026-01-10"), (2, "2026-01-11"), (3, "2026-01-12")] {
            desk.lecture(&[member], day, 90).await;
            let account = format!("residents/r000{member}");
            desk.apply(&account, "school").await;
            desk.verify_and_review(&account, "school").await;
        }
        // Merged before the freeze: no candidate of the list, and no difference later.
        desk.merge(3, 1).await;
        desk.on("2026-09-30");
        assert_eq!(desk.freeze().await.chosen, 2);
        desk.notice("2026-10-01", "2026-10-03").await;
        desk.merge(2, 1).await;
        let (heading, differences) = desk.differences().await;
        let merged = differences.iter().map(|pair| (pair.was.clone().unwrap(), pair.is.clone().unwrap()));
        let merged: Vec<_> = merged.filter(|(_, is)| !is.bars.is_empty()).collect();
        let [(was, is)] = &merged[..] else { panic!("{differences:?}") };
        assert_eq!(was.account, name("residents/r0002"));
        assert_eq!((was.outcome.as_str(), is.outcome.as_str(), is.points), ("chosen", "barred", 0));
        assert_eq!(is.bars[0].bar, "merged");
        assert_eq!(is.bars[0].sentence.as_ref().unwrap().hant, "帳戶已併入 r0001");
        assert!(desk.verify().await.same, "the frozen list is as it was");
        desk.on("2026-10-05");
        assert_eq!(reason(&desk.name_families("2026-10-05").await.unwrap_err()), "DIFFERENCES_UNSEEN");
        desk.note_differences(&heading.sha256).await.unwrap();
        let naming = desk.name_families("2026-10-05").await.unwrap();
        desk.approve_naming(&naming.sha256, "officer-02").await.unwrap();
        let request = proto::GetNamingRequest { name: name(&format!("selections/{SELECTION}")) };
        let told = desk.clients.selections.clone().get_naming(request).await.unwrap().into_inner();
        assert_eq!(told.named, [name("residents/r0001")]);
        let excluded = (told.excluded[0].account.clone(), told.excluded[0].why_json.as_str());
        assert_eq!(excluded, (name("residents/r0002"), r#"{"because":"merged","into":"r0001"}"#));
    }
}
