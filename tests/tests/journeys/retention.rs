//! How long personal data is kept: a rule, a dry run, and the erasure of those who are due by two persons; on each store.

use creditbank_directory::Finished;
use creditbank_grpc::proto;
use creditbank_ledger::{Bank, Clock};
use creditbank_store::{MemoryPersons, MemoryStore, SqliteStore, open_persons};
use creditbank_tests::{
    Clients, District, Keys, LEDGER, bank_with, fresh, june_first_2026, lecture, name, person_stores, reason,
};
use ledger_core::command::{Action, Command};
use ledger_core::entry::Digest32;
use ledger_core::event;
use ledger_core::id::{LedgerId, OrganizationId, PersonId, RequestId};
use ledger_core::person::PersonStore;
use ledger_core::ports::Store;
use ledger_core::quantity::Position;
use ledger_core::retention::RetentionAct;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// A desk whose clock can be moved.
struct Desk {
    bank: Arc<Bank>,
    persons: Arc<dyn PersonStore>,
    keys: Keys,
    clients: Clients,
    now: Arc<Mutex<chrono::DateTime<chrono::Utc>>>,
}

impl Desk {
    /// Of six residents the first five have their data kept on 2026-06-01.
    async fn on(store: Arc<dyn Store>, persons: Arc<dyn PersonStore>) -> Desk {
        Desk::of(store, persons, 6, 5).await
    }

    /// Of so many residents so many have their data kept on 2026-06-01.
    async fn of(store: Arc<dyn Store>, persons: Arc<dyn PersonStore>, residents: usize, kept: u32) -> Desk {
        let now = Arc::new(Mutex::new(june_first_2026()));
        let told = Arc::clone(&now);
        let clock: Clock = Arc::new(move || *told.lock().unwrap());
        let bank = bank_with(store, clock, Default::default()).await;
        let keys = Keys::new();
        let clients = keys.clients(&bank, &persons).await;
        District::build(&clients, residents).await;
        let desk = Desk { bank, persons, keys, clients, now };
        for n in 1..=kept {
            desk.put(n).await;
        }
        desk
    }

    async fn in_memory() -> Desk {
        Desk::on(Arc::new(MemoryStore::default()), Arc::new(MemoryPersons::default())).await
    }

    fn pass(&self, days: i64) {
        *self.now.lock().unwrap() += chrono::TimeDelta::days(days);
    }

    async fn put(&self, n: u32) {
        let request = proto::PutPersonRequest {
            name: account(n),
            request_id: fresh(),
            organization: name("organizations/school"),
            person: "clerk-01".to_owned(),
            data: Some(proto::Person {
                name: format!("居民 {n:04}"),
                birth_date: "1970-01-02".to_owned(),
                ..Default::default()
            }),
        };
        self.clients.directory.clone().put_person(request).await.unwrap();
    }

    async fn set(&self, months: u32) -> proto::RetentionRule {
        let request = proto::SetRetentionRuleRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/district"),
            person: "officer-01".to_owned(),
            months,
        };
        self.clients.retention.clone().set_retention_rule(request).await.unwrap().into_inner().rule.unwrap()
    }

    async fn rule(&self) -> proto::GetRetentionRuleResponse {
        let request = proto::GetRetentionRuleRequest { parent: LEDGER.to_owned(), min_position: 0 };
        self.clients.retention.clone().get_retention_rule(request).await.unwrap().into_inner()
    }

    /// Who is due today, two a page.
    async fn due(&self) -> Vec<proto::DueResident> {
        self.due_by(2).await
    }

    /// Who is due today, so many a page; all pages tell one position and day.
    async fn due_by(&self, page_size: u32) -> Vec<proto::DueResident> {
        let (mut all, mut page_token, mut told) = (Vec::new(), String::new(), BTreeSet::new());
        loop {
            let parent = LEDGER.to_owned();
            let request =
                proto::ListRetentionDueRequest { parent, page_size, page_token, ..Default::default() };
            let page = self.clients.retention.clone().list_retention_due(request).await.unwrap().into_inner();
            assert!(page.due.len() <= page_size as usize);
            all.extend(page.due);
            told.insert((page.position, page.on));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                assert_eq!(told.len(), 1);
                return all;
            }
        }
    }

    async fn due_numbers(&self) -> Vec<String> {
        self.due().await.into_iter().map(|due| due.resident).collect()
    }

    async fn propose(&self, residents: &[u32]) -> Result<proto::RetentionProposal, tonic::Status> {
        let on = self.now.lock().unwrap().date_naive().to_string();
        let residents = residents.iter().map(|n| account(*n)).collect();
        let request = proto::ProposeRetentionRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/district"),
            person: "officer-01".to_owned(),
            on,
            residents,
        };
        let answer = self.clients.retention.clone().propose_retention(request).await?;
        Ok(answer.into_inner().proposal.unwrap())
    }

    async fn approve(
        &self,
        request: proto::ApproveRetentionRequest,
    ) -> Result<proto::ApproveRetentionResponse, tonic::Status> {
        self.clients.retention.clone().approve_retention(request).await.map(tonic::Response::into_inner)
    }

    async fn kept(&self) -> Vec<String> {
        let keys = self.persons.list_keys(&ledger_id(), None, 9_999).await.unwrap();
        keys.into_iter().map(|(id, _)| id.to_string()).collect()
    }

    async fn log(&self) -> Vec<Vec<u8>> {
        let events = self.bank.store().read_events(&ledger_id(), Position(1), u32::MAX).await.unwrap();
        events.into_iter().map(|event| event.bytes).collect()
    }

    async fn verified(&self) {
        let store = Arc::clone(self.bank.store());
        let verified = creditbank_ledger::verify(store, &ledger_id(), |_| {}).await.unwrap();
        assert!(verified.is_clean(), "{verified:?}");
    }
}

