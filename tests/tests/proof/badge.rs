//! Badges: each follows from the log, is believed by its issuer's key alone, and is taken back by what is recorded.

use crate::world::{district, file, ledger, post, signing_bank_that_remembers};
use chrono::{DateTime, Utc};
use creditbank_badge::{BITS, Believed, Fault, Form, Key, Listed, Says, Seal, StatusList, Sums};
use creditbank_grpc::proto;
use creditbank_ledger::Bank;
use creditbank_store::MemoryStore;
use creditbank_tests::postgres::fresh_database;
use creditbank_tests::{
    Clients, LEDGER, SITE, bank_on, fresh, issuers, june_first_2026, lecture, name, reason,
};
use ledger_core::date::OccurredOn;
use ledger_core::id::AccountId;
use ledger_core::ports::Store;
use ledger_core::quantity::{CentiCredits, Position};
use std::sync::Arc;
use tonic::Status;

fn now() -> DateTime<Utc> {
    june_first_2026()
}

fn key() -> Key {
    issuers().of(&ledger()).key()
}

async fn entry_badge(clients: &Clients, position: u64) -> Result<proto::Badge, Status> {
    let request = proto::GetEntryBadgeRequest { name: name(&format!("entries/{position}")) };
    clients.badges.clone().get_entry_badge(request).await.map(tonic::Response::into_inner)
}

async fn statement_badge(clients: &Clients, year: i32) -> proto::Badge {
    let request = proto::GetStatementBadgeRequest { name: name("residents/r0001"), year, as_of_position: 0 };
    clients.badges.clone().get_statement_badge(request).await.unwrap().into_inner()
}

async fn transcript(clients: &Clients) -> proto::Badge {
    let request = proto::GetTranscriptRequest { name: name("residents/r0001"), year: 0, as_of_position: 0 };
    clients.badges.clone().get_transcript(request).await.unwrap().into_inner()
}

/// What the ledger itself says of a text.
async fn checked(clients: &Clients, text: &str) -> proto::CheckBadgeResponse {
    let request = proto::CheckBadgeRequest { parent: LEDGER.to_owned(), text: text.to_owned() };
    clients.badges.clone().check_badge(request).await.unwrap().into_inner()
}

/// Fetches the list of a badge as its address names it.
async fn fetched(clients: &Clients, badge: &Believed) -> StatusList {
    let (url, _) = badge.status.clone();
    let path = url.strip_prefix(&format!("{SITE}/ledgers/district/badges/status/")).unwrap();
    let form = if path.ends_with(".jwt") { proto::BadgeForm::Jwt } else { proto::BadgeForm::Json };
    let path = path.trim_end_matches(".jwt");
    let handle = path.strip_prefix("of/").unwrap_or_default().to_owned();
    let list = path.parse().unwrap_or(0);
    let request = proto::GetStatusListRequest { parent: LEDGER.to_owned(), list, handle, form: form.into() };
    let answer = clients.badges.clone().get_status_list(request).await.unwrap().into_inner();
    StatusList::read(&answer.content, &key(), &url, now()).unwrap()
}

/// Believes both forms of a badge, and holds each against its list.
async fn held(clients: &Clients, badge: &proto::Badge) -> Result<Believed, Fault> {
    let mut last = None;
    for text in [&badge.json, &badge.jwt] {
        let believed = Believed::read(text, &key(), now())?;
        believed.stands(&fetched(clients, &believed).await)?;
        for enclosed in &believed.enclosed {
            enclosed.stands(&fetched(clients, enclosed).await)?;
        }
        last = Some(believed);
    }
    Ok(last.unwrap())
}

async fn reverse(clients: &Clients, position: u64) {
    let request = proto::ReverseEntryRequest {
        name: name(&format!("entries/{position}")),
        request_id: fresh(),
        organization: name("organizations/school"),
        reason: "absent".to_owned(),
    };
    clients.ledger.clone().reverse_entry(request).await.unwrap();
}

async fn posted(clients: &Clients, n: usize, day: &str) -> u64 {
    clients.ledger.clone().post_entry(lecture(n, day)).await.unwrap().into_inner().position
}

