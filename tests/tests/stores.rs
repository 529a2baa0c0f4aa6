//! One conformance suite for the store, run on SQLite, on PostgreSQL and on the model in memory; and the three held
//! against each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_grpc::proto;
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::postgres::fresh_database;
use creditbank_tests::{Clients, District, LEDGER, bank_on, draft, name};
use ledger_core::id::{LedgerId, OrganizationId, RequestId};
use ledger_core::ports::{
    AppendBatch, Claim, Generation, GenerationWrite, Purpose, RequestKey, RequestRecord, Standing,
    StateQuery, Store, StoreError, StoredEvent, StoredState, Tenancy,
};
use ledger_core::projection::{Key, STATE_FORMAT};
use ledger_core::quantity::Position;
use proptest::prelude::*;
use proto::entry::Detail;
use std::sync::Arc;

fn ledger() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

fn state(key: &str, bytes: &[u8]) -> StoredState {
    StoredState { key: Key::from_stored(key), bytes: bytes.to_vec() }
}

fn request(poster: &str, n: u64) -> RequestKey {
    RequestKey {
        poster: (!poster.is_empty()).then(|| OrganizationId::parse(poster).unwrap()),
        request_id: RequestId::parse(&format!("request-{n:016}")).unwrap(),
    }
}

/// Events from a position on, with a request and a state of their own.
fn batch(first: u64, count: u64) -> AppendBatch {
    let positions = first..first + count;
    AppendBatch {
        events: positions
            .clone()
            .map(|n| StoredEvent { position: Position(n), bytes: format!("{{\"n\":{n}}}").into_bytes() })
            .collect(),
        recorded_at_us: i64::try_from(first).unwrap(),
        requests: positions
            .clone()
            .map(|n| {
                let record = RequestRecord { digest: [7; 32], position: Position(n), events: 1 };
                (request(if n % 2 == 0 { "school" } else { "" }, n), record)
            })
            .collect(),
        states: positions.map(|n| state(&format!("residents/r{n:05}"), &n.to_be_bytes())).collect(),
        tree: None,
    }
}

/// Under the lock, as against [`Store::prepare`].
async fn append(store: &dyn Store, batch: AppendBatch) -> Result<(), StoreError> {
    store.begin_append(&ledger()).await?.commit(batch).await
}

