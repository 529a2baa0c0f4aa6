//! A statement that travels, against a server that lies.

use crate::world::{RESIDENTS, checkpoint, district, hashes, post, signing_bank};
use creditbank_grpc::proto;
use creditbank_proof::{
    CheckpointKey, Fault, Figures, ProvenEvent, STATEMENT_FORMAT, Statement, Verifier, figures,
    verify_statement,
};
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, fresh, name};
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, LedgerId, ResidentId};
use std::sync::Arc;
use std::time::Duration;

/// The statement of a resident, out of pages of seven events.
async fn statement(clients: &Clients, resident: &str) -> Statement {
    let first = proto::GetProvenStatementRequest {
        name: name(&format!("residents/{resident}")),
        page_size: 7,
        ..Default::default()
    };
    let answer = clients.proofs.clone().get_proven_statement(first.clone()).await.unwrap().into_inner();
    let size = answer.size;
    let mut statement = Statement {
        format: STATEMENT_FORMAT.to_owned(),
        ledger: LedgerId::parse("district").unwrap(),
        account: AccountId::Resident(ResidentId::parse(resident).unwrap()),
        today: OccurredOn::parse(&answer.today, "today").unwrap(),
        checkpoint: answer.checkpoint,
        figures: Figures {
            centi_credits: answer.centi_credits,
            pending_centi_credits: answer.pending_centi_credits,
            minutes: answer.minutes,
            entries: answer.entries,
        },
        attestation: answer.attestation,
        events: Vec::new(),
    };
    let (mut events, mut page_token) = (answer.events, answer.next_page_token);
    loop {
        for event in events {
            statement.events.push(ProvenEvent::new(event.position, event.event, &hashes(&event.path)));
        }
        if page_token.is_empty() {
            return statement;
        }
        let next = proto::GetProvenStatementRequest { size, page_token, ..first.clone() };
        let answer = clients.proofs.clone().get_proven_statement(next).await.unwrap().into_inner();
        (events, page_token) = (answer.events, answer.next_page_token);
    }
}

/// The figures that follow from what a statement still has.
fn computed_anew(statement: &Statement) -> Figures {
    let events =
        statement.events.iter().map(|event| ledger_core::event::decode(event.event.as_bytes()).unwrap());
    figures(&statement.account, statement.today, &events.collect::<Vec<_>>()).unwrap()
}

