//! Corrections: a school proposes, another person above it approves; everything that depends on the entries follows, and
//! says so.

use creditbank_grpc::proto;
use creditbank_ledger::Bank;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, Program, bank_on, draft, fresh, lecture, name, reason};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use proto::entry::Detail;
use proto::{CorrectionState, OrganizationState};
use std::sync::Arc;
use tonic::Status;
use tonic_types::StatusExt;

async fn stores() -> (tempfile::TempDir, Vec<Arc<dyn Store>>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, vec![Arc::new(sqlite), Arc::new(MemoryStore::default())])
}

async fn district(store: &Arc<dyn Store>) -> (Arc<Bank>, Clients) {
    let bank = bank_on(Arc::clone(store)).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 4).await;
    (bank, clients)
}

async fn assert_clean(store: &Arc<dyn Store>) {
    let ledger = LedgerId::parse("district").unwrap();
    let report = creditbank_ledger::verify(Arc::clone(store), &ledger, |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

async fn post(clients: &Clients, request: proto::PostEntryRequest) -> u64 {
    clients.ledger.clone().post_entry(request).await.unwrap().into_inner().position
}

async fn close(clients: &Clients, month: &str) -> u64 {
    let request = proto::CloseMonthRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        month: month.to_owned(),
        organization: name("organizations/college"),
        closed_by: "officer-01".to_owned(),
    };
    clients.reports.clone().close_month(request).await.unwrap().into_inner().position
}

fn proposal(school: &str, reverse: &[u64], record: Vec<proto::Entry>) -> proto::ProposeCorrectionRequest {
    let reversals = reverse.iter().map(|position| proto::CorrectionReversal {
        entry: name(&format!("entries/{position}")),
        reason: String::new(),
    });
    proto::ProposeCorrectionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name(&format!("organizations/{school}")),
        proposed_by: "clerk-01".to_owned(),
        reason: "input_error".to_owned(),
        evidence_sha256: "cd".repeat(32),
        reversals: reversals.collect(),
        entries: record,
    }
}

async fn propose(clients: &Clients, request: proto::ProposeCorrectionRequest) -> proto::Correction {
    let answer = clients.corrections.clone().propose_correction(request).await.unwrap().into_inner();
    answer.correction.unwrap()
}

fn approval(correction: &proto::Correction, by: &str, person: &str) -> proto::ApproveCorrectionRequest {
    proto::ApproveCorrectionRequest {
        name: correction.name.clone(),
        request_id: fresh(),
        organization: name(&format!("organizations/{by}")),
        approved_by: person.to_owned(),
        sha256: correction.sha256.clone(),
    }
}

async fn approve(
    clients: &Clients,
    request: proto::ApproveCorrectionRequest,
) -> Result<proto::ApproveCorrectionResponse, Status> {
    clients.corrections.clone().approve_correction(request).await.map(tonic::Response::into_inner)
}

async fn balance(clients: &Clients, as_of_position: u64) -> proto::Balance {
    let request =
        proto::GetBalanceRequest { name: name("residents/r0001"), as_of_position, ..Default::default() };
    clients.accounts.clone().get_balance(request).await.unwrap().into_inner().balance.unwrap()
}

async fn credit(clients: &Clients) -> i64 {
    balance(clients, 0).await.centi_credits
}

async fn statement(clients: &Clients) -> Vec<proto::StatementLine> {
    let request = proto::GetStatementRequest { name: name("residents/r0001"), ..Default::default() };
    clients.accounts.clone().get_statement(request).await.unwrap().into_inner().lines
}

async fn sentences(clients: &Clients) -> Vec<String> {
    let request = proto::ExplainBalanceRequest { name: name("residents/r0001"), ..Default::default() };
    let lines = clients.accounts.clone().explain_balance(request).await.unwrap().into_inner().lines;
    lines.into_iter().map(|line| line.sentence.unwrap().hant).collect()
}

