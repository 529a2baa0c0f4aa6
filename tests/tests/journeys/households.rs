//! Households: formed, moved, split and dissolved by date; guardians and consent; what is the members' own stays theirs.

use creditbank_grpc::proto;
use creditbank_ledger::Limits;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{
    Clients, District, LEDGER, bank_with, draft, fresh, june_first_2026, lecture, name, reason, still,
};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use proto::entry::Detail;
use std::sync::Arc;
use tonic::Status;

/// A district with the household `h001` of the town: the adults r0001 and r0002, the minor r0003, since 2024-09-01.
struct Desk {
    clients: Clients,
    store: Arc<dyn Store>,
}

/// One on a file, which lives as long as the folder, and one in memory.
async fn desks() -> (tempfile::TempDir, Vec<Desk>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(sqlite), Arc::new(MemoryStore::default())];
    let mut desks = Vec::new();
    for store in stores {
        let bank = bank_with(Arc::clone(&store), still(june_first_2026()), Limits::default()).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 6).await;
        let desk = Desk { clients, store };
        for (id, minor) in [("r0001", false), ("r0002", false), ("r0003", true)] {
            desk.join("h001", id, minor, "2024-09-01").await.unwrap();
        }
        desks.push(desk);
    }
    (folder, desks)
}

fn resident(id: &str) -> String {
    name(&format!("residents/{id}"))
}

fn house(id: &str) -> String {
    name(&format!("households/{id}"))
}

fn organization(id: &str) -> String {
    name(&format!("organizations/{id}"))
}

impl Desk {
    async fn join(&self, household: &str, id: &str, minor: bool, from: &str) -> Result<u64, Status> {
        let role = if minor { proto::MemberRole::Minor } else { proto::MemberRole::Adult };
        let request = proto::JoinHouseholdRequest {
            name: house(household),
            request_id: fresh(),
            organization: organization("town"),
            resident: resident(id),
            role: role.into(),
            from: from.to_owned(),
            last_day: String::new(),
        };
        Ok(self.clients.identities.clone().join_household(request).await?.into_inner().position)
    }

    async fn shift(&self, by: &str, to: &str, from: &str) -> Result<u64, Status> {
        let request = proto::MoveHouseholdRequest {
            name: house("h001"),
            request_id: fresh(),
            organization: organization(by),
            community: organization(to),
            from: from.to_owned(),
        };
        Ok(self.clients.households.clone().move_household(request).await?.into_inner().position)
    }

    async fn dissolve(&self, household: &str, last_day: &str) -> Result<u64, Status> {
        let request = proto::DissolveHouseholdRequest {
            name: house(household),
            request_id: fresh(),
            organization: organization("town"),
            last_day: last_day.to_owned(),
        };
        Ok(self.clients.households.clone().dissolve_household(request).await?.into_inner().position)
    }

    async fn split(&self, members: &[&str], from: &str) -> Result<proto::SplitHouseholdResponse, Status> {
        let request = proto::SplitHouseholdRequest {
            name: house("h001"),
            request_id: fresh(),
            organization: organization("town"),
            new_household_id: "h002".to_owned(),
            members: members.iter().map(|id| resident(id)).collect(),
            community: String::new(),
            from: from.to_owned(),
        };
        Ok(self.clients.households.clone().split_household(request).await?.into_inner())
    }

    async fn guardian(&self, minor: &str, guardian: &str, from: &str) -> Result<u64, Status> {
        let request = proto::NameGuardianRequest {
            name: resident(minor),
            request_id: fresh(),
            organization: organization("school"),
            guardian: resident(guardian),
            from: from.to_owned(),
        };
        Ok(self.clients.households.clone().name_guardian(request).await?.into_inner().position)
    }

    async fn agree(&self, id: &str, by: &str, from: &str) -> Result<u64, Status> {
        let request = proto::GiveConsentRequest {
            name: resident(id),
            request_id: fresh(),
            organization: organization("school"),
            given_by: resident(by),
            purpose: proto::ConsentPurpose::Selection.into(),
            from: from.to_owned(),
        };
        Ok(self.clients.households.clone().give_consent(request).await?.into_inner().position)
    }

