//! The directory of personal data, for journeys: a key file of their own, and people who are plainly invented.

use crate::Clients;
use crate::postgres::fresh_database;
use creditbank_directory::{Directory, Finished, KeyFile};
use creditbank_grpc::{Access, ServerOptions};
use creditbank_ledger::Bank;
use creditbank_store::{MemoryPersons, MemoryStore, SqliteStore, open_persons};
use ledger_core::person::PersonStore;
use ledger_core::ports::Store;
use std::path::PathBuf;
use std::sync::Arc;

/// A key file in a folder of its own, gone when it is dropped.
pub struct Keys(tempfile::TempDir);

impl Keys {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "it makes a file")]
    pub fn new() -> Keys {
        let folder = tempfile::tempdir().unwrap();
        KeyFile::init(&folder.path().join("key")).unwrap();
        Keys(folder)
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("key")
    }

    /// The directory on a store of persons, with what was left to do done.
    pub async fn open(&self, bank: &Bank, persons: &Arc<dyn PersonStore>) -> (Arc<Directory>, Finished) {
        let keys = KeyFile::read(&self.path()).unwrap();
        let directory = Directory::open(&keys, Arc::clone(persons)).unwrap();
        let finished = directory.finish_erasures(bank).await.unwrap();
        (Arc::new(directory), finished)
    }

    /// Clients of a bank in this process that has the directory.
    pub async fn clients(&self, bank: &Arc<Bank>, persons: &Arc<dyn PersonStore>) -> Clients {
        let (directory, _) = self.open(bank, persons).await;
        let options = ServerOptions { directory: Some(directory), ..ServerOptions::of(Access::Owner) };
        let stop = std::future::pending();
        Clients::on(creditbank_grpc::connect_in_process(Arc::clone(bank), options, stop).await.unwrap())
    }
}

/// An empty store with its persons in memory, on a file that lives as long as the folder, and on PostgreSQL.
pub async fn person_stores() -> (tempfile::TempDir, [(Arc<dyn Store>, Arc<dyn PersonStore>); 3]) {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}/ledger.db", folder.path().display());
    let database = fresh_database().await;
    let on_file: Arc<dyn Store> = Arc::new(SqliteStore::open(&file, Default::default()).await.unwrap());
    let on_database = creditbank_store::open(&database).await.unwrap();
    let in_memory: (Arc<dyn Store>, Arc<dyn PersonStore>) =
        (Arc::new(MemoryStore::default()), Arc::new(MemoryPersons::default()));
    let stores = [
        in_memory,
        (on_file, open_persons(&file).await.unwrap()),
        (on_database, open_persons(&database).await.unwrap()),
    ];
    (folder, stores)
}

/// An ID number of nobody: area 000000 is none; `born` is YYYYMMDD. The check character fits.
pub fn mainland_number(born: &str, order: u32) -> String {
    let body = format!("000000{born}{order:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", "10X98765432".as_bytes()[(sum % 11) as usize] as char)
}