async fn keeps_what_it_promises(store: Arc<dyn Store>) {
    assert_eq!(store.head(&ledger()).await.unwrap_err(), StoreError::NoLedger);
    assert!(matches!(store.begin_append(&ledger()).await, Err(StoreError::NoLedger)));
    assert_eq!(store.read_states(&ledger(), &[]).await.unwrap_err(), StoreError::NoLedger);
    store.create_ledger(&ledger()).await.unwrap();
    assert_eq!(store.create_ledger(&ledger()).await, Err(StoreError::LedgerExists));
    assert_eq!(store.ledgers().await.unwrap(), [ledger()]);
    assert_eq!(store.head(&ledger()).await.unwrap().position, Position(0));

    // Sizes that cross every statement size, and one that does not fill any.
    let mut next = 1;
    for count in [1, 3, 4, 5, 63, 255, 256, 257, 700] {
        append(store.as_ref(), batch(next, count)).await.unwrap();
        next += count;
        assert_eq!(store.head(&ledger()).await.unwrap().position, Position(next - 1));
    }
    let last = next - 1;

    // Dense, in order, from anywhere, never past the end.
    let events = store.read_events(&ledger(), Position(1), 10_000).await.unwrap();
    assert_eq!(events.iter().map(|e| e.position.0).collect::<Vec<_>>(), (1..=last).collect::<Vec<_>>());
    assert_eq!(store.read_events(&ledger(), Position(last), 5).await.unwrap().len(), 1);
    assert!(store.read_events(&ledger(), Position(last + 1), 5).await.unwrap().is_empty());
    let picked = [last, 1, 77, last + 9].map(Position);
    let picked = store.read_events_at(&ledger(), &picked).await.unwrap();
    assert_eq!(picked.iter().map(|e| e.position.0).collect::<Vec<_>>(), [last, 1, 77]);

    // A batch that does not follow the head changes nothing, nor does an append that is dropped or rolled back.
    assert!(append(store.as_ref(), batch(last + 2, 1)).await.is_err());
    drop(store.begin_append(&ledger()).await.unwrap());
    store.begin_append(&ledger()).await.unwrap().rollback().await;
    assert_eq!(store.head(&ledger()).await.unwrap().position, Position(last));

    // What was prepared is written where the head is the one it was decided on, and no request of it is known.
    let head = store.head(&ledger()).await.unwrap();
    let prepared = store.prepare(&ledger(), head, batch(last + 1, 300)).unwrap();
    let late = store.prepare(&ledger(), head, batch(last + 1, 2)).unwrap();
    assert_eq!(store.head(&ledger()).await.unwrap(), head, "to prepare is not to write");
    prepared.commit().await.unwrap();
    assert_eq!(late.commit().await, Err(StoreError::HeadMoved));
    let last = last + 300;
    let head = store.head(&ledger()).await.unwrap();
    for known in [1, last] {
        let mut again = batch(last + 1, 40);
        again.requests[20].0 = batch(known, 1).requests.remove(0).0;
        let prepared = store.prepare(&ledger(), head, again.clone()).unwrap();
        assert_eq!(prepared.commit().await, Err(StoreError::RequestKnown));
        assert_eq!(append(store.as_ref(), again).await, Err(StoreError::RequestKnown));
    }
    assert_eq!(store.head(&ledger()).await.unwrap(), head);
    assert!(store.read_events(&ledger(), Position(last + 1), 1).await.unwrap().is_empty());

    // Requests are found by poster and id together.
    let keys = [request("school", 2), request("", 2), request("", 1), request("school", 9_999)];
    let found = store.find_requests(&ledger(), &keys).await.unwrap();
    assert_eq!(
        found.iter().map(|r| r.map(|r| r.position.0)).collect::<Vec<_>>(),
        [Some(2), None, Some(1), None]
    );
    let many: Vec<RequestKey> =
        (1..=last).map(|n| request(if n % 2 == 0 { "school" } else { "" }, n)).collect();
    let mut locked = store.begin_append(&ledger()).await.unwrap();
    let found = locked.find_requests(&many).await.unwrap();
    assert!(found.iter().zip(1..).all(|(record, n)| record.is_some_and(|r| r.position.0 == n)));
    let keys: Vec<Key> = (1..=last + 10).map(|n| Key::from_stored(&format!("residents/r{n:05}"))).collect();
    assert_eq!(locked.load_states(&keys).await.unwrap().len() as u64, last);
    locked.rollback().await;
}