fn told(statement: &Statement, log: &Verifier) -> Result<(), Fault> {
    verify_statement(&serde_json::to_vec(statement).unwrap(), log).map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_believed_as_it_is_and_no_other_way() {
    let folder = tempfile::tempdir().unwrap();
    let (bank, log) = signing_bank(Arc::new(MemoryStore::default()), folder.path()).await;
    let clients = district(&bank).await;
    post(&clients, RESIDENTS * 12).await;
    let stale = statement(&clients, "r0001").await;
    assert!(stale.figures.entries >= 12 && stale.figures.minutes > 0 && stale.figures.centi_credits > 0);
    told(&stale, &log).unwrap();
    // One entry is reversed: the figures follow.
    let last = stale.events.last().unwrap().position;
    let reversed = proto::ReverseEntryRequest {
        name: name(&format!("entries/{last}")),
        request_id: fresh(),
        reason: "input_error".to_owned(),
        organization: name("organizations/school"),
    };
    clients.ledger.clone().reverse_entry(reversed).await.unwrap();
    post(&clients, 0).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    checkpoint(&clients, &log).await;
    let now = statement(&clients, "r0001").await;
    told(&now, &log).unwrap();
    assert_eq!(now.figures.entries, stale.figures.entries - 1);
    let other = statement(&clients, "r0002").await;

    // Another district with a key of its own, whose ledger has the same name.
    let elsewhere = tempfile::tempdir().unwrap();
    let (other_bank, other_log) = signing_bank(Arc::new(MemoryStore::default()), elsewhere.path()).await;
    let other_clients = district(&other_bank).await;
    post(&other_clients, RESIDENTS * 12).await;
    let foreign = statement(&other_clients, "r0001").await;
    told(&foreign, &other_log).unwrap();

    let entry = now.events.len() - 2;
    type Lie<'a> = (&'a str, &'a str, Box<dyn Fn(&mut Statement) + 'a>);
    let lies: Vec<Lie<'_>> = vec![
        ("a wrong index", "EVENT_UNPROVEN", Box::new(|s| s.events[entry].position -= 1)),
        (
            "an index beyond the size",
            "EVENT_UNPROVEN",
            Box::new(|s| s.events.last_mut().unwrap().position += 10_000),
        ),
        ("position 0", "EVENT_MISPLACED", Box::new(|s| s.events[0].position = 0)),
        (
            "an extra node",
            "EVENT_UNPROVEN",
            Box::new(|s| {
                let node = s.events[entry].path[0].clone();
                s.events[entry].path.push(node);
            }),
        ),
        ("a node missing", "EVENT_UNPROVEN", Box::new(|s| drop(s.events[entry].path.pop()))),
        ("nodes in another order", "EVENT_UNPROVEN", Box::new(|s| s.events[entry].path.swap(0, 1))),
        ("no node at all", "EVENT_UNPROVEN", Box::new(|s| s.events[entry].path.clear())),
        (
            "a stale proof",
            "EVENT_UNPROVEN",
            Box::new(|s| s.events[entry].path = stale.events[entry].path.clone()),
        ),
        ("a stale checkpoint", "EVENT_UNPROVEN", Box::new(|s| s.checkpoint = stale.checkpoint.clone())),
        (
            "a proof out of another tree",
            "EVENT_UNPROVEN",
            Box::new(|s| {
                s.events[entry] =
                    ProvenEvent { path: foreign.events[entry].path.clone(), ..s.events[entry].clone() };
            }),
        ),
        (
            "another tree's checkpoint",
            "SIGNATURE_OR_SIGNER",
            Box::new(|s| s.checkpoint = foreign.checkpoint.clone()),
        ),
        (
            "another size",
            "SIGNATURE_INVALID",
            Box::new(|s| {
                let size = s.checkpoint.lines().nth(1).unwrap().to_owned();
                let more = (size.parse::<u64>().unwrap() + 1).to_string();
                s.checkpoint = s.checkpoint.replacen(&size, &more, 1);
            }),
        ),
        (
            "no signature",
            "CHECKPOINT_MALFORMED",
            Box::new(|s| {
                let (text, _) = s.checkpoint.split_once("\n\n").unwrap();
                s.checkpoint = format!("{text}\n\n");
            }),
        ),
        (
            "a minute more",
            "EVENT_UNPROVEN",
            Box::new(|s| {
                s.events[entry].event = s.events[entry].event.replacen("\"minutes\":", "\"minutes\":1", 1);
            }),
        ),
        (
            "another's entry",
            "EVENT_INVALID",
            Box::new(|s| {
                let last = other.events.last().unwrap().clone();
                s.events.retain(|event| event.position < last.position);
                s.events.push(last);
            }),
        ),
        ("another account", "EVENT_INVALID", Box::new(|s| s.account = other.account.clone())),
        ("an entry kept back", "FIGURES_DIFFER", Box::new(|s| drop(s.events.remove(entry - 1)))),
        ("the reversal kept back", "FIGURES_DIFFER", Box::new(|s| drop(s.events.pop()))),
        (
            "the policy kept back",
            "FIGURES_DIFFER",
            Box::new(|s| {
                s.events.retain(|event| !event.event.contains("policy_published"));
            }),
        ),
        (
            "the reversal kept back, and the figures computed anew",
            "NOT_SIGNED",
            Box::new(|s| {
                s.events.pop();
                s.figures = computed_anew(s);
            }),
        ),
        (
            "the policy kept back, and the figures computed anew",
            "NOT_SIGNED",
            Box::new(|s| {
                s.events.retain(|event| !event.event.contains("policy_published"));
                s.figures = computed_anew(s);
            }),
        ),
        (
            "another day",
            "NOT_SIGNED",
            Box::new(|s| s.today = OccurredOn::parse("2026-06-02", "today").unwrap()),
        ),
        ("what was signed before", "NOT_SIGNED", Box::new(|s| s.attestation = stale.attestation.clone())),
        ("what was signed of another", "NOT_SIGNED", Box::new(|s| s.attestation = other.attestation.clone())),
        ("the checkpoint in its place", "NOT_SIGNED", Box::new(|s| s.attestation = s.checkpoint.clone())),
        ("nothing signed", "NOT_SIGNED", Box::new(|s| s.attestation.clear())),
        (
            "an entry twice",
            "EVENT_MISPLACED",
            Box::new(|s| {
                let again = s.events[entry].clone();
                s.events.insert(entry, again);
            }),
        ),
        ("two swapped", "EVENT_MISPLACED", Box::new(|s| s.events.swap(entry - 1, entry))),
        ("more credit", "FIGURES_DIFFER", Box::new(|s| s.figures.centi_credits += 1)),
        ("another ledger", "ORIGIN_MISMATCH", Box::new(|s| s.ledger = LedgerId::parse("other").unwrap())),
        (
            "another format",
            "STATEMENT_MALFORMED",
            Box::new(|s| s.format = "creditbank-statement-9".to_owned()),
        ),
    ];
    let count = lies.len();
    for (what, expected, lie) in lies {
        let mut lied = now.clone();
        lie(&mut lied);
        let fault = told(&lied, &log).unwrap_err();
        match expected {
            "SIGNATURE_OR_SIGNER" => {
                assert!(["NOT_SIGNED", "SIGNATURE_INVALID"].contains(&fault.reason()), "{what}: {fault}");
            }
            expected => assert_eq!(fault.reason(), expected, "{what}: {fault}"),
        }
    }
    println!("{count} lies of a server, 0 believed");
    // With the key of somebody else.
    let stranger = CheckpointKey::init("example.org", &folder.path().join("another.key")).unwrap();
    let stranger = Verifier::parse(&stranger.vkey(&LedgerId::parse("district").unwrap())).unwrap();
    assert_eq!(told(&now, &stranger).unwrap_err().reason(), "NOT_SIGNED");
}
