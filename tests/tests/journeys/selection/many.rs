//! Many at once: all that are chosen are named in one transaction, or none. `CREDITBANK_NAMED` says how many (default 300).

use super::district::{SELECTION, desks, house, organization};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, name};
use futures::stream::{self, StreamExt};

/// A standard by which whoever took part in something qualifies, without judges.
pub const STANDARD: &str = r#"
standard = "family-default"
version = 1
names = { hant = "參與家庭", hans = "参与家庭", en = "Families that took part" }
title = "learning-family"
title_years = 1
barred_years = 0
full_points = 10
pass_points = 10
source = "a test"

[panel]
judges_at_least = 0

[notice]
notice_days = 1
answer_days = 1
appeal_days = 1

[quota]

[[items]]
item = "taking-part"
names = { hant = "成員參與", hans = "成员参与", en = "Members taking part" }
points = 10
steps = [{ points = 10, need = { members_taking_part = 1 } }]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn all_that_are_chosen_are_named_in_one_transaction() {
    let many: usize = std::env::var("CREDITBANK_NAMED").map_or(300, |n| n.parse().unwrap());
    let (_folder, desks) = desks().await;
    let desk = &desks[0];
    desk.open(STANDARD).await;
    let ids: Vec<String> = (0..many).map(|n| format!("g{n:05}")).collect();
    for some in ids.chunks(1_000) {
        let residents = proto::BatchCreateResidentsRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: organization("school"),
            resident_ids: some.to_vec(),
        };
        desk.clients.registry.clone().batch_create_residents(residents).await.unwrap();
    }
    let each = |id: &String| {
        let (clients, id) = (desk.clients.clone(), id.clone());
        async move {
            let opened = proto::CreateHouseholdRequest {
                parent: LEDGER.to_owned(),
                request_id: fresh(),
                household_id: id.clone(),
                organization: organization("north"),
            };
            clients.registry.clone().create_household(opened).await.unwrap();
            let joined = proto::JoinHouseholdRequest {
                name: house(&id),
                request_id: fresh(),
                organization: organization("north"),
                resident: name(&format!("residents/{id}")),
                role: proto::MemberRole::Adult.into(),
                from: "2025-01-01".to_owned(),
                last_day: String::new(),
            };
            clients.identities.clone().join_household(joined).await.unwrap();
            let entry = proto::Entry {
                account: name(&format!("residents/{id}")),
                ..creditbank_tests::draft(
                    1,
                    "2026-02-01",
                    90,
                    proto::entry::Detail::Lecture(Default::default()),
                )
            };
            let posted = proto::PostEntryRequest {
                parent: LEDGER.to_owned(),
                request_id: fresh(),
                entry: Some(entry),
            };
            clients.ledger.clone().post_entry(posted).await.unwrap();
        }
    };
    stream::iter(&ids).map(each).buffer_unordered(64).collect::<Vec<()>>().await;
    let step = |id: &String| {
        let id = id.clone();
        async move {
            desk.apply(&id, "north").await;
            desk.verify_and_review(&id, "north").await;
        }
    };
    stream::iter(&ids).map(step).buffer_unordered(64).collect::<Vec<()>>().await;
    desk.on("2026-09-30");
    assert_eq!(desk.freeze().await.chosen as usize, many);
    desk.notice("2026-10-01", "2026-10-03").await;
    desk.on("2026-10-05");
    let naming = desk.name_families("2026-10-05").await.unwrap();
    let began = std::time::Instant::now();
    let named = desk.approve_naming(&naming.sha256, "officer-02").await.unwrap();
    println!("{many} named in {:.1?}", began.elapsed());
    assert_eq!((named.stage.as_str(), named.naming.unwrap().named as usize), ("named", many));
    let request = proto::GetNamingRequest { name: name(&format!("selections/{SELECTION}")) };
    let told = desk.clients.selections.clone().get_naming(request).await.unwrap().into_inner();
    assert_eq!((told.named.len(), told.title_name.unwrap().hant.as_str()), (many, "學習型家庭"));
    for id in [&ids[0], &ids[many - 1]] {
        let request =
            proto::ListEntriesRequest { parent: LEDGER.to_owned(), account: house(id), ..Default::default() };
        let entries = desk.clients.ledger.clone().list_entries(request).await.unwrap().into_inner().entries;
        assert_eq!(entries.len(), 1, "one award each");
    }
}
