//! What a revocation ends, and who issues and approves what.

use crate::world::World;
use creditbank_access::Gate;
use creditbank_grpc::{Access, Bearer, proto};
use creditbank_ledger::Bank;
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, LEDGER, bank_with, door, fresh, lecture, name, reason, still};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn create(role: &str, person: &str, organization: &str) -> proto::CreateTokenRequest {
    proto::CreateTokenRequest {
        parent: if role == "administrator" { "ledgers/deployment" } else { LEDGER }.to_owned(),
        request_id: fresh(),
        person: person.to_owned(),
        role: role.to_owned(),
        organization: organization.to_owned(),
        ..Default::default()
    }
}

async fn guarded(bank: &Arc<Bank>) -> tonic::transport::Channel {
    door(bank, Access::Credentials(Arc::new(Gate::new(Arc::clone(bank))))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_holds_on_every_replica_within_five_seconds_and_ends_open_streams() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let clock = || still(creditbank_tests::june_first_2026());
    let store = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let first = bank_with(store, clock(), Default::default()).await;
    let owner = Clients::of(&first).await;
    District::build(&owner, 5).await;
    let store = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
    let second = bank_with(store, clock(), Default::default()).await;

    let auditor = create("auditor", "auditor-01", "");
    let officer = create("officer", "officer-01", "");
    let auditor = owner.access.clone().create_token(auditor).await.unwrap().into_inner();
    let officer = owner.access.clone().create_token(officer).await.unwrap().into_inner();
    let on = |token: &str, channel| Clients::with(Bearer::of(token).unwrap(), channel);
    let posting = on(&officer.token, guarded(&second).await);
    let watching = on(&auditor.token, guarded(&second).await);
    posting.ledger.clone().post_entry(lecture(1, "2026-03-01")).await.unwrap();
    let watch = proto::WatchEventsRequest { parent: LEDGER.to_owned(), after_position: 0 };
    let mut events = watching.ledger.clone().watch_events(watch).await.unwrap().into_inner();
    events.message().await.unwrap().unwrap();

    // Revoked on the one, refused by the other.
    let began = Instant::now();
    for credential in [&officer, &auditor] {
        let revoke = proto::RevokeCredentialRequest {
            name: credential.credential.as_ref().unwrap().name.clone(),
            request_id: fresh(),
        };
        owner.access.clone().revoke_credential(revoke).await.unwrap();
    }
    let mut n = 2;
    let refused = loop {
        match posting.ledger.clone().post_entry(lecture(1, &format!("2026-03-{n:02}"))).await {
            Ok(_) => n += 1,
            Err(status) => break status,
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert!(n < 28);
    };
    let took = began.elapsed();
    assert_eq!(reason(&refused), "CREDENTIAL_INVALID");
    assert!(took < Duration::from_secs(5), "{took:?}");
    println!("a revocation held on the other replica after {took:?}");
    let ended = loop {
        match events.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&ended), "CREDENTIAL_INVALID");
    assert!(began.elapsed() < Duration::from_secs(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_token_waits_for_a_second_administrator() {
    let world = World::build().await;
    let first = world.clients(&world.token("administrator", "", "").await);
    let issued =
        first.access.clone().create_token(create("administrator", "administrator-02", "")).await.unwrap();
    let issued = issued.into_inner();
    let credential = issued.credential.unwrap();
    let second = world.clients(&issued.token);
    let list = || proto::ListLedgersRequest::default();
    let refused = second.deployment.clone().list_ledgers(list()).await.unwrap_err();
    assert_eq!(reason(&refused), "CREDENTIAL_INVALID");
    let approve = |by: &str, sha256: &str| proto::ApproveCredentialRequest {
        name: credential.name.clone(),
        request_id: fresh(),
        approved_by: by.to_owned(),
        sha256: sha256.to_owned(),
    };
    let own = first.access.clone().approve_credential(approve("", &credential.sha256)).await.unwrap_err();
    assert_eq!(reason(&own), "SAME_ACTOR");
    let feigned = approve("administrator-03", &credential.sha256);
    let feigned = first.access.clone().approve_credential(feigned).await.unwrap_err();
    assert_eq!(reason(&feigned), "PERSON_MISMATCH");
    let mut third = create("administrator", "administrator-03", "");
    third.days = 10;
    let third = world.owner.access.clone().create_token(third).await.unwrap().into_inner();
    let third = world.clients(&third.token);
    let wrong = third.access.clone().approve_credential(approve("", &"0".repeat(64))).await.unwrap_err();
    assert_eq!(reason(&wrong), "PROPOSAL_CHANGED");
    let done = third.access.clone().approve_credential(approve("", &credential.sha256)).await.unwrap();
    let done = done.into_inner().credential.unwrap();
    assert_eq!((done.standing.as_str(), done.approved_by.as_str()), ("active", "administrator-03"));
    // What was looked up before is looked up again within two seconds.
    tokio::time::sleep(creditbank_access::FRESH).await;
    assert!(second.deployment.clone().list_ledgers(list()).await.is_ok());
    let settled = proto::RevokeCredentialRequest { name: credential.name.clone(), request_id: fresh() };
    second.access.clone().revoke_credential(settled).await.unwrap();
    let late = third.access.clone().approve_credential(approve("", &credential.sha256)).await.unwrap();
    assert_eq!(late.into_inner().credential.unwrap().standing, "revoked", "it is for good");
    let nobody = proto::RevokeCredentialRequest {
        name: "ledgers/deployment/credentials/0000".to_owned(),
        request_id: fresh(),
    };
    let nobody = third.access.clone().revoke_credential(nobody).await.unwrap_err();
    assert_eq!(reason(&nobody), "CREDENTIAL_NOT_FOUND");
    // One that stands at once does not wait.
    let plain = world.owner.access.clone().create_token(create("officer", "officer-09", "")).await.unwrap();
    let plain = plain.into_inner().credential.unwrap();
    let asked = proto::ApproveCredentialRequest {
        name: plain.name,
        request_id: fresh(),
        approved_by: String::new(),
        sha256: plain.sha256,
    };
    let never = third.access.clone().approve_credential(asked).await.unwrap_err();
    assert_eq!(reason(&never), "CREDENTIAL_SETTLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_issues_for_the_own_town_and_no_further() {
    let world = World::build().await;
    let [own, other] = &world.towns;
    let officer = world.clients(&world.token("officer", &own.town, "").await);
    let issue = |request| {
        let mut access = officer.access.clone();
        async move { access.create_token(request).await.map(tonic::Response::into_inner) }
    };
    let clerk = issue(create("clerk", "clerk-07", &own.school)).await.unwrap();
    let resident =
        proto::CreateTokenRequest { resident: own.resident.clone(), ..create("resident", "resident-a", "") };
    issue(resident).await.unwrap();
    let elsewhere = proto::CreateTokenRequest {
        resident: other.resident.clone(),
        ..create("resident", "resident-b", "")
    };
    for request in [
        elsewhere,
        create("clerk", "clerk-08", &other.school),
        create("officer", "officer-02", &own.town),
        create("approver", "officer-02", &own.town),
        create("auditor", "auditor-02", ""),
        create("administrator", "administrator-09", ""),
    ] {
        let status = issue(request.clone()).await.unwrap_err();
        assert_eq!(reason(&status), "ROLE_DENIED", "{} {}", request.role, request.organization);
    }
    let list = proto::ListCredentialsRequest { parent: LEDGER.to_owned(), ..Default::default() };
    let listed = officer.access.clone().list_credentials(list).await.unwrap().into_inner().credentials;
    let roles: Vec<_> = listed.iter().map(|held| held.role.as_str()).collect();
    assert!(
        roles.contains(&"clerk") && roles.contains(&"resident") && !roles.contains(&"officer"),
        "{roles:?}"
    );

    // What the clerk does stands in the log under the clerk's own number.
    let clerk = world.clients(&clerk.token);
    let mut request = lecture(1, "2026-05-21");
    let entry = request.entry.as_mut().unwrap();
    (entry.account, entry.organization) = (own.resident.clone(), own.school.clone());
    let posted = clerk.ledger.clone().post_entry(request.clone()).await.unwrap().into_inner();
    let ledger = world.bank.ledger(&ledger_core::id::LedgerId::parse("district").unwrap()).await.unwrap();
    let event = ledger.entry_event(ledger_core::quantity::Position(posted.position)).await.unwrap();
    assert_eq!(event.by.unwrap().as_str(), "clerk-07");
    // For another school it is refused, and the resident of another town is not there.
    request.entry.as_mut().unwrap().organization = other.school.clone();
    let status = clerk.ledger.clone().post_entry(request).await.unwrap_err();
    assert_eq!(reason(&status), "SCHOOL_SCOPE");
    let absent = |name: String| proto::GetBalanceRequest { name, ..Default::default() };
    let hidden = clerk.accounts.clone().get_balance(absent(other.resident.clone())).await.unwrap_err();
    let missing = clerk.accounts.clone().get_balance(absent(name("residents/r-z"))).await.unwrap_err();
    assert_eq!(hidden.code(), missing.code());
    assert_eq!(hidden.message().replace("r-b", "r-z"), missing.message(), "nobody learns which are there");
    assert_eq!(hidden.details().len(), missing.details().len());
    // Lists are of the own school without being asked.
    let list = proto::ListEntriesRequest { parent: LEDGER.to_owned(), ..Default::default() };
    let listed = clerk.ledger.clone().list_entries(list).await.unwrap().into_inner().entries;
    assert!(!listed.is_empty() && listed.iter().all(|entry| entry.organization == own.school));
}