async fn banks() -> (tempfile::TempDir, Vec<Arc<Bank>>) {
    let folder = tempfile::tempdir().unwrap();
    let stores: Vec<Arc<dyn Store>> = vec![
        Arc::new(MemoryStore::default()),
        file(&folder.path().join("ledger.db")).await,
        creditbank_store::open(&fresh_database().await).await.unwrap(),
    ];
    let mut banks = Vec::new();
    for store in stores {
        banks.push(bank_on(store).await);
    }
    (folder, banks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_believed_by_its_issuers_key_until_its_entry_is_reversed_on_every_store() {
    let (_folder, banks) = banks().await;
    for bank in banks {
        let clients = district(&bank).await;
        let (first, second) =
            (posted(&clients, 1, "2026-03-02").await, posted(&clients, 1, "2025-03-02").await);
        let badge = entry_badge(&clients, first).await.unwrap();
        let believed = held(&clients, &badge).await.unwrap();
        assert_eq!(believed.text(&["issuer", "id"]), Some("did:web:ledger.example.org:ledgers:district"));
        assert_eq!(believed.says["credentialSubject"]["creditsEarned"], 2.0);
        assert_eq!(checked(&clients, &badge.jwt).await.reason, "");
        let again = entry_badge(&clients, first).await.unwrap();
        assert_eq!(
            (badge.json.clone(), badge.jwt.clone()),
            (again.json, again.jwt),
            "the same entry, the same badge"
        );

        let (statement, of_2026) =
            (statement_badge(&clients, 0).await, statement_badge(&clients, 2026).await);
        held(&clients, &statement).await.unwrap();
        let seal = checked(&clients, &statement.seal).await;
        let sums = seal.seal.unwrap().sums.unwrap();
        assert_eq!((seal.reason.as_str(), sums.centi_credits, sums.minutes, sums.entries), ("", 400, 180, 2));
        let record = transcript(&clients).await;
        assert_eq!(held(&clients, &record).await.unwrap().enclosed.len(), 3);
        // What comes later takes nothing back.
        posted(&clients, 1, "2026-04-02").await;
        held(&clients, &statement).await.unwrap();

        reverse(&clients, second).await;
        held(&clients, &badge).await.unwrap();
        held(&clients, &of_2026).await.unwrap();
        for text in [&statement.seal, &statement.json, &statement.jwt, &record.json] {
            assert_eq!(checked(&clients, text).await.reason, "REVOKED", "{text}");
        }
        assert!(matches!(held(&clients, &statement).await, Err(Fault::Revoked(_))));
        assert!(matches!(held(&clients, &record).await, Err(Fault::Revoked(_))));
        held(&clients, &statement_badge(&clients, 0).await).await.unwrap();

        reverse(&clients, first).await;
        assert!(matches!(held(&clients, &badge).await, Err(Fault::Revoked(_))));
        assert_eq!(checked(&clients, &badge.json).await.reason, "REVOKED");
        assert_eq!(reason(&entry_badge(&clients, first).await.unwrap_err()), "ALREADY_REVERSED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_the_bit_of_each_reversed_entry_and_no_other() {
    let (_folder, banks) = banks().await;
    for bank in banks {
        let clients = district(&bank).await;
        post(&clients, 6_000).await;
        let head = bank.ledger(&ledger()).await.unwrap().head().position.0;
        for position in (head - 5_990..head).step_by(499) {
            reverse(&clients, position).await;
        }
        let list = bank.ledger(&ledger()).await.unwrap().status_list(0).await.unwrap();
        let (mut reversed, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = proto::ListEntriesRequest {
                parent: LEDGER.to_owned(),
                page_size: 1_000,
                page_token,
                ..Default::default()
            };
            let page = clients.ledger.clone().list_entries(request).await.unwrap().into_inner();
            reversed.extend(page.entries.iter().filter(|one| one.reversed_at > 0).map(|one| one.position));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(reversed.len(), 13);
        let bits: Vec<u64> = (0..BITS).filter(|index| list.is_revoked(*index) == Some(true)).collect();
        assert_eq!(bits, reversed);
        let beyond = bank.ledger(&ledger()).await.unwrap().status_list(1).await.unwrap_err();
        assert_eq!(beyond.reason().as_str(), "FIELD_INVALID");
    }
}

/// Whatever one character of a badge, a list or a seal is changed to, it says the same or is not believed.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_changed_is_believed() {
    let bank = bank_on(Arc::new(MemoryStore::default())).await;
    let clients = district(&bank).await;
    let position = posted(&clients, 1, "2026-03-02").await;
    let (badge, statement) =
        (entry_badge(&clients, position).await.unwrap(), statement_badge(&clients, 0).await);
    let mut changed = 0;
    for text in [&badge.json, &badge.jwt, &statement.json] {
        let says = Believed::read(text, &key(), now()).unwrap().says;
        for at in 0..text.len() {
            for flip in [1, 2, 16, 32] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= flip;
                let Ok(other) = String::from_utf8(bytes) else { continue };
                changed += 1;
                let believed = Believed::read(&other, &key(), now());
                assert!(believed.is_err() || believed.unwrap().says == says, "{at} {flip}: {other}");
            }
        }
    }
    for at in 0..statement.seal.len() {
        let mut bytes = statement.seal.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(other) = String::from_utf8(bytes) else { continue };
        changed += 1;
        assert_ne!(checked(&clients, &other).await.reason, "", "{other}");
    }
    println!("{changed} changed texts, none believed");
    // Another ledger's key, and another deployment's, have signed nothing here.
    let elsewhere = creditbank_badge::Issuers::new([8; 32].into(), SITE).of(&ledger()).key();
    assert!(matches!(Believed::read(&badge.json, &elsewhere, now()), Err(Fault::SignatureInvalid(_))));
    let other = ledger_core::id::LedgerId::parse("other").unwrap();
    assert!(matches!(
        Believed::read(&badge.jwt, &issuers().of(&other).key(), now()),
        Err(Fault::SignatureInvalid(_))
    ));
    // A list is believed at its own address and in its time only.
    let believed = Believed::read(&badge.json, &key(), now()).unwrap();
    let (url, _) = believed.status.clone();
    let request = proto::GetStatusListRequest { parent: LEDGER.to_owned(), ..Default::default() };
    let list = clients.badges.clone().get_status_list(request).await.unwrap().into_inner().content;
    StatusList::read(&list, &key(), &url, now()).unwrap();
    for (url, when) in [(format!("{url}1"), now()), (url, now() + chrono::TimeDelta::minutes(7))] {
        assert!(matches!(StatusList::read(&list, &key(), &url, when), Err(Fault::StatusUnknown(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_learning_has_no_badge() {
    let bank = bank_on(Arc::new(MemoryStore::default())).await;
    let clients = district(&bank).await;
    for (what, expected) in [("entries/1", "ENTRY_NOT_FOUND"), ("entries/999999", "EVENT_NOT_FOUND")] {
        let request = proto::GetEntryBadgeRequest { name: name(what) };
        let refused = clients.badges.clone().get_entry_badge(request).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{what}");
    }
    for (account, expected) in
        [("organizations/school", "FIELD_INVALID"), ("residents/nobody", "RESIDENT_NOT_FOUND")]
    {
        let request = proto::GetTranscriptRequest { name: name(account), year: 0, as_of_position: 0 };
        let refused = clients.badges.clone().get_transcript(request).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{account}");
    }
}

/// A statement counts what the account answered for at its position, whatever was merged before or is undone since.
#[tokio::test(flavor = "multi_thread")]
async fn a_statement_stands_by_the_accounts_it_counted() {
    let bank = bank_on(Arc::new(MemoryStore::default())).await;
    let clients = district(&bank).await;
    posted(&clients, 1, "2026-03-02").await;
    let (of_two, of_two_later) =
        (posted(&clients, 2, "2026-03-03").await, posted(&clients, 2, "2026-03-04").await);
    let alone = statement_badge(&clients, 0).await;
    clients.merge("r0002", "r0001").await.unwrap();
    let together = statement_badge(&clients, 0).await;
    let sums = checked(&clients, &together.seal).await.seal.unwrap().sums.unwrap();
    assert_eq!(sums.entries, 3);
    let record = held(&clients, &transcript(&clients).await).await.unwrap();
    let learners: std::collections::BTreeSet<_> =
        record.enclosed.iter().map(|badge| badge.text(&["credentialSubject", "id"]).unwrap()).collect();
    assert_eq!(
        learners.len(),
        2,
        "a badge of an entry is of the account it was posted to, whatever is merged"
    );

    reverse(&clients, of_two).await;
    assert_eq!(checked(&clients, &alone.seal).await.reason, "", "it never counted the other account");
    assert_eq!(checked(&clients, &together.seal).await.reason, "REVOKED");
    let together = statement_badge(&clients, 0).await;
    assert_eq!(checked(&clients, &together.seal).await.reason, "");
    clients.unmerge("r0002", &[]).await.unwrap();
    assert_eq!(
        checked(&clients, &together.seal).await.reason,
        "REVOKED",
        "what it counted is another's again"
    );
    reverse(&clients, of_two_later).await;
    assert_eq!(checked(&clients, &alone.seal).await.reason, "");
}

/// After a backup was restored, other entries stand at positions whose badges are out there: nothing more is signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_issues_nothing_and_says_nothing_of_what_was_issued() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let store = file(&path("ledger.db")).await;
    let (bank, _) = signing_bank_that_remembers(store, folder.path(), "memory").await;
    let clients = district(&bank).await;
    bank.shut_down().await;
    drop((bank, clients));
    for (from, to) in [("ledger.db", "backup.db"), ("ledger.db-wal", "backup.db-wal")] {
        if path(from).exists() {
            std::fs::copy(path(from), path(to)).unwrap();
        }
    }
    let (bank, _) =
        signing_bank_that_remembers(file(&path("ledger.db")).await, folder.path(), "memory").await;
    let clients = Clients::of(&bank).await;
    let position = posted(&clients, 1, "2026-03-02").await;
    let badge = entry_badge(&clients, position).await.unwrap();
    assert_eq!(checked(&clients, &badge.json).await.reason, "");
    bank.shut_down().await;

    let (bank, _) =
        signing_bank_that_remembers(file(&path("backup.db")).await, folder.path(), "memory").await;
    let clients = Clients::of(&bank).await;
    assert_eq!(posted(&clients, 2, "2026-03-03").await, position, "another entry at the same position");
    let check = proto::CheckBadgeRequest { parent: LEDGER.to_owned(), text: badge.json.clone() };
    let list = proto::GetStatusListRequest { parent: LEDGER.to_owned(), ..Default::default() };
    for refused in [
        entry_badge(&clients, position).await.unwrap_err(),
        clients.badges.clone().check_badge(check).await.unwrap_err(),
        clients.badges.clone().get_status_list(list).await.unwrap_err(),
    ] {
        assert_eq!(reason(&refused), "LEDGER_DAMAGED", "{refused}");
    }
}

/// What was signed with a key of before is believed by the document of today, and its lists are found.
#[test]
fn keys_of_before_are_not_forgotten() {
    let before = || creditbank_badge::Issuers::new([1; 32].into(), SITE);
    let after = || creditbank_badge::Issuers::new([2; 32].into(), SITE);
    let (old, new) = (before().of(&ledger()), after().after([1; 32].into()).of(&ledger()));
    let sums = Sums {
        year: None,
        today: OccurredOn::parse("2026-06-01", "today").unwrap(),
        credit: CentiCredits(400),
        pending: CentiCredits(0),
        minutes: 180,
        entries: 2,
    };
    let account = AccountId::parse_path("residents/r0001").unwrap();
    let seal = Seal { ledger: ledger(), account, position: Position(7), says: Says::Statement(sums) };
    let badge = creditbank_badge::statement(&old, "示範區", &seal, now()).unwrap();
    let document = Key::parse(&new.document().to_string()).unwrap();
    for text in [&badge.json, &badge.jwt] {
        let believed = Believed::read(text, &document, now()).unwrap();
        let (url, _) = &believed.status;
        let Some(Listed::Handle(handle)) = Listed::at(&new, url) else { panic!("{url}") };
        assert_eq!(Seal::of_handle(handle, &new).unwrap(), seal);
        let list = StatusList::default().sign(&new, Form::Json, url, now()).unwrap();
        believed.stands(&StatusList::read(&list, &document, url, now()).unwrap()).unwrap();
        // Without the key of before it is nobody's.
        let forgot = after().of(&ledger());
        assert!(Believed::read(text, &forgot.key(), now()).is_err());
        assert!(Seal::of_handle(handle, &forgot).is_err());
    }
    assert_eq!(Seal::read(&seal.sign(&old), &new.key()).unwrap(), seal);
}

/// A stranger's text costs no more than its length.
#[test]
fn what_is_no_badge_is_refused_at_once() {
    let long = "z".repeat(250_000);
    let proof = format!(
        r#"{{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","proofValue":"{long}"}}"#
    );
    let issuer = issuers().of(&ledger());
    let list =
        StatusList::default().sign(&issuer, Form::Json, "https://ledger.example.org/list", now()).unwrap();
    let token =
        StatusList::default().sign(&issuer, Form::Jwt, "https://ledger.example.org/list", now()).unwrap();
    let badge = {
        let sums = r#""name":"PhD","name":"PhD""#;
        format!("{{{sums},\"proof\":{proof}}}")
    };
    let began = std::time::Instant::now();
    for text in [
        format!(r#"{{"issuer":"x","proof":{proof}}}"#),
        badge,
        list,
        token,
        "[".repeat(250_000),
        format!("{}{}", "{\"a\":".repeat(40_000), "1"),
        String::new(),
        "{}".to_owned(),
    ] {
        let refused = Believed::read(&text, &issuer.key(), now()).unwrap_err();
        assert_eq!(refused.reason(), "BADGE_MALFORMED", "{}", text.chars().take(80).collect::<String>());
    }
    assert!(Key::parse(&format!("did:key:{long}")).is_err());
    assert!(began.elapsed() < std::time::Duration::from_secs(2), "{:?}", began.elapsed());
}