async fn lays_down_what_a_ledger_takes(store: Arc<dyn Store>) {
    let open = Tenancy::default();
    assert_eq!(store.tenancy(&ledger()).await, Err(StoreError::NoLedger));
    store.create_ledger(&ledger()).await.unwrap();
    append(store.as_ref(), batch(1, 3)).await.unwrap();
    assert_eq!(store.tenancy(&ledger()).await.unwrap(), open);

    // A quota: what was prepared and would pass it is not written, what just fits is.
    let limited = Tenancy { quota: Some(5), ..open };
    store.change_tenancy(&ledger(), open, limited).await.unwrap();
    assert_eq!(store.change_tenancy(&ledger(), open, limited).await, Err(StoreError::Superseded));
    let head = store.head(&ledger()).await.unwrap();
    let prepared = store.prepare(&ledger(), head, batch(4, 3)).unwrap();
    assert_eq!(prepared.commit().await, Err(StoreError::HeadMoved));
    store.prepare(&ledger(), head, batch(4, 2)).unwrap().commit().await.unwrap();
    let locked = store.begin_append(&ledger()).await.unwrap();
    assert_eq!((locked.tenancy(), locked.head().position), (limited, Position(5)));
    locked.rollback().await;

    // A seal, with a request that makes no event: neither is taken; whoever imports appends under the lock.
    let head = store.head(&ledger()).await.unwrap();
    for standing in [Standing::Sealed, Standing::Arriving] {
        let from = store.tenancy(&ledger()).await.unwrap();
        store.change_tenancy(&ledger(), from, Tenancy { standing, quota: None }).await.unwrap();
        for refused in [batch(6, 1), AppendBatch { events: Vec::new(), ..batch(6, 1) }] {
            let prepared = store.prepare(&ledger(), head, refused).unwrap();
            assert_eq!(prepared.commit().await, Err(StoreError::HeadMoved));
        }
    }
    // Nobody reads its states meanwhile, wherever that is. Under the lock no quota is looked at.
    let all = StateQuery::Prefix { prefix: String::new(), after: None, limit: 9 };
    assert_eq!(store.read_states(&ledger(), &[all]).await.unwrap_err(), StoreError::NoLedger);
    let exactly = StateQuery::Exactly(Key::from_stored("residents/r00001"));
    assert_eq!(store.read_states(&ledger(), &[exactly]).await.unwrap_err(), StoreError::NoLedger);
    let arriving = Tenancy { standing: Standing::Arriving, quota: None };
    let limited = Tenancy { quota: Some(2), ..arriving };
    store.change_tenancy(&ledger(), arriving, limited).await.unwrap();
    append(store.as_ref(), batch(6, 1)).await.unwrap();
    store.change_tenancy(&ledger(), limited, open).await.unwrap();
    assert_eq!(store.remove_discarded(&ledger(), 9).await, Err(StoreError::Superseded));
    append(store.as_ref(), batch(7, 1)).await.unwrap();

    // What arrives can be given up, and begun anew.
    let town = LedgerId::parse("town").unwrap();
    assert_eq!(store.remove_discarded(&town, 9).await, Err(StoreError::NoLedger));
    for _ in 0..2 {
        store.create_ledger_as(&town, Standing::Arriving).await.unwrap();
        assert_eq!(store.create_ledger(&town).await, Err(StoreError::LedgerExists));
        store.begin_append(&town).await.unwrap().commit(batch(1, 10)).await.unwrap();
        assert_eq!(store.remove_discarded(&town, 4).await, Err(StoreError::Superseded), "it still arrives");
        let arriving = store.tenancy(&town).await.unwrap();
        let discarded = Tenancy { standing: Standing::Discarded, ..arriving };
        store.change_tenancy(&town, arriving, discarded).await.unwrap();
        let all = StateQuery::Prefix { prefix: String::new(), after: None, limit: 9 };
        assert_eq!(store.read_states(&town, &[all]).await.unwrap_err(), StoreError::NoLedger);
        while !store.remove_discarded(&town, 4).await.unwrap() {}
        assert_eq!(store.head(&town).await, Err(StoreError::NoLedger));
        assert!(store.stored_generations(&town).await.unwrap_or_default().is_empty());
    }
    assert_eq!(store.head(&ledger()).await.unwrap().position, Position(7), "its neighbour is as it was");

    // Ledgers in order, in pages.
    for other in ["b-town", "a-town", "e-town"] {
        store.create_ledger(&LedgerId::parse(other).unwrap()).await.unwrap();
    }
    let listed = store.list_ledgers(None, 2).await.unwrap();
    assert_eq!(listed.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(), ["a-town", "b-town"]);
    let listed = store.list_ledgers(Some(&listed[1].id), 9).await.unwrap();
    assert_eq!(listed.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(), ["district", "e-town"]);
    assert_eq!((listed[0].position, listed[0].tenancy), (Position(7), open));

    // Requests in order of poster and id, in pages.
    let (mut requests, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan_requests(&ledger(), after.as_ref(), 3).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        requests.extend(page);
    }
    let positions: Vec<u64> = requests.iter().map(|(_, record)| record.position.0).collect();
    assert_eq!(positions, [1, 3, 5, 7, 2, 4, 6], "those of the program itself come first");
    assert!(requests.is_sorted_by(|(a, _), (b, _)| a < b));
}

