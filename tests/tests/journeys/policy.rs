//! A district changes its rules: a draft is tried, one person proposes, another publishes; what was before keeps the
//! rules of its day, and every figure can be asked as it was.

use creditbank_grpc::proto;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_on, draft, fresh, lecture, name};
use ledger_core::id::LedgerId;
use ledger_core::policy::DISTRICT_DEFAULT;
use ledger_core::ports::Store;
use proto::entry::Detail;
use std::sync::Arc;

/// The next version of the district's policy: lectures earn half, from a day on.
fn halved(from: &str) -> String {
    let lectures = "[kinds.LEC]\nearn = { type = \"minutes\", minutes_per_unit = 60, centi_per_unit = 100";
    assert!(DISTRICT_DEFAULT.contains(lectures));
    DISTRICT_DEFAULT
        .replace("version = 1", "version = 2")
        .replace("1900-01-01", from)
        .replace(lectures, &lectures.replace("centi_per_unit = 100", "centi_per_unit = 50"))
}

async fn propose(clients: &Clients, document: String) -> proto::Policy {
    let request = proto::ProposePolicyRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/college"),
        proposed_by: "officer-01".to_owned(),
        document,
    };
    clients.policies.clone().propose_policy(request).await.unwrap().into_inner().policy.unwrap()
}

async fn publish(clients: &Clients, proposed: &proto::Policy) -> proto::PublishPolicyResponse {
    let request = proto::PublishPolicyRequest {
        name: proposed.name.clone(),
        request_id: fresh(),
        organization: name("organizations/district"),
        approved_by: "officer-02".to_owned(),
        sha256: proposed.sha256.clone(),
    };
    clients.policies.clone().publish_policy(request).await.unwrap().into_inner()
}

async fn balance(clients: &Clients, request: proto::GetBalanceRequest) -> proto::Balance {
    let request = proto::GetBalanceRequest { name: name("residents/r0001"), ..request };
    clients.accounts.clone().get_balance(request).await.unwrap().into_inner().balance.unwrap()
}

async fn credit(clients: &Clients, request: proto::GetBalanceRequest) -> i64 {
    balance(clients, request).await.centi_credits
}

async fn post(clients: &Clients, request: proto::PostEntryRequest) -> u64 {
    clients.ledger.clone().post_entry(request).await.unwrap().into_inner().position
}

async fn simulate(clients: &Clients, document: String) -> proto::PolicySimulation {
    let request = proto::SimulatePolicyRequest { parent: LEDGER.to_owned(), document };
    let mut messages = clients.policies.clone().simulate_policy(request).await.unwrap().into_inner();
    let mut last = None;
    while let Some(message) = messages.message().await.unwrap() {
        last = Some(message);
    }
    last.unwrap().result.unwrap()
}

async fn stores() -> (tempfile::TempDir, [Arc<dyn Store>; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, [Arc::new(sqlite), Arc::new(MemoryStore::default())])
}

