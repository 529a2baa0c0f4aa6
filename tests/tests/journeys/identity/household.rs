//! Who was recorded twice in a household and turned out to be one person counts once there.

use super::desk::{Desk, resident};
use creditbank_grpc::proto;
use creditbank_tests::{name, reason};

async fn persons(desk: &Desk, day: &str) -> (Vec<String>, u32) {
    let request = proto::ListMembersRequest {
        parent: name("households/h001"),
        day: day.to_owned(),
        ..Default::default()
    };
    let answer = desk.clients.identities.clone().list_members(request).await.unwrap().into_inner();
    (answer.members.into_iter().map(|member| member.resident).collect(), answer.persons)
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_answer_as_one_are_one_member_of_their_household() {
    let desk = Desk::open().await;
    let ids: Vec<String> = (1..=22).map(|n| format!("r{n:04}")).collect();
    desk.register(&ids[10..].iter().map(String::as_str).collect::<Vec<_>>()).await;
    for id in &ids[..20] {
        desk.join("h001", id, false, ("2026-01-01", "")).await.unwrap();
    }
    let full = desk.join("h001", "r0021", false, ("2026-01-01", "")).await.unwrap_err();
    assert_eq!(reason(&full), "HOUSEHOLD_FULL");
    desk.merge("r0001", "r0002").await.unwrap();
    let (members, counted) = persons(&desk, "2026-03-01").await;
    assert_eq!((members.len(), counted), (19, 19));
    assert!(members.contains(&resident("r0002")) && !members.contains(&resident("r0001")), "who answers");
    let (recorded, counted) = persons(&desk, "").await;
    assert_eq!((recorded.len(), counted), (20, 19), "what was recorded is as it was");
    // There is room for one more, and for no second.
    desk.join("h001", "r0021", false, ("2026-02-01", "")).await.unwrap();
    let full = desk.join("h001", "r0022", false, ("2026-02-01", "")).await.unwrap_err();
    assert_eq!(reason(&full), "HOUSEHOLD_FULL");
    // Who leaves, leaves under both accounts.
    desk.leave("h001", "r0002", "2026-03-31").await.unwrap();
    let (members, counted) = persons(&desk, "2026-04-01").await;
    assert_eq!((members.len(), counted), (19, 19));
    assert!(!members.contains(&resident("r0001")) && !members.contains(&resident("r0002")));
    let again = desk.leave("h001", "r0002", "2026-04-01").await.unwrap_err();
    assert_eq!(reason(&again), "NOT_IN_HOUSEHOLD");
    desk.is_clean().await;
}