async fn answers_ranges_of_states(store: Arc<dyn Store>) {
    store.create_ledger(&ledger()).await.unwrap();
    let keys = ["a/1", "a/1-2", "a/1/x", "a/1/y", "a/10", "a/2", "b/1"];
    let mut first = batch(1, 1);
    first.states = keys.iter().map(|key| state(key, key.as_bytes())).collect();
    append(store.as_ref(), first).await.unwrap();
    let prefix = |prefix: &str, after: Option<&str>, limit| StateQuery::Prefix {
        prefix: prefix.to_owned(),
        after: after.map(Key::from_stored),
        limit,
    };
    let exactly = |key: &str| StateQuery::Exactly(Key::from_stored(key));
    let ask = async |queries: Vec<StateQuery>| {
        let (head, answers) = store.read_states(&ledger(), &queries).await.unwrap();
        assert_eq!(head.position, Position(1));
        let keys =
            |states: Vec<StoredState>| states.into_iter().map(|s| s.key.to_string()).collect::<Vec<_>>();
        answers.into_iter().map(keys).collect::<Vec<_>>()
    };
    assert_eq!(ask(vec![exactly("a/1"), exactly("a/3")]).await, [vec!["a/1"], vec![]]);
    assert_eq!(ask(vec![prefix("a/1/", None, u32::MAX)]).await, [vec!["a/1/x", "a/1/y"]]);
    assert_eq!(ask(vec![prefix("a/", None, 2)]).await, [vec!["a/1", "a/1-2"]]);
    assert_eq!(ask(vec![prefix("a/", Some("a/1/y"), 9)]).await, [vec!["a/10", "a/2"]]);
    assert_eq!(ask(vec![prefix("c/", None, 9)]).await, [Vec::<String>::new()]);
    let mixed = vec![
        prefix("b/", None, 9),
        exactly("a/2"),
        prefix("a/1/", None, u32::MAX),
        prefix("a/", Some("a/2"), 9),
    ];
    assert_eq!(ask(mixed).await, [vec!["b/1"], vec!["a/2"], vec!["a/1/x", "a/1/y"], vec![]]);
    let many: Vec<StateQuery> = (0..600).map(|n| exactly(if n == 599 { "b/1" } else { "none" })).collect();
    assert_eq!(ask(many).await[599], ["b/1"]);
    assert!(ask(vec![]).await.is_empty());
}

fn generation(number: u32, purpose: Purpose, holder: i64) -> Generation {
    Generation {
        number,
        format: STATE_FORMAT,
        purpose,
        holder,
        heard_of_us: 5,
        checkpoint: b"begun".to_vec(),
    }
}

fn write(claim: Claim, number: u32, states: Vec<StoredState>, checkpoint: Option<&[u8]>) -> GenerationWrite {
    let checkpoint = checkpoint.map(<[u8]>::to_vec);
    GenerationWrite { claim, heard_of_us: 9, number, states, checkpoint, at_once: false }
}