/// Resident 1 heard 90 minutes (2 units) in April and in May.
async fn two_lectures(store: Arc<dyn Store>) -> (Clients, [u64; 2]) {
    let bank = bank_on(store).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 3).await;
    let april = post(&clients, lecture(1, "2026-04-10")).await;
    let may = post(&clients, lecture(1, "2026-05-10")).await;
    (clients, [april, may])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_changes_its_own_days_only_and_the_draft_told_so() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (clients, _) = two_lectures(Arc::clone(&store)).await;
        assert_eq!(credit(&clients, Default::default()).await, 400);
        let draft = halved("2026-05-01");

        let told = simulate(&clients, draft.clone()).await;
        assert_eq!((told.accounts, told.raised, told.lowered), (1, 0, 1));
        assert_eq!((told.centi_credits_before, told.centi_credits_after), (400, 300));
        assert_eq!(told.largest[0].account, name("residents/r0001"));

        let proposed = propose(&clients, draft.clone()).await;
        assert!(!proposed.published);
        assert_eq!(credit(&clients, Default::default()).await, 400, "a proposal changes nothing");
        let published = publish(&clients, &proposed).await;
        let policy = published.policy.unwrap();
        assert!(policy.published && policy.proposed_by == "officer-01" && policy.approved_by == "officer-02");
        assert_eq!(
            credit(&clients, Default::default()).await,
            300,
            "May falls under the new version, April does not"
        );
        let before =
            proto::GetBalanceRequest { as_of_position: published.position - 1, ..Default::default() };
        assert_eq!(credit(&clients, before).await, 400, "what the ledger said then");

        // What is posted now falls under the version of its day, and every line says which.
        post(&clients, lecture(1, "2026-04-11")).await;
        post(&clients, lecture(1, "2026-05-11")).await;
        let request = proto::ExplainBalanceRequest { name: name("residents/r0001"), ..Default::default() };
        let explained = clients.accounts.clone().explain_balance(request).await.unwrap().into_inner();
        let lines: Vec<_> = explained.lines.iter().map(|l| (l.policy_version, l.centi_credits)).collect();
        assert_eq!(lines, [(1, 200), (2, 100), (1, 200), (2, 100)]);
        assert_eq!(explained.balance.unwrap().centi_credits, 600);
        assert!(explained.lines[1].sentence.as_ref().unwrap().en.ends_with("version 2)."));

        let ledger = LedgerId::parse("district").unwrap();
        let clean = creditbank_ledger::verify(Arc::clone(&store), &ledger, |_| {}).await.unwrap();
        assert!(clean.is_clean(), "{clean:?}");
        creditbank_ledger::rebuild(Arc::clone(&store), &ledger, |_| {}).await.unwrap();
        let clean = creditbank_ledger::verify(store, &ledger, |_| {}).await.unwrap();
        assert!(clean.is_clean(), "{clean:?}");
        assert_eq!(credit(&clients, Default::default()).await, 600);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pilot_holds_for_its_schools_and_its_days() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (clients, _) = two_lectures(store).await;
        let scope = "2026-05-01\"\neffective_to = \"2026-05-31\"\norganizations = [\"other\"]\n#\"";
        let pilot = halved(scope)
            .replace("policy = \"district-default\"", "policy = \"pilot\"")
            .replace("version = 2", "version = 1");
        publish(&clients, &propose(&clients, pilot).await).await;
        assert_eq!(credit(&clients, Default::default()).await, 400, "the lectures were another school's");
        let mut of_the_pilot = lecture(1, "2026-05-12");
        of_the_pilot.entry.as_mut().unwrap().organization = name("organizations/other");
        post(&clients, of_the_pilot.clone()).await;
        assert_eq!(credit(&clients, Default::default()).await, 500);
        let mut before_it = proto::PostEntryRequest { request_id: fresh(), ..of_the_pilot };
        before_it.entry.as_mut().unwrap().occurred_on = "2026-04-12".to_owned();
        post(&clients, before_it).await;
        assert_eq!(credit(&clients, Default::default()).await, 700);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_version_takes_a_pilots_place_and_ends_it() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (clients, _) = two_lectures(store).await;
        let version = |number: u32, from: &str| {
            let scope = format!("{from}\norganizations = [\"school\"]\n#\"");
            let pilot = halved(&scope).replace("policy = \"district-default\"", "policy = \"pilot\"");
            pilot.replace("version = 2", &format!("version = {number}"))
        };
        publish(&clients, &propose(&clients, version(1, "2026-04-01\"")).await).await;
        assert_eq!(credit(&clients, Default::default()).await, 200, "both lectures were in the pilot");
        let last = version(2, "2026-05-01\"\neffective_to = \"2026-05-05\"");
        publish(&clients, &propose(&clients, last).await).await;
        assert_eq!(credit(&clients, Default::default()).await, 300, "from 6 May on the district's rules");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_proposal_again_gets_the_first_answer_whatever_has_come_since() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (clients, _) = two_lectures(store).await;
        let request = proto::ProposePolicyRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/college"),
            proposed_by: "officer-01".to_owned(),
            document: halved("2026-06-01"),
        };
        let first = clients.policies.clone().propose_policy(request.clone()).await.unwrap().into_inner();
        let other = propose(&clients, halved("2026-07-01")).await;
        let again = clients.policies.clone().propose_policy(request).await.unwrap().into_inner();
        assert!(again.replayed && !first.replayed);
        assert_eq!(again.policy, first.policy);
        let all = proto::ListPoliciesRequest { parent: LEDGER.to_owned() };
        let listed = clients.policies.clone().list_policies(all).await.unwrap().into_inner().policies;
        assert_eq!(listed.len(), 2, "the newer proposal took the older one's place");
        assert_eq!(listed[1].sha256, other.sha256);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_is_told_as_it_was_and_for_the_days_asked_about() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (clients, [april, may]) = two_lectures(store).await;
        let reversal = proto::ReverseEntryRequest {
            name: name(&format!("entries/{april}")),
            request_id: fresh(),
            organization: name("organizations/school"),
            reason: "absent".to_owned(),
        };
        let reversed = clients.ledger.clone().reverse_entry(reversal).await.unwrap().into_inner().position;
        let at = |as_of_position| proto::GetBalanceRequest { as_of_position, ..Default::default() };
        for (position, expected) in [(april - 1, 0), (april, 200), (may, 400), (reversed, 200)] {
            assert_eq!(credit(&clients, at(position)).await, expected, "as of {position}");
        }
        let window = |from: &str, to: &str, as_of_position| proto::GetBalanceRequest {
            occurred_from: from.to_owned(),
            occurred_to: to.to_owned(),
            as_of_position,
            ..Default::default()
        };
        assert_eq!(credit(&clients, window("2026-04-01", "2026-04-30", 0)).await, 0);
        assert_eq!(credit(&clients, window("2026-04-01", "2026-04-30", may)).await, 200);
        assert_eq!(credit(&clients, window("2026-05-01", "", 0)).await, 200);
        // The clock of this bank stands still, so every instant from then on has all of it.
        let time = prost_types::Timestamp { seconds: 1_780_286_400, nanos: 0 };
        let then = proto::GetBalanceRequest { as_of_time: Some(time), ..Default::default() };
        assert_eq!(credit(&clients, then).await, 200);

        let request = proto::GetStatementRequest {
            name: name("residents/r0001"),
            as_of_position: may,
            ..Default::default()
        };
        let statement = clients.accounts.clone().get_statement(request).await.unwrap().into_inner();
        assert_eq!(statement.position, may);
        assert!(statement.lines.iter().all(|line| line.entry.as_ref().unwrap().reversed_at == 0));
        assert_eq!(statement.lines.iter().map(|line| line.centi_credits).sum::<i64>(), 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_and_stars_follow_the_figures() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (clients, _) = two_lectures(store).await;
        let honours = balance(&clients, Default::default()).await.honours.unwrap();
        assert_eq!(
            (honours.level, honours.next_level_missing_centi_credits),
            (0, 4_600),
            "50 is the first level"
        );
        assert_eq!((honours.volunteer_star, honours.next_star_missing_minutes), (0, 6_000));
        let diploma =
            Detail::Degree(proto::Degree { degree: "diploma".to_owned(), number_sha256: "ab".repeat(32) });
        let entry = Some(draft(1, "2026-03-01", 0, diploma));
        post(&clients, proto::PostEntryRequest { entry, ..lecture(1, "2026-03-01") }).await;
        let now = balance(&clients, Default::default()).await;
        assert_eq!((now.centi_credits, now.pending_centi_credits), (5_400, 5_000));
        let honours = now.honours.unwrap();
        assert_eq!((honours.level, honours.next_level_missing_centi_credits), (1, 4_600));
        assert_eq!(honours.junior_level, 2, "25 and 50");
    }
}