fn ledger_id() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

fn account(n: u32) -> String {
    name(&format!("residents/r{n:04}"))
}

fn approval(proposal: &proto::RetentionProposal, person: &str) -> proto::ApproveRetentionRequest {
    proto::ApproveRetentionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/college"),
        person: person.to_owned(),
        proposed_at: proposal.proposed_at,
        sha256: proposal.sha256.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_due_is_shown_proposed_and_erased_by_two() {
    let (_folder, stores) = person_stores().await;
    for (store, persons) in stores {
        lives_through_it(&Desk::on(store, persons).await).await;
    }
}

async fn lives_through_it(desk: &Desk) {
    assert_eq!(desk.rule().await.rule.unwrap(), proto::RetentionRule::default());
    desk.pass(800);
    assert!(desk.due().await.is_empty(), "without a rule nobody is ever due");
    let rule = desk.set(24).await;
    assert_eq!((rule.months, rule.set_by.as_str()), (24, "officer-01"));
    assert_eq!(desk.rule().await.rule.unwrap(), rule);

    // Resident 2 learned something since, resident 4 was merged into 3; of 6 nothing is kept.
    desk.clients.ledger.clone().post_entry(lecture(2, "2026-12-01")).await.unwrap();
    desk.clients.merge("r0003", "r0004").await.unwrap();
    let before = desk.log().await;
    let due = desk.due().await;
    let told: Vec<_> = due.iter().map(|due| (due.resident.clone(), due.accounts.clone())).collect();
    let expected = [vec![1], vec![4, 3], vec![5]];
    let expected: Vec<_> =
        expected.map(|all| (account(all[0]), all.into_iter().map(account).collect::<Vec<_>>())).to_vec();
    assert_eq!(told, expected);
    assert_eq!(
        (due[0].last_active_on.as_str(), due[0].last_activity.as_str()),
        ("2026-06-01", "person_recorded")
    );
    assert_eq!(desk.log().await, before, "a dry run changes nothing");
    assert_eq!(desk.kept().await.len(), 5);

    assert_eq!(reason(&desk.propose(&[1, 2]).await.unwrap_err()), "RETENTION_NOT_DUE");
    let proposal = desk.propose(&[1, 4, 5]).await.unwrap();
    assert_eq!((proposal.residents, proposal.accounts), (3, 4));
    assert_eq!(
        (desk.rule().await.proposed_at, desk.rule().await.sha256),
        (proposal.proposed_at, proposal.sha256.clone())
    );
    assert_eq!(desk.kept().await.len(), 5, "nothing is erased yet");
    let alone = desk.approve(approval(&proposal, "officer-0l")).await.unwrap_err();
    assert_eq!(reason(&alone), "SAME_ACTOR");

    // Resident 5 comes back before the approval.
    desk.pass(3);
    desk.clients.ledger.clone().post_entry(lecture(5, "2028-08-01")).await.unwrap();
    let request = approval(&proposal, "officer-02");
    let done = desk.approve(request.clone()).await.unwrap();
    assert_eq!(
        (done.erased.clone(), done.left_out.clone()),
        (vec![account(1), account(4)], vec![account(5)])
    );
    assert_eq!(desk.kept().await, ["r0002", "r0005"]);
    let again = desk.approve(request).await.unwrap();
    assert_eq!(again, proto::ApproveRetentionResponse { replayed: true, ..done });
    let used = desk.approve(approval(&proposal, "officer-02")).await.unwrap_err();
    assert_eq!(reason(&used), "ERASURE_NOT_FOUND", "an approval is used once");
    let refused = desk.clients.ledger.clone().post_entry(lecture(1, "2028-08-01")).await.unwrap_err();
    assert_eq!(reason(&refused), "RESIDENT_ERASED");
    assert!(desk.due_numbers().await.is_empty());
    assert_eq!(desk.log().await[..before.len()], before, "no event changed");
    desk.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_expires_and_does_not_outlive_its_rule() {
    let desk = Desk::in_memory().await;
    desk.pass(800);
    desk.set(24).await;
    let proposal = desk.propose(&[1]).await.unwrap();
    desk.set(25).await;
    let changed = desk.approve(approval(&proposal, "officer-02")).await.unwrap_err();
    assert_eq!(reason(&changed), "PROPOSAL_CHANGED");
    let proposal = desk.propose(&[1]).await.unwrap();
    desk.pass(8);
    let late = desk.approve(approval(&proposal, "officer-02")).await.unwrap_err();
    assert_eq!(reason(&late), "PROPOSAL_EXPIRED");
    desk.set(0).await;
    assert!(desk.due().await.is_empty(), "the rule was lifted");
    assert_eq!(desk.kept().await.len(), 5);
}

/// The program dies after the log has accepted the erasures: the next start finishes all of them, and once.
#[tokio::test(flavor = "multi_thread")]
async fn many_erasures_that_were_cut_off_are_finished_at_the_next_start() {
    let desk = Desk::in_memory().await;
    desk.pass(800);
    desk.set(24).await;
    let proposal = desk.propose(&[1, 2, 3]).await.unwrap();
    // The events, and nothing after them.
    let ledger = desk.bank.ledger(&ledger_id()).await.unwrap();
    let proposed_at = Position(proposal.proposed_at);
    let act = RetentionAct::Approve {
        proposed_at,
        proposal: ledger.retention_proposal(proposed_at).await.unwrap().1,
        standards: vec![],
        digest: Digest32::parse(&proposal.sha256).unwrap(),
        approved_by: PersonId::parse("officer-02").unwrap(),
    };
    let command = Command {
        poster: Some(OrganizationId::parse("district").unwrap()),
        by: None,
        request_id: RequestId::parse(&fresh()).unwrap(),
        digest: [0; 32],
        action: Action::Retention(Box::new(act)),
    };
    ledger.submit_one(command).await.unwrap();
    assert_eq!(desk.kept().await.len(), 5, "the rows are still there");
    assert!(desk.due_numbers().await == [account(4), account(5)], "and due no more");

    let (_, finished) = desk.keys.open(&desk.bank, &desk.persons).await;
    assert_eq!(finished, Finished { registered: 3, removed: 3, ..Finished::default() });
    assert_eq!(desk.kept().await, ["r0004", "r0005"]);
    let (_, finished) = desk.keys.open(&desk.bank, &desk.persons).await;
    assert_eq!(finished, Finished::default(), "nothing is left to do");
    let log = desk.log().await;
    let erasures =
        log.iter().filter(|bytes| event::decode(bytes).unwrap().fact.type_name() == "resident_erased");
    assert_eq!(erasures.count(), 3, "each once");
    desk.verified().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_are_listed_by_pages_and_erased_by_one_approval() {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}/ledger.db", folder.path().display());
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&file, Default::default()).await.unwrap());
    let desk = Desk::of(store, open_persons(&file).await.unwrap(), 1_010, 1_005).await;
    desk.pass(800);
    desk.set(24).await;
    let began = std::time::Instant::now();
    assert_eq!(desk.due_by(1_000).await.len(), 1_005);
    println!("listed in {:?}", began.elapsed());
    let all: Vec<u32> = (1..=1_000).collect();
    let began = std::time::Instant::now();
    let proposal = desk.propose(&all).await.unwrap();
    println!("proposed in {:?}", began.elapsed());
    desk.clients.ledger.clone().post_entry(lecture(7, "2028-08-01")).await.unwrap();
    let began = std::time::Instant::now();
    let done = desk.approve(approval(&proposal, "officer-02")).await.unwrap();
    println!("erased in {:?}", began.elapsed());
    assert_eq!((done.erased.len(), done.left_out), (999, vec![account(7)]));
    assert_eq!(desk.kept().await, ["r0007", "r1001", "r1002", "r1003", "r1004", "r1005"]);
    let (_, finished) = desk.keys.open(&desk.bank, &desk.persons).await;
    assert_eq!(finished, Finished::default(), "nothing is left to do");
    desk.verified().await;
}
