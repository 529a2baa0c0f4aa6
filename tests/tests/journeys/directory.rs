//! Who is behind an account: kept, read on the record, found, erased for good; on each store.

use creditbank_grpc::proto;
use creditbank_ledger::Bank;
use creditbank_store::{MemoryPersons, MemoryStore};
use creditbank_tests::canary::{self, NAME};
use creditbank_tests::{
    Clients, District, Keys, LEDGER, bank_on, draft, fresh, lecture, mainland_number, name, person_stores,
    reason,
};
use ledger_core::command::{Action, Command};
use ledger_core::entry::Digest32;
use ledger_core::event;
use ledger_core::id::{LedgerId, OrganizationId, PersonId, RequestId, ResidentId};
use ledger_core::person::{PersonAct, PersonStore};
use ledger_core::ports::Store;
use ledger_core::quantity::Position;
use proto::entry::Detail;
use std::sync::Arc;

struct Desk {
    bank: Arc<Bank>,
    persons: Arc<dyn PersonStore>,
    keys: Keys,
    clients: Clients,
}

impl Desk {
    async fn on(store: Arc<dyn Store>, persons: Arc<dyn PersonStore>) -> Desk {
        let (bank, keys) = (bank_on(store).await, Keys::new());
        let clients = keys.clients(&bank, &persons).await;
        District::build(&clients, 5).await;
        Desk { bank, persons, keys, clients }
    }

    async fn in_memory() -> Desk {
        Desk::on(Arc::new(MemoryStore::default()), Arc::new(MemoryPersons::default())).await
    }

    async fn put(&self, request: proto::PutPersonRequest) -> proto::PutPersonResponse {
        self.clients.directory.clone().put_person(request).await.unwrap().into_inner()
    }

    async fn get(&self, request: proto::GetPersonRequest) -> Result<proto::GetPersonResponse, tonic::Status> {
        self.clients.directory.clone().get_person(request).await.map(tonic::Response::into_inner)
    }

    async fn reads(&self, id: &str, page_size: u32) -> Vec<proto::PersonRead> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let parent = name(&format!("residents/{id}"));
            let request = proto::ListPersonReadsRequest { parent, page_size, page_token, min_position: 0 };
            let page = self.clients.directory.clone().list_person_reads(request).await.unwrap().into_inner();
            assert!(page.reads.len() <= page_size as usize);
            all.extend(page.reads);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    async fn erase(&self, id: &str) {
        let proposal = self.propose(id).await;
        self.clients.directory.clone().approve_erasure(approve(id, &proposal.sha256)).await.unwrap();
    }

    async fn propose(&self, id: &str) -> proto::PersonErasure {
        let request = proto::ProposeErasureRequest {
            name: name(&format!("residents/{id}")),
            request_id: fresh(),
            organization: name("organizations/school"),
            person: "officer-01".to_owned(),
        };
        let answer = self.clients.directory.clone().propose_erasure(request).await.unwrap().into_inner();
        answer.erasure.unwrap()
    }

    async fn balance(&self, id: &str) -> proto::Balance {
        let request =
            proto::GetBalanceRequest { name: name(&format!("residents/{id}")), ..Default::default() };
        let answer = self.clients.accounts.clone().get_balance(request).await.unwrap().into_inner();
        answer.balance.unwrap()
    }

    async fn log(&self) -> Vec<Vec<u8>> {
        let ledger = LedgerId::parse("district").unwrap();
        let events = self.bank.store().read_events(&ledger, Position(1), u32::MAX).await.unwrap();
        events.into_iter().map(|event| event.bytes).collect()
    }
}

fn put(id: &str, data: proto::Person) -> proto::PutPersonRequest {
    proto::PutPersonRequest {
        name: name(&format!("residents/{id}")),
        request_id: fresh(),
        organization: name("organizations/school"),
        person: "clerk-01".to_owned(),
        data: Some(data),
    }
}

fn resident_one() -> proto::Person {
    proto::Person {
        name: NAME.to_owned(),
        id_kind: "mainland".to_owned(),
        id_number: canary::number(),
        phone: canary::PHONE.to_owned(),
        email: canary::EMAIL.to_owned(),
        ..Default::default()
    }
}

fn get(id: &str, fields: &[&str]) -> proto::GetPersonRequest {
    proto::GetPersonRequest {
        name: name(&format!("residents/{id}")),
        organization: name("organizations/school"),
        person: "officer-01".to_owned(),
        purpose: "identity_check".to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        approved_by: String::new(),
    }
}

fn find(number: &str, organization: &str) -> proto::FindPersonRequest {
    proto::FindPersonRequest {
        parent: LEDGER.to_owned(),
        organization: name(&format!("organizations/{organization}")),
        person: "officer-03".to_owned(),
        purpose: "identity_check".to_owned(),
        id_kind: "mainland".to_owned(),
        id_number: number.to_owned(),
        ..Default::default()
    }
}

