//! One conformance suite for what keeps persons, run on SQLite, on PostgreSQL and on the model in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_store::{MemoryPersons, SqliteStore, open_persons};
use creditbank_tests::postgres::fresh_database;
use ledger_core::id::{LedgerId, OrganizationId, ResidentId};
use ledger_core::person::{LookUp, PersonStore, PersonStoreError, SealedPerson};
use std::sync::Arc;

fn ledger(id: &str) -> LedgerId {
    LedgerId::parse(id).unwrap()
}

fn resident(n: u32) -> ResidentId {
    ResidentId::parse(&format!("r{n:04}")).unwrap()
}

fn sealed(n: u32, wrapped_key: &[u8], record: &[u8]) -> SealedPerson {
    SealedPerson { resident: resident(n), wrapped_key: wrapped_key.to_vec(), record: record.to_vec() }
}

const NUMBER: LookUp = [7; 32];
const OTHER: LookUp = [8; 32];

async fn keeps_persons(store: Arc<dyn PersonStore>) {
    let (here, there) = (ledger("district"), ledger("other"));
    assert_eq!(store.get(&here, &resident(1)).await.unwrap(), None);
    assert_eq!(store.find(&here, &NUMBER).await.unwrap(), None);

    // The first key stays; a record is kept only under it.
    assert_eq!(store.key(&here, &resident(1), b"key-1").await.unwrap(), b"key-1");
    assert_eq!(store.key(&here, &resident(1), b"key-2").await.unwrap(), b"key-1");
    let gone = store.put(&here, &sealed(1, b"key-2", b"a"), Some(&NUMBER)).await;
    assert_eq!(gone, Err(PersonStoreError::KeyGone));
    assert_eq!(store.put(&here, &sealed(2, b"key-1", b"a"), None).await, Err(PersonStoreError::KeyGone));
    assert_eq!(store.get(&here, &resident(1)).await.unwrap(), None, "a key alone is nobody");
    for record in [b"first".as_slice(), b"second"] {
        store.put(&here, &sealed(1, b"key-1", record), Some(&NUMBER)).await.unwrap();
        assert_eq!(store.get(&here, &resident(1)).await.unwrap(), Some(sealed(1, b"key-1", record)));
    }
    assert_eq!(store.find(&here, &NUMBER).await.unwrap(), Some(resident(1)));

    // One number one resident, in each ledger; what is refused changes nothing.
    store.key(&here, &resident(2), b"key-2").await.unwrap();
    store.put(&here, &sealed(2, b"key-2", b"x"), Some(&OTHER)).await.unwrap();
    let taken = store.put(&here, &sealed(2, b"key-2", b"y"), Some(&NUMBER)).await;
    assert_eq!(taken, Err(PersonStoreError::LookUpTaken(resident(1))));
    assert_eq!(store.get(&here, &resident(2)).await.unwrap(), Some(sealed(2, b"key-2", b"x")));
    assert_eq!(store.find(&here, &OTHER).await.unwrap(), Some(resident(2)));
    assert_eq!(store.find(&there, &NUMBER).await.unwrap(), None);
    store.key(&there, &resident(2), b"key-9").await.unwrap();
    store.put(&there, &sealed(2, b"key-9", b"z"), Some(&NUMBER)).await.unwrap();

    // Another number takes the place of the one before; none leaves none.
    store.put(&here, &sealed(2, b"key-2", b"x"), None).await.unwrap();
    assert_eq!(store.find(&here, &OTHER).await.unwrap(), None);
    store.put(&here, &sealed(1, b"key-1", b"x"), Some(&OTHER)).await.unwrap();
    assert_eq!(store.find(&here, &NUMBER).await.unwrap(), None);

    // Keys in order, a page at a time.
    for n in 3..=7 {
        store.key(&here, &resident(n), format!("key-{n}").as_bytes()).await.unwrap();
    }
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_keys(&here, after.as_ref(), 3).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        all.extend(page);
    }
    let expected: Vec<_> = (1..=7).map(|n| (resident(n), format!("key-{n}").into_bytes())).collect();
    assert_eq!(all, expected);

    // Cards of organisations stand by themselves.
    let school = OrganizationId::parse("school").unwrap();
    assert_eq!(store.card(&here, &school).await.unwrap(), None);
    for card in [b"card-1", b"card-2"] {
        store.put_card(&here, &school, card).await.unwrap();
        assert_eq!(store.card(&here, &school).await.unwrap(), Some(card.to_vec()));
    }
    assert_eq!(store.card(&there, &school).await.unwrap(), None);

    // Who is deleted is gone, here; a late write under the key of before finds nothing to stand on.
    let several = [resident(1), resident(9), resident(5)];
    assert_eq!(store.delete(&here, &several).await.unwrap(), 2, "of those that were there");
    assert_eq!(store.delete(&here, &several).await.unwrap(), 0, "nothing is left");
    assert_eq!(store.delete(&here, &[]).await.unwrap(), 0);
    let left: Vec<_> = store.list_keys(&here, None, 9).await.unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(left, [2, 3, 4, 6, 7].map(resident));
    assert_eq!(store.get(&here, &resident(1)).await.unwrap(), None);
    assert_eq!(store.find(&here, &OTHER).await.unwrap(), None);
    let late = store.put(&here, &sealed(1, b"key-1", b"late"), Some(&OTHER)).await;
    assert_eq!(late, Err(PersonStoreError::KeyGone));
    assert_eq!(store.key(&here, &resident(1), b"key-3").await.unwrap(), b"key-3");
    let late = store.put(&here, &sealed(1, b"key-1", b"late"), Some(&OTHER)).await;
    assert_eq!(late, Err(PersonStoreError::KeyGone));
    assert_eq!(store.list_keys(&there, None, 9).await.unwrap(), [(resident(2), b"key-9".to_vec())]);
}