async fn list(clients: &Clients, state: CorrectionState) -> Vec<proto::Correction> {
    let request = proto::ListCorrectionsRequest {
        parent: LEDGER.to_owned(),
        state: state.into(),
        ..Default::default()
    };
    clients.corrections.clone().list_corrections(request).await.unwrap().into_inner().corrections
}

fn metadata(status: &Status, key: &str) -> String {
    status.get_details_error_info().unwrap().metadata.get(key).cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_month_is_corrected_by_one_who_proposes_and_another_who_approves() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store).await;
        let talk = Detail::Lecture(proto::Lecture { series: "talks".to_owned() });
        let wrong = proto::Entry { session: "s1".to_owned(), ..draft(1, "2026-04-10", 180, talk) };
        let right = proto::Entry { minutes: 120, ..wrong.clone() };
        let posted = post(&clients, proto::PostEntryRequest { entry: Some(wrong), ..lecture(1, "") }).await;
        let closed = close(&clients, "2026-04").await;
        // The same session again: the reversal before it makes room.
        let request = proposal("school", &[posted], vec![right]);
        let proposed = propose(&clients, request.clone()).await;
        assert_eq!(credit(&clients).await, 300, "a proposal changes nothing");
        assert_eq!((proposed.reversal_count, proposed.entry_count), (1, 1));
        assert_eq!(list(&clients, CorrectionState::Open).await.len(), 1);
        let again = clients.corrections.clone().propose_correction(request).await.unwrap().into_inner();
        assert!(again.replayed);
        assert_eq!(again.correction.as_ref(), Some(&proposed));

        let own = approve(&clients, approval(&proposed, "town", "clerk-01")).await.unwrap_err();
        assert_eq!((own.code(), reason(&own)), (tonic::Code::PermissionDenied, "SAME_ACTOR".to_owned()));
        let request = approval(&proposed, "town", "officer-02");
        let approved = approve(&clients, request.clone()).await.unwrap();
        let correction = approved.correction.unwrap();
        assert_eq!(correction.state(), CorrectionState::Approved);
        assert_eq!(
            (correction.settled_by.as_str(), correction.settled_at),
            ("officer-02", approved.position - 2)
        );
        assert_eq!(approved.reversals[0].corrects_month, "2026-04");
        assert_eq!(approved.reversals[0].correction, proposed.name);
        let again = approve(&clients, request).await.unwrap();
        assert!(again.replayed);
        assert_eq!((again.reversals, again.entries), (approved.reversals, approved.entries));
        assert_eq!(list(&clients, CorrectionState::Open).await, []);
        assert_eq!(list(&clients, CorrectionState::Unspecified).await, [correction]);

        assert_eq!(credit(&clients).await, 200);
        assert_eq!(
            balance(&clients, closed).await.centi_credits,
            300,
            "the closed month is as it was closed"
        );
        let lines = statement(&clients).await;
        assert_eq!(lines.len(), 2);
        let (old, new) = (lines[0].entry.as_ref().unwrap(), lines[1].entry.as_ref().unwrap());
        assert_eq!((old.reversed_at, old.corrects_month.as_str()), (approved.position - 1, ""));
        assert_eq!(
            (new.correction.as_str(), new.corrects_month.as_str()),
            (proposed.name.as_str(), "2026-04")
        );
        let reversal = lines[0].reversal.as_ref().unwrap();
        assert_eq!((reversal.reason.as_str(), reversal.corrects_month.as_str()), ("input_error", "2026-04"));
        assert_clean(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_posted_who_stands_above_and_who_succeeded_correct_and_a_sibling_does_not() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store).await;
        let mut of_other = lecture(1, "2026-04-02");
        of_other.entry.as_mut().unwrap().organization = name("organizations/other");
        let heirloom = post(&clients, of_other).await;
        let mut posted = Vec::new();
        for day in 3..=5 {
            posted.push(post(&clients, lecture(1, &format!("2026-04-{day:02}"))).await);
        }
        close(&clients, "2026-04").await;
        let sibling = proposal("school", &[heirloom], vec![]);
        let refused = clients.corrections.clone().propose_correction(sibling.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), "SCHOOL_SCOPE", "a sibling corrects nothing");
        let merger = proto::ChangeOrganizationStateRequest {
            name: name("organizations/other"),
            request_id: fresh(),
            state: OrganizationState::Merged.into(),
            last_day: "2026-05-31".to_owned(),
            successor: name("organizations/school"),
        };
        clients.registry.clone().change_organization_state(merger).await.unwrap();
        let corrections = [
            ("school", heirloom, "town"),
            ("school", posted[0], "town"),
            ("town", posted[1], "town"),
            ("district", posted[2], "college"),
        ];
        for (by, entry, approver) in corrections {
            let proposed = propose(&clients, proposal(by, &[entry], vec![])).await;
            let approved = approve(&clients, approval(&proposed, approver, "officer-02")).await.unwrap();
            assert_eq!(approved.reversals[0].organization, name(&format!("organizations/{by}")));
        }
        assert_eq!(credit(&clients).await, 0);
        assert_clean(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_succeeded_the_successor_reverses_and_corrects_what_the_first_posted() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store).await;
        let batched = |day: &str| {
            let mut request = lecture(1, day);
            request.entry.as_mut().unwrap().batch = "list".to_owned();
            request
        };
        let mut posted = Vec::new();
        for day in ["2026-05-02", "2026-05-03", "2026-05-04"] {
            posted.push(post(&clients, batched(day)).await);
        }
        // The school was merged into the other one, and that into one that was founded since.
        let heir = proto::CreateOrganizationRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization_id: "heir".to_owned(),
            organization: Some(proto::Organization {
                parent: name("organizations/town"),
                institution_type: "citizen_school".to_owned(),
                display_name: "新校".to_owned(),
                ..Default::default()
            }),
        };
        clients.registry.clone().create_organization(heir).await.unwrap();
        for (merged, successor) in [("school", "other"), ("other", "heir")] {
            let merger = proto::ChangeOrganizationStateRequest {
                name: name(&format!("organizations/{merged}")),
                request_id: fresh(),
                state: OrganizationState::Merged.into(),
                last_day: "2026-05-31".to_owned(),
                successor: name(&format!("organizations/{successor}")),
            };
            clients.registry.clone().change_organization_state(merger).await.unwrap();
        }
        let proposed = propose(&clients, proposal("heir", &[posted[0]], vec![])).await;
        approve(&clients, approval(&proposed, "town", "officer-02")).await.unwrap();
        let reversal = proto::ReverseEntryRequest {
            name: name(&format!("entries/{}", posted[1])),
            request_id: fresh(),
            organization: name("organizations/heir"),
            reason: "absent".to_owned(),
        };
        clients.ledger.clone().reverse_entry(reversal).await.unwrap();
        let rest = proto::ReverseBatchRequest {
            name: name("organizations/school/batches/list"),
            request_id: fresh(),
            organization: name("organizations/heir"),
            reason: "input_error".to_owned(),
        };
        let mut told = clients.corrections.clone().reverse_batch(rest).await.unwrap().into_inner();
        assert_eq!(told.message().await.unwrap().unwrap().reversed, 1);
        assert!(told.message().await.unwrap().unwrap().done);
        assert_eq!(credit(&clients).await, 0);
        assert_clean(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_no_longer_holds_refuses_the_approval_and_says_which() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store).await;
        let posted =
            [post(&clients, lecture(1, "2026-05-10")).await, post(&clients, lecture(1, "2026-05-11")).await];
        let proposed = propose(&clients, proposal("school", &posted, vec![])).await;
        // The month is open: the school may still reverse on its own.
        let reversal = proto::ReverseEntryRequest {
            name: name(&format!("entries/{}", posted[1])),
            request_id: fresh(),
            organization: name("organizations/school"),
            reason: "absent".to_owned(),
        };
        clients.ledger.clone().reverse_entry(reversal).await.unwrap();
        let refused = approve(&clients, approval(&proposed, "college", "officer-02")).await.unwrap_err();
        assert_eq!(
            (reason(&refused).as_str(), metadata(&refused, "part").as_str()),
            ("ALREADY_REVERSED", "reversals[1]")
        );
        assert_eq!(credit(&clients).await, 200, "nothing of it was recorded");
        let rejection = proto::RejectCorrectionRequest {
            name: proposed.name.clone(),
            request_id: fresh(),
            organization: name("organizations/school"),
            rejected_by: "clerk-01".to_owned(),
        };
        let rejected = clients.corrections.clone().reject_correction(rejection).await.unwrap().into_inner();
        assert_eq!(rejected.correction.unwrap().state(), CorrectionState::Rejected, "it is taken back");

        // In an open month a correction says which it is, and no month that it restates.
        let proposed = propose(&clients, proposal("school", &posted[..1], vec![])).await;
        let approved = approve(&clients, approval(&proposed, "college", "officer-02")).await.unwrap();
        assert_eq!(approved.reversals[0].corrects_month, "");
        assert_eq!(approved.reversals[0].correction, proposed.name);
        assert_eq!(credit(&clients).await, 0);
        assert_clean(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_approvals_at_once_one_wins_and_the_other_is_told() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store).await;
        let posted = post(&clients, lecture(1, "2026-04-10")).await;
        close(&clients, "2026-04").await;
        let proposed = propose(&clients, proposal("school", &[posted], vec![])).await;
        let racers: Vec<_> = (0..8)
            .map(|n| {
                let (clients, proposed) = (clients.clone(), proposed.clone());
                tokio::spawn(async move {
                    let by = if n % 2 == 0 { "town" } else { "college" };
                    approve(&clients, approval(&proposed, by, &format!("officer-{n:02}"))).await
                })
            })
            .collect();
        let (mut won, mut told) = (Vec::new(), Vec::new());
        for racer in racers {
            match racer.await.unwrap() {
                Ok(answer) => won.push(answer.correction.unwrap().settled_at.to_string()),
                Err(status) => told.push((reason(&status), metadata(&status, "settled_at"))),
            }
        }
        assert_eq!((won.len(), told.len()), (1, 7));
        assert!(
            told.iter().all(|told| *told == ("CORRECTION_SETTLED".to_owned(), won[0].clone())),
            "{told:?}"
        );
        assert_clean(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn levels_stars_and_what_counts_once_go_down_and_come_back() {
    let (_folder, stores) = stores().await;
    for store in stores {
        let (_bank, clients) = district(&store).await;
        let posting = |entry| proto::PostEntryRequest { entry: Some(entry), ..lecture(1, "") };
        let certificate = || Detail::Certificate(proto::Certificate { number_sha256: "ab".repeat(32) });
        let first = draft(1, "2026-03-02", 0, certificate());
        let counted = post(&clients, posting(first.clone())).await;
        let other = proto::Entry { session: "again".to_owned(), ..draft(1, "2026-04-02", 0, certificate()) };
        let spare = post(&clients, posting(other)).await;
        let service = || Detail::VolunteerService(proto::VolunteerService::default());
        let mut hours = Vec::new();
        for day in 1..=10 {
            let entry = draft(1, &format!("2026-04-{day:02}"), 600, service());
            hours.push(post(&clients, posting(entry)).await);
        }
        let before = balance(&clients, 0).await;
        let honours = before.honours.unwrap();
        assert_eq!((before.centi_credits, honours.level, honours.volunteer_star), (5_000, 1, 1));
        close(&clients, "2026-04").await;

        // The first certificate was another person's, and one day of service never was.
        let proposed = propose(&clients, proposal("school", &[counted, hours[9]], vec![])).await;
        approve(&clients, approval(&proposed, "college", "officer-02")).await.unwrap();
        let after = balance(&clients, 0).await;
        let honours = after.honours.unwrap();
        assert_eq!((after.centi_credits, honours.level, honours.volunteer_star), (4_900, 0, 0));
        let told = sentences(&clients).await;
        assert!(told.iter().any(|told| told.contains("沖正，不計學分")), "{told:?}");
        let lines = statement(&clients).await;
        let credit_of = |position: u64| {
            let line = lines.iter().find(|line| line.entry.as_ref().unwrap().position == position).unwrap();
            (line.centi_credits, line.entry.as_ref().unwrap().reversed_at > 0)
        };
        assert_eq!(credit_of(counted), (0, true));
        assert_eq!(credit_of(spare), (4_000, false), "the second one counts in its place");

        // Restored: new entries that name what they restore.
        let restored = proto::Entry {
            restores: name(&format!("entries/{}", hours[9])),
            ..draft(1, "2026-04-10", 600, service())
        };
        let proposed = propose(&clients, proposal("school", &[], vec![restored])).await;
        approve(&clients, approval(&proposed, "college", "officer-02")).await.unwrap();
        let again = balance(&clients, 0).await;
        let honours = again.honours.unwrap();
        assert_eq!((again.centi_credits, honours.level, honours.volunteer_star), (5_000, 1, 1));
        let line = statement(&clients).await.pop().unwrap().entry.unwrap();
        assert_eq!(line.restores, name(&format!("entries/{}", hours[9])));
        assert_eq!(line.corrects_month, "2026-04");
        assert_clean(&store).await;
    }
}

/// Runs a command that must succeed, and gives its JSON.
fn run(database: &std::path::Path, arguments: &[&str]) -> serde_json::Value {
    let output = Program::run(database, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_closes_and_corrects_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("ledger.db");
    let mut program = Program::serve(&database, &[]);
    let clients = program.clients().await;
    District::build(&clients, 1).await;
    let posted = post(&clients, lecture(1, "2026-03-05")).await.to_string();
    assert!(program.terminate().success());

    let closed =
        run(&database, &["close-month", "2026-03", "--organization", "college", "--by", "officer-01"]);
    assert_eq!(closed["closing"]["month"], "2026-03");
    assert_eq!(run(&database, &["closings"])["closings"].as_array().unwrap().len(), 1);
    let reverse = ["reverse", &posted, "--organization", "school", "--reason", "absent", "--json"];
    let refused = Program::run(&database, &reverse);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stdout).unwrap().contains("APPROVAL_REQUIRED"));

    let who = ["--organization", "school", "--by", "clerk-01", "--reason", "absent"];
    let approve = |proposed: &serde_json::Value| {
        let correction = &proposed["correction"];
        let number = correction["name"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let shown = run(&database, &["correct", "show", &number]);
        assert_eq!(shown["correction"], *correction);
        let sha256 = correction["sha256"].as_str().unwrap();
        let by = ["--organization", "town", "--by", "officer-02", "--sha256", sha256];
        run(&database, &[["correct", "approve", &number].as_slice(), &by].concat())
    };
    let proposed = run(&database, &[["correct", "propose", "--reverse", &posted].as_slice(), &who].concat());
    assert_eq!(run(&database, &["correct", "list"])["state"], "OPEN");
    assert_eq!(approve(&proposed)["reversals"][0]["corrects_month"], "2026-03");
    let proposed = run(&database, &[["correct", "propose", "--restore", &posted].as_slice(), &who].concat());
    let restored = approve(&proposed);
    assert_eq!(restored["entries"][0]["restores"], name(&format!("entries/{posted}")));
    let statement = Program::run(&database, &["statement", "residents/r0001"]);
    let statement = String::from_utf8(statement.stdout).unwrap();
    assert_eq!(statement.matches("更正以前月份 2026-03").count(), 2, "{statement}");
    assert!(
        statement.contains("沖正，更正以前月份") && statement.contains("新記，更正以前月份"),
        "{statement}"
    );
    assert!(Program::run(&database, &["verify"]).status.success());
}