fn approve(id: &str, sha256: &str) -> proto::ApproveErasureRequest {
    proto::ApproveErasureRequest {
        name: name(&format!("residents/{id}")),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: "officer-02".to_owned(),
        sha256: sha256.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_kept_read_on_the_record_and_erased_for_good() {
    let (_folder, stores) = person_stores().await;
    for (store, persons) in stores {
        lives_through_it(&Desk::on(store, persons).await).await;
    }
}

async fn lives_through_it(desk: &Desk) {
    let number = mainland_number("19780203", 1);
    desk.clients.ledger.clone().post_entry(lecture(1, "2026-05-20")).await.unwrap();
    let first = put("r0001", resident_one());
    let kept = desk.put(first.clone()).await;
    assert_eq!(
        (kept.fields.join(","), kept.replayed),
        ("name,id_number,birth_date,phone,email".to_owned(), false)
    );
    assert!(desk.put(first.clone()).await.replayed, "the same request again");
    let other = proto::PutPersonRequest {
        request_id: first.request_id.clone(),
        ..put(
            "r0001",
            proto::Person {
                name: "居民〇〇〇二".to_owned(),
                birth_date: "1978-02-03".to_owned(),
                ..Default::default()
            },
        )
    };
    let reused = desk.clients.directory.clone().put_person(other).await.unwrap_err();
    assert_eq!(reason(&reused), "IDEMPOTENCY_KEY_REUSED");

    // Only what was asked for is told; each read is an event before it.
    let answer = desk.get(get("r0001", &["name", "id_last_four"])).await.unwrap();
    let data = answer.data.clone().unwrap();
    assert_eq!((data.name.as_str(), data.id_last_four.as_str()), (NAME, &number[14..]));
    assert!(data.id_number.is_empty() && data.birth_date.is_empty() && data.phone.is_empty());
    assert!(!format!("{answer:?} {first:?} {data:?}").contains(NAME), "messages show nothing of it");
    let whole = desk.get(get("r0001", &["id_number", "birth_date", "phone", "email"])).await.unwrap();
    let data = whole.data.unwrap();
    let told = [&data.id_number, &data.birth_date, &data.phone, &data.email];
    assert_eq!(told, [number.as_str(), canary::BORN, canary::PHONE, canary::EMAIL]);

    // A later request stands, also when an earlier one is sent again.
    let moved = proto::Person { phone: "+86-000-0000-0002".to_owned(), ..resident_one() };
    desk.put(put("r0001", moved)).await;
    assert!(desk.put(first).await.replayed);
    let now = desk.get(get("r0001", &["phone"])).await.unwrap().data.unwrap();
    assert_eq!(now.phone, "+86-000-0000-0002");

    // Found by who may see the account, and by nobody else.
    let mut directory = desk.clients.directory.clone();
    for organization in ["school", "town", "district", "college"] {
        let found = directory.find_person(find(&number, organization)).await.unwrap().into_inner();
        assert_eq!(found.resident, name("residents/r0001"));
    }
    let stranger = directory.find_person(find(&number, "other")).await.unwrap_err();
    let nobody = directory.find_person(find(&mainland_number("19010101", 1), "other")).await.unwrap_err();
    assert_eq!((stranger.code(), stranger.message()), (nobody.code(), nobody.message()), "one answer");

    // Who read, newest first.
    let reads = desk.reads("r0001", 3).await;
    let told: Vec<_> = reads.iter().map(|read| (read.reader.as_str(), read.fields.join(","))).collect();
    let found = ("officer-03", "id_number".to_owned());
    let read = |fields: &str| ("officer-01", fields.to_owned());
    let expected = [
        vec![found; 4],
        vec![read("phone"), read("id_number,birth_date,phone,email"), read("name,id_last_four")],
    ]
    .concat();
    assert_eq!(told, expected);
    assert!(reads.is_sorted_by(|a, b| a.position > b.position));
    assert!(reads[6].position == answer.position && reads[6].purpose == "identity_check");

    // Gone: nothing of it is answered, what the account holds is as it was.
    let balance = desk.balance("r0001").await;
    let before = desk.log().await;
    desk.erase("r0001").await;
    assert_eq!(reason(&desk.get(get("r0001", &["name"])).await.unwrap_err()), "RESIDENT_ERASED");
    let gone = directory.find_person(find(&number, "school")).await.unwrap_err();
    assert_eq!((gone.code(), gone.message()), (nobody.code(), nobody.message()));
    assert_eq!(desk.reads("r0001", 100).await, reads, "who read stays on the record");
    assert_eq!(proto::Balance { ..desk.balance("r0001").await }, balance);
    let refused = desk.clients.ledger.clone().post_entry(lecture(1, "2026-05-21")).await.unwrap_err();
    assert_eq!(reason(&refused), "RESIDENT_ERASED");
    assert_eq!(desk.log().await[..before.len()], before, "no event changed");
    let ledger = LedgerId::parse("district").unwrap();
    assert_eq!(desk.persons.list_keys(&ledger, None, 9).await.unwrap(), [], "nor is anything left behind");
    // The number is free for a new account.
    desk.put(put("r0002", resident_one())).await;

    let log = desk.log().await.concat();
    canary::assert_absent(&log, &[], "the log");
    let verified = creditbank_ledger::verify(Arc::clone(desk.bank.store()), &ledger, |_| {}).await.unwrap();
    assert!(verified.is_clean(), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_has_a_card_with_its_code() {
    let desk = Desk::in_memory().await;
    let mut directory = desk.clients.directory.clone();
    let put = |by: &str, phone: &str| proto::PutOrganizationCardRequest {
        name: name("organizations/school"),
        request_id: fresh(),
        organization: name(&format!("organizations/{by}")),
        person: "clerk-01".to_owned(),
        card: Some(proto::OrganizationCard {
            uscc: "91350100M000100Y43".to_owned(),
            phone: phone.to_owned(),
            email: String::new(),
        }),
    };
    let first = put("school", "00-0001");
    directory.put_organization_card(first.clone()).await.unwrap();
    directory.put_organization_card(put("town", "00-0002")).await.unwrap();
    assert!(directory.put_organization_card(first).await.unwrap().into_inner().replayed);
    let asked = proto::GetOrganizationCardRequest { name: name("organizations/school") };
    let card = directory.get_organization_card(asked).await.unwrap().into_inner().card.unwrap();
    assert_eq!((card.uscc.as_str(), card.phone.as_str()), ("91350100M000100Y43", "00-0002"));
    let log = desk.log().await.concat();
    assert!(!String::from_utf8_lossy(&log).contains("00-0002"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minor_is_read_by_two_and_a_child_is_kept_with_consent() {
    let desk = Desk::in_memory().await;
    let (mut households, mut identities) = (desk.clients.households.clone(), desk.clients.identities.clone());
    for (id, role) in [("r0001", proto::MemberRole::Adult), ("r0002", proto::MemberRole::Minor)] {
        let request = proto::JoinHouseholdRequest {
            name: name("households/h001"),
            request_id: fresh(),
            organization: name("organizations/town"),
            resident: name(&format!("residents/{id}")),
            role: role.into(),
            from: "2024-09-01".to_owned(),
            last_day: String::new(),
        };
        identities.join_household(request).await.unwrap();
    }
    let child = proto::Person {
        name: "居民〇〇〇二".to_owned(),
        birth_date: "2015-03-04".to_owned(),
        ..Default::default()
    };
    let refused = desk.clients.directory.clone().put_person(put("r0002", child.clone())).await.unwrap_err();
    assert_eq!(reason(&refused), "GUARDIAN_CONSENT_REQUIRED");
    let guardian = proto::NameGuardianRequest {
        name: name("residents/r0002"),
        request_id: fresh(),
        organization: name("organizations/school"),
        guardian: name("residents/r0001"),
        from: "2024-09-01".to_owned(),
    };
    households.name_guardian(guardian).await.unwrap();
    let consent = proto::GiveConsentRequest {
        name: name("residents/r0002"),
        request_id: fresh(),
        organization: name("organizations/school"),
        given_by: name("residents/r0001"),
        purpose: proto::ConsentPurpose::PersonalData.into(),
        from: "2025-09-01".to_owned(),
    };
    households.give_consent(consent).await.unwrap();
    desk.put(put("r0002", child)).await;

    let alone = desk.get(get("r0002", &["name"])).await.unwrap_err();
    assert_eq!(reason(&alone), "ACCESS_APPROVAL_REQUIRED");
    assert!(desk.reads("r0002", 10).await.is_empty(), "what was denied was not read");
    let approved =
        proto::GetPersonRequest { approved_by: "officer-02".to_owned(), ..get("r0002", &["name"]) };
    assert_eq!(desk.get(approved).await.unwrap().data.unwrap().name, "居民〇〇〇二");
    assert_eq!(desk.reads("r0002", 10).await[0].approved_by, "officer-02");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_covers_all_accounts_of_a_person() {
    let desk = Desk::in_memory().await;
    desk.put(put("r0001", resident_one())).await;
    desk.put(put(
        "r0003",
        proto::Person { name: NAME.to_owned(), birth_date: "1978-02-03".to_owned(), ..Default::default() },
    ))
    .await;
    desk.clients.merge("r0001", "r0003").await.unwrap();
    // Its data stays with an account that was merged, until it is erased.
    assert_eq!(desk.get(get("r0001", &["name"])).await.unwrap().data.unwrap().name, NAME);
    let proposal = desk.propose("r0003").await;
    assert_eq!(proposal.accounts, ["r0003", "r0001"].map(|id| name(&format!("residents/{id}"))));
    desk.clients.directory.clone().approve_erasure(approve("r0003", &proposal.sha256)).await.unwrap();
    for id in ["r0001", "r0003"] {
        assert_eq!(reason(&desk.get(get(id, &["name"])).await.unwrap_err()), "RESIDENT_ERASED");
    }
    let ledger = LedgerId::parse("district").unwrap();
    assert_eq!(desk.persons.list_keys(&ledger, None, 9).await.unwrap(), []);
}

/// The program dies between any two steps of an erasure: the next start finishes it.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_cut_off_is_finished_at_the_next_start() {
    let desk = Desk::in_memory().await;
    desk.put(put("r0001", resident_one())).await;
    let proposal = desk.propose("r0001").await;
    // The event, and nothing after it.
    let id = LedgerId::parse("district").unwrap();
    let ledger = desk.bank.ledger(&id).await.unwrap();
    let act = PersonAct::ApproveErasure {
        resident: ResidentId::parse("r0001").unwrap(),
        digest: Digest32::parse(&proposal.sha256).unwrap(),
        approved_by: PersonId::parse("officer-02").unwrap(),
    };
    let command = Command {
        poster: Some(OrganizationId::parse("district").unwrap()),
        by: None,
        request_id: RequestId::parse(&fresh()).unwrap(),
        digest: [0; 32],
        action: Action::Person(Box::new(act)),
    };
    ledger.submit_one(command).await.unwrap();
    assert_eq!(desk.persons.list_keys(&id, None, 9).await.unwrap().len(), 1, "the rows are still there");
    assert_eq!(reason(&desk.get(get("r0001", &["name"])).await.unwrap_err()), "RESIDENT_ERASED");

    let (_, finished) = desk.keys.open(&desk.bank, &desk.persons).await;
    assert_eq!((finished.registered, finished.removed, finished.recorded), (1, 1, 0));
    assert_eq!(desk.persons.list_keys(&id, None, 9).await.unwrap(), []);
    // Registered, but the rows came back, as from a backup of the tables alone.
    desk.persons.key(&id, &ResidentId::parse("r0001").unwrap(), b"from a backup").await.unwrap();
    let folder = desk.keys.path();
    let keys = creditbank_directory::KeyFile::read(&folder).unwrap();
    let directory = creditbank_directory::Directory::open(&keys, Arc::clone(&desk.persons)).unwrap();
    let other_key = directory.finish_erasures(&desk.bank).await;
    assert!(other_key.is_err(), "a key that was not wrapped under this file is no reason to go on");
    desk.persons.delete(&id, &[ResidentId::parse("r0001").unwrap()]).await.unwrap();
    let (_, finished) = desk.keys.open(&desk.bank, &desk.persons).await;
    assert_eq!(finished, creditbank_directory::Finished::default(), "nothing is left to do");
    let log = desk.log().await;
    let erasures =
        log.iter().filter(|bytes| event::decode(bytes).unwrap().fact.type_name() == "resident_erased");
    assert_eq!(erasures.count(), 1, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn households_and_their_totals_go_on_without_who_was_erased() {
    let desk = Desk::in_memory().await;
    for id in ["r0001", "r0002"] {
        let request = proto::JoinHouseholdRequest {
            name: name("households/h001"),
            request_id: fresh(),
            organization: name("organizations/town"),
            resident: name(&format!("residents/{id}")),
            role: proto::MemberRole::Adult.into(),
            from: "2024-09-01".to_owned(),
            last_day: String::new(),
        };
        desk.clients.identities.clone().join_household(request).await.unwrap();
    }
    let entry = draft(1, "2026-05-20", 60, Detail::Lecture(proto::Lecture::default()));
    let post = proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
    let at = desk.clients.ledger.clone().post_entry(post).await.unwrap().into_inner().position;
    desk.put(put("r0001", resident_one())).await;
    desk.erase("r0001").await;
    let leave = proto::LeaveHouseholdRequest {
        name: name("households/h001"),
        request_id: fresh(),
        organization: name("organizations/town"),
        resident: name("residents/r0001"),
        last_day: "2026-05-31".to_owned(),
    };
    desk.clients.identities.clone().leave_household(leave).await.unwrap();
    let reverse = proto::ReverseEntryRequest {
        name: name(&format!("entries/{at}")),
        request_id: fresh(),
        organization: name("organizations/school"),
        reason: "input_error".to_owned(),
    };
    desk.clients.ledger.clone().reverse_entry(reverse).await.unwrap();
}