async fn sqlite() -> (tempfile::TempDir, Arc<dyn PersonStore>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    SqliteStore::open(&url, Default::default()).await.unwrap().close().await;
    (folder, open_persons(&url).await.unwrap())
}

async fn postgres() -> Arc<dyn PersonStore> {
    let url = fresh_database().await;
    creditbank_store::open(&url).await.unwrap();
    open_persons(&url).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_keeps_persons() {
    keeps_persons(Arc::new(MemoryPersons::default())).await;
    let (_folder, store) = sqlite().await;
    keeps_persons(store).await;
    keeps_persons(postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_put_one_number_at_once_leave_it_to_one() {
    let (_folder, file) = sqlite().await;
    for store in [file, postgres().await] {
        let mut puts = tokio::task::JoinSet::new();
        for n in 1..=12 {
            let store = Arc::clone(&store);
            puts.spawn(async move {
                store.key(&ledger("district"), &resident(n), b"key").await.unwrap();
                store.put(&ledger("district"), &sealed(n, b"key", b"x"), Some(&NUMBER)).await
            });
        }
        let ended = puts.join_all().await;
        assert_eq!(ended.iter().filter(|put| put.is_ok()).count(), 1, "{ended:?}");
        let holder = store.find(&ledger("district"), &NUMBER).await.unwrap().unwrap();
        let others = ended.iter().filter_map(|put| put.as_ref().err());
        for other in others {
            assert_eq!(other, &PersonStoreError::LookUpTaken(holder.clone()));
        }
    }
}

/// Whether some bytes stand anywhere in a folder's files.
fn found_in(folder: &std::path::Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_who_is_deleted_stays_in_the_file() {
    let (folder, store) = sqlite().await;
    let district = ledger("district");
    let record = |n: u32, put: u32| format!("sealed-record-{n:04}-{put}-").repeat(30).into_bytes();
    for n in 1..=40 {
        let key = format!("wrapped-key-{n:04}");
        store.key(&district, &resident(n), key.as_bytes()).await.unwrap();
        for put in 0..3 {
            let mut look_up = [0; 32];
            look_up[..16].copy_from_slice(format!("look-up-{put}-{n:06}").as_bytes());
            store.put(&district, &sealed(n, key.as_bytes(), &record(n, put)), Some(&look_up)).await.unwrap();
        }
    }
    assert!(found_in(folder.path(), b"wrapped-key-0017"), "the scan can find something");
    for n in [17, 18, 39] {
        assert_eq!(store.delete(&district, &[resident(n)]).await.unwrap(), 1);
        for what in ["wrapped-key-", "sealed-record-", "look-up-0-00", "look-up-2-00"] {
            assert!(!found_in(folder.path(), format!("{what}{n:04}").as_bytes()), "{what} of {n}");
        }
    }
    assert!(found_in(folder.path(), b"sealed-record-0016-2"), "the others stay");
    assert!(!found_in(folder.path(), b"sealed-record-0016-1"), "and nothing of theirs that was replaced");
}