async fn switches_generations(store: Arc<dyn Store>) {
    store.create_ledger(&ledger()).await.unwrap();
    append(store.as_ref(), batch(1, 3)).await.unwrap();
    let made = generation(256, Purpose::Rebuild, 7);
    store.claim_generation(&ledger(), &made, None).await.unwrap();
    let states = vec![state("x", b"1"), state("y", b"1")];
    store.write_generation(&ledger(), write(made.claim(), 256, states, None)).await.unwrap();
    let served = store.read_states(&ledger(), &[StateQuery::Exactly(Key::from_stored("x"))]).await.unwrap();
    assert!(served.1[0].is_empty(), "a generation is not served before the switch");
    let locked = store.begin_append(&ledger()).await.unwrap();
    locked.switch_generation(made.claim(), b"kept".to_vec(), vec![state("y", b"2")]).await.unwrap();
    assert_eq!(store.head(&ledger()).await.unwrap().generation, 256);
    let kept = store.generations(&ledger()).await.unwrap();
    let expected =
        Generation { purpose: Purpose::Serve, checkpoint: b"kept".to_vec(), heard_of_us: 9, ..made };
    assert_eq!(kept, [expected], "nothing is kept of the one before it");
    let scanned = store.scan_generation(&ledger(), 256, None, 10).await.unwrap();
    assert_eq!(scanned, [state("x", b"1"), state("y", b"2")]);
    let page = store.scan_generation(&ledger(), 256, Some(&Key::from_stored("x")), 10).await.unwrap();
    assert_eq!(page, [state("y", b"2")]);
    let loaded = store.load_generation(&ledger(), 0, &[Key::from_stored("residents/r00002")]).await.unwrap();
    assert_eq!(loaded.len(), 1);
    assert_eq!(store.stored_generations(&ledger()).await.unwrap(), [0, 256]);
    assert_eq!(store.drop_generation(&ledger(), 0, 2, None).await.unwrap(), 2);
    assert_eq!(store.drop_generation(&ledger(), 0, 2, None).await.unwrap(), 1);
    assert_eq!(store.scan_generation(&ledger(), 256, None, 10).await.unwrap().len(), 2);
    assert_eq!(store.stored_generations(&ledger()).await.unwrap(), [256]);
}