    async fn withdraw(&self, id: &str, last_day: &str) -> Result<u64, Status> {
        let request = proto::WithdrawConsentRequest {
            name: resident(id),
            request_id: fresh(),
            organization: organization("school"),
            purpose: proto::ConsentPurpose::Selection.into(),
            last_day: last_day.to_owned(),
        };
        Ok(self.clients.households.clone().withdraw_consent(request).await?.into_inner().position)
    }

    async fn household(&self, id: &str, day: &str, as_of_position: u64) -> proto::HouseholdView {
        let request = proto::GetHouseholdRequest {
            name: house(id),
            day: day.to_owned(),
            as_of_position,
            ..Default::default()
        };
        let answer = self.clients.households.clone().get_household(request).await.unwrap();
        answer.into_inner().household.unwrap()
    }

    async fn members(&self, id: &str, day: &str, as_of_position: u64) -> Vec<String> {
        let then = self.household(id, day, as_of_position).await;
        then.members.into_iter().map(|member| member.member.unwrap().resident).collect()
    }

    async fn lacking(&self, day: &str, as_of_position: u64) -> Vec<String> {
        self.household("h001", day, as_of_position).await.lacking_selection_consent
    }

    async fn award(&self, day: &str) -> Result<u64, Status> {
        let title = Detail::HouseholdAward(proto::HouseholdAward { title: "reading-family".to_owned() });
        let entry = proto::Entry { account: house("h001"), ..draft(1, day, 0, title) };
        let request =
            proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
        Ok(self.clients.ledger.clone().post_entry(request).await?.into_inner().position)
    }

    async fn entries(&self, account: String) -> u64 {
        let request = proto::GetBalanceRequest { name: account, ..Default::default() };
        let answer = self.clients.accounts.clone().get_balance(request).await.unwrap().into_inner();
        answer.balance.unwrap().entries
    }

