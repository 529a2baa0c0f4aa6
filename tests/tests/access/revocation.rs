//! What a revocation ends, and who issues and approves what.

use crate::world::World;
use creditbank_access::{Gate, Rate};
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
    door(bank, Access::Credentials(Arc::new(Gate::new(Arc::clone(bank), Rate::DEFAULT)))).await
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

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_makes_no_more_calls_than_its_rate_and_others_go_on() {
    let world = World::build().await;
    let rate = Rate { per_second: 1, burst: 10 };
    let gate = Arc::new(Gate::new(Arc::clone(&world.bank), rate));
    let channel = door(&world.bank, Access::Credentials(gate)).await;
    let (busy, calm) = (world.token("officer", "", "").await, world.token("auditor", "", "").await);
    let on = |token: &str| Clients::with(Bearer::of(token).unwrap(), channel.clone());
    let ask = |clients: &Clients| {
        let mut registry = clients.registry.clone();
        async move { registry.get_ledger(proto::GetLedgerRequest { name: LEDGER.to_owned() }).await }
    };
    let (busy, calm) = (on(&busy), on(&calm));
    let mut refused = Vec::new();
    for _ in 0..20 {
        refused.extend(ask(&busy).await.err());
    }
    assert!((5..=10).contains(&refused.len()), "{}", refused.len());
    for status in &refused {
        use tonic_types::StatusExt;
        assert_eq!(
            (status.code(), reason(status).as_str()),
            (tonic::Code::ResourceExhausted, "RATE_LIMITED")
        );
        assert!(status.get_details_retry_info().is_some());
    }
    assert!(ask(&calm).await.is_ok());
    // It goes on, also where the credential was looked up anew meanwhile.
    tokio::time::sleep(creditbank_access::FRESH).await;
    assert!(ask(&busy).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_are_listed_newest_first_and_what_schools_post_is_none() {
    let world = World::build().await;
    let [own, _] = &world.towns;
    let officer = world.clients(&world.token("officer", "", "").await);
    let issued = officer.access.clone().create_token(create("clerk", "clerk-07", &own.school)).await.unwrap();
    let clerk = world.clients(&issued.into_inner().token);
    let mut post = lecture(1, "2026-05-22");
    let entry = post.entry.as_mut().unwrap();
    (entry.account, entry.organization) = (own.resident.clone(), own.school.clone());
    clerk.ledger.clone().post_entry(post).await.unwrap();
    let mut page_token = String::new();
    let mut acts = Vec::new();
    loop {
        let request = proto::ListActsRequest {
            parent: LEDGER.to_owned(),
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = officer.access.clone().list_acts(request).await.unwrap().into_inner();
        acts.extend(page.acts);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!((acts[0].r#type.as_str(), acts[0].person.as_str()), ("credential_issued", "officer-01"));
    assert!(acts.windows(2).all(|pair| pair[0].position > pair[1].position), "newest first, each once");
    assert!(acts.iter().any(|act| act.r#type == "correction_proposed"));
    assert!(acts.iter().all(|act| !act.r#type.starts_with("entry_")));
    let ledger = world.bank.ledger(&ledger_core::id::LedgerId::parse("district").unwrap()).await.unwrap();
    for act in &acts {
        let stored = ledger.read_events(ledger_core::quantity::Position(act.position), 1).await.unwrap();
        assert_eq!(stored[0].bytes, act.json, "the bytes are those that stand in the log");
    }
    let refused = proto::ListActsRequest { parent: LEDGER.to_owned(), ..Default::default() };
    assert_eq!(reason(&clerk.access.clone().list_acts(refused).await.unwrap_err()), "ROLE_DENIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_town_does_not_become_the_district_by_founding_a_college() {
    let world = World::build().await;
    let [own, _] = &world.towns;
    let officer = world.clients(&world.token("officer", &own.town, "").await);
    for kind in ["community_college", "district"] {
        let organization = proto::Organization {
            parent: own.town.clone(),
            institution_type: kind.to_owned(),
            display_name: "冒名的社區學院".to_owned(),
            ..Default::default()
        };
        let request = proto::CreateOrganizationRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization_id: "feigned".to_owned(),
            organization: Some(organization),
        };
        let status = officer.registry.clone().create_organization(request.clone()).await.unwrap_err();
        assert_eq!(reason(&status), "ORGANIZATION_TREE", "{kind}");
        // Whoever has the database founds none there either.
        let status = world.owner.registry.clone().create_organization(request).await.unwrap_err();
        assert_eq!(reason(&status), "ORGANIZATION_TREE", "{kind}");
    }
    // An organisation without one above it is not the district for that.
    let company = proto::CreateOrganizationRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization_id: "company".to_owned(),
        organization: Some(proto::Organization {
            institution_type: "enterprise_school".to_owned(),
            display_name: "企業".to_owned(),
            ..Default::default()
        }),
    };
    world.owner.registry.clone().create_organization(company).await.unwrap();
    let auditor = world.clients(&world.token("auditor", &name("organizations/company"), "").await);
    let all = proto::ListBalancesRequest { parent: LEDGER.to_owned(), ..Default::default() };
    let status = auditor.accounts.clone().list_balances(all.clone()).await.unwrap_err();
    assert_eq!(reason(&status), "ROLE_DENIED");
    let district = world.clients(&world.token("auditor", &name("organizations/district"), "").await);
    assert!(district.accounts.clone().list_balances(all).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_made_two_persons_or_the_second_person_alone() {
    let world = World::build().await;
    let [own, _] = &world.towns;
    let administrator = world.clients(&world.token("administrator", "", "").await);
    let issue = |clients: &Clients, request| {
        let mut access = clients.access.clone();
        async move { access.create_token(request).await.map(tonic::Response::into_inner) }
    };
    let oneself = issue(&administrator, create("officer", "administrator-0l", &own.town)).await.unwrap_err();
    assert_eq!(reason(&oneself), "SAME_ACTOR");
    for (role, organization, standing) in [
        ("approver", own.town.as_str(), "pending"),
        ("officer", "", "pending"),
        ("officer", own.town.as_str(), "active"),
        ("auditor", "", "active"),
    ] {
        let issued = issue(&administrator, create(role, "person-09", organization)).await.unwrap();
        assert_eq!(issued.credential.unwrap().standing, standing, "{role} {organization}");
    }
    let mut long = create("auditor", "auditor-09", "");
    long.days = u32::MAX;
    assert_eq!(reason(&issue(&administrator, long).await.unwrap_err()), "FIELD_INVALID");
}