/// Of 100 points 50 are measured of this household, and judges may give 30; 80 pass.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_tells_how_many_families_it_would_cost() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let bank = bank_on(store).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 3).await;
        for n in 1..=2 {
            let join = proto::JoinHouseholdRequest {
                name: name("households/h001"),
                request_id: fresh(),
                organization: name("organizations/town"),
                resident: name(&format!("residents/r{n:04}")),
                role: proto::MemberRole::Adult.into(),
                from: "2025-01-01".to_owned(),
                last_day: String::new(),
            };
            clients.identities.clone().join_household(join).await.unwrap();
            let mut year = vec![
                draft(n, "2026-03-01", 0, Detail::Reading(proto::Reading { books: 5 })),
                draft(n, "2026-03-02", 180, Detail::VolunteerService(proto::VolunteerService::default())),
            ];
            year.extend((1..=3).map(|day| {
                let talk = Detail::Lecture(proto::Lecture { series: "talks".to_owned() });
                draft(n, &format!("2026-04-0{day}"), 450, talk)
            }));
            for entry in year {
                let (parent, request_id) = (LEDGER.to_owned(), fresh());
                post(&clients, proto::PostEntryRequest { parent, request_id, entry: Some(entry) }).await;
            }
        }
        let told = simulate(&clients, halved("2026-01-06")).await;
        assert_eq!((told.families_before, told.families_after), (1, 1), "half the credit is still learning");
        let lectures = "[kinds.LEC]\nearn = { type = \"minutes\", minutes_per_unit = 60, centi_per_unit = 50, round_up_from_minutes = 30 }";
        let without = halved("2026-01-06");
        assert!(without.contains(lectures));
        let counted = without.replace(lectures, "[kinds.LEC]\nearn = { type = \"nothing\" }");
        let told = simulate(&clients, counted).await;
        assert_eq!((told.families_before, told.families_after), (1, 0));
    }
}