    async fn is_clean(&self) {
        let ledger = LedgerId::parse("district").unwrap();
        let report = creditbank_ledger::verify(Arc::clone(&self.store), &ledger, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_belongs_to_another_community_from_a_day_on() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        let before = desk.household("h001", "2026-05-01", 0).await;
        assert_eq!(before.community, organization("town"));
        let moved = desk.shift("town", "school", "2026-05-01").await.unwrap();
        for (day, at, community) in [
            ("2026-04-30", 0, "town"),
            ("2026-05-01", 0, "school"),
            ("2026-05-01", moved - 1, "town"),
            ("2026-05-01", moved, "school"),
        ] {
            let then = desk.household("h001", day, at).await;
            assert_eq!(then.community, organization(community), "{day} at {at}");
        }
        let stranger = desk.shift("other", "other", "2026-05-02").await.unwrap_err();
        assert_eq!(reason(&stranger), "SCHOOL_SCOPE", "it is not theirs");
        // The community it belongs to now hands it over, to whomever.
        desk.shift("school", "other", "2026-05-10").await.unwrap();
        assert_eq!(desk.household("h001", "", 0).await.community, organization("other"));
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dissolved_household_takes_what_happened_by_its_last_day_and_nothing_later() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        desk.award("2026-05-10").await.unwrap();
        let early = desk.dissolve("h001", "2026-05-09").await.unwrap_err();
        assert_eq!(reason(&early), "DISSOLVED_TOO_EARLY");
        desk.clients.ledger.clone().post_entry(lecture(1, "2026-05-12")).await.unwrap();
        let ended = desk.dissolve("h001", "2026-05-20").await.unwrap();
        assert_eq!(reason(&desk.award("2026-05-21").await.unwrap_err()), "HOUSEHOLD_DISSOLVED");
        desk.award("2026-05-20").await.unwrap();
        assert_eq!(desk.entries(house("h001")).await, 2);
        let late = desk.shift("town", "school", "2026-05-21").await.unwrap_err();
        assert_eq!(reason(&late), "HOUSEHOLD_DISSOLVED");
        let join = desk.join("h001", "r0004", false, "2026-05-01").await.unwrap_err();
        assert_eq!(reason(&join), "HOUSEHOLD_DISSOLVED", "nobody stays longer");
        assert_eq!(desk.members("h001", "2026-05-20", 0).await.len(), 3);
        assert_eq!(desk.members("h001", "2026-05-21", 0).await.len(), 0);
        assert_eq!(desk.members("h001", "2026-05-21", ended - 1).await.len(), 3, "as was known before");
        let then = desk.household("h001", "", 0).await;
        assert_eq!((then.dissolved, then.last_day.as_str(), then.dissolved_at), (true, "2026-05-20", ended));
        assert_eq!(desk.entries(resident("r0001")).await, 1, "credit of the members stays theirs");
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_is_all_or_nothing_and_leaves_an_adult_beside_every_minor() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        for (members, why) in [
            (vec!["r0001", "r0002"], "the minor alone"),
            (vec!["r0003"], "a minor alone in the new one"),
            (vec!["r0001", "r0002", "r0003"], "nobody left"),
        ] {
            let refused = desk.split(&members, "2026-05-01").await.unwrap_err();
            assert_eq!(reason(&refused), "HOUSEHOLD_NEEDS_ADULT", "{why}");
        }
        assert_eq!(desk.members("h001", "", 0).await.len(), 3, "nothing changed");
        let split = desk.split(&["r0003", "r0002"], "2026-05-01").await.unwrap();
        let new = split.new_household.unwrap();
        assert_eq!((new.split_from, new.community), (house("h001"), organization("town")));
        assert_eq!(desk.members("h001", "2026-04-30", 0).await.len(), 3);
        assert_eq!(desk.members("h001", "2026-05-01", 0).await, [resident("r0001")]);
        assert_eq!(desk.members("h002", "2026-05-01", 0).await, [resident("r0002"), resident("r0003")]);
        assert!(desk.members("h002", "2026-04-30", 0).await.is_empty());
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_age_consent_in_person_and_a_guardian_for_a_minor() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        let all = ["r0001", "r0002", "r0003"].map(resident);
        assert_eq!(desk.lacking("2026-05-01", 0).await, all);
        let for_another = desk.agree("r0001", "r0002", "2026-03-01").await.unwrap_err();
        assert_eq!(reason(&for_another), "CONSENT_IS_PERSONAL");
        let alone = desk.agree("r0003", "r0003", "2026-03-01").await.unwrap_err();
        assert_eq!(reason(&alone), "GUARDIAN_CONSENT_REQUIRED");
        // A guardian need not live with the minor.
        desk.guardian("r0003", "r0004", "2026-03-01").await.unwrap();
        let early = desk.agree("r0003", "r0004", "2026-02-28").await.unwrap_err();
        assert_eq!(reason(&early), "GUARDIAN_CONSENT_REQUIRED", "no guardian yet");
        desk.agree("r0003", "r0004", "2026-03-01").await.unwrap();
        desk.agree("r0001", "r0001", "2026-03-01").await.unwrap();
        let last = desk.agree("r0002", "r0002", "2026-04-01").await.unwrap();
        assert_eq!(desk.lacking("2026-05-01", 0).await, Vec::<String>::new());
        assert_eq!(desk.lacking("2026-03-31", 0).await, [resident("r0002")]);
        assert_eq!(desk.lacking("2026-05-01", last - 1).await, [resident("r0002")]);
        let withdrawn = desk.withdraw("r0003", "2026-05-01").await.unwrap();
        assert_eq!(desk.lacking("2026-05-01", 0).await, Vec::<String>::new(), "its last day still counts");
        assert_eq!(desk.lacking("2026-05-02", 0).await, [resident("r0003")]);
        assert_eq!(desk.lacking("2026-05-02", withdrawn - 1).await, Vec::<String>::new());
        desk.is_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_and_guardians_follow_accounts_that_answer_as_one() {
    let (_folder, desks) = desks().await;
    for desk in desks {
        desk.guardian("r0003", "r0004", "2026-03-01").await.unwrap();
        desk.agree("r0003", "r0004", "2026-03-01").await.unwrap();
        for (merged, survivor) in [("r0003", "r0005"), ("r0004", "r0006")] {
            desk.clients.merge(merged, survivor).await.unwrap();
        }
        assert_eq!(desk.lacking("2026-05-01", 0).await, ["r0001", "r0002"].map(resident));
        // The one that answers withdraws what was agreed to for the other.
        desk.withdraw("r0005", "2026-04-30").await.unwrap();
        assert_eq!(desk.lacking("2026-05-01", 0).await, ["r0001", "r0002", "r0005"].map(resident));
        desk.agree("r0005", "r0006", "2026-05-01").await.unwrap();
        assert_eq!(desk.lacking("2026-05-01", 0).await, ["r0001", "r0002"].map(resident));
        desk.is_clean().await;
    }
}