async fn lets_one_holder_write_to_a_generation(store: Arc<dyn Store>) {
    store.create_ledger(&ledger()).await.unwrap();
    append(store.as_ref(), batch(1, 3)).await.unwrap();
    let [served] = store.generations(&ledger()).await.unwrap().try_into().unwrap();
    assert_eq!((served.number, served.format, served.purpose), (0, STATE_FORMAT, Purpose::Serve));
    let first = generation(512, Purpose::Rebuild, 1);
    store.claim_generation(&ledger(), &first, None).await.unwrap();
    let superseded = Err(StoreError::Superseded);
    let superseded_drop = Err(StoreError::Superseded);
    assert_eq!(store.claim_generation(&ledger(), &first, None).await, superseded, "the number is taken");

    // More than one transaction; the checkpoint is that of the last.
    let many: Vec<StoredState> = (0..5_000).map(|n| state(&format!("many/{n:05}"), b"1")).collect();
    store.write_generation(&ledger(), write(first.claim(), 513, many, Some(b"far"))).await.unwrap();
    let kept = &store.generations(&ledger()).await.unwrap()[1];
    assert_eq!((kept.heard_of_us, kept.checkpoint.as_slice()), (9, b"far".as_slice()));
    assert_eq!(store.scan_generation(&ledger(), 513, None, 9_999).await.unwrap().len(), 5_000);
    store.write_generation(&ledger(), write(first.claim(), 512, vec![], None)).await.unwrap();
    let kept = store.generations(&ledger()).await.unwrap().remove(1);
    assert_eq!(kept.checkpoint, b"far", "what is not given stays");

    let gone = store.drop_generation(&ledger(), 513, 1_000, Some(first.claim())).await.unwrap();
    assert_eq!(gone, 1_000, "who holds it drops a part of it");
    assert_eq!(store.drop_generation(&ledger(), 514, 9, Some(first.claim())).await.unwrap(), 0);

    // Another takes over: the first can neither write nor drop nor give up nor switch.
    let second = generation(512, Purpose::Rebuild, 2);
    assert_eq!(store.claim_generation(&ledger(), &second, Some(3)).await, superseded, "not from a stranger");
    store.claim_generation(&ledger(), &second, Some(1)).await.unwrap();
    let late = write(first.claim(), 512, vec![state("late", b"1")], Some(b"late"));
    for at_once in [false, true] {
        let late = GenerationWrite { at_once, ..late.clone() };
        assert_eq!(store.write_generation(&ledger(), late).await, superseded);
    }
    for number in [513, 514] {
        assert_eq!(
            store.drop_generation(&ledger(), number, 9_999, Some(first.claim())).await,
            superseded_drop
        );
    }
    let held = Some(second.claim());
    assert_eq!(store.drop_generation(&ledger(), 513, 9_999, held).await.unwrap(), 4_000, "all are there");
    store.release_generation(&ledger(), first.claim()).await.unwrap();
    let locked = store.begin_append(&ledger()).await.unwrap();
    assert_eq!(locked.switch_generation(first.claim(), vec![], vec![state("late", b"1")]).await, superseded);
    assert!(store.scan_generation(&ledger(), 512, None, 9).await.unwrap().is_empty());
    let kept = store.generations(&ledger()).await.unwrap();
    assert_eq!((kept.len(), kept[1].holder, kept[1].checkpoint.as_slice()), (2, 2, b"far".as_slice()));

    // What is made to be compared is never served; what is served is held by nobody.
    let compared = generation(768, Purpose::Verify, 4);
    store.claim_generation(&ledger(), &compared, None).await.unwrap();
    let locked = store.begin_append(&ledger()).await.unwrap();
    assert_eq!(locked.switch_generation(compared.claim(), vec![], vec![]).await, superseded);
    assert_eq!(store.write_generation(&ledger(), write(served.claim(), 0, vec![], None)).await, superseded);
    store.release_generation(&ledger(), served.claim()).await.unwrap();
    assert_eq!(store.generations(&ledger()).await.unwrap().len(), 3);
    store.release_generation(&ledger(), compared.claim()).await.unwrap();
    store.release_generation(&ledger(), second.claim()).await.unwrap();
    assert_eq!(store.generations(&ledger()).await.unwrap(), [served]);
    append(store.as_ref(), batch(4, 1)).await.unwrap();
}

async fn shows_a_snapshot_as_it_was(store: Arc<dyn Store>) {
    assert!(matches!(store.snapshot(&ledger()).await, Err(StoreError::NoLedger)));
    store.create_ledger(&ledger()).await.unwrap();
    append(store.as_ref(), batch(1, 5)).await.unwrap();
    let mut snapshot = store.snapshot(&ledger()).await.unwrap();
    let mut more = batch(6, 2);
    more.states.push(state("residents/r00001", b"changed"));
    append(store.as_ref(), more).await.unwrap();
    assert_eq!(snapshot.head().position, Position(5));
    let first = snapshot.scan(None, 2).await.unwrap();
    let rest = snapshot.scan(Some(&first[1].key), 9).await.unwrap();
    assert_eq!((first.len(), rest.len()), (2, 3));
    assert_eq!(first[0], state("residents/r00001", &1_u64.to_be_bytes()));
    assert!(snapshot.scan(Some(&rest[2].key), 9).await.unwrap().is_empty());
}

async fn sqlite() -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let store = SqliteStore::open(&url, Default::default()).await.unwrap();
    (folder, Arc::new(store))
}

async fn postgres() -> Arc<dyn Store> {
    creditbank_store::open(&fresh_database().await).await.unwrap()
}

macro_rules! on_each_store {
    ($($test:ident: $suite:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            $suite(Arc::new(MemoryStore::default())).await;
            let (_folder, store) = sqlite().await;
            $suite(store).await;
            $suite(postgres().await).await;
        }
    )*};
}

on_each_store! {
    a_store_keeps_what_it_promises: keeps_what_it_promises;
    a_store_lays_down_what_a_ledger_takes: lays_down_what_a_ledger_takes;
    a_store_answers_ranges_of_states: answers_ranges_of_states;
    a_store_switches_generations: switches_generations;
    a_store_lets_one_holder_write_to_a_generation: lets_one_holder_write_to_a_generation;
    a_store_shows_a_snapshot_as_it_was: shows_a_snapshot_as_it_was;
}

/// One step of a random sequence: whom, when, how long, what; some are nonsense.
#[derive(Debug, Clone)]
struct Step {
    resident: usize,
    day: u32,
    minutes: u32,
    form: u32,
    request: u64,
    reverse: u64,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (1_usize..8, 1_u32..31, 0_u32..900, 0_u32..5, 0_u64..60, 0_u64..120);
    let step = step.prop_map(|(resident, day, minutes, form, request, reverse)| Step {
        resident,
        day,
        minutes,
        form,
        request,
        reverse,
    });
    proptest::collection::vec(step, 1..80)
}

fn told<T: std::fmt::Debug>(answer: Result<tonic::Response<T>, tonic::Status>) -> String {
    match answer {
        Ok(answer) => format!("{:?}", answer.into_inner()),
        Err(status) => format!("{:?} {}", status.code(), creditbank_tests::reason(&status)),
    }
}

/// Plays a sequence and gives every answer and every event's bytes.
async fn play(store: Arc<dyn Store>, steps: &[Step]) -> (Vec<String>, Vec<String>) {
    let bank = bank_on(Arc::clone(&store)).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 5).await;
    let mut answers = Vec::new();
    for step in steps {
        let mut client = clients.ledger.clone();
        if step.reverse < 40 {
            let request = proto::ReverseEntryRequest {
                name: name(&format!("entries/{}", 90 + step.reverse)),
                request_id: format!("reversal-{:012}", step.request),
                organization: name("organizations/school"),
                reason: "duplicate".to_owned(),
            };
            answers.push(told(client.reverse_entry(request).await));
            continue;
        }
        let detail = match step.form {
            0 => Detail::Lecture(proto::Lecture::default()),
            1 => Detail::VolunteerService(proto::VolunteerService { team: name("teams/team-a") }),
            2 => Detail::Reading(proto::Reading { books: step.minutes % 3 }),
            3 => Detail::Visit(proto::Visit { venue: "museum".to_owned() }),
            _ => Detail::OnlineCourse(proto::OnlineCourse {
                course_version: name("courses/tea/versions/v1"),
                mark: Some(step.minutes % 101),
            }),
        };
        let date = format!("2026-02-{:02}", step.day);
        let request = proto::PostEntryRequest {
            parent: LEDGER.to_owned(),
            request_id: format!("posting-{:012}", step.request),
            entry: Some(draft(step.resident, &date, step.minutes, detail)),
        };
        answers.push(told(client.post_entry(request).await));
    }
    let balances = proto::ListBalancesRequest { parent: LEDGER.to_owned(), ..Default::default() };
    let balances = clients.accounts.clone().list_balances(balances).await.unwrap().into_inner();
    answers.push(format!("{balances:?}"));
    let report = creditbank_ledger::verify(Arc::clone(&store), &ledger(), |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let log = store.read_events(&ledger(), Position(1), u32::MAX).await.unwrap();
    (answers, log.into_iter().map(|event| String::from_utf8(event.bytes).unwrap()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn all_stores_give_the_same_events_answers_and_reasons(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let in_memory = play(Arc::new(MemoryStore::default()), &steps).await;
            let (_folder, store) = sqlite().await;
            for held in [play(store, &steps).await, play(postgres().await, &steps).await] {
                for (one, other) in in_memory.0.iter().zip(&held.0).chain(in_memory.1.iter().zip(&held.1)) {
                    assert_eq!(one, other);
                }
                assert_eq!((in_memory.0.len(), in_memory.1.len()), (held.0.len(), held.1.len()));
            }
        });
    }
}
